package authtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Envelope is the shape of the body of an error answer.
type Envelope int32

const (
	// EnvelopeFlat is the shape of the vendor's spec, and the default: the
	// details are error.message.
	EnvelopeFlat Envelope = iota
	// EnvelopeNested is the shape that live servers send: the details are
	// error.message.debug, and the text in them is a JSON list in a string.
	EnvelopeNested
	// EnvelopeText has a text as error.message, and no details.
	EnvelopeText
	// EnvelopeUpstream is the shape of older releases: the details are below
	// error.errors.extension.exception.upstreamResponse.data.
	EnvelopeUpstream
)

// SetErrorEnvelope changes the shape of the error answers from now on.
func (s *Simulator) SetErrorEnvelope(e Envelope) { s.envelope.Store(int32(e)) }

// refusalError is an error answer.
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

// refuse answers with err in the envelope; an error that is not a refusal is
// a failure of the server.
func (s *Simulator) refuse(w http.ResponseWriter, err error) {
	var r *refusalError
	if !errors.As(err, &r) {
		r = &refusalError{http.StatusInternalServerError, codeFor(http.StatusInternalServerError), err.Error()}
	}
	writeRefusal(w, Envelope(s.envelope.Load()), r)
}

func writeRefusal(w http.ResponseWriter, shape Envelope, r *refusalError) {
	body, err := json.Marshal(gen.ErrorResponse{Error: enclose(shape, r)})
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_, _ = w.Write(body)
}

func enclose(shape Envelope, r *refusalError) gen.ErrorEnvelope {
	detail := gen.ErrorDetail{Code: r.code, Debug: r.debug, IncidentIDGUID: guid(), TraceIDGUID: guid()}
	switch shape {
	case EnvelopeNested:
		detail.Debug = string(mustJSON([]string{r.debug}))
		return gen.ErrorEnvelope{Message: mustJSON(map[string]any{"debug": detail})}
	case EnvelopeText:
		return gen.ErrorEnvelope{Message: mustJSON(r.debug)}
	case EnvelopeUpstream:
		var e any = detail
		for _, key := range []string{"data", "upstreamResponse", "exception", "extension"} {
			e = map[string]any{key: e}
		}
		return gen.ErrorEnvelope{Errors: mustJSON(e)}
	}
	return gen.ErrorEnvelope{Message: mustJSON(detail)}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
