package authflow

import (
	"net/http"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/gen"
)

// API returns the typed client of the authentication endpoints, authenticated
// by this Flow. Operations that log a user in or request a token carry their
// own credential: they are sent as they are, once, and do not change the Flow.
// After an operation that ends a session or a token, the next request gets another
// credential.
//
// The client follows no redirects. A response with 3xx and a page, such as the
// maintenance page, are errors; every other response is in the typed results. To end
// the Flow, use Logout, which also closes it.
func (f *Flow) API() *gen.ClientWithResponses {
	return &gen.ClientWithResponses{ClientInterface: &gen.Client{Server: f.cluster.url + "/", Client: apiDoer{f}}}
}

// apiDoer sends the calls of API.
type apiDoer struct{ f *Flow }

// Do implements gen.HttpRequestDoer.
func (d apiDoer) Do(req *http.Request) (*http.Response, error) {
	c := d.f.cluster
	c.identify(req)
	l, _ := d.f.keeper.Peek()
	client := &http.Client{Transport: (*transport)(d.f), Timeout: c.timeout, CheckRedirect: returnRedirect}
	resp, err := client.Do(req)
	if err != nil {
		return nil, requestError(req, err)
	}
	if resp.StatusCode/100 == 3 || exchange.PeekPage(resp) != outcome.NoPage {
		err := responseError(resp) // not ErrorOf, to which a 304 is a success
		exchange.Discard(resp)
		return nil, err
	}
	if resp.StatusCode/100 == 2 && mayEndCredential(req.URL.Path) {
		d.f.expire(l, "a call of API may have ended it")
	}
	exchange.LimitBody(resp)
	return resp, nil
}

// returnRedirect hands redirects out as they are: to follow one could post
// credentials twice, or to another server (X1).
func returnRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// mayEndCredential reports whether a call to a path ends sessions or tokens.
func mayEndCredential(path string) bool {
	return strings.HasSuffix(path, "/logout") || strings.HasSuffix(path, "/revoke")
}
