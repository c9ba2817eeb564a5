package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// These tests check which server a request is for, and which credential and cookies
// it carries.

// I2: a request can name another server in its URL, in its Host, or in Opaque. It
// is rejected in each case.
func TestI2_RequestThatNamesAnotherServer_IsRejected(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		ours   bool
	}{
		"no change":                         {func(*http.Request) {}, true},
		"our Host":                          {func(r *http.Request) { r.Host = "TS.example:443" }, true},
		"another Host":                      {func(r *http.Request) { r.Host = "evil.example" }, false},
		"our Host, another port":            {func(r *http.Request) { r.Host = "ts.example:8443" }, false},
		"a Host that begins with our host":  {func(r *http.Request) { r.Host = "ts.example.evil.example" }, false},
		"a subdomain of our host in Host":   {func(r *http.Request) { r.Host = "sub.ts.example" }, false},
		"Opaque with our host":              {func(r *http.Request) { r.URL.Opaque = "//ts.example/api/rest/2.0/x" }, true},
		"Opaque with another host":          {func(r *http.Request) { r.URL.Opaque = "//evil.example/x" }, false},
		"Opaque with our host as the user":  {func(r *http.Request) { r.URL.Opaque = "//ts.example:443@evil.example/x" }, false},
		"Opaque with our host in the query": {func(r *http.Request) { r.URL.Opaque = "//evil.example?//ts.example/" }, false},
		"Opaque as a whole URL":             {func(r *http.Request) { r.URL.Opaque = "http://evil.example/x" }, false},
		"Opaque in capitals":                {func(r *http.Request) { r.URL.Opaque = "HTTP://EVIL.EXAMPLE/x" }, false},
		"Opaque as a path":                  {func(r *http.Request) { r.URL.Opaque = "/api/rest/2.0/a%2Fb" }, true},
		"no host":                           {func(r *http.Request) { r.URL.Host = "" }, false},
		"a host only in Host":               {func(r *http.Request) { r.URL.Host, r.Host = "", "ts.example" }, false},
		"plain http":                        {func(r *http.Request) { r.URL.Scheme = "http" }, false},
		"no scheme":                         {func(r *http.Request) { r.URL.Scheme = "" }, false},
		"a websocket":                       {func(r *http.Request) { r.URL.Scheme = "wss" }, false},
	} {
		for _, kind := range []string{"token", "session"} {
			sent := 0
			d := &door{away: func(r *http.Request) *http.Response { return reply(r, 401, "") }}
			cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				if r.Header.Get("Authorization")+r.Header.Get("Cookie") != "" {
					sent++
				}
				return d.RoundTrip(r)
			})
			f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
			if kind == "session" {
				f, err = cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
			}
			if err != nil {
				t.Fatal(err)
			}
			req := request(t, fakeURL+apiX)
			c.change(req)
			resp, err := f.Transport().RoundTrip(req) //nolint:bodyclose // the response has no body
			if c.ours != (err == nil) || err != nil && (!errors.Is(err, authflow.ErrWrongOrigin) || sent > 0) || err == nil && sent != 1 {
				t.Errorf("%s, %s: %v, %v; sent %d times", name, kind, resp, err, sent)
			}
			if err := f.Edit(t.Context(), req); c.ours != (err == nil) || err != nil && len(req.Header) > 0 {
				t.Errorf("%s, %s, by Edit: %v, %q", name, kind, err, req.Header)
			}
		}
	}
}

// I2: a reverse proxy may pass on the Host that its client sent. It must not send
// our credential with a host name that the client chose.
func TestI2_ReverseProxyThatKeepsTheHost_IsRejected(t *testing.T) {
	var hosts []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		hosts = append(hosts, r.Host+" "+r.Header.Get("Authorization"))
		return reply(r, 200, "{}"), nil
	})
	target, err := url.Parse(fakeURL)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		proxy *httputil.ReverseProxy
		want  int
	}{
		"Director, which keeps the Host": {httputil.NewSingleHostReverseProxy(target), 502},
		"Rewrite and SetURL":             {&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}, 200},
	} {
		c.proxy.Transport = f.Transport()
		c.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
			if !errors.Is(err, authflow.ErrWrongOrigin) {
				t.Errorf("%s: %v", name, err)
			}
			w.WriteHeader(http.StatusBadGateway)
		}
		rec := httptest.NewRecorder()
		c.proxy.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://evil.example"+apiX, nil))
		if rec.Code != c.want {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	if len(hosts) != 1 || hosts[0] != "ts.example Bearer tok" && hosts[0] != " Bearer tok" {
		t.Errorf("arrived: %q", hosts)
	}
}

