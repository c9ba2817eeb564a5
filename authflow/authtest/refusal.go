package authtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-thoughtspot/tsauth/gen"
)

// refusalError is an error response.
type refusalError struct {
	status int
	code   int // the server's number for the failure
	debug  string
}

// Error implements error.
func (r *refusalError) Error() string {
	return fmt.Sprintf("authtest: %d (%d): %s", r.status, r.code, r.debug)
}

// codeFor is the server's number that goes with a status. Those of 400, 401,
// 403 and 500 are documented by the vendor; 10000 has been seen live.
func codeFor(status int) int {
	switch {
	case status == http.StatusBadRequest:
		return 10002
	case status == http.StatusUnauthorized:
		return 10097
	case status == http.StatusForbidden:
		return 10023
	case status >= http.StatusInternalServerError:
		return 10038
	}
	return 10000
}

func refusalFor(status int, debug string) error {
	return &refusalError{status: status, code: codeFor(status), debug: debug}
}

func badRequest(format string, args ...any) error {
	return refusalFor(http.StatusBadRequest, fmt.Sprintf(format, args...))
}

func unauthorized(debug string) error { return refusalFor(http.StatusUnauthorized, debug) }

func forbidden(format string, args ...any) error {
	return refusalFor(http.StatusForbidden, fmt.Sprintf(format, args...))
}

// reject responds with err in the envelope; an error that is not a rejection is
// a failure of the server.
func (s *Simulator) refuse(w http.ResponseWriter, err error) {
	var r *refusalError
	if !errors.As(err, &r) {
		r = &refusalError{http.StatusInternalServerError, codeFor(http.StatusInternalServerError), err.Error()}
	}
	writeRefusal(w, s.errorForm(), r)
}

func writeRefusal(w http.ResponseWriter, form ErrorForm, r *refusalError) {
	body, err := json.Marshal(gen.ErrorResponse{Error: form.enclose(r)})
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_, _ = w.Write(body)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
