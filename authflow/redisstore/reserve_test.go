package redisstore_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

const rateKey = "tsauth:{" + name + "}:rate"

// reserve takes n turns and returns the wait for the first.
func reserve(tb testing.TB, s *redisstore.Store, n int, perSecond float64, burst int) time.Duration {
	tb.Helper()
	wait, err := s.Reserve(tb.Context(), name, n, perSecond, burst)
	if err != nil {
		tb.Fatal(err)
	}
	return wait
}

func TestReserve_TwoProcesses_KeepOneRate(t *testing.T) {
	a, server, client := small(t)
	b := storeOn(t, client)
	now := time.Now().Truncate(time.Second)
	server.SetTime(now)
	taken := 0
	for i := range 50 { // of one turn, two and three, alternating between the processes
		s, n := []*redisstore.Store{a, b}[i%2], 1+i%3
		if got, want := reserve(t, s, n, 50, 10), time.Duration(taken-9)*20*time.Millisecond; got != want {
			t.Fatalf("%d turns after %d: wait %v, want %v", n, taken, got, want)
		}
		taken += n
	}
	server.SetTime(now.Add(time.Duration(taken) * 20 * time.Millisecond)) // all turns are over, and the burst is whole
	for i := range 11 {
		if got, want := reserve(t, a, 1, 50, 10), time.Duration(i-9)*20*time.Millisecond; got != want {
			t.Fatalf("turn %d: wait %v, want %v", i, got, want)
		}
	}
	if ttl := server.TTL(rateKey); ttl <= 0 || ttl > time.Second {
		t.Errorf("the key expires after %v", ttl)
	}
}

// A clock that goes back, as the clock of another machine does after a failover,
// delays no turn and gives no second burst.
func TestReserve_ClockJumps_WaitsStay(t *testing.T) {
	for what, jump := range map[string]time.Duration{"back": -time.Hour, "a little back": -time.Second, "ahead": time.Hour} {
		t.Run(what, func(t *testing.T) {
			s, server, _ := small(t)
			now := time.Now().Truncate(time.Second)
			server.SetTime(now)
			reserve(t, s, 20, 1, 1)
			server.SetTime(now.Add(jump))
			want := 20 * time.Second
			if jump > 0 {
				want = 0
			}
			if got := reserve(t, s, 1, 1, 1); got != want {
				t.Errorf("wait %v, want %v", got, want)
			}
		})
	}
}

func TestReserve_Garbage_CountsAsNoTurnTaken(t *testing.T) {
	s, server, client := small(t)
	server.SetTime(time.Now().Truncate(time.Second))
	check := func(what string) {
		t.Helper()
		if first, second := reserve(t, s, 1, 1, 1), reserve(t, s, 1, 1, 1); first != 0 || second != time.Second {
			t.Errorf("%s: waits of %v and %v", what, first, second)
		}
	}
	for _, garbage := range []string{
		"", "x", "1", "nan nan", "inf 1", "-1 -1", "1 99999999999999999999999999", "99999999999999999999999999 1", "9999999999999999 1",
	} {
		if err := client.Set(t.Context(), rateKey, garbage, 0).Err(); err != nil {
			t.Fatal(err)
		}
		check(garbage)
	}
	server.Del(rateKey)
	if err := client.LPush(t.Context(), rateKey, "x").Err(); err != nil {
		t.Fatal(err)
	}
	check("a list")
}

// A caller that would wait for more than 10 minutes takes no turn, so the wait of
// the next caller does not grow.
func TestReserve_LongerThanTenMinutes_TakesNoTurn(t *testing.T) {
	s, server, _ := small(t)
	now := time.Now().Truncate(time.Second)
	server.SetTime(now)
	if got := reserve(t, s, 10, 1./60, 1); got != 0 {
		t.Fatalf("wait %v for the first turns", got)
	}
	for range 3 {
		if wait, err := s.Reserve(t.Context(), name, 2, 1./60, 1); err == nil || !strings.Contains(err.Error(), "10m0s") {
			t.Errorf("two turns, the second after 11 minutes: %v, %v", wait, err)
		}
	}
	if got := reserve(t, s, 1, 1./60, 1); (got - 10*time.Minute).Abs() > time.Millisecond {
		t.Errorf("wait %v for a turn, want 10m", got)
	}
	for range 3 {
		if wait, err := s.Reserve(t.Context(), name, 1, 1./60, 1); err == nil {
			t.Errorf("wait %v for a turn, want an error", wait)
		}
	}
	server.SetTime(now.Add(time.Minute))
	if got := reserve(t, s, 1, 1./60, 1); (got - 10*time.Minute).Abs() > time.Millisecond {
		t.Errorf("wait %v after a minute, want 10m", got)
	}
}

func TestReserve_BadInput_NamesIt(t *testing.T) {
	s, server, _ := small(t)
	for _, c := range []struct {
		n         int
		perSecond float64
		burst     int
		want      string
	}{
		{0, 1, 1, "n must"}, {-1, 1, 1, "n must"},
		{1, 0, 1, "perSecond must"}, {1, -1, 1, "perSecond must"}, {1, math.NaN(), 1, "perSecond must"}, {1, math.Inf(1), 1, "perSecond must"},
		{1, 1, 0, "burst must"}, {1, 1, -1, "burst must"},
	} {
		if wait, err := s.Reserve(t.Context(), name, c.n, c.perSecond, c.burst); wait != 0 || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, %v", c, wait, err)
		}
	}
	if server.Exists(rateKey) {
		t.Error("a turn was taken")
	}
}

func TestReserve_ExtremeRates_DoNotOverflow(t *testing.T) {
	for _, perSecond := range []float64{math.SmallestNonzeroFloat64, 1e-9, 1e9, math.MaxFloat64} {
		for _, n := range []int{1, 1000, math.MaxInt} {
			s, _, _ := small(t)
			for range 2 {
				wait, err := s.Reserve(t.Context(), name, n, perSecond, math.MaxInt)
				if wait > 0 && perSecond < 1e9 || wait < -40*365*24*time.Hour {
					t.Errorf("%d at %v per second: wait %v", n, perSecond, wait)
				}
				if err != nil && n < math.MaxInt {
					t.Errorf("%d at %v per second: %v", n, perSecond, err)
				}
			}
		}
	}
}
