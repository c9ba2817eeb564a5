package embed

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// sdkDir is where npm puts the SDK, seen from this directory.
const sdkDir = "node_modules/@thoughtspot/visual-embed-sdk/dist"

// tokenPath is the service's on both origins that have it.
const tokenPath = "/ts-token"

// Config describes a Site. The zero value is a Site on plain HTTP, whose tokens
// live 300 s.
type Config struct {
	// TLS serves all of them with a certificate that nobody trusts, and the
	// cluster on another site than the application: 127.0.0.1, not localhost.
	// Without it all are on localhost, where browsers need no certificate.
	TLS bool
	// Validity of tokens. Optional; 300 s, and at least 1 s.
	Validity time.Duration
	// SentAnywhere gives the application's cookie SameSite=None, so that pages
	// of other sites send it along. Only on TLS.
	SentAnywhere bool
	// Requested gets every request to the token service, before the service does.
	// Optional.
	Requested func(*http.Request)
	// Origins names more origins whose pages may have tokens, besides the
	// application. Optional.
	Origins []string
	// Replicas of the token service, which share a Store. Optional; 1, without a
	// Store.
	Replicas int
}

// Site is an application, the token service and the cluster. Its methods are
// safe for concurrent use.
type Site struct {
	App, Tokens, Cluster string   // origins
	Replicas             []string // origins of the token service; Tokens is the first one
	Sim                  *authtest.Server

	config   Config
	app      *httptest.Server
	tokens   []*httptest.Server
	services []atomic.Pointer[tokenservice.Service]
	store    storetest.Memory

	mu       sync.Mutex
	key      gen.Secret
	sessions map[string]session // by the value of the cookie
	regions  map[string]string  // what users may see
	events   []tokenservice.Event
}

// Start starts the servers. Run it in this directory, after `npm ci`.
func Start(config Config) (*Site, error) {
	if _, err := os.Stat(sdkDir); err != nil {
		return nil, fmt.Errorf("the Visual Embed SDK is not there: run `npm ci` in tests/embed: %w", err)
	}
	if config.Validity == 0 {
		config.Validity = 300 * time.Second
	}
	config.Replicas = max(1, config.Replicas)
	s := &Site{
		config: config, key: authtest.DefaultSecretKey, sessions: make(map[string]session), regions: firstRegions(),
		services: make([]atomic.Pointer[tokenservice.Service], config.Replicas),
	}
	s.app = httptest.NewUnstartedServer(s.application())
	s.App = s.origin(s.app)
	for i := range config.Replicas {
		server := httptest.NewUnstartedServer(s.replica(i))
		s.tokens = append(s.tokens, server)
		s.Replicas = append(s.Replicas, s.origin(server))
	}
	s.Tokens = s.Replicas[0]
	if config.TLS {
		s.Sim = authtest.NewTLSServer(authtest.WithOrigins(s.App))
		s.Cluster = s.Sim.URL
	} else {
		s.Sim = authtest.NewServer(authtest.WithOrigins(s.App))
		s.Cluster = onLocalhost(s.Sim.URL)
	}
	for i := range config.Replicas {
		if err := s.startReplica(i); err != nil {
			s.Sim.Close()
			return nil, err
		}
	}
	for _, server := range append(s.tokens, s.app) {
		if config.TLS {
			server.StartTLS()
		} else {
			server.Start()
		}
	}
	return s, nil
}

// Close stops all servers.
func (s *Site) Close() {
	s.Sim.Close() // ends requests that wait for it
	s.app.Close()
	for i, server := range s.tokens {
		server.Close()
		_ = s.services[i].Load().Shutdown(context.Background()) // no client is left
	}
}

// origin returns that of a server, under the name localhost.
func (s *Site) origin(server *httptest.Server) string {
	scheme := "http"
	if s.config.TLS {
		scheme = "https"
	}
	return onLocalhost(scheme + "://" + server.Listener.Addr().String())
}

func onLocalhost(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }

// StartService puts a token service that remembers nothing in the place of the
// one before, as a restart of its process does. The one before has to be shut
// down by the caller.
func (s *Site) StartService() error { return s.startReplica(0) }

func (s *Site) startReplica(i int) error {
	opts := []authflow.Option{authflow.WithHTTPClient(s.Sim.Client()), authflow.WithSecretKeyFunc(s.secretKey)}
	if s.config.Replicas > 1 {
		opts = append(opts, authflow.WithStore(&s.store, make([]byte, 32)))
	}
	cluster, err := authflow.New(s.Sim.URL, opts...)
	if err != nil {
		return err
	}
	origins := append([]string{s.App}, s.config.Origins...)
	service, err := tokenservice.New(cluster, s.authenticate, tokenservice.WithOrigins(origins...), tokenservice.WithObserver(s.note))
	if err != nil {
		return err
	}
	s.services[i].Store(service)
	return nil
}

// Service is the first replica of the token service that serves now.
func (s *Site) Service() *tokenservice.Service { return s.services[0].Load() }

// replica returns a handler that serves tokens by one of the replicas.
func (s *Site) replica(i int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.config.Requested != nil {
			s.config.Requested(r)
		}
		s.services[i].Load().ServeHTTP(w, r)
	})
}

// replicaOf returns the number of the replica that the query of a page names, or 0.
func (s *Site) replicaOf(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("replica"))
	if n < 0 || n >= len(s.services) {
		return 0
	}
	return n
}

// SetKey changes the secret key that the service uses.
func (s *Site) SetKey(key gen.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

func (s *Site) secretKey(context.Context, string) (gen.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key, nil
}

// note is the service's observer.
func (s *Site) note(e tokenservice.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// Events returns what the service did, the latest at the end.
func (s *Site) Events() []tokenservice.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]tokenservice.Event(nil), s.events...)
}
