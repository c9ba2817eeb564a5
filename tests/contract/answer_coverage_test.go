package contract_test

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// anyFailure stands for all operations where failures are meant: they have one
// schema.
const anyFailure = "any failure"

// answerSchema is the schema of the JSON that a route answers with, or nil.
func answerSchema(r route, status int) *openapi3.Schema {
	response := r.operation.Responses.Value(strconv.Itoa(status))
	if response == nil || response.Value.Content.Get(jsonType) == nil {
		return nil
	}
	return response.Value.Content.Get(jsonType).Schema.Value
}

// answersOf lists the schemas of the document's answers, by operation, with
// that of failures as one more.
func answersOf(routes map[string]route) map[string]*openapi3.Schema {
	all := make(map[string]*openapi3.Schema)
	for op, r := range routes {
		for _, status := range documented(r) {
			switch s := answerSchema(r, status); {
			case s == nil:
			case status/100 == 2:
				all[op] = s
			default:
				all[anyFailure] = s
			}
		}
	}
	return all
}

// shown is how the properties of responses came, for one operation.
type shown struct{ natural, all map[string]bool }

// show counts what a response shows. A response that is odd on purpose shows
// nothing.
func (l *ledger) show(x *exchange) {
	op, s := x.op, answerSchema(l.operations[x.op], x.status)
	if s == nil || x.intent == odd {
		return
	}
	if x.status/100 != 2 {
		op = anyFailure
	}
	var body any
	if decode(x.answer, &body) != nil {
		return
	}
	for _, form := range forms(s, nil, body) {
		l.shown[op].all[form] = true
		if x.intent != faulted {
			l.shown[op].natural[form] = true
		}
	}
}

// unshown lists the forms of responses that never came.
func (l *ledger) unshown() []string {
	var all []string
	for op, s := range answersOf(l.operations) {
		for _, form := range possibleForms(s) {
			if !l.shown[op].all[form] {
				all = append(all, fmt.Sprintf("%s: %s in a response", op, form))
			}
		}
	}
	return all
}

// printProperties writes how many forms of the request's properties were
// granted, how many of the response's the client was shown, and how many of these
// the server came to by itself.
func (l *ledger) printProperties(out io.Writer) {
	answers := answersOf(l.operations)
	fmt.Fprintf(out, "\n%-22s%16s%16s%16s\n", "operation", "request", "answer", "by itself")
	for _, op := range slices.Sorted(maps.Keys(l.shown)) {
		asked, told, itself := "", "", ""
		if r, is := l.operations[op]; is && len(usable(r.operation)) > 0 {
			all := usable(r.operation)
			asked = fmt.Sprintf("%d of %d", among(all, l.used[op]), len(all))
		}
		if answers[op] != nil {
			all := possibleForms(answers[op])
			told = fmt.Sprintf("%d of %d", among(all, l.shown[op].all), len(all))
			itself = fmt.Sprintf("%d of %d", among(all, l.shown[op].natural), len(all))
		}
		fmt.Fprintf(out, "%-22s%16s%16s%16s\n", op, asked, told, itself)
	}
	fmt.Fprintln(out, "Properties as a value, null and absent, each value of an enum, each alternative, and headers.\n"+
		"Request: what was granted. Answer: what the client decoded; by itself: without a fault of the simulator.")
}

// among counts those that were seen.
func among(all []string, seen map[string]bool) int {
	n := 0
	for _, one := range all {
		if seen[one] {
			n++
		}
	}
	return n
}
