package redisstore_test

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// Replicas that share a Redis share their tokens and one rate.
func ExampleNew() {
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"redis.internal:6379"}, // several: a Redis Cluster
		Username:              "tsauth",
		Password:              os.Getenv("REDIS_PASSWORD"),
		TLSConfig:             &tls.Config{MinVersion: tls.VersionTLS12},
		ContextTimeoutEnabled: true,
		DialTimeout:           500 * time.Millisecond, // of a server that is out of reach
		DialerRetries:         1,
		MaxRetries:            1,
	})
	defer func() { _ = client.Close() }()
	store, err := redisstore.New(client)
	if err != nil {
		panic(err)
	}
	key, err := base64.StdEncoding.DecodeString("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=") // from where you keep secrets
	if err != nil {
		panic(err)
	}
	cluster, err := authflow.New("https://acme.thoughtspot.cloud",
		authflow.WithSecretKey(authflowKey), authflow.WithStore(store, key))
	if err != nil {
		panic(err)
	}
	fmt.Println(cluster.URL())
	// Output: https://acme.thoughtspot.cloud
}

// authflowKey is the secret key of the ThoughtSpot server.
const authflowKey = "2657f6f9-6aa9-4432-99f2-bf0d70f240ac"
