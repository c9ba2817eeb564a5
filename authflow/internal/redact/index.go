package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// minLong is the length from which a secret is looked for anywhere, in bytes. A
	// shorter one is a part of many ordinary words ("en", "0000") and is looked for
	// as a whole word.
	minLong = 6
	// pieceLength: a secret that is longer than this is repeated by any part of this
	// length, in bytes. Tokens have a thousand bytes and more; texts cut them off and
	// break them into lines.
	pieceLength = 16
	// minNumber is the number of digits from which a secret of digits is also looked
	// for without its leading zeros.
	minNumber = 4
)

// index holds secrets as a search needs them, all of them folded.
type index struct {
	long    []string
	pieces  map[string]struct{} // all parts of pieceLength bytes of the longer ones
	words   []string            // secrets below minLong
	numbers []string            // secrets of digits, without leading zeros
}

func newIndex(secrets []string) *index {
	x := &index{pieces: make(map[string]struct{})}
	for _, secret := range secrets {
		x.add(fold(secret))
	}
	return x
}

// add adds a folded secret.
func (x *index) add(secret string) {
	switch {
	case secret == "":
		return
	case len(secret) < minLong:
		x.words = append(x.words, secret)
	case len(secret) <= pieceLength:
		x.long = append(x.long, secret)
	default:
		for i := range len(secret) - pieceLength + 1 {
			x.pieces[secret[i:i+pieceLength]] = struct{}{}
		}
	}
	if strings.Trim(secret, "0123456789") != "" {
		return
	}
	number := strings.TrimLeft(secret, "0")
	x.numbers = append(x.numbers, number)
	if len(number) < len(secret) && len(number) >= minNumber {
		x.add(number)
	}
}

// isNumber reports whether a secret is the number that these digits write.
func (x *index) isNumber(digits string) bool {
	digits = strings.TrimLeft(digits, "-0")
	for _, number := range x.numbers {
		if number == digits {
			return true
		}
	}
	return false
}

// empty reports whether there is nothing to look for.
func (x *index) empty() bool { return len(x.long)+len(x.pieces)+len(x.words) == 0 }

// holdsLong reports whether a folded text holds a secret of minLong bytes or more.
func (x *index) holdsLong(text string) bool {
	for _, secret := range x.long {
		if strings.Contains(text, secret) {
			return true
		}
	}
	if len(x.pieces) == 0 {
		return false
	}
	for i := 0; i+pieceLength <= len(text); i++ {
		_, found := x.pieces[text[i:i+pieceLength]]
		if found {
			return true
		}
	}
	return false
}

// holdsWord reports whether a folded text holds a short secret as a whole word.
func (x *index) holdsWord(text string) bool {
	for _, word := range x.words {
		for from := 0; ; {
			at := strings.Index(text[from:], word)
			if at < 0 {
				break
			}
			start := from + at
			before, after := text[:start], text[start+len(word):]
			if !continues(reversed(word), reversed(before)) && !continues(word, after) {
				return true
			}
			from = start + 1
		}
	}
	return false
}

// continues reports whether a word goes on in the text that follows it: "en" does
// in "enter" and in "en-US", "10" in "10.5" and in "10:30"; "en" does not in "en.".
func continues(word, rest string) bool {
	last, _ := utf8.DecodeLastRuneInString(word)
	next, size := utf8.DecodeRuneInString(rest)
	if !isWordRune(last) || size == 0 {
		return false
	}
	if isWordRune(next) {
		return true
	}
	second, size := utf8.DecodeRuneInString(rest[size:])
	if size == 0 {
		return false
	}
	switch next {
	case '-', '_', '\'':
		return isWordRune(second)
	case '.', ':':
		return unicode.IsDigit(last) && unicode.IsDigit(second)
	}
	return false
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// reversed returns up to four characters from the end of a text, in reverse order,
// so that what stands before a word is read as what stands behind it. continues
// looks at two.
func reversed(text string) string {
	var b strings.Builder
	for range 4 {
		r, size := utf8.DecodeLastRuneInString(text)
		if size == 0 {
			break
		}
		b.WriteRune(r)
		text = text[:len(text)-size]
	}
	return b.String()
}

// fold returns a text in lower case with single spaces, so that a server that
// writes a secret in upper case, or breaks its line, is found to repeat it.
func fold(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(text)), " ")
}