// I3: a common CheckRedirect function, or a retry library, may leave an earlier
// credential or an empty value in the header. The request still carries the current
// credential.
func TestI3_HeaderChangedByCheckRedirect_DoesNotLoseTheCredential(t *testing.T) {
	for name, recipe := range map[string]func(req *http.Request, via []*http.Request){
		"copies an empty value": func(req *http.Request, via []*http.Request) {
			req.Header.Set("Authorization", via[0].Header.Get("Authorization"))
		},
		"copies it in small letters": func(req *http.Request, _ []*http.Request) { req.Header["authorization"] = []string{""} },
		"copies all headers":         func(req *http.Request, via []*http.Request) { req.Header = via[0].Header.Clone() },
		"removes all headers":        func(req *http.Request, _ []*http.Request) { req.Header = nil },
		"sets an empty list":         func(req *http.Request, _ []*http.Request) { req.Header["Authorization"] = []string{} },
		"sets two empty values":      func(req *http.Request, _ []*http.Request) { req.Header["Authorization"] = []string{"", ""} },
		"sets an earlier credential": func(req *http.Request, _ []*http.Request) { req.Header.Set("Authorization", "Bearer tok-1") },
	} {
		for _, edited := range []bool{false, true} {
			d := &door{out: 1, away: func(r *http.Request) *http.Response { return reply(r, 401, "") }}
			f := on(t, func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == "/api/rest/2.0/old" {
					return reply(r, 307, "", "Location", apiX), nil
				}
				return d.RoundTrip(r)
			})
			req := request(t, fakeURL+"/api/rest/2.0/old")
			if edited {
				if err := f.Edit(t.Context(), req); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(f.Renew(t.Context()), f.Renew(t.Context())); err != nil {
				t.Fatal(err)
			}
			c := f.HTTPClient()
			c.CheckRedirect = func(req *http.Request, via []*http.Request) error { recipe(req, via); return nil }
			if got, err := text(c, req); err != nil || got != `{"ok":true}` {
				t.Errorf("%s, edited before: %v: %q, %v", name, edited, got, err)
			}
		}
	}
}

// I3: a header that the caller set, in any spelling, arrives unchanged and without
// another credential. The caller gets the 401 to it, and the Flow requests no new
// credential.
func TestI3_CallersOwnHeader_Wins(t *testing.T) {
	for _, header := range []http.Header{
		{"Authorization": {"Bearer of-the-caller"}}, {"authorization": {"Bearer of-the-caller"}}, {"AUTHORIZATION": {"Basic b2Y6dGhl"}},
		{"Authorization": {"", "Bearer of-the-caller"}}, {"Authorization": {"of-the-caller"}},
	} {
		for f, d := range flows(t, func(r *http.Request) *http.Response { return reply(r, 401, fmt.Sprint(r.Header)) }, 1000) {
			req := request(t, fakeURL+apiX)
			req.Header = header.Clone()
			resp, err := f.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized || string(got) != fmt.Sprint(header) || d.given != 1 {
				t.Errorf("%q: %d, arrived as %s; %d credentials", header, resp.StatusCode, got, d.given)
			}
		}
	}
}

