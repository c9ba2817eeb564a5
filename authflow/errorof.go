package authflow

import (
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// ErrorOf returns nil for the response of a call that succeeded, and otherwise an
// [*Error] with what the server says of the failure, in each of the forms that
// its error bodies have. Responses with 1xx, 2xx and 304 are successes, except a
// page in place of an API response.
//
// ErrorOf reads up to 1 MiB of the body, waits no longer than a few seconds for
// it, and puts it back. For a response that came through a Flow it works also
// after the body was read and closed, as in the results of a generated client.
func ErrorOf(resp *http.Response) error {
	if resp == nil || isSuccess(resp) {
		return nil
	}
	return responseError(resp)
}

// responseError returns what a response says of a failure.
func responseError(resp *http.Response) *Error {
	body, read := exchange.ReadErrorBody(resp)
	op := "request"
	if resp.Request != nil {
		op = operationOf(resp.Request)
	}
	return newError(exchange.FailureOf(op, outcome.None, resp, read, body.Redact)).retryIn(0)
}

func isSuccess(resp *http.Response) bool {
	if resp.StatusCode/100 == 1 || resp.StatusCode == http.StatusNotModified {
		return true
	}
	return resp.StatusCode/100 == 2 && exchange.PeekPage(resp) == outcome.NoPage
}
