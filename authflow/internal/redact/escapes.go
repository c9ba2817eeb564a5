package redact

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file undo the escapes in a text, and leave the rest of it
// as it is.

// unescapePercent undoes the escapes of URLs, such as %2F.
func unescapePercent(text string) string {
	var b strings.Builder
	for {
		plain, escape, found := strings.Cut(text, "%")
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		decoded, err := hex.DecodeString(escape[:min(2, len(escape))])
		if err != nil || len(decoded) == 0 {
			b.WriteByte('%')
			text = escape
			continue
		}
		b.Write(decoded)
		text = escape[2:]
	}
}

// unescapeBackslash undoes the escapes of JSON, Go and similar languages.
func unescapeBackslash(text string) string {
	var b strings.Builder
	for {
		plain, escape, found := strings.Cut(text, `\`)
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		var unescaped string
		unescaped, text = unescapeOne(escape)
		b.WriteString(unescaped)
	}
}

// unescapeOne returns the meaning of the escape at the beginning of a text, which
// has lost its backslash, and the rest of the text.
func unescapeOne(text string) (unescaped, rest string) {
	if text == "" {
		return `\`, ""
	}
	high, low, paired := strings.Cut(text[:min(len(text), 11)], `\`)
	if paired {
		r := utf16.DecodeRune(utf16Escape(high), utf16Escape(low)) // JSON escapes 😀 as \ud83d\ude00
		if r != utf8.RuneError {
			return string(r), text[11:]
		}
	}
	r, isRune, rest, err := strconv.UnquoteChar(`\`+text, 0)
	switch {
	case err != nil: // any other character stands for itself, as in \/
		_, size := utf8.DecodeRuneInString(text)
		return text[:size], text[size:]
	case isRune:
		return string(r), rest
	}
	return string([]byte{byte(r)}), rest
}

// utf16Escape returns the number of an escape such as ud83d, or 0.
func utf16Escape(escape string) rune {
	digits, found := strings.CutPrefix(escape, "u")
	n, err := strconv.ParseUint(digits, 16, 16)
	if !found || len(digits) != 4 || err != nil {
		return 0
	}
	return rune(n)
}
