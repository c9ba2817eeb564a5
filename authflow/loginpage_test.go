package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// P6: servers and proxies answer an expired credential in many ways. A Flow must
// recognise each of them.

// away holds the responses that a server or a proxy sends in place of the response
// of the API when a credential has expired.
var away = map[string]func(*http.Request) *http.Response{
	"302 to its own login page": func(r *http.Request) *http.Response {
		return reply(r, 302, "", "Location", "/login?next="+r.URL.Path)
	},
	"303 to an absolute address": func(r *http.Request) *http.Response {
		return reply(r, 303, "", "Location", fakeURL+"/callosum/v1/saml/login")
	},
	"308 to a login page beside the API": func(r *http.Request) *http.Response { return reply(r, 308, "", "Location", "/api/rest/login") },
	"302 to an identity provider":        func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", "//idp.example/authorize") },
	"301 to plain HTTP": func(r *http.Request) *http.Response {
		return reply(r, 301, "", "Location", "http://ts.example"+r.URL.Path)
	},
	"302 to an invalid address": func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", "https://%zz/") },
	"302 to a script":           func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", "javascript:alert(1)") },
	"a page":                    func(r *http.Request) *http.Response { return htmlPage(r, 200, "Sign in") },
	"a page with 203": func(r *http.Request) *http.Response {
		return htmlPage(r, 203, "Sign in")
	},
	"a page with its location": func(r *http.Request) *http.Response {
		return reply(r, 200, "<html>Sign in</html>", "Content-Type", "text/html", "Content-Location", "/login", "Location", "/login")
	},
	"a page in XHTML": func(r *http.Request) *http.Response {
		return reply(r, 200, "<?xml version='1.0'?><html/>", "Content-Type", "application/xhtml+xml")
	},
	"401 with a page": func(r *http.Request) *http.Response { return htmlPage(r, 401, "Sign in") },
	"401 with an anonymous session": func(r *http.Request) *http.Response {
		return reply(r, 401, "{}", "Set-Cookie", "JSESSIONID=nobody; Path=/")
	},
	"a page with an anonymous session": func(r *http.Request) *http.Response {
		resp := htmlPage(r, 200, "Sign in")
		resp.Header.Set("Set-Cookie", "JSESSIONID=nobody; Path=/")
		return resp
	},
}

// door is a server that rejects the first out credentials that it issued. It
// counts the credentials that it issues.
type door struct {
	away       func(*http.Request) *http.Response
	given, out int
	sent       int                                // API requests that arrived with a credential
	elsewhere  func(*http.Request)                // called with each request to another host
	answer     func(*http.Request) *http.Response // the response of the other hosts; a login page if nil
}

func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	credential := r.Header.Get("Authorization") + r.Header.Get("Cookie")
	var n int
	_, _ = fmt.Sscanf(credential[strings.LastIndexAny(credential, "-")+1:], "%d", &n)
	switch {
	case minting(r):
		d.given++
		return fresh(r, fmt.Sprintf("tok-%d", d.given)), nil
	case strings.HasSuffix(r.URL.Path, "/session/login"):
		d.given++
		return reply(r, 204, "", "Set-Cookie", fmt.Sprintf("JSESSIONID=s-%d; Path=/", d.given)), nil
	case r.URL.Scheme+"://"+r.URL.Host != fakeURL:
		if d.elsewhere != nil {
			d.elsewhere(r)
		}
		if d.answer != nil {
			return d.answer(r), nil
		}
		return htmlPage(r, 200, "Sign in"), nil
	case strings.HasSuffix(r.URL.Path, "/login"):
		return htmlPage(r, 200, "Sign in"), nil
	case r.URL.Path == apiX && n <= d.out:
		d.sent++
		return d.away(r), nil
	case n <= d.out:
		return d.away(r), nil
	}
	d.sent++
	return reply(r, 200, `{"ok":true}`), nil
}

// flows returns a Flow with a token and a Flow with a session. Each has its own
// server, which rejects the first out credentials.
func flows(t *testing.T, away func(*http.Request) *http.Response, out int) map[*authflow.Flow]*door {
	t.Helper()
	all := make(map[*authflow.Flow]*door)
	for range 2 {
		d := &door{away: away, out: out}
		c := fakeCluster(t, d.RoundTrip)
		f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
		if len(all) > 0 {
			f, err = c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		}
		if err = errors.Join(err, f.Renew(t.Context())); err != nil {
			t.Fatal(err)
		}
		all[f] = d
	}
	return all
}

// ways are functions that send the same request in different ways. Each of them
// returns the body of the response, or an error.
var ways = map[string]func(*testing.T, *authflow.Flow) (string, error){
	"GET": func(t *testing.T, f *authflow.Flow) (string, error) { return text(f, request(t, fakeURL+apiX)) },
	"POST": func(t *testing.T, f *authflow.Flow) (string, error) {
		return text(f, posted(t, strings.NewReader("{}")))
	},
	"DELETE by hand": func(t *testing.T, f *authflow.Flow) (string, error) { return text(client(f), withMethod(t, "DELETE")) },
	"the user's client with a jar": func(t *testing.T, f *authflow.Flow) (string, error) {
		c := f.HTTPClient()
		c.Jar, _ = cookiejar.New(nil)
		return text(c, request(t, fakeURL+apiX))
	},
	"a client that follows no redirect": func(t *testing.T, f *authflow.Flow) (string, error) {
		c := f.HTTPClient()
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return text(c, request(t, fakeURL+apiX))
	},
}

