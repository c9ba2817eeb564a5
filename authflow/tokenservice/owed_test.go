package tokenservice_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// U2: a debt to a user is not forgotten because something else is done.

func TestU2_SlowSignOutThatSucceeds_LeavesALaterOneToBeTriedAgain(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, 1, authtest.Delay(8*time.Second))
		var first sync.WaitGroup
		first.Go(func() { _ = x.Forget(t.Context(), "ann") })
		time.Sleep(time.Second) // fake clock
		x.sim.ClearFaults()
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := x.Forget(ctx, "ann"); err == nil {
			t.Error("the second sign-out succeeds")
		}
		x.sim.ClearFaults()
		first.Wait()
		use(t, x, 5)
		expectAlive(t, x.sim, "ann", 0, "five minutes later")
	})
}

// A token arrives late and cannot be revoked, while a sign-out everywhere is owed.
func TestU2_TokenThatArrivesLate_LeavesTheSignOutEverywhereOwed(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		release := x.sim.Block(authtest.OpGetFullAccessToken)
		var running sync.WaitGroup
		running.Go(func() { problem(t, x.request(t, "GET", "ann"), 503) })
		synctest.Wait()
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := x.Forget(ctx, "ann"); err == nil {
			t.Error("the sign-out succeeds")
		}
		release()
		running.Wait()
		time.Sleep(time.Minute) // fake clock
		x.sim.ClearFaults()
		anotherProgram(t, x.sim)
		use(t, x, 5)
		expectAlive(t, x.sim, "ann", 0, "the tokens of other programs")
	}, signOutEverywhere)
}

func TestU2_SignOutEverywhereOfAUserWhoIsBackAtAnotherReplica_LeavesTheNewTokenAlone(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		f.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, f.replicas[0].request(t, "DELETE", "ann"), 503)
		time.Sleep(time.Second) // fake clock
		current := token(t, f.replicas[1].request(t, "GET", "ann"))
		f.sim.ClearFaults()
		use(t, f.replicas[0], 5)
		if !f.replicas[0].alive(t, current) {
			t.Error("the token of after the sign-out has ended")
		}
	}, signOutEverywhere)
}

// The token of a sign-out is not shared by way of the Store.
func TestU2_SignOutsEverywhereOneAfterTheOther_AllSucceed(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		for i, x := range f.replicas {
			anotherProgram(t, f.sim)
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Errorf("sign-out %d: %v", i, err)
			}
			expectAlive(t, f.sim, "ann", 0, "sign-out %d", i)
			time.Sleep(5 * time.Second) // fake clock
		}
	}, signOutEverywhere)
}

func TestU2_SignOutEverywhereThatFails_LeavesOneTokenOfItsOwnAtMost(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		for range 4 {
			p := problem(t, x.request(t, "DELETE", "ann"), 503)
			if p["alive"] != 1.0 {
				t.Errorf("%v tokens are told to be alive, want 1", p["alive"])
			}
			time.Sleep(10 * time.Second) // fake clock
		}
		expectAlive(t, x.sim, "ann", 1, "after four tries")
		x.sim.ClearFaults()
		use(t, x, 5)
		expectAlive(t, x.sim, "ann", 0, "later")
	}, signOutEverywhere)
}

func TestU2_SignOutEverywhereOfMoreTokensThanAreRecorded_Succeeds(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		for range 120 {
			token(t, f.replicas[0].request(t, "GET", "ann"))
		}
		for i, x := range f.replicas {
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Errorf("replica %d: %v", i, err)
			}
		}
		expectAlive(t, f.sim, "ann", 0, "after the sign-out")
	}, signOutEverywhere, tokenservice.WithUserLimit(0, 0))
}

// The deadline of a token is early or a guess. The token is revoked nevertheless.
func TestU2_SignOutAfterTheDeadlineOfAToken_EndsIt(t *testing.T) {
	for name, change := range map[string]func(*http.Response){
		"the Date header is ahead": func(r *http.Response) {
			r.Header.Set("Date", time.Now().Add(8*time.Minute).UTC().Format(http.TimeFormat))
		},
		"the response has no times": func(r *http.Response) {
			text, _ := io.ReadAll(r.Body)
			_ = r.Body.Close()
			text = regexp.MustCompile(`"(creation|expiration)_time_in_millis":\d+,?`).ReplaceAll(text, nil)
			text = regexp.MustCompile(`,}`).ReplaceAll(text, []byte("}"))
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(text))), int64(len(text))
			r.Header.Set("Content-Length", fmt.Sprint(len(text)))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			x := &rig{sim: authtest.New(authtest.WithUser("ann", "pw"))}
			base := x.sim.Transport()
			x.options = []authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := base.RoundTrip(r)
				if err == nil && strings.HasSuffix(r.URL.Path, "/token/full") {
					change(resp)
				}
				return resp, err
			})})}
			x.start(t, nil)
			defer func() { _ = x.Shutdown(t.Context()) }()
			token(t, x.request(t, "GET", "ann"))
			time.Sleep(9 * time.Minute) // fake clock
			expectAlive(t, x.sim, "ann", 1, "%s: before the sign-out", name)
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			expectAlive(t, x.sim, "ann", 0, "%s: after it", name)
		})
	}
}

func TestU2_SignOutOfANameInAnotherCase_EndsTheTokens(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		token(t, f.replicas[0].request(t, "GET", "ann"))
		token(t, f.replicas[1].request(t, "GET", "ann"))
		if err := f.replicas[0].Forget(t.Context(), "Ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, f.sim, "ann", 0, "after the sign-out of Ann")
	})
}

// The 401 of a gateway says nothing about the token.
func TestU2_SignOutThatMeetsAGateway_IsNotDone(t *testing.T) {
	for name, fault := range map[string]authtest.Fault{"page": authtest.HTML(401), "empty": authtest.Empty(401)} {
		in(t, nil, func(t *testing.T, x *rig) {
			token(t, x.request(t, "GET", "ann"))
			x.sim.Fail(authtest.OpRevokeToken, -1, fault)
			if err := x.Forget(t.Context(), "ann"); err == nil {
				t.Errorf("%s: nil, although the token is alive", name)
			}
			x.sim.ClearFaults()
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Errorf("%s: the second time: %v", name, err)
			}
			expectAlive(t, x.sim, "ann", 0, "%s: the second time", name)
		})
	}
}

// The logger panics when a sign-out was tried again.
func TestR10_LoggerThatPanics_DoesNotEndTheProcess(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		x.sim.ClearFaults()
		use(t, x, 2)
		expectAlive(t, x.sim, "ann", 0, "after the retry")
		token(t, x.request(t, "GET", "ann"))
	}, tokenservice.WithLogger(slog.New(panicking{slog.DiscardHandler})))
}

// panicking is a handler that panics when a sign-out was tried again.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool { return true }

func (panicking) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, tokenservice.EndedLater.String()) {
		panic("handler")
	}
	return nil
}

// There is no room for the users of a crowd. A user who never had a token is told so, as
// the service does not know better, and it is not an error of its configuration.
func TestU2_SignOutWithoutMemoryOfTheUser_SaysUntilWhen(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for i := range 6 {
			token(t, x.request(t, "GET", []string{"ann", "bob"}[i%2]))
			x.request(t, "GET", fmt.Sprint("stranger-", i))
		}
		p := problem(t, x.request(t, "DELETE", "ann"), 503)
		if p["until"] == nil {
			t.Errorf("%v", p)
		}
	}, tokenservice.WithMaxUsers(1))
}
