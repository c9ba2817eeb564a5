package main

import (
	"encoding/hex"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// sharing returns options by which all processes with the same Redis share one rate
// limit, sign-outs, and the tokens for calls of the API. TSAUTH_STORE_KEY has the key of
// the store: 64 hexadecimal digits. Without an address there are no options.
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
