package tokenservice

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Live returns a handler that responds with 200 until Shutdown has returned, and with
// 503 afterwards: then the process may be ended.
func (s *Service) Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.stopped:
			writeHealth(w, r, http.StatusServiceUnavailable, health{Status: "stopped"})
		default:
			writeHealth(w, r, http.StatusOK, health{Status: "ok"})
		}
	})
}

// Ready returns a handler that responds with 200 while the service accepts requests, and
// with 503 once Shutdown was called. During an outage of the cluster it responds with
// 200, the status "degraded", the reason, and when the cluster is tried again. An outage
// is the same for all replicas: with 503, a balancer would have no replica left. While the
// Store of the cluster fails, the reason is "store": tokens are handed out without it.
func (s *Service) Ready() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Stats().Draining {
			writeHealth(w, r, http.StatusServiceUnavailable, health{Status: "draining"})
			return
		}
		writeHealth(w, r, http.StatusOK, s.health())
	})
}

// health returns the state of the service while it takes requests. An outage of the
// cluster is worse than one of the Store, so it is told first.
func (s *Service) health() health {
	var e *authflow.Error
	if errors.As(s.cluster.Outage(), &e) {
		return health{"degraded", outageReason(e), time.Now().Add(e.RetryAfter).UTC().Format(time.RFC3339)}
	}
	if s.cluster.Stats().Store.Failing != "" {
		return health{Status: "degraded", Reason: "store"}
	}
	return health{Status: "ok"}
}

type health struct {
	Status string `json:"status"` // ok, degraded, draining or stopped
	Reason string `json:"reason,omitempty"`
	Until  string `json:"until,omitempty"` // the next try, as in RFC 3339
}

// outageReason returns the reason for an outage in a word of this package, never of the
// server; "" if err is nil.
func outageReason(err error) string {
	var e *authflow.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, authflow.ErrMaintenance):
		return "maintenance"
	case errors.Is(err, authflow.ErrRateLimited):
		return "rate_limited"
	case errors.As(err, &e) && e.Status == 0:
		return "unreachable"
	}
	return "unavailable"
}

func writeHealth(w http.ResponseWriter, r *http.Request, status int, h health) {
	body, _ := json.Marshal(h)
	w.Header().Set("Cache-Control", "no-store")
	resp := response{status, jsonType, body}
	resp.write(w, r.Method == http.MethodHead)
}
