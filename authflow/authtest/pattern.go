package authtest

import (
	"regexp/syntax"
	"strings"
)

// matching returns a short text that matches a pattern, in which everything that
// may repeat without limit does so at least some times. It is empty for a pattern
// that package regexp does not know, such as one with a look-ahead.
func matching(pattern string, times int) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	writeMatch(&b, re.Simplify(), times)
	return b.String()
}

func writeMatch(b *strings.Builder, re *syntax.Regexp, times int) {
	if b.Len() > maxText {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			b.WriteRune(printable(re.Rune))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpStar, syntax.OpPlus:
		least := 0
		if re.Op == syntax.OpPlus {
			least = 1
		}
		for range max(least, times) {
			writeMatch(b, re.Sub[0], times)
		}
	case syntax.OpConcat, syntax.OpCapture:
		for _, part := range re.Sub {
			writeMatch(b, part, times)
		}
	case syntax.OpAlternate:
		writeMatch(b, re.Sub[0], times)
	case syntax.OpNoMatch, syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpQuest, syntax.OpRepeat: // repeat is simplified away
	}
}

// printable returns a character of a class, given as pairs of its bounds: one of
// ASCII that prints, if there is one.
func printable(class []rune) rune {
	for i := 0; i < len(class); i += 2 {
		if first := max(class[i], '!'); first <= min(class[i+1], '~') {
			return first
		}
	}
	return class[0]
}
