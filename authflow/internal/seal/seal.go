// Package seal gives the entries of a shared store their names, and seals their
// values, so that nothing in the store is of use without the key.
//
//	names := box.Names(server, user, request)
//	value := box.Seal(names[0], "token", plaintext)
//	…
//	plaintext, ok := box.Open(name, "token", value)
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// keySize is the length of a key, in bytes.
const keySize = 32

// Box names and seals entries with its newest key, and opens what older keys sealed.
// It never changes, and is safe for concurrent use.
type Box struct {
	keys []sealingKey // the newest first
}

// sealingKey is one key of a Box. Each purpose has a key of its own, derived from
// it, so that nothing made for one purpose says anything about another.
type sealingKey struct {
	values cipher.AEAD
	names  []byte
	hashes []byte
}

// New returns a Box that seals with key and also opens what was sealed with one of
// the old keys, which are given with the newest first. It fails if a key does not
// have 32 bytes.
//
// To change the key of a store that several processes share, first give every
// process the new key with the old one behind it. Leave the old key out once all
// processes have the new one and the entries of the old one have expired.
func New(key []byte, old ...[]byte) (*Box, error) {
	box := &Box{}
	for _, k := range append([][]byte{key}, old...) {
		derived, err := deriveKey(k)
		if err != nil {
			return nil, err
		}
		box.keys = append(box.keys, derived)
	}
	return box, nil
}

func deriveKey(key []byte) (sealingKey, error) {
	if len(key) != keySize {
		return sealingKey{}, errors.New("needs keys of 32 bytes")
	}
	block, err := aes.NewCipher(keyedHash(key, "tsauth values"))
	if err != nil {
		return sealingKey{}, err
	}
	// It makes a random nonce for each value. 96 random bits are safe for 2^32 values
	// of one key: 100 a second for more than a year.
	values, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealingKey{}, err
	}
	return sealingKey{
		values: values,
		names:  keyedHash(key, "tsauth names"),
		hashes: keyedHash(key, "tsauth hashes"),
	}, nil
}

// Names returns the names of the entry that the texts identify, one for each key
// with the newest first. A new value is saved under the first name; a process that
// does not have the newest key yet has saved its values under another one.
//
// A name has 43 characters of base64url and tells nothing about the texts. The texts
// ("ab", "c") and ("a", "bc") have different names.
func (b *Box) Names(texts ...string) []string {
	names := make([]string, len(b.keys))
	for i, k := range b.keys {
		names[i] = base64.RawURLEncoding.EncodeToString(keyedHash(k.names, texts...))
	}
	return names
}

// Common returns a Box with the oldest key only, which is the one that all processes
// have while a new key is introduced. It is for what they have to agree on: the name
// of a lock, and what they count together.
//
// While the old key is left out, a process that still has it and one that does not
// agree on nothing: they take different locks, and each group counts for itself.
func (b *Box) Common() *Box { return &Box{keys: b.keys[len(b.keys)-1:]} }

// Hashes returns a keyed hash of the texts for each key, with the newest first. Save
// the first one. A saved hash may have been made with any of the keys, so compare it
// with all of them.
func (b *Box) Hashes(texts ...string) [][sha256.Size]byte {
	hashes := make([][sha256.Size]byte, len(b.keys))
	for i, k := range b.keys {
		hashes[i] = [sha256.Size]byte(keyedHash(k.hashes, texts...))
	}
	return hashes
}

// Format writes [redacted], whatever the verb.
func (Box) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, wire.Redacted) }

// Seal returns plaintext encrypted and authenticated with the newest key. It can only
// be opened as the value of this name and kind, such as "token": a value that somebody
// copies to another entry is rejected there.
func (b *Box) Seal(name, kind string, plaintext []byte) []byte {
	return b.keys[0].values.Seal(nil, nil, plaintext, binding(name, kind))
}

// Open returns the plaintext of a sealed value. It returns false if the value was not
// sealed by one of the keys for this name and kind.
func (b *Box) Open(name, kind string, value []byte) ([]byte, bool) {
	for _, k := range b.keys {
		plaintext, err := k.values.Open(nil, nil, value, binding(name, kind))
		if err == nil {
			return plaintext, true
		}
	}
	return nil, false
}

// binding is what a value is bound to.
func binding(name, kind string) []byte { return appendTexts(nil, name, kind) }

// keyedHash returns the HMAC-SHA256 of the texts.
func keyedHash(key []byte, texts ...string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(appendTexts(nil, texts...)) // never fails
	return h.Sum(nil)
}

// appendTexts appends each text behind its length, so that different lists of texts
// never give the same bytes.
func appendTexts(b []byte, texts ...string) []byte {
	for _, text := range texts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}
