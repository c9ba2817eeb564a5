package limiter

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// schedule is a random world: the requests and their times, and the behavior of the server.
type schedule struct {
	rate      float64
	burst     int
	bad, good int           // principals
	requests  int           // of each at a time
	every     time.Duration // between two rounds of a principal
	latency   time.Duration // of a success
	fails     time.Duration // of a failure
	failure   *outcome.Failure
	deadFrom  time.Duration // the server fails everybody's calls
	deadTo    time.Duration
	warm      bool          // the bad principals are good in the first half minute
	distance  time.Duration // of the store that shares the rate; negative: none
}

func draw(random *rand.Rand) schedule {
	pick := func(all ...time.Duration) time.Duration { return all[random.IntN(len(all))] }
	s := schedule{
		rate: []float64{10, 50, 100, 0}[random.IntN(4)], burst: 1 + random.IntN(10),
		bad: random.IntN(40), good: 1 + random.IntN(60), requests: 1 + random.IntN(4)*random.IntN(4),
		every:    pick(time.Second, 5*time.Second, 20*time.Second),
		latency:  pick(0, 10*time.Millisecond, fast, time.Second),
		fails:    pick(0, 10*time.Millisecond, time.Second, 9*time.Second, 30*time.Second),
		warm:     random.IntN(2) == 0,
		distance: pick(-1, -1, 0, 100*time.Millisecond),
	}
	classes := []outcome.Class{outcome.NotSent, outcome.OutcomeUnknown, outcome.Overloaded, outcome.RateLimited, outcome.Unexpected, outcome.Other}
	s.failure = &outcome.Failure{Class: classes[random.IntN(len(classes))], RetryAfter: pick(0, 0, time.Second, 20*time.Second, 5*time.Minute)}
	if random.IntN(2) == 0 {
		s.deadFrom = time.Duration(random.IntN(60)) * time.Second
		s.deadTo = s.deadFrom + time.Duration(1+random.IntN(100))*time.Second
		s.failure.RetryAfter = pick(0, time.Second)
	}
	return s
}

func (s schedule) server(w *world, principal string) (*outcome.Failure, time.Duration) {
	isBad := principal[0] == 'b' && (!s.warm || w.now() > 30*time.Second)
	isDead := w.now() >= s.deadFrom && w.now() < s.deadTo
	if isBad || isDead {
		return s.failure, s.fails
	}
	return nil, s.latency
}

// run lets the world of a schedule go on for three minutes.
func (s schedule) run(t *testing.T, seed uint64) ([]result, []call) {
	config := Config{Rate: s.rate, Burst: s.burst}
	if s.distance >= 0 && s.rate > 0 {
		shared := &store{distance: s.distance, rate: s.rate, burst: s.burst}
		config.Reserve = shared.reserve
	}
	w := newWorld(t, config, seed, s.server)
	for i := range s.bad + s.good {
		r := caller(fmt.Sprint("b", i))
		if i >= s.bad {
			r.Principal = fmt.Sprint("g", i)
		}
		r.Urgency = []Urgency{Caller, Caller, Ahead, Revocation}[i%4]
		r.Renewal = i%3 == 0
		r.Group = fmt.Sprint(i % 3)
		for range s.requests {
			w.again(r, time.Hour, s.every)
		}
		sleep(time.Duration(w.random.IntN(100)) * time.Millisecond)
	}
	return w.end(3 * time.Minute)
}

// TestR14_RandomSchedules_KeepTheRules holds the limiter to a reference model: the
// rules of R13 and R14, checked call by call on a log of what happened.
// LIMITER_SEED replays one schedule, and LIMITER_SCHEDULES says how many are played.
func TestR14_RandomSchedules_KeepTheRules(t *testing.T) {
	t.Parallel()
	n, named := number(t, schedulesVar)
	played := seeds(t, int(n))
	if !named && os.Getenv(seedVar) == "" {
		played = []uint64{1, 2, 3, 5, 7, 8, 10, 12} // of the first twelve, those that do not take long
	}
	for _, seed := range played {
		t.Run(fmt.Sprint(seedVar, "=", seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := draw(rand.New(rand.NewPCG(seed, 3)))
				results, calls := s.run(t, seed)
				t.Logf("%+v: %d results, %d calls", s, len(results), len(calls))
				checkRate(t, s, calls)
				checkDroughts(t, calls)
				checkPrincipals(t, calls)
				checkTold(t, s, results, calls)
				checkGood(t, s, results)
			})
		})
	}
}

