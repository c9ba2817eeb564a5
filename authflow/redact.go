package authflow

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// outgoing knows the secrets that leave with a request (X3).
type outgoing struct{ req *http.Request }

// redactor returns a function that replaces the secrets in a text that may
// repeat them. It is made only when something has failed.
func (o *outgoing) redactor() func(string) string {
	var all []string
	for _, s := range slices.Concat(headerSecrets(o.req), bodySecrets(o.req)) {
		all = append(all, forms(s)...)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return func(text string) string {
		for _, s := range all {
			text = hide(text, s)
		}
		return text
	}
}

// hide replaces a secret in a text. A short one is only replaced where it
// stands by itself: others are pieces of words.
func hide(text, secret string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, secret)
		if i < 0 || secret == "" {
			return b.String() + text
		}
		end := i + len(secret)
		if len(secret) < 8 && (i > 0 && wordy(text[i-1]) || end < len(text) && wordy(text[end])) {
			b.WriteString(text[:i+1])
			text = text[i+1:]
			continue
		}
		b.WriteString(text[:i] + wire.Redacted)
		text = text[end:]
	}
}

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}

// headerSecrets returns the token and the cookies of a request.
func headerSecrets(req *http.Request) []string {
	var all []string
	for name, values := range req.Header {
		if strings.EqualFold(name, "Authorization") {
			for _, v := range values {
				_, token, _ := strings.Cut(v, " ")
				all = append(all, token)
			}
		}
	}
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
	for _, name := range []string{fieldPassword, fieldSecretKey, "token"} {
		if s, ok := fields[name].(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// forms returns a secret as it is and as others write it: JSON, Go, URLs, HTML,
// base64 and hex.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	quoted, raw := strconv.Quote(secret), []byte(secret)
	escaped, _ := json.Marshal(secret) // a string always encodes
	query, code := url.QueryEscape(secret), hex.EncodeToString(raw)
	all := []string{
		secret, quoted[1 : len(quoted)-1], string(escaped[1 : len(escaped)-1]), html.EscapeString(secret),
		query, lowerEscapes(query), url.PathEscape(secret), lowerEscapes(url.PathEscape(secret)), code, strings.ToUpper(code),
		base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(s[i:i+3]))
		}
	}
	return string(b)
}