// I5: all cookies that the caller sends, in any spelling of the header, arrive,
// except cookies with the names of the session's cookies.
func TestI5_OtherCookies_ArriveBesideTheSessionCookie(t *testing.T) {
	for name, c := range map[string]struct {
		own  http.Header
		want string
	}{
		"small letters":                    {http.Header{"cookie": {`prefs={"tz":1}; list=a,b`}}, `prefs={"tz":1}; list=a,b; JSESSIONID=s-1`},
		"another session in small letters": {http.Header{"cookie": {"JSESSIONID=of-another"}}, "JSESSIONID=s-1"},
		"similar names":                    {http.Header{"Cookie": {"JSESSIONID2=a; XJSESSIONID=b; jsessionid=c"}}, "JSESSIONID2=a; XJSESSIONID=b; jsessionid=c; JSESSIONID=s-1"},
		"the name in a value":              {http.Header{"Cookie": {"a=JSESSIONID=b"}}, "a=JSESSIONID=b; JSESSIONID=s-1"},
		"without a value":                  {http.Header{"Cookie": {"flag; =x; b="}}, "flag; =x; b=; JSESSIONID=s-1"},
		"a semicolon at the end":           {http.Header{"Cookie": {"a=1;"}}, "a=1;; JSESSIONID=s-1"},
		"bytes of all kinds":               {http.Header{"Cookie": {"a=\xff\"ü\\"}}, "a=\xff\"ü\\; JSESSIONID=s-1"},
		"the name between spaces":          {http.Header{"Cookie": {"a=1;  JSESSIONID = x ;b=2"}}, "a=1;b=2; JSESSIONID=s-1"},
		"three lines":                      {http.Header{"Cookie": {"a=1", "JSESSIONID=x", "b=2"}}, "a=1; b=2; JSESSIONID=s-1"},
		"an empty header":                  {http.Header{"Cookie": {""}}, "JSESSIONID=s-1"},
	} {
		var got http.Header
		d := &door{}
		f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) { got = r.Header; return d.RoundTrip(r) }).Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		if err != nil {
			t.Fatal(err)
		}
		req := request(t, fakeURL+apiX)
		req.Header = c.own.Clone()
		_, err = text(f, req)
		if err != nil || len(got["cookie"]) > 0 || len(got["Cookie"]) != 1 || got["Cookie"][0] != c.want || fmt.Sprint(req.Header) != fmt.Sprint(c.own) { //nolint:staticcheck // the test needs this spelling
			t.Errorf("%s: %q, want %q, %v", name, got, c.want, err)
		}
	}
}

// S6: a token may have rules that a session cannot have. Such a token cannot make a
// session, directly or through a session token.
func TestS6_TokenWithRules_CannotMakeASession(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]gen.GetCustomAccessTokenRequest{
		"filters":    {FilterRules: []gen.FilterRule{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{1}}}},
		"parameters": {ParameterValues: []gen.ParameterValues{{Name: "p", Values: []gen.FilterValue{1}}}},
		"objects":    {Objects: []gen.ObjectIdentifier{{Identifier: "o"}}},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			r.Username, r.PersistOption = authtest.DefaultUsername, gen.PersistOptionNone
			f, err := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)).CustomAccess(r)
			if err != nil {
				t.Fatal(err)
			}
			for way, make := range map[string]func() (*authflow.Flow, error){
				"directly": f.Session, "through its session token": f.SessionToken().Session, "through two session tokens": f.SessionToken().SessionToken().Session,
			} {
				s, err := make()
				var e *authflow.Error
				if s != nil || !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "persist_option" {
					t.Errorf("%s, %s: %v, %v", name, way, s, err)
				}
			}
			for way, token := range map[string]*authflow.Flow{"its session token": f.SessionToken(), "a second session token": f.SessionToken().SessionToken()} {
				_, err := token.Token(t.Context())
				var e *authflow.Error
				if !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "persist_option" {
					t.Errorf("%s, %s: %v", name, way, err)
				}
			}
			if n := sim.Calls(authtest.AnyOperation); n > 0 {
				t.Errorf("%s: %d calls", name, n)
			}
		})
	}
}

// L5: an identity provider may use cookies with the same names as the session's
// cookies. The provider gets back its own cookies.
func TestL5_ProviderWithCookiesOfTheSameNames_GetsItsOwn(t *testing.T) {
	for f, d := range flows(t, func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", "https://idp.example/") }, 1000) {
		var seen []string
		d.elsewhere = func(r *http.Request) { seen = append(seen, r.Header.Get("Cookie")+r.Header.Get("Authorization")) }
		d.answer = func(r *http.Request) *http.Response {
			if r.Header.Get("Cookie") == "" {
				return reply(r, 302, "", "Location", "https://idp.example/again", "Set-Cookie", "JSESSIONID=idp; Path=/")
			}
			return reply(r, 302, "", "Location", fakeURL+"/api/rest/2.0/login")
		}
		c := f.HTTPClient()
		c.Jar, _ = cookiejar.New(nil)
		if _, err := text(c, request(t, fakeURL+"/page")); err != nil || len(seen) != 2 || seen[1] != "JSESSIONID=idp" {
			t.Errorf("%v: the provider saw %q, %v", f, seen, err)
		}
	}
}
