package pool

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// SetMaxOwed changes how many flows are kept that Forget could not log out.
func (p *Pool[K]) SetMaxOwed(n int) { p.owed.max = n }

// wakingCaller returns a pool with a flow that has just been created, and the
// creation whose caller has not gone on yet.
func wakingCaller(t *testing.T) (*Pool[string], *creation) {
	t.Helper()
	c, err := authflow.New("https://ts.example", authflow.WithSecretKey("key"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(func(context.Context, string) (*authflow.Flow, error) {
		return c.TokensFrom(func(context.Context) (authflow.Token, error) { return authflow.Token{}, nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	f, creation, err := p.join(t.Context(), "ann")
	if f != nil || creation == nil || err != nil {
		t.Fatalf("%v, %v, %v", f, creation, err)
	}
	synctest.Wait()
	if p.Stats().Flows != 1 {
		t.Fatalf("%+v", p.Stats())
	}
	return p, creation
}

// The flow has arrived, and ends before the caller that waited for it goes on.
func TestU1_FlowThatEndsBeforeItsCallerWakesUp_IsNotReturned(t *testing.T) {
	for name, end := range map[string]struct {
		call func(*testing.T, *Pool[string], *creation) error
		want error
	}{
		"Forget": {func(t *testing.T, p *Pool[string], _ *creation) error { return p.Forget(t.Context(), "ann") }, errAgain},
		"Forget, which has not called the server yet": {func(_ *testing.T, p *Pool[string], _ *creation) error { p.forget("ann"); return nil }, errAgain},
		"Close of the pool":                           {func(t *testing.T, p *Pool[string], _ *creation) error { return p.Close(t.Context()) }, ErrClosed},
		"Close of the flow":                           {func(_ *testing.T, _ *Pool[string], c *creation) error { return c.entry.flow.Close() }, errAgain},
		"nothing has happened":                        {func(*testing.T, *Pool[string], *creation) error { return nil }, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			p, c := wakingCaller(t)
			if err := end.call(t, p, c); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				f, err := p.await(t.Context(), c)
				if !errors.Is(err, end.want) || (f == nil) != (end.want != nil) {
					t.Errorf("%s: %v, %v", name, f, err)
				}
			}
		})
	}
}

// The caller found no flow, and another creation ends before it joins one.
func TestU1_FlowThatArrivesBetweenLookUpAndCreation_IsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, created := wakingCaller(t)
		f, c, err := p.join(t.Context(), "ann")
		if f != created.entry.flow || c != nil || err != nil || p.Stats().Created != 1 {
			t.Errorf("%v, %v, %v, %+v", f, c, err, p.Stats())
		}
	})
}

// A creation that is done wins over a context that ends at the same moment.
func TestU1_FlowThatArrivesWhenTheContextEnds_IsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, c := wakingCaller(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 { // select chooses at random
			f, err := p.await(ctx, c)
			if f == nil || err != nil {
				t.Errorf("%v, %v", f, err)
			}
		}
	})
}

// A pool that is used gives back the memory of idle flows and of debts.
func TestL3_IdleFlowsAndEndedDebts_GiveBackTheirMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := wakingCaller(t)
		time.Sleep(24 * time.Hour) // fake clock
		if _, err := p.Get(t.Context(), "bob"); err != nil || p.flows.Len() != 1 {
			t.Errorf("%v, %d flows", err, p.flows.Len())
		}
		if err := p.Forget(t.Context(), "bob"); err != nil || len(p.owed.flows)+p.owed.count+len(p.creations)+p.flows.Len() != 0 {
			t.Errorf("%v, %+v", err, p.owed)
		}
	})
}

// While the debts are full, the pool does not look at all of them for each Forget.
func TestU2_FullDebts_AreNotSearchedForEachFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, c := wakingCaller(t)
		d := &p.owed
		d.max = 0
		d.pruneAt = time.Now().Add(time.Minute)
		at := d.pruneAt
		for range 2 {
			d.add("ann", c.entry.flow)
			isDropped := d.trim("ann", c.entry.flow)
			if !isDropped || d.count != 0 || !d.pruneAt.Equal(at) {
				t.Errorf("dropped: %v, %d flows, next search at %v, want %v", isDropped, d.count, d.pruneAt, at)
			}
		}
		time.Sleep(time.Minute) // fake clock
		d.add("ann", c.entry.flow)
		if isDropped := d.trim("ann", c.entry.flow); isDropped || d.count != 0 {
			t.Errorf("a flow without credentials is dropped: %v, %d flows", isDropped, d.count)
		}
	})
}
