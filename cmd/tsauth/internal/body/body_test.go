package body

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// stream is a body of which nothing is known beforehand.
func stream(size int) io.ReadCloser { return io.NopCloser(io.LimitReader(endless{}, int64(size))) }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func request(t *testing.T, body io.ReadCloser, length int64) *http.Request {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = length
	return req
}

// inBubble runs a test on a fake clock, with a flow whose tokens live for 100 s.
func inBubble(t *testing.T, test func(t *testing.T, sim *authtest.Simulator, flow *authflow.Flow)) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithTokenValidity(100 * time.Second))
		cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
		if err != nil {
			t.Fatal(err)
		}
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		test(t, sim, flow)
	})
}

// remaining returns the life of the token in use.
func remaining(t *testing.T, flow *authflow.Flow) time.Duration {
	token, err := flow.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return time.Until(token.Deadline)
}

func TestPrepare_LongBody_BeginsWithAMinuteOfLife(t *testing.T) {
	for name, length := range map[string]int64{"with a length": MaxKept + 1, "in chunks": -1} {
		inBubble(t, func(t *testing.T, _ *authtest.Simulator, flow *authflow.Flow) {
			for _, turn := range []string{"first", "second"} {
				remaining(t, flow)
				time.Sleep(45 * time.Second) // fake clock
				req := request(t, stream(MaxKept+1), length)
				if err := Prepare(flow, req); err != nil {
					t.Fatal(err)
				}
				if left := remaining(t, flow); left < time.Minute {
					t.Errorf("%s, %s time: %v left", name, turn, left)
				}
				got, err := io.ReadAll(req.Body)
				if err != nil || len(got) != MaxKept+1 || req.GetBody != nil || req.ContentLength != length {
					t.Errorf("%s, %s time: %d bytes, %v, length %d", name, turn, len(got), err, req.ContentLength)
				}
			}
		})
	}
}

func TestPrepare_ShortBody_CanBeReadAgainAndCostsNoToken(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "short": 10, "largest": MaxKept} {
		for _, isKnown := range []string{"known", "unknown"} {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator, flow *authflow.Flow) {
				remaining(t, flow)
				time.Sleep(45 * time.Second) // fake clock
				length := int64(-1)
				if isKnown == "known" {
					length = int64(size)
				}
				req := request(t, stream(size), length)
				req.TransferEncoding = []string{"chunked"}
				if err := Prepare(flow, req); err != nil {
					t.Fatal(err)
				}
				for _, turn := range []string{"first", "second"} {
					got, err := io.ReadAll(req.Body)
					if err != nil || len(got) != size || req.ContentLength != int64(size) || req.TransferEncoding != nil {
						t.Errorf("%s, %s time: %d bytes, %v, length %d", name, turn, len(got), err, req.ContentLength)
					}
					if req.Body, err = req.GetBody(); err != nil {
						t.Fatal(err)
					}
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
					t.Errorf("%s: %d tokens", name, n)
				}
			})
		}
	}
}

// Tokens that never live for a minute are not replaced for ever, and a session has none.
func TestPrepare_LongBodyWithShortTokens_Begins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithTokenValidity(20 * time.Second))
		cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
		if err != nil {
			t.Fatal(err)
		}
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		if err := Prepare(flow, request(t, stream(MaxKept+1), -1)); err != nil {
			t.Error(err)
		}
		session, err := cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil {
			t.Fatal(err)
		}
		if err := Prepare(session, request(t, stream(MaxKept+1), -1)); err != nil {
			t.Error(err)
		}
	})
}

func TestPrepare_NoToken_IsAnErrorOfTheFlow(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator, flow *authflow.Flow) {
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Reject(403, 10023, "locked"))
		var flowError *authflow.Error
		if err := Prepare(flow, request(t, stream(MaxKept+1), -1)); !errors.As(err, &flowError) {
			t.Error(err)
		}
	})
}

func TestPrepare_BodyThatFails_IsItsError(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *authtest.Simulator, flow *authflow.Flow) {
		broken := io.NopCloser(io.MultiReader(strings.NewReader("a"), failing{}))
		if err := Prepare(flow, request(t, broken, -1)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, context.Canceled }
