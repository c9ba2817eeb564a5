package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

// rules are what the document cannot say, and no validator sees.
func rules(x *exchange) []problem {
	var found []problem
	if x.intent == malformed || x.intent == unruled {
		if x.status != http.StatusBadRequest {
			found = append(found, problem{text: "the response to a malformed request has to be 400"})
		} else if err := fullEnvelope(x.answer); err != nil {
			found = append(found, problem{text: err.Error()})
		}
	}
	if x.status == http.StatusNoContent {
		found = append(found, empty(x)...)
		if x.op == "login" {
			found = append(found, twoCookies(x)...)
		}
	}
	return found
}

// empty says what a 204 has of a body. net/http does not hand out a body that
// comes with a 204; the headers of one would show. See bare_test.go for what
// the simulator writes.
func empty(x *exchange) []problem {
	var found []problem
	if len(x.answer) > 0 {
		found = append(found, problem{text: "a 204 with a body"})
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Transfer-Encoding"} {
		if v := x.answerHeader.Get(name); v != "" && v != "0" {
			found = append(found, problem{text: "a 204 with the header " + name})
		}
	}
	return found
}

// twoCookies says what the cookies of a login lack: two of them, each in a
// header of its own, with the attributes that the vendor's page shows.
func twoCookies(x *exchange) []problem {
	var found []problem
	say := func(format string, args ...any) { found = append(found, problem{text: fmt.Sprintf(format, args...)}) }
	byName := make(map[string]*http.Cookie)
	for _, c := range (&http.Response{Header: x.answerHeader}).Cookies() {
		byName[c.Name] = c
	}
	if n := len(x.answerHeader.Values("Set-Cookie")); n != 2 {
		say("a login with %d Set-Cookie headers", n)
	}
	for _, want := range []http.Cookie{
		{Name: "JSESSIONID", Path: "/", HttpOnly: true},
		{Name: "clientId", Path: "/", HttpOnly: true, Secure: true},
	} {
		got := byName[want.Name]
		if got == nil {
			say("a login without the cookie %s", want.Name)
			continue
		}
		if got.Value == "" {
			say("the cookie %s has no value", want.Name)
		}
		if got.Path != want.Path {
			say("the path of the cookie %s is %q, not %q", want.Name, got.Path, want.Path)
		}
		if got.HttpOnly != want.HttpOnly {
			say("HttpOnly of the cookie %s is %t, not %t", want.Name, got.HttpOnly, want.HttpOnly)
		}
		if got.Secure != want.Secure {
			say("Secure of the cookie %s is %t, not %t", want.Name, got.Secure, want.Secure)
		}
	}
	return found
}

// detail is the inner part of the error envelope.
type detail struct {
	Code     int             `json:"code"`
	Incident string          `json:"incident_id_guid"`
	Trace    string          `json:"trace_id_guid"`
	Debug    json.RawMessage `json:"debug"`
}

// text is the server's text; live servers write it as a list in a string.
func (d detail) text() string {
	var s string
	if json.Unmarshal(d.Debug, &s) != nil {
		return ""
	}
	return s
}

// envelope reads an error body in either of its documented forms, flat and
// nested.
func envelope(body []byte) (detail, error) {
	var flat struct {
		Error struct {
			Message detail `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &flat); err != nil {
		return detail{}, fmt.Errorf("no error envelope: %w", err)
	}
	d := flat.Error.Message
	if bytes.HasPrefix(bytes.TrimSpace(d.Debug), []byte("{")) {
		var nested detail
		if err := json.Unmarshal(d.Debug, &nested); err != nil {
			return detail{}, fmt.Errorf("no nested error envelope: %w", err)
		}
		return nested, nil
	}
	return d, nil
}

// fullEnvelope says what an error body lacks.
func fullEnvelope(body []byte) error {
	d, err := envelope(body)
	if err != nil {
		return err
	}
	guid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	switch {
	case d.Code == 0:
		return errors.New("the error envelope has no code")
	case !guid.MatchString(d.Incident) || !guid.MatchString(d.Trace):
		return errors.New("the error envelope lacks an incident or a trace id")
	case d.text() == "":
		return errors.New("the error envelope has no text")
	}
	return nil
}

var errSeveral = errors.New("more than one JSON value")

// decode reads one JSON value with its numbers as they stand.
func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errSeveral
	}
	return nil
}
