package exchange

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// swallowing is a TCP proxy before a server that can swallow what goes over the
// connections that it has, as a firewall does that has forgotten them.
type swallowing struct {
	net.Listener
	server   string
	dropping sync.Map // of *atomic.Bool, one for each connection
}

func newSwallowing(t *testing.T, server string) *swallowing {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &swallowing{Listener: l, server: server}
	t.Cleanup(func() { _ = l.Close() })
	go p.serve()
	return p
}

func (p *swallowing) serve() {
	for {
		client, err := p.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		drops := &atomic.Bool{}
		p.dropping.Store(drops, true)
		go forward(server, client, drops)
		go forward(client, server, drops)
	}
}

func forward(to, from net.Conn, drops *atomic.Bool) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if drops.Load() {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// swallow drops everything on the connections that are open now.
func (p *swallowing) swallow() {
	p.dropping.Range(func(drops, _ any) bool { drops.(*atomic.Bool).Store(true); return true })
}

// With pings, the second attempt is not sent over a connection that died
// silently, for one user as for many at once.
func TestR5_ConnectionThatDiedSilently_IsNotUsedByTheSecondAttempt(t *testing.T) {
	t.Parallel()
	for name, users := range map[string]int{"1 user": 1, "40 users": 40} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()
			proxy := newSwallowing(t, server.Listener.Addr().String())
			const attempt = 6 * time.Second // pings of 2 s get through on a busy machine, too
			base, ok := NewTransport(attempt).(*http.Transport)
			if !ok {
				t.Fatal("not a transport of net/http")
			}
			defer base.CloseIdleConnections()
			base.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			send := func(limit time.Duration) (string, error) {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				req := request(t, http.MethodPost, "https://"+proxy.Addr().String()+"/").WithContext(ctx)
				resp, err := base.RoundTrip(req)
				if err != nil {
					return "", err
				}
				defer func() { _ = resp.Body.Close() }()
				body, err := io.ReadAll(resp.Body)
				return string(body), err
			}
			if proto, err := send(time.Minute); proto != "HTTP/2.0" || err != nil {
				t.Fatalf("%s, %v", proto, err)
			}
			proxy.swallow()
			var all sync.WaitGroup
			for range users {
				all.Go(func() {
					if _, err := send(attempt); err == nil {
						t.Error("the first attempt got through a dead connection")
					}
					if _, err := send(time.Minute); err != nil {
						t.Errorf("the second attempt: %v", err)
					}
				})
			}
			all.Wait()
		})
	}
}

func TestR5_PingTimes_AreTogetherBelowAnAttempt(t *testing.T) {
	t.Parallel()
	for _, attempt := range []time.Duration{100 * time.Millisecond, 10 * time.Second, time.Hour} {
		base, ok := NewTransport(attempt).(*http.Transport)
		if !ok || base == http.DefaultTransport {
			t.Fatalf("%T", base)
		}
		send, wait := base.HTTP2.SendPingTimeout, base.HTTP2.PingTimeout
		if send <= 0 || wait <= 0 || send+wait >= attempt || send > 5*time.Second || wait > 5*time.Second {
			t.Errorf("%v: ping after %v, wait %v", attempt, send, wait)
		}
		if base.Proxy == nil || !base.ForceAttemptHTTP2 || base.MaxIdleConns != http.DefaultTransport.(*http.Transport).MaxIdleConns {
			t.Error("what http.DefaultTransport says is lost")
		}
	}
}

func TestL5_DefaultTransportOfAnotherKind_IsUsed(t *testing.T) { //nolint:paralleltest // it changes http.DefaultTransport
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	own := roundTrip(func(r *http.Request) (*http.Response, error) { return respond(r, 204, ""), nil })
	http.DefaultTransport = own
	resp, err := NewTransport(time.Second).RoundTrip(request(t, http.MethodGet, serverURL)) //nolint:bodyclose // it holds nothing
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Errorf("%v", err)
	}
}
