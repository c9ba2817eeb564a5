package exchange

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	serverURL = "https://ts.example"
	apiPathX  = "/api/rest/2.0/metadata/search"
)

// plainHTTPAllowed is the permission of WithPlainHTTP.
const plainHTTPAllowed = true

func origin(tb testing.TB, server string) *Origin {
	tb.Helper()
	o, _, err := ParseServer(server, plainHTTPAllowed)
	if err != nil {
		tb.Fatalf("%s: %v", server, err)
	}
	return o
}

func request(tb testing.TB, method, address string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, address, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// respond returns a response to req with headers in pairs.
func respond(req *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: req}
}

// nextHop returns the request by which http.Client follows resp.
func nextHop(tb testing.TB, resp *http.Response) *http.Request {
	tb.Helper()
	to, err := resp.Location()
	if err != nil {
		tb.Fatal(err)
	}
	hop := request(tb, http.MethodGet, to.String())
	hop.Response = resp
	return hop
}

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// plain is the Redactor of a request without secrets.
func plain(text string) string { return text }

// hiding is the Redactor of a request with one secret.
func hiding(secret string) Redactor {
	return func(text string) string {
		if secret != "" && strings.Contains(text, secret) {
			return "[withheld]"
		}
		return text
	}
}

func sender(tb testing.TB, base roundTrip) *Sender {
	tb.Helper()
	return &Sender{Base: base, Origin: origin(tb, serverURL)}
}

func parsed(tb testing.TB, address string) *url.URL {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}
