package pool_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
)

// Random schedules of Get, Forget, Close, evictions, and flows that their users
// close, against a model: which flow a caller gets and when, how often create is
// called, and which flows are kept and owed. POOL_SCHEDULES sets how many, and
// `make crowds` plays 300.
func TestU1_RandomSchedules_GoAsTheModelSays(t *testing.T) {
	schedules := 100
	if text := os.Getenv("POOL_SCHEDULES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		schedules = n
	}
	for seed := range schedules {
		synctest.Test(t, func(t *testing.T) {
			s := newSchedule(t, uint64(seed)) //nolint:gosec // not negative
			defer s.release()
			s.log = append(s.log, fmt.Sprint("seed ", seed))
			for range 80 {
				s.step()
				s.check()
			}
			s.finish()
		})
	}
}

func newSchedule(t *testing.T, seed uint64) *schedule {
	t.Helper()
	s := &schedule{t: t, random: rand.New(rand.NewPCG(seed, 16)), tokens: make(map[string]int)}
	var err error
	s.cluster, err = authflow.New("https://ts.example", authflow.WithSecretKey("key"), authflow.WithRateLimit(0, 0),
		authflow.WithHTTPClient(&http.Client{Transport: roundTrip(s.server)}))
	if err != nil {
		t.Fatal(err)
	}
	s.pool, err = pool.New(s.create, pool.WithMaxFlows(modelMax), pool.WithIdle(modelIdle))
	if err != nil {
		t.Fatal(err)
	}
	s.pool.SetMaxOwed(modelOwed)
	return s
}

// step does one thing that is chosen at random.
func (s *schedule) step() {
	key := string(rune('a' + s.random.IntN(6)))
	switch n := s.random.IntN(200); {
	case n < 60:
		s.get(key)
	case n < 110:
		s.complete()
	case n < 120:
		s.leave()
	case n < 145:
		s.forget(key)
	case n < 160:
		s.endFlow()
	case n < 180:
		s.use()
	case n < 190:
		d := time.Duration(1+s.random.IntN(40)) * time.Second
		s.note("%v pass", d)
		time.Sleep(d) // fake clock
	case n < 199:
		s.mu.Lock()
		s.broken = !s.broken
		s.mu.Unlock()
		s.note("the server revokes nothing: %v", s.broken)
	default:
		s.close()
	}
}

func (s *schedule) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// check compares the pool with the model.
func (s *schedule) check() {
	s.t.Helper()
	synctest.Wait()
	s.begin()
	s.model.dropIdle(time.Now())
	for i, g := range s.gets {
		s.mu.Lock()
		got := g.got
		s.mu.Unlock()
		switch {
		case got == nil && g.want == nil:
		case got == nil || g.want == nil:
			s.fail("get %d: %v, want %v", i, got, g.want)
		case got.flow != g.want.flow || (got.err == nil) != (g.want.err == nil):
			s.fail("get %d: %v, want %v", i, *got, *g.want)
		case g.want.err != nil && !errors.Is(g.want.err, errOops) && !errors.Is(got.err, g.want.err):
			s.fail("get %d: %v, want %v", i, got.err, g.want.err)
		}
	}
	var keys []string
	for _, f := range s.model.flows {
		keys = append(keys, f.key)
	}
	if got := slices.Collect(s.pool.Keys()); !slices.Equal(got, keys) {
		s.fail("the pool has %v, want %v", got, keys)
	}
	m, lost := &s.model, s.model.lost.now()
	want := pool.Stats{
		Flows: len(keys), Created: m.created, Failed: m.failed, Dropped: m.dropped, Forgotten: m.forgotten, Replaced: m.replaced,
		Owed: lost.flows, OwedCredentials: lost.credentials, Lost: lost.flows,
	}
	for _, f := range m.owed {
		want.OwedCredentials += f.alive()
		if f.alive() > 0 {
			want.Owed++
		}
	}
	got := s.pool.Stats()
	got.OwedUntil = time.Time{}
	if got != want {
		s.fail("%+v, want %+v", got, want)
	}
	for _, c := range slices.Concat(m.calls, s.late) {
		isCanceled := c.isAbandoned || slices.Contains(s.late, c)
		if (c.ctx.Err() != nil) != isCanceled {
			s.fail("create(%s): its context: %v", c.key, c.ctx.Err())
		}
	}
}

// finish closes the pool of a schedule when everything works again: no token of a
// flow that the pool knew is alive.
func (s *schedule) finish() {
	s.mu.Lock()
	s.broken = false
	s.mu.Unlock()
	s.close()
	s.check()
	for _, f := range s.all {
		name := userName.FindString(fmt.Sprint(f))
		if len(f.expires) == 0 && s.tokens[name] != 0 {
			s.fail("%v: %d tokens are alive", f, s.tokens[name])
		}
	}
}

// release lets the calls of create that are still running return.
func (s *schedule) release() {
	for _, c := range slices.Concat(s.model.calls, s.late) {
		c.result <- result{err: errBroken}
	}
}
