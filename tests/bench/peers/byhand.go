package peers

import "net/http"

// ByHand is the RoundTripper that people write themselves: it sets a header on
// a copy of the request, as http.RoundTripper demands.
func ByHand() Peer {
	return Peer{
		Name:  "by-hand",
		Lacks: "never renews; adds the token to every hop of a redirect, to any host",
		New: func(s Setup) (Client, error) {
			t := &byHand{s.HTTP.Transport, "Bearer " + s.Issued}
			return byHandClient{t, &http.Client{Transport: t}}, nil
		},
	}
}

type byHand struct {
	base   http.RoundTripper
	header string
}

// RoundTrip implements http.RoundTripper.
func (t *byHand) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Header.Set("Authorization", t.header)
	return t.base.RoundTrip(out)
}

type byHandClient struct {
	t *byHand
	*http.Client
}

// Authorize implements Client.
func (c byHandClient) Authorize(req *http.Request) func() error {
	return func() error { req.Header.Set("Authorization", c.t.header); return nil }
}
