package redact

import (
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file undo escapes in a text, as far as there are any, and
// leave everything else as it is.

// unescapePercent undoes the escapes of URLs, such as %2F, or with another mark the
// escapes of e-mail (quoted-printable), such as =2F.
func unescapePercent(text string, mark byte) string {
	if strings.IndexByte(text, mark) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == mark && i+2 < len(text) {
			decoded, err := hex.DecodeString(text[i+1 : i+3])
			if err == nil {
				b.Write(decoded)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// unescapeHTML undoes the escapes of HTML and XML.
func unescapeHTML(text string) string { return html.UnescapeString(text) }

// undouble undoes the escapes of SQL and CSV, which write a quote twice.
func undouble(text, quote string) string { return strings.ReplaceAll(text, quote+quote, quote) }

// unescapeBackslash undoes the escapes of JSON, JavaScript, Go and other languages.
func unescapeBackslash(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var b strings.Builder
	for {
		plain, escape, found := strings.Cut(text, `\`)
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		if escape == "" {
			b.WriteByte('\\')
			return b.String()
		}
		var said string
		said, text = unescapeOne(escape)
		b.WriteString(said)
	}
}

// unescapeOne returns what the escape at the beginning of a text says, without its
// backslash, and the text behind it. The text is not empty.
func unescapeOne(text string) (said, rest string) {
	if text[0] == 'u' {
		r, size := unicodeEscape(text)
		if size > 0 {
			return string(r), text[size:]
		}
	}
	r, wide, rest, err := strconv.UnquoteChar(`\`+text, 0)
	switch {
	case err != nil: // any other character stands for itself
		_, size := utf8.DecodeRuneInString(text)
		return text[:size], text[size:]
	case wide:
		return string(r), rest
	}
	return string([]byte{byte(r)}), rest
}

// unicodeEscape returns the character at the beginning of a text such as u00e4,
// u{e4} or, in two halves, ud83d\ude00, and the length of its escape; 0 if there is
// none.
func unicodeEscape(text string) (r rune, size int) {
	inner, found := strings.CutPrefix(text, "u{")
	if found {
		end := strings.IndexByte(inner[:min(len(inner), 8)], '}')
		if end < 0 {
			return 0, 0
		}
		n, err := strconv.ParseUint(inner[:end], 16, 32)
		if err != nil {
			return 0, 0
		}
		return rune(n), end + 3
	}
	first, ok := fourDigits(text)
	if !ok {
		return 0, 0
	}
	tail, found := strings.CutPrefix(text[5:], `\`)
	if !found || !utf16.IsSurrogate(first) {
		return first, 5
	}
	second, ok := fourDigits(tail)
	if !ok {
		return first, 5
	}
	return utf16.DecodeRune(first, second), 11
}

// fourDigits returns the number at the beginning of a text such as u00e4.
func fourDigits(text string) (rune, bool) {
	if len(text) < 5 || text[0] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[1:5], 16, 32)
	return rune(n), err == nil
}
