package authflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// response is the whole response to an auth call that succeeded.
type response = exchange.Response

// authCall is a call that this package makes: for a credential, or to end one.
type authCall struct {
	op         string
	secret     outcome.Secret
	credential *lease          // that the request carries, or nil
	limit      time.Duration   // what its context allows, for the error; 0 if unknown
	late       func(*response) // gets a success that arrives after send has returned; or nil
}

// send sends the request once and reads the response. Everything except a 2xx
// response in the API's own form is a failure.
func (a authCall) send(ctx context.Context, c *Cluster, req *http.Request) (*response, *outcome.Failure) {
	c.identify(req)
	if a.credential != nil {
		attach(req, a.credential)
		c.selectOrg(req, a.credential)
	}
	type result struct {
		response *response
		failure  *outcome.Failure
	}
	call := userCall[result]{what: "RoundTripper", call: func(ctx context.Context) (result, error) {
		r, failure := c.sender.Call(a.op, a.secret, req.WithContext(ctx))
		if failure != nil && failure.Status == 0 && ctx.Err() != nil {
			failure.Err = a.timedOut(ctx)
		}
		return result{r, failure}, nil
	}}
	if a.late != nil {
		call.late = func(r result) {
			if r.failure == nil {
				a.late(r.response)
			}
		}
	}
	r, err := call.run(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		r.failure = &outcome.Failure{Class: outcome.OutcomeUnknown, Op: a.op, Err: a.timedOut(ctx)}
	case err != nil:
		r.failure = &outcome.Failure{Class: outcome.OutcomeUnknown, Op: a.op, Err: err}
	}
	return r.response, r.failure
}

// timedOut is the cause of a call that had no response when its context ended.
func (a authCall) timedOut(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) && a.limit > 0 {
		return fmt.Errorf("no response within %v: %w", a.limit.Round(time.Millisecond), cause)
	}
	return fmt.Errorf("no response: %w", cause)
}

// identify sets the headers that every auth call carries (I4).
func (c *Cluster) identify(req *http.Request) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Requested-By", "ThoughtSpot")
	req.Header.Set("User-Agent", c.userAgent)
}

// selectOrg names the Org of a request that carries a token for several Orgs
// (from 26.10).
func (c *Cluster) selectOrg(req *http.Request, l *lease) {
	if l.Value.several {
		req.Header.Set("X-Org-Selector", strconv.Itoa(int(l.Value.org)))
	}
}

// malformed is the failure of a response whose status says success and whose
// body is not what the operation promises (X4).
func malformed(op string, r *response, problem error) *outcome.Failure {
	return &outcome.Failure{
		Class: outcome.Unexpected, Op: op, Status: r.Status, Err: fmt.Errorf("the response has %s: %w", r.Describe(), problem),
	}
}