const apiX = "/api/rest/2.0/metadata/search"

func client(f *authflow.Flow) *http.Client { return &http.Client{Transport: f.Transport()} }

func withMethod(t *testing.T, method string) *http.Request {
	t.Helper()
	req := request(t, fakeURL+apiX)
	req.Method = method
	return req
}

func posted(t *testing.T, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+apiX, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// text sends the request and returns the body of the response. Any status other
// than 2xx is an error.
func text(c gen.HttpRequestDoer, req *http.Request) (string, error) {
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode/100 != 2 {
		err = errors.Join(err, fmt.Errorf("status %d", resp.StatusCode))
	}
	return string(body), errors.Join(err, resp.Body.Close())
}

// repeats reports whether a request is sent again after the response of that name
// in away. A request that may have had an effect is not sent again, except after
// 401, which says that the server did not process it. 303 says that the server did
// process it.
func repeats(name, way string) bool {
	isRead := way != "POST" && way != "DELETE by hand"
	return strings.HasPrefix(name, "401") || isRead && !strings.HasPrefix(name, "303")
}

func TestP6_DeadCredential_IsReplacedAndOnlyReadsAreRepeated(t *testing.T) {
	for name, away := range away {
		for way, ask := range ways {
			for f, d := range flows(t, away, 1) {
				got, err := ask(t, f)
				if served := err == nil && got == `{"ok":true}`; served != repeats(name, way) {
					t.Errorf("%s, by %s, %v: %q, %v", name, way, f, got, err)
				}
				if sent := d.sent; !repeats(name, way) && sent != 1 {
					t.Errorf("%s, by %s, %v: sent %d times", name, way, f, sent)
				}
				if got, err := ask(t, f); err != nil || got != `{"ok":true}` {
					t.Errorf("%s, by %s, %v, the next request: %q, %v", name, way, f, got, err)
				}
				if d.given != 2 {
					t.Errorf("%s, by %s, %v: %d credentials", name, way, f, d.given)
				}
			}
		}
	}
}

// A redirect to the server's own login page says that the request had no effect,
// if the credential is old enough to have expired.
func TestP6_RedirectToTheServersLoginPage_RepeatsAPostOnceTheCredentialIsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for f, d := range flows(t, away["302 to its own login page"], 1) {
			time.Sleep(time.Minute) // fake clock
			if got, err := text(f, posted(t, strings.NewReader("{}"))); err != nil || got != `{"ok":true}` || d.sent != 2 {
				t.Errorf("%v: %q, %v, sent %d times", f, got, err, d.sent)
			}
		}
	})
}

// If the server rejects every credential, the caller gets an error and not a page,
// and the Flow requests few credentials.
func TestP6_CredentialsThatNeverWork_EndInAnErrorAndNotInAPage(t *testing.T) {
	for name, away := range away {
		for way, ask := range ways {
			for f, d := range flows(t, away, 1000) {
				for range 10 {
					if got, err := ask(t, f); err == nil {
						t.Errorf("%s, by %s, %v: no error, %q", name, way, f, got)
					}
				}
				if d.given > 2 {
					t.Errorf("%s, by %s, %v: %d credentials", name, way, f, d.given)
				}
			}
		}
	}
}

// A stream cannot be sent again, so the caller gets an error, and the next request
// succeeds. A HEAD request gets an error too, unless the server sends a page without
// a redirect: the response to HEAD has no body, so it does not show that it is a
// page.
func TestP6_RequestThatCannotBeSentAgain_IsNotASuccess(t *testing.T) {
	for name, away := range away {
		for f := range flows(t, away, 1) {
			if got, err := text(f, posted(t, io.MultiReader(strings.NewReader("data")))); err == nil {
				t.Errorf("%s, a stream: no error, %q", name, got)
			}
			if got, err := text(f, posted(t, io.MultiReader(strings.NewReader("data")))); err != nil || got != `{"ok":true}` {
				t.Errorf("%s, the next stream: %q, %v", name, got, err)
			}
		}
		for f := range flows(t, away, 1000) {
			_, err := text(f, withMethod(t, http.MethodHead))
			if isDirect := strings.Contains(name, "a page") && !strings.HasPrefix(name, "401"); (err == nil) != isDirect {
				t.Errorf("%s, HEAD: %v", name, err)
			}
		}
	}
}

// A redirect loop ends in an error, wherever the loop leads.
func TestP6_RedirectLoop_EndsInAnErrorAndCostsFewCredentials(t *testing.T) {
	for name, next := range map[string]map[string]string{
		"in the API":                   {apiX: apiX},
		"between two paths in the API": {apiX: "/api/rest/2.0/y", "/api/rest/2.0/y": apiX},
		"through a login page":         {apiX: "/signin", "/signin": apiX},
		"beside the API":               {apiX: "/signin", "/signin": "/signin"},
	} {
		for f, d := range flows(t, func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", next[r.URL.Path]) }, 1000) {
			if got, err := text(f, request(t, fakeURL+apiX)); err == nil {
				t.Errorf("%s: %q", name, got)
			}
			if d.given > 2 {
				t.Errorf("%s: %d credentials", name, d.given)
			}
		}
	}
}
