package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestHealth_NeedsNoKey(t *testing.T) {
	w := newWorld(t)
	base := w.proxy.listener.URL()
	for _, path := range []string{livePath, readyPath} {
		for _, time := range []string{"first", "second"} {
			if got := w.doAt(base+path, http.MethodGet, ""); got.StatusCode != http.StatusOK || got.body != "{\"status\":\"ok\"}\n" {
				t.Errorf("%s, %s time: %d %s", path, time, got.StatusCode, got.body)
			}
		}
	}
	if seen := w.takeSeen(); len(seen) != 0 || w.sim.Calls(authtest.OpGetFullAccessToken) != 1 {
		t.Errorf("the cluster saw %v", seen)
	}
}

func TestHealth_NoCredential_IsNotReady(t *testing.T) {
	w := newWorld(t)
	w.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Reject(401, 10097, "no"))
	got := w.doAt(w.proxy.listener.URL()+readyPath, http.MethodGet, "")
	if got.StatusCode != http.StatusServiceUnavailable || got.body != `{"status":"unavailable","reason":"rejected"}`+"\n" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := w.doAt(w.proxy.listener.URL()+livePath, http.MethodGet, ""); got.StatusCode != http.StatusOK {
		t.Errorf("live: %d %s", got.StatusCode, got.body)
	}
}

// A proxy whose token was revoked, and whose key the cluster rejects, is not ready, until
// a request succeeds again.
func TestHealth_RevokedTokenAndRejectedKey_IsNotReady(t *testing.T) {
	w := newWorld(t)
	ready := func() int { return w.doAt(w.proxy.listener.URL()+readyPath, http.MethodGet, "").StatusCode }
	const user = "/api/rest/2.0/auth/session/user"
	for range 2 {
		if got := w.do(http.MethodGet, user, ""); got.StatusCode != http.StatusOK || ready() != http.StatusOK {
			t.Fatalf("%d %s", got.StatusCode, got.body)
		}
		w.sim.RevokeAll()
		w.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Reject(401, 10097, "no"))
		for range 2 {
			if got := w.do(http.MethodGet, user, ""); got.StatusCode == http.StatusOK || ready() != http.StatusServiceUnavailable {
				t.Errorf("%d %s, ready: %d", got.StatusCode, got.body, ready())
			}
		}
		w.sim.ClearFaults()
		NewWithT(t).Eventually(func() int { return w.do(http.MethodGet, user, "").StatusCode }, "20s").Should(Equal(http.StatusOK))
	}
}

// A request in progress at the end gets its whole response. In the meantime the proxy is
// not ready, and still takes requests.
func TestDrain_RequestInProgress_IsFinished(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	w.respond(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-release
		}
		_, _ = io.WriteString(rw, "whole")
	})
	slow := make(chan result)
	go func() { slow <- w.do(http.MethodGet, "/slow", "") }()
	<-arrived
	w.stop()
	base := w.proxy.listener.URL()
	ready := w.doAt(base+readyPath, http.MethodGet, "")
	for ready.StatusCode == http.StatusOK { // until Serve has noticed
		ready = w.doAt(base+readyPath, http.MethodGet, "")
	}
	if ready.body != "{\"status\":\"draining\"}\n" {
		t.Errorf("%d %s", ready.StatusCode, ready.body)
	}
	if got := w.do(http.MethodGet, "/fast", ""); got.body != "whole" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	close(release)
	if got := <-slow; got.StatusCode != http.StatusOK || got.body != "whole" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	<-w.ended
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.addr()); err == nil {
		_ = conn.Close()
		t.Error("the proxy still listens")
	}
}

// pipes is a network in memory, for the fake clock of a bubble.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error {
	defer func() { _ = recover() }() // http.Server closes it twice
	close(p.conns)
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// dial connects and sends bytes.
func (p pipes) dial(t *testing.T, bytes string) net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	if _, err := io.WriteString(client, bytes); err != nil {
		t.Error(err)
	}
	return client
}

