package authtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The names of what is called outside the project's OpenAPI document: by
// browsers that embed ThoughtSpot, and by clients of the older REST API v1.
// Like the operationIds they are for [Simulator.Fail], [Simulator.Block],
// [Simulator.Calls] and observers.
//
// The paths of v1 are below /callosum/v1/session/, and once more below
// /callosum/v1/tspublic/v1/session/.
const (
	OpV1Login      = "v1/session/login"       // POST, a form
	OpV1TokenLogin = "v1/session/login/token" // POST, a form; or GET, a query
	OpV1AuthToken  = "v1/session/auth/token"  // POST, a form
	OpV1IsActive   = "v1/session/isactive"    // GET
	OpV1Info       = "v1/session/info"        // GET
	OpV1Logout     = "v1/session/logout"      // POST

	// OpPreauthInfo is GET /prism/preauth/info.
	OpPreauthInfo = "preauth/info"
	// OpGetSystemInformation is GET /api/rest/2.0/system.
	OpGetSystemInformation = "getSystemInformation"
	// OpPage is GET / or GET /v2/ with embedApp=true: what an iframe shows.
	OpPage = "page"
	// OpPreflight is the OPTIONS request with which a browser asks whether a
	// page may make a call; that call is then counted as well.
	OpPreflight = "preflight"
)

// outsiders returns those names, sorted.
func outsiders() []string {
	return []string{
		OpGetSystemInformation, OpPage, OpPreauthInfo, OpPreflight, OpV1AuthToken,
		OpV1Info, OpV1IsActive, OpV1Login, OpV1TokenLogin, OpV1Logout,
	}
}

// endpoint is one of them. serve answers, or returns why not.
type endpoint struct {
	op    string
	serve func(x *exchange, w http.ResponseWriter) error
}

// endpoints lists them by path and method.
func (s *Simulator) endpoints() map[string]map[string]endpoint {
	all := map[string]map[string]endpoint{
		"/prism/preauth/info": {http.MethodGet: {OpPreauthInfo, s.preauthInfo}},
		apiPrefix + "system":  {http.MethodGet: {OpGetSystemInformation, s.system}},
	}
	for _, prefix := range []string{"/callosum/v1/session/", "/callosum/v1/tspublic/v1/session/"} {
		maps.Copy(all, map[string]map[string]endpoint{
			prefix + "login":       {http.MethodPost: {OpV1Login, s.v1Login}},
			prefix + "login/token": {http.MethodPost: {OpV1TokenLogin, s.v1TokenLogin}, http.MethodGet: {OpV1TokenLogin, s.v1TokenLogin}},
			prefix + "auth/token":  {http.MethodPost: {OpV1AuthToken, s.v1AuthToken}},
			prefix + "isactive":    {http.MethodGet: {OpV1IsActive, s.v1IsActive}},
			prefix + "info":        {http.MethodGet: {OpV1Info, s.v1Info}},
			prefix + "logout":      {http.MethodPost: {OpV1Logout, s.v1Logout}},
		})
	}
	return all
}

// findOutside is find for what the OpenAPI document does not have; ok is false
// if it is not that.
func (s *Simulator) findOutside(r *http.Request) (e endpoint, allow string, ok bool) {
	switch {
	case isPreflight(r):
		return endpoint{OpPreflight, func(x *exchange, w http.ResponseWriter) error {
			s.preflight(w, x.r)
			return nil
		}}, "", true
	case isPage(r):
		return endpoint{OpPage, s.page}, "", true
	}
	methods, ok := s.outside[r.URL.Path]
	if !ok {
		return endpoint{}, "", false
	}
	if e, ok = methods[r.Method]; ok {
		return e, "", true
	}
	return endpoint{}, methodsOf(methods), true
}

// methodsOf lists methods for an Allow header.
func methodsOf[T any](methods map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
}
