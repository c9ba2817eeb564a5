package authtest

import (
	_ "embed"
	"net/http"
	"strings"
)

// thePage speaks the iframe's side of the vendor's Visual Embed SDK. Its
// first lines list what it offers to tests.
//
//go:embed page.html
var thePage []byte

// isPage reports whether a request comes from the SDK's iframe. Its flags can
// also come encoded, in one parameter.
func isPage(r *http.Request) bool {
	if r.Method != http.MethodGet || r.URL.Path != "/" && r.URL.Path != "/v2" {
		return false
	}
	flags := r.URL.Query()
	return flags.Get("embedApp") == "true" || flags.Has("base64UrlEncodedFlags")
}

// page responds with it. Only pages of the origins that were named may frame it.
func (s *Simulator) page(_ *exchange, w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'self' "+
			strings.Join(s.settings.origins, " "))
	_, _ = w.Write(thePage)
	return nil
}
