package proxy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// The paths of the checks need no key.
const (
	healthPrefix = "_tsauth"
	livePath     = "/_tsauth/live"
	readyPath    = "/_tsauth/ready"
)

// readyTime is how long a check waits for a credential.
const readyTime = 2 * time.Second

func isHealth(r *http.Request) bool { return r.URL.Path == livePath || r.URL.Path == readyPath }

type health struct {
	Status string `json:"status"` // ok, draining or unavailable
	Reason string `json:"reason,omitempty"`
}

// serveHealth says whether the proxy runs and, at readyPath, whether it takes new
// requests and has a credential for them.
func (p *Proxy) serveHealth(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == livePath:
		writeJSON(w, http.StatusOK, health{Status: "ok"})
	case p.requests.isDraining():
		writeJSON(w, http.StatusServiceUnavailable, health{Status: "draining"})
	default:
		p.serveReady(w, r)
	}
}

func (p *Proxy) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	_, err := p.flow.Token(ctx)
	latest := p.rejected.Load()
	if err == nil && latest != nil && time.Now().Before(latest.until) {
		err = latest.err // the token that the Flow still has is dead
	}
	if err == nil {
		writeJSON(w, http.StatusOK, health{Status: "ok"})
		return
	}
	reason := "other"
	var failure *authflow.Error
	if errors.As(err, &failure) {
		reason = failure.Class()
	}
	writeJSON(w, http.StatusServiceUnavailable, health{"unavailable", reason})
}

// noCredential says that a request got no credential, because the cluster rejected the
// password or key. It counts until the Flow sends the password or key again.
type noCredential struct {
	err   error
	until time.Time
}

// noCredentialBy returns what an error of the Flow says of its credential; nil for other errors.
func noCredentialBy(err error) *noCredential {
	var failure *authflow.Error
	if !errors.Is(err, authflow.ErrCredentialsRejected) || !errors.As(err, &failure) {
		return nil
	}
	return &noCredential{err: err, until: time.Now().Add(failure.RetryAfter)}
}
