package pool_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/pool"
)

func TestU1_FullPool_DropsTheLeastRecentlyUsed(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithMaxFlows(3)}, func(t *testing.T, u *users) {
		for _, key := range []string{"ann", "bob", "eve", "ann", "joe", "ann", "kim"} {
			u.mustGet(t, key)
		}
		if got := u.keys(); !slices.Equal(got, []string{"joe", "ann", "kim"}) {
			t.Errorf("the pool has %v", got)
		}
		if u.calls("ann") != 1 {
			t.Errorf("ann was used between all others: %d calls of create", u.calls("ann"))
		}
		for key := range u.Keys() {
			if key != "joe" {
				t.Errorf("the first key is %s", key)
			}
			break
		}
	})
}

// Users who were busy have filled the pool. Newcomers replace them, and are not
// dropped again themselves: each is created once.
func TestU1_NewcomersInAPoolFullOfBusyUsers_AreCreatedOnce(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithMaxFlows(100)}, func(t *testing.T, u *users) {
		for range 50 {
			for i := range 100 {
				u.mustGet(t, fmt.Sprint("busy-", i))
			}
		}
		time.Sleep(time.Hour) // fake clock
		for round := range 50 {
			for i := range 100 {
				u.mustGet(t, fmt.Sprint("new-", i))
			}
			if s := u.Stats(); s.Created != 200 || s.Flows != 100 || s.Dropped != 100 {
				t.Fatalf("round %d: %+v", round, s)
			}
		}
	})
}

// Requests of newcomers and of users who are always there, in random order: the
// users who are always there stay.
func TestU1_UserWhoIsAlwaysThere_StaysAmongNewcomers(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithMaxFlows(100)}, func(t *testing.T, u *users) {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 5_000 {
			u.mustGet(t, fmt.Sprint("regular-", i%20))
			u.mustGet(t, fmt.Sprint("guest-", random.IntN(10_000)))
		}
		for i := range 20 {
			if n := u.calls(fmt.Sprint("regular-", i)); n != 1 {
				t.Errorf("regular-%d: %d calls of create", i, n)
			}
		}
	})
}

func TestU1_Bound_HoldsUnderLoad(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithMaxFlows(100)}, func(t *testing.T, u *users) {
		var callers sync.WaitGroup
		for g := range 20 {
			callers.Go(func() {
				for i := range 500 {
					key := fmt.Sprintf("user-%d-%d", g, i)
					f, err := u.Get(t.Context(), key)
					if err != nil || !strings.Contains(fmt.Sprint(f), key) {
						t.Errorf("%v, %v", f, err)
					}
					if n := u.Stats().Flows; n > 100 {
						t.Errorf("%d flows", n)
					}
				}
			})
		}
		callers.Wait()
		if s := u.Stats(); s.Flows != 100 || s.Created != 10_000 || s.Dropped != 9_900 {
			t.Errorf("%+v", s)
		}
	})
}

// A flow that is in use when it is dropped works on, and is not returned again.
func TestU1_FlowThatIsDroppedWhileInUse_WorksOn(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithMaxFlows(1)}, func(t *testing.T, u *users) {
		held := u.mustGet(t, "ann")
		for range 2 {
			u.mustGet(t, "bob")
			if again := u.mustGet(t, "ann"); again == held {
				t.Error("the dropped flow is returned")
			}
			mustToken(t, held)
		}
		if s := u.Stats(); s.Dropped != 4 || s.Flows != 1 || held.Closed() {
			t.Errorf("%+v, closed: %v", s, held.Closed())
		}
	})
}

func TestU1_IdleTime_CountsFromTheLastUse(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithIdle(time.Hour)}, func(t *testing.T, u *users) {
		held := u.mustGet(t, "ann")
		for range 5 {
			time.Sleep(59 * time.Minute) // fake clock
			if again := u.mustGet(t, "ann"); again != held {
				t.Error("dropped before its time")
			}
		}
		time.Sleep(time.Hour) // fake clock
		if again := u.mustGet(t, "ann"); again == held {
			t.Error("the idle flow is returned")
		}
		mustToken(t, held)
		if s := u.Stats(); s.Dropped != 1 || s.Created != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// An idle flow is dropped when the pool is used, with or without its key.
func TestU1_IdleFlows_AreDroppedByTheNextUse(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithIdle(time.Hour)}, func(t *testing.T, u *users) {
		for i := range 1_000 {
			u.mustGet(t, fmt.Sprint("user-", i))
		}
		time.Sleep(30 * time.Minute) // fake clock
		u.mustGet(t, "user-7")
		time.Sleep(30 * time.Minute) // fake clock
		for i := range 5 {
			u.mustGet(t, fmt.Sprint("guest-", i))
		}
		if got := u.keys(); len(got) != 6 || got[0] != "user-7" {
			t.Errorf("the pool has %v", got)
		}
		if s := u.Stats(); s.Dropped != 999 || s.Flows != 6 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour) // fake clock
		if s := u.Stats(); s.Dropped != 1_005 || s.Flows != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Of 300 idle flows one Get drops 100. The one that it requests is not returned even
// if it is not among them.
func TestU1_IdleFlowBehindManyOthers_IsNotReturned(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithIdle(time.Hour)}, func(t *testing.T, u *users) {
		for i := range 300 {
			u.mustGet(t, fmt.Sprint("user-", i))
		}
		time.Sleep(time.Hour) // fake clock
		u.mustGet(t, "user-299")
		if s := u.Stats(); u.calls("user-299") != 2 || s.Flows != 1 || s.Dropped != 300 {
			t.Errorf("%d calls of create, %+v", u.calls("user-299"), s)
		}
	})
}
