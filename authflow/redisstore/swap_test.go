package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// swaps reports whether a command is the script that swaps a value.
func swaps(c redis.Cmder) bool {
	return strings.HasPrefix(c.Name(), "eval") && len(c.Args()) == 7
}

// A client sends a command again if the response was lost. The value is the caller's
// own then, and not a change by another process.
func TestSwap_ResponseLostAndRetried_Succeeds(t *testing.T) {
	s, server, client := small(t)
	again := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = again.Close() })
	client.AddHook(before(func(c redis.Cmder) {
		if swaps(c) { // the first try, whose response is lost
			_ = again.Do(t.Context(), c.Args()...).Err()
		}
	}))
	for _, c := range []struct{ old, value string }{{"", value}, {value, "second"}} {
		if err := s.Swap(t.Context(), name, []byte(c.old), []byte(c.value), time.Minute); err != nil {
			t.Errorf("Swap: %v", err)
		}
		holds(t, s, c.value)
	}
	if err := s.Swap(t.Context(), name, []byte(value), []byte("third"), time.Minute); !errors.Is(err, authflow.ErrChanged) {
		t.Errorf("Swap of a value that was replaced: %v", err)
	}
}

// A command that the server executes late does not keep the value longer.
func TestSwap_ExecutedLate_KeepsItsEnd(t *testing.T) {
	s, server, client := small(t)
	now, late := time.Now(), 4*time.Minute
	server.SetTime(now)
	client.AddHook(before(func(c redis.Cmder) {
		if swaps(c) {
			server.SetTime(now.Add(late))
		}
	}))
	if err := s.Swap(t.Context(), name, nil, []byte(value), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	if left := holds(t, s, value); left > time.Minute {
		t.Errorf("%v left of a minute", left)
	}
	server.SetTime(now)
	late = 10 * time.Minute
	if err := s.Swap(t.Context(), name, []byte(value), []byte("second"), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	if left := holds(t, s, ""); left > 0 {
		t.Errorf("%v left after the end", left)
	}
}

// A key of another program counts as nothing, as it does for Load.
func TestSwap_ForeignKey_CountsAsNothing(t *testing.T) {
	onForeignKey(t, func(t *testing.T, s *redisstore.Store) {
		if err := s.Swap(t.Context(), name, []byte(value), []byte("ours"), time.Minute); !errors.Is(err, authflow.ErrChanged) {
			t.Errorf("Swap of the foreign value: %v", err)
		}
		if err := s.Swap(t.Context(), name, nil, []byte("ours"), time.Minute); err != nil {
			t.Errorf("Swap of nothing: %v", err)
		}
		holds(t, s, "ours")
	})
}
