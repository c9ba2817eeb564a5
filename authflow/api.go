package authflow

import (
	"net/http"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// API returns the typed client of the authentication endpoints, authenticated
// by this Flow. Operations that log somebody in or ask for a token carry their
// own credential: they are sent as they are, once, and do not change the Flow.
// After one that ends a session or a token, the next request gets another.
//
// It follows no redirects, and makes an error of a redirect and of a page such
// as that of a cluster in maintenance; all else is in its typed results. To end
// the Flow use Logout, which also closes it.
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
	resp, err := c.noRedirects((*transport)(d.f)).Do(req)
	if err != nil {
		return nil, asError(req.Method+" "+req.URL.Path, err)
	}
	if resp.StatusCode/100 == 3 || isHTML(resp.Header, nil) {
		defer func() { _ = resp.Body.Close() }()
		return nil, ErrorOf(resp)
	}
	if p := req.URL.Path; resp.StatusCode/100 == 2 && (strings.HasSuffix(p, "/logout") || strings.HasSuffix(p, "/revoke")) {
		d.f.expire(l, "a call of API may have ended it")
	}
	if kept, ok := resp.Body.(*keptBody); ok { // for ErrorOf
		kept.ReadCloser = http.MaxBytesReader(nil, kept.ReadCloser, maxAnswer)
	} else {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, nil
}
