package proxy

import (
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/body"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Proxy sends the requests of programs on this machine to a cluster, with the credential
// of a Flow. It is safe for concurrent use.
type Proxy struct {
	flow      *authflow.Flow
	server    *url.URL // the cluster
	key       gen.Secret
	listener  *Listener
	opensAuth bool
	requests  requests
	rejected  atomic.Pointer[noCredential] // set if the cluster rejected the password or key for the latest request
}

// Option changes a Proxy.
type Option func(*Proxy)

// WithAuth opens the operations that hand out credentials.
func WithAuth() Option { return func(p *Proxy) { p.opensAuth = true } }

// New returns a proxy for the server of flow, which lets requests with key in. Serve
// closes the Listener; the Flow stays the caller's, who logs it out at the end.
func New(flow *authflow.Flow, key gen.Secret, l *Listener, opts ...Option) (*Proxy, error) {
	server, err := url.Parse(flow.Server())
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{flow: flow, server: server, key: key, listener: l}
	for _, o := range opts {
		o(p)
	}
	return p, nil
}

// URL returns the address of the proxy with the key in its path, which is all that a
// program needs.
func (p *Proxy) URL() string { return p.listener.URL() + "/" + string(p.key) }

// Address returns the address without the key.
func (p *Proxy) Address() string { return p.listener.URL() }

// Key returns the key.
func (p *Proxy) Key() gen.Secret { return p.key }

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if problem := p.checkForm(r); problem != nil {
		problem.write(w)
		return
	}
	if isHealth(r) {
		p.serveHealth(w, r)
		return
	}
	prefix, target, problem := p.admit(r)
	if problem == nil {
		problem = p.checkTarget(r, target)
	}
	if problem != nil {
		problem.write(w)
		return
	}
	p.requests.begin()
	defer p.requests.end()
	if err := body.Prepare(p.flow, r); err != nil {
		unprepared(err).write(w)
		return
	}
	e := exchange{Proxy: p, target: target, base: "http://" + r.Host + prefix}
	e.proxy().ServeHTTP(w, r)
}
