package redact

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The functions of this file decode the stretches of a text that may be encoded,
// each on a line of its own. They leave out the rest of the text.

const (
	base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	hexAlphabet    = "0123456789abcdefABCDEF"
)

// decodeRuns decodes the longest stretches of a text in which all characters belong
// to an alphabet.
func decodeRuns(text, alphabet string, decode func(run string) string) string {
	var b strings.Builder
	for _, run := range runs(text, alphabet) {
		decoded := decode(run)
		if decoded != "" {
			b.WriteString(decoded + "\n")
		}
	}
	return b.String()
}

// wholly returns a decoder for stretches that belong to a code from their first
// character to their last: decode, if its result is printable.
func wholly(decode func(string) string) func(run string) string {
	return func(run string) string {
		decoded := decode(run)
		isUnprintable := func(r rune) bool { return !unicode.IsPrint(r) }
		if !utf8.ValidString(decoded) || strings.ContainsFunc(decoded, isUnprintable) {
			return ""
		}
		return decoded
	}
}

// skipping returns a decoder for stretches whose first n characters belong to
// something else: the base64 of "key=abcSECRET" is decoded correctly only for one n
// from 0 to 3. It leaves out stretches that are too short for a long secret.
func skipping(n int, decode func(string) string) func(run string) string {
	return func(run string) string {
		if len(run) < n+minLong {
			return ""
		}
		return decode(run[n:])
	}
}

// numbers writes numbers as digits alone: 12,345,678 and 12'345'678 become 12345678,
// and so does 1.2345678e+07 on a line of its own.
func numbers(text string) string {
	var b strings.Builder
	for i := range len(text) {
		isInside := isDigit(text, i-1) && isDigit(text, i+1)
		if !isInside || strings.IndexByte(",._' ", text[i]) < 0 {
			b.WriteByte(text[i])
		}
	}
	for _, run := range runs(text, "0123456789.eE+-") {
		number, err := strconv.ParseFloat(strings.TrimRight(run, "."), 64)
		if err == nil && math.Abs(number) < 1e21 && strings.ContainsAny(run, "eE") {
			b.WriteString("\n" + strconv.FormatFloat(number, 'f', -1, 64))
		}
	}
	return b.String()
}

// isDigit reports whether the text has a digit at i, which may be outside of it.
func isDigit(text string, i int) bool {
	return 0 <= i && i < len(text) && unicode.IsDigit(rune(text[i]))
}

// runs returns the stretches that decodeRuns decodes.
func runs(text, alphabet string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune(alphabet, r) })
}

// urlAlphabet writes the base64 in a text with - and _ in place of + and /.
func urlAlphabet(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "+", "-"), "/", "_")
}

// decodeBase64 decodes a stretch of base64, as far as it can be decoded.
func decodeBase64(run string) string {
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	decoded, _ := base64.RawURLEncoding.DecodeString(run)
	return string(decoded)
}

// decodeHex decodes a stretch of hex digits, without the last one of an odd number.
func decodeHex(run string) string {
	decoded, _ := hex.DecodeString(run[:len(run)/2*2])
	return string(decoded)
}
