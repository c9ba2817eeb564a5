package exchange

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
)

// WrongOriginError says that a request is not for the origin.
type WrongOriginError struct {
	to     *http.Request
	origin *Origin
}

// Error implements error. It repeats no query, and no user of a URL.
func (e *WrongOriginError) Error() string {
	return fmt.Sprintf("to %s, but credentials are for %s only", describeRequest(e.to), e.origin)
}

// WrongOrigin returns the error for a request that is not for the origin.
func (o *Origin) WrongOrigin(req *http.Request) *WrongOriginError { return &WrongOriginError{req, o} }

// describeRequest names the address to which a request is sent.
func describeRequest(req *http.Request) string {
	if req.URL == nil {
		return "nowhere"
	}
	to := withoutQuery(&url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host})
	if req.Host != "" && req.Host != req.URL.Host {
		to += " as host " + redact.Line(req.Host)
	}
	if req.URL.Opaque != "" {
		opaque, _, _ := strings.Cut(req.URL.Opaque, "?")
		to += " as " + redact.Line(opaque)
	}
	return to
}

// withoutQuery returns a URL for an error: without user, query and fragment, in
// which identity providers are sent requests and presigned addresses have their
// key.
func withoutQuery(u *url.URL) string { return redact.Line(u.Scheme + "://" + u.Host + u.Path) }
