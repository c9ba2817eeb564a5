package tests_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The document lacks this operation; the request and the response follow the
// vendor's spec.
var _ = Describe("Validating a token", func() {
	It("sends the token and reads its rights", func(ctx SpecContext) {
		c := inProcess()
		flow := c.full()
		token, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())

		result, err := c.apiWith(flow).ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: token.Value})
		Expect(err).NotTo(HaveOccurred())
		sent := c.wire.last()
		c.expectExample(sent, http.MethodPost, pathValidate, `{"token": "`+string(token.Value)+`"}`)
		Expect(tokenOf(sent)).To(Equal(string(token.Value)))

		Expect(result.StatusCode()).To(Equal(http.StatusOK))
		Expect(result.JSON200).To(HaveValue(Equal(gen.TokenValidationResponse{
			CreationTimeInMillis:   gen.UnixMilli(token.Created.UnixMilli()),
			ExpirationTimeInMillis: gen.UnixMilli(token.Expires.UnixMilli()),
			Scope:                  &gen.Scope{AccessType: gen.AccessTypeFull, OrgID: ptr[int32](0)},
			TokenType:              "BEARER",
			ValidForUserID:         token.UserID,
		})))
	})

	It("sends the request by Flow.API, with the headers of an auth call", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		issued, err := flow.API().GetCurrentUserTokenWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		result, err := flow.API().ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: issued.JSON200.Token})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200.ValidForUserID).To(Equal(issued.JSON200.ValidForUserID))
		expectIdentified(c.wire.last())
	})

	It("responds with 400 for an invalid token, which costs the Flow nothing", func(ctx SpecContext) {
		c := inProcess()
		flow := c.full()
		short, err := c.api().GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{
			Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ValidityTimeInSec: 1,
		})
		Expect(err).NotTo(HaveOccurred())
		c.Advance(2 * time.Second)

		for _, token := range []gen.Secret{short.JSON200.Token, "malformed"} {
			result, err := c.apiWith(flow).ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: token})
			Expect(err).NotTo(HaveOccurred())
			Expect(result.StatusCode()).To(Equal(http.StatusBadRequest))
			Expect(result.JSON400).NotTo(BeNil())
		}
		Expect(c.Calls(authtest.OpGetFullAccessToken)).To(Equal(2), "the short one and the Flow's")
	})
})
