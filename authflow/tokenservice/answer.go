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

// answer is all that is written, so that nothing is written by halves.
type answer struct {
	status int
	kind   string // of the body
	body   []byte
}

// secure sets what every answer has: nobody in between keeps it (T4), takes it for
// something else, or shows it to a page that may not read it. There is no
// validator, such as an ETag, by which a browser could ask for it again.
func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// For what is no CORS request, such as an image.
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept, Authorization, Cookie, Referer, Sec-Fetch-Site") // CORS adds Origin
}

// write sends an answer at once. head leaves the body out.
func (a *answer) write(w http.ResponseWriter, head bool) {
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
	}
	if len(a.body) > 0 && !head {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if !head {
		_, _ = w.Write(a.body) // who does not read it any more cannot be told
	}
}

// tokenAnswer is a token in the form that is wanted.
func tokenAnswer(t authflow.Token, form string) answer {
	a := answer{http.StatusOK, form, []byte(t.Value)}
	if form != jsonType {
		return a
	}
	body := struct {
		Token     string `json:"token"`
		ExpiresIn *int64 `json:"expires_in,omitempty"` // in seconds
		ExpiresAt string `json:"expires_at,omitempty"`
	}{Token: string(t.Value)}
	if !t.Deadline.IsZero() {
		left := int64(time.Until(t.Deadline) / time.Second)
		body.ExpiresIn, body.ExpiresAt = &left, t.Deadline.UTC().Format(time.RFC3339)
	}
	a.body, _ = json.Marshal(body) // strings and a number always have a JSON form
	return a
}

// problem is an error as RFC 9457 describes it. Of the cluster's answer it tells
// what its support asks for, and nothing else.
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

// problemAnswer is the answer of an outcome without a token.
func problemAnswer(o Outcome, err error) answer {
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
	return answer{status, "application/problem+json", body}
}

// retryAfter returns the value of Retry-After, in whole seconds, somewhat later
// than d, so that those who were told the same do not come back together.
func retryAfter(d time.Duration) string {
	d = max(d, time.Second/2)
	return seconds(d + rand.N(d/4+time.Second/2))
}

// seconds rounds up, to at least 1.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, math.Ceil(d.Seconds()))), 10)
}
