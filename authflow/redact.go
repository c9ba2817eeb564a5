package authflow

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/wire"
)

// redactor returns a function that replaces the secrets of an auth request in
// a text of the server's (X3). It is made only when something has failed.
func redactor(req *http.Request, rt http.RoundTripper) func(string) string {
	var pairs []string
	for _, s := range secretsOf(req, rt) {
		for _, form := range forms(s) {
			pairs = append(pairs, form, wire.Redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// secretsOf collects the passwords, keys, tokens and cookies that went out
// with req: those in its body and headers, and those that rt added.
func secretsOf(req *http.Request, rt http.RoundTripper) []string {
	var all []string
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			fields := make(map[string]any)
			_ = json.NewDecoder(body).Decode(&fields)
			_ = body.Close()
			for _, name := range []string{"password", "secret_key", "token"} {
				if s, ok := fields[name].(string); ok {
					all = append(all, s)
				}
			}
		}
	}
	all = append(all, strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
	cookies := req.Cookies()
	if t, ok := rt.(transport); ok {
		if l := t.f.keeper.current.Load(); l != nil {
			all = append(all, string(l.token.Value))
			if l.jar != nil {
				cookies = append(cookies, l.jar.Cookies(req.URL)...)
			}
		}
	}
	for _, c := range cookies {
		all = append(all, c.Value)
	}
	return all
}

// forms returns a secret as it is and as JSON, Go and URLs write it.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	quoted := strconv.Quote(secret)
	escaped, _ := json.Marshal(secret) // a string always encodes
	return []string{
		secret, quoted[1 : len(quoted)-1], string(escaped[1 : len(escaped)-1]), url.QueryEscape(secret), url.PathEscape(secret),
	}
}
