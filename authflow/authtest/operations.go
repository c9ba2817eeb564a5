package authtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/routers"
)

// The names of the operations, for [Simulator.Fail], [Simulator.Block] and
// [Simulator.Calls]. They are the operationIds of the API.
const (
	OpLogin                 = "login"
	OpLogout                = "logout"
	OpGetCurrentUserInfo    = "getCurrentUserInfo"
	OpGetCurrentUserToken   = "getCurrentUserToken"
	OpGetFullAccessToken    = "getFullAccessToken"
	OpGetObjectAccessToken  = "getObjectAccessToken"
	OpGetCustomAccessToken  = "getCustomAccessToken"
	OpRevokeToken           = "revokeToken"
	OpValidateToken         = "validateToken"
	OpSearchAuthSettings    = "searchAuthSettings"
	OpConfigureAuthSettings = "configureAuthSettings"

	// Echo stands for every other path below /api/rest/2.0/, and for those
	// with responses of their own; see [EchoAnswer].
	Echo = "echo"
	// AnyOperation stands for all of them, and for requests to other paths.
	AnyOperation = "*"
)

// apiPrefix is where the REST API v2.0 lives on a cluster.
const apiPrefix = "/api/rest/2.0/"

// Operations returns the names of the eleven operations, sorted. It does not
// include [Echo] and [AnyOperation].
func Operations() []string {
	return []string{
		OpConfigureAuthSettings, OpGetCurrentUserInfo, OpGetCurrentUserToken, OpGetCustomAccessToken, OpGetFullAccessToken,
		OpGetObjectAccessToken, OpLogin, OpLogout, OpRevokeToken, OpSearchAuthSettings, OpValidateToken,
	}
}

// mustName panics unless op can be counted or failed: a misspelt name would
// make a test pass for the wrong reason.
func mustName(op string) {
	names := slices.Concat(Operations(), outsiders())
	if op != Echo && op != AnyOperation && !slices.Contains(names, op) {
		must(mistakef("operation", "no operation is named %q: every other path below %s is %q, and all requests together are %q; the other names are %s",
			op, apiPrefix, Echo, AnyOperation, strings.Join(names, ", ")))
	}
}

// find returns the name of the operation that a request calls, and its route
// if it is one of them. The name is empty for what the API does not have;
// allow then lists the methods of a path that it does have.
func (s *Simulator) find(r *http.Request) (op string, route *routers.Route, allow string) {
	if methods, ok := s.routes[r.URL.Path]; ok {
		if route := methods[r.Method]; route != nil {
			return route.Operation.OperationID, route, ""
		}
		return "", nil, methodsOf(methods)
	}
	if strings.HasPrefix(r.URL.Path, apiPrefix) || s.canned.has(r.Method, r.URL) {
		return Echo, nil, ""
	}
	return "", nil, ""
}
