package authtest_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// effects are calls that change the simulator without a credential of before.
func effects() map[string]string {
	return map[string]string{
		login:  annPW,
		full:   trusted(`,"auto_create":true,"email":"new@x.test","display_name":"New"`),
		object: trusted(`,"object_id":"o"`),
		custom: trusted(`,"persist_option":"APPEND","objects":[{"identifier":"o"}]`),
	}
}

// A test that is over must not change the state of the next one.
func TestReset_CallInFlight_EndsWithoutEffect(t *testing.T) {
	sim := authtest.New(ann())
	for range 2 {
		for to, body := range effects() {
			held := sim.Block(authtest.AnyOperation)
			ended := make(chan error)
			go func() {
				_, err := send(t.Context(), t, sim, sim.Client(), to, body)
				ended <- err
			}()
			if err := sim.WaitForCalls(t.Context(), authtest.AnyOperation, 1); err != nil {
				t.Fatal(err)
			}
			sim.Reset()
			if err := <-ended; !errors.Is(err, io.EOF) {
				t.Errorf("%s ended with %v", to, err)
			}
			held() // a block of before changes nothing
			unchanged(t, sim, to)
		}
	}
}

// The reset arrives when the call has passed its faults. It does not count
// against the rate limit afterwards.
func TestReset_FromAFault_EndsTheCall(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithRateLimit(0.001, 1))
	for range 2 {
		for to, body := range effects() {
			sim.Fail(authtest.AnyOperation, 1, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					sim.Reset()
					next.ServeHTTP(w, r)
				})
			})
			if _, err := send(t.Context(), t, sim, sim.Client(), to, body); !errors.Is(err, io.EOF) {
				t.Errorf("%s ended with %v", to, err)
			}
			unchanged(t, sim, to)
			want(t, call(t, sim, whoami, ""), http.StatusUnauthorized)
			sim.Reset()
		}
	}
}

// unchanged fails the test unless the simulator is as New made it.
func unchanged(t *testing.T, sim *authtest.Simulator, after string) {
	t.Helper()
	u, _ := sim.User("ann")
	if n, m, calls := len(sim.Tokens()), len(sim.Sessions()), sim.Calls(authtest.AnyOperation); n+m+calls > 0 {
		t.Errorf("after %s: %d tokens, %d sessions, %d calls", after, n, m, calls)
	}
	if len(sim.Users()) != 1 || u.Email != "" || u.Properties != nil {
		t.Errorf("after %s: users %+v", after, sim.Users())
	}
}

// Each token and session was made by a call that is counted since the reset, even
// when the reset arrives while the call is being served.
func TestReset_BesideManyCalls_KeepsNothingOfCallsBefore(t *testing.T) {
	for to, body := range effects() {
		sim := authtest.New(ann())
		for n := range 300 {
			var calling sync.WaitGroup
			for range 4 {
				calling.Go(func() { _, _ = send(t.Context(), t, sim, sim.Client(), to, body) })
			}
			for range n % 60 { // a moment later each time
				runtime.Gosched()
			}
			sim.Reset()
			calling.Wait()
			if made, calls := len(sim.Tokens())+len(sim.Sessions()), sim.Calls(authtest.AnyOperation); made > calls {
				t.Fatalf("%s: %d tokens and sessions by %d calls", to, made, calls)
			}
			sim.Reset()
		}
	}
}

// Each option holds again, whatever a test has changed.
func TestReset_Options_HoldAgain(t *testing.T) {
	sim := authtest.New(
		authtest.WithUser("ann", "pw", authtest.InOrgs(0, 1, 2), authtest.InGroups("g", "h"), authtest.Privileges("P"), authtest.UserID("id-ann")),
		authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Support"), authtest.WithGroup("g", "G"), authtest.WithGroup("h"), authtest.WithOrgSecretKey(1, "key-1"),
		authtest.WithOpenAPI([]byte(catalogue)), authtest.WithAnswer("GET", base+"x", authtest.JSON(200, "first"), authtest.JSON(200, "then")),
		authtest.WithErrorForm(authtest.ErrorForm{TraceID: authtest.TraceAbsent}), authtest.WithRateLimit(1000, 1000))
	before, form := sim.Users(), sim.Behavior()
	answers, notes := sim.Answers(), sim.DocumentNotes()
	for round := range 2 {
		tok := bearer(token(t, sim, full, trusted("")).Token)
		if a := call(t, sim, "GET "+base+"x", "", tok); string(a.body) != `"first"` {
			t.Errorf("round %d: %s", round, a.body)
		}
		for range 5 {
			call(t, sim, login, `{"username":"ann","password":"wrong"}`)
		}
		sim.RemoveOrg(1)
		sim.RemoveGroup("g")
		sim.AddUser("bob", "pw")
		sim.SetPassword("ann", "other")
		sim.RotateSecretKey("other")
		sim.SetTrustedAuthentication(false)
		sim.SetMFA(true)
		sim.SetErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeText})
		sim.SetLatency(1)
		sim.SetRateLimit(authtest.RateLimit{PerSecond: 1, Burst: 1})
		sim.Advance(1000 * time.Hour)
		sim.Fail(authtest.AnyOperation, -1, authtest.Status(500))
		sim.Block(authtest.AnyOperation)
		sim.ClearAnswers()
		sim.SetAnswer("GET", base+"y", authtest.JSON(200, 1))
		sim.Reset()

		if after := sim.Users(); !reflect.DeepEqual(after, before) {
			t.Errorf("round %d: users %+v, want %+v", round, after, before)
		}
		if got := sim.Behavior(); got != form {
			t.Errorf("round %d: behavior %+v, want %+v", round, got, form)
		}
		if got := sim.Answers(); !reflect.DeepEqual(got, answers) {
			t.Errorf("round %d: answers %v, want %v", round, got, answers)
		}
		if got := sim.DocumentNotes(); len(got) == 0 || !reflect.DeepEqual(got, notes) {
			t.Errorf("round %d: notes %v, want %v", round, got, notes)
		}
		if wrong := time.Until(sim.Now()).Abs(); wrong > time.Minute {
			t.Errorf("round %d: the clock is wrong by %v", round, wrong)
		}
		want(t, call(t, sim, full, `{"username":"ann","secret_key":"key-1","org_id":1}`), 200)
		want(t, call(t, sim, login, annPW), 204)
		sim.Reset()
	}
}

// A server by network ends calls in flight as well.
func TestReset_OfAServer_CutsTheConnection(t *testing.T) {
	server := authtest.NewServer(ann())
	defer server.Close()
	server.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Hour))
	ended := make(chan error)
	go func() {
		_, err := send(t.Context(), t, server.Simulator, server.Client(), login, annPW)
		ended <- err
	}()
	if err := server.WaitForCalls(t.Context(), authtest.OpLogin, 1); err != nil {
		t.Fatal(err)
	}
	server.Reset()
	if err := <-ended; err == nil {
		t.Error("the call has a response")
	}
	res, err := send(t.Context(), t, server.Simulator, server.Client(), login, annPW)
	if err != nil || res.status != http.StatusNoContent {
		t.Errorf("the next call: %v, %v", res, err)
	}
}
