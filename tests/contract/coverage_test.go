package contract_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
)

// onlyByFault lists the documented responses that a simulator in good order has
// no way of giving, with the reason. All others must come about by themselves.
func onlyByFault(status int) string {
	switch status {
	case http.StatusConflict:
		return "nobody changes a variable at the same time"
	case http.StatusInternalServerError:
		return "the simulator has no failures of its own"
	}
	return ""
}

// missing lists the operations, statuses, properties and values of enums that
// were never exercised.
func (l *ledger) missing() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for op, r := range l.operations {
		if len(l.answers[op]) == 0 {
			all = append(all, op)
			continue
		}
		for _, status := range documented(r) {
			c := l.answers[op][status]
			if c.natural == 0 && (c.faulted == 0 || onlyByFault(status) == "") {
				all = append(all, fmt.Sprintf("%s: a response with %d", op, status))
			}
		}
		for _, name := range usable(r.operation) {
			if !l.used[op][name] {
				all = append(all, fmt.Sprintf("%s: %s in a request that was granted", op, name))
			}
		}
	}
	all = append(all, l.unshown()...)
	slices.Sort(all)
	return all
}

// print writes the report of the run.
func (l *ledger) print(r types.Report, missing []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := os.Stdout
	l.printTable(out)
	l.printProperties(out)
	properties := 0
	for _, r := range l.operations {
		properties += len(usable(r.operation))
	}
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	say("\n%d forms of what a request may have in the document, %d findings in the coverage", properties, len(missing))
	if live() {
		for _, m := range missing {
			say("  not exercised: %s", m)
		}
	}
	say("%d malformed requests made from the document, each rejected and typed except for %d", len(negatives()), len(negatives())-passed(r, "negative"))
	say("  a Flow could express %d of them: it rejected %d before the network, the server %d", l.byClient+l.byServer, l.byClient, l.byServer)
	say("%d specs passed, with %d exchanges", passed(r, ""), l.exchanges)
	for _, v := range l.validators {
		a := l.asked[v.name()]
		say("  %-21s judged %d requests and %d answers", v.name(), a.requests, a.answers)
	}
	l.printLeftOut(out, r)
}

// passed counts the specs that passed: all of them, or the specs with a label.
func passed(r types.Report, label string) int {
	n := 0
	for _, spec := range r.SpecReports {
		if spec.LeafNodeType.Is(types.NodeTypeIt) && spec.State == types.SpecStatePassed &&
			(label == "" || slices.Contains(spec.Labels(), label)) {
			n++
		}
	}
	return n
}

// printTable writes operations by status; how many answers, and in brackets
// how many of them a fault made.
func (l *ledger) printTable(out io.Writer) {
	fmt.Fprintf(out, "\n\n%-22s", "operation")
	for _, status := range l.statuses() {
		fmt.Fprintf(out, "%10d", status)
	}
	fmt.Fprintln(out)
	for _, op := range slices.Sorted(maps.Keys(l.operations)) {
		fmt.Fprintf(out, "%-22s", op)
		for _, status := range l.statuses() {
			c, declared := l.answers[op][status], slices.Contains(documented(l.operations[op]), status)
			text := ""
			if declared || c != (count{}) {
				text = fmt.Sprint(c.natural + c.faulted)
			}
			if c.faulted > 0 {
				text += fmt.Sprintf(" (%d)", c.faulted)
			}
			fmt.Fprintf(out, "%10s", text)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "In brackets: how many of these a fault of the simulator made.")
}

// printLeftOut counts the specs that were left out, by reason.
func (l *ledger) printLeftOut(out io.Writer, r types.Report) {
	reasons := make(map[string]int)
	for _, spec := range r.SpecReports {
		if reason, ok := strings.CutPrefix(spec.Failure.Message, leftOut); ok && spec.State == types.SpecStateSkipped {
			reasons[reason]++
		}
	}
	byCount := func(a, b string) int { return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b)) }
	for _, reason := range slices.SortedFunc(maps.Keys(reasons), byCount) {
		fmt.Fprintf(out, "%d specs left out: %s\n", reasons[reason], reason)
	}
}
