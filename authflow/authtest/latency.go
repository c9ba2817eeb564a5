package authtest

import (
	"net/http"
	"time"
)

// WithLatency lets each call take d before it is looked at, in real time or
// in the fake time of a testing/synctest bubble; see [Simulator.SetLatency]. In a bubble
// calls take no time otherwise, and their durations are zero.
func WithLatency(d time.Duration) Option {
	return func(s *settings) { s.latency = d }
}

// SetLatency lets each call that arrives from now on take d, before its faults
// and blocks and before it has any effect. A call whose client gives up
// in the meantime ends without a response, and without effect.
func (s *Simulator) SetLatency(d time.Duration) { s.latency.Store(int64(d)) }

// delayed puts the latency in front of h.
func (s *Simulator) delayed(h http.Handler) http.Handler {
	if d := time.Duration(s.latency.Load()); d > 0 {
		return Delay(d)(h)
	}
	return h
}
