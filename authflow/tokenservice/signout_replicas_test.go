package tokenservice_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// U2, T6: replicas that share a Store sign a user out together.

func TestU2_SignOutAtOneReplica_EndsTheTokensOfAll(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		for round := range 2 {
			for i, x := range f.replicas {
				for range i + 1 {
					token(t, x.request(t, "GET", "ann"))
				}
				token(t, x.request(t, "GET", "bob"))
			}
			time.Sleep(time.Second) // fake clock: ages are rounded
			f.sim.ResetCalls()
			if resp := f.replicas[round].request(t, "DELETE", "ann"); resp.status != 204 {
				t.Errorf("round %d: %d %s", round, resp.status, resp.body)
			}
			expectAlive(t, f.sim, "ann", 0, "round %d", round)
			expectAlive(t, f.sim, "bob", 3*(round+1), "round %d", round)
			if n := f.sim.Calls(authtest.OpRevokeToken); n != 6 {
				t.Errorf("round %d: %d calls for 6 tokens", round, n)
			}
			f.sim.ResetCalls()
			for i, x := range f.replicas {
				if resp := x.request(t, "DELETE", "ann"); resp.status != 204 {
					t.Errorf("round %d: again at replica %d: %d %s", round, i, resp.status, resp.body)
				}
			}
			if n := f.sim.Calls(authtest.AnyOperation); n > 6 {
				t.Errorf("round %d: %d calls for revoked tokens", round, n)
			}
			time.Sleep(time.Second) // fake clock
		}
	})
}

// The replicas have forgotten the user, and were started again.
func TestU2_SignOutAtAReplica_EndsTheTokensOfReplicasThatHaveGone(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		token(t, f.replicas[0].request(t, "GET", "ann"))
		if err := f.replicas[0].Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		token(t, f.replicas[1].request(t, "GET", "ann"))
		token(t, f.replicas[1].request(t, "GET", "bob"))
		if err := f.replicas[1].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, f.sim, "ann", 0, "after the sign-out")
	}, tokenservice.WithMaxUsers(1))
}

// A request is in progress at another replica during the sign-out, at each moment.
func TestU2_SignOutAtAnotherReplica_StopsTheRequestInProgress(t *testing.T) {
	var hold chan struct{}
	inAuthenticate := func(r *http.Request) (tokenservice.Request, error) {
		if r.URL.Query().Has("held") {
			<-hold
		}
		return byCookie(r)
	}
	for name, block := range map[string]func(f *fleet) (release func()){
		"in authenticate": func(*fleet) func() { return func() { close(hold) } },
		"at the cluster":  func(f *fleet) func() { return f.sim.Block(authtest.OpGetFullAccessToken) },
	} {
		inFleet(t, nil, inAuthenticate, func(t *testing.T, f *fleet) {
			hold = make(chan struct{})
			release := block(f)
			url := address
			if name == "in authenticate" {
				url += "?held"
			}
			var running sync.WaitGroup
			running.Go(func() {
				resp := f.replicas[1].send(request(t, "GET", url, "ann"))
				problem(t, resp, 503)
				retryAfter(t, resp)
			})
			time.Sleep(time.Second) // fake clock
			if err := f.replicas[0].Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second) // fake clock
			release()
			running.Wait()
			synctest.Wait()
			expectAlive(t, f.sim, "ann", 0, "%s: a token that was requested before the sign-out", name)
			token(t, f.replicas[1].request(t, "GET", "ann"))
		})
	}
}

// The clocks of the replicas differ by minutes; the Store measures by its own.
func TestU2_TokenRequestedAfterASignOut_IsHandedOutAtOnce(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		for i := range 3 {
			token(t, f.replicas[i].request(t, "GET", "ann"))
			if err := f.replicas[i].Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
			time.Sleep(30 * time.Millisecond) // fake clock: ages are rounded
			token(t, f.replicas[(i+1)%3].request(t, "GET", "ann"))
		}
	})
}

// Tokens that later requests would get are dropped at all replicas.
func TestU2_ReusableTokens_AreDroppedByASignOutAtAnotherReplica(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		before := token(t, f.replicas[1].request(t, "GET", "ann"))
		if again := token(t, f.replicas[1].request(t, "GET", "ann")); again != before {
			t.Fatal("the token is not reused")
		}
		time.Sleep(time.Second) // fake clock
		if err := f.replicas[0].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second) // fake clock
		f.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
		problem(t, f.replicas[1].request(t, "GET", "ann"), 503) // neither reused nor stale
		f.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		if after := token(t, f.replicas[1].request(t, "GET", "ann")); after == before {
			t.Error("a token from before the sign-out")
		}
	}, tokenservice.WithReuse(time.Hour), tokenservice.WithStaleIfError(time.Second))
}

