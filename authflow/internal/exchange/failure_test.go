package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestX4_ErrorBody_IsReadInAllItsForms(t *testing.T) {
	t.Parallel()
	full := gen.ErrorDetail{Code: 10097, IncidentIDGUID: "i", TraceIDGUID: "t", Debug: "why"}
	for name, tt := range map[string]struct {
		body string
		want gen.ErrorDetail
	}{
		"documented": {`{"error":{"message":{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"why"}}}`, full},
		"live":       {`{"error":{"message":{"debug":{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"[\"why\"]"}}}}`, full},
		"two texts":  {`{"error":{"message":{"debug":{"code":1,"debug":"[\"a\",\"b\"]"}}}}`, gen.ErrorDetail{Code: 1, Debug: "a; b"}},
		"text":       {`{"error":{"message":"why"}}`, gen.ErrorDetail{Debug: "why"}},
		"older": {`{"error":{"errors":{"extension":{"exception":{"upstreamResponse":{"data":
			{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"why"}}}}}}}`, full},
		"no trace":       {`{"error":{"message":{"debug":{"code":10097,"incident_id_guid":"i","trace_id_guid":"tracing-disabled","debug":"[\"why\"]"}}}}`, gen.ErrorDetail{Code: 10097, IncidentIDGUID: "i", Debug: "why"}},
		"null as text":   {`{"error":{"message":{"debug":{"code":10000,"debug":"[null]"}}}}`, gen.ErrorDetail{Code: 10000}},
		"empty second":   {`{"error":{"message":{"debug":{"code":12325,"debug":"[\"why\",\"\"]"}}}}`, gen.ErrorDetail{Code: 12325, Debug: "why"}},
		"guarded":        {")]}',\n" + `{"error":{"message":"why"}}`, gen.ErrorDetail{Debug: "why"}},
		"half wrong":     {`{"error":{"message":{"code":"x","debug":"why","trace_id_guid":7}}}`, gen.ErrorDetail{Debug: "why"}},
		"text in braces": {`{"error":{"message":"[why]"}}`, gen.ErrorDetail{Debug: "[why]"}},
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
		if got := decodeEnvelope([]byte(tt.body)); got != tt.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A text that changes its direction could show another file name or user than the
// server wrote.
func TestX3_ErrorText_IsOnePrintableLine(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(map[string]any{"error": map[string]any{"message": map[string]any{
		"debug": "a\n\tb\u202ec" + strings.Repeat("ü", 1000), "incident_id_guid": "i\u200b1", "trace_id_guid": "t\x001",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	resp := respond(nil, 500, string(body)) //nolint:bodyclose // it holds nothing
	f := FailureOf("login", outcome.Password, resp, body, plain)
	if !strings.HasPrefix(f.Debug, `a b\u202ecü`) || !strings.HasSuffix(f.Debug, "ü…") || len(f.Debug) > 510 {
		t.Errorf("debug of %d bytes: %s", len(f.Debug), f.Debug)
	}
	if f.IncidentID != `i\u200b1` || f.TraceID != `t\x001` {
		t.Errorf("ids %q and %q", f.IncidentID, f.TraceID)
	}
}

func TestX4_Failure_DescribesTheResponse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status      int
		label, body string
		page        outcome.Page
		class       outcome.Class
		err         string
	}{
		"page":          {200, "text/html", "<html>hello", outcome.HTML, outcome.Unexpected, "answered with 11 bytes of text/html"},
		"empty":         {500, "application/json", "", outcome.NoPage, outcome.Other, "answered with an empty body of application/json"},
		"maintenance":   {500, "text/html", "<html>Site Maintenance", outcome.Maintenance, outcome.Overloaded, ""},
		"gateway":       {502, "text/html", "<html>", outcome.HTML, outcome.Overloaded, "answered with 6 bytes of text/html"},
		"unknown":       {400, "nonsense/", "x", outcome.NoPage, outcome.Invalid, "answered with 1 bytes of unknown content"},
		"said":          {400, "application/json", `{"error":{"message":"why"}}`, outcome.NoPage, outcome.Invalid, ""},
		"code alone":    {400, "application/json", `{"error":{"message":{"code":7}}}`, outcome.NoPage, outcome.Invalid, ""},
		"not supported": {501, "application/json", `{"error":{"message":"no"}}`, outcome.NoPage, outcome.Invalid, ""},
	} {
		resp := respond(request(t, http.MethodGet, serverURL), tt.status, "", "Content-Type", tt.label, "Retry-After", "7") //nolint:bodyclose // it holds nothing
		f := FailureOf("getCurrentUserInfo", outcome.Bearer, resp, []byte(tt.body), plain)
		text := ""
		if f.Err != nil {
			text = f.Err.Error()
		}
		if f.Class != tt.class || f.Page != tt.page || text != tt.err || f.RetryAfter != 7*time.Second || f.Status != tt.status || f.Op != "getCurrentUserInfo" {
			t.Errorf("%s: %+v", name, f)
		}
		if f.Permanent != (tt.status == 501) {
			t.Errorf("%s: permanent %v", name, f.Permanent)
		}
	}
}

// A secret that the server repeats is withheld, in whatever field, numbers
// included.
func TestX3_FailureThatRepeatsASecret_WithholdsIt(t *testing.T) {
	t.Parallel()
	resp := respond(request(t, http.MethodGet, serverURL), 400, "", "Content-Type", "s3cret/x") //nolint:bodyclose // it holds nothing
	for _, body := range []string{
		`{"error":{"message":{"code":0,"incident_id_guid":"a-s3cret","trace_id_guid":"b-s3cret","debug":"c-s3cret"}}}`, "s3cret",
	} {
		f := FailureOf("login", outcome.Password, resp, []byte(body), hiding("s3cret"))
		text := f.Debug + f.IncidentID + f.TraceID
		if f.Err != nil {
			text += f.Err.Error()
		}
		if strings.Contains(text, "s3cret") || !strings.Contains(text, "[withheld]") {
			t.Errorf("%+v", f)
		}
	}
	digits := `{"error":{"message":{"code":48151623,"debug":"x"}}}`
	if f := FailureOf("login", outcome.Password, resp, []byte(digits), hiding("48151623")); f.Code != 0 {
		t.Errorf("a password of digits is shown as code %d", f.Code)
	}
	if f := FailureOf("login", outcome.Password, resp, []byte(digits), hiding("1234")); f.Code != 48151623 {
		t.Errorf("code %d", f.Code)
	}
}

func TestX3_ErrorThatRepeatsASecret_LosesItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("malformed response \"s3cret\"")
	f := FailureOfError("login", cause, false, hiding("s3cret"))
	if f.Class != outcome.OutcomeUnknown || errors.Is(f.Err, cause) || strings.Contains(f.Err.Error(), "s3cret") {
		t.Errorf("%+v", f)
	}
	f = FailureOfError("login", context.DeadlineExceeded, true, plain)
	if f.Class != outcome.NotSent || !errors.Is(f.Err, context.DeadlineExceeded) {
		t.Errorf("%+v", f)
	}
}

func TestR1_RetryAfter_CountsByTheServersClock(t *testing.T) {
	t.Parallel()
	now := time.Now().Add(-24 * time.Hour)
	date := func(d time.Duration) string { return now.Add(d).UTC().Format(http.TimeFormat) }
	for name, tt := range map[string]struct {
		after, date string
		want        time.Duration
	}{
		"absent": {"", "", 0}, "seconds": {" 7 ", "", 7 * time.Second}, "zero": {"0", "", 0}, "negative": {"-5", "", 0}, "nonsense": {"soon", "", 0},
		"a date": {date(time.Minute), date(0), time.Minute}, "in the past": {date(-time.Minute), date(0), 0}, "by our clock": {date(time.Minute), "", 0},
		"huge": {"99999999999999999999", "", 24 * time.Hour}, "in 9999": {"Fri, 31 Dec 9999 23:59:59 GMT", date(0), 24 * time.Hour},
	} {
		h := http.Header{"Retry-After": {tt.after}, "Date": {tt.date}}
		if got := retryAfter(h); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
