package main

import (
	"fmt"
	"log"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// withRedis stores tokens in a Redis that it starts. The function that it returns prints how
// many values Redis has.
func withRedis() (authflow.Option, func()) {
	server, err := miniredis.Run()
	if err != nil {
		log.Fatal(err)
	}
	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true}))
	if err != nil {
		log.Fatal(err)
	}
	printStored := func() { fmt.Println("values in Redis:", len(server.Keys())) }
	return authflow.WithStore(store, make([]byte, 32)), printStored
}
