package contract_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/getkin/kin-openapi/openapi3"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Responses made from the document: each property of each response, with every
// value that the document has for it, and with those that it does not have. The
// simulator answers with them in place of its own.
var _ = Describe("An answer", func() {
	for _, r := range routesOf(loadStrict()) {
		op := r.operation.OperationID
		s := answerSchema(r, http.StatusOK)
		if s == nil {
			continue
		}
		descend(s, nil, func(p property) {
			p.op = op
			It(fmt.Sprintf("of %s is decoded with %s as a value, as null and absent", op, p.place), func(ctx SpecContext) {
				c := reach(needsControls)
				c.expectDecoded(ctx, s, p)
			})
			It(fmt.Sprintf("of %s loses no more than %s to an odd value of it", op, p.place), func(ctx SpecContext) {
				c := reach(needsControls)
				c.expectLossOf(ctx, s, p)
			})
		})
	}
})

// expectDecoded expects that the client reads p from responses that fit the
// document, and that a response without p differs in nothing else.
func (c *cluster) expectDecoded(ctx SpecContext, s *openapi3.Schema, p property) {
	GinkgoHelper()
	ask := c.asking(ctx, p.op)
	whole := sampleAnswer("", s)
	full, err := ask(faulted, whole)
	Expect(err).NotTo(HaveOccurred())

	values := p.schema.Enum
	if len(values) == 0 {
		values = []any{at(whole, p.place)}
	}
	for _, value := range values {
		set(whole, p.place, value, true)
		got, err := ask(faulted, whole)
		Expect(err).NotTo(HaveOccurred())
		field, there := find(reflect.ValueOf(got), p.place)
		Expect(there).To(BeTrue(), "the client has no field for it")
		if len(p.schema.Properties) > 0 || p.schema.Items != nil {
			Expect(field.IsZero()).To(BeFalse())
			continue // what is in it has specs of its own
		}
		Expect(encode(field.Interface())).To(MatchJSON(encode(value)), "the document says %v", value)
	}

	without := make(map[string]any)
	if p.optional {
		set(whole, p.place, nil, false)
		without["absent"], err = ask(faulted, whole)
		Expect(err).NotTo(HaveOccurred())
	}
	if nullable(p.schema) {
		set(whole, p.place, nil, true)
		without["null"], err = ask(faulted, whole)
		Expect(err).NotTo(HaveOccurred())
	}
	for how, got := range without {
		field, there := find(reflect.ValueOf(got), p.place)
		Expect(!there || field.IsZero()).To(BeTrue(), "%s is read as a value", how)
		clearAt(reflect.ValueOf(full), p.place)
		Expect(got).To(Equal(full), "%s costs another field", how)
	}
}

// expectLossOf expects that a response with a value of p that the document
// rejects costs that field at most, and never the token of a Flow.
func (c *cluster) expectLossOf(ctx SpecContext, s *openapi3.Schema, p property) {
	GinkgoHelper()
	ask := c.asking(ctx, p.op)
	lost := loss(s, p.place)
	for _, v := range wrongValues(p.schema) {
		whole := sampleAnswer("", s)
		full, err := ask(faulted, whole)
		Expect(err).NotTo(HaveOccurred())
		set(whole, p.place, v.value, true)
		got, err := ask(odd, whole)
		if len(lost) == 0 {
			if err == nil {
				Expect(v.value).To(BeEmpty(), "%s is taken for %s", v.wrong, p.place)
			} else {
				Expect(err).To(MatchError(ContainSubstring(p.place.name())))
			}
			continue
		}
		Expect(err).NotTo(HaveOccurred(), "%s %s costs the response", p.place, v.wrong)
		clearAt(reflect.ValueOf(full), lost)
		clearAt(reflect.ValueOf(got), lost)
		Expect(got).To(Equal(full), "%s %s costs another field", p.place, v.wrong)
		if express := constructors()[p.op]; express != nil {
			c.expectToken(ctx, p.op, express, whole, fmt.Sprintf("%s %s", p.place, v.wrong))
		}
	}
}

// expectToken expects that a Flow gets its token from an odd answer.
func (c *cluster) expectToken(ctx SpecContext, op string, express expressed, answer any, what string) {
	GinkgoHelper()
	flow, same, err := express(c.flows(odd), encode(c.least(ctx, op, nil)))
	Expect(err).NotTo(HaveOccurred())
	Expect(same).To(BeTrue())
	defer func() { _ = flow.Close() }()
	c.nameUser(answer)
	c.simulator().Fail(op, 1, authtest.Answer(http.StatusOK, jsonType, string(encode(answer))))
	token, err := flow.Token(ctx)
	Expect(err).NotTo(HaveOccurred(), what)
	Expect(string(token.Value)).To(Equal(at(answer, place{"token"})), what)
}

// nameUser puts the user of the request into a response with a token, where it names
// a user: a Flow rejects the token of another one.
func (c *cluster) nameUser(answer any) {
	document := answer.(map[string]any)
	if _, isText := document["valid_for_username"].(string); isText {
		document["valid_for_username"] = c.username
	}
	user, isObject := document["user"].(map[string]any)
	if !isObject {
		return
	}
	if _, isText := user["name"].(string); isText {
		user["name"] = c.username
	}
}

// asking returns a function that calls op, lets the simulator answer with a
// document, and returns what the client makes of it: a pointer to its type, or
// the error.
func (c *cluster) asking(ctx SpecContext, op string) func(intent, any) (any, error) {
	GinkgoHelper()
	caller := c.caller(ctx, op)
	var body []byte
	if bodySchema(book.operations[op].operation) != nil {
		body = encode(c.least(ctx, op, nil))
	}
	return func(i intent, document any) (any, error) {
		GinkgoHelper()
		c.simulator().Fail(op, 1, authtest.Answer(http.StatusOK, jsonType, string(encode(document))))
		answer, err := callers()[op](ctx, c.typed(i), jsonType, reader(body), caller)
		if err != nil {
			return nil, err
		}
		result := reflect.ValueOf(answer).Elem().FieldByName("JSON200")
		if result.IsNil() {
			return nil, errors.New("the client does not read the response")
		}
		return result.Interface(), nil
	}
}
