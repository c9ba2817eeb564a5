package exchange

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/gen"
)

// decodeEnvelope reads the server's error body in any of the four shapes that
// have been seen:
//
//	{"error":{"message":{"code":…,"debug":"text"}}}
//	{"error":{"message":{"debug":{"code":…,"debug":"[\"text\"]"}}}}
//	{"error":{"message":"text"}}
//	{"error":{"errors":{"extension":{"exception":{"upstreamResponse":{"data":{…}}}}}}}
//
// It returns the zero value for anything else.
func decodeEnvelope(body []byte) gen.ErrorDetail {
	var envelope struct {
		Error struct {
			Message json.RawMessage `json:"message"`
			Errors  json.RawMessage `json:"errors"`
		} `json:"error"`
	}
	if json.Unmarshal(wire.Trim(body), &envelope) != nil {
		return gen.ErrorDetail{}
	}
	if d := decodeMessage(envelope.Error.Message); d != (gen.ErrorDetail{}) {
		return d
	}
	var upstream struct {
		Extension struct {
			Exception struct {
				UpstreamResponse struct {
					Data json.RawMessage `json:"data"`
				} `json:"upstreamResponse"`
			} `json:"exception"`
		} `json:"extension"`
	}
	if json.Unmarshal(envelope.Error.Errors, &upstream) != nil {
		return gen.ErrorDetail{}
	}
	return decodeMessage(upstream.Extension.Exception.UpstreamResponse.Data)
}

// errorFields are the fields of an error as they were sent. They are decoded one
// by one, because a half-read error says more than an unread one.
type errorFields struct {
	Code     json.RawMessage `json:"code"`
	Incident json.RawMessage `json:"incident_id_guid"`
	Trace    json.RawMessage `json:"trace_id_guid"`
	Debug    json.RawMessage `json:"debug"`
}

// decodeMessage reads a text, an error, or an object whose debug is an error.
func decodeMessage(raw json.RawMessage) gen.ErrorDetail {
	var fields, inner errorFields
	if json.Unmarshal(raw, &fields) != nil {
		return gen.ErrorDetail{Debug: decodeText(raw)}
	}
	d := fields.decode()
	if json.Unmarshal(fields.Debug, &inner) != nil {
		return d
	}
	in := inner.decode()
	return gen.ErrorDetail{
		Code:           cmp.Or(d.Code, in.Code),
		Debug:          cmp.Or(d.Debug, in.Debug),
		IncidentIDGUID: cmp.Or(d.IncidentIDGUID, in.IncidentIDGUID),
		TraceIDGUID:    cmp.Or(d.TraceIDGUID, in.TraceIDGUID),
	}
}

// noTrace stands in place of the trace id if tracing is off.
const noTrace = "tracing-disabled"

func (f *errorFields) decode() gen.ErrorDetail {
	d := gen.ErrorDetail{Debug: decodeText(f.Debug)}
	_ = json.Unmarshal(f.Code, &d.Code)
	_ = json.Unmarshal(f.Incident, &d.IncidentIDGUID)
	_ = json.Unmarshal(f.Trace, &d.TraceIDGUID)
	if d.TraceIDGUID == noTrace {
		d.TraceIDGUID = ""
	}
	return d
}

// decodeText returns a JSON string, which may hold a JSON list of texts, such as
// ["text",""] or [null]. It returns "" for anything else.
func decodeText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	var list []string
	if !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &list) != nil {
		return text
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	return strings.Join(list, "; ")
}
