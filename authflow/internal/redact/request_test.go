package redact_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
)

func TestX3_EverySecretOfARequest_IsKnown(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	header := func(name, value string) *http.Request {
		req := post(t, "", "")
		req.Header[name] = append(req.Header[name], value)
		return req
	}
	query := func(text string) *http.Request {
		req := post(t, "", "")
		req.URL.RawQuery = text
		return req
	}
	user := post(t, "", "")
	user.URL.User = url.UserPassword("ann", secret)
	for name, req := range map[string]*http.Request{
		"bearer":                header("Authorization", "Bearer "+secret),
		"bearer, two spaces":    header("Authorization", "bearer  "+secret+" "),
		"any spelling":          header("AUTHORIZATION", "Bearer "+secret),
		"no scheme":             header("Authorization", secret),
		"basic":                 header("Authorization", "Basic YW5uOnMzY3IzdC12YWx1ZQ=="),
		"proxy":                 header("Proxy-Authorization", "Basic YW5uOnMzY3IzdC12YWx1ZQ=="),
		"proxy, any spelling":   header("proxy-authorization", "Bearer "+secret),
		"API key":               header("X-Api-Key", secret),
		"cookie":                header("Cookie", "a=1; JSESSIONID="+secret+"; b=2"),
		"cookie, second header": header("cookie", `JSESSIONID="`+secret+`"`),
		"cookie, escaped":       header("Cookie", "sid=s3cr3t%2Dvalue"),
		"query":                 query("username=ann&auth_token=" + secret),
		"query, escaped":        query("auth%5Ftoken=s3cr3t%2Dvalue"),
		"URL":                   user,
		"password":              post(t, "application/json", `{"username":"ann","password":"`+secret+`"}`),
		"key":                   post(t, "application/json", ` {"secret_key":"s3cr3t\u002dvalue"}`),
		"token":                 post(t, "application/json", `{"user_identifier":"ann","token":"`+secret+`"}`),
		"new password":          post(t, "application/json", `{"current_password":"x","new_password":"`+secret+`"}`),
		"nested":                post(t, "application/json", `[{"a":[{"b":1}],"configuration":{"accessToken":"`+secret+`"}}]`),
		"list":                  post(t, "application/json", `{"token":["x","`+secret+`"]}`),
		"after another":         post(t, "application/json", `{"username":"ann","x":null,"y":true,"z":1.5,"password":"`+secret+`","more":`),
		"form":                  post(t, "application/x-www-form-urlencoded", "username=ann&password=s3cr3t-value"),
		"form, escaped":         post(t, "application/x-www-form-urlencoded; charset=utf-8", "auth_token=s3cr3t%2dvalue"),
		"form, no type":         post(t, "", "password="+secret),
	} {
		if got := redact.Text(req, "rejected "+secret+"!"); got != redact.Withheld {
			t.Errorf("%s: shown as %q", name, got)
		}
	}
	if got := redact.Text(post(t, "application/json", `{"password":12345678}`), "bad value 12345678"); got != redact.Withheld {
		t.Errorf("number: shown as %q", got)
	}
	if got := redact.Text(post(t, "", "password=a%20b%2Bc+d"), `bad value "a b+c d"`); got != redact.Withheld {
		t.Errorf("form with a plus: shown as %q", got)
	}
	if got := redact.Text(header("Cookie", "sid=s%3Aabc.def%2Bgh"), `bad value s:abc.def+gh`); got != redact.Withheld {
		t.Errorf("cookie: shown as %q", got)
	}
}

func TestX3_WhatIsNotSecret_IsShown(t *testing.T) {
	t.Parallel()
	req := post(t, "application/json", `{"username":"annabell","token_type":"BEARER","reset_password":false,"password":"","secret_key":null}`)
	req.Header.Set("Cookie", "locale=en; beta=1; dark=true; empty=")
	req.Header.Set("Authorization", "Bearer ")
	req.Header.Set("X-Requested-By", "ThoughtSpot")
	req.URL.RawQuery = "user=annabell&limit=100"
	const text = "annabell of ThoughtSpot needs a BEARER, en and true, at most 100, 1 at a time, false, null"
	if got := redact.Text(req, text); got != text {
		t.Errorf("shown as %q", got)
	}
}

// countingBody tells how much of it was read.
type countingBody struct {
	io.Reader
	read, opened, closed int
}

func (c *countingBody) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func (c *countingBody) Close() error { c.closed++; return nil }

func TestX2_LargeBody_IsReadUpTo64KiB(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte("x"), 14<<20)
	body := &countingBody{Reader: io.MultiReader(strings.NewReader(`{"password":"hunter2","tml":"`), bytes.NewReader(large), strings.NewReader(`"}`))}
	req := post(t, "application/json", "")
	req.GetBody = func() (io.ReadCloser, error) { body.opened++; return body, nil }
	if body.opened != 0 {
		t.Error("the body is opened before anything has failed")
	}
	if got := redact.Text(req, "rejected hunter2"); got != redact.Withheld {
		t.Errorf("shown as %q", got)
	}
	if body.opened != 1 || body.closed != 1 || body.read > 64<<10 {
		t.Errorf("opened %d times, closed %d times, %d bytes read", body.opened, body.closed, body.read)
	}
}

func TestX2_LargeBody_CostsBoundedMemory(t *testing.T) {
	large := []byte(`{"password":"hunter2","tml":"` + strings.Repeat("x", 14<<20) + `"}`)
	req := post(t, "application/json", "")
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(large)), nil }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if redact.Text(req, "connection reset by peer") == redact.Withheld {
		t.Error("withheld")
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes allocated for a body of 14 MiB", got)
	}
}

func TestX3_BodyThatCannotBeReadAgain_LeavesTheOtherSecrets(t *testing.T) {
	t.Parallel()
	for name, getBody := range map[string]func() (io.ReadCloser, error){
		"none":   nil,
		"fails":  func() (io.ReadCloser, error) { return nil, errors.New("gone") },
		"panics": func() (io.ReadCloser, error) { panic("gone") },
		"deep":   func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(strings.Repeat("[", 60000))), nil },
		"cut":    func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(`{"a":{"b`)), nil },
		"binary": func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("\x00\xff=&;")), nil },
	} {
		req := post(t, "", "")
		req.GetBody = getBody
		req.Header.Set("Authorization", "Bearer tok-12345")
		if got := redact.Text(req, "bad tok-12345"); got != redact.Withheld {
			t.Errorf("%s: shown as %q", name, got)
		}
		if got := redact.Text(req, "bad request"); got != "bad request" {
			t.Errorf("%s: shown as %q", name, got)
		}
	}
}