// The user signs out at the moment when a token is about to be handed out again.
func TestU2_ReusableToken_IsNotReturnedAfterASignOut(t *testing.T) {
	s := &breakable{}
	inFleet(t, s, nil, func(t *testing.T, f *fleet) {
		x := f.replicas[0]
		before := token(t, x.request(t, "GET", "ann"))
		time.Sleep(time.Second) // fake clock
		s.afterLoad = func() {
			s.afterLoad = nil
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
		}
		if resp := x.request(t, "GET", "ann"); resp.body == before {
			t.Error("a token from before the sign-out")
		}
	}, tokenservice.WithReuse(time.Hour))
}

// breakable is a Store that can be down.
type breakable struct {
	storetest.Memory
	isDown    atomic.Bool
	afterLoad func() // may be nil
}

var errDown = errors.New("down")

func (s *breakable) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if s.isDown.Load() {
		return nil, 0, errDown
	}
	value, left, err := s.Memory.Load(ctx, name)
	if s.afterLoad != nil {
		s.afterLoad()
	}
	return value, left, err
}

func (s *breakable) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if s.isDown.Load() {
		return errDown
	}
	return s.Memory.Swap(ctx, name, old, value, ttl)
}

// K2: a Store that is down costs no request. A sign-out says that it could not tell the
// other replicas, and tells them later.
func TestU2_K2_SignOutWhileTheStoreIsDown_ReachesTheOthersLater(t *testing.T) {
	s := &breakable{}
	inFleet(t, s, nil, func(t *testing.T, f *fleet) {
		for _, x := range f.replicas {
			token(t, x.request(t, "GET", "ann"))
		}
		s.isDown.Store(true)
		token(t, f.replicas[0].request(t, "GET", "ann"))
		resp := f.replicas[0].request(t, "DELETE", "ann")
		problem(t, resp, 503)
		var e *tokenservice.SignOutError
		if err := f.replicas[0].Forget(t.Context(), "ann"); !errors.As(err, &e) || e.Alive != 0 || !strings.Contains(err.Error(), "other replicas") {
			t.Errorf("%v", err)
		}
		expectAlive(t, f.sim, "ann", 2, "the tokens of the others")
		s.isDown.Store(false)
		time.Sleep(time.Minute) // fake clock
		later := token(t, f.replicas[1].request(t, "GET", "ann"))
		f.replicas[0].request(t, "HEAD", "bob")
		synctest.Wait()
		expectAlive(t, f.sim, "ann", 1, "the user has signed in again")
		if !f.replicas[0].alive(t, later) {
			t.Error("the token from after the sign-out was revoked")
		}
	})
}

// A token that was handed out while the Store was down is recorded with the next one.
func TestU2_TokenThatCouldNotBeRecorded_IsRecordedLater(t *testing.T) {
	s := &breakable{}
	inFleet(t, s, nil, func(t *testing.T, f *fleet) {
		s.isDown.Store(true)
		token(t, f.replicas[0].request(t, "GET", "ann"))
		s.isDown.Store(false)
		time.Sleep(time.Minute) // fake clock
		token(t, f.replicas[0].request(t, "GET", "ann"))
		if err := f.replicas[1].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, f.sim, "ann", 0, "after a sign-out at another replica")
	})
}

// More tokens are alive than a record holds.
func TestU2_SignOutOfMoreTokensThanAreRecorded_SaysSo(t *testing.T) {
	inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
		for range 120 {
			token(t, f.replicas[0].request(t, "GET", "ann"))
		}
		if err := f.replicas[1].Forget(t.Context(), "ann"); err == nil {
			t.Error("nil, although tokens are alive")
		}
		expectAlive(t, f.sim, "ann", 20, "at another replica")
		time.Sleep(11 * time.Minute) // fake clock
		if err := f.replicas[1].Forget(t.Context(), "ann"); err != nil {
			t.Errorf("after all have expired: %v", err)
		}
	}, tokenservice.WithUserLimit(0, 0))
}

// K4: the Store never has a token or the name of a user in the clear.
func TestK4_RecordOfHandedOutTokens_IsSealed(t *testing.T) {
	var s copyingStore
	inFleet(t, &s, nil, func(t *testing.T, f *fleet) {
		value := token(t, f.replicas[0].request(t, "GET", "ann"))
		if s.text.Len() == 0 || strings.Contains(s.text.String(), value) || strings.Contains(s.text.String(), "ann") {
			t.Errorf("the Store has %d bytes, perhaps with the token or the user in the clear", s.text.Len())
		}
	})
}

// copyingStore is a Store that keeps a copy of everything it is given.
type copyingStore struct {
	storetest.Memory
	mu   sync.Mutex
	text strings.Builder
}

func (s *copyingStore) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	s.mu.Lock()
	fmt.Fprintf(&s.text, "%s %s\n", name, value)
	s.mu.Unlock()
	return s.Memory.Swap(ctx, name, old, value, ttl)
}

var _ authflow.Store = (*copyingStore)(nil)
