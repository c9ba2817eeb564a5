package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// secondTable prints all rows.
func secondTable(w io.Writer, res results) {
	libs, _ := columns()
	lines := [][]string{append(append([]string{"what"}, libs...), "best peer ÷ ours", "goals")}
	var all []verdict
	for _, s := range sections() {
		for _, r := range s.rows {
			line := []string{r.what}
			for _, lib := range libs {
				line = append(line, cell(r.value(res, lib)))
			}
			ours, _ := r.value(res, peers.Ours)
			verdicts := r.verdicts(res)
			all = append(all, verdicts...)
			var words []string
			for _, v := range verdicts {
				words = append(words, v.long(ours))
			}
			lines = append(lines, append(line, ratio(res, r, ours), strings.Join(words, "; ")))
		}
	}
	align(w, lines, "l"+strings.Repeat("r", len(libs)+1)+"l")
	met, missed := tally(all)
	fmt.Fprintf(w, "\n%d goals met, %d missed.\n", met, missed)
}

// long is the goal with what was measured for it, if that is not our value, and whether
// it is met.
func (v verdict) long(ours float64) string {
	text := v.words(number) + ": "
	if v.measured != ours {
		text += number(v.measured) + ", "
	}
	if v.isMet {
		return text + "met"
	}
	return text + "MISSED"
}

func ratio(res results, r row, ours float64) string {
	_, best, ok := r.best(res)
	isComparable := ok && !r.more && r.unit != "goroutines"
	if !isComparable || ours <= 0 || best < 0 {
		return ""
	}
	return cell(best/ours, true)
}

// align pads the cells of a Markdown table, to the left or to the right, so that it is
// legible as it stands. sides has an l or r for each column.
func align(w io.Writer, lines [][]string, sides string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, c := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for n, line := range lines {
		for i, c := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if sides[i] == 'l' {
				c += pad
			} else {
				c = pad + c
			}
			fmt.Fprintf(w, "| %s ", c)
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			rule(w, widths, sides)
		}
	}
}

// rule prints the line below the head of a table.
func rule(w io.Writer, widths []int, sides string) {
	for i, width := range widths {
		end := "-"
		if sides[i] == 'r' {
			end = ":"
		}
		fmt.Fprintf(w, "|%s%s", strings.Repeat("-", width+1), end)
	}
	fmt.Fprintln(w, "|")
}

func cell(v float64, ok bool) string {
	switch {
	case !ok:
		return "–"
	case math.IsInf(v, 1):
		return "never"
	default:
		return number(v)
	}
}

// number writes v with three digits that matter.
func number(v float64) string {
	switch digits := math.Abs(v); {
	case digits >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case digits >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// span writes a time that is given in nanoseconds.
func span(ns float64) string {
	switch {
	case math.IsInf(ns, 1):
		return "never"
	case ns == 0 || ns >= 1e9:
		return number(ns/1e9) + " s"
	case ns >= 1e6:
		return number(ns/1e6) + " ms"
	case ns >= 1e3:
		return number(ns/1e3) + " µs"
	default:
		return number(ns) + " ns"
	}
}
