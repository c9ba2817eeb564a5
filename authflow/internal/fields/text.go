package fields

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const notUTF8 = "is not valid UTF-8"

// TextProblem returns why a text is probably not what its author meant, or "".
// Characters that nobody sees come from files, spreadsheets and web pages along with
// the text, and with them the text is another one for the server.
func TextProblem(s string) string {
	if !utf8.ValidString(s) {
		return notUTF8
	}
	control := strings.IndexFunc(s, isControl)
	direction := strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) })
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case control >= 0 && strings.Trim(s[control:], "\r\n") == "":
		return "ends in a line break"
	case control >= 0:
		return fmt.Sprintf("contains a control character at byte %d", control)
	case direction >= 0:
		return fmt.Sprintf("contains a character that changes the direction of the text, at byte %d", direction)
	case first == byteOrderMark:
		return "begins with a byte order mark (U+FEFF)"
	case isInvisible(first):
		return fmt.Sprintf("begins with an invisible character (%U)", first)
	case isInvisible(last) && !endsVisibly(s):
		return fmt.Sprintf("ends in an invisible character (%U)", last)
	}
	return ""
}

const (
	byteOrderMark      = '\ufeff'
	zeroWidthJoiner    = '\u200d' // makes one character of two
	zeroWidthNonJoiner = '\u200c' // keeps two characters apart
	endOfFlag          = '\U000e007f'
)

// isControl reports whether r is a control character or a line break of Unicode.
func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)
}

// isInvisible reports whether r shows nothing of its own: a character without a
// width, a variation selector, or a space other than U+0020. An ordinary space may
// be a part of a password or name.
func isInvisible(r rune) bool {
	if r == ' ' || unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Zs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// endsVisibly reports whether the last character of s, which is invisible, belongs to
// the visible one before it: a variation selector as in the red heart, the end of the
// flag of Scotland, or a joiner behind a virama as in words of Malayalam.
func endsVisibly(s string) bool {
	last, size := utf8.DecodeLastRuneInString(s)
	before, _ := utf8.DecodeLastRuneInString(s[:len(s)-size])
	switch {
	case last == endOfFlag:
		return true
	case last == zeroWidthJoiner, last == zeroWidthNonJoiner:
		return unicode.IsMark(before)
	case unicode.Is(unicode.Variation_Selector, last):
		return !isInvisible(before)
	}
	return false
}
