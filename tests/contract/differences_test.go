package contract_test

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

// The kinds of difference between a live server and what the suite expects.
const (
	ofSpec     = "spec"     // a spec of the suite does not hold
	ofExchange = "exchange" // a request or a response does not keep to the document
)

// differs notes where a live server is not what the suite expects.
func (l *ledger) differs(kind, spec, how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.differences = append(l.differences, reasons.Finding{Check: kind, Where: spec, What: strings.TrimSpace(how)})
}

// knownDifferences returns the reasons for what differs, and the release of the
// server that they are for; see doc.go.
func knownDifferences(env func(string) string) (list reasons.List, release string, err error) {
	file := env("THOUGHTSPOT_REASONS")
	if file == "" {
		file = "reasons.yaml"
	}
	list, err = reasons.Read(file)
	return list, env("THOUGHTSPOT_RELEASE"), err
}

// difference is a line of the report: findings that say the same.
type difference struct {
	kind, what string
	first      string // the spec that found it first
	count      int
}

// String is the line.
func (d difference) String() string {
	return fmt.Sprintf("%s: %s (%s, first in %q)", d.kind, d.what, times(d.count), d.first)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// group returns a difference for each thing that findings say, the most frequent
// of a kind first. One undeclared field of a user is found by a hundred specs,
// and is one difference.
func group(found []reasons.Finding) []difference {
	var all []*difference
	by := make(map[[2]string]*difference)
	for _, f := range found {
		key := [2]string{f.Check, brief(f.What)}
		if by[key] == nil {
			by[key] = &difference{kind: f.Check, what: key[1], first: f.Where}
			all = append(all, by[key])
		}
		by[key].count++
	}
	slices.SortStableFunc(all, func(a, b *difference) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.count, a.count), cmp.Compare(a.what, b.what))
	})
	lines := make([]difference, len(all))
	for i, d := range all {
		lines[i] = *d
	}
	return lines
}

// longest is how much of a message a report shows, in characters: three lines of
// a terminal.
const longest = 240

// brief writes a message on one line, without the parts that differ from one
// request to the next: addresses in memory, GUIDs, and the server's text after
// the line of a statusMatcher.
func brief(message string) string {
	message = regexp.MustCompile(`(?s)(the response is \d+, [^\n]*)\n.*`).ReplaceAllString(message, "$1")
	message = regexp.MustCompile(`0x[0-9a-f]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(message, "…")
	line := []rune(strings.Join(strings.Fields(message), " "))
	if len(line) > longest {
		line = append(line[:longest], '…')
	}
	return string(line)
}

// printDifferences writes where a live server differs, a line for each
// difference, and tells whether there is a reason for all of it. A reason that
// was not met does not matter, unless it counts: how much of the suite is run
// depends on the switches.
func printDifferences(out io.Writer, list reasons.List, release string, found []reasons.Finding) (explained bool) {
	bare, tallies := list.Judge(release, found)
	explained = len(bare) == 0
	lines := group(bare)
	if len(found) == 0 {
		fmt.Fprintln(out, "\nThis server differs from the spec nowhere.")
	} else {
		fmt.Fprintf(out, "\nThis server differs from the spec %s, %d of them without a reason. These are %d differences:\n",
			times(len(found)), len(bare), len(lines))
	}
	for _, d := range lines {
		fmt.Fprintln(out, "-", d)
	}
	for _, t := range tallies {
		switch {
		case t.Holds():
			fmt.Fprintf(out, "explained %s: %s (%s): %s\n", times(t.Found), t.Where, t.Verdict, t.Why)
		case t.Count == 0:
			fmt.Fprintln(out, "not met:", t)
		default:
			fmt.Fprintln(out, "not as often:", t)
			explained = false
		}
	}
	return explained
}

var _ = Describe("The differences of a live server", func() {
	const list = `
- {check: spec, where: A session .*, what: '^403', only: [26.8], verdict: vendor, why: Passwords are off.}
- {check: exchange, where: .*, what: '^getCurrentUserInfo responded with 200', count: 1, verdict: ahead, why: A new field.}
`
	session := reasons.Finding{Check: ofSpec, Where: "A session ends", What: "403: no"}
	field := reasons.Finding{Check: ofExchange, Where: "A token is read", What: "getCurrentUserInfo responded with 200: more"}

	DescribeTable("need a reason each", func(release string, explained bool, says string, found ...reasons.Finding) {
		known, err := reasons.Parse([]byte(list))
		Expect(err).NotTo(HaveOccurred())
		var out strings.Builder
		Expect(printDifferences(&out, known, release, found)).To(Equal(explained), out.String())
		Expect(out.String()).To(ContainSubstring(says))
	},
		Entry("which they have", "26.8", true, "explained once: A session .* (vendor): Passwords are off.", session, field),
		Entry("of their release", "26.9", false, "- spec: 403: no (once, first in \"A session ends\")", session, field),
		Entry("of their kind", "26.8", false, "- exchange: 403: no (once, first in \"A session ends\")", reasons.Finding{Check: ofExchange, Where: "A session ends", What: "403: no"}, field),
		Entry("that need not be met", "26.8", true, "not met: line 2: ", field),
		Entry("that is met as often as it says", "26.8", false, "not as often: line 3: ", session, field, field),
	)

	It("are a line each, with a count and the first spec", func() {
		var out strings.Builder
		var found []reasons.Finding
		for n := range 40 {
			found = append(found,
				reasons.Finding{Check: ofExchange, Where: fmt.Sprint("Spec ", n), What: "getCurrentUserInfo responded with 200: nickname: it is undeclared"},
				reasons.Finding{Check: ofSpec, Where: fmt.Sprint("Spec ", n), What: fmt.Sprintf("the response is 422, not 400\nfield %d is wrong", n)},
				reasons.Finding{Check: ofSpec, Where: fmt.Sprint("Spec ", n), What: fmt.Sprintf("Expected\n    <*string | 0xc%05x>: 38bcc90a-204f-4cdb-abed-%012x", n, n)},
			)
		}
		found = append(found, reasons.Finding{Check: ofSpec, Where: "Another spec", What: "the response is 422, not 404\n" + strings.Repeat("x", 9)})
		Expect(printDifferences(&out, nil, "", found)).To(BeFalse())
		Expect(strings.Split(strings.TrimSpace(out.String()), "\n")).To(Equal([]string{
			"This server differs from the spec 121 times, 121 of them without a reason. These are 4 differences:",
			`- exchange: getCurrentUserInfo responded with 200: nickname: it is undeclared (40 times, first in "Spec 0")`,
			`- spec: Expected <*string | …>: … (40 times, first in "Spec 0")`,
			`- spec: the response is 422, not 400 (40 times, first in "Spec 0")`,
			`- spec: the response is 422, not 404 (once, first in "Another spec")`,
		}))
		Expect([]rune(brief(strings.Repeat("long ", 1000)))).To(HaveLen(longest + 1))
	})

	It("have reasons in a file that can be read", func() {
		_, release, err := knownDifferences(func(name string) string { return map[string]string{"THOUGHTSPOT_RELEASE": "26.8"}[name] })
		Expect(err).NotTo(HaveOccurred())
		Expect(release).To(Equal("26.8"))
		_, _, err = knownDifferences(func(string) string { return "none.yaml" })
		Expect(err).To(MatchError(ContainSubstring("none.yaml")))
	})
})
