package authflow

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

// redactorOf is the redactor of a request with that body.
func redactorOf(t *testing.T, body string) func(string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://acme.thoughtspot.cloud", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer tok-1")
	req.Header.Set("Cookie", "JSESSIONID=c-1")
	return (&outgoing{req: req}).redactor()
}

func TestX3SecretsThatTheServerRepeatsAreReplaced(t *testing.T) {
	const secret = `p"w & x/ä`
	redact := redactorOf(t, `{"username":"u","password":"p\"w & x/ä"}`)
	code := hex.EncodeToString([]byte(secret))
	for _, text := range []string{
		secret, `p\"w & x/ä`, `p\"w \u0026 x/ä`, "p&#34;w &amp; x/ä",
		"p%22w+%26+x%2F%C3%A4", "p%22w%20&%20x%2F%C3%A4", "p%22w+%26+x%2f%c3%a4",
		code, strings.ToUpper(code), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"tok-1", "c-1",
	} {
		if got := strings.TrimRight(redact("bad "+text), "="); got != "bad [redacted]" {
			t.Errorf("%s became %s", text, got)
		}
	}
	if got := redact("bad username u"); got != "bad username u" {
		t.Errorf("became %s", got)
	}
}

// A secret that is short is a piece of many words, which stay.
func TestX3TheServersOwnWordsStay(t *testing.T) {
	redact := redactorOf(t, `{"username":"u","password":"b"}`)
	for text, want := range map[string]string{
		"75 bytes were bad, incident 0b1b-b2": "75 bytes were bad, incident 0b1b-b2",
		"the password b is wrong":             "the password [redacted] is wrong",
		`{"password":"b"}`:                    `{"password":"[redacted]"}`,
	} {
		if got := redact(text); got != want {
			t.Errorf("%s became %s", text, got)
		}
	}
}
