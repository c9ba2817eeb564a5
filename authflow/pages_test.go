package authflow_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// P6: a response can look like a login page and still belong to the caller, and a
// page can say that the cluster is in maintenance.

func TestP6_ResponseThatIsNotALoginPage_ArrivesWhole(t *testing.T) {
	for name, c := range map[string]struct {
		path        string
		status      int
		body        string
		contentType string
		more        []string
	}{
		"a page with 404":                        {apiX, 404, "<html>no such thing</html>", "text/html", nil},
		"a page with 403":                        {apiX, 403, "<html>not for you</html>", "text/html", nil},
		"a page of 300 KiB with 500":             {apiX, 500, "<html>" + strings.Repeat("x", 300<<10), "text/html", nil},
		"a page with 502":                        {apiX, 502, "<html>bad gateway</html>", "text/html", nil},
		"JSON outside the API":                   {"/callosum/v1/session/info", 200, `{"a":1}`, "application/json", nil},
		"a page outside the API":                 {"/", 200, "<html>hello</html>", "text/html", nil},
		"a maintenance page outside the API":     {"/", 200, "<html>Site Maintenance</html>", "text/html", nil},
		"a page beside the API":                  {"/api/rest/2.0", 200, "<html>docs</html>", "text/html", nil},
		"a report as CSV":                        {apiX, 200, "<a>,<b>\n1,2\n", "text/csv", nil},
		"a report as PDF":                        {apiX, 200, "%PDF-1.7\n<html>", "application/pdf", nil},
		"bytes of an unknown type":               {apiX, 200, "\x00\x01<html>", "application/octet-stream", nil},
		"a text that begins like a page":         {apiX, 200, "<ht", "text/plain", nil},
		"an empty text":                          {apiX, 200, "", "text/plain", nil},
		"XML":                                    {apiX, 200, "<?xml version='1.0'?><a/>", "application/xml", nil},
		"JSON with the location of a new object": {apiX, 201, `{"id":1}`, "application/json", []string{"Location", "/login"}},
		"JSON that contains a page":              {apiX, 200, `{"html":"<html>Site Maintenance</html>"}`, "application/json", nil},
		"304 for an unchanged object":            {apiX, 304, "", "application/json", []string{"Location", "/login"}},
		"a page with 101":                        {apiX, 101, "<html>", "text/html", nil},
		"300 with JSON":                          {apiX, 300, "{}", "application/json", nil},
	} {
		given := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				given++
				return fresh(r, "tok"), nil
			}
			return reply(r, c.status, c.body, append([]string{"Content-Type", c.contentType}, c.more...)...), nil
		})
		resp, err := f.Do(request(t, fakeURL+c.path))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != c.status || string(body) != c.body || given != 1 {
			t.Errorf("%s: %d, %d bytes of %d, %v; %d tokens", name, resp.StatusCode, len(body), len(c.body), err, given)
		}
	}
}

// A Flow passes a long download on as it arrives. It does not read ahead, and does
// not buffer the body.
func TestP6_Download_IsStreamed(t *testing.T) {
	for _, contentType := range []string{"text/csv", "text/event-stream", "text/plain", "", "application/octet-stream", "application/json"} {
		from, into := io.Pipe()
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			resp := reply(r, 200, "", "Content-Type", contentType)
			resp.Body = from
			return resp, nil
		})
		row := func(text string) {
			go func() { _, _ = io.WriteString(into, text) }()
		}
		row("1\n")
		resp, err := f.Do(request(t, fakeURL+apiX))
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range []string{"1\n", "2\n", "<html>\n"} {
			if i > 0 {
				row(text)
			}
			got := make([]byte, len(text))
			if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != text {
				t.Errorf("%q: %q, %v", contentType, got, err)
			}
		}
		before := heap()
		go func() { _, _ = into.Write(make([]byte, 10<<20)); _ = into.Close() }()
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{resp.Body}, make([]byte, 32<<10))
		if kept := heap() - before - 10<<20; n != 10<<20 || err != nil || int64(kept) > 256<<10 {
			t.Errorf("%q: %d bytes, %v, of which %d were buffered", contentType, n, err, kept)
		}
		_ = resp.Body.Close()
	}
}

// A Flow follows a redirect outside the API as any other client does.
func TestP6_LoginPageOutsideTheAPI_IsReturnedToTheCaller(t *testing.T) {
	given := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			given++
			return fresh(r, "tok"), nil
		case r.URL.Path == "/":
			return reply(r, 302, "", "Location", "/login"), nil
		}
		return htmlPage(r, 200, "Sign in"), nil
	})
	if got, err := text(f, request(t, fakeURL+"/")); err != nil || !strings.Contains(got, "Sign in") || given != 1 {
		t.Errorf("%q, %v; %d tokens", got, err, given)
	}
}

// A generated client returns ErrMaintenance, which says that the caller can retry.
// The Flow does not request another token.
func TestP6_MaintenancePageInEveryForm_IsErrMaintenance(t *testing.T) {
	for name, page := range map[string]string{
		"in capitals":          "<!DOCTYPE HTML><TITLE>SITE MAINTENANCE</TITLE>",
		"after space":          "\n\n  <html>System Maintenance</html>",
		"at the end of 60 KiB": "<html>" + strings.Repeat(" ", 60<<10) + "Site Maintenance",
	} {
		for _, status := range []int{200, 202, 404, 500, 503} {
			given := 0
			f := on(t, func(r *http.Request) (*http.Response, error) {
				if minting(r) {
					given++
					return fresh(r, "tok"), nil
				}
				return reply(r, status, page, "Content-Type", "text/html; charset=utf-8", "Retry-After", "60"), nil
			})
			client, err := gen.NewClientWithResponses(f.Server(), gen.WithHTTPClient(f.HTTPClient()))
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.GetCurrentUserInfoWithResponse(t.Context())
			var e *authflow.Error
			if !errors.Is(err, authflow.ErrMaintenance) || !errors.As(err, &e) || e.Status != status || !e.Retryable() || e.RetryAfter != 60e9 || given != 1 {
				t.Errorf("%s, %d: %v (%+v), %d tokens", name, status, err, e, given)
			}
		}
	}
}

