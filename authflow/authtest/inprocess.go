package authtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
)

// Client returns an HTTP client that reaches the simulator without sockets, by
// way of [Simulator.Transport]. It has no cookie jar.
func (s *Simulator) Client() *http.Client { return &http.Client{Transport: s.Transport()} }

// ClientAt is [Simulator.Client] for a client with an IP address of its own,
// such as 192.0.2.7: a rate limit is counted for each address. All clients of
// Client and [Simulator.Transport] are at the same one. It panics if ip is not an IP
// address.
func (s *Simulator) ClientAt(ip string) *http.Client {
	if net.ParseIP(ip) == nil {
		panic(fmt.Sprintf("authtest: %q is not an IP address", ip))
	}
	return &http.Client{Transport: inProcess{s, net.JoinHostPort(ip, "1234")}}
}

// Transport returns a round tripper that calls the simulator without sockets
// and without goroutines, in the goroutine of the caller, so that it works in
// testing/synctest bubbles. It sends requests to [Simulator.URL] alone: for
// other schemes, hosts and ports it has an error, as if there were no such
// server.
//
// It obeys the request's context, during delays and blocks too, except in
// handlers of the test that do not.
func (s *Simulator) Transport() http.RoundTripper {
	return inProcess{s, "192.0.2.1:1234"} // for documentation, as in httptest
}

type inProcess struct {
	sim  *Simulator
	addr string // of the client
}

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if origin(req.URL) != t.sim.origin() {
		return nil, fmt.Errorf("authtest: no server in process at %s, only at %s", origin(req.URL), t.sim.URL)
	}
	rec := httptest.NewRecorder()
	aborted := serve(t.sim, rec, arriving(req, t.addr))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if aborted {
		return nil, fmt.Errorf("authtest: the server has cut the connection: %w", io.EOF)
	}
	return leaving(rec, req), nil
}

// serve calls h; aborted says that it has ended the connection, in the way
// that net/http has for it.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		v := recover()
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			aborted = true
		} else if v != nil {
			panic(v)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// arriving is a client's request as a server sees it.
func arriving(req *http.Request, addr string) *http.Request {
	r := req.Clone(req.Context())
	r.GetBody = nil // the client's; a server has only the body that arrived
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = addr
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	if r.Host == "" {
		r.Host = req.URL.Host
	}
	if req.URL.Scheme == "https" {
		r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: req.URL.Hostname()}
	}
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	return r
}

// leaving is a server's response as a client sees it.
func leaving(rec *httptest.ResponseRecorder, req *http.Request) *http.Response {
	res := rec.Result()
	res.Request = req
	body := rec.Body.Bytes()
	if req.Method == http.MethodHead || res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified {
		body = nil
	}
	end := io.EOF
	if declared, err := strconv.Atoi(res.Header.Get("Content-Length")); err == nil && declared > len(body) && req.Method != http.MethodHead {
		end = io.ErrUnexpectedEOF
		res.ContentLength = int64(declared)
	} else {
		res.ContentLength = int64(len(body))
	}
	res.Body = &arrived{ctx: req.Context(), rest: bytes.NewReader(body), end: end}
	return res
}

// arrived is a response body. Like that of a real connection it cannot be read
// after the request's context has ended, or after Close.
type arrived struct {
	ctx    context.Context
	rest   *bytes.Reader
	end    error
	closed bool
}

var errClosed = errors.New("authtest: read of a closed response body")

// Read implements io.Reader.
func (a *arrived) Read(p []byte) (int, error) {
	if a.closed {
		return 0, errClosed
	}
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := a.rest.Read(p)
	if err == io.EOF {
		err = a.end
	}
	return n, err
}

// Close implements io.Closer.
func (a *arrived) Close() error {
	a.closed = true
	return nil
}

func (s *Simulator) origin() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return s.URL
	}
	return origin(u)
}

// origin is the scheme, host and port of a URL, comparable.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
