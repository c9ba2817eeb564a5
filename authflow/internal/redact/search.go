package redact

import (
	"slices"
	"strings"
)

const (
	// maxNested is how many encodings around a secret are taken off, one after the
	// other. Three are common: JSON in JSON, between quotes in a message of net/http.
	maxNested = 4
	// maxDecoded bounds the decoded text of one search, in bytes. A text that needs
	// more counts as one that repeats a secret. A page of 4 KiB with escapes of every
	// kind needs a quarter of it.
	maxDecoded = 512 << 10
)

// view is a text, or what it says once some encodings are taken off.
type view struct {
	text string
	// longOnly says that the view may be an ordinary text misread as base64, say. It
	// would hold any secret of two characters sooner or later.
	longOnly bool
}

// repeatedIn reports whether text repeats a secret: as it is, or in any sequence of
// encodings.
func (x *index) repeatedIn(text string) bool {
	if x.empty() {
		return false
	}
	level := []view{{text: text}}
	seen := map[view]struct{}{level[0]: {}}
	budget := maxDecoded
	for nested := 0; len(level) > 0; nested++ {
		for _, v := range level {
			if x.shownBy(v) {
				return true
			}
		}
		if nested == maxNested {
			return false
		}
		var next []view
		for _, v := range level {
			for _, decoded := range v.decode() {
				_, known := seen[decoded]
				if known {
					continue
				}
				budget -= len(decoded.text)
				if budget < 0 {
					return true
				}
				seen[decoded] = struct{}{}
				next = append(next, decoded)
			}
		}
		level = next
	}
	return false
}

func (x *index) shownBy(v view) bool {
	text := fold(v.text)
	if x.holdsLong(text) {
		return true
	}
	return !v.longOnly && x.holdsWord(text)
}

// decode returns what the text of a view says in each encoding that it may be
// written in.
func (v view) decode() []view {
	var all []view
	for _, text := range readings(v.text) {
		all = append(all, view{text: text, longOnly: v.longOnly})
	}
	for _, text := range guesses(v.text) {
		all = append(all, view{text: text, longOnly: true})
	}
	return slices.DeleteFunc(all, func(decoded view) bool {
		return decoded.text == "" || decoded.text == v.text
	})
}

// readings returns what a text says without its escapes, and what those parts say
// that are the code of a printable text.
func readings(text string) []string {
	return []string{
		unescapePercent(text, '%'),
		unescapePercent(strings.ReplaceAll(text, "+", " "), '%'),
		unescapePercent(text, '='),
		unescapeBackslash(text),
		unescapeHTML(text),
		undouble(text, `"`),
		undouble(text, "'"),
		withoutInvisible(text),
		listedBytes(text),
		base64Texts(text),
		hexTexts(text),
	}
}

// guesses returns what the parts of a text say if a code begins somewhere in them.
// Most of it is noise.
func guesses(text string) []string {
	all := []string{hexBytes(text, 0), hexBytes(text, 1), numbers(text)}
	for skipped := range 4 {
		all = append(all, base64Bytes(text, skipped))
	}
	return all
}