// inBubble runs a proxy before a simulator, both in process and on a fake clock.
func inBubble(t *testing.T, test func(t *testing.T, w *world, network pipes)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, sim: authtest.New()}
		w.connect(w.sim.URL, authflow.WithHTTPClient(w.sim.Client()))
		network := pipes{make(chan net.Conn)}
		w.serve(&Listener{network, []string{"localhost"}})
		test(t, w, network)
	})
}

func TestServe_HeadersThatNeverEnd_AreCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *world, network pipes) {
		start := time.Now()
		conn := network.dial(t, "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
		dripped := make(chan struct{})
		go func() {
			defer close(dripped)
			for {
				time.Sleep(time.Second) // fake clock
				if _, err := io.WriteString(conn, "a"); err != nil {
					return
				}
			}
		}()
		_, _ = io.ReadAll(conn)
		if took := time.Since(start); took > headerTime+time.Second {
			t.Errorf("after %v", took)
		}
		_ = conn.Close()
		<-dripped
	})
}

// A caller without the key does not hold a connection by a body that never arrives.
func TestServe_BodyOfARejectedRequestThatNeverArrives_IsNotWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *world, network pipes) {
		for _, framing := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
			start := time.Now()
			conn := network.dial(t, "POST "+search+" HTTP/1.1\r\nHost: localhost\r\n"+framing+"\r\n\r\n")
			got, _ := io.ReadAll(conn)
			if !strings.HasPrefix(string(got), "HTTP/1.1 403 ") || time.Since(start) > 2*rejectedBodyTime {
				t.Errorf("%s: %q after %v", framing, got, time.Since(start))
			}
			_ = conn.Close()
		}
	})
}

func TestDrain_RequestThatNeverEnds_IsCutOffAfterTenSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, network pipes) {
		w.sim.Fail(authtest.Echo, -1, authtest.Delay(time.Hour))
		conn := network.dial(t, strings.ReplaceAll("GET /KEY"+search+" HTTP/1.1\r\nHost: localhost\r\n\r\n", "KEY", testKey))
		synctest.Wait()
		start := time.Now()
		w.stop()
		<-w.ended
		if took := time.Since(start); took < drainTime || took > drainTime+flushTime {
			t.Errorf("Serve returned after %v", took)
		}
		if got, _ := io.ReadAll(conn); len(got) != 0 {
			t.Errorf("%s", got)
		}
		_ = conn.Close()
	})
}

// shutdownPoll is how long http.Server.Shutdown waits at most, in fake time, before it
// looks again whether the connections have ended: a millisecond and a tenth of it. A
// connection that is being closed has ended by then.
const shutdownPoll = 1100 * time.Microsecond

func TestDrain_LastRequestDone_EndsThen(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, network pipes) {
		const takes = 3 * time.Second
		w.sim.Fail(authtest.Echo, -1, authtest.Delay(takes))
		conn := network.dial(t, strings.ReplaceAll("GET /KEY"+search+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "KEY", testKey))
		read := make(chan string)
		go func() {
			got, _ := io.ReadAll(conn)
			read <- string(got)
		}()
		synctest.Wait()
		start := time.Now()
		w.stop()
		if got := <-read; !strings.HasPrefix(got, "HTTP/1.1 200 OK") {
			t.Errorf("%s", got)
		}
		<-w.ended
		if took := time.Since(start); took < takes || took > takes+shutdownPoll {
			t.Errorf("Serve returned after %v", took)
		}
		_ = conn.Close()
	})
}

func TestDrain_NothingInProgress_EndsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, network pipes) {
		conn := network.dial(t, "GET "+livePath+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if got, _ := io.ReadAll(conn); !strings.Contains(string(got), "200 OK") {
			t.Errorf("%s", got)
		}
		start := time.Now()
		w.stop()
		<-w.ended
		if took := time.Since(start); took > shutdownPoll {
			t.Errorf("Serve returned after %v", took)
		}
	})
}

// A program that goes away ends its request at the cluster.
func TestServe_ProgramThatGoesAway_EndsTheRequest(t *testing.T) {
	w := newWorld(t)
	arrived, ended := make(chan struct{}), make(chan struct{})
	w.respond(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.proxy.URL()+search, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-arrived; cancel() }()
	transport := &http.Transport{DisableKeepAlives: true}
	if resp, err := transport.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
		t.Error(resp.Status)
	}
	<-ended
}
