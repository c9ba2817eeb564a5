package authflow

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// sessionRemember is how long a session with RememberMe lives (seed,
// "Cookie-based authentication").
const sessionRemember = 7 * 24 * time.Hour

// begin makes a lease of a session from the answer to a log-in, with cookies
// of its own (S3).
func (f *Flow) begin(a *answer) (*lease, error) {
	c := f.cluster
	s := &session{origin: &c.origin, bounded: !f.remember}
	s.set(a.header, c.origin.api+"auth/session/login", 0)
	now := s.cookies.Load()
	if now == nil || now.main == 0 {
		return nil, &Error{Op: f.way.op(), Status: a.status, Err: fmt.Errorf("the answer set no cookie for %s that may be sent back", c.url)}
	}
	life := renewal.Forever // but for rest, or want of a cookie, which each answer may put off
	if f.remember {
		life = min(now.main, sessionRemember)
	}
	return c.policy.grant(credential{session: s}, a.sent, life), nil
}

// attach adds the credential of l to req: the Authorization header, or the
// cookies of the session and, if it is absent, the header that goes with them
// (I4). It returns the session's cookies, whole.
func attach(req *http.Request, l *lease) string {
	c := &l.Value
	if c.session == nil {
		req.Header["Authorization"] = c.header[:1:1]
		return ""
	}
	if _, ok := req.Header["X-Requested-By"]; !ok {
		req.Header["X-Requested-By"] = []string{"ThoughtSpot"}
	}
	return c.session.attach(req, l.Age(time.Now())).header
}
