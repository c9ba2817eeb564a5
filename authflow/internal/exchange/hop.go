package exchange

import (
	"net/http"
	"slices"
	"strings"
)

// LeftOrigin reports whether req, or a hop of the redirects that led to it, is
// for another origin. A server that we were sent to must not make requests with
// our credential, not even to our own server.
func (o *Origin) LeftOrigin(req *http.Request) bool {
	for ; req != nil; req = previousHop(req) {
		if !o.Matches(req) {
			return true
		}
	}
	return false
}

// fromAPI reports whether req is for the API, or follows redirects that began there.
func (o *Origin) fromAPI(req *http.Request) bool {
	for ; req != nil; req = previousHop(req) {
		if o.isAPIRequest(req) {
			return true
		}
	}
	return false
}

func (o *Origin) isAPIRequest(req *http.Request) bool {
	return req.URL != nil && o.inAPI(req.URL) && o.Matches(req)
}

// previousHop returns the request whose response led to req, or nil.
func previousHop(req *http.Request) *http.Request {
	if req.Response == nil {
		return nil
	}
	return req.Response.Request
}

// firstRedirect returns the response of the API that began the redirects to req,
// or nil.
func (o *Origin) firstRedirect(req *http.Request) *http.Response {
	var first *http.Response
	for ; req.Response != nil && req.Response.Request != nil; req = req.Response.Request {
		if o.isAPIRequest(req.Response.Request) {
			first = req.Response
		}
	}
	return first
}

// CredentialOfLocation reports whether the Authorization header of req was made
// by http.Client from the user name and password in a Location, and so is not
// the caller's.
func CredentialOfLocation(req *http.Request) bool {
	user := req.URL.User
	if user == nil || req.Response == nil {
		return false
	}
	password, _ := user.Password()
	basic := &http.Request{Header: make(http.Header)}
	basic.SetBasicAuth(user.Username(), password)
	return req.Header.Get("Authorization") == basic.Header.Get("Authorization")
}

// StripForeign removes from the headers of req, a hop that has left the origin,
// what another host must not see: credentials, the Referer, and the caller's X-
// headers. http.Client keeps them for sub-domains and other ports of a host.
//
// Cookies that a jar of the caller's holds for the other host stay. The cookies of the
// session, which isOurs recognizes by name=value, are removed. From a hop to another
// host, the cookies that an earlier hop carried to the origin are removed, too: an Edit
// may have put them there, for a session that was replaced since. A hop back to the
// origin keeps them, because a jar holds them for it.
func (o *Origin) StripForeign(req *http.Request, isOurs func(pair string) bool) {
	keepAuthorization := CredentialOfLocation(req)
	for name := range req.Header {
		if keepAuthorization && isAuthorization(name) {
			continue
		}
		if isForOriginOnly(name) {
			delete(req.Header, name)
		}
	}
	returns := o.Matches(req)
	rest := withoutCookies(takeCookies(req.Header), func(_, pair string) bool { return isOurs(pair) || !returns && o.hasCarried(req, pair) })
	if rest != "" {
		req.Header.Set("Cookie", rest)
	}
}

// hasCarried reports whether an earlier hop carried a cookie to the origin.
func (o *Origin) hasCarried(req *http.Request, pair string) bool {
	for hop := previousHop(req); hop != nil; hop = previousHop(hop) {
		if o.Matches(hop) && slices.Contains(cookiePairs(hop.Header), pair) {
			return true
		}
	}
	return false
}

// isForOriginOnly reports whether a header is one that other hosts must not see.
func isForOriginOnly(name string) bool {
	if isAuthorization(name) || strings.EqualFold(name, "Proxy-Authorization") || strings.EqualFold(name, "Referer") {
		return true
	}
	return len(name) > 2 && strings.EqualFold(name[:2], "X-")
}

func isAuthorization(name string) bool { return strings.EqualFold(name, "Authorization") }
