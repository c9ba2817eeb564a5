// Replica is one of several processes of a service that share a Redis, for the
// tests of package replicas. It is told by its environment:
//
//	CLUSTER      the address of the ThoughtSpot server
//	SECRET_FILE  a file that holds its secret key, read at each acquisition
//	REDIS        the address of the Redis; none: no store
//	STORE_KEYS   the keys of the store, in hexadecimal, the new one first
//	VALIDITY     of tokens, in seconds
//	RATE         calls for tokens a second
//
// It prints its address, and serves until its standard input ends:
//
//	/call/{user}   makes a call of the server as a user, and returns its status
//	/token/{user}  gets the user's token, and returns its hash
//	/stats         what has happened, as JSON
//	/now           the time
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
	"github.com/go-thoughtspot/tsauth/gen"
)

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "replica:", err)
		os.Exit(1)
	}
}

// serve serves until in ends.
func serve(in io.Reader, out io.Writer) error {
	r := &replica{}
	var err error
	if r.cluster, err = r.open(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /call/{user}", r.call)
	mux.HandleFunc("GET /token/{user}", r.token)
	mux.HandleFunc("GET /stats", r.stats)
	mux.HandleFunc("GET /now", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, time.Now().Format(time.RFC3339)) })
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = listener.Close()
	}()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	if err := server.Serve(listener); !strings.Contains(err.Error(), "closed") {
		return err
	}
	return nil
}

type replica struct {
	cluster  *authflow.Cluster
	validity int32
	flows    sync.Map // by user

	storeFailed, replayed atomic.Int64
}

// open makes the cluster of the environment.
func (r *replica) open() (*authflow.Cluster, error) {
	validity, err := strconv.ParseInt(os.Getenv("VALIDITY"), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("VALIDITY: %w", err)
	}
	r.validity = int32(validity)
	rate, err := strconv.ParseFloat(os.Getenv("RATE"), 64)
	if err != nil {
		return nil, fmt.Errorf("RATE: %w", err)
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 64
	opts := []authflow.Option{
		authflow.WithHTTPClient(&http.Client{Transport: base}),
		authflow.WithRateLimit(rate, 10),
		authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) {
			key, err := os.ReadFile(os.Getenv("SECRET_FILE"))
			return gen.Secret(strings.TrimSpace(string(key))), err
		}),
		authflow.WithObserver(func(e authflow.Event) {
			switch e.Kind {
			case authflow.StoreFailed:
				r.storeFailed.Add(1)
			case authflow.Replayed:
				r.replayed.Add(1)
			}
		}),
	}
	if addr := os.Getenv("REDIS"); addr != "" {
		var keys [][]byte
		for text := range strings.SplitSeq(os.Getenv("STORE_KEYS"), ",") {
			key, err := hex.DecodeString(text)
			if err != nil {
				return nil, fmt.Errorf("STORE_KEYS: %w", err)
			}
			keys = append(keys, key)
		}
		store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true}))
		if err != nil {
			return nil, err
		}
		opts = append(opts, authflow.WithStore(store, keys[0], keys[1:]...))
	}
	return authflow.New(os.Getenv("CLUSTER"), opts...)
}

// flow returns the Flow of a user.
func (r *replica) flow(user string) (*authflow.Flow, error) {
	if f, ok := r.flows.Load(user); ok {
		return f.(*authflow.Flow), nil
	}
	f, err := r.cluster.CustomAccess(gen.GetCustomAccessTokenRequest{
		Username: user, PersistOption: gen.PersistOptionNone, ValidityTimeInSec: r.validity,
	})
	if err != nil {
		return nil, err
	}
	kept, _ := r.flows.LoadOrStore(user, f)
	return kept.(*authflow.Flow), nil
}

func (r *replica) call(w http.ResponseWriter, req *http.Request) {
	f, err := r.flow(req.PathValue("user"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	answer, err := f.API().GetCurrentUserInfoWithResponse(req.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(answer.StatusCode())
}

func (r *replica) token(w http.ResponseWriter, req *http.Request) {
	f, err := r.flow(req.PathValue("user"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	token, err := f.Token(req.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintf(w, "%x", sha256.Sum256([]byte(token.Value)))
}

func (r *replica) stats(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]int64{"store_failed": r.storeFailed.Load(), "replayed": r.replayed.Load()}) // fails when the client is gone
}
