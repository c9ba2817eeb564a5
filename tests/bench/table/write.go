package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// write prints the table, in Markdown that is also legible as it stands.
func write(w io.Writer, res results) {
	libs, _ := columns()
	lines := [][]string{append(append([]string{"what"}, libs...), "best peer ÷ ours", "goals")}
	met, missed := 0, 0
	for _, r := range rows() {
		line := []string{r.what}
		for _, lib := range libs {
			line = append(line, cell(r.value(res, lib)))
		}
		ours, measured := r.value(res, peers.Ours)
		line = append(line, ratio(res, r, ours))
		var verdicts []string
		for _, g := range r.goals {
			if !measured {
				continue
			}
			v, ok := g.met(res, r, ours)
			word := "met"
			if met++; !ok {
				met, missed, word = met-1, missed+1, "MISSED"
			}
			if v != ours {
				word = number(v) + ", " + word
			}
			verdicts = append(verdicts, g.text+": "+word)
		}
		lines = append(lines, append(line, strings.Join(verdicts, "; ")))
	}
	fmt.Fprintf(w, "# Benchmarks\n\n%s\n", machine(res))
	align(w, lines)
	fmt.Fprintf(w, "\n%d goals met, %d missed.\n", met, missed)
}

func ratio(res results, r row, ours float64) string {
	best, ok := r.best(res)
	if !ok || r.more || ours <= 0 || best < 0 || r.unit == "goroutines" {
		return ""
	}
	return cell(best/ours, true)
}

// align pads the cells of a Markdown table: the first and the last to the
// left, numbers to the right.
func align(w io.Writer, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, c := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for n, line := range lines {
		for i, c := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if i == 0 || i == len(line)-1 {
				c += pad
			} else {
				c = pad + c
			}
			fmt.Fprintf(w, "| %s ", c)
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for i, width := range widths {
				rule := strings.Repeat("-", width+1)
				if i == 0 || i == len(widths)-1 {
					fmt.Fprintf(w, "|%s-", rule)
				} else {
					fmt.Fprintf(w, "|%s:", rule)
				}
			}
			fmt.Fprintln(w, "|")
		}
	}
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

// machine says where, when and with what the benchmarks ran.
func machine(res results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s, %d cores, %s/%s, %s.\n\n", time.Now().UTC().Format(time.DateOnly), res.cpu, runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, runtime.Version())
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b.String()
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "golang.org/x/oauth2", "cloud.google.com/go/auth", "github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/aws/aws-sdk-go-v2", "github.com/bradleyfalzon/ghinstallation/v2", "github.com/oapi-codegen/oapi-codegen/v2":
			fmt.Fprintf(&b, "- %s %s\n", m.Path, m.Version)
		}
	}
	return b.String()
}

// lacking prints what each library does not do.
func lacking(w io.Writer) {
	fmt.Fprint(w, "\n## What each lacks\n\n")
	for _, p := range peers.All() {
		if p.Lacks != "" {
			fmt.Fprintf(w, "- %s: %s.\n", p.Name, p.Lacks)
		}
	}
}
