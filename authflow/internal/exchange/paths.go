package exchange

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// APIPath returns the path of an operation, such as "auth/session/login", on the
// server.
func (o *Origin) APIPath(operation string) string { return o.api + operation }

// inAPI reports whether a URL of the origin is one of the REST API, whose
// responses are never pages.
func (o *Origin) inAPI(u *url.URL) bool { return strings.HasPrefix(sentPath(u), o.api) }

// sentPath returns the path that is sent for a URL.
func sentPath(u *url.URL) string {
	if u.Opaque == "" {
		return u.Path
	}
	opaque, err := url.Parse(u.Opaque)
	if err != nil {
		return u.Path
	}
	return opaque.Path
}

// CarriesCredential reports whether a request carries a credential in its body:
// a login, of the older API too, or a request for a token.
func (o *Origin) CarriesCredential(req *http.Request) bool {
	const login = "/session/login"
	p := path.Clean(sentPath(req.URL))
	if strings.HasSuffix(p, login) || strings.Contains(p, login+"/") {
		return true
	}
	operation, ok := strings.CutPrefix(p, o.api+"auth/token/")
	return ok && operation != "revoke" && operation != "validate"
}

// isLoginPath reports whether a path of the server leads to a login page. A
// redirect to one says that nothing was done, because the credential is dead.
func isLoginPath(p string) bool {
	last := strings.ToLower(path.Base(path.Clean(p)))
	return slices.Contains(loginPaths(), last)
}

// loginPaths are the last elements of the paths of login pages, such as
// /login, /callosum/v1/saml/login and /callosum/v1/oidc/login. A result of an
// operation at such a path would be taken for a login page, so the list is
// short.
func loginPaths() []string { return []string{"login", "signin", "sign-in", "sso"} }
