package authflow

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

// allocations returns how often a request that client sends allocates. A body is new for
// each request.
func allocations(t *testing.T, do func(*http.Request) (*http.Response, error), req *http.Request) float64 {
	t.Helper()
	return testing.AllocsPerRun(100, func() {
		if req.GetBody != nil {
			req.Body, _ = req.GetBody()
		}
		resp, err := do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	})
}

func TestL5_Do_AllocatesLittleMoreThanHTTPClient(t *testing.T) {
	client := &http.Client{Transport: nothing{}}
	f, _ := liveFlow(t, WithHTTPClient(client))
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.Server()+"/api/rest/2.0/metadata/search", bytes.NewReader(make([]byte, 1024)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		req  *http.Request
		most float64 // 4 more than http.Client of Go 1.26, which Go 1.25 needs as well
	}{{"a GET", request(t, f.Server()), 10}, {"a POST of 1 KiB", post, 12}} {
		if n := allocations(t, f.Do, c.req); n > c.most {
			t.Errorf("%s: %v allocations, %v by http.Client", c.name, n, allocations(t, client.Do, c.req))
		}
	}
}

// loggedIn is a transport that responds to a login with two cookies.
type loggedIn struct{ nothing }

func (l loggedIn) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.nothing.RoundTrip(req)
	if strings.HasSuffix(req.URL.Path, "/login") {
		resp.StatusCode = http.StatusNoContent
		resp.Header["Set-Cookie"] = []string{"JSESSIONID=node0abc; Path=/; HttpOnly", "clientId=7f3e; Path=/; Max-Age=1000000"}
	}
	return resp, err
}

func TestS1_RequestOfASession_AllocatesLittle(t *testing.T) {
	c, err := New("https://acme.thoughtspot.cloud", WithHTTPClient(&http.Client{Transport: loggedIn{}}))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	withCookie := request(t, f.Server())
	withCookie.Header.Set("Cookie", "theme=dark")
	if n := allocations(t, f.Do, request(t, f.Server())); n > 11 {
		t.Errorf("%v allocations", n)
	}
	if n := allocations(t, f.Do, withCookie); n > 15 {
		t.Errorf("with the caller's cookie: %v allocations", n)
	}
	req := request(t, f.Server())
	n := testing.AllocsPerRun(100, func() {
		if err := f.Edit(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations for the cookies", n)
	}
}

// minted is a transport that responds with a token.
type minted struct{ body []byte }

func (m minted) RoundTrip(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(m.body)), Request: req}, nil
}

// The constructor has 4 of the allocations, this transport 6, and the generated client 14.
func TestR2_FirstToken_AllocatesLittle(t *testing.T) {
	const body = `{"token":"` + liveToken + `","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,
		"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"ann"}`
	c, err := New("https://acme.thoughtspot.cloud", WithSecretKey("key"), WithRateLimit(0, 0), WithHTTPClient(&http.Client{Transport: minted{[]byte(body)}}))
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() {
		f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if n > 117+uncounted {
		t.Errorf("%v allocations", n)
	}
}
