package compose

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// proxied is a reverse proxy of httputil over a Flow.
type proxied struct {
	httputil.ReverseProxy
	to     *url.URL
	failed error           // what it could not send
	seen   []*http.Request // all that went out below the Flow
}

// newProxied makes one whose requests are rewritten by SetURL and then by more.
func newProxied(t *testing.T, sim *authtest.Simulator, more ...func(*httputil.ProxyRequest)) *proxied {
	p := &proxied{}
	var err error
	if p.to, err = url.Parse(sim.URL); err != nil {
		t.Fatal(err)
	}
	p.Transport = flowOn(t, sim.URL, roundTrip(func(r *http.Request) (*http.Response, error) {
		p.seen = append(p.seen, r)
		return sim.Transport().RoundTrip(r)
	}), authtest.DefaultSecretKey).Transport()
	p.Rewrite = func(r *httputil.ProxyRequest) {
		r.SetURL(p.to)
		for _, f := range more {
			f(r)
		}
	}
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		p.failed = err
		w.WriteHeader(http.StatusBadGateway)
	}
	return p
}

// serve answers what a browser asks of mine.example.
func (p *proxied) serve(t *testing.T, method, body string, header ...string) *httptest.ResponseRecorder {
	var from io.Reader = http.NoBody
	if body != "" {
		from = io.MultiReader(strings.NewReader(body)) // a stream, as in a server
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "https://mine.example"+search, from)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestL5_ReverseProxyWithSetURL_Works(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		p := newProxied(t, sim)
		w := p.serve(t, http.MethodPost, `{"a":1}`)
		if w.Code != 200 || !strings.Contains(w.Body.String(), authtest.DefaultUsername) || !strings.Contains(w.Body.String(), `{\"a\":1}`) {
			t.Errorf("%d %s, %v", w.Code, w.Body, p.failed)
		}
		// After a revocation a request without a body is sent again. The body that
		// comes from the browser is a stream: its 401 is returned, and the next
		// request works.
		sim.RevokeAll()
		if w := p.serve(t, http.MethodGet, ""); w.Code != 200 {
			t.Errorf("a GET after a revocation: %d, %v", w.Code, p.failed)
		}
		sim.RevokeAll()
		for _, want := range []int{401, 200} {
			if w := p.serve(t, http.MethodPost, `{"a":1}`); w.Code != want {
				t.Errorf("a POST after a revocation: %d, want %d, %v", w.Code, want, p.failed)
			}
		}
	})
}

// Behind many proxies the Host header decides which server gets the request. With the
// Host of another server nothing is sent, not even a call for a token.
func TestI2_ReverseProxyThatKeepsTheHost_IsRejected(t *testing.T) {
	for name, change := range map[string]func(*proxied){
		"Rewrite that keeps it": func(p *proxied) {
			p.Rewrite = func(r *httputil.ProxyRequest) { r.SetURL(p.to); r.Out.Host = r.In.Host }
		},
		"Director, which keeps it": func(p *proxied) {
			p.Rewrite, p.Director = nil, httputil.NewSingleHostReverseProxy(p.to).Director
		},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			p := newProxied(t, sim)
			rewrite := p.Rewrite
			for _, token := range []string{"no token yet", "a live token"} {
				change(p)
				if w := p.serve(t, http.MethodGet, ""); w.Code != http.StatusBadGateway || !errors.Is(p.failed, authflow.ErrWrongOrigin) || len(p.seen) != 0 {
					t.Errorf("%s, %s: %d, %v, %d requests went out", name, token, w.Code, p.failed, len(p.seen))
				}
				p.Rewrite, p.Director = rewrite, nil
				if w := p.serve(t, http.MethodGet, ""); w.Code != 200 {
					t.Errorf("%s, put right: %d, %v", name, w.Code, p.failed)
				}
				p.seen, p.failed = nil, nil
			}
		})
	}
}

// The browser's own Authorization header wins, as that of any caller does. A proxy that
// signs in for the browser deletes it.
func TestI3_ReverseProxy_BrowsersAuthorizationWins(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		if w := newProxied(t, sim).serve(t, http.MethodGet, "", "Authorization", "Bearer of-the-browser"); w.Code != 401 {
			t.Errorf("%d", w.Code)
		}
		deletes := newProxied(t, sim, func(r *httputil.ProxyRequest) { r.Out.Header.Del("Authorization") })
		if w := deletes.serve(t, http.MethodGet, "", "Authorization", "Bearer of-the-browser"); w.Code != 200 {
			t.Errorf("deleted: %d, %v", w.Code, deletes.failed)
		}
	})
}

// The response carries the server's Set-Cookie. A proxy over a session removes it, and
// the session has noted it before.
func TestX3_ReverseProxyOverASession_KeepsCookiesFromTheBrowser(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()))
		if err != nil {
			t.Fatal(err)
		}
		session, err := cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil {
			t.Fatal(err)
		}
		p := newProxied(t, sim)
		p.Transport = session.Transport()
		taken := 0
		p.ModifyResponse = func(resp *http.Response) error {
			taken += len(resp.Cookies())
			resp.Header.Del("Set-Cookie")
			return nil
		}
		for n := range 3 {
			w := p.serve(t, http.MethodGet, "", "Cookie", "mine=1")
			if w.Code != 200 || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("request %d: %d, %v", n+1, w.Code, w.Header())
			}
			sim.RotateCookie(authtest.DefaultUsername)
		}
		if n := sim.Calls(authtest.OpLogin); n != 1 || taken != 2 {
			t.Errorf("%d logins; %d cookies removed", n, taken)
		}
	})
}
