package embed

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// sdkDir is where npm puts the SDK, seen from this directory.
const sdkDir = "node_modules/@thoughtspot/visual-embed-sdk/dist"

// tokenPath is the service's on both origins that have it.
const tokenPath = "/ts-token"

// Config says how a Site is. The zero value is one on plain HTTP, whose tokens
// live 300 s.
type Config struct {
	// TLS serves all three with a certificate that nobody trusts, and the
	// cluster on another site than the application: 127.0.0.1, not localhost.
	// Without it all are on localhost, where browsers need no certificate.
	TLS bool
	// Validity of tokens. Optional; 300 s, and at least 1 s.
	Validity time.Duration
	// SentAnywhere gives the application's cookie SameSite=None, so that pages
	// of other sites send it along. Only on TLS.
	SentAnywhere bool
	// Asked gets every request to the token service, before the service does.
	// Optional.
	Asked func(*http.Request)
}

// Site is an application, the token service and the cluster. Its methods are
// safe for concurrent use.
type Site struct {
	App, Tokens, Cluster string // origins
	Sim                  *authtest.Server

	config  Config
	app     *httptest.Server
	tokens  *httptest.Server
	service atomic.Pointer[tokenservice.Service]

	mu       sync.Mutex
	key      gen.Secret
	sessions map[string]string // users by the value of the cookie
	regions  map[string]string // what users may see
	events   []tokenservice.Event
}

// Start starts the three servers. Run it in this directory, after `npm ci`.
func Start(config Config) (*Site, error) {
	if _, err := os.Stat(sdkDir); err != nil {
		return nil, fmt.Errorf("the Visual Embed SDK is not there: run `npm ci` in tests/embed: %w", err)
	}
	if config.Validity == 0 {
		config.Validity = 300 * time.Second
	}
	s := &Site{config: config, key: authtest.DefaultSecretKey, sessions: make(map[string]string), regions: firstRegions()}
	s.app = httptest.NewUnstartedServer(s.application())
	s.tokens = httptest.NewUnstartedServer(http.HandlerFunc(s.serveToken))
	s.App, s.Tokens = s.origin(s.app), s.origin(s.tokens)
	if config.TLS {
		s.Sim = authtest.NewTLSServer(authtest.WithOrigins(s.App))
		s.Cluster = s.Sim.URL
	} else {
		s.Sim = authtest.NewServer(authtest.WithOrigins(s.App))
		s.Cluster = onLocalhost(s.Sim.URL)
	}
	if err := s.StartService(); err != nil {
		s.Sim.Close()
		return nil, err
	}
	for _, server := range []*httptest.Server{s.app, s.tokens} {
		if config.TLS {
			server.StartTLS()
		} else {
			server.Start()
		}
	}
	return s, nil
}

// Close stops all three.
func (s *Site) Close() {
	s.Sim.Close() // lets go whoever waits for it
	s.app.Close()
	s.tokens.Close()
	_ = s.Service().Shutdown(context.Background()) // nobody is served any more
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
func (s *Site) StartService() error {
	cluster, err := authflow.New(s.Sim.URL, authflow.WithHTTPClient(s.Sim.Client()), authflow.WithSecretKeyFunc(s.secretKey))
	if err != nil {
		return err
	}
	service, err := tokenservice.New(cluster, s.authenticate, tokenservice.WithOrigins(s.App), tokenservice.WithObserver(s.note))
	if err != nil {
		return err
	}
	s.service.Store(service)
	return nil
}

// Service is the one that serves now.
func (s *Site) Service() *tokenservice.Service { return s.service.Load() }

func (s *Site) serveToken(w http.ResponseWriter, r *http.Request) {
	if s.config.Asked != nil {
		s.config.Asked(r)
	}
	s.Service().ServeHTTP(w, r)
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
