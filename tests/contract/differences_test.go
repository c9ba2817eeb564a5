package contract_test

import (
	"fmt"
	"io"
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

// printDifferences writes where a live server differs, and tells whether there
// is a reason for all of it. A reason that was not met does not matter, unless it
// counts: how much of the suite is run depends on the switches.
func printDifferences(out io.Writer, list reasons.List, release string, found []reasons.Finding) (explained bool) {
	bare, tallies := list.Judge(release, found)
	explained = len(bare) == 0
	if len(found) == 0 {
		fmt.Fprintln(out, "\nThis server differs from the spec nowhere.")
	} else {
		fmt.Fprintf(out, "\nWhere this server differs from the spec, %d times, %d of them without a reason:\n", len(found), len(bare))
	}
	for _, f := range bare {
		fmt.Fprintln(out, "-", strings.ReplaceAll(f.String(), "\n", "\n    "))
	}
	for _, t := range tallies {
		switch {
		case t.Holds():
			fmt.Fprintf(out, "%d times %s (%s): %s\n", t.Found, t.Where, t.Verdict, t.Why)
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
- {check: exchange, where: .*, what: '^getCurrentUserInfo answered 200', count: 1, verdict: ahead, why: A new field.}
`
	session := reasons.Finding{Check: ofSpec, Where: "A session ends", What: "403: no"}
	field := reasons.Finding{Check: ofExchange, Where: "A token is read", What: "getCurrentUserInfo answered 200: more"}

	DescribeTable("need a reason each", func(release string, explained bool, says string, found ...reasons.Finding) {
		known, err := reasons.Parse([]byte(list))
		Expect(err).NotTo(HaveOccurred())
		var out strings.Builder
		Expect(printDifferences(&out, known, release, found)).To(Equal(explained), out.String())
		Expect(out.String()).To(ContainSubstring(says))
	},
		Entry("which they have", "26.8", true, "1 times A session .* (vendor): Passwords are off.", session, field),
		Entry("of their release", "26.9", false, "- spec, A session ends: 403: no", session, field),
		Entry("of their kind", "26.8", false, "- exchange, A session ends: 403: no", reasons.Finding{Check: ofExchange, Where: "A session ends", What: "403: no"}, field),
		Entry("that need not be met", "26.8", true, "not met: line 2: ", field),
		Entry("that is met as often as it says", "26.8", false, "not as often: line 3: ", session, field, field),
	)

	It("have reasons in a file that can be read", func() {
		_, release, err := knownDifferences(func(name string) string { return map[string]string{"THOUGHTSPOT_RELEASE": "26.8"}[name] })
		Expect(err).NotTo(HaveOccurred())
		Expect(release).To(Equal("26.8"))
		_, _, err = knownDifferences(func(string) string { return "none.yaml" })
		Expect(err).To(MatchError(ContainSubstring("none.yaml")))
	})
})