// Some parsers read these locations as the address of another server. The
// credential is not sent there, and the other server's response does not count as a
// response of the API.
func TestI2P6_HostileLocation_GetsNoCredential(t *testing.T) {
	for _, location := range []string{
		"//evil.example/", "https://evil.example/", "https://ts.example@evil.example/", "https://ts.example:443@evil.example/",
		"https://ts.example.evil.example/", "https://ts.example:444/", "http://ts.example/", "http://ts.example:443/", "https://evil.example#@ts.example/",
		"https://evil.example?@ts.example/", `https://evil.example\@ts.example/`, "https:evil.example", "https:///evil.example/", "HTTPS://EVIL.EXAMPLE/",
		"ftp://ts.example/", "file:///etc/passwd", "data:text/html,x", "https://[::1]/", "https://sub.ts.example/", "https://ts.example%2eevil.example/",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			away := func(r *http.Request) *http.Response { return reply(r, status, "", "Location", location) }
			for f, d := range flows(t, away, 1000) {
				d.elsewhere = func(r *http.Request) {
					if s := fmt.Sprint(r.Header); strings.Contains(s, "tok-") || strings.Contains(s, "s-1") || strings.Contains(s, "s-2") {
						t.Errorf("%d to %q: %s got %v", status, location, r.URL, r.Header)
					}
				}
				for _, path := range []string{apiX, "/page"} {
					edited := request(t, fakeURL+path)
					if err := f.Edit(t.Context(), edited); err != nil { // as a client does that calls Edit and Do
						t.Fatal(err)
					}
					for _, req := range []*http.Request{request(t, fakeURL+path), edited} {
						_, err := text(f, req)
						if path == apiX && err == nil || err != nil && (strings.Contains(err.Error(), "tok-") || strings.Contains(err.Error(), "s-1")) {
							t.Errorf("%s, %d to %q: %v", path, status, location, err)
						}
					}
				}
			}
		}
	}
}

// The body of a rejected response is drained and closed, so that its
// connection can be reused.
func TestP5_BodyOfALoginPage_IsReadAndClosed(t *testing.T) {
	var bodies []*closable
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		resp := htmlPage(r, 200, "Sign in")
		b := &closable{Reader: bytes.NewReader(bytes.Repeat([]byte("<p>"), 100))}
		bodies, resp.Body = append(bodies, b), b
		return resp, nil
	})
	_, _ = text(f, request(t, fakeURL+apiX))
	for i, b := range bodies {
		if rest, _ := io.ReadAll(b.Reader); !b.closed || len(rest) > 0 {
			t.Errorf("page %d: closed %v, %d bytes are left", i, b.closed, len(rest))
		}
	}
	if len(bodies) != 2 {
		t.Errorf("sent %d times", len(bodies))
	}
}

type closable struct {
	io.Reader
	closed bool
}

func (c *closable) Close() error { c.closed = true; return nil }

func TestP6_PageWithAMalformedContentType_IsAPage(t *testing.T) {
	page := "<!DOCTYPE html><html><title>Site Maintenance</title>"
	for _, ct := range []string{"text/html", "text/html;;", "text/html, text/html", "text/html; charset=\"x"} {
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			return reply(r, 200, page, "Content-Type", ct), nil
		})
		resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x")) //nolint:bodyclose // an error is expected
		if err == nil {
			t.Errorf("%q: %d, taken for success", ct, resp.StatusCode)
		}
		r2, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
		if err == nil {
			t.Errorf("API %q: taken for success %v", ct, r2.Status())
		}
	}
}

// P6: a response that does not replace a response of the API reaches the caller as
// it was sent.
func TestP6_ResponseThatOnlyLooksLikeALoginPage_IsLeftUnchanged(t *testing.T) {
	for name, c := range map[string]struct {
		status      int
		body, media string
	}{
		"300 with a page to choose from":        {300, "<!doctype html><a href=x>x</a>", "text/html"},
		"404 with a page":                       {404, "<!doctype html>not here", "text/html"},
		"only spaces":                           {200, strings.Repeat(" ", 2000), "text/plain"},
		"a page after 2,000 spaces":             {200, strings.Repeat(" ", 2000) + "<html>", "text/plain"},
		"text":                                  {200, "<htm", "text/plain"},
		"a page as text":                        {200, "<html>Sign in", "text/plain"},
		"a page without a type":                 {200, "<html>Sign in", ""},
		"JSON with the type of a page":          {200, `{"a":"<html>"}`, "text/html"},
		"an empty body with the type of a page": {200, "", "text/html"},
	} {
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			return reply(r, c.status, c.body, "Content-Type", c.media), nil
		})
		resp, err := f.Do(request(t, fakeURL+apiX))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if _ = resp.Body.Close(); err != nil || resp.StatusCode != c.status || string(body) != c.body {
			t.Errorf("%s: %d %q, %v", name, resp.StatusCode, body, err)
		}
	}
}
