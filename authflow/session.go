package authflow

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// sessionRemember is how long a session with RememberMe lives (seed,
// "Cookie-based authentication").
const sessionRemember = 7 * 24 * time.Hour

// begin makes a lease of a session from the response to a login, with cookies of
// its own (S3).
func (f *Flow) begin(r *response) (*lease, *outcome.Failure) {
	idle := f.cluster.policy.SessionIdle
	if f.remember {
		idle = 0
	}
	s := exchange.NewSession(f.cluster.origin, r.Sent, idle, r.Header)
	if s == nil {
		problem := errors.New("it sets no cookie for " + f.cluster.url + " that may be sent back")
		return nil, malformed(f.method.op(), r, problem)
	}
	life := renewal.Forever // until it is idle or loses its cookie, which each response may put off
	if f.remember {
		life = min(s.Lifetime(), sessionRemember)
	}
	return f.cluster.policy.grant(credential{session: s}, r.Sent, life), nil
}

// attach adds the credential of l to req: the Authorization header, or the
// session's cookies and, if it is absent, the header that goes with them (I4). It
// returns the mark of the cookies for [exchange.Session.ChangedSince].
func attach(req *http.Request, l *lease) (mark string) {
	c := &l.Value
	if c.session == nil {
		req.Header["Authorization"] = c.header[:1:1]
		return ""
	}
	if _, ok := req.Header["X-Requested-By"]; !ok {
		req.Header["X-Requested-By"] = requestedBy()
	}
	return c.session.Attach(req, time.Now())
}

func requestedBy() []string { return []string{"ThoughtSpot"} }

// noteResponse takes from a response, whose request was sent at sent with l, what
// it says about the session of l, if l has one (S1, S2).
func (f *Flow) noteResponse(l *lease, sent time.Time, path string, h http.Header) error {
	s := l.Value.session
	if s == nil {
		return nil
	}
	s.Touch(sent)
	if !s.Update(h, path, time.Now()) {
		return nil
	}
	return f.reportToCaller(Event{Kind: CookieCaptured, Reason: "the server set a cookie"})
}
