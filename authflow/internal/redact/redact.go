// Package redact decides which texts of a server may be shown.
//
// Servers, proxies and net/http itself repeat parts of a request in their error
// texts: as they were sent, in hex, in base64, or with the escapes of a URL, of
// JSON and of HTML around them. A text that repeats a secret of its request is
// withheld as a whole. Replacing the secret in place would leave its length, its
// neighbors and every spelling that the replacement did not recognize.
//
//	failure.Debug = redact.Line(redact.Text(req, detail.Debug))
package redact

import "net/http"

// Withheld stands for a text that repeats a secret.
const Withheld = "[withheld: it repeats a secret of the request]"

// maxSearched bounds how much text is searched, in bytes. A longer text is
// withheld.
const maxSearched = 16 << 10

// Text returns text, or [Withheld] if it repeats a secret of req, which may be nil.
//
// Text opens the body of req once more with GetBody and reads at most 64 KiB of it.
// Call it when the exchange is over: some programs implement GetBody by rewinding
// the one reader that the transport may still be reading.
func Text(req *http.Request, text string) string {
	if req == nil || text == "" {
		return text
	}
	if len(text) > maxSearched || newIndex(secretsOf(req)).isRepeatedIn(text) {
		return Withheld
	}
	return text
}
