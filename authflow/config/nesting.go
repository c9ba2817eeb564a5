package config

import "strings"

// maxNesting is how many tables and lists may be inside one another. A list in a profile
// makes two.
const maxNesting = 8

// nestedTooDeep returns the line in which a text of TOML nests tables, lists or the parts
// of a key deeper than maxNesting. The parser copies the names of all tables around a
// value, so that 64 KiB of "a={" would take more than 7 GB of memory.
func nestedTooDeep(text string) (line int, ok bool) {
	line = 1
	depth, dots := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			end := i + quotedLength(text[i:])
			line += strings.Count(text[i:end], "\n")
			i = end - 1
		case '#':
			i += strings.IndexAny(text[i:]+"\n", "\r\n") - 1
		case '{', '[':
			depth, dots = depth+1, 0
		case '}', ']':
			depth, dots = max(depth-1, 0), 0
		case '.':
			dots++
		case '\n':
			line++
			dots = 0
		case '=', ',':
			dots = 0
		}
		if depth+dots > maxNesting {
			return line, true
		}
	}
	return 0, false
}

// quotedLength returns the length of the quoted text at the beginning of a text, with
// its quotes. An unclosed one reaches to the end of the line or, with three quotes, to
// the end of the text.
func quotedLength(text string) int {
	quote := text[:1]
	isMultiline := strings.HasPrefix(text, strings.Repeat(quote, 3))
	i := 1
	if isMultiline {
		i = 3
	}
	for i < len(text) {
		run := len(text[i:]) - len(strings.TrimLeft(text[i:], quote))
		switch {
		case run >= 3 && isMultiline: // the text may end in quotes of its own
			return i + run
		case run > 0 && !isMultiline:
			return i + 1
		case run > 0:
			i += run
		case text[i] == '\\' && quote == `"`:
			i += 2
		case !isMultiline && (text[i] == '\n' || text[i] == '\r'):
			return i
		default:
			i++
		}
	}
	return len(text)
}
