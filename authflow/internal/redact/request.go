package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode"
)

const (
	// maxBody is how much of a request body is read to find secrets, in bytes.
	maxBody = 64 << 10
	// minCookie is the length from which the value of a cookie is a secret. Shorter
	// ones are settings, such as 0 or en.
	minCookie = 3
)

// secretsOf returns the secrets of a request, which may be nil: of its headers, its
// URL and its body.
func secretsOf(req *http.Request) []string {
	if req == nil {
		return nil
	}
	var found secretList
	for name, values := range req.Header {
		for _, value := range values {
			found.addHeader(name, value)
		}
	}
	if req.URL != nil {
		password, _ := req.URL.User.Password()
		found.add(password)
		found.addForm(req.URL.RawQuery)
	}
	found.addBody(bodyHead(req), req.Header.Get("Content-Type"))
	return found
}

// secretList collects secrets.
type secretList []string

// add adds a secret as it is, and without the escapes of a URL: cookies are often
// escaped, and a server shows their meaning.
func (l *secretList) add(secret string) {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return
	}
	*l = append(*l, secret)
	unescaped := strings.TrimSpace(unescapePercent(secret))
	if unescaped != secret {
		*l = append(*l, unescaped)
	}
}

// addHeader adds the secrets of a header, whose name may be in any spelling.
func (l *secretList) addHeader(name, value string) {
	switch {
	case strings.EqualFold(name, "Cookie"):
		l.addCookies(value)
	case strings.HasSuffix(plainName(name), "authorization"):
		l.addCredentials(value)
	case namesSecret(name):
		l.add(value)
	}
}

func (l *secretList) addCookies(header string) {
	for pair := range strings.SplitSeq(header, ";") {
		_, value, _ := strings.Cut(pair, "=")
		value = strings.Trim(value, ` "`)
		if len(value) < minCookie || value == "true" || value == "false" {
			continue
		}
		l.add(value)
	}
}

// addCredentials adds what an Authorization header holds: "Bearer TOKEN", "Basic
// BASE64", or a credential without a scheme.
func (l *secretList) addCredentials(header string) {
	scheme, credentials, found := strings.Cut(strings.TrimLeft(header, " "), " ")
	if !found {
		l.add(scheme)
		return
	}
	l.add(credentials)
	if !strings.EqualFold(scheme, "Basic") {
		return
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
	if err != nil {
		return
	}
	_, password, _ := strings.Cut(string(decoded), ":")
	l.add(password)
}

// bodyHead returns the first maxBody bytes of the body of a request, or nil if the
// body cannot be read again.
func bodyHead(req *http.Request) (head []byte) {
	if req.GetBody == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			head = nil // GetBody belongs to the caller, who has an error to read already
		}
	}()
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer func() { _ = body.Close() }()
	head, _ = io.ReadAll(io.LimitReader(body, maxBody))
	return head
}

// addBody adds the secrets of a body: fields of JSON, or of a form.
func (l *secretList) addBody(body []byte, contentType string) {
	start := bytes.TrimSpace(body)
	switch {
	case len(start) == 0:
		return
	case start[0] == '{', start[0] == '[':
		decoder := json.NewDecoder(bytes.NewReader(start))
		decoder.UseNumber()
		l.addJSON(decoder, "")
	case contentType == "", strings.Contains(strings.ToLower(contentType), "urlencoded"):
		l.addForm(string(start))
	}
}

// addJSON adds the secrets of the next value of a JSON text, which is the value of
// the field called name. It reports whether it could be read to its end: a body of
// which only the beginning was read ends in the middle.
func (l *secretList) addJSON(decoder *json.Decoder, name string) bool {
	token, err := decoder.Token()
	if err != nil {
		return false
	}
	switch value := token.(type) {
	case string:
		if namesSecret(name) {
			l.add(value)
		}
	case json.Number:
		if namesSecret(name) {
			l.add(value.String())
		}
	case json.Delim:
		for decoder.More() {
			field := name // of a list, for each of its items
			if value == '{' {
				key, err := decoder.Token()
				if err != nil {
					return false
				}
				field, _ = key.(string)
			}
			if !l.addJSON(decoder, field) {
				return false
			}
		}
		_, err = decoder.Token() // the closing bracket
		return err == nil
	}
	return true
}

// addForm adds the secrets of a form, or of the query of a URL.
func (l *secretList) addForm(form string) {
	for pair := range strings.SplitSeq(form, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !namesSecret(unescapePercent(name)) {
			continue
		}
		l.add(value)
		l.add(strings.ReplaceAll(value, "+", " "))
	}
}

// namesSecret reports whether the value of a field or header with that name is a
// secret: password, new_password, secret_key, auth_token, accessToken, X-Api-Key.
func namesSecret(name string) bool {
	plain := plainName(name)
	for _, suffix := range []string{"password", "passwd", "passphrase", "secret", "secretkey", "privatekey", "apikey", "token"} {
		if strings.HasSuffix(plain, suffix) {
			return true
		}
	}
	return false
}

// plainName returns a name in lower case, without what separates its words.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-.", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}
