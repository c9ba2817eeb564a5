package tests_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("Logging out", func() {
	// Section "Log out of a session". The example's header "Accept-Language:
	// application/json" is a slip for Accept; it has no body, so the
	// Content-Type says nothing and is left out.

	It("sends the example with the generated client, and ends the session", func(ctx SpecContext) {
		c := overTLS()
		client := c.apiWith(c.session())

		result, err := client.LogoutWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		sent := c.wire.last()
		c.expectExample(sent, http.MethodPost, pathLogout, "")
		Expect(cookiesOf(sent)).To(And(HaveKey("JSESSIONID"), HaveKey("clientId")))
		Expect(result.StatusCode()).To(Equal(http.StatusNoContent))
		Expect(result.Body).To(BeEmpty())

		again := requestTo(ctx, http.MethodPost, c.URL+pathLogout, nil)
		again.Header.Set("Cookie", sent.Header.Get("Cookie"))
		status, _ := send(c.client, again)
		Expect(status).To(Equal(http.StatusUnauthorized), "the session has ended on the server")
	})

	It("sends the example with Flow.Logout", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		Expect(flow.Renew(ctx)).To(Succeed())

		Expect(flow.Logout(ctx)).To(Succeed())
		sent := c.wire.last()
		c.expectExample(sent, http.MethodPost, pathLogout, "")
		expectIdentified(sent)
		Expect(cookiesOf(sent)).To(And(HaveKey("JSESSIONID"), HaveKey("clientId")))
		Expect(c.Calls(authtest.OpLogout)).To(Equal(1))
	})

	It("ends the login of a bearer token too", func(ctx SpecContext) {
		c := inProcess()
		client := c.apiWith(c.full())

		result, err := client.LogoutWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.StatusCode()).To(Equal(http.StatusNoContent))
		c.expectExample(c.wire.last(), http.MethodPost, pathLogout, "")
		Expect(tokenOf(c.wire.last())).NotTo(BeEmpty())
	})

	It("sends nothing when nothing has been acquired", func(ctx SpecContext) {
		c := inProcess()
		Expect(c.session().Logout(ctx)).To(Succeed())
		Expect(c.full().Logout(ctx)).To(Succeed())
		Expect(c.wire.all()).To(BeEmpty())
	})
})
