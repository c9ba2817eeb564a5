package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// trace prints every exchange in a line for the request and one for the
// response, with the secrets replaced, and counts the requests for tokens.
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
	fmt.Fprintln(t.out, "  →", strings.TrimSpace(req.Method+" "+path+" "+strings.TrimSpace(sent)))

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
	came := told(body)
	var e *authflow.Error
	if errors.As(authflow.ErrorOf(resp), &e) {
		came = cmp.Or(e.Debug, fmt.Sprint(e.Err))
	}
	for _, c := range resp.Cookies() {
		came += " sets " + c.Name
	}
	fmt.Fprintln(t.out, "  ←", strings.TrimSpace(strconv.Itoa(resp.StatusCode)+" "+strings.TrimSpace(came)))
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// show returns the JSON of a request in one line, with the secrets replaced.
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
	return string(text)
}

// told returns the important fields of the JSON of a response: the user of the token
// or session, its scope and its lifetime. There may be many more.
func told(body []byte) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return ""
	}
	about := []string{"valid_for_username", "name", "user", "current_org", "org", "scope"}
	var told []string
	if _, ok := fields["token"]; ok {
		told = []string{"token [redacted]"}
		about = append(about, "creation_time_in_millis", "expiration_time_in_millis")
	}
	for _, name := range about {
		if v, ok := fields[name]; ok && string(v) != "null" {
			told = append(told, name+" "+string(v))
		}
	}
	return strings.Join(told, ", ")
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
