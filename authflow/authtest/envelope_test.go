package authtest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestEnvelopes(t *testing.T) {
	for _, test := range []struct {
		name string
		opts []authtest.Option
		path string // to the details
		text string // of the rejection
	}{
		{"flat", nil, "error.message", `the secret key is not valid`},
		{"nested", []authtest.Option{authtest.WithErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeNested})}, "error.message.debug", `["the secret key is not valid"]`},
		{"upstream", []authtest.Option{authtest.WithErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeUpstream})},
			"error.errors.extension.exception.upstreamResponse.data", `the secret key is not valid`},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(append(test.opts, ann())...)
			a := call(t, sim, full, `{"username":"ann","secret_key":"no"}`)
			if a.status != 401 {
				t.Fatalf("status %d", a.status)
			}
			var at map[string]any
			a.decode(t, &at)
			for _, key := range strings.Split(test.path, ".") {
				at, _ = at[key].(map[string]any)
			}
			if at["code"] != 10097.0 || at["debug"] != test.text || at["incident_id_guid"] == "" || at["trace_id_guid"] == "" {
				t.Errorf("details %v in %s", at, a.body)
			}
		})
	}
}

func TestTextEnvelopeAndItsChange(t *testing.T) {
	sim := authtest.New(authtest.WithErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeText}))
	a := call(t, sim, whoami, "", bearer("x"))
	var e struct{ Error struct{ Message string } }
	a.decode(t, &e)
	if a.status != 401 || !strings.Contains(e.Error.Message, "token") {
		t.Errorf("%d %s", a.status, a.body)
	}
	sim.SetErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeNested})
	sim.Fail(authtest.AnyOperation, 1, authtest.Reject(403, 10023, "no"))
	a = call(t, sim, whoami, "")
	if d := a.failure(t); a.status != 403 || d.Code != 10023 || d.Debug != `["no"]` {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !json.Valid(a.body) || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%q %s", a.header.Get("Content-Type"), a.body)
	}
}

// Other people saw these on live servers.
func TestErrorForm_LiveForms(t *testing.T) {
	for name, test := range map[string]struct {
		form  authtest.ErrorForm
		code  float64
		debug string
		trace any
	}{
		"tracing disabled": {authtest.ErrorForm{TraceID: authtest.TraceDisabled}, 10097, `the secret key is not valid`, "tracing-disabled"},
		"no trace id":      {authtest.ErrorForm{TraceID: authtest.TraceAbsent}, 10097, `the secret key is not valid`, nil},
		"a list":           {authtest.ErrorForm{Debug: authtest.DebugList, TraceID: authtest.TraceAbsent}, 10097, `["the secret key is not valid"]`, nil},
		"a list of two":    {authtest.ErrorForm{Debug: authtest.DebugListOfTwo, TraceID: authtest.TraceAbsent}, 10097, `["the secret key is not valid",""]`, nil},
		"null":             {authtest.ErrorForm{Debug: authtest.DebugNull, TraceID: authtest.TraceAbsent}, 10000, `[null]`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			sim := authtest.New(ann(), authtest.WithErrorForm(test.form))
			for range 2 {
				var e struct {
					Error struct{ Message map[string]any }
				}
				a := call(t, sim, full, `{"username":"ann","secret_key":"no"}`)
				a.decode(t, &e)
				got := e.Error.Message
				if a.status != 401 || got["code"] != test.code || got["debug"] != test.debug || got["trace_id_guid"] != test.trace || got["incident_id_guid"] == "" {
					t.Errorf("%d %s", a.status, a.body)
				}
				sim.SetErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeText})
				sim.Reset()
			}
		})
	}
}
