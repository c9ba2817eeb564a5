package authtest

import (
	"github.com/go-thoughtspot/tsauth/gen"
)

// Envelope is the shape of the body of an error response.
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

// DebugText is the form of the text in the details of an error response.
type DebugText int32

const (
	// DebugOfEnvelope is the default: a JSON list in a string in
	// [EnvelopeNested], and the text itself in the others.
	DebugOfEnvelope DebugText = iota
	// DebugList is a JSON list of one text, in a string, in every envelope.
	DebugList
	// DebugListOfTwo is such a list with an empty second text.
	DebugListOfTwo
	// DebugNull is "[null]", always with code 10000: an error that tells nothing.
	DebugNull
)

// TraceID is the form of trace_id_guid in the details of an error response.
type TraceID int32

const (
	// TraceGUID is the default: a new GUID for each response.
	TraceGUID TraceID = iota
	// TraceDisabled is "tracing-disabled".
	TraceDisabled
	// TraceAbsent leaves trace_id_guid out.
	TraceAbsent
)

// ErrorForm is the form of error responses. The zero value is the form of the
// vendor's spec; all others were seen on live servers.
type ErrorForm struct {
	Envelope Envelope
	Debug    DebugText
	TraceID  TraceID
}

// WithErrorForm sets the form of error responses.
func WithErrorForm(form ErrorForm) Option {
	return func(s *settings) { s.errorForm = form }
}

// SetErrorForm changes the form of the error responses from now on.
func (s *Simulator) SetErrorForm(form ErrorForm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.form = form
}

func (s *Simulator) errorForm() ErrorForm {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.form
}

// codeUnspecific is the number of an error that tells nothing.
const codeUnspecific = 10000

// enclose returns the body of an error response without the outermost object.
func (f ErrorForm) enclose(r *refusalError) gen.ErrorEnvelope {
	detail := gen.ErrorDetail{Code: r.code, Debug: f.debug(r.debug), IncidentIDGUID: guid()}
	if f.Debug == DebugNull {
		detail.Code = codeUnspecific
	}
	switch f.TraceID {
	case TraceGUID:
		detail.TraceIDGUID = guid()
	case TraceDisabled:
		detail.TraceIDGUID = "tracing-disabled"
	case TraceAbsent:
	}
	switch f.Envelope {
	case EnvelopeFlat:
	case EnvelopeNested:
		return gen.ErrorEnvelope{Message: mustJSON(map[string]any{"debug": detail})}
	case EnvelopeText:
		return gen.ErrorEnvelope{Message: mustJSON(detail.Debug)}
	case EnvelopeUpstream:
		var e any = detail
		for _, key := range []string{"data", "upstreamResponse", "exception", "extension"} {
			e = map[string]any{key: e}
		}
		return gen.ErrorEnvelope{Errors: mustJSON(e)}
	}
	return gen.ErrorEnvelope{Message: mustJSON(detail)}
}

// debug returns a text in the form f.
func (f ErrorForm) debug(text string) string {
	switch f.Debug {
	case DebugOfEnvelope:
		if f.Envelope != EnvelopeNested {
			return text
		}
	case DebugListOfTwo:
		return string(mustJSON([]string{text, ""}))
	case DebugNull:
		return string(mustJSON([]any{nil}))
	case DebugList:
	}
	return string(mustJSON([]string{text}))
}
