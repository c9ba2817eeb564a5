package redisstore_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

const rateKey = "tsauth:{" + name + "}:rate"

func pace(tb testing.TB, s *redisstore.Store, perSecond float64, burst int) time.Duration {
	tb.Helper()
	wait, err := s.Reserve(tb.Context(), name, 1, perSecond, burst)
	if err != nil {
		tb.Fatal(err)
	}
	return wait
}

func TestTurnsKeepToThePace(t *testing.T) {
	a, server, client := small(t)
	b := storeOn(t, client)
	now := time.Now().Truncate(time.Second)
	server.SetTime(now)
	for i := range 50 { // by turns
		s := a
		if i%2 == 1 {
			s = b
		}
		if got, want := pace(t, s, 50, 10), max(0, time.Duration(i-9)*20*time.Millisecond); got != want {
			t.Fatalf("turn %d after %v, want %v", i, got, want)
		}
	}
	server.SetTime(now.Add(time.Second)) // when all 50 and the burst are over
	for i := range 11 {
		if got, want := pace(t, a, 50, 10), max(0, time.Duration(i-9)*20*time.Millisecond); got != want {
			t.Fatalf("turn %d after %v, want %v", i, got, want)
		}
	}
	if ttl := server.TTL(rateKey); ttl <= 0 || ttl > time.Second {
		t.Errorf("the key is kept for %v", ttl)
	}
}

// A clock that goes back, as that of another machine after a failover, holds up
// nobody, and gives nobody another burst.
func TestPaceAfterAClockThatJumps(t *testing.T) {
	for what, jump := range map[string]time.Duration{"back": -time.Hour, "a little back": -time.Second, "ahead": time.Hour} {
		t.Run(what, func(t *testing.T) {
			s, server, _ := small(t)
			now := time.Now().Truncate(time.Second)
			server.SetTime(now)
			for range 20 {
				pace(t, s, 1, 1)
			}
			server.SetTime(now.Add(jump))
			want := 20 * time.Second
			if jump > 0 {
				want = 0
			}
			if got := pace(t, s, 1, 1); got != want {
				t.Errorf("a turn after %v, want %v", got, want)
			}
		})
	}
}

func TestPaceWithGarbage(t *testing.T) {
	s, server, client := small(t)
	now := time.Now().Truncate(time.Second)
	server.SetTime(now)
	for _, garbage := range []string{
		"", "x", "1", "nan nan", "inf 1", "-1 -1", "1 99999999999999999999999999", "99999999999999999999999999 1", "9999999999999999 1",
	} {
		if err := client.Set(t.Context(), rateKey, garbage, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if first, second := pace(t, s, 1, 1), pace(t, s, 1, 1); first != 0 || second != time.Second {
			t.Errorf("%q: turns after %v and %v", garbage, first, second)
		}
	}
	server.Del(rateKey)
	if err := client.LPush(t.Context(), rateKey, "x").Err(); err != nil {
		t.Fatal(err)
	}
	if first, second := pace(t, s, 1, 1), pace(t, s, 1, 1); first != 0 || second != time.Second {
		t.Errorf("a list: turns after %v and %v", first, second)
	}
}

func TestNoTurnIsTakenThatNobodyWaitsFor(t *testing.T) {
	s, server, _ := small(t)
	now := time.Now().Truncate(time.Second)
	server.SetTime(now)
	for i := range 11 {
		if got, want := pace(t, s, 1./60, 1), time.Duration(i)*time.Minute; (got - want).Abs() > time.Millisecond {
			t.Fatalf("turn %d after %v", i, got)
		}
	}
	for range 3 {
		if wait, err := s.Reserve(t.Context(), name, 1, 1./60, 1); err == nil || !strings.Contains(err.Error(), "10m0s") {
			t.Errorf("%v, %v", wait, err)
		}
	}
	server.SetTime(now.Add(time.Minute))
	if got := pace(t, s, 1./60, 1); (got - 10*time.Minute).Abs() > time.Millisecond {
		t.Errorf("after a minute a turn after %v", got)
	}
}

func TestPaceRefuses(t *testing.T) {
	s, _, _ := small(t)
	for want, c := range map[string]struct {
		perSecond float64
		burst     int
	}{
		"perSecond: needs": {0, 1}, "perSecond:": {-1, 1}, "perSecond": {math.NaN(), 1}, "pace: perSecond": {math.Inf(1), 1},
		"burst: needs": {1, 0}, "burst": {1, -1},
	} {
		if wait, err := s.Reserve(t.Context(), name, 1, c.perSecond, c.burst); wait != 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, %v", c, wait, err)
		}
	}
	for _, perSecond := range []float64{math.SmallestNonzeroFloat64, 1e-9, 1e9, math.MaxFloat64} {
		if wait, err := s.Reserve(t.Context(), name, 1, perSecond, math.MaxInt); wait != 0 || err != nil {
			t.Errorf("%v: %v, %v", perSecond, wait, err)
		}
	}
}
