package authflow

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// outgoing knows the secrets that leave with a request (X3).
type outgoing struct{ req *http.Request }

// redactor returns a function that replaces the secrets in a text that may
// repeat them. It is made only when something has failed.
func (o *outgoing) redactor() func(string) string {
	all := slices.Concat(headerSecrets(o.req), bodySecrets(o.req))
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return func(text string) string {
		long := len(text) > maxRepeated
		text = text[:min(len(text), maxRepeated)]
		for _, s := range all {
			text = hide(text, s)
		}
		if long { // a part of a secret may stand at its end
			return text[:len(text)*3/4] + "…"
		}
		return text
	}
}

// maxRepeated is how much of a text is looked at, and kept, in bytes.
const maxRepeated = 16 << 10

// headerSecrets returns the token and the cookies of a request.
func headerSecrets(req *http.Request) []string {
	var all []string
	for name, values := range req.Header {
		for _, v := range values {
			switch {
			case isAuthorization(name):
				all = append(all, v[strings.LastIndexByte(v, ' ')+1:])
			case strings.EqualFold(name, "Cookie"):
				for pair := range strings.SplitSeq(v, ";") {
					_, value, _ := strings.Cut(pair, "=")
					if value = strings.Trim(value, ` "`); len(value) > 2 { // not a setting such as 0 or en
						all = append(all, value)
					}
				}
			}
		}
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

// hide replaces a secret in a text, as it is and as others write it: in hex, in
// base64, also as a part of something longer, and with the escapes of URLs, of
// JSON and other languages, and of HTML.
func hide(text, secret string) string {
	if secret == "" {
		return text
	}
	raw := []byte(secret)
	all := []string{hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw))}
	for _, code := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		all = append(all, code.EncodeToString(raw))
		for before := range 3 { // bytes of something else, in the same group
			all = append(all, code.EncodeToString(append(make([]byte, before), raw...))[(before*8+5)/6:(before+len(raw))*8/6])
		}
	}
	all = append(slices.DeleteFunc(all, func(s string) bool { return len(s) < longSecret }), secret)
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	for _, s := range all {
		text = replace(text, s, nil)
	}
	if strings.ContainsAny(text, `\%+&`) {
		for _, unescape := range []unescaper{unescapeURL, unescapeText, unescapeHTML} {
			for range 3 {
				text = replace(text, secret, unescape)
				unescape = quoted(unescape)
			}
		}
	}
	return text
}

// longSecret is the length from which a secret, or its code, is no piece of other
// words.
const longSecret = 8

// replace replaces a secret in a text. A short one is only replaced where it
// stands by itself.
func replace(text, secret string, unescape unescaper) string {
	var b strings.Builder
	from := 0
	for i := 0; i < len(text); i++ {
		if unescape == nil {
			if next := strings.Index(text[i:], secret); next >= 0 {
				i += next
			} else {
				break
			}
		}
		end := i + spells(text[i:], secret, unescape)
		if end == i || len(secret) < longSecret && (i > 0 && wordy(text[i-1]) || end < len(text) && wordy(text[end])) {
			continue
		}
		b.WriteString(text[from:i] + wire.Redacted)
		from, i = end, end-1
	}
	return b.String() + text[from:]
}

// spells returns how much of the beginning of a text says a secret, or 0.
func spells(text, secret string, unescape unescaper) int {
	n := 0
	for secret != "" {
		if n == len(text) {
			return 0
		}
		part, size := text[n:n+1], 1
		if unescape != nil {
			if s, k := unescape(text[n:]); k > 0 && s != "" && strings.HasPrefix(secret, s) {
				part, size = s, k
			}
		}
		if !strings.HasPrefix(secret, part) {
			return 0
		}
		secret, n = secret[len(part):], n+size
	}
	return n
}

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}

// unescaper returns what the escape at the beginning of a text stands for, and
// its length, or 0 if there is none.
type unescaper func(text string) (string, int)

func unescapeURL(text string) (string, int) {
	if text[0] == '+' {
		return " ", 1
	}
	if len(text) > 2 && text[0] == '%' {
		if b, err := hex.DecodeString(text[1:3]); err == nil {
			return string(b), 3
		}
	}
	return "", 0
}

func unescapeText(text string) (string, int) {
	if len(text) < 2 || text[0] != '\\' {
		return "", 0
	}
	if strings.IndexByte(`/'"`, text[1]) >= 0 {
		return text[1:2], 2
	}
	if len(text) >= 12 && text[1] == 'u' { // two halves of a character, in JSON
		var s string
		if json.Unmarshal([]byte(`"`+text[:12]+`"`), &s) == nil && utf8.RuneCountInString(s) == 1 {
			return s, 12
		}
	}
	c, wide, rest, err := strconv.UnquoteChar(text, 0)
	switch {
	case err != nil:
		return "", 0
	case wide:
		return string(c), len(text) - len(rest)
	}
	return string([]byte{byte(c)}), len(text) - len(rest)
}

func unescapeHTML(text string) (string, int) {
	if end := strings.IndexByte(text[:min(len(text), 12)], ';') + 1; end > 0 && text[0] == '&' {
		return html.UnescapeString(text[:end]), end
	}
	return "", 0
}

// quoted is for a text with escapes that was then put between quotes, as net/http
// does with what came in place of an answer.
func quoted(unescape unescaper) unescaper {
	return func(text string) (string, int) {
		if !strings.Contains(`\%+&`, text[:1]) {
			return "", 0
		}
		plain, ends := make([]byte, 0, 32), make([]int, 0, 32) // ends in text, of each byte of plain
		for n := 0; n < len(text) && len(plain) < 24; {
			s, k := unescapeText(text[n:])
			if k == 0 {
				s, k = text[n:n+1], 1
			}
			plain, n = append(plain, s...), n+k
			for len(ends) < len(plain) {
				ends = append(ends, n)
			}
		}
		s, k := unescape(string(plain))
		if k == 0 {
			return unescapeText(text)
		}
		return s, ends[k-1]
	}
}
