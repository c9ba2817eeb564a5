package exchange

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Response is the whole response to a call that succeeded.
type Response struct {
	Sent   time.Time // when the request was sent
	Status int
	Header http.Header
	Body   []byte   // without a byte order mark and the like
	Redact Redactor // withholds the secrets of the request
}

// Describe names the length and type of the body, without repeating it (X4).
func (r *Response) Describe() string { return describe(r.Header, r.Body, r.Redact) }

// Call sends req once, for operation op, with a credential of kind secret, and
// reads the whole response. Everything except a success is a Failure: an error
// response, a redirect, a page, a response that ends early or is larger than
// [MaxBody], and a panic of Base.
func (s *Sender) Call(op string, secret outcome.Secret, req *http.Request) (_ *Response, failed *outcome.Failure) {
	ctx, cancel := s.bound(req.Context())
	defer cancel()
	var d dialing
	req = req.WithContext(d.watch(ctx))
	redactor := RedactorFor(req)
	defer func() {
		if p := recover(); p != nil { // in Base, perhaps with all that it was given
			failed = FailureOfError(op, fmt.Errorf("panic: %v", p), d.inProgress.Load(), redactor)
		}
	}()
	sent := time.Now()
	resp, err := s.exchange(req, req, s.checkOneExchange)
	if err != nil {
		return nil, FailureOfError(op, err, d.inProgress.Load(), redactor)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, MaxBody))
	if err != nil {
		return nil, failureOfCut(op, secret, resp, err, redactor)
	}
	if outcome.Of(op, secret, resp.StatusCode, pageOf(resp.Header, body)) != outcome.OK {
		return nil, FailureOf(op, secret, resp, body, redactor)
	}
	return &Response{Sent: sent, Status: resp.StatusCode, Header: resp.Header, Body: wire.Trim(body), Redact: redactor}, nil
}

// bound returns ctx with the time limit of a call.
func (s *Sender) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.Timeout > 0 {
		return context.WithTimeout(ctx, s.Timeout)
	}
	return ctx, func() {}
}
