package authflow

import (
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

func TestX4AllErrorEnvelopesAreRead(t *testing.T) {
	full := gen.ErrorDetail{Code: 10097, IncidentIDGUID: "i", TraceIDGUID: "t", Debug: "why"}
	for name, c := range map[string]struct {
		body string
		want gen.ErrorDetail
	}{
		"documented": {`{"error":{"message":{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"why"}}}`, full},
		"live":       {`{"error":{"message":{"debug":{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"[\"why\"]"}}}}`, full},
		"two texts":  {`{"error":{"message":{"debug":{"code":1,"debug":"[\"a\",\"b\"]"}}}}`, gen.ErrorDetail{Code: 1, Debug: "a; b"}},
		"text":       {`{"error":{"message":"why"}}`, gen.ErrorDetail{Debug: "why"}},
		"older": {`{"error":{"errors":{"extension":{"exception":{"upstreamResponse":{"data":
			{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"why"}}}}}}}`, full},
		"half wrong":     {`{"error":{"message":{"code":"x","debug":"why","trace_id_guid":7}}}`, gen.ErrorDetail{Debug: "why"}},
		"deep":           {`{"error":{"message":` + strings.Repeat(`{"debug":`, 50) + `"why"` + strings.Repeat("}", 50) + `}}`, gen.ErrorDetail{}},
		"not ours":       {`{"message":"why"}`, gen.ErrorDetail{}},
		"list":           {`[1]`, gen.ErrorDetail{}},
		"null":           {`{"error":null}`, gen.ErrorDetail{}},
		"null message":   {`{"error":{"message":null}}`, gen.ErrorDetail{}},
		"empty":          {``, gen.ErrorDetail{}},
		"page":           {`<html>`, gen.ErrorDetail{}},
		"unfinished":     {`{"error":{"message":{"code":10`, gen.ErrorDetail{}},
		"debug a number": {`{"error":{"message":{"code":3,"debug":7}}}`, gen.ErrorDetail{Code: 3}},
	} {
		if got := decodeEnvelope([]byte(c.body)); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestErrorTextIsOneBoundedLine(t *testing.T) {
	if got := line("a\n\tb\x00c\xff"); got != "a b c\uFFFD" {
		t.Errorf("%q", got)
	}
	if got := line(strings.Repeat("ä", 1000)); len(got) > maxDebug+3 || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-8:])
	}
}
