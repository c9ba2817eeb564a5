package authtest

import "time"

// Behavior is how the cluster behaves: what the setters of its fields change.
type Behavior struct {
	TrustedAuthentication bool
	MFA                   bool
	ErrorForm             ErrorForm
	Latency               time.Duration
	RateLimit             RateLimit
}

// Behavior returns how the cluster behaves now.
func (s *Simulator) Behavior() Behavior {
	s.limiter.mu.Lock()
	limit := s.limiter.limit
	s.limiter.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Behavior{
		TrustedAuthentication: s.keys.enabled, MFA: s.mfa, ErrorForm: s.form,
		Latency: time.Duration(s.latency.Load()), RateLimit: limit,
	}
}
