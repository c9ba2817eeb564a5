package contract_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Each of these requests differs from one that is granted (see below) in one
// thing, which the document forbids.
var _ = Describe("A malformed request", Label("negative"), func() {
	for _, n := range negatives() {
		It(n.String(), func(ctx SpecContext) {
			c := reach(harms(n.op, n.at, true)...)
			body := n.spoil(c.granting(ctx, n.op, n.at))

			answer := sent(callers()[n.op](ctx, c.typed(n.intent), n.contentType, reader(body), c.caller(ctx, n.op), n.withoutType()))
			Expect(answer).To(beAnswered(http.StatusBadRequest))
			Expect(failures(answer)[400]).NotTo(BeNil(), "the client does not decode the envelope")
			Expect(fullEnvelope(bodyOf(answer))).To(Succeed())
			n.expectNamed(bodyOf(answer))

			if express := constructors()[n.op]; express != nil && n.at != nil {
				c.expectTyped(ctx, n, body, express)
			}
		})
	}
})

// A constraint that is lost from the document only makes these requests fewer.
// So their number is written down here, and changes with the constraints.
var _ = Describe("The malformed requests", func() {
	It("are as many as the constraints of the document give, for each operation", func() {
		made := make(map[string]int)
		for _, n := range negatives() {
			made[n.op]++
		}
		Expect(made).To(Equal(map[string]int{
			"configureAuthSettings": 75, "getCustomAccessToken": 294, "getFullAccessToken": 405, "getObjectAccessToken": 413,
			"login": 48, "revokeToken": 35, "searchAuthSettings": 37, "validateToken": 28,
		}))
	})
})

// String describes the mistake.
func (n negative) String() string {
	if n.at == nil {
		return fmt.Sprintf("of %s is rejected: %s", n.op, n.wrong)
	}
	return fmt.Sprintf("of %s is rejected: %s %s", n.op, n.at, n.wrong)
}

// withoutType leaves out the header where the client would send an empty one.
func (n negative) withoutType() gen.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		if n.contentType == "" {
			r.Header.Del("Content-Type")
		}
		return nil
	}
}

// expectNamed expects that the server's text names the property.
func (n negative) expectNamed(body []byte) {
	GinkgoHelper()
	d, err := envelope(body)
	Expect(err).NotTo(HaveOccurred())
	Expect(d.text()).To(ContainSubstring(n.at.name()))
}

// expectTyped sends the request by a Flow, if its types can express it, and
// expects an Error that names the mistake: before the network by its field, or after
// it by the text of the server.
func (c *cluster) expectTyped(ctx context.Context, n negative, body []byte, express expressed) {
	GinkgoHelper()
	flow, same, err := express(c.flows(n.intent), body)
	if !same {
		return
	}
	if err == nil {
		defer func() { _ = flow.Close() }()
		err = flow.Renew(ctx)
	}
	var e *authflow.Error
	Expect(errors.As(err, &e)).To(BeTrue(), "the error is %v", err)
	if errors.Is(err, authflow.ErrInvalid) {
		book.refusedByClient()
		Expect(e.Status).To(BeZero())
		Expect(e.Field).NotTo(BeEmpty())
		Expect(strings.HasPrefix(n.at.first(), e.Field)).To(BeTrue(), "the field is %s", e.Field)
		return
	}
	book.refusedByServer()
	Expect(e.Status).To(Equal(http.StatusBadRequest))
	Expect(e.Code).NotTo(BeZero())
	Expect(e.IncidentID).NotTo(BeEmpty())
	Expect(e.TraceID).NotTo(BeEmpty())
	Expect(e.Debug).To(ContainSubstring(n.at.name()))
}

// caller is the credential of an operation that needs one.
func (c *cluster) caller(ctx context.Context, op string) gen.RequestEditorFn {
	GinkgoHelper()
	if slices.Contains(credentialed(), op) {
		return bearer(c.token(ctx))
	}
	return func(context.Context, *http.Request) error { return nil }
}

// The requests that the malformed ones are made of: what spoils those is all
// that is wrong with them.
var _ = Describe("A request that fits the document", func() {
	for _, r := range routesOf(loadStrict()) {
		for _, p := range propertiesOf(r.operation) {
			It(fmt.Sprintf("of %s is granted with %s", p.op, p.place), func(ctx SpecContext) {
				c := reach(harms(p.op, p.place, false)...)
				c.expectGranted(ctx, p.op, c.granting(ctx, p.op, p.place))
			})
			fits := fitting(p)
			for _, form := range slices.Sorted(maps.Keys(fits)) {
				It(fmt.Sprintf("of %s is granted with %s", p.op, form), func(ctx SpecContext) {
					c := reach(harms(p.op, p.place, false)...)
					body := c.granting(ctx, p.op, p.place)
					set(body, p.place, fits[form], true)
					c.expectGranted(ctx, p.op, body)
				})
			}
		}
	}
})

// fitting are the values that the document has for a property, by form: those of
// its enum, one of each alternative, and null.
func fitting(p property) map[string]any {
	values := slices.Clone(p.schema.Enum)
	for _, alternative := range alternatives(p.schema) {
		values = append(values, sample("", alternative.Value))
	}
	if nullable(p.schema) {
		values = append(values, nil)
	}
	all := make(map[string]any)
	for _, v := range values {
		told := forms(p.schema, p.place, v)
		if form := told[len(told)-1]; ungrantedFor(p.op, form) == "" {
			all[form] = v
		}
	}
	return all
}

func (c *cluster) expectGranted(ctx context.Context, op string, body map[string]any) {
	GinkgoHelper()
	answer := sent(callers()[op](ctx, c.api, jsonType, reader(encode(body)), c.caller(ctx, op)))
	Expect(answer).To(beGranted())
}

// rejection is the server's text, where there is one.
func refusal(answer answered) string {
	d, err := envelope(bodyOf(answer))
	if err != nil {
		return "without an envelope"
	}
	return d.text()
}
