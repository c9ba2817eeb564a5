package main

import (
	"log"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// withRedis stores tokens in a Redis that it starts, so that replicas share them.
func withRedis() authflow.Option {
	server, err := miniredis.Run()
	if err != nil {
		log.Fatal(err)
	}
	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true}))
	if err != nil {
		log.Fatal(err)
	}
	return authflow.WithStore(store, make([]byte, 32))
}
