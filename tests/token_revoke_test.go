package tests_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Revoking a token", func() {
	// Section "Revoke a token". The example's {access_token_user} stands for a
	// token, and its quotes are missing.

	var c *cluster
	var flow *authflow.Flow
	BeforeEach(func() {
		c = inProcess(authtest.WithUser("tsUserA", "Guest123!"), authtest.WithUser("tsUserB", "Guest123!"))
		flow = made(c.authflow().FullAccess(gen.GetFullAccessTokenRequest{
			Username: "tsUserA", Password: "Guest123!",
		}))
	})

	It("sends the example with the token of a Flow", func(ctx SpecContext) {
		other, err := c.api().GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{Username: "tsUserA", Password: "Guest123!"})
		Expect(err).NotTo(HaveOccurred())
		doomed := other.JSON200.Token

		result, err := c.apiWith(flow).RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{
			UserIdentifier: "tsUserA", Token: doomed,
		})
		Expect(err).NotTo(HaveOccurred())
		own, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())

		sent := c.wire.last()
		c.expectExample(sent, http.MethodPost, pathRevoke, `{"user_identifier": "tsUserA", "token": "`+string(doomed)+`"}`)
		Expect(tokenOf(sent)).To(Equal(string(own.Value)))
		Expect(result.StatusCode()).To(Equal(http.StatusNoContent))
		Expect(result.Body).To(BeEmpty())

		req := c.get(ctx, pathUser)
		req.Header.Set("Authorization", "Bearer "+string(doomed))
		status, _ := send(c.client, req)
		Expect(status).To(Equal(http.StatusUnauthorized), "the token was revoked")
		status, _ = send(flow, c.get(ctx, pathUser))
		Expect(status).To(Equal(http.StatusOK), "the other one has not")
	})

	It("sends the example with Flow.Logout", func(ctx SpecContext) {
		token, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())

		Expect(flow.Logout(ctx)).To(Succeed())
		sent := c.wire.last()
		c.expectExample(sent, http.MethodPost, pathRevoke, `{"user_identifier": "tsUserA", "token": "`+string(token.Value)+`"}`)
		expectIdentified(sent)
		Expect(tokenOf(sent)).To(Equal(string(token.Value)))

		req := c.get(ctx, pathUser)
		req.Header.Set("Authorization", "Bearer "+string(token.Value))
		status, _ := send(c.client, req)
		Expect(status).To(Equal(http.StatusUnauthorized))
	})

	It("ends all tokens of the user without a token, which is then absent", func(ctx SpecContext) {
		result, err := c.apiWith(flow).RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: "tsUserA"})
		Expect(err).NotTo(HaveOccurred())
		c.expectExample(c.wire.last(), http.MethodPost, pathRevoke, `{"user_identifier": "tsUserA"}`)
		Expect(result.StatusCode()).To(Equal(http.StatusNoContent))
	})

	It("is rejected for the token of another user without the privilege", func(ctx SpecContext) {
		result, err := c.apiWith(flow).RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: "tsUserB"})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.StatusCode()).To(Equal(http.StatusForbidden))
		Expect(result.JSON403).NotTo(BeNil())
		Expect(c.Calls(authtest.OpRevokeToken)).To(Equal(1))
	})
})
