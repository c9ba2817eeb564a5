package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// These servers, transports and functions misbehave in ways that the simulator
// does not.

type cutBody struct{}

func (cutBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (cutBody) Close() error { return nil }

func TestR6_TruncatedRejection_IsStillARejection(t *testing.T) {
	for _, status := range []int{302, 400, 401, 403} {
		calls := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := reply(r, status, "")
			resp.Body = cutBody{}
			return resp, nil
		})
		var e *authflow.Error
		if _, err := f.Token(t.Context()); !errors.As(err, &e) || e.Status != status || calls != 1 {
			t.Errorf("%d: %d calls, %v", status, calls, err)
		}
	}
}

// A path that responds with 401 to every token does not cost a new token for each
// request.
func TestP3_ServerThatRejectsEveryToken_IssuesFewTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minted := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				minted++
				return fresh(r, fmt.Sprint("tok", minted)), nil
			}
			return reply(r, 401, "{}"), nil
		})
		for range 1000 {
			if status, err := get(t.Context(), f); status != 401 || err != nil {
				t.Fatalf("%d, %v", status, err)
			}
			time.Sleep(10 * time.Millisecond) // fake clock
		}
		if minted < 3 || minted > 6 { // the Flow requests one after 0, 1, 3 and 7 seconds
			t.Errorf("%d tokens in ten seconds", minted)
		}
	})
}

// A renewal that was in progress when all tokens were revoked gets a token that is
// revoked too. One request fails with it, and the next request gets a new token.
func TestP3_TokenFromBeforeTheRevocation_IsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		time.Sleep(240 * time.Second) // fake clock
		sim.Fail(authtest.OpGetFullAccessToken, 1, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r) // the server issues the token, which takes a second to arrive
				sim.RevokeTokens()
				time.Sleep(time.Second) // fake clock
			})
		})
		mustGet(t, f)                      // this request starts the renewal
		time.Sleep(500 * time.Millisecond) // fake clock
		if status, err := get(t.Context(), f); status != http.StatusUnauthorized || err != nil {
			t.Fatalf("%d, %v", status, err)
		}
		mustGet(t, f)
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 3 {
			t.Errorf("%d token calls", n)
		}
	})
}

func TestP5_RejectionWithoutABody_IsReturned(t *testing.T) {
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		return &http.Response{StatusCode: http.StatusUnauthorized, Request: r}, nil
	})
	if status, err := get(t.Context(), f); status != 401 || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}

// Logout is called after a token arrives and before its first use. It revokes the
// token.
func TestS4_RequestThatWaitedForAToken_IsNotSentAfterLogout(t *testing.T) {
	var over atomic.Bool
	var late, revoked atomic.Int32
	arrived, goOn := make(chan struct{}), make(chan struct{})
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if over.Load() {
			late.Add(1)
		}
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		if strings.HasSuffix(r.URL.Path, "/token/revoke") {
			revoked.Add(1)
		}
		return reply(r, 204, ""), nil
	}, authflow.WithObserver(func(e authflow.Event) {
		if e.Kind == authflow.Acquired {
			close(arrived)
			<-goOn
		}
	}))
	done := make(chan error)
	go func() { _, err := get(context.Background(), f); done <- err }()
	<-arrived
	if err := f.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	over.Store(true)
	close(goOn)
	if err := <-done; !errors.Is(err, authflow.ErrClosed) || late.Load() > 0 || revoked.Load() != 1 {
		t.Errorf("%v; %d requests after Logout, %d tokens revoked", err, late.Load(), revoked.Load())
	}
}

func TestError_OfAContextOrAParent_KeepsItsCause(t *testing.T) {
	hang := roundTrip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	f := on(t, hang)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := get(ctx, f)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("not a timeout: %v", err)
	}
	_ = f.Close()

	cause := errors.New("shutting down")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(cause)
	if _, err := on(t, hang).Token(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}

	parent := on(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 401, `{"error":{"message":{"code":10097,"incident_id_guid":"inc","debug":"no"}}}`), nil
	})
	child, err := parent.Session()
	if err != nil {
		t.Fatal(err)
	}
	var e *authflow.Error
	_, err = get(t.Context(), child)
	if !errors.As(err, &e) || e.Op != "login" || !strings.Contains(err.Error(), "login: getFullAccessToken: 401") || e.Code != 10097 || e.IncidentID != "inc" || !errors.Is(err, authflow.ErrCredentialsRejected) {
		t.Errorf("%v", err)
	}
	if strings.Count(err.Error(), "10097") != 1 {
		t.Errorf("the code must occur once: %v", err)
	}
}
