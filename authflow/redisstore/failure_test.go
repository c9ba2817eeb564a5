package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// A server repeats the command that it rejects.
func TestX3_ServerError_ShowsNoValue(t *testing.T) {
	s, server, client := small(t)
	all := func() map[string]error {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_, _, load := s.Load(ctx, name)
		_, lock := s.Lock(ctx, name, time.Minute)
		_, reserve := s.Reserve(ctx, name, 1, 1, 1)
		return map[string]error{"swap": s.Swap(ctx, name, []byte(value), []byte(value), time.Minute), "load": load, "save": s.Save(ctx, name, []byte(value), time.Minute), "delete": s.Delete(ctx, name, []byte(value)), "lock": lock, "reserve": reserve}
	}
	check := func(op string, err error, words string) {
		t.Helper()
		switch {
		case err == nil || errors.Is(err, authflow.ErrNotStored):
			t.Errorf("%s: %v", op, err)
		case !strings.HasPrefix(err.Error(), "redisstore: "+op+": ") || !strings.Contains(err.Error(), words):
			t.Errorf("%s: %v", op, err)
		case strings.Contains(err.Error(), "sealed-value") || strings.Contains(err.Error(), name):
			t.Errorf("%s shows the command: %v", op, err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "sealed-value") {
				t.Errorf("%s wraps the command: %v", op, e)
			}
		}
	}
	for _, words := range []string{
		"OOM command not allowed when used memory > 'maxmemory'.", "ERR unknown command",
	} {
		server.SetError(words + ", with args beginning with: '" + name + "' '" + value + "'")
		for op, err := range all() {
			check(op, err, words)
		}
	}
	server.SetError("ERR unknown command `SET`, `" + value + "`")
	for op, err := range all() {
		check(op, err, "ERR unknown command")
	}
	server.Close()
	for op, err := range all() {
		check(op, err, "")
	}
	_ = client.Close()
	for op, err := range all() {
		if check(op, err, ""); !errors.Is(err, redis.ErrClosed) {
			t.Errorf("%s: %v", op, err)
		}
	}
}
