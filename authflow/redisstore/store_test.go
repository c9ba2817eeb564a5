package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// name looks like a name of authflow: 43 characters of base64url.
const name = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

// value must not appear in an error.
const value = "sealed-value-\x00\xff-of-a-token"

// small returns a Store on a server in memory, whose clock the test can set.
func small(tb testing.TB) (*redisstore.Store, *miniredis.Miniredis, *redis.Client) {
	tb.Helper()
	server := miniredis.RunT(tb)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	tb.Cleanup(func() { _ = client.Close() })
	return storeOn(tb, client), server, client
}

func storeOn(tb testing.TB, client redis.UniversalClient, opts ...redisstore.Option) *redisstore.Store {
	tb.Helper()
	s, err := redisstore.New(client, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func save(tb testing.TB, s *redisstore.Store, value string, ttl time.Duration) {
	tb.Helper()
	if err := s.Save(tb.Context(), name, []byte(value), ttl); err != nil {
		tb.Fatal(err)
	}
}

// holds fails the test unless the stored value is want; if want is empty, nothing
// may be stored.
func holds(tb testing.TB, s *redisstore.Store, want string) (left time.Duration) {
	tb.Helper()
	got, left, err := s.Load(tb.Context(), name)
	if want == "" {
		if !errors.Is(err, authflow.ErrNotStored) || got != nil || left != 0 {
			tb.Errorf("Load returns %q, %v, %v, want nothing", got, left, err)
		}
		return 0
	}
	if err != nil || string(got) != want {
		tb.Errorf("Load returns %q, %v, want %q", got, err, want)
	}
	return left
}

// onForeignKey runs a test for each kind of value that another program may have put
// under the key of name.
func onForeignKey(t *testing.T, test func(t *testing.T, s *redisstore.Store)) {
	t.Helper()
	s, server, client := small(t)
	key := "tsauth:{" + name + "}:token"
	for what, put := range map[string]func() error{
		"of another type": func() error {
			return errors.Join(client.LPush(t.Context(), key, value).Err(), client.Expire(t.Context(), key, time.Minute).Err())
		},
		"that never expires": func() error { return client.Set(t.Context(), key, value, 0).Err() },
	} {
		t.Run(what, func(t *testing.T) {
			server.FlushAll()
			if err := put(); err != nil {
				t.Fatal(err)
			}
			test(t, s)
		})
	}
}

func TestLoad_SavedValue_CountsDownAndExpires(t *testing.T) {
	s, server, _ := small(t)
	holds(t, s, "")
	save(t, s, value, 5*time.Minute)
	if left := holds(t, s, value); left > 5*time.Minute || left < 5*time.Minute-time.Second {
		t.Errorf("%v left of 5 minutes", left)
	}
	server.FastForward(4 * time.Minute)
	if left := holds(t, s, value); left > time.Minute || left < time.Minute-time.Second {
		t.Errorf("%v left of 1 minute", left)
	}
	save(t, s, "another", 10*time.Minute)
	server.FastForward(2 * time.Minute)
	if left := holds(t, s, "another"); left < 7*time.Minute {
		t.Errorf("%v left of the value that replaced it", left)
	}
	server.FastForward(8 * time.Minute)
	holds(t, s, "")
}

func TestDelete_AnotherValue_Stays(t *testing.T) {
	s, _, _ := small(t)
	remove := func(value string) {
		t.Helper()
		if err := s.Delete(t.Context(), name, []byte(value)); err != nil {
			t.Error(err)
		}
	}
	remove(value)
	save(t, s, value, time.Minute)
	remove("another")
	holds(t, s, value)
	remove(value)
	holds(t, s, "")
}

// A key of another program counts as nothing, and Save replaces it.
func TestK2_ForeignKey_CountsAsNothing(t *testing.T) {
	onForeignKey(t, func(t *testing.T, s *redisstore.Store) {
		holds(t, s, "")
		if err := s.Delete(t.Context(), name, []byte("another")); err != nil {
			t.Error(err)
		}
		save(t, s, "ours", time.Minute)
		holds(t, s, "ours")
	})
}

// A command that the server executes late does not keep the value longer.
func TestSave_ExecutedLate_KeepsItsEnd(t *testing.T) {
	s, server, client := small(t)
	now := time.Now()
	server.SetTime(now)
	late := 4 * time.Minute
	client.AddHook(before(func(c redis.Cmder) {
		if c.Name() == "set" {
			server.SetTime(now.Add(late))
		}
	}))
	save(t, s, value, 5*time.Minute)
	if left := holds(t, s, value); left > time.Minute {
		t.Errorf("%v left of a minute", left)
	}
	late = 10 * time.Minute
	save(t, s, value, 5*time.Minute)
	if left := holds(t, s, ""); left > 0 {
		t.Error("stored after its end")
	}
}

// All keys of a name are in one slot, begin with the prefix, and expire.
func TestK5_Keys_HavePrefixAndExpire(t *testing.T) {
	_, server, client := small(t)
	for prefix, opts := range map[string][]redisstore.Option{
		"tsauth:":    nil,
		"acme.prod/": {redisstore.WithPrefix("acme.prod/")},
	} {
		t.Run(prefix, func(t *testing.T) {
			server.FlushAll()
			s := storeOn(t, client, opts...)
			save(t, s, value, time.Minute)
			if _, err := s.Lock(t.Context(), name, time.Minute); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Reserve(t.Context(), name, 1, 1, 1); err != nil {
				t.Fatal(err)
			}
			keys := server.Keys()
			if len(keys) != 3 {
				t.Errorf("keys: %q", keys)
			}
			for _, key := range keys {
				if !strings.HasPrefix(key, prefix+"{"+name+"}:") {
					t.Errorf("key: %q", key)
				}
				if server.TTL(key) <= 0 {
					t.Errorf("%q does not expire", key)
				}
			}
		})
	}
}

// A server that has lost its scripts, as after a failover, gets them again.
func TestScripts_Flushed_AreSentAgain(t *testing.T) {
	s, _, client := small(t)
	for range 2 {
		save(t, s, value, time.Minute)
		holds(t, s, value)
		unlock, err := s.Lock(t.Context(), name, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		unlock()
	}
}

func TestNew_BadInput_NamesIt(t *testing.T) {
	noTimeout := redis.NewClient(&redis.Options{})
	noTimeoutCluster := redis.NewClusterClient(&redis.ClusterOptions{})
	noTimeoutRing := redis.NewRing(&redis.RingOptions{})
	good := redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})
	for _, c := range []redis.UniversalClient{noTimeout, noTimeoutCluster, noTimeoutRing, good} {
		defer func() { _ = c.Close() }()
	}
	for what, c := range map[string]struct {
		client redis.UniversalClient
		opts   []redisstore.Option
		want   string
	}{
		"nothing":                    {nil, nil, "client: is nil"},
		"a nil client":               {(*redis.Client)(nil), nil, "client: is nil"},
		"a nil cluster":              {(*redis.ClusterClient)(nil), nil, "client: is nil"},
		"a nil ring":                 {(*redis.Ring)(nil), nil, "client: is nil"},
		"a client without timeouts":  {noTimeout, nil, "ContextTimeoutEnabled"},
		"a cluster without timeouts": {noTimeoutCluster, nil, "ContextTimeoutEnabled"},
		"a ring without timeouts":    {noTimeoutRing, nil, "ContextTimeoutEnabled"},
		"no prefix":                  {good, []redisstore.Option{redisstore.WithPrefix("")}, "WithPrefix"},
		"a prefix with a slot":       {good, []redisstore.Option{redisstore.WithPrefix("{a}")}, "WithPrefix"},
		"a prefix with a space":      {good, []redisstore.Option{redisstore.WithPrefix("a b")}, "WithPrefix"},
	} {
		if s, err := redisstore.New(c.client, c.opts...); s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, c := range []redis.UniversalClient{good, wrapped{good}} {
		if _, err := redisstore.New(c); err != nil {
			t.Error(err)
		}
	}
}

// wrapped is a client of another type.
type wrapped struct{ redis.UniversalClient }

func TestStore_BadInput_SendsNothing(t *testing.T) {
	s, server, _ := small(t)
	ctx := t.Context()
	_, noLimit := s.Lock(ctx, name, 0)
	noTTL := s.Swap(ctx, name, nil, []byte(value), 0)
	for what, err := range map[string]error{
		"save: ttl":   s.Save(ctx, name, []byte(value), 0),
		"swap: ttl":   noTTL,
		"lock: limit": noLimit,
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := server.CommandCount(); n > 5 { // the greeting
		t.Errorf("%d commands were sent", n)
	}
}
