package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Store keeps tokens in Redis. Make one with [New]. It is safe for concurrent use, and
// there is nothing to close: the client belongs to the caller.
type Store struct {
	client redis.UniversalClient
	prefix string
	// Scripts run by EVALSHA, or by EVAL if the server does not know them yet.
	now, load, swap, remove, lock, reserve *redis.Script

	background chan struct{} // holds one element for each release that is running
}

var (
	_ authflow.Store       = (*Store)(nil)
	_ authflow.RateLimiter = (*Store)(nil)
)

// Option is for [New].
type Option func(*Store) error

// WithPrefix sets the beginning of all keys. The default is "tsauth:". A prefix that
// is empty or has braces or white space is an error. Optional.
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if prefix == "" || strings.ContainsAny(prefix, "{} \t\r\n") {
			return errors.New("redisstore: WithPrefix: must not be empty or contain braces or white space")
		}
		s.prefix = prefix
		return nil
	}
}

// New returns a Store on the servers of a client, and sends nothing. The client must
// have ContextTimeoutEnabled, so that a server that hangs delays a caller by no more
// than authflow allows.
func New(client redis.UniversalClient, opts ...Option) (*Store, error) {
	if err := check(client); err != nil {
		return nil, fmt.Errorf("redisstore: client: %w", err)
	}
	s := &Store{
		client:  client,
		prefix:  "tsauth:",
		now:     redis.NewScript(nowScript),
		load:    redis.NewScript(loadScript),
		swap:    redis.NewScript(swapScript),
		remove:  redis.NewScript(removeScript),
		lock:    redis.NewScript(lockScript),
		reserve: redis.NewScript(reserveScript),

		background: make(chan struct{}, maxBackground),
	}
	for _, o := range opts {
		if err := o(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// check returns an error if the client lacks an option. It cannot look into a client
// of a type that the caller has defined.
func check(client redis.UniversalClient) error {
	if client == nil {
		return errors.New("is nil")
	}
	var enabled, ok bool
	switch c := client.(type) {
	case *redis.Client:
		if ok = c != nil; ok {
			enabled = c.Options().ContextTimeoutEnabled
		}
	case *redis.ClusterClient:
		if ok = c != nil; ok {
			enabled = c.Options().ContextTimeoutEnabled
		}
	case *redis.Ring:
		if ok = c != nil; ok {
			enabled = c.Options().ContextTimeoutEnabled
		}
	default:
		return nil
	}
	switch {
	case !ok:
		return errors.New("is nil")
	case !enabled:
		return errors.New("needs ContextTimeoutEnabled in its options; without it the client ignores contexts while a server hangs")
	}
	return nil
}

// key returns the key of a name for a purpose. The braces put all keys of one name in
// one hash slot.
func (s *Store) key(name, purpose string) string { return s.prefix + "{" + name + "}:" + purpose }

// Time does not pass during a script, so a value cannot expire between the two
// commands. A value that is not a string, or never expires, was not put there by a
// Store.
const loadScript = `
local value = redis.pcall('GET', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if type(value) ~= 'string' or left <= 0 then return false end
return {value, left}`

// Load implements [authflow.Store]. The time left is measured by the server, in one
// response with the value. It comes from the master, even if the client reads from
// replicas otherwise.
func (s *Store) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	found, err := s.load.Run(ctx, s.client, []string{s.key(name, "token")}).Slice()
	if errors.Is(err, redis.Nil) {
		return nil, 0, authflow.ErrNotStored
	}
	if err != nil {
		return nil, 0, failure("load", err)
	}
	if len(found) == 2 {
		value, isText := found[0].(string)
		left, isNumber := found[1].(int64)
		if isText && isNumber {
			return []byte(value), time.Duration(left) * time.Millisecond, nil
		}
	}
	return nil, 0, failure("load", errResponse)
}

const nowScript = `return redis.call('TIME')`

// Save implements [authflow.Store]. It first gets the server's time, and then
// sends the time at which the value expires: a server that executes the command
// late, because it was stopped in between, does not keep the value longer.
func (s *Store) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return fmt.Errorf("redisstore: save: ttl is %v, must be at least 1ms", ttl)
	}
	key := s.key(name, "token")
	end, err := s.end(ctx, key, ttl)
	if err != nil {
		return failure("save", err)
	}
	return failure("save", s.client.Do(ctx, "SET", key, value, "PXAT", end).Err())
}

// end returns when a ttl that begins now is over, by the clock of the server that
// has a key, in milliseconds.
func (s *Store) end(ctx context.Context, key string, ttl time.Duration) (string, error) {
	requested := time.Now()
	now, err := s.now.Run(ctx, s.client, []string{key}).Int64Slice()
	if err != nil {
		return "", err
	}
	if len(now) != 2 {
		return "", errResponse
	}
	end := time.Unix(now[0], now[1]*1000).Add(ttl - time.Since(requested))
	return strconv.FormatInt(end.UnixMilli(), 10), nil
}

// The new value is there already if an earlier try saved it and its response was
// lost: the client then sends the command again.
const swapScript = `
local stored = redis.pcall('GET', KEYS[1])
if type(stored) ~= 'string' or redis.call('PTTL', KEYS[1]) <= 0 then stored = '' end
if stored ~= ARGV[1] then return stored ~= '' and stored == ARGV[2] end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return true`

// Swap implements [authflow.Store]. Like Save it tells the server the time at which
// the value ends.
func (s *Store) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return fmt.Errorf("redisstore: swap: ttl is %v, must be at least 1ms", ttl)
	}
	key := s.key(name, "token")
	end, err := s.end(ctx, key, ttl)
	if err != nil {
		return failure("swap", err)
	}
	err = s.swap.Run(ctx, s.client, []string{key}, old, value, end).Err()
	if errors.Is(err, redis.Nil) {
		return authflow.ErrChanged
	}
	return failure("swap", err)
}

const removeScript = `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

// Delete implements [authflow.Store].
func (s *Store) Delete(ctx context.Context, name string, value []byte) error {
	return failure("delete", s.remove.Run(ctx, s.client, []string{s.key(name, "token")}, value).Err())
}
