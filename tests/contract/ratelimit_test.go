package contract_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("The rate limit", Label(timing), func() {
	for _, r := range routesOf(loadStrict()) {
		op := r.operation.OperationID
		It("answers "+op+" with 429 too", func(ctx SpecContext) {
			reach(needsControls) // and then a server of its own
			const burst = 5
			b := newSimulated(authtest.WithRateLimit(1./3600, burst))
			DeferCleanup(b.close)
			c := on(b)
			caller := c.caller(ctx, op)
			var body []byte
			if bodySchema(r.operation) != nil {
				body = encode(c.least(ctx, op, nil))
			}
			var answer answered
			for range burst + 1 {
				answer = sent(callers()[op](ctx, c.api, jsonType, reader(body), caller))
			}
			Expect(answer).To(beAnswered(http.StatusTooManyRequests))
			Expect(failures(answer)).To(HaveKeyWithValue(http.StatusTooManyRequests, Not(BeNil())))
		})
	}
})
