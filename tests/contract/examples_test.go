package contract_test

import (
	"maps"
	"net/http"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A server that leaves out what the documented examples have, instead of sending
// null, would teach clients what no server of today does.
var _ = Describe("A response has every name of the documented example", func() {
	for _, r := range routesOf(loadStrict()) {
		op := r.operation.OperationID
		if answerSchema(r, http.StatusOK) == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(r.operation.Responses.Value("200").Value.Content.Get(jsonType).Examples)) {
			example, _ := r.operation.Responses.Value("200").Value.Content.Get(jsonType).Examples[name].Value.Value.(map[string]any)
			It(op+" "+name, func(ctx SpecContext) {
				c := reach(harms(op, nil, false)...)
				var body []byte
				if bodySchema(r.operation) != nil {
					body = encode(c.least(ctx, op, nil))
				}
				answer := sent(callers()[op](ctx, c.api, jsonType, reader(body), c.caller(ctx, op)))
				var told map[string]any
				Expect(decode(bodyOf(answer), &told)).To(Succeed())
				Expect(example).NotTo(BeEmpty())
				Expect(names(told)).To(ContainElements(names(example)))
				for name, inner := range example {
					if told[name] != nil {
						Expect(names(told[name])).To(ContainElements(names(inner)), name)
					}
				}
			})
		}
	}
})

// names returns the names in an object, sorted, and nil for anything else.
func names(v any) []string {
	object, _ := v.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}
