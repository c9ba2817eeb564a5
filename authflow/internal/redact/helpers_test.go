package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// logIn is a login request with a password, as the generated client sends it.
func logIn(t testing.TB, password string) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{"username": "ann", "password": password, "remember_me": true})
	if err != nil {
		t.Fatal(err)
	}
	return post(t, "application/json", string(body))
}

// post is a request with a body.
func post(t testing.TB, contentType, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://acme.thoughtspot.cloud/api/rest/2.0/auth/session/login", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	return req
}

// encoding is a way to write a text.
type encoding struct {
	name   string
	encode func(string) string
	// asLong: a secret below 6 characters is not looked for in it.
	asLong bool
}

func encodings() []encoding {
	return []encoding{
		{"plain", func(s string) string { return s }, false},
		{"path", url.PathEscape, false},
		{"query", url.QueryEscape, false},
		{"all percent", func(s string) string { return eachByte(s, "%%%02x") }, false},
		{"JSON", func(s string) string { return marshal(s) }, false},
		{"JSON without quotes", func(s string) string { return marshal(s)[1 : len(marshal(s))-1] }, false},
		{"Go", func(s string) string { return fmt.Sprintf("%q", s) }, false},
		{"Go ASCII", func(s string) string { return fmt.Sprintf("%+q", s) }, false},
		{"JSON ASCII", func(s string) string { return eachUTF16(s, `\u%04x`) }, false},
		{"JSON ASCII, upper case", func(s string) string { return eachUTF16(s, `\u%04X`) }, false},
		{"HTML", html.EscapeString, false},
		{"HTML numbers", func(s string) string { return eachRune(s, "&#%d;") }, false},
		{"XML numbers", func(s string) string { return eachRune(s, "&#x%X;") }, false},
		{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }, false},
		{"upper hex", func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }, false},
		{"hex, odd", func(s string) string { return "a" + hex.EncodeToString([]byte(s)) }, true},
		{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }, false},
		{"base64 URL", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }, false},
		{"base64 behind 1", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(":" + s)) }, false},
		{"base64 behind 2", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s + ":x")) }, false},
		{"base64 in a word", func(s string) string { return "k3y" + base64.StdEncoding.EncodeToString([]byte(s)) }, true},
		{"upper case", strings.ToUpper, true},
	}
}

func marshal(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func eachRune(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func eachUTF16(s, format string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, format, unit)
	}
	return b.String()
}
