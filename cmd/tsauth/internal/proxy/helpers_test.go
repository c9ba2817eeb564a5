package proxy

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey = "Zm9ydHktdHdvLWJ5dGVzLWFyZS1lbm91Z2gtZm9yLWE"
	search  = "/api/rest/2.0/metadata/search"
)

// world is a cluster, and a proxy before it.
type world struct {
	*testing.T
	sim   *authtest.Simulator
	flow  *authflow.Flow
	proxy *Proxy
	stop  context.CancelFunc // ends Serve
	ended chan struct{}      // closed when Serve has returned

	mu     sync.Mutex
	seen   []*http.Request // by the cluster, without calls for tokens
	handle http.HandlerFunc
}

// newWorld serves a proxy on a port of its own.
func newWorld(t *testing.T, opts ...Option) *world {
	w := newCluster(t)
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.serve(l, opts...)
	return w
}

// newCluster starts a cluster, and makes a flow for it.
func newCluster(t *testing.T) *world {
	w := &world{T: t}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.sim = authtest.New(authtest.WithURL(server.URL))
	w.connect(server.URL)
	return w
}

func (w *world) connect(address string, opts ...authflow.Option) {
	w.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	w.Cleanup(transport.CloseIdleConnections)
	opts = append([]authflow.Option{
		authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(&http.Client{Transport: transport}),
	}, opts...)
	cluster, err := authflow.New(address, opts...)
	if err != nil {
		w.Fatal(err)
	}
	w.flow, err = cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		w.Fatal(err)
	}
}

// serve starts the proxy on l.
func (w *world) serve(l *Listener, opts ...Option) {
	w.Helper()
	var err error
	w.proxy, err = New(w.flow, testKey, l, opts...)
	if err != nil {
		w.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.Context()))
	w.stop, w.ended = stop, make(chan struct{})
	go func() {
		defer close(w.ended)
		if err := w.proxy.Serve(ctx); err != nil {
			w.Error(err)
		}
	}()
	w.Cleanup(func() { stop(); <-w.ended })
}

// ServeHTTP is the cluster.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.RequestURI, "/api/rest/2.0/auth/token/") {
		w.sim.ServeHTTP(rw, r)
		return
	}
	w.mu.Lock()
	w.seen = append(w.seen, r.Clone(context.WithoutCancel(r.Context())))
	handle := w.handle
	w.mu.Unlock()
	if handle == nil {
		handle = w.sim.ServeHTTP
	}
	handle(rw, r)
}

// respond sets what the cluster responds to requests, except those for tokens.
func (w *world) respond(h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handle = h
}

// takeSeen returns what the cluster has seen since the last call.
func (w *world) takeSeen() []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// addr is where the proxy listens.
func (w *world) addr() string { return w.proxy.listener.Addr().String() }

// result is a response that was read.
type result struct {
	*http.Response
	body string
}

// do sends a request with the key in its path, which begins with a slash. header has
// names and values in turn.
func (w *world) do(method, path, body string, header ...string) result {
	w.Helper()
	return w.doAt(w.proxy.URL()+path, method, body, header...)
}

func (w *world) doAt(url, method, body string, header ...string) result {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	return w.send(&http.Transport{DisableKeepAlives: true}, req)
}

// send sends a request and reads the response.
func (w *world) send(transport *http.Transport, req *http.Request) result {
	w.Helper()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Error(err)
	}
	return result{resp, string(body)}
}

// lastRequest ends a connection in the orderly way, if it is still there.
const lastRequest = "GET /_tsauth/live HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: close\r\n\r\n"

// raw sends bytes on a connection of their own, with lastRequest behind them, and returns
// the responses to them. HOST in the bytes stands for the address of the proxy.
func (w *world) raw(request string) (responses []result) {
	w.Helper()
	_, port, _ := net.SplitHostPort(w.addr())
	responses = w.rawBytes(strings.ReplaceAll(request, "HOST", w.addr()) + strings.ReplaceAll(lastRequest, "PORT", port))
	if len(responses) == 0 {
		return nil
	}
	if last := responses[len(responses)-1]; last.body == "{\"status\":\"ok\"}\n" {
		return responses[:len(responses)-1]
	}
	return responses
}

// rawBytes sends bytes on a connection of their own, and returns the responses
// until it is closed.
func (w *world) rawBytes(request string) (responses []result) {
	w.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.Context(), "tcp", w.addr())
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, request) // the proxy may end the connection in the meantime
	all, _ := io.ReadAll(conn)           // a reset behind a response does not matter
	return w.parse(all)
}

// parse returns the responses in bytes, without those that say to go on.
func (w *world) parse(all []byte) (responses []result) {
	w.Helper()
	reader := bufio.NewReader(bytes.NewReader(all))
	for {
		if _, err := reader.Peek(1); err != nil {
			return responses
		}
		if got := w.next(reader); got.StatusCode != http.StatusContinue {
			responses = append(responses, got)
		}
	}
}

func (w *world) next(reader *bufio.Reader) result {
	w.Helper()
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Error(err)
	}
	return result{resp, string(body)}
}
