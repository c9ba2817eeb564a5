// Package redact decides which texts of a server may be shown.
//
// Servers, proxies and net/http itself repeat parts of a request in their error
// texts: as they were sent, in hex, in base64, or with the escapes of a URL, of
// JSON and of HTML around them. A text that repeats a secret of its request is
// withheld as a whole. Replacing the secret in place would leave its length, its
// neighbors and every spelling that the replacement did not recognize.
//
//	secrets := redact.Of(req)
//	…
//	failure.Debug = secrets.Text(detail.Debug)
package redact

import (
	"net/http"
	"strconv"
	"sync"
)

// Withheld stands for a text that repeats a secret.
const Withheld = "[withheld: it repeats a secret of the request]"

const (
	// maxSearched bounds how much text is searched, in bytes. A longer text counts
	// as one that repeats a secret.
	maxSearched = 16 << 10
	// maxHead is how much of a text Text searches, in bytes.
	maxHead = 4 << 10
	// maxShown is how much of a text Text shows, in bytes, before it makes a line of
	// at most maxLine bytes of it. It is less than maxHead, so that a secret that
	// begins in the part that is shown is searched to its end, encoded or not.
	maxShown = 2 << 10
)

// Secrets are the secrets of one request. All methods are safe for concurrent use.
// A nil *Secrets knows no secret.
type Secrets struct {
	req   *http.Request
	once  sync.Once
	index *index
}

// Of returns the secrets of req, which may be nil. Nothing is computed before the
// first question, so that a request that succeeds pays nothing.
//
// The first question opens the body once more with GetBody and reads at most
// 64 KiB of it. Ask it when the exchange is over: some programs implement GetBody
// by rewinding the one reader that the transport may still be reading.
func Of(req *http.Request) *Secrets { return &Secrets{req: req} }

// Text returns text as [Line] does, or [Withheld] if it repeats a secret.
func (s *Secrets) Text(text string) string {
	if s.Repeats(text[:min(len(text), maxHead)]) {
		return Withheld
	}
	return Line(text[:min(len(text), maxShown)])
}

// Repeats reports whether text repeats a secret in any spelling that this package
// knows. It also reports true for a text that is too long to be searched.
func (s *Secrets) Repeats(text string) bool {
	if s == nil || text == "" {
		return false
	}
	if len(text) > maxSearched {
		return true
	}
	return s.find().repeatedIn(text)
}

// Number returns n and true, or 0 and false if n repeats a secret, as the code of
// an error does where a server answers with a password of digits.
func (s *Secrets) Number(n int) (int, bool) {
	if s == nil || n == 0 {
		return n, true
	}
	digits := strconv.Itoa(n)
	if s.find().isNumber(digits) || s.Repeats(digits) {
		return 0, false
	}
	return n, true
}

// find returns the index of the secrets, which is built once.
func (s *Secrets) find() *index {
	s.once.Do(func() { s.index = newIndex(secretsOf(s.req)) })
	return s.index
}
