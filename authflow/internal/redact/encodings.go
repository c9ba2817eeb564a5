package redact

import (
	"encoding/base64"
	"encoding/hex"
	"iter"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The functions of this file look for stretches of a text that may be encoded, and
// return what these say, each on a line of its own. The rest of the text is left
// out. They return "" if there is nothing.

const (
	// minListed is how many numbers in a row are taken for the bytes of a text.
	minListed = 3
	// minCoded is the length from which a stretch may be the code of something, in
	// characters.
	minCoded = 2
	// maxNumber bounds the numbers whose exponent is written out.
	maxNumber = 1e21
)

// base64Bytes decodes base64 of both alphabets. skipped is how many characters at
// the beginning of each stretch belong to something else: "key=abcSECRET" is decoded
// rightly only for one number from 0 to 3.
func base64Bytes(text string, skipped int) string {
	var b strings.Builder
	for run := range runs(text, isBase64) {
		if len(run) < skipped+minLong {
			continue
		}
		b.WriteString(decodeBase64(run[skipped:]))
		b.WriteByte('\n')
	}
	return b.String()
}

// base64Texts decodes base64 where a whole stretch is the code of a printable text.
func base64Texts(text string) string {
	var b strings.Builder
	for run := range runs(text, isBase64) {
		writePrintable(&b, decodeBase64(run))
	}
	return b.String()
}

// hexBytes decodes hex. skipped is how many digits at the beginning of each stretch
// belong to something else, 0 or 1.
func hexBytes(text string, skipped int) string {
	var b strings.Builder
	for run := range runs(text, isHex) {
		if len(run) < skipped+2*minLong {
			continue
		}
		b.WriteString(decodeHex(run[skipped:]))
		b.WriteByte('\n')
	}
	return b.String()
}

// hexTexts decodes hex where a whole stretch is the code of a printable text.
func hexTexts(text string) string {
	var b strings.Builder
	for run := range runs(text, isHex) {
		writePrintable(&b, decodeHex(run))
	}
	return b.String()
}

// listedBytes decodes lists of bytes in decimal and hex, as fmt, Java and Node print
// them: [112 97 115], [112, 97, -61], <Buffer 70 61 73>, 0x70, 0x61, 70:61:73.
func listedBytes(text string) string {
	var b strings.Builder
	writeListed(&b, text, "-", decimalByte)
	writeListed(&b, text, "", hexByte)
	return b.String()
}

// writeListed writes what a list of bytes says. Its items consist of letters, digits
// and the given signs; anything else separates them.
func writeListed(b *strings.Builder, text, signs string, parse func(string) (byte, bool)) {
	var listed []byte
	flush := func() {
		if len(listed) >= minListed {
			b.Write(listed)
			b.WriteByte('\n')
		}
		listed = listed[:0]
	}
	for item := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return !isWordRune(r) && !strings.ContainsRune(signs, r)
	}) {
		value, ok := parse(item)
		if !ok {
			flush()
			continue
		}
		listed = append(listed, value)
	}
	flush()
}

// decimalByte parses a byte; Java writes those from 128 as negative numbers.
func decimalByte(item string) (byte, bool) {
	n, err := strconv.Atoi(item)
	if err != nil || n < -128 || n > 255 {
		return 0, false
	}
	return byte(n), true
}

func hexByte(item string) (byte, bool) {
	digits := strings.TrimPrefix(strings.ToLower(item), "0x")
	if len(digits) != 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 8)
	return byte(n), err == nil
}

// numbers writes numbers as digits alone: 1.2345678e+07, 12,345,678 and 12'345'678
// become 12345678.
func numbers(text string) string {
	var b strings.Builder
	for i := range len(text) {
		inside := i > 0 && i+1 < len(text)
		between := inside && isDigit(text[i-1]) && isDigit(text[i+1])
		if !between || strings.IndexByte(",._' ", text[i]) < 0 {
			b.WriteByte(text[i])
		}
	}
	for run := range runs(text, func(c byte) bool { return strings.IndexByte("0123456789.eE+-", c) >= 0 }) {
		number, err := strconv.ParseFloat(strings.TrimRight(run, "."), 64)
		if err == nil && math.Abs(number) < maxNumber && strings.ContainsAny(run, "eE") {
			b.WriteString("\n" + strconv.FormatFloat(number, 'f', -1, 64))
		}
	}
	return b.String()
}

// runs returns the longest stretches of a text in which all bytes are members, from
// minCoded bytes on.
func runs(text string, member func(byte) bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := range len(text) + 1 {
			if i < len(text) && member(text[i]) {
				continue
			}
			if i-start >= minCoded && !yield(text[start:i]) {
				return
			}
			start = i + 1
		}
	}
}

func isBase64(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("+/-_", c) >= 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		return true
	}
	return false
}

// decodeBase64 decodes a stretch of either alphabet. What it cannot decode at the
// end is left out.
func decodeBase64(run string) string {
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	decoded, _ := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(run))
	return string(decoded)
}

// decodeHex decodes a stretch of hex digits, without the last one if it is odd.
func decodeHex(run string) string {
	decoded, _ := hex.DecodeString(run[:len(run)/2*2])
	return string(decoded)
}

// writePrintable writes a text on a line of its own if all of it is printable.
func writePrintable(b *strings.Builder, text string) {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable) {
		b.WriteString(text + "\n")
	}
}
