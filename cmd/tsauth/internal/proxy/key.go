package proxy

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// keyBytes is the length of a key before it is encoded. A key that this package has
// not made may be twice as long.
const keyBytes = 32

// NewKey returns a new key, of letters, digits, hyphens and underscores.
func NewKey() gen.Secret {
	var random [keyBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	return gen.Secret(base64.RawURLEncoding.EncodeToString(random[:]))
}

// isKey reports whether a text can be a key.
func isKey(text string) bool {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	isLong := len(decoded) >= keyBytes && len(decoded) <= 2*keyBytes
	hasBreak := strings.ContainsAny(text, "\r\n") // the decoder skips them
	return err == nil && isLong && !hasBreak
}

// isSame compares the key with what a request has in its place, in constant time.
func isSame(key gen.Secret, given string) bool {
	return subtle.ConstantTimeCompare([]byte(key), []byte(given)) == 1
}
