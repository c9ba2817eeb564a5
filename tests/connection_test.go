package tests_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("P5: the connection of a rejected request", func() {
	var server *authtest.Server
	var flow *authflow.Flow
	var dials, received atomic.Int64
	BeforeEach(func(ctx SpecContext) {
		server = authtest.NewServer()
		DeferCleanup(server.Close)
		dials.Store(0)
		transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials.Add(1)
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return &metered{conn, &received}, err
		}}
		DeferCleanup(transport.CloseIdleConnections)
		c := &cluster{Simulator: server.Simulator, client: &http.Client{Transport: transport}}
		flow = c.full()
		Expect(flow.Renew(ctx)).To(Succeed())
		Expect(dials.Load()).To(BeEquivalentTo(1))
	})

	// traced sends a request that must be answered 200 and returns the
	// connections that it and its replay had.
	traced := func(ctx context.Context) []httptrace.GotConnInfo {
		GinkgoHelper()
		var got []httptrace.GotConnInfo
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) { got = append(got, info) },
		})
		resp, err := flow.Do(requestTo(ctx, http.MethodGet, server.URL+pathMetadataSearch, nil))
		Expect(err).NotTo(HaveOccurred())
		Expect(resp.Body.Close()).To(Succeed())
		Expect(resp.StatusCode).To(Equal(http.StatusOK))
		return got
	}

	It("is used again, for the renewal and the replay", func(ctx SpecContext) {
		server.RevokeAll()
		got := traced(ctx)
		Expect(got).To(HaveLen(2))
		Expect(got).To(HaveEach(HaveField("Reused", true)))
		Expect(got[1].Conn).To(BeIdenticalTo(got[0].Conn))
		Expect(dials.Load()).To(BeEquivalentTo(1), "all over one connection")
		Expect(server.Calls(authtest.OpGetFullAccessToken)).To(Equal(2))
	})

	It("is used again after a response of some length", func(ctx SpecContext) {
		server.Fail(authtest.Echo, 1, authtest.Answer(http.StatusUnauthorized, "text/plain", strings.Repeat("no ", 10000)))
		Expect(traced(ctx)).To(HaveEach(HaveField("Reused", true)))
		Expect(dials.Load()).To(BeEquivalentTo(1))
	})

	It("is given up, not waited for, when the response has no end", SpecTimeout(time.Minute), func(ctx SpecContext) {
		server.Fail(authtest.Echo, 1, authtest.Handle(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))
		Expect(traced(ctx)).To(HaveLen(2))
		Expect(dials.Load()).To(BeEquivalentTo(2))
	})

	It("is given up when the response is too long to read", SpecTimeout(time.Minute), func(ctx SpecContext) {
		server.Fail(authtest.Echo, 1, authtest.Handle(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			for {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}))
		received.Store(0)
		Expect(traced(ctx)).To(HaveLen(2))
		Expect(dials.Load()).To(BeEquivalentTo(2))
		Expect(received.Load()).To(BeNumerically("<", 1<<20))
	})
})

// metered is a connection that counts what it receives, in bytes.
type metered struct {
	net.Conn
	received *atomic.Int64
}

// Read implements net.Conn.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.received.Add(int64(n))
	return n, err
}
