package exchange

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Sender sends requests to one origin, one exchange each. It never follows a
// redirect (X1).
type Sender struct {
	// Base sends one request and returns its response.
	Base http.RoundTripper
	// Origin is where credentials may go.
	Origin *Origin
	// Timeout bounds a Call; 0 for no bound.
	Timeout time.Duration
}

// ErrFollowsRedirects says that the RoundTripper below does more than one
// exchange. It has shown a credential to another server.
var ErrFollowsRedirects = errors.New("the RoundTripper of WithHTTPClient follows redirects by itself; put it above the Flow, not below")

// Send sends out, which stands for the caller's req: a copy that carries the
// credential, or req itself. The Request of the response is req, so that neither the
// response nor an error holds a secret of out. The body of a response with a status
// of 300 or more is a *Body.
func (s *Sender) Send(req, out *http.Request) (*http.Response, error) {
	check := s.checkOrigin
	if s.Origin.CarriesCredential(out) {
		check = s.checkOneExchange
	}
	return s.exchange(req, out, check)
}

// exchange is Send with a check of the response's request.
func (s *Sender) exchange(req, out *http.Request, check func(out, last *http.Request) error) (*http.Response, error) {
	resp, err := s.Base.RoundTrip(out)
	if err != nil {
		return nil, redactError(err, RedactorFor(out))
	}
	if resp == nil {
		return nil, fmt.Errorf("%T returned neither a response nor an error", s.Base)
	}
	last := resp.Request
	if last != nil && last != out {
		err = check(out, last)
	}
	if err != nil {
		Discard(resp)
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody // http.Client accepts such a RoundTripper, too
	}
	if s.Origin.CarriesCredential(out) {
		removeBadLocation(out, resp)
	}
	resp.Request = req // LeftOrigin and fromAPI follow it
	if resp.StatusCode >= 300 {
		resp.Body = newBody(resp.Body, MaxBody, RedactorFor(out))
	}
	return resp, nil
}

// checkOneExchange rejects the response to an auth call that went over a Base
// that followed a redirect by itself (I6). last is the request that the response
// is to. A Base that sends a copy to a gateway, a sidecar or a unix socket only
// changes its address.
func (s *Sender) checkOneExchange(out, last *http.Request) error {
	if last.Response != out.Response || last.Method != out.Method {
		return ErrFollowsRedirects
	}
	return nil
}

// checkOrigin rejects the response to an ordinary request if Base followed a
// redirect to another server.
func (s *Sender) checkOrigin(out, last *http.Request) error {
	hasFollowed := s.checkOneExchange(out, last) != nil
	if hasFollowed && s.Origin.Matches(out) && !s.Origin.Matches(last) {
		return s.Origin.WrongOrigin(last)
	}
	return nil
}

// removeBadLocation removes a Location that is not a URL: http.Client would put
// its text, in which a server may repeat a secret, into an error before it asks
// CheckRedirect.
func removeBadLocation(out *http.Request, resp *http.Response) {
	location := resp.Header.Get("Location")
	if location == "" {
		return
	}
	if _, err := out.URL.Parse(location); err != nil {
		resp.Header.Del("Location")
	}
}
