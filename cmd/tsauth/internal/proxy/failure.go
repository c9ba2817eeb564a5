package proxy

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// rejectedBodyTime is how long a rejected request may take to send its body.
const rejectedBodyTime = time.Second

// write writes the response in the form of the API's errors, so that a client shows the
// reason.
func (p *rejection) write(w http.ResponseWriter) {
	// net/http reads the start of the body first, which may never arrive.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(rejectedBodyTime))
	if p.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", strings.Join(methods(), ", "))
	}
	writeError(w, p.status, p.reason)
}

// failure is why a request that was let in has no response of the cluster.
type failure struct {
	status     int
	reason     string
	retryAfter time.Duration
}

// unprepared returns the failure for an error of [body.Prepare].
func unprepared(err error) failure {
	var flowError *authflow.Error
	if !errors.As(err, &flowError) {
		return failure{status: http.StatusBadRequest, reason: "the body ended early: " + err.Error()}
	}
	return failureOf(err)
}

// failureOf returns the failure for an error of the Flow or of the network.
func failureOf(err error) failure {
	var flowError *authflow.Error
	if !errors.As(err, &flowError) {
		return failure{status: http.StatusBadGateway, reason: "no response from the cluster: " + err.Error()}
	}
	status := http.StatusBadGateway
	isClosed := errors.Is(err, authflow.ErrClosed)
	if flowError.Retryable() || isClosed {
		status = http.StatusServiceUnavailable
	}
	return failure{status: status, reason: err.Error(), retryAfter: flowError.RetryAfter}
}

func (f failure) write(w http.ResponseWriter) {
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retryAfter.Seconds()))))
	}
	writeError(w, f.status, f.reason)
}

// writeError writes an error that a reader can tell from one of the cluster.
func writeError(w http.ResponseWriter, status int, reason string) {
	type message struct {
		Debug string `json:"debug"`
	}
	type envelope struct {
		Message message `json:"message"`
	}
	writeJSON(w, status, map[string]envelope{"error": {message{"tsauth proxy: " + reason}}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}
