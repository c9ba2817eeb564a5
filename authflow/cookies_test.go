package authflow_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// baker is a server that sets the cookies that a test chooses, and records the
// header of the latest request.
type baker struct {
	set  []string    // Set-Cookie headers of the next response
	sent http.Header // header of the latest request
}

func (b *baker) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := reply(r, 200, "{}", "Date", time.Now().UTC().Format(http.TimeFormat))
	if resp.Header["Set-Cookie"] = b.set; strings.HasSuffix(r.URL.Path, "/session/login") {
		resp.Header["Set-Cookie"] = []string{"JSESSIONID=s; Path=/"}
	}
	b.sent = r.Header.Clone()
	return resp, nil
}

func (b *baker) session(t *testing.T, server string) *authflow.Flow {
	t.Helper()
	c, err := authflow.New(server, authflow.WithHTTPClient(&http.Client{Transport: b}), authflow.WithPlainHTTP())
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// If cookies have the same name, the cookie with the longest path goes first, as
// RFC 6265 says.
func TestS1_CookieWithTheLongestPath_GoesFirst(t *testing.T) {
	b := &baker{}
	f := b.session(t, fakeURL)
	b.set = []string{"a=root; Path=/", "a=deep; Path=/api/rest/2.0/metadata", "a=api; Path=/api"}
	mustGet(t, f)
	b.set = []string{"a=root again; Path=/"}
	mustGet(t, f)
	mustGet(t, f)
	if got := b.sent.Get("Cookie"); got != "a=deep; a=api; JSESSIONID=s; a=root again" {
		t.Errorf("%q", got)
	}
}

// X2: a server that sets many cookies cannot fill the memory or the requests, and
// cannot displace the session's own cookie.
func TestX2_CookiesOfAServer_AreBounded(t *testing.T) {
	for name, set := range map[string]func(i int) string{
		"many":            func(i int) string { return fmt.Sprintf("c%d=%d; Path=/", i, i) },
		"many and long":   func(i int) string { return fmt.Sprintf("c%d=%s; Path=/", i, strings.Repeat("v", 4000)) },
		"too long":        func(i int) string { return fmt.Sprintf("c%d=%s; Path=/", i, strings.Repeat("v", 5000)) },
		"long names":      func(i int) string { return fmt.Sprintf("%s%d=v; Path=/", strings.Repeat("n", 5000), i) },
		"with many paths": func(i int) string { return fmt.Sprintf("c=v; Path=/api/rest/2.0/metadata/%d", i) },
		"with deep paths": func(i int) string { return fmt.Sprintf("c=v; Path=/%s%d", strings.Repeat("p/", 2500), i) },
	} {
		b := &baker{}
		f := b.session(t, fakeURL)
		mustGet(t, f)
		n := 0
		for range 6 {
			b.set = nil
			for range 500 {
				n++
				b.set = append(b.set, set(n))
			}
			mustGet(t, f)
		}
		b.set = nil
		before := heap()
		mustGet(t, f)
		if got := b.sent.Get("Cookie"); !strings.Contains(got, "JSESSIONID=s") || len(got) > 64*4100 {
			t.Errorf("%s: %d bytes of cookies, with the session's cookie: %v", name, len(got), strings.Contains(got, "JSESSIONID=s"))
		}
		if cost := heap() - before; cost > 4<<20 {
			t.Errorf("%s: a request costs %d bytes", name, cost)
		}
		b.set = []string{"JSESSIONID=changed; Path=/"}
		mustGet(t, f)
		b.set = nil
		mustGet(t, f)
		if !strings.Contains(b.sent.Get("Cookie"), "JSESSIONID=changed") {
			t.Errorf("%s: the session's cookie can no longer change", name)
		}
	}
}

// heap returns the number of bytes that the process has allocated so far.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// X2: the session cookie is found even if the login sets 500 other cookies.
func TestX2_LoginWithManyCookies_MakesASession(t *testing.T) {
	s := &cookieServer{set: func(time.Time) []string {
		var all []string
		for i := range 500 {
			all = append(all, fmt.Sprintf("c%d=v; Path=/", i))
		}
		return append(all, "JSESSIONID=s; Path=/")
	}}
	mustGet(t, s.flow(t))
}

// X2: eight times as many cookies take about eight times as long, not sixty-four
// times.
func TestX2_CostOfCookies_IsLinear(t *testing.T) {
	cost := func(n int) time.Duration {
		b := &baker{}
		f := b.session(t, fakeURL)
		mustGet(t, f)
		for i := range n {
			b.set = append(b.set, fmt.Sprintf("c%d=%d; Path=/", i, i))
		}
		least := time.Hour
		for range 10 {
			began := time.Now()
			mustGet(t, f)
			least = min(least, time.Since(began))
		}
		return least
	}
	if few, many := cost(300), cost(2400); many > 32*few {
		t.Errorf("300 cookies take %v, 2400 take %v", few, many)
	}
}
