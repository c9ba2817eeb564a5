package authflow

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-thoughtspot/tsauth/authflow/wire"
)

// redactor returns a function that replaces the secrets of an auth request in
// a text of the server's (X3). It is made only when something has failed.
func redactor(req *http.Request) func(string) string {
	var pairs []string
	for _, s := range secretsOf(req) {
		for _, form := range forms(s) {
			pairs = append(pairs, form, wire.Redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// sent collects what the transports of Flows have sent with an auth request.
// The lease in use may be another by the time that an error has to be redacted.
type sent struct {
	mu      sync.Mutex
	secrets []string
}

type sentKey struct{}

// remembering returns a copy of req for which sent collects.
func remembering(req *http.Request) *http.Request {
	return req.WithContext(context.WithValue(req.Context(), sentKey{}, new(sent)))
}

// note keeps what req is about to carry of l.
func note(req *http.Request, l *lease) {
	s, ok := req.Context().Value(sentKey{}).(*sent)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, string(l.token.Value))
	if l.jar != nil {
		for _, c := range l.jar.Cookies(req.URL) {
			s.secrets = append(s.secrets, c.Value)
		}
	}
}

// collected returns what sent has collected for req.
func collected(req *http.Request) []string {
	s, ok := req.Context().Value(sentKey{}).(*sent)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

// secretsOf collects the passwords, keys, tokens and cookies that went out
// with req: those in its body and headers, and those that a Flow added.
func secretsOf(req *http.Request) []string {
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
	all = append(all, collected(req)...)
	for _, c := range req.Cookies() {
		all = append(all, c.Value)
	}
	// The longest first, because a Replacer takes the first that fits.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
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
