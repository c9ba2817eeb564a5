package main

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// printed returns what the benchmarks print if each value that the tables show is v
// for every library.
func printed(v float64) string {
	libs, _ := columns()
	var b strings.Builder
	for _, s := range sections() {
		for _, r := range s.rows {
			name, sub, _ := strings.Cut(r.benchmark, "/")
			if sub != "" {
				sub = "/" + sub
			}
			for _, l := range libs {
				fmt.Fprintf(&b, "Benchmark%s/lib=%s%s-2 1 %g %s\n", name, l, sub, v, r.unit)
			}
		}
	}
	return b.String()
}

// lines returns the rows of the first table that is printed for some results.
func lines(t *testing.T, printed string) [][]string {
	t.Helper()
	var out strings.Builder
	firstTable(&out, parse([]byte(printed)))
	var rows [][]string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | "))
		}
	}
	return rows[2:] // behind the head and the rule
}

func TestFirstTable_HasFifteenRows_EachWithAValueAndAGoal(t *testing.T) {
	rows := lines(t, printed(1))
	if len(rows) != 15 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		if !strings.HasPrefix(row[0], fmt.Sprint(i+1, " ")) || row[1] == "–" || row[2] == "–" || row[3] == "–" {
			t.Errorf("row %d is %q", i+1, row)
		}
	}
}

// Each benchmark that a row shows is one of those that the stages run.
func TestRows_ShowBenchmarks_ThatTheStagesRun(t *testing.T) {
	var patterns []*regexp.Regexp
	for _, args := range append(once(), micro()) {
		for _, arg := range args {
			flag, pattern, _ := strings.Cut(arg, "=")
			if flag == "-test.bench" || flag == "-test.run" {
				patterns = append(patterns, regexp.MustCompile(pattern))
			}
		}
	}
	runs := func(name string) bool {
		for _, p := range patterns {
			if p.MatchString("Benchmark"+name) || p.MatchString("Test"+name) {
				return true
			}
		}
		return false
	}
	for _, s := range sections() {
		for _, r := range s.rows {
			if name, _, _ := strings.Cut(r.benchmark, "/"); !runs(name) {
				t.Errorf("no stage runs %s, which row %q shows", name, r.what)
			}
		}
	}
}

func TestFirstTable_MissedGoal_IsSaid(t *testing.T) {
	const herd = 5 // its place
	herdOf := func(served float64) []string {
		return lines(t, fmt.Sprintf("BenchmarkHerd/lib=tsauth-2 1 1 token-calls %g served-ms\n", served))[herd]
	}
	if row := herdOf(70); row[3] != "met" || row[2] != "token calls: ≤ 1; all served after ≤ 70 ms" {
		t.Errorf("at 70 ms: %q", row)
	}
	if row := herdOf(70.1); row[3] != "1 of 2 MISSED" || row[1] != "token calls: 1, all served after 70.1 ms" {
		t.Errorf("at 70.1 ms: %q", row)
	}
	inUse := func(bytes int) []string {
		return lines(t, fmt.Sprintf("BenchmarkMemoryInUse/lib=tsauth-2 1 %d bytes/client\nBenchmarkMemory/lib=tsauth/clients=1000-2 1 400 bytes/client\n", bytes))[9]
	}
	// A goal that only the second table shows counts, too.
	if row := inUse(499); row[3] != "1 of 2 MISSED" || row[2] != "< 500 bytes; 1 more below" {
		t.Errorf("idle clients too large: %q", row)
	}
	if row := inUse(500); row[3] != "2 of 2 MISSED" {
		t.Errorf("clients in use too large: %q", row)
	}
}

func TestFirstTable_PeerThatIsBetter_IsSaid(t *testing.T) {
	const ours = "BenchmarkHerd/lib=tsauth-2 1 1 token-calls 60 served-ms\n"
	herdOf := func(library string, calls, served int) string {
		return fmt.Sprintf("BenchmarkHerd/lib=%s-2 1 %d token-calls %d served-ms\n", library, calls, served)
	}
	for peers, want := range map[string]string{
		herdOf("aws", 1, 50):                           "aws **all served after 50 ms**",
		herdOf("aws", 1, 80):                           "aws all served after 80 ms",
		herdOf("aws", 1, 60):                           "the same",
		herdOf("aws", 3, 50):                           "aws token calls: 3, **all served after 50 ms**",
		herdOf("aws", 3, 55) + herdOf("google", 4, 50): "aws token calls: 3, google **all served after 50 ms**",
		herdOf("static", 0, 1):                         "–", // it renews nothing
	} {
		if row := lines(t, ours+peers)[5]; row[4] != want {
			t.Errorf("best peer is %q, want %q", row[4], want)
		}
		var out strings.Builder
		firstTable(&out, parse([]byte(ours+peers)))
		isSaid := strings.Contains(out.String(), "better than tsauth in the values in bold, in rows 6.\n")
		if isSaid != strings.Contains(want, "**") {
			t.Errorf("%q and %q", want, out.String()[strings.LastIndex(out.String(), "\n\n"):])
		}
	}
}

func TestQuantity_Times_HaveTheUnitThatSuitsThem(t *testing.T) {
	for _, c := range []struct {
		unit  string
		value float64
		want  string
	}{
		{"ns/op", 243.2, "243 ns"}, {"ns/op", 87_165, "87.2 µs"}, {"ns/op", 1_730_443, "1.73 ms"},
		{"served-ms", 66.8, "66.8 ms"}, {"served-s", 199.85, "200 s"}, {"p99-s", 0.05, "50 ms"}, {"told-s", 0, "0 s"},
		{"recovery-ms", math.Inf(1), "never"}, {"errors", 89_212, "89212"},
	} {
		if got := (row{unit: c.unit}).quantity(c.value); got != c.want {
			t.Errorf("%v %s is %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}
