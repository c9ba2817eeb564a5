package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func oneMint(s *subject) {
	f := newFleet(s)
	f.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(short))
	ctx := s.within(s.patience)
	var mu sync.Mutex
	got := make(map[gen.Secret]int)
	var all sync.WaitGroup
	for range 10 {
		flow := f.flow("ann")
		all.Go(func() {
			token, err := flow.Token(ctx)
			if err != nil {
				s.Errorf("Token: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			got[token.Value]++
		})
	}
	all.Wait()
	f.minted(1, "ten at once")
	if len(got) != 1 {
		s.Errorf("%d different tokens, want one", len(got))
	}
}

func servesOthers(s *subject) {
	f := newFleet(s)
	first := f.token(f.flow("ann"))
	s.pass(short)
	second := f.token(f.flow("ann"))
	f.minted(1, "two processes")
	if second.Value != first.Value || second.Username != "ann" {
		s.Error("another token")
	}
	if d := second.Deadline.Sub(first.Deadline); d.Abs() > 2*time.Second {
		s.Errorf("its deadline has moved by %v", d)
	}
	if bob := f.token(f.flow("bob")); bob.Value == first.Value || bob.Username != "bob" {
		s.Errorf("bob gets the token of %q", bob.Username)
	}
}

func garbage(s *subject) {
	f := newFleet(s)
	f.token(f.flow("ann"))
	name, good := f.store.only(s)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for i, value := range [][]byte{{}, {1}, bytes.Repeat([]byte{7}, 300), good[:len(good)-1], good[:12], append(bytes.Clone(good), 0), flipped} {
		s.mustSave(name, value, time.Minute)
		f.token(f.flow("ann"))
		f.minted(i+2, "garbage is stored")
	}
	f.token(f.flow("ann"))
	f.minted(8, "a token is stored again")
}

func anotherKey(s *subject) {
	f := newFleet(s)
	first := f.token(f.flow("ann"))
	_, _ = rand.Read(f.key) // never fails
	if second := f.token(f.flow("ann")); second.Value == first.Value {
		s.Error("a token is read without its key")
	}
	f.minted(2, "another key")
}

func copiedEntry(s *subject) {
	f := newFleet(s)
	f.token(f.flow("ann"))
	anns, value := f.store.only(s)
	f.token(f.flow("bob"))
	for _, name := range f.store.names() {
		if name != anns {
			s.mustSave(name, value, time.Minute)
		}
	}
	if token := f.token(f.flow("bob")); token.Username != "bob" {
		s.Errorf("bob gets the token of %q", token.Username)
	}
	f.minted(3, "ann's token is stored under bob's name")
}

func rejectedToken(s *subject) {
	f := newFleet(s)
	one, two, late := f.flow("ann"), f.flow("ann"), f.flow("ann")
	f.get(one)
	f.get(two)
	f.minted(1, "two processes")
	_, before := f.store.only(s)
	f.sim.RevokeAll()
	f.get(one)
	if _, after := f.store.only(s); bytes.Equal(before, after) {
		s.Error("the rejected token was not replaced")
	}
	f.get(two)
	f.get(late)
	f.minted(2, "all tokens were revoked")
}

func logoutRemoves(s *subject) {
	f := newFleet(s)
	flow := f.flow("ann")
	f.token(flow)
	name, _ := f.store.only(s)
	if err := flow.Logout(s.within(s.patience)); err != nil {
		s.Fatalf("Logout: %v", err)
	}
	s.hasNot(name)
	f.get(f.flow("ann"))
	f.minted(2, "after the Logout")
}

func slowStore(s *subject) {
	f := newFleet(s)
	f.store.meet(func(ctx context.Context, _ string) error {
		select {
		case <-time.After(short):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	first := f.token(f.flow("ann"))
	if second := f.token(f.flow("ann")); second.Value != first.Value {
		s.Error("authflow does not wait for a slow store")
	}
	f.minted(1, "a slow store")
	f.store.meet(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
	began := time.Now()
	f.token(f.flow("ann"))
	if took := time.Since(began); took > patience {
		s.Errorf("a store that hangs delays a call by %v", took)
	}
	f.minted(2, "a store that hangs")
}

func failingStore(s *subject) {
	down := errors.New("down")
	for _, broken := range [][]string{{"Load"}, {"Save"}, {"Swap"}, {"Delete"}, {"Lock"}, {"Load", "Save", "Swap", "Delete", "Lock"}} {
		f := newFleet(s)
		f.store.meet(func(_ context.Context, method string) error {
			if slices.Contains(broken, method) {
				return down
			}
			return nil
		})
		flow := f.flow("ann")
		f.get(flow)
		f.sim.RevokeAll()
		f.get(flow)
		f.get(f.flow("ann"))
		if err := flow.Logout(s.within(s.patience)); err != nil {
			s.Errorf("Logout without %v: %v", broken, err)
		}
	}
}

func fullStore(s *subject) {
	f := newFleet(s)
	f.store.meet(func(_ context.Context, method string) error {
		if method == "Save" {
			return errors.New("full")
		}
		return nil
	})
	var flows []*authflow.Flow
	for range 3 {
		flow := f.flow("ann")
		f.get(flow)
		flows = append(flows, flow)
	}
	f.minted(3, "a full store")
	for _, flow := range flows {
		f.get(flow)
	}
	f.minted(3, "a full store, and tokens that are in use")
}
