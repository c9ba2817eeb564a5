//nolint:bodyclose // the responses are made by hand and hold nothing
package exchange

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestP6_Page_NeedsBodyAndLabel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, label, body string
		want              outcome.Page
	}{
		{"a page", "text/html", "<!DOCTYPE html><html>", outcome.HTML},
		{"with space and a byte order mark", "text/html; charset=utf-8", "\n \xef\xbb\xbf<p>", outcome.HTML},
		{"in XHTML", "application/xhtml+xml", "<?xml version='1.0'?><html/>", outcome.HTML},
		{"label in capitals", "Text/HTML", "<html>", outcome.HTML},
		{"broken parameters", "text/html;;", "<html>", outcome.HTML},
		{"a repeated label", "text/html, text/html", "<html>", outcome.HTML},
		{"an open quote", `text/html; charset="x`, "<html>", outcome.HTML},
		{"no label", "", "<!doctype html><p>", outcome.HTML},
		{"maintenance", "text/html", "<html>Site Maintenance", outcome.Maintenance},
		{"maintenance in capitals", "text/html", "<TITLE>SYSTEM MAINTENANCE", outcome.Maintenance},
		{"JSON with the label", "text/html", `{"token":"t"}`, outcome.NoPage},
		{"a list with the label", "text/html", "[]", outcome.NoPage},
		{"nothing with the label", "text/html", "", outcome.NoPage},
		{"space with the label", "text/html", " \n", outcome.NoPage},
		{"a text with the label", "text/html", "Site Maintenance", outcome.NoPage},
		{"a page as text", "text/plain", "<html>Site Maintenance", outcome.NoPage},
		{"XML", "application/xml", "<a/>", outcome.NoPage},
		{"CSV that begins so", "text/csv", "<a>,<b>", outcome.NoPage},
		{"JSON without a label", "", `{"a":"<html>"}`, outcome.NoPage},
	}
	for _, tt := range tests {
		h := http.Header{}
		if tt.label != "" {
			h.Set("Content-Type", tt.label)
		}
		if got := pageOf(h, []byte(tt.body)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if tt.label == "" {
			continue // nothing is read ahead then
		}
		resp := respond(request(t, http.MethodPost, serverURL+apiPathX), 200, tt.body, "Content-Type", tt.label)
		if got := PeekPage(resp); got != tt.want {
			t.Errorf("%s, peeked: %v, want %v", tt.name, got, tt.want)
		}
		if body, err := io.ReadAll(resp.Body); string(body) != tt.body || err != nil {
			t.Errorf("%s: the caller reads %q, %v", tt.name, body, err)
		}
	}
}

// Whatever their label says, these have no body to be a page.
func TestP6_ResponseWithoutBody_IsNotAPage(t *testing.T) {
	t.Parallel()
	for _, status := range []int{101, 204, 205, 304} {
		if got := PeekPage(respond(request(t, http.MethodDelete, serverURL), status, "<html>", "Content-Type", "text/html")); got != outcome.NoPage {
			t.Errorf("%d: %v", status, got)
		}
	}
	if got := PeekPage(respond(request(t, http.MethodHead, serverURL), 200, "<html>", "Content-Type", "text/html")); got != outcome.NoPage {
		t.Errorf("HEAD: %v", got)
	}
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		empty := respond(request(t, http.MethodPost, serverURL), 201, "", "Content-Type", "text/html")
		empty.Body = body
		if got := PeekPage(empty); got != outcome.NoPage {
			t.Errorf("%v: %v", body, got)
		}
	}
}

// Nothing is read of a body that does not say that it is HTML.
func TestP6_OtherLabels_AreNotReadAhead(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"", "text/plain", "application/json", "text/csv", "text/event-stream", "application/octet-stream", "nonsense"} {
		resp := respond(request(t, http.MethodGet, serverURL), 200, "")
		resp.Header["Content-Type"] = []string{label}
		resp.Body = unreadable{t}
		if got := PeekPage(resp); got != outcome.NoPage {
			t.Errorf("%q: %v", label, got)
		}
	}
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) { u.t.Error("read ahead"); return 0, io.EOF }
func (unreadable) Close() error               { return nil }

func TestP6_PageThatDrips_IsBoundedInTime(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		drip time.Duration
		want outcome.Page
	}{"a byte a second": {900 * time.Millisecond, outcome.HTML}, "silent": {0, outcome.NoPage}} {
		synctest.Test(t, func(t *testing.T) {
			src := &exclusive{text: "<html>" + strings.Repeat("x", 3000), drip: tt.drip, stop: make(chan struct{})}
			began := time.Now()
			resp := respond(request(t, http.MethodGet, serverURL), 502, "", "Content-Type", "text/html")
			resp.Body = src
			if got := PeekPage(resp); got != tt.want || time.Since(began) > pageTime {
				t.Errorf("%s: %v after %v", name, got, time.Since(began))
			}
			if tt.drip == 0 {
				close(src.stop)
				return
			}
			if body, err := io.ReadAll(resp.Body); len(body) != 3006 || err != nil || src.misused.Load() {
				t.Errorf("%s: the caller reads %d bytes, %v; misused %v", name, len(body), err, src.misused.Load())
			}
		})
	}
}

// A long page says within 64 KiB whether it is one of maintenance; one that says
// so at its beginning is not read on.
func TestP6_LongPage_IsReadOnlyAsFarAsNeeded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		want   outcome.Page
		atMost int
	}{
		"late":     {"<html>" + strings.Repeat(" ", 60<<10) + "Site Maintenance", outcome.Maintenance, 80 << 10},
		"too late": {"<html>" + strings.Repeat(" ", 100<<10) + "Site Maintenance", outcome.HTML, 80 << 10},
		"early":    {"<html>Site Maintenance" + strings.Repeat("x", 60<<10), outcome.Maintenance, 10 << 10},
		"no page":  {"{" + strings.Repeat("x", 60<<10), outcome.NoPage, 10 << 10},
	} {
		src := strings.NewReader(tt.body)
		resp := respond(request(t, http.MethodGet, serverURL), 503, "", "Content-Type", "text/html")
		resp.Body = io.NopCloser(src)
		if got := PeekPage(resp); got != tt.want || len(tt.body)-src.Len() > tt.atMost {
			t.Errorf("%s: %v, %d bytes read", name, got, len(tt.body)-src.Len())
		}
	}
}
