package renewal

import (
	"context"
	"errors"
	"testing"
	"time"
)

// step is one rejection after another lease has come.
func TestP3_Rejections_CostLessAndLess(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		var waits []time.Duration
		for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(100 * time.Millisecond) { // fake clock
			if k.Reject(l) == Useless {
				continue
			}
			waits = append(waits, time.Since(began))
			l, _ = k.Replace(t.Context(), l)
		}
		// At once, after 1, 2, 4, 8, 16 and 32 s, and once a minute.
		if n := s.flights.Load(); n < 14 || n > 16 {
			t.Errorf("%d credentials, the last at %v", n, waits)
		}
	})
}

func TestP3_Verdict_FollowsFromWhatWasRejectedBefore(t *testing.T) {
	const s, min = time.Second, time.Minute
	for what, c := range map[string]struct {
		before    func(k *keeper, first *Lease[int32]) // the server rejected first
		requested time.Duration                        // of the second, after that
		age       time.Duration                        // of the second when it is rejected
		want      Verdict
	}{
		"a successor is as good as they get":                     {requested: 0, age: 5 * s, want: Useless},
		"a successor that worked for a while":                    {requested: 0, age: min, want: NewlyRejected},
		"a credential from before, as of another replica":        {requested: -s, age: 5 * s, want: NewlyRejected},
		"a successor after a repeated request succeeded":         {before: func(k *keeper, _ *Lease[int32]) { k.AcceptedAgain() }, age: 5 * s, want: NewlyRejected},
		"a successor after another request succeeded":            {before: func(k *keeper, _ *Lease[int32]) { k.Accepted(&Lease[int32]{ID: 2}) }, age: 5 * s, want: Useless},
		"a success of the rejected one on another path, untried": {before: untried(1), age: 5 * s, want: Useless},
		"a success of the successor, untried":                    {before: untried(2), age: 5 * s, want: NewlyRejected},
	} {
		in(t, func(t *testing.T, k *keeper, src *numbers) {
			first, _ := k.GetVerified(t.Context(), time.Now())
			untriedFirst := c.before != nil && what[len(what)-7:] == "untried"
			verdict := k.Reject
			if untriedFirst {
				verdict = k.RejectUntried
			}
			if v := verdict(first); v != NewlyRejected {
				t.Errorf("%s: the first: %v", what, v)
			}
			at := time.Now()
			if c.before != nil {
				c.before(k, first)
			}
			src.then = func(context.Context, int32, *Flight[int32]) (*Lease[int32], error) {
				return leaseOf(2, at.Add(c.requested), time.Hour), nil
			}
			second, err := k.Replace(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(c.age - second.Age(time.Now())) // fake clock
			if v := k.Reject(second); v != c.want {
				t.Errorf("%s: %v, want %v", what, v, c.want)
			}
		})
	}
}

// untried is a success with a credential.
func untried(id uint64) func(*keeper, *Lease[int32]) {
	return func(k *keeper, _ *Lease[int32]) { k.Accepted(&Lease[int32]{ID: id}) }
}

// A path that rejects everybody does not use the success of other paths for ever.
func TestP3_SuccessOfOthers_EndsTheSuspicionEightTimes(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		replaced := 0
		for range 60 {
			if k.RejectUntried(l) != Useless {
				replaced++
				l, _ = k.Replace(t.Context(), l)
			}
			k.Accepted(l)
		}
		if replaced != maxCleared+1 {
			t.Errorf("%d credentials, want %d", replaced, maxCleared+1)
		}
		k.AcceptedAgain()
		if k.RejectUntried(l) != NewlyRejected {
			t.Error("a success of the rejected request itself does not end it")
		}
	})
}

