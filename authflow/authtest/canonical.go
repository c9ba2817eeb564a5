package authtest

import (
	"net/http"
	"net/url"
	"strings"
)

// canonical returns a request as the simulator routes it: without a slash at the
// end of its path, and HEAD as GET, unless the test has set a response to HEAD.
// net/http leaves the body of a response to HEAD out.
func (s *Simulator) canonical(r *http.Request) *http.Request {
	at := new(url.URL)
	*at = *r.URL
	at.Path, at.RawPath = withoutSlash(at.Path), withoutSlash(at.RawPath)
	r.URL = at
	if r.Method == http.MethodHead && !s.canned.has(r.Method, at.Path) {
		r.Method = http.MethodGet
	}
	return r
}

// withoutSlash returns a path without a slash at its end. The root stays.
func withoutSlash(path string) string {
	if path == "/" {
		return path
	}
	return strings.TrimSuffix(path, "/")
}
