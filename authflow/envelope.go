package authflow

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/gen"
)

// maxDebug bounds the server's text in an error, in bytes.
const maxDebug = 500

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
	if d := decodeDetail(envelope.Error.Message, true); d != (gen.ErrorDetail{}) {
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
	return decodeDetail(upstream.Extension.Exception.UpstreamResponse.Data, true)
}

// decodeDetail reads the inner part: a text, the details, or, if nested, the
// details below debug. Fields that are not of their type are left out one by one, because a
// half-read error says more than none.
func decodeDetail(raw json.RawMessage, nested bool) gen.ErrorDetail {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return gen.ErrorDetail{Debug: plain(text)}
	}
	var fields struct {
		Code     json.RawMessage `json:"code"`
		Incident json.RawMessage `json:"incident_id_guid"`
		Trace    json.RawMessage `json:"trace_id_guid"`
		Debug    json.RawMessage `json:"debug"`
	}
	if json.Unmarshal(raw, &fields) != nil {
		return gen.ErrorDetail{}
	}
	var d gen.ErrorDetail
	switch {
	case json.Unmarshal(fields.Debug, &text) == nil:
		d.Debug = plain(text)
	case nested:
		d = decodeDetail(fields.Debug, false)
	}
	_ = json.Unmarshal(fields.Incident, &d.IncidentIDGUID)
	_ = json.Unmarshal(fields.Trace, &d.TraceIDGUID)
	_ = json.Unmarshal(fields.Code, &d.Code)
	return d
}

// plain returns the server's text, which may be a JSON list of texts.
func plain(text string) string {
	var list []string
	if strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &list) == nil {
		return strings.Join(list, "; ")
	}
	return text
}

// line makes one printable line of bounded length of a text.
func line(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if len(text) > maxDebug {
		text = strings.ToValidUTF8(text[:maxDebug], "") + "…"
	}
	return text
}
