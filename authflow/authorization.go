package authflow

import (
	"net/http"
	"slices"
	"strings"
)

// authorization looks for Authorization headers, in any spelling. theirs reports
// whether one has a value that an earlier Edit did not put there, so that it is the
// caller's (I3). ours reports whether there is any: if theirs is false, it comes from
// an earlier Edit, or has no value.
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
