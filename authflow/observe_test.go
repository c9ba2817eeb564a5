package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// watchedFlow is a Flow whose events and log a test reads.
type watchedFlow struct {
	t        *testing.T
	server   string
	events   events
	log      bytes.Buffer
	observer authflow.Option
	logger   authflow.Option
}

func newWatchedFlow(t *testing.T, sim *authtest.Simulator) *watchedFlow {
	t.Helper()
	w := &watchedFlow{t: t, server: sim.URL}
	w.observer = authflow.WithObserver(w.events.observe)
	w.logger = authflow.WithLogger(slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return w
}

// expect fails the test unless these events, and no others, were reported and
// logged since the last call. Of Err it compares whether there is one.
func (w *watchedFlow) expect(when string, want ...authflow.Event) {
	w.t.Helper()
	synctest.Wait()
	got := w.events.take()
	same := slices.EqualFunc(got, want, func(g, w authflow.Event) bool {
		g.Reason, w.Reason = "", ""
		failed := (g.Err != nil) == (w.Err != nil)
		g.Err, w.Err = nil, nil
		return failed && g == w
	})
	if !same {
		w.t.Errorf("%s:\ngot  %+v\nwant %+v", when, got, want)
	}
	for _, e := range got {
		if e.Reason == "" {
			w.t.Errorf("%s: %s has no reason", when, e.Kind)
		}
		if !strings.Contains(w.log.String(), fmt.Sprintf("authflow: %s", e.Kind)) {
			w.t.Errorf("%s: not in the log:\n%s", when, w.log.String())
		}
	}
	w.log.Reset()
}

// event is an event of the Flow with op.
func (w *watchedFlow) event(kind authflow.EventKind, op string) authflow.Event {
	return authflow.Event{Kind: kind, Op: op, Server: w.server, Username: authtest.DefaultUsername}
}

func TestObserver_OfAToken_GetsEveryChange(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		w := newWatchedFlow(t, sim)
		f := trusted(t, sim, 300*time.Second, w.observer, w.logger)
		const op = "getFullAccessToken"
		const whole = 295 * time.Second // of 300, of which the last moments are not used (R8)

		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(2*time.Second))
		mustGet(t, f)
		acquired := w.event(authflow.Acquired, op)
		acquired.Duration, acquired.Attempt, acquired.Remaining = 2*time.Second, 1, whole-2*time.Second
		w.expect("first use", acquired)

		for range 100 {
			mustGet(t, f)
		}
		w.expect("ordinary requests")

		time.Sleep(240 * time.Second) // fake clock
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Status(400))
		mustGet(t, f)
		failed := w.event(authflow.RenewalFailed, op)
		failed.Attempt, failed.Remaining, failed.Err = 1, whole-242*time.Second, errors.New("some failure")
		w.expect("renewal that fails", failed)

		time.Sleep(time.Second) // fake clock
		mustGet(t, f)
		renewed := w.event(authflow.Renewed, op)
		renewed.Attempt, renewed.Remaining = 1, whole
		w.expect("renewal", renewed)

		sim.RevokeTokens()
		mustGet(t, f)
		invalidated, replayed := w.event(authflow.Invalidated, op), w.event(authflow.Replayed, op)
		invalidated.Remaining, replayed.Remaining = whole, whole
		w.expect("revocation", invalidated, renewed, replayed) // the old token serves other requests until then (R3)

		if err := f.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.expect("logout", w.event(authflow.Ended, op))
	})
}

func TestObserver_OfASession_GetsEveryChange(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		w := newWatchedFlow(t, sim)
		s := loggedIn(t, sim, false, w.observer, w.logger)
		mustGet(t, s)
		acquired := w.event(authflow.Acquired, "login")
		acquired.Attempt = 1
		w.expect("login", acquired)
		for range 2 {
			sim.RotateCookie(authtest.DefaultUsername)
			mustGet(t, s)
			w.expect("rotation", w.event(authflow.CookieCaptured, "login"))
		}
		_ = s.Close()
		w.expect("close", w.event(authflow.Ended, "login"))
	})
}

func TestObserver_OfARetriedAcquisition_GetsTheNumberOfAttempts(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var seen events
		f := trusted(t, sim, 300*time.Second, authflow.WithObserver(seen.observe))
		for range 2 {
			sim.Fail(authtest.OpGetFullAccessToken, 2, authtest.Status(http.StatusBadGateway))
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			got := seen.take()
			if len(got) != 1 || got[0].Attempt != 3 || got[0].Duration < 300*time.Millisecond {
				t.Errorf("%+v", got)
			}
			time.Sleep(time.Minute) // fake clock
		}
	})
}

// No lock is held while an observer is called, and no call of an observer waits
// for the flight that is reported.
func TestR10_Observer_MayUseTheFlow(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]authtest.Fault{"acquired": nil, "renewal failed": authtest.Status(400)} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			var f *authflow.Flow
			var kinds []authflow.EventKind
			f = trusted(t, sim, 300*time.Second, authflow.WithObserver(func(e authflow.Event) {
				kinds = append(kinds, e.Kind)
				if len(kinds) > 1 {
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				_, _ = f.Token(ctx)
				if time.Since(began) > 0 {
					t.Errorf("%s: the observer waited for %v", name, time.Since(began))
				}
				_ = f.Close()
			}))
			if fault != nil {
				sim.Fail(authtest.OpGetFullAccessToken, 1, fault)
			}
			_, _ = f.Token(t.Context())
			synctest.Wait()
			if want := []authflow.EventKind{authflow.EventKind(name), authflow.Ended}; !slices.Equal(kinds, want) {
				t.Errorf("reported %v, want %v", kinds, want)
			}
		})
	}
}

// The callers get the panic of an observer as an error, also where a timer
// reports the event.
func TestR10_ObserverThatPanics_IsAnErrorForItsCallers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithObserver(func(authflow.Event) { panic("oops") }))
		forever := make(chan struct{})
		defer close(forever)
		for name, fn := range map[string]func(context.Context) (authflow.Token, error){
			"a function that hangs": func(context.Context) (authflow.Token, error) { <-forever; return authflow.Token{}, nil },
			"a function that works": func(context.Context) (authflow.Token, error) { return authflow.Token{Value: "tok"}, nil },
		} {
			f, err := c.TokensFrom(fn)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				err := f.Renew(t.Context())
				if err == nil || !strings.Contains(err.Error(), "oops") {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}

// A kind that the list leaves out would have no series in the metrics of users.
func TestEventKinds_AreAllKinds(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "observe.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isValue := n.(*ast.ValueSpec)
		if !isValue || spec.Type == nil {
			return true
		}
		if name, isIdent := spec.Type.(*ast.Ident); isIdent && name.Name == "EventKind" {
			kinds = append(kinds, spec.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	var listed []string
	for _, kind := range authflow.EventKinds() {
		listed = append(listed, strconv.Quote(string(kind)))
	}
	if len(kinds) == 0 || !slices.Equal(listed, kinds) {
		t.Errorf("%q are listed, and there are %q", listed, kinds)
	}
}
