package authtest

import (
	"net/http"
	"slices"
	"time"
)

// envelopeNames are the names of the [Envelope] values, in their order.
func envelopeNames() []string { return []string{"flat", "nested", "text", "upstream"} }

// shownSettings are the settings that can be changed; nil where a request
// leaves one as it is.
type shownSettings struct {
	TrustedAuthentication *bool       `json:"trusted_authentication,omitempty"`
	MFA                   *bool       `json:"mfa,omitempty"`
	ErrorEnvelope         *string     `json:"error_envelope,omitempty"`
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
	s := c.sim
	s.limiter.mu.Lock()
	limit := s.limiter.limit
	s.limiter.mu.Unlock()
	s.mu.Lock()
	mfa, trusted := s.mfa, s.keys.enabled
	s.mu.Unlock()
	envelope := envelopeNames()[s.envelope.Load()]
	latency := time.Duration(s.latency.Load()).Seconds()
	return shownSettings{
		TrustedAuthentication: &trusted, MFA: &mfa, ErrorEnvelope: &envelope, LatencySeconds: &latency,
		RateLimit: &shownLimit{limit.PerSecond, limit.Burst, limit.RetryAfter.Seconds()},
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
		if err := c.sim.setRateLimit(RateLimit{l.PerSecond, l.Burst, seconds(l.RetryAfterSeconds)}); err != nil {
			return nil, err
		}
	}
	if in.TrustedAuthentication != nil {
		c.sim.SetTrustedAuthentication(*in.TrustedAuthentication)
	}
	if in.MFA != nil {
		c.sim.SetMFA(*in.MFA)
	}
	if in.ErrorEnvelope != nil {
		c.sim.SetErrorEnvelope(Envelope(slices.Index(envelopeNames(), *in.ErrorEnvelope)))
	}
	if in.LatencySeconds != nil {
		c.sim.SetLatency(seconds(*in.LatencySeconds))
	}
	return c.settings(), nil
}

// shownClock is the server's time.
type shownClock struct {
	Now         time.Time `json:"now"`
	NowInMillis int64     `json:"now_in_millis"`
}

func (c *controller) getClock(*http.Request) (any, error) {
	now := c.sim.millis()
	return shownClock{now.UTC(), now.UnixMilli()}, nil
}

func (c *controller) advanceClock(r *http.Request) (any, error) {
	var in struct{ Seconds float64 }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if err := c.sim.advance(seconds(in.Seconds)); err != nil {
		return nil, err
	}
	return c.getClock(r)
}
