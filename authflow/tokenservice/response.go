package tokenservice

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// response is a whole response, so that a failure never leaves half of one.
type response struct {
	status int
	kind   string // of the body
	body   []byte
}

// secure sets the headers of all responses: no cache stores them (T4), no browser
// treats them as another type, or shows them to a page that may not read them. They
// have no validator, such as an ETag, by which a browser could use an old response again. The
// cache of a service worker ignores Cache-Control, and rejects responses that vary by "*".
func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// For requests outside CORS, such as those of images.
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "*, Accept, Authorization, Cookie, Referer, Sec-Fetch-Dest, Sec-Fetch-Site") // CORS adds Origin
}

// write sends a response at once. For HEAD it leaves the body out.
func (resp *response) write(w http.ResponseWriter, isHead bool) {
	if resp.kind != "" {
		w.Header().Set("Content-Type", resp.kind)
	}
	if len(resp.body) > 0 && !isHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(resp.body)))
	}
	w.WriteHeader(resp.status)
	if !isHead {
		_, _ = w.Write(resp.body) // a client that has closed the connection does not see an error
	}
}

// tokenResponse returns the response with a token, whose form is textType or jsonType.
func tokenResponse(t authflow.Token, form string) response {
	resp := response{http.StatusOK, form, []byte(t.Value)}
	if form != jsonType {
		return resp
	}
	body := struct {
		Token     string `json:"token"`
		ExpiresIn *int64 `json:"expires_in,omitempty"` // in seconds
		ExpiresAt string `json:"expires_at,omitempty"`
	}{Token: string(t.Value)}
	if !t.Deadline.IsZero() {
		remaining := int64(time.Until(t.Deadline) / time.Second)
		body.ExpiresIn, body.ExpiresAt = &remaining, t.Deadline.UTC().Format(time.RFC3339)
	}
	resp.body, _ = json.Marshal(body) // strings and a number always have a JSON form
	return resp
}

// problem is an error as RFC 9457 describes it. From the cluster's response it has only
// the numbers that ThoughtSpot's support needs.
type problem struct {
	Title      string `json:"title,omitempty"`
	Status     int    `json:"status"`
	Detail     string `json:"detail,omitempty"`
	Code       int    `json:"code,omitempty"`
	IncidentID string `json:"incident_id,omitempty"`
	TraceID    string `json:"trace_id,omitempty"`
	Alive      int    `json:"alive,omitempty"` // tokens that a sign-out could not end
	Until      string `json:"until,omitempty"` // when the last of them expires, as in RFC 3339
}

// problemResponse returns the response for an outcome without a token.
func problemResponse(o Outcome, err error) response {
	_, status, detail := o.about()
	p := problem{Title: http.StatusText(status), Status: status, Detail: detail}
	var e *authflow.Error
	if errors.As(err, &e) {
		p.Code, p.IncidentID, p.TraceID = e.Code, e.IncidentID, e.TraceID
	}
	var s *SignOutError
	if errors.As(err, &s) {
		p.Alive = s.Alive
		if !s.Until.IsZero() {
			p.Until = s.Until.UTC().Format(time.RFC3339)
		}
	}
	body, _ := json.Marshal(p)
	return response{status, "application/problem+json", body}
}

// retryAfter returns the value of Retry-After, in whole seconds. It is somewhat later
// than d and random, so that clients with the same d do not all retry at once.
func retryAfter(d time.Duration) string {
	d = max(d, time.Second/2)
	return seconds(d + rand.N(d/4+time.Second/2))
}

// seconds returns d in whole seconds, rounded up, and at least 1.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, math.Ceil(d.Seconds()))), 10)
}
