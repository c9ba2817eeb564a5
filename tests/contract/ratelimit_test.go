package contract_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("The rate limit", func() {
	for _, r := range routesOf(loadStrict()) {
		op := r.operation.OperationID
		It("answers "+op+" with 429, with whatever else the request is about", func(ctx SpecContext) {
			if live() {
				Skip(leftOut + "it needs the simulator's controls")
			}
			b := newSimulated(authtest.WithRateLimit(1./3600, 1))
			DeferCleanup(b.close)
			c := on(b)
			Expect(c.status(ctx, bearer("any"))).To(Equal(http.StatusUnauthorized), "the first call")
			answer := sent(callers()[op](ctx, c.api, jsonType, reader([]byte(`{}`)), bearer("any")))
			Expect(answer).To(beAnswered(http.StatusTooManyRequests))
			Expect(failures(answer)).To(HaveKeyWithValue(http.StatusTooManyRequests, Not(BeNil())))
		})
	}
})
