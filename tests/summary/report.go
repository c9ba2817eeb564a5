package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	most   = 200 // lines that are shown of a test, or of a package beside its tests
	mostOf = 20  // tests of a package that are shown with their lines, or named
)

// event is a line of go test -json.
type event struct {
	Action  string // such as output, pass, fail, skip and build-output
	Package string
	Test    string
	Output  string
	Elapsed float64 // seconds

	// ImportPath is the package of a build-output, FailedBuild the one that a package
	// which failed could not be built with.
	ImportPath, FailedBuild string
}

// lines are the first lines of an output.
type lines struct {
	first []string
	total int
}

func (l *lines) add(line string) {
	l.total++
	if l.total <= most {
		l.first = append(l.first, line)
	}
}

// report is what has happened so far.
type report struct {
	out     io.Writer
	outputs map[string]map[string]*lines // by package and test that have not passed; "" is the package itself
	builds  map[string]*lines            // what the compiler said, by package

	passed, skipped int
	failures        []string // packages, and tests with their package
	packages, bad   int
	took            map[string]float64 // seconds, by package
}

func newReport(out io.Writer) *report {
	return &report{out: out, outputs: map[string]map[string]*lines{}, builds: map[string]*lines{}, took: map[string]float64{}}
}

func (r *report) failed() bool { return r.bad > 0 || len(r.failures) > 0 }

// read reads the events until there are no more. It shows a line that is not an event as
// it is.
func (r *report) read(events io.Reader) error {
	in := bufio.NewReader(events)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil {
				r.add(e)
			} else {
				fmt.Fprint(r.out, line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the output of go test: %w", err)
		}
	}
}

func (r *report) add(e event) {
	switch e.Action {
	case "build-output":
		linesOf(r.builds, e.ImportPath).add(e.Output)
	case "output":
		if isProgress := strings.HasPrefix(e.Output, "=== "); !isProgress {
			linesOf(r.ofPackage(e.Package), e.Test).add(e.Output)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e)
		}
	}
}

func linesOf(all map[string]*lines, name string) *lines {
	if all[name] == nil {
		all[name] = &lines{}
	}
	return all[name]
}

func (r *report) ofPackage(name string) map[string]*lines {
	if r.outputs[name] == nil {
		r.outputs[name] = map[string]*lines{}
	}
	return r.outputs[name]
}

// endTest counts a test. A subtest counts with the test that it is a part of.
func (r *report) endTest(e event) {
	isPart := strings.Contains(e.Test, "/")
	switch {
	case e.Action == "fail":
		r.failures = append(r.failures, e.Package+" "+e.Test)
		return
	case isPart:
	case e.Action == "skip":
		r.skipped++
	default:
		r.passed++
	}
	delete(r.ofPackage(e.Package), e.Test)
}

// endPackage shows the line that go test has for a package and, if the package
// failed, what its tests wrote that have not passed.
func (r *report) endPackage(e event) {
	outputs := r.ofPackage(e.Package)
	delete(r.outputs, e.Package)
	r.took[e.Package] = e.Elapsed
	own := linesOf(outputs, "")
	delete(outputs, "")
	if e.Action != "fail" {
		if e.Action == "pass" {
			r.packages++
		}
		fmt.Fprint(r.out, lastLine(own))
		return
	}
	r.bad++
	r.failures = append(r.failures, e.Package)
	if e.FailedBuild != "" {
		r.show(linesOf(r.builds, e.FailedBuild))
	}
	names := slices.Sorted(maps.Keys(outputs))
	for _, name := range names[:min(len(names), mostOf)] {
		r.show(outputs[name])
	}
	if rest := len(names) - mostOf; rest > 0 {
		fmt.Fprintf(r.out, "... and %d more tests that failed or did not end\n", rest)
	}
	r.show(own)
}

func lastLine(l *lines) string {
	if len(l.first) == 0 {
		return ""
	}
	return l.first[len(l.first)-1]
}

func (r *report) show(l *lines) {
	fmt.Fprint(r.out, strings.Join(l.first, ""))
	if rest := l.total - len(l.first); rest > 0 {
		fmt.Fprintf(r.out, "... and %d more lines\n", rest)
	}
}

// finish shows the summary.
func (r *report) finish(took time.Duration) {
	slowest := slices.SortedFunc(maps.Keys(r.took), func(a, b string) int { return cmp.Compare(r.took[b], r.took[a]) })
	var slow []string
	for _, name := range slowest[:min(5, len(slowest))] {
		slow = append(slow, fmt.Sprintf("%s %.1f s", path.Base(name), r.took[name]))
	}
	tests := 0
	for _, name := range r.failures {
		_, test, _ := strings.Cut(name, " ")
		if isWhole := test != "" && !strings.Contains(test, "/"); isWhole {
			tests++
		}
	}
	fmt.Fprintf(r.out, "\npackages: %d passed, %d failed; tests: %d passed, %d failed, %d skipped; %.0f s\n",
		r.packages, r.bad, r.passed, tests, r.skipped, took.Seconds())
	if len(slow) > 0 {
		fmt.Fprintf(r.out, "slowest: %s\n", strings.Join(slow, ", "))
	}
	for _, name := range r.failures[:min(len(r.failures), mostOf)] {
		fmt.Fprintf(r.out, "FAILED: %s\n", name)
	}
}
