package tokenservice

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func newTestUsers(t *testing.T, most int) *users {
	t.Helper()
	us, err := newUsers(most, time.Hour, func(name string) *user { return &user{name: name} })
	if err != nil {
		t.Fatal(err)
	}
	return us
}

// U1: a user in use stays. Of the others, the least recently used is forgotten first, and
// idle users are forgotten.
func TestU1_Users_FollowTheModelInRandomSchedules(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			const most = 4
			random := rand.New(rand.NewPCG(seed, 1))
			us := newTestUsers(t, most)
			type known struct {
				user *user
				uses int
				last time.Time // zero while it is in use
			}
			model := map[string]*known{}
			for range 200 {
				time.Sleep(time.Duration(random.IntN(20)) * time.Minute) // fake clock
				name := fmt.Sprint(random.IntN(7))
				k := model[name]
				switch {
				case k != nil && k.uses > 0 && random.IntN(2) == 0:
					k.uses--
					us.done(k.user)
					if k.uses > 0 {
						break
					}
					k.last = time.Now()
					for len(model) > most {
						oldest := ""
						for other, o := range model {
							if o.uses == 0 && o != k && (oldest == "" || o.last.Before(model[oldest].last)) {
								oldest = other
							}
						}
						if oldest == "" {
							break
						}
						delete(model, oldest)
					}
				default:
					for other, o := range model {
						if o.uses == 0 && time.Since(o.last) >= time.Hour {
							delete(model, other)
						}
					}
					u := us.use(name)
					k = model[name]
					if k != nil && k.user != u {
						t.Fatalf("seed %d: user %s was forgotten", seed, name)
					}
					if k == nil {
						k = &known{user: u}
						model[name] = k
					}
					for other, o := range model {
						if o != k && o.user == u {
							t.Fatalf("seed %d: %s and %s are one user", seed, name, other)
						}
					}
					k.uses++
				}
				if us.count() != len(model) {
					t.Fatalf("seed %d: %d users are remembered, want %d", seed, us.count(), len(model))
				}
			}
		})
	}
}

// U2: a request in progress is superseded by a sign-out of its own user that came later,
// however many others sign out.
func TestU2_Progress_FollowsTheModelInRandomSchedules(t *testing.T) {
	seeds := uint64(15)
	if os.Getenv("TSAUTH_CROWDS") != "" {
		seeds = 50
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 2))
		var p progress
		running := map[uint64]string{}
		superseded := map[uint64]bool{}
		for range 2000 {
			name := fmt.Sprint(random.IntN(300))
			switch random.IntN(4) {
			case 0:
				running[p.begin()] = name
			case 1:
				for number := range running {
					delete(running, number)
					p.end(number)
					break
				}
			default:
				p.signOut(name)
				for number, user := range running {
					if user == name {
						superseded[number] = true
					}
				}
			}
			for number, user := range running {
				if p.isSuperseded(number, user) != superseded[number] {
					t.Fatalf("seed %d: a request of user %s is superseded: %v", seed, user, !superseded[number])
				}
			}
		}
		if len(p.signOuts) > 10*minSweep {
			t.Errorf("seed %d: %d sign-outs are remembered", seed, len(p.signOuts))
		}
		for number := range running {
			p.end(number)
		}
		if len(p.signOuts) > 0 {
			t.Errorf("seed %d: %d sign-outs are remembered without a request", seed, len(p.signOuts))
		}
	}
}
