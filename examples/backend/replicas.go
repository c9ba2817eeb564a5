package main

import (
	"encoding/hex"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// sharing lets all processes that have the same Redis keep to one pace, and know
// its key by TSAUTH_STORE_KEY: 64 hexadecimal digits. Tokens for browsers are not
// kept there: each page gets its own. Without an address it is nothing.
func sharing(addr string) ([]authflow.Option, error) {
	if addr == "" {
		return nil, nil
	}
	key, err := hex.DecodeString(os.Getenv("TSAUTH_STORE_KEY"))
	if err != nil {
		return nil, fmt.Errorf("TSAUTH_STORE_KEY: %w", err)
	}
	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true}))
	return []authflow.Option{authflow.WithStore(store, key)}, err
}
