package authflow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// passwords is a server that locks an account for an hour after a number of wrong
// passwords in an hour.
type passwords struct {
	right  map[string]string
	wrong  map[string][]time.Duration
	locked map[string]time.Duration
	total  int
	most   int // wrong sends of a user

	locksAfter int // wrong passwords in an hour
}

func newPasswords() *passwords {
	return &passwords{locksAfter: 5, right: map[string]string{}, wrong: map[string][]time.Duration{}, locked: map[string]time.Duration{}}
}

// status is 200, or 401. The caller holds the lock of the server.
func (p *passwords) status(c arrival) int {
	if until, ok := p.locked[c.user]; ok && c.at < until {
		return 403
	}
	want, ok := p.right[c.user]
	if !ok {
		want = "pw"
	}
	if c.secret == want {
		return 200
	}
	p.total++
	w := slices.DeleteFunc(p.wrong[c.user], func(at time.Duration) bool { return c.at-at > time.Hour })
	w = append(w, c.at)
	p.wrong[c.user] = w
	p.most = max(p.most, len(w))
	if len(w) >= p.locksAfter {
		p.locked[c.user] = c.at + time.Hour
	}
	return 401
}

// Three processes with a wrong password and a Store that answers.
func TestR6_ProcessesThatShareAStore_KeepToThreeWrongSendsInAnHour(t *testing.T) {
	t.Parallel()
	type row struct {
		store *faultyStore
		most  int
	}
	for name, tt := range rows(t, map[string]row{
		"300 ms away":                         {&faultyStore{takes: 300 * time.Millisecond}, 3},
		"450 ms away":                         {&faultyStore{takes: 450 * time.Millisecond}, 3},
		"600 ms away":                         {&faultyStore{takes: 600 * time.Millisecond}, 3},
		"full: Save fails":                    {&faultyStore{op: "Save", broken: func() bool { return true }}, 3},
		"900 ms away: each process by itself": {&faultyStore{takes: 900 * time.Millisecond}, 3 * 3},
	}, "450 ms away", "full: Save fails", "900 ms away: each process by itself") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAttack(t, func(t *testing.T) {
				p := newPasswords()
				p.locksAfter = tt.most + 1
				s := newShards(func(_ *shards, c arrival) behavior { return behavior{status: p.status(c), takes: fastCall} })
				cs := &callers{s: s, rate: 50}
				for range 3 {
					cluster := shardCluster(t, s, authflow.WithStore(tt.store, make([]byte, 32)))
					wrong := passwordFlow(t, cluster, "ann", "wrong")
					cs.wait.Go(func() {
						for range 70 {
							_ = cs.ask(nil, wrong, "ann", 20*time.Second)
							time.Sleep(time.Minute) // fake clock
						}
					})
					cs.wait.Go(func() {
						for i := range 100 { // the tokens of others are saved
							user := fmt.Sprint("g", i)
							_ = cs.ask(nil, passwordFlow(t, cluster, user, "pw"), user, 10*time.Second)
							time.Sleep(30 * time.Second) // fake clock
						}
					})
				}
				cs.wait.Wait()
				cs.check(t, "others", 10*time.Second, isGood)
				if p.most > tt.most {
					t.Errorf("the wrong password was sent %d times in an hour", p.most)
				}
			})
		})
	}
}

// The password of a service account with 500 flows is changed on the server, at four
// moments between their renewals and in the middle of them.
func TestR6_ChangedPasswordOfABusyUser_IsRejectedThreeTimes(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{100 * time.Millisecond, 2 * time.Second} {
		for i := range 4 {
			changed := 20*time.Minute + time.Duration(i)*7*time.Second
			for _, revokes := range []bool{false, true} {
				isOne := (i%2 == 0) == (takes < time.Second) && (i < 2) == revokes // one for each moment
				if !isOne && !fullSize() {
					continue
				}
				t.Run(fmt.Sprintf("calls of %v, after %v, tokens revoked: %v", takes, changed, revokes), func(t *testing.T) {
					t.Parallel()
					inAttack(t, func(t *testing.T) { changePasswordOfABusyUser(t, takes, changed, revokes) })
				})
			}
		}
	}
}

func changePasswordOfABusyUser(t *testing.T, takes, changed time.Duration, revokes bool) {
	p := newPasswords()
	s := newShards(func(_ *shards, c arrival) behavior { return behavior{status: p.status(c), takes: takes} })
	cluster := shardCluster(t, s)
	cs := &callers{s: s, rate: 50}
	size := sized(500, 120)
	for i := range size {
		f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", Password: "pw", ValidityTimeInSec: int32(300 + i*500/size)})
		if err != nil {
			t.Fatal(err)
		}
		cs.wait.Go(func() {
			isRevoked := false
			for range 60 {
				if revokes && s.now() > changed && !isRevoked {
					isRevoked = true
					token, _ := f.Token(t.Context())
					f.Invalidate(token)
				}
				_ = cs.ask(nil, f, "ann", 30*time.Second)
				time.Sleep(30 * time.Second) // fake clock
			}
		})
	}
	time.Sleep(changed) // fake clock
	cs.check(t, "before the change", 30*time.Second, func(outcomeOf) bool { return true })
	s.mu.Lock()
	p.right["ann"] = "new"
	s.mu.Unlock()
	cs.wait.Wait()
	if p.most < 2 || p.most > 3 {
		t.Errorf("the wrong password was sent %d times in an hour", p.most)
	}
}
