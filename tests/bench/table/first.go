package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// firstTable prints a line for each section that has a name: what was measured, the
// goals, and the best of the other libraries, in bold where it is better than ours.
func firstTable(w io.Writer, res results) {
	lines := [][]string{{"what", peers.Ours, "goals", "", "best peer"}}
	var behind []string
	for _, s := range sections() {
		if s.what == "" {
			continue
		}
		best, isBehind := s.bestPeers(res)
		if isBehind {
			behind = append(behind, fmt.Sprint(len(lines)))
		}
		goals, word := s.judged(res)
		lines = append(lines, []string{fmt.Sprintf("%d %s", len(lines), s.what), s.ours(res), goals, word, best})
	}
	for n, line := range lines {
		fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | "))
		if n == 0 {
			fmt.Fprintln(w, strings.Repeat("| --- ", len(line))+"|")
		}
	}
	fmt.Fprint(w, legend)
	if len(behind) == 0 {
		fmt.Fprint(w, "No other library is better than tsauth in any of these values.\n")
		return
	}
	fmt.Fprintf(w, "Another library is better than tsauth in the values in bold, in rows %s.\n", strings.Join(behind, ", "))
}

const legend = `
Behind a goal, in parentheses, is what was measured for it. The best peer is the best of the libraries that
renew, for each value by itself, where it is not the same as that of tsauth. "limit" is the least that anybody
can do: a pointer, a look at the clock and the header in row 1, http.Client alone in rows 2 and 3, and with a
net/http/cookiejar in row 4. "by-hand" is the RoundTripper that people write themselves.

`

// ours are our values.
func (s section) ours(res results) string {
	var values []string
	for _, r := range s.rows {
		if v, ok := r.value(res, peers.Ours); ok && r.head != "" {
			values = append(values, r.headline(r.quantity(v)))
		}
	}
	return list(values, ", ")
}

// judged returns the goals of the values that are shown, how many others there are, and
// whether all goals are met.
func (s section) judged(res results) (goals, word string) {
	var shown []string
	var all, others []verdict
	for _, r := range s.rows {
		verdicts := r.verdicts(res)
		all = append(all, verdicts...)
		if r.head == "" {
			others = append(others, verdicts...)
			continue
		}
		for _, v := range verdicts {
			shown = append(shown, v.short(r))
		}
	}
	if met, missed := tally(others); met+missed > 0 {
		shown = append(shown, fmt.Sprintf("%d more below", met+missed))
	}
	met, missed := tally(all)
	switch {
	case met+missed == 0:
		word = "–"
	case missed == 0:
		word = "met"
	default:
		word = fmt.Sprintf("%d of %d MISSED", missed, met+missed)
	}
	return list(shown, "; "), word
}

// short is the goal with its value, if the table does not have that already.
func (v verdict) short(r row) string {
	text := r.headline(v.words(r.quantity))
	if v.text != "" {
		text += " (" + number(v.measured) + ")"
	}
	return text
}

// bestPeers returns the best of the other libraries for each value that is not the same
// as ours, and whether one of them is better than ours.
func (s section) bestPeers(res results) (cell string, isBehind bool) {
	var values []string
	last, isMeasured := "", false
	for _, r := range s.rows {
		lib, least, found := r.best(res)
		ours, measured := r.value(res, peers.Ours)
		if r.head == "" || !found || !measured {
			continue
		}
		isMeasured = true
		text := r.headline(r.quantity(least))
		if r.quantity(least) == r.quantity(ours) {
			continue
		}
		if least < ours {
			text, isBehind = "**"+text+"**", true
		}
		if lib != last {
			text = lib + " " + text
		}
		last = lib
		values = append(values, text)
	}
	if isMeasured && len(values) == 0 {
		return "the same", false
	}
	return list(values, ", "), isBehind
}

// list joins values, if there are any.
func list(values []string, separator string) string {
	if len(values) == 0 {
		return "–"
	}
	return strings.Join(values, separator)
}
