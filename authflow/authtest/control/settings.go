package control

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// The names of the values of [authtest.ErrorForm], in their order.
func envelopeNames() []string { return []string{"flat", "nested", "text", "upstream"} }
func debugNames() []string    { return []string{"envelope", "list", "list_of_two", "null"} }
func traceNames() []string    { return []string{"guid", "disabled", "absent"} }

// shownSettings are the settings that can be changed; nil where a request
// leaves one as it is.
type shownSettings struct {
	TrustedAuthentication *bool       `json:"trusted_authentication,omitempty"`
	MFA                   *bool       `json:"mfa,omitempty"`
	ErrorEnvelope         *string     `json:"error_envelope,omitempty"`
	ErrorDebug            *string     `json:"error_debug,omitempty"`
	ErrorTraceID          *string     `json:"error_trace_id,omitempty"`
	LatencySeconds        *float64    `json:"latency_seconds,omitempty"`
	RateLimit             *shownLimit `json:"rate_limit,omitempty"`
}

type shownLimit struct {
	PerSecond         float64 `json:"per_second"`
	Burst             int     `json:"burst,omitempty"`
	RetryAfterSeconds float64 `json:"retry_after_seconds,omitempty"`
}

// seconds is a duration from a request, whose document bounds it.
func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func (c *controller) getSettings(*http.Request) (any, error) { return c.settings(), nil }

func (c *controller) settings() shownSettings {
	b := c.sim.Behavior()
	form, latency := b.ErrorForm, b.Latency.Seconds()
	return shownSettings{
		TrustedAuthentication: &b.TrustedAuthentication, MFA: &b.MFA,
		ErrorEnvelope: &envelopeNames()[form.Envelope], ErrorDebug: &debugNames()[form.Debug], ErrorTraceID: &traceNames()[form.TraceID],
		LatencySeconds: &latency, RateLimit: &shownLimit{b.RateLimit.PerSecond, b.RateLimit.Burst, b.RateLimit.RetryAfter.Seconds()},
	}
}

func (c *controller) changeSettings(r *http.Request) (any, error) {
	var in shownSettings
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if l := in.RateLimit; l != nil {
		if l.Burst == 0 {
			l.Burst = 10
		}
		c.sim.SetRateLimit(authtest.RateLimit{PerSecond: l.PerSecond, Burst: l.Burst, RetryAfter: seconds(l.RetryAfterSeconds)})
	}
	if in.TrustedAuthentication != nil {
		c.sim.SetTrustedAuthentication(*in.TrustedAuthentication)
	}
	if in.MFA != nil {
		c.sim.SetMFA(*in.MFA)
	}
	if in.LatencySeconds != nil {
		c.sim.SetLatency(seconds(*in.LatencySeconds))
	}
	c.changeErrorForm(in)
	return c.settings(), nil
}

// changeErrorForm changes the form of errors, by names that the document has.
func (c *controller) changeErrorForm(in shownSettings) {
	form := c.sim.Behavior().ErrorForm
	if in.ErrorEnvelope != nil {
		form.Envelope = authtest.Envelope(slices.Index(envelopeNames(), *in.ErrorEnvelope))
	}
	if in.ErrorDebug != nil {
		form.Debug = authtest.DebugText(slices.Index(debugNames(), *in.ErrorDebug))
	}
	if in.ErrorTraceID != nil {
		form.TraceID = authtest.TraceID(slices.Index(traceNames(), *in.ErrorTraceID))
	}
	c.sim.SetErrorForm(form)
}

// shownClock is the server's time.
type shownClock struct {
	Now         time.Time `json:"now"`
	NowInMillis int64     `json:"now_in_millis"`
}

func (c *controller) getClock(*http.Request) (any, error) {
	now := time.UnixMilli(c.sim.Now().UnixMilli()) // without the fraction, as the API has it
	return shownClock{now.UTC(), now.UnixMilli()}, nil
}

func (c *controller) advanceClock(r *http.Request) (any, error) {
	var in struct{ Seconds float64 }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	c.sim.Advance(seconds(in.Seconds))
	return c.getClock(r)
}
