package authflow

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func TestX3SecretsThatTheServerRepeatsAreReplaced(t *testing.T) {
	const secret = `p"w & x/ä`
	body := `{"username":"u","password":"p\\"w & x/ä"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://acme.thoughtspot.cloud", bytes.NewReader([]byte(strings.ReplaceAll(body, `\\`, `\`))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer tok-1")
	req.Header.Set("Cookie", "JSESSIONID=c-1")
	redact := (&outgoing{req: req}).redactor()
	for _, text := range []string{
		secret, `p\"w & x/ä`, `p\"w \u0026 x/ä`, "p%22w+%26+x%2F%C3%A4", "p%22w%20&%20x%2F%C3%A4", "tok-1", "c-1",
	} {
		if got := redact("bad " + text); got != "bad [redacted]" {
			t.Errorf("%s became %s", text, got)
		}
	}
	if got := redact("bad username u"); got != "bad username u" {
		t.Errorf("became %s", got)
	}
}
