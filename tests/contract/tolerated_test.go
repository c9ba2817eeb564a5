package contract_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What the document refuses and the server takes as if it were not there: clients
// are not to send it, and the vendor's SDKs do.
var _ = Describe("A request as the vendor's SDKs send it", func() {
	for _, r := range routesOf(loadStrict()) {
		for _, p := range propertiesOf(r.operation) {
			for _, value := range []any{nil, ""} {
				if toleratedIn(p, value) == "" {
					continue
				}
				It(fmt.Sprintf("of %s is granted with %s %s", p.op, p.place, encode(value)), func(ctx SpecContext) {
					c := reach(harms(p.op, p.place, false)...)
					body := c.granting(ctx, p.op, p.place)
					if value == "" { // the one that is not used
						body = c.least(ctx, p.op, place{map[string]string{"password": "secret_key", "secret_key": "password"}[p.place.String()]})
					}
					set(body, p.place, value, true)
					answer := sent(callers()[p.op](ctx, c.typed(tolerated), jsonType, reader(encode(body)), c.caller(ctx, p.op)))
					Expect(answer).To(beGranted())
				})
			}
		}
	}
})
