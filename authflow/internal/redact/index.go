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
	words  []string            // secrets below minLong
	long   []string            // secrets of at least minLong
	pieces map[string]struct{} // all parts of pieceLength bytes of the longer ones
}

func newIndex(secrets []string) *index {
	x := &index{pieces: make(map[string]struct{})}
	for _, secret := range secrets {
		folded := fold(secret)
		x.add(folded)
		number := strings.TrimLeft(folded, "0")
		isNumber := strings.Trim(number, "0123456789") == ""
		if isNumber && len(number) >= minNumber {
			x.add(number)
		}
	}
	return x
}

// add adds a folded secret.
func (x *index) add(secret string) {
	switch {
	case secret == "":
	case len(secret) < minLong:
		x.words = append(x.words, secret)
	case len(secret) <= pieceLength:
		x.long = append(x.long, secret)
	default:
		for i := range len(secret) - pieceLength + 1 {
			x.pieces[secret[i:i+pieceLength]] = struct{}{}
		}
	}
}

// isEmpty reports whether there is nothing to look for.
func (x *index) isEmpty() bool { return len(x.long)+len(x.pieces)+len(x.words) == 0 }

// holdsLong reports whether a folded text holds a secret of at least minLong bytes.
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
		for at := strings.Index(text, word); at >= 0; {
			if isWhole(text[:at], word, text[at+len(word):]) {
				return true
			}
			next := strings.Index(text[at+1:], word)
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	return false
}

// isWhole reports whether a word is not a part of a longer one, such as "en" of
// "enter" and of "en-US", and "10" of "10.5" and of "10:30".
func isWhole(before, word, after string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	left, size := utf8.DecodeLastRuneInString(before)
	left2, _ := utf8.DecodeLastRuneInString(before[:len(before)-size])
	right, size := utf8.DecodeRuneInString(after)
	right2, _ := utf8.DecodeRuneInString(after[size:])
	return !goesOn(first, left, left2) && !goesOn(last, right, right2)
}

// goesOn reports whether a word that ends with a character goes on with the next two.
func goesOn(end, next, second rune) bool {
	switch {
	case !isWordRune(end):
		return false
	case strings.ContainsRune("-_'", next):
		return isWordRune(second)
	case strings.ContainsRune(".:", next):
		return unicode.IsDigit(end) && unicode.IsDigit(second)
	}
	return isWordRune(next)
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// fold returns a text in lower case with single spaces, so that a server that
// writes a secret in upper case, or breaks its line, is found to repeat it.
func fold(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(text)), " ")
}
