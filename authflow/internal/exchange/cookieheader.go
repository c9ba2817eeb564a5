package exchange

import (
	"net/http"
	"slices"
	"strings"
)

// takeCookies removes the Cookie headers, in any spelling, and returns them as
// one.
func takeCookies(h http.Header) string {
	all := ""
	for name, values := range h {
		if strings.EqualFold(name, "Cookie") {
			all = joinCookies(all, strings.Join(values, "; "))
			delete(h, name)
		}
	}
	return all
}

// cookiePairs returns the cookies of a request, each as name=value.
func cookiePairs(h http.Header) []string {
	var pairs []string
	for name, values := range h {
		if !strings.EqualFold(name, "Cookie") {
			continue
		}
		for pair := range strings.SplitSeq(strings.Join(values, ";"), ";") {
			pairs = append(pairs, strings.TrimSpace(pair))
		}
	}
	return pairs
}

// withoutCookies returns a Cookie header without some of its pairs; the rest is
// as it was, byte for byte.
func withoutCookies(header string, drop func(name, pair string) bool) string {
	isDropped := func(part string) bool {
		pair := strings.TrimSpace(part)
		name, _, _ := strings.Cut(pair, "=")
		return drop(strings.TrimSpace(name), pair)
	}
	for part := range strings.SplitSeq(header, ";") {
		if isDropped(part) {
			parts := slices.DeleteFunc(strings.Split(header, ";"), isDropped)
			return strings.TrimSpace(strings.Join(parts, ";"))
		}
	}
	return header
}

func joinCookies(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
