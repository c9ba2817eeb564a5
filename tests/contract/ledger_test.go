package contract_test

import (
	"fmt"
	"slices"
	"sync"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

// ledger is what the suite knows about its exchanges: it holds each to the
// document and counts what was exercised. It is safe for concurrent use.
type ledger struct {
	routes     map[string]string // operationId by method and path
	operations map[string]route
	validators []validator

	mu                 sync.Mutex
	problems           []string // since the last call of settle
	answers            map[string]map[int]count
	used               map[string]map[string]bool // forms of requests, by operation
	shown              map[string]shown           // forms of responses, by operation
	asked              map[string]*verdicts       // by validator
	exchanges          int
	byClient, byServer int               // malformed requests that a Flow expressed, and who rejected them
	differences        []reasons.Finding // of a live server
}

// count tells the responses of a fault from those that the server made by itself.
type count struct{ natural, faulted int }

// verdicts counts what a validator has checked.
type verdicts struct{ requests, answers int }

func newLedger() *ledger {
	l := &ledger{
		routes: make(map[string]string), operations: make(map[string]route),
		validators: []validator{newKin(), newLib()},
		answers:    make(map[string]map[int]count), used: make(map[string]map[string]bool),
		shown: map[string]shown{anyFailure: {make(map[string]bool), make(map[string]bool)}},
		asked: make(map[string]*verdicts),
	}
	for _, r := range routesOf(loadStrict()) {
		op := r.operation.OperationID
		l.routes[r.method+" "+r.path], l.operations[op] = op, r
		l.answers[op], l.used[op] = make(map[int]count), make(map[string]bool)
		l.shown[op] = shown{make(map[string]bool), make(map[string]bool)}
	}
	for _, v := range l.validators {
		l.asked[v.name()] = new(verdicts)
	}
	return l
}

// find returns the operationId of a request, or nothing for another path.
func (l *ledger) find(method, path string) string { return l.routes[method+" "+path] }

// enter holds an exchange to the document and counts it.
func (l *ledger) enter(x *exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchanges++
	for _, p := range l.judge(x) {
		l.problems = append(l.problems, fmt.Sprintf("%s responded with %d: %v", x.op, x.status, p))
	}
	c := l.answers[x.op][x.status]
	if x.intent == faulted || x.intent == odd {
		c.faulted++
	} else {
		c.natural++
	}
	l.answers[x.op][x.status] = c
	if x.intent == wellFormed && x.status/100 == 2 {
		l.use(x)
	}
	l.show(x)
}

// judge returns the problems of an exchange.
func (l *ledger) judge(x *exchange) []problem {
	var requests, responses []problem
	for _, v := range l.validators {
		requests = combine(requests, l.askRequest(v, x))
		responses = combine(responses, l.askResponse(v, x))
	}
	return slices.Concat(rules(x), requests, responses)
}

// askRequest compares one validator's opinion of a request with what the spec
// meant.
func (l *ledger) askRequest(v validator, x *exchange) []problem {
	if x.intent == unruled || v.blind(x) != "" {
		return nil
	}
	l.asked[v.name()].requests++
	found := v.request(x)
	switch x.intent {
	case malformed, tolerated:
		return unlessFound(found, v.name()+": the request was meant not to fit the document, and does")
	case undeclared:
		return slices.Concat(
			unlessFound(found, v.name()+": the request was meant to have an undeclared property, and has none"),
			ofRequest(v.open(x), "apart from its undeclared property the request does not fit the document"),
		)
	}
	return ofRequest(found, "the request does not fit the document")
}

// askResponse compares one validator's opinion of a response with what the spec
// meant.
func (l *ledger) askResponse(v validator, x *exchange) []problem {
	l.asked[v.name()].answers++
	found := v.response(x)
	if x.intent == odd {
		return unlessFound(found, v.name()+": the response was meant not to fit the document, and does")
	}
	return found
}

// unlessFound is a problem where a validator should have found one.
func unlessFound(found []problem, text string) []problem {
	if len(found) > 0 {
		return nil
	}
	return []problem{{text: text}}
}

// ofRequest says that problems are the request's.
func ofRequest(found []problem, text string) []problem {
	var all []problem
	for _, p := range found {
		all = append(all, problem{p.place, text + ": " + p.text})
	}
	return all
}

func (l *ledger) refusedByClient() { l.mu.Lock(); l.byClient++; l.mu.Unlock() }
func (l *ledger) refusedByServer() { l.mu.Lock(); l.byServer++; l.mu.Unlock() }

func (l *ledger) use(x *exchange) {
	for _, name := range parametersOf(l.operations[x.op]) {
		if x.header.Get(name) != "" {
			l.used[x.op][name] = true
		}
	}
	schema := bodySchema(l.operations[x.op].operation)
	if schema == nil || len(x.body) == 0 {
		return
	}
	var body any
	if decode(x.body, &body) == nil {
		for _, name := range forms(schema, nil, body) {
			l.used[x.op][name] = true
		}
	}
}

// settle returns the problems since its last call.
func (l *ledger) settle() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.problems
	l.problems = nil
	return found
}

// statuses are those that the document or the suite knows, sorted.
func (l *ledger) statuses() []int {
	var all []int
	for op, r := range l.operations {
		all = append(all, documented(r)...)
		for status := range l.answers[op] {
			all = append(all, status)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// documented are the statuses that the document has for an operation.
func documented(r route) []int {
	var all []int
	for code := range r.operation.Responses.Map() {
		var status int
		if _, err := fmt.Sscan(code, &status); err == nil {
			all = append(all, status)
		}
	}
	slices.Sort(all)
	return all
}