// R12: and of the one in use, too.
func TestP3_Invalidate_OfNewCredentials_WithholdsTheNext(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		for n := int32(1); n <= 2; n++ {
			l, _ := k.GetVerified(t.Context(), time.Now())
			if !k.Invalidate(l) || !k.Rejected(uint64(n)) || !k.Issued(uint64(n)) { //nolint:gosec // 1 or 2
				t.Errorf("lease %d was not in use", n)
			}
		}
		var p *PauseError
		_, err := k.Get(t.Context(), time.Now())
		if !errors.As(err, &p) || !errors.Is(err, ErrRejected) || time.Until(p.Until) != time.Second {
			t.Errorf("the third: %v", err)
		}
		want(t, "an exclusive one", 0, ErrRejected)(k.Exclusive(t.Context()))
		want(t, "a Renew", 3, nil)(k.Renew(t.Context()))
		want(t, "afterwards", 3, nil)(k.Get(t.Context(), time.Now()))
	})
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		for range 2 {
			l, _ := k.GetVerified(t.Context(), time.Now())
			k.Invalidate(l)
		}
		time.Sleep(time.Second) // fake clock
		want(t, "the third, after a second", 3, nil)(k.Get(t.Context(), time.Now()))
	})
}

// R12: a source may return any of its last credentials.
func TestR12_FirstRequested_IsWhenACredentialWasFirstReturned(t *testing.T) {
	var k keeper
	began := time.Now()
	for i := range 20 {
		now := began.Add(time.Duration(i) * time.Second)
		if at := k.FirstRequested(uint64(i+1), now); !at.Equal(now) { //nolint:gosec // small
			t.Errorf("credential %d: %v", i+1, at)
		}
	}
	for back := range len(ring{}) {
		at := k.FirstRequested(uint64(20-back), began.Add(time.Hour)) //nolint:gosec // small
		if want := began.Add(time.Duration(19-back) * time.Second); !at.Equal(want) {
			t.Errorf("%d credentials ago: %v, want %v", back, at, want)
		}
	}
	if h := k.load().know(); len(h.requests) != len(ring{}) {
		t.Errorf("%d are remembered", len(h.requests))
	}
}

// L3: a Keeper that has had many credentials remembers a few.
func TestL3_Issued_IsBoundedAndKnowsTheLatest(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		for range 30 {
			if _, err := k.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // fake clock
		}
		for n := uint64(1); n <= 31; n++ {
			if k.Issued(n) != (n >= 24 && n <= 30) {
				t.Errorf("credential %d: issued is %v", n, k.Issued(n))
			}
		}
		if k.Issued(0) || k.Rejected(0) || k.Rejected(30) {
			t.Error("a credential is known that never was")
		}
		k.Close(errEnd)
		if !k.Issued(29) {
			t.Error("Close forgets the credentials")
		}
	})
}

// A function that returns one token again and again is no reason to forget others.
func TestR12_CredentialThatIsReturnedAgain_PushesNoOtherOut(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		first, _ := k.GetVerified(t.Context(), time.Now())
		k.Reject(first)
		s.then = func(_ context.Context, _ int32, _ *Flight[int32]) (*Lease[int32], error) {
			return leaseOf(2, time.Now(), time.Hour), nil
		}
		for range 20 {
			want(t, "the same", 2, nil)(k.Renew(t.Context()))
		}
		if !k.Issued(1) || !k.Rejected(1) || !k.Issued(2) || k.Rejected(2) {
			t.Error("a credential is forgotten")
		}
	})
}

// A credential that worked for a while ends the back-off that came before it.
func TestP3_CredentialThatWorkedForAWhile_EndsTheBackOff(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			return leaseOf(n, time.Now(), time.Hour), nil
		}
		wait := func() time.Duration {
			began := time.Now()
			for {
				l, _ := k.GetVerified(t.Context(), time.Now())
				if k.Reject(l) != Useless {
					return time.Since(began)
				}
				time.Sleep(100 * time.Millisecond) // fake clock
			}
		}
		for range 5 {
			wait()
		}
		if d := wait(); d < 8*time.Second {
			t.Errorf("%v for the sixth credential in a row", d)
		}
		_, _ = k.GetVerified(t.Context(), time.Now())
		time.Sleep(10 * time.Minute) // fake clock
		first, second := wait(), wait()
		if first > 0 || second > 3*time.Second {
			t.Errorf("%v and %v after ten minutes", first, second)
		}
	})
}
