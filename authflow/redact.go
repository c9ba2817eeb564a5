package authflow

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// outgoing knows the secrets that leave with one auth request, whatever lease is
// in use by the time that an error has to be redacted (X3).
type outgoing struct {
	req *http.Request // as it was built, with the secrets in its body and headers

	mu    sync.Mutex
	added []string // what the transport of a Flow has added
}

// note keeps what is added to a request that is about to be sent.
func (o *outgoing) note(req *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.added = append(o.added, headerSecrets(req)...)
}

// redactor returns a function that replaces the secrets in a text of the
// server's. It is made only when something has failed.
func (o *outgoing) redactor() func(string) string {
	o.mu.Lock()
	all := slices.Concat(o.added, headerSecrets(o.req), bodySecrets(o.req))
	o.mu.Unlock()
	// The longest first, because a Replacer takes the first that fits.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range all {
		for _, form := range forms(s) {
			pairs = append(pairs, form, wire.Redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// headerSecrets returns the token and the cookies of a request.
func headerSecrets(req *http.Request) []string {
	all := []string{strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")}
	for _, c := range req.Cookies() {
		all = append(all, c.Value)
	}
	return all
}

// bodySecrets returns the password, key and token in the body of a request.
func bodySecrets(req *http.Request) []string {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer func() { _ = body.Close() }()
	var fields map[string]any
	_ = json.NewDecoder(body).Decode(&fields)
	var all []string
	for _, name := range []string{"password", "secret_key", "token"} {
		if s, ok := fields[name].(string); ok {
			all = append(all, s)
		}
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
