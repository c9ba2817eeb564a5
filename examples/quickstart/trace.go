package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// trace prints every exchange in a line for the request and one for the
// answer, with the secrets replaced, and counts the requests for tokens.
type trace struct {
	out  io.Writer
	base http.RoundTripper

	mu    sync.Mutex
	count int
}

// RoundTrip implements http.RoundTripper.
func (t *trace) RoundTrip(req *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	path := strings.TrimPrefix(req.URL.Path, "/api/rest/2.0/")
	if strings.HasPrefix(path, "auth/token/") && !strings.HasSuffix(path, "/revoke") && !strings.HasSuffix(path, "/validate") {
		t.count++
	}
	sent := ""
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			sent = show(body)
			_ = body.Close()
		}
	}
	for _, h := range []string{"Authorization", "Cookie"} {
		if req.Header.Get(h) != "" {
			sent += " with " + h
		}
	}
	fmt.Fprintf(t.out, "  → %s\n", strings.TrimSpace(req.Method+" "+path+" "+sent))

	resp, err := t.base.RoundTrip(req)
	if err != nil {
		fmt.Fprintf(t.out, "  ← %v\n", err)
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	came := show(bytes.NewReader(body))
	for _, c := range resp.Cookies() {
		came += " sets " + c.Name
	}
	fmt.Fprintf(t.out, "  ← %s\n", strings.TrimSpace(strconv.Itoa(resp.StatusCode)+" "+came))
	return resp, nil
}

// show returns JSON in one short line, with the secrets replaced.
func show(body io.Reader) string {
	var fields map[string]any
	if json.NewDecoder(body).Decode(&fields) != nil {
		return ""
	}
	for _, secret := range []string{"password", "secret_key", "token"} {
		if _, ok := fields[secret]; ok {
			fields[secret] = "[redacted]"
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return ""
	}
	if line := []rune(string(text)); len(line) > 110 {
		return string(line[:110]) + "…"
	}
	return string(text)
}

func (t *trace) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count = 0
}

// tokens says what happened, if the server saw as many requests for tokens as
// it should.
func (t *trace) tokens(want int, happened string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count != want {
		return "", fmt.Errorf("%s; the server saw %d token requests, expected %d", happened, t.count, want)
	}
	return fmt.Sprintf("%s; the server saw %d token requests", happened, t.count), nil
}
