package authflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

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
// done (409, 429), and where the request did not reach the server.
//
// The method of a response is the method of resp.Request; without one, the request
// counts as a GET. The method of an error comes from a [*url.Error] as http.Client
// returns it, or from an [*Error] whose Op is a method and a path, as [Flow.API]
// returns it. With any other error the method is unknown, and the request is repeated
// only if nothing was done. The error is ctx.Err() if ctx has ended, and otherwise nil.
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
		class, permanent = classify(err)
		method = methodOfError(err)
	case resp != nil:
		class = outcome.Of("", outcome.None, resp.StatusCode, outcome.NoPage)
		method = methodOfResponse(resp)
	}
	if permanent || !class.Retryable() {
		return false, nil
	}
	return idempotent(method) || class.NotApplied(), nil
}

// classify returns the class of a request that ended in err, and whether another
// attempt cannot help.
func classify(err error) (class outcome.Class, permanent bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.outcome(), !e.Retryable()
	}
	return outcome.OfError(err, false)
}

// methodOfResponse returns the method of the request that resp is to. An empty method
// is GET for net/http.
func methodOfResponse(resp *http.Response) string {
	if resp.Request == nil || resp.Request.Method == "" {
		return http.MethodGet
	}
	return resp.Request.Method
}

// methodOfError returns the method of the request that ended in err, or "" if err does
// not tell it. A *url.Error below an Error may be about another request, such as one
// of a credential function.
func methodOfError(err error) string {
	var e *Error
	var sent *url.Error
	hasError, hasSent := errors.As(err, &e), errors.As(err, &sent)
	if hasError && (!hasSent || errors.Is(e.Err, sent)) {
		method, path, _ := strings.Cut(e.Op, " ")
		if strings.HasPrefix(path, "/") {
			return method
		}
		return "" // Op is an operationId or a function
	}
	if hasSent {
		return sent.Op // "Get", "Post", as net/http writes them
	}
	return ""
}

// idempotent reports whether a request may be sent twice without another effect
// (RFC 9110, section 9.2.2). An empty method is one that is not known.
func idempotent(method string) bool {
	switch method {
	case "GET", "Get", "HEAD", "Head", "OPTIONS", "Options", "PUT", "Put", "DELETE", "Delete":
		return true
	}
	return false
}
