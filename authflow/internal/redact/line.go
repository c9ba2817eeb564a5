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

// Line returns a text as one printable line of at most about 500 bytes. Characters
// that are invisible or change the direction of the text are shown as escapes,
// such as \u202e.
func Line(text string) string {
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
		case invisible(r):
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

// invisible reports whether a character, other than a space, may show nothing of its
// own or change how its neighbors are shown: control characters, byte order marks,
// zero-width and bidirectional characters, variation selectors, and characters that
// Unicode has not assigned.
func invisible(r rune) bool {
	if unicode.IsControl(r) {
		return true
	}
	visible := unicode.IsPrint(r) || unicode.IsSpace(r)
	return !visible || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
