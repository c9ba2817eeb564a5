package authflow

import (
	"net/http"
	"slices"
	"strings"
)

// authorization reports whether a request carries a bearer token or the like
// that its maker has put there: an Authorization header, in any spelling, that
// has a value and is not of an earlier Edit (I3). If not, it reports whether
// there is one of ours, or without a value.
func (f *Flow) authorization(h http.Header) (theirs, ours bool) {
	for name, values := range h {
		if isAuthorization(name) {
			ours = true
			theirs = theirs || slices.ContainsFunc(values, func(v string) bool { return v != "" && !f.issued(v) })
		}
	}
	return theirs, ours
}

// unauthorize removes the Authorization headers, in any spelling.
func unauthorize(h http.Header) {
	for name := range h {
		if isAuthorization(name) {
			delete(h, name)
		}
	}
}

func isAuthorization(name string) bool {
	return len(name) == len("Authorization") && strings.EqualFold(name, "Authorization")
}

// issued reports whether a header holds a token of this Flow, the one in use or a
// recent one.
func (f *Flow) issued(header string) bool { return f.keeper.Issued(f.cluster.idOf(header)) }
