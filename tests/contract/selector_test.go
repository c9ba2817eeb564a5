package contract_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// parametersOf names the header parameters that the document has for a route.
func parametersOf(r route) []string {
	var all []string
	for _, p := range r.operation.Parameters {
		all = append(all, p.Value.Name)
	}
	return all
}

var _ = Describe("A header parameter", func() {
	for _, r := range routesOf(loadStrict()) {
		op := r.operation.OperationID
		for _, name := range parametersOf(r) {
			It("of "+op+" may be given: "+name, func(ctx SpecContext) {
				c := reach(harms(op, nil, false)...)
				var body []byte
				if bodySchema(r.operation) != nil {
					body = encode(c.least(ctx, op, nil))
				}
				selects := func(_ context.Context, r *http.Request) error {
					r.Header.Set(name, "0")
					return nil
				}
				Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body), c.caller(ctx, op), selects))).To(beGranted())
			})
		}
	}
})
