package bench

import (
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkSession is the cost of adding a session's two cookies to a request.
// The limit is what http.Client does with a net/http/cookiejar. There is no
// other library to compare with: the others know tokens only.
func BenchmarkSession(b *testing.B) {
	flow, jar, s := session(b)
	add := func(add func(*http.Request) error) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			req := request(b.Context(), s.Server)
			for b.Loop() {
				if err := add(req); err != nil || req.Header["Cookie"] == nil {
					b.Fatal(err, req.Header)
				}
				delete(req.Header, "Cookie") // part of the time of both
			}
		}
	}
	b.Run(lib("limit"), add(func(req *http.Request) error {
		for _, c := range jar.Cookies(req.URL) {
			req.AddCookie(c)
		}
		return nil
	}))
	b.Run(lib(peers.Ours), add(func(req *http.Request) error { return flow.Edit(req.Context(), req) }))
}

// BenchmarkSessionSend is a whole GET without a header on a session, through a
// transport that does nothing. The limit is http.Client with a net/http/cookiejar.
// Both send one request again and again, without the Cookie header that http.Client
// leaves in it.
func BenchmarkSessionSend(b *testing.B) {
	flow, jar, s := session(b)
	withJar := *s.HTTP
	withJar.Jar = jar
	req := bare(b.Context(), s.Server)
	again := func() *http.Request {
		delete(req.Header, "Cookie")
		return req
	}
	b.Run(lib("limit"), sending(withJar.Do, again))
	b.Run(lib(peers.Ours), sending(flow.Do, again))
}

// session returns a Flow on a session and a jar with the same cookies.
func session(b *testing.B) (*authflow.Flow, *cookiejar.Jar, peers.Setup) {
	b.Helper()
	server := fake.New(24*time.Hour, 0)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: fake.NoOp{Server: server}})
	cluster, err := s.Cluster()
	if err != nil {
		b.Fatal(err)
	}
	flow, err := cluster.Session(gen.LoginRequest{Username: s.Username, Password: "pass-w0rd"})
	if err != nil {
		b.Fatal(err)
	}
	if err := flow.Renew(b.Context()); err != nil {
		b.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	answer := http.Response{Header: http.Header{"Set-Cookie": fake.Cookies()}}
	jar.SetCookies(request(b.Context(), s.Server).URL, answer.Cookies())
	return flow, jar, s
}
