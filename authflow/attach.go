package authflow

import (
	"net/http"
	"time"
)

// callers reports whether req carries a credential of its own: an Authorization
// header that is not of the lease in use (I3).
func (k *keeper) callers(req *http.Request) bool {
	set, ok := req.Header["Authorization"]
	if !ok {
		return false
	}
	l := k.current.Load()
	return l == nil || l.header == nil || len(set) != 1 || set[0] != l.header[0]
}

// attach adds the credential to req: the Authorization header, or the cookies
// that the jar holds for req's URL.
func (l *lease) attach(req *http.Request) {
	if l.jar == nil {
		req.Header["Authorization"] = l.header
	} else {
		l.attachCookies(req)
	}
}

// attachCookies adds the session's cookies, which is a use of it. They take the place of cookies of
// the same names, which an earlier Edit of the same request has left; other
// cookies stay.
func (l *lease) attachCookies(req *http.Request) {
	l.touch(l.age(time.Now()))
	cookies := l.jar.Cookies(req.URL)
	ours := make(map[string]bool, len(cookies))
	for _, c := range cookies {
		ours[c.Name] = true
	}
	if there := req.Cookies(); len(there) > 0 {
		req.Header.Del("Cookie")
		for _, c := range there {
			if !ours[c.Name] {
				req.AddCookie(c)
			}
		}
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
}
