package storetest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// table stands for a table of a database, with a primary key:
//
//	CREATE TABLE tokens (name text PRIMARY KEY, value bytea, ends timestamptz)
//
// All times are the database's, so that no clock of a client matters.
type table struct {
	mu   sync.Mutex
	rows map[string]row
}

type row struct {
	value []byte
	ends  time.Time
}

// update does what one statement can do: change the row of a name, given the row
// that is there and has not expired.
func (t *table) update(name string, change func(was *row) *row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var was *row
	if r, ok := t.rows[name]; ok && time.Now().Before(r.ends) {
		was = &r
	}
	if is := change(was); is != nil {
		t.rows[name] = *is
	} else {
		delete(t.rows, name)
	}
}

// tableStore is a Store in a table.
type tableStore struct{ *table }

// SELECT value, ends - now() FROM tokens WHERE name = $1 AND ends > now()
func (s tableStore) Load(_ context.Context, name string) (value []byte, left time.Duration, err error) {
	err = authflow.ErrNotStored
	s.update(name, func(was *row) *row {
		if was != nil {
			value, left, err = bytes.Clone(was.value), time.Until(was.ends), nil
		}
		return was
	})
	return value, left, err
}

// INSERT INTO tokens VALUES ($1, $2, now() + $3) ON CONFLICT (name) DO UPDATE …
func (s tableStore) Save(_ context.Context, name string, value []byte, ttl time.Duration) error {
	s.update(name, func(*row) *row { return &row{bytes.Clone(value), time.Now().Add(ttl)} })
	return nil
}

// INSERT INTO tokens VALUES ($1, $3, now() + $4) ON CONFLICT (name) DO UPDATE …
// WHERE tokens.ends <= now() OR length(tokens.value) = 0. This is for an empty old; otherwise
// UPDATE tokens … WHERE name = $1 AND value = $2 AND ends > now(). If the statement
// changes no row, the value has changed.
func (s tableStore) Swap(_ context.Context, name string, old, value []byte, ttl time.Duration) error {
	err := authflow.ErrChanged
	s.update(name, func(was *row) *row {
		var stored []byte
		if was != nil {
			stored = was.value
		}
		if !bytes.Equal(stored, old) {
			return was
		}
		err = nil
		return &row{bytes.Clone(value), time.Now().Add(ttl)}
	})
	return err
}

// DELETE FROM tokens WHERE name = $1 AND value = $2
func (s tableStore) Delete(_ context.Context, name string, value []byte) error {
	s.update(name, func(was *row) *row {
		if was != nil && bytes.Equal(was.value, value) {
			return nil
		}
		return was
	})
	return nil
}

// Lock inserts a row with a value that only its holder knows, and tries again every
// few milliseconds while there is one: INSERT … ON CONFLICT (name) DO UPDATE … WHERE
// tokens.ends <= now(). unlock deletes the row with that value, so it cannot release
// the lock of another holder.
func (s tableStore) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	mine := []byte(rand.Text())
	for {
		taken := false
		s.update("lock of "+name, func(was *row) *row {
			if was != nil {
				return was
			}
			taken = true
			return &row{mine, time.Now().Add(limit)}
		})
		if taken {
			return func() {
				within, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
				defer cancel()
				_ = s.Delete(within, "lock of "+name, mine)
			}, nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// A Store of your own, for a database: test it with Run, and give it to
// authflow.WithStore. Three processes need one token.
func Example() {
	server := authtest.NewServer()
	defer server.Close()
	store := tableStore{&table{rows: make(map[string]row)}}
	key := make([]byte, 32) // from where you keep secrets

	for range 3 {
		cluster, err := authflow.New(server.URL, authflow.WithStore(store, key), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			panic(err)
		}
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			panic(err)
		}
		if _, err := flow.Token(context.Background()); err != nil {
			panic(err)
		}
	}
	fmt.Println(server.Calls(authtest.OpGetFullAccessToken), "token")
	// Output: 1 token
}
