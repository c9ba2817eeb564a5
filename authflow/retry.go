package authflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// ShouldRetry is a retry policy for ordinary calls of the API. It reports whether
// the same request may be sent again after a response or an error, for clients
// that retry, such as
//
//	client := retryablehttp.NewClient()
//	client.CheckRetry = authflow.ShouldRetry
//
// GET, HEAD, OPTIONS, PUT and DELETE are repeated after failures of the network,
// 408, 409, 429 and 5xx except 501. The effect of a request with another method may
// have happened, so it is repeated only after a response that says that nothing was
// done (409, 429), and where the request did not reach the server. The method comes
// from resp.Request, or from a [*url.Error] as http.Client returns it; without
// either, the request counts as a GET. The error is ctx.Err() if ctx has ended, and
// otherwise nil.
//
// A Flow has already renewed its credential and repeated the request when a 401
// is returned, so a 401 is not retried.
func ShouldRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	class, permanent, method := outcome.OK, false, ""
	switch {
	case err != nil:
		class, permanent, method = classify(err)
	case resp != nil:
		class = outcome.Of("", outcome.None, resp.StatusCode, outcome.NoPage)
		if resp.Request != nil {
			method = resp.Request.Method
		}
	}
	if permanent || !class.Retryable() {
		return false, nil
	}
	return idempotent(method) || class.NotApplied(), nil
}

// classify describes a request that ended in err: its class, whether another attempt
// cannot help, and its method, which is "" if err does not tell it.
func classify(err error) (class outcome.Class, permanent bool, method string) {
	var sent *url.Error
	if errors.As(err, &sent) {
		method = sent.Op // "Get", "Post", as net/http writes them
	}
	var e *Error
	if errors.As(err, &e) {
		return e.outcome(), !e.Retryable(), method
	}
	class, permanent = outcome.OfError(err, false)
	return class, permanent, method
}

// idempotent reports whether a request may be sent twice without another effect
// (RFC 9110, section 9.2.2). An empty method is GET for net/http.
func idempotent(method string) bool {
	switch method {
	case "", "GET", "Get", "HEAD", "Head", "OPTIONS", "Options", "PUT", "Put", "DELETE", "Delete":
		return true
	}
	return false
}
