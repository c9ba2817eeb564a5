package proxy

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// userInfoPath is the one operation below auth/ that hands out no credential.
const userInfoPath = "/api/rest/2.0/auth/session/user"

// maxEncodings is how many times a path may be percent-encoded. Nothing needs more than
// two: one by the program and one by its library.
const maxEncodings = 4

// segmentsOf returns the segments of a path in the reading in which most paths lead to
// the same operation: decoded until nothing is encoded any more, with a backslash as a
// slash, and without empty segments, parameters, and dots and spaces at the ends.
//
// ok is false for a path that no program needs and that servers read in different ways:
// with a segment of one or two dots, a control character, or bytes that are not UTF-8,
// encoded or not.
func segmentsOf(path string) (segments []string, ok bool) {
	path, ok = decoded(path)
	if !ok || !utf8.ValidString(path) || strings.ContainsFunc(path, isControl) {
		return nil, false
	}
	for segment := range strings.SplitSeq(strings.ReplaceAll(path, `\`, "/"), "/") {
		if end := strings.IndexAny(segment, ";?#"); end >= 0 {
			segment = segment[:end]
		}
		segment = strings.TrimSpace(segment)
		if segment == "." || segment == ".." {
			return nil, false
		}
		if name := strings.Trim(segment, ". "); name != "" {
			segments = append(segments, name)
		}
	}
	return segments, true
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// decoded removes the percent encoding of a path, however often it was applied, up to
// maxEncodings times.
func decoded(path string) (plain string, ok bool) {
	for range maxEncodings + 1 {
		next := decodedOnce(path)
		if next == path {
			return path, true
		}
		path = next
	}
	return "", false
}

// decodedOnce decodes what is encoded, and leaves a percent sign that encodes nothing.
func decodedOnce(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			octet, err := strconv.ParseUint(path[i+1:i+3], 16, 8)
			if err == nil {
				b.WriteByte(byte(octet))
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// issuesCredentials reports whether a path leads to operations that may hand out
// credentials, at any place in the path: a gateway may have the API below a prefix.
func issuesCredentials(segments []string) bool {
	for i := range segments {
		rest := segments[i:]
		isAuth := begins(rest, "api", "rest", "*", "auth")
		isOlder := begins(rest, "v1", "session") || begins(rest, "rest", "v2", "session")
		if isAuth || isOlder {
			return true
		}
	}
	return false
}

// begins reports whether segments begin with names, in any case. The name * stands for
// any segment.
func begins(segments []string, names ...string) bool {
	if len(segments) < len(names) {
		return false
	}
	for i, name := range names {
		if name != "*" && !strings.EqualFold(segments[i], name) {
			return false
		}
	}
	return true
}
