package authtest

import (
	"fmt"
	"net/http"
	"net/url"
)

// WithOrigins lets pages of these origins, such as https://app.example, call
// the simulator from a browser and frame its page, as an administrator of a
// cluster allows it for embedding. Every response to such a page then carries the
// CORS headers, with credentials; those of faults too. On TLS the cookies of
// sessions carry SameSite=None and Secure, because a browser does not send them
// across sites otherwise.
//
// Without it, and for other origins, there are no such headers. [New] panics if
// an origin is not a scheme and a host, with a port or without.
func WithOrigins(origins ...string) Option {
	return func(s *settings) { s.origins = append(s.origins, origins...) }
}

// A page may send these: the methods of the REST API, and the headers that the
// API and the vendor's Visual Embed SDK use.
const (
	sharedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	sharedHeaders = "Accept, Accept-Language, Authorization, Content-Type, X-Requested-By, X-Org-Selector"
)

// mustOrigin panics unless o is what a browser sends as an Origin.
func mustOrigin(o string) {
	u, err := url.Parse(o)
	isOrigin := err == nil && u.Host != "" && o == u.Scheme+"://"+u.Host
	if !isOrigin || u.Scheme != "http" && u.Scheme != "https" {
		panic(fmt.Sprintf("authtest: the origin %q is not of the form https://host or https://host:port", o))
	}
}

// shares reports whether pages of an origin may read answers.
func (s *Simulator) shares(from string) bool {
	u, err := url.Parse(from)
	if err != nil {
		return false
	}
	for _, o := range s.settings.origins {
		if allowed, err := url.Parse(o); err == nil && origin(allowed) == origin(u) {
			return true
		}
	}
	return false
}

// share adds what lets a page read the response, before anything else has a hand
// in it: a page must be able to read errors and faults as well.
func (s *Simulator) share(answer http.Header, r *http.Request) {
	if len(s.settings.origins) == 0 {
		return
	}
	answer.Add("Vary", "Origin")
	if from := r.Header.Get("Origin"); s.shares(from) {
		answer.Set("Access-Control-Allow-Origin", from)
		answer.Set("Access-Control-Allow-Credentials", "true")
	}
}

// isPreflight reports whether a request is a browser's question whether a page
// may make another one.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight responses that question.
func (s *Simulator) preflight(w http.ResponseWriter, r *http.Request) {
	if !s.shares(r.Header.Get("Origin")) {
		s.refuse(w, forbidden("pages of this origin are not let in"))
		return
	}
	w.Header().Set("Access-Control-Allow-Methods", sharedMethods)
	w.Header().Set("Access-Control-Allow-Headers", sharedHeaders)
	w.WriteHeader(http.StatusNoContent)
}
