package exchange

import (
	"bytes"
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// currentUser is an operation that every ThoughtSpot has.
const currentUser = "GET /api/rest/2.0/auth/session/user"

// isForeign reports whether a response to a login shows that the host is not
// ThoughtSpot: a page that is a success, as a website has it, or a status that says that
// there is no such operation, without the JSON that the API sends with it. A page with
// another status may come from a proxy in front of ThoughtSpot, and a redirect leads to
// single sign-on.
func isForeign(op string, secret outcome.Secret, status int, page outcome.Page, body []byte) bool {
	isLogin := secret == outcome.Password || secret == outcome.Key
	switch status {
	case http.StatusOK:
		return isLogin && page == outcome.HTML
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		isJSON := bytes.HasPrefix(trimStart(body), []byte("{"))
		isAPI := isJSON || page == outcome.Maintenance
		return !isAPI && (isLogin || op == currentUser)
	}
	return false
}
