package contract_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// intent says what a spec means to send.
type intent int

const (
	// wellFormed requests fit the document.
	wellFormed intent = iota
	// malformed requests do not fit it: both validators must see it, and the
	// server must respond with 400.
	malformed
	// unruled requests must get a 400, too, for a reason that the
	// document does not give, so that validators have no say.
	unruled
	// undeclared requests carry a property that the document does not have,
	// and fit it otherwise.
	undeclared
	// tolerated requests do not fit the document, as malformed ones, and the
	// server must grant them, because other clients send them.
	tolerated
	// faulted requests fit the document and meet a fault of the simulator.
	faulted
	// odd requests fit the document and meet a fault whose response does not: both
	// validators must see it.
	odd
)

// exchange is a request for one of the operations, and the response to it.
type exchange struct {
	op     string
	intent intent

	method, url string
	header      http.Header
	body        []byte

	status       int
	answerHeader http.Header
	answer       []byte
}

// request returns the request once more, with a body to read.
func (x *exchange) request() *http.Request {
	r, err := http.NewRequestWithContext(context.Background(), x.method, x.url, bytes.NewReader(x.body))
	if err != nil {
		panic(err) // it was sent before
	}
	r.Header = x.header.Clone()
	return r
}

// recorder is a round tripper that hands the exchanges of the operations to
// the ledger, and lets everything else pass.
type recorder struct {
	base   http.RoundTripper
	intent intent
	ledger *ledger
}

// RoundTrip implements http.RoundTripper.
func (r recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	op := r.ledger.find(req.Method, req.URL.Path)
	if op == "" {
		return r.base.RoundTrip(req)
	}
	x := exchange{op: op, intent: r.intent, method: req.Method, url: req.URL.String(), header: req.Header.Clone()}
	out := req.Clone(req.Context())
	if req.Body != nil {
		var err error
		x.body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		out.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	resp, err := r.base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if x.answer, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	x.status, x.answerHeader = resp.StatusCode, resp.Header.Clone()
	r.ledger.enter(&x)
	resp.Body = io.NopCloser(bytes.NewReader(x.answer))
	return resp, nil
}
