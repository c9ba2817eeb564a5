package exchange

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// How much of a response with the label HTML is read ahead to see whether it is a
// page. Maintenance pages were seen to name themselves within 64 KiB. A response
// that comes more slowly than this is returned as it is, because its caller waits.
const (
	pageBytes = 64 << 10
	pageTime  = time.Second
)

// pageOf returns what kind of page came with the whole body of a response. A
// response is a page only if its body begins as one and its label says HTML:
// servers label empty bodies and JSON with text/html, too.
func pageOf(h http.Header, body []byte) outcome.Page {
	label := mediaType(h)
	if h.Get("Content-Type") == "" { // the recipient may look at the body then (RFC 9110, section 8.3)
		label, _, _ = strings.Cut(http.DetectContentType(body), ";")
	}
	if !isHTMLType(label) || !beginsAsPage(body) {
		return outcome.NoPage
	}
	if saysMaintenance(body) {
		return outcome.Maintenance
	}
	return outcome.HTML
}

// PeekPage returns what kind of page comes with a response. It reads ahead, in
// bounds of bytes and time, only in a body whose label says HTML, and replaces
// resp.Body by one that returns the whole body again.
func PeekPage(resp *http.Response) outcome.Page {
	if !mayBePage(resp) {
		return outcome.NoPage
	}
	body, ok := resp.Body.(*Body)
	if !ok {
		body = newBody(resp.Body, 0, nil)
		resp.Body = body
	}
	return pageOf(resp.Header, body.Peek(pageBytes, pageTime, isEnough))
}

// mayBePage reports whether a response has a body whose label says HTML.
func mayBePage(resp *http.Response) bool {
	if resp.Request != nil && resp.Request.Method == http.MethodHead {
		return false
	}
	return mayHaveBody(resp.StatusCode) && isHTMLType(mediaType(resp.Header))
}

func mayHaveBody(status int) bool {
	switch status {
	case http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		return false
	}
	return status >= 200
}

// isEnough reports whether the beginning of a body says what kind of page it is.
func isEnough(start []byte) bool {
	text := trimStart(start)
	return len(text) > 0 && (text[0] != '<' || saysMaintenance(text))
}

func beginsAsPage(body []byte) bool { return bytes.HasPrefix(trimStart(body), []byte("<")) }

// trimStart removes a byte order mark and space.
func trimStart(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\xef\xbb\xbf")))
}

// saysMaintenance recognizes the page of a cluster in maintenance, which comes
// with any status.
func saysMaintenance(page []byte) bool {
	page = bytes.ToLower(page)
	return bytes.Contains(page, []byte("site maintenance")) || bytes.Contains(page, []byte("system maintenance"))
}

// unknownType stands for a Content-Type that is absent or not one.
const unknownType = "unknown content"

// mediaType returns the media type of a response, as it was written: redaction
// finds a secret in it by its letters. It ends at the first semicolon or comma,
// because proxies repeat the header.
func mediaType(h http.Header) string {
	written := h.Get("Content-Type")
	if i := strings.IndexAny(written, ";,"); i >= 0 {
		written = written[:i]
	}
	written = strings.TrimSpace(written)
	parsed, _, err := mime.ParseMediaType(written)
	if err != nil || len(parsed) > 80 || !strings.EqualFold(parsed, written) {
		return unknownType
	}
	return written
}

func isHTMLType(label string) bool {
	return strings.EqualFold(label, "text/html") || strings.EqualFold(label, "application/xhtml+xml")
}
