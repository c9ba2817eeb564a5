package storetest

import (
	"context"
	"errors"
	"time"
)

func tokenFaults() map[string]fault {
	return map[string]fault{
		"Save does nothing, for tokens": {"a token serves other processes", func(b *broken) {
			b.save = func(context.Context, string, []byte, time.Duration) error { return nil }
		}},
		"no lock, for tokens": {"many at once ask the server once", func(b *broken) {
			b.lock = func(context.Context, string, time.Duration) (func(), error) { return func() {}, nil }
		}},
		"Delete does nothing, for tokens": {"Logout removes the token for all", func(b *broken) {
			b.delete = func(context.Context, string, []byte) error { return nil }
		}},
		"Save fails": {"a rejected token is removed for all", func(b *broken) {
			b.save = func(context.Context, string, []byte, time.Duration) error { return errors.New("read only") }
		}},
	}
}
