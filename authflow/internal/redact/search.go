package redact

import (
	"html"
	"strings"
)

const (
	// maxNested is how many encodings around a secret are undone, one after the
	// other. Three are common: JSON in JSON, between quotes in a message of net/http.
	maxNested = 4
	// maxDecoded bounds the decoded text of one search, in bytes. A text that needs
	// more counts as one that repeats a secret. A page of 4 KiB with escapes of every
	// kind needs a quarter of it.
	maxDecoded = 512 << 10
)

// view is a text with some of its encodings undone.
type view struct {
	text string
	// guessed: it may be an ordinary text that was misread, as base64 for example.
	// Such noise would hold any secret of two characters sooner or later.
	guessed bool
}

// isRepeatedIn reports whether text repeats a secret: as it is, or in any sequence of
// encodings.
func (x *index) isRepeatedIn(text string) bool {
	if x.isEmpty() {
		return false
	}
	nested := map[view]int{{text: text}: 0} // how many encodings were undone
	left := maxDecoded
	for queue := []view{{text: text}}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if x.isShownBy(v) {
			return true
		}
		if nested[v] == maxNested {
			continue
		}
		for _, decoded := range v.decode() {
			_, known := nested[decoded]
			if known {
				continue
			}
			left -= len(decoded.text)
			if left < 0 {
				return true
			}
			nested[decoded] = nested[v] + 1
			queue = append(queue, decoded)
		}
	}
	return false
}

func (x *index) isShownBy(v view) bool {
	text := fold(v.text)
	return x.holdsLong(text) || !v.guessed && x.holdsWord(text)
}

// decode undoes each encoding in which the view may be written.
func (v view) decode() []view {
	var all []view
	for _, text := range readings(v.text) {
		all = append(all, view{text, v.guessed})
	}
	for _, text := range guesses(v.text) {
		all = append(all, view{text, true})
	}
	return all
}

// readings undoes the escapes of a text, and decodes the stretches that are the code
// of a printable text.
func readings(text string) []string {
	return []string{
		unescapePercent(text),
		unescapePercent(strings.ReplaceAll(text, "+", " ")),
		unescapeBackslash(text),
		html.UnescapeString(text),
		decodeRuns(urlAlphabet(text), base64Alphabet, wholly(decodeBase64)),
		decodeRuns(text, hexAlphabet, wholly(decodeHex)),
	}
}

// guesses decodes the stretches of a text as if a code began somewhere in them. Most
// of the result is noise.
func guesses(text string) []string {
	all := []string{numbers(text)}
	for n := range 2 {
		all = append(all, decodeRuns(text, hexAlphabet, skipping(n, decodeHex)))
	}
	for n := range 4 {
		all = append(all, decodeRuns(urlAlphabet(text), base64Alphabet, skipping(n, decodeBase64)))
	}
	return all
}
