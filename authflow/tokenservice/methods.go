package tokenservice

import (
	"net/http"
	"path"
	"strings"
)

// methods returns the methods that a path accepts. Where http.StripPrefix removed the
// whole path, only the application's mux knows whether it ends in /logout, so such a
// path accepts both GET and POST.
func methods(p string) []string {
	switch {
	case path.Base(p) == "logout":
		return []string{http.MethodPost, http.MethodDelete, http.MethodOptions}
	case strings.Trim(p, "/") == "":
		return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions}
	}
	return []string{http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions}
}
