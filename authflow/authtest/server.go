package authtest

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Server is a [Simulator] that listens on the loopback interface, like a
// server of [net/http/httptest]. It has all controls of the simulator.
type Server struct {
	*Simulator

	http  *httptest.Server
	close func()
}

// NewServer starts a server on plain HTTP. The caller closes it.
//
// A cookie jar may keep the session's clientId cookie back on plain HTTP,
// because it is a Secure cookie; that of net/http sends it to loopback
// addresses. The simulator accepts both.
func NewServer(opts ...Option) *Server { return listen("http", (*httptest.Server).Start, opts) }

// NewTLSServer starts a server on TLS, with the certificate of httptest:
// [Server.Client] trusts it. The caller closes it.
func NewTLSServer(opts ...Option) *Server {
	return listen("https", (*httptest.Server).StartTLS, opts)
}

func listen(scheme string, start func(*httptest.Server), opts []Option) *Server {
	sim := New(opts...)
	sim.stopped = make(chan struct{})
	h := httptest.NewUnstartedServer(sim)
	sim.URL = scheme + "://" + h.Listener.Addr().String()
	start(h)
	return &Server{Simulator: sim, http: h, close: sync.OnceFunc(func() {
		close(sim.stopped) // calls under way would keep it from closing
		h.Close()
	})}
}

// Close ends calls that wait in a delay or a block, and stops the server. It
// may be called several times.
func (s *Server) Close() { s.close() }

// Client returns an HTTP client that trusts the server's certificate. It has
// no cookie jar. It is the same client each time; Close closes its idle
// connections.
func (s *Server) Client() *http.Client { return s.http.Client() }

// Certificate returns the certificate of a TLS server, and nil for another.
func (s *Server) Certificate() *x509.Certificate { return s.http.Certificate() }
