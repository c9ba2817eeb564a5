package tests_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("I3: an Authorization header that the caller set", func() {
	for _, way := range []struct {
		name string
		op   string // that acquires the credential
		flow func(*cluster) *authflow.Flow
	}{
		{"a bearer token", authtest.OpGetFullAccessToken, func(c *cluster) *authflow.Flow { return c.full() }},
		{"a session", authtest.OpLogin, func(c *cluster) *authflow.Flow { return c.session() }},
	} {
		Describe("on a Flow with "+way.name, func() {
			var c *cluster
			var flow *authflow.Flow
			BeforeEach(func() {
				c = inProcess()
				flow = way.flow(c)
			})

			for _, by := range []struct {
				name string
				of   func(*authflow.Flow) doer
			}{
				{"Do", func(f *authflow.Flow) doer { return f }},
				{"HTTPClient", func(f *authflow.Flow) doer { return f.HTTPClient() }},
			} {
				It("wins, and the 401 to it is the caller's, by "+by.name, func(ctx SpecContext) {
					req := c.get(ctx, pathUser)
					req.Header.Set("Authorization", "Bearer of-the-caller")
					status, _ := send(by.of(flow), req)
					Expect(status).To(Equal(http.StatusUnauthorized))
					Expect(c.wire.all()).To(HaveLen(1), "no replay")
					Expect(c.wire.last().Header.Values("Authorization")).To(HaveExactElements("Bearer of-the-caller"))
					Expect(c.wire.last().Header).NotTo(HaveKey("Cookie"))
					Expect(c.Calls(way.op)).To(BeZero())
				})

				It("costs the Flow's own credential nothing, by "+by.name, func(ctx SpecContext) {
					Expect(flow.Renew(ctx)).To(Succeed())
					req := c.get(ctx, pathUser)
					req.Header.Set("Authorization", "Basic b3Y6ZXI=")
					status, _ := send(by.of(flow), req)
					Expect(status).To(Equal(http.StatusUnauthorized))

					status, _ = send(by.of(flow), c.get(ctx, pathUser))
					Expect(status).To(Equal(http.StatusOK))
					Expect(c.Calls(way.op)).To(Equal(1))
				})
			}

			It("is left alone by Edit, which requests nothing", func(ctx SpecContext) {
				req := c.get(ctx, pathUser)
				req.Header.Set("Authorization", "Bearer of-the-caller")
				Expect(flow.Edit(ctx, req)).To(Succeed())
				Expect(req.Header).To(Equal(http.Header{"Authorization": {"Bearer of-the-caller"}}))
				Expect(c.wire.all()).To(BeEmpty())
			})

			It("may be the token of another user, who then makes the call", func(ctx SpecContext) {
				token, err := c.full().Token(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(flow.Renew(ctx)).To(Succeed())
				req := c.get(ctx, pathUser)
				req.Header.Set("Authorization", "Bearer "+string(token.Value))
				status, _ := send(flow, req)
				Expect(status).To(Equal(http.StatusOK))
				Expect(tokenOf(c.wire.last())).To(Equal(string(token.Value)))
			})
		})
	}
})
