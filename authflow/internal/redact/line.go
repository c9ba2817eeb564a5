package redact

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine bounds a line that is shown, in bytes, without the ellipsis behind it.
const maxLine = 500

// line returns a text as one printable line of bounded length.
func line(text string) string {
	var b strings.Builder
	gap := false
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		shown := text[:size]
		text = text[size:]
		switch {
		case unicode.IsSpace(r):
			gap = b.Len() > 0
			continue
		case r == utf8.RuneError && size == 1:
			shown = fmt.Sprintf(`\x%02x`, shown[0])
		case Invisible(r):
			shown = strings.Trim(strconv.QuoteRuneToASCII(r), "'")
		}
		if gap {
			shown, gap = " "+shown, false
		}
		if b.Len()+len(shown) > maxLine {
			return b.String() + "…"
		}
		b.WriteString(shown)
	}
	return b.String()
}

// Invisible reports whether a character, other than a space, shows nothing of its
// own or changes how its neighbors are shown: control characters, byte order marks,
// zero-width and bidirectional characters, variation selectors, and those without a
// meaning.
func Invisible(r rune) bool {
	if !unicode.IsPrint(r) && !unicode.IsSpace(r) || unicode.IsControl(r) {
		return true
	}
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Bidirectional reports whether a character changes the direction of the text
// around it, so that a reader sees another text than the computer.
func Bidirectional(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// withoutInvisible returns a text without its invisible characters and line breaks,
// which some servers put into long words, and without U+FFFD, which HTML puts in
// the place of characters that it does not allow.
func withoutInvisible(text string) string {
	return strings.Map(func(r rune) rune {
		if Invisible(r) || strings.ContainsRune("\u2028\u2029\ufffd", r) {
			return -1
		}
		return r
	}, text)
}