// checkRate checks that no more calls were sent than rate and burst allow.
func checkRate(t *testing.T, s schedule, calls []call) {
	if s.rate == 0 {
		return
	}
	late := 0.0 // turns that are used later than they were reserved for
	if s.distance >= 0 {
		late = s.rate * (s.distance + lateTimer).Seconds()
	}
	saved, at := float64(s.burst), time.Duration(0)
	for _, c := range calls {
		saved = min(float64(s.burst), saved+s.rate*(c.at-at).Seconds()) - 1
		at = c.at
		if saved < -0.01-late {
			t.Fatalf("the call at %v is too early", c.at)
		}
	}
}

// checkDroughts checks how often a server is called that answers nobody (R14).
func checkDroughts(t *testing.T, calls []call) {
	answers := answers(calls)
	began, minutes := time.Duration(-1), [10]int{}
	for _, c := range calls {
		if began < 0 || answeredBetween(answers, began, c.at) {
			began, minutes = c.at, [10]int{}
		}
		minute := int((c.at - began) / time.Minute)
		minutes[minute]++
		if minutes[0] > 60 || minute > 0 && minutes[minute] > 40 {
			t.Fatalf("%v calls in the minutes since %v", minutes[:minute+1], began)
		}
	}
}

// answers returns when responses came that show that the server works.
func answers(calls []call) []time.Duration {
	var all []time.Duration
	for _, c := range calls {
		if c.failure == nil || c.failure.Class.Answered() {
			all = append(all, c.end)
		}
	}
	slices.Sort(all)
	return all
}

func answeredBetween(answers []time.Duration, from, to time.Duration) bool {
	i, _ := slices.BinarySearch(answers, from)
	return i < len(answers) && answers[i] <= to
}

// checkPrincipals checks that no principal is called before the end of a
// Retry-After that it got, and that one that fails all the time is called
// less and less.
func checkPrincipals(t *testing.T, calls []call) {
	byName := map[string][]call{}
	for _, c := range calls {
		byName[c.request.Principal] = append(byName[c.request.Principal], c)
	}
	for name, own := range byName {
		answers := answers(own)
		for i, c := range own {
			recent := 0
			for _, earlier := range own[:i] {
				told := earlier.failure != nil && earlier.end < c.at && !answeredBetween(answers, earlier.end, c.at)
				if told && c.at < earlier.end+min(earlier.failure.RetryAfter, 5*time.Minute) {
					t.Fatalf("%s was called at %v, and told at %v to wait %v", name, c.at, earlier.end, earlier.failure.RetryAfter)
				}
				if told && earlier.at >= c.at-20*time.Second {
					recent++
				}
			}
			before := c.at - 40*time.Second
			isSuspect := i >= 20 && own[i-20].at > before-time.Minute && !answeredBetween(answers, before-time.Minute, c.at)
			if isSuspect && recent > 12 {
				t.Fatalf("%s failed %d times in the 20 s before %v", name, recent, c.at)
			}
		}
	}
}

// checkTold checks that callers fail in an outage, and no later than they may
// be, and only of one that there was.
func checkTold(t *testing.T, s schedule, results []result, calls []call) {
	answers := answers(calls)
	for _, r := range results {
		var told *QueueError
		if !errors.As(r.err, &told) {
			continue
		}
		if told.Failure == nil || told.RetryAfter <= 0 || told.Failure.Class != s.failure.Class && told.Failure.Class != outcome.OutcomeUnknown {
			t.Fatalf("%s was told %+v", r.principal, told)
		}
		held := told.RetryAfter > 30*time.Second // by a Retry-After of its own
		began := max(0, r.ended()-28*time.Second)
		if !held && answeredBetween(answers, began, r.ended()-time.Nanosecond) {
			t.Fatalf("%s was told at %v of an outage that had ended: %+v", r.principal, r.ended(), told)
		}
	}
	for _, r := range results {
		if r.attempts == 1 && errors.As(r.err, new(*QueueError)) && r.took > 30*time.Second+attemptTime {
			quiet := !answeredBetween(answers, r.ended()-30*time.Second-attemptTime, r.ended())
			if quiet {
				t.Fatalf("%s waited for %v: %v", r.principal, r.took, r.err)
			}
		}
	}
}

// checkGood checks that the good principals of a server that is up are served.
func checkGood(t *testing.T, s schedule, results []result) {
	if s.deadTo > 0 {
		return
	}
	for _, r := range results {
		if r.principal[0] == 'g' && r.err != nil {
			t.Fatalf("%s failed: %+v", r.principal, r)
		}
	}
}
