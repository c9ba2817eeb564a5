package contract_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

func (c *cluster) objectToken(ctx context.Context) gen.Secret {
	GinkgoHelper()
	return granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, c.asObject())).JSON200).Token
}

func (c *cluster) customToken(ctx context.Context) gen.Secret {
	GinkgoHelper()
	return granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, c.asCustom())).JSON200).Token
}

func (c *cluster) validate(ctx context.Context, token gen.Secret, with ...gen.RequestEditorFn) *gen.ValidateTokenResult {
	GinkgoHelper()
	return sent(c.api.ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: token}, with...))
}

func (c *cluster) revoke(ctx context.Context, r gen.RevokeTokenRequest, with ...gen.RequestEditorFn) *gen.RevokeTokenResult {
	GinkgoHelper()
	return sent(c.api.RevokeTokenWithResponse(ctx, r, with...))
}

var _ = Describe("The scope of a token", func() {
	It("is FULL, of no object, for a full access token", func(ctx SpecContext) {
		c := reach()
		token := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, c.asFull())).JSON200)
		Expect(token.Scope).To(HaveValue(And(HaveField("AccessType", gen.AccessTypeFull), HaveField("MetadataID", BeEmpty()))))
		Expect(token.ValidForUsername).To(Equal(c.username))
	})

	It("is REPORT_BOOK_VIEW of the object for an object access token", func(ctx SpecContext) {
		c := reach(needsObject)
		token := granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, c.asObject())).JSON200)
		Expect(token.Scope).To(HaveValue(And(HaveField("AccessType", gen.AccessTypeReportBookView), HaveField("MetadataID", c.objectID))))
		Expect(token.ValidForUsername).To(Equal(c.username))
	})

	It("is not told of a custom access token, which names its Org and its user", func(ctx SpecContext) {
		c := reach()
		token := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, c.asCustom())).JSON200)
		Expect(token.Scope).To(BeNil(), "it is for one Org")
		Expect(token.Org).NotTo(BeNil())
		Expect(token.User.Name).To(Equal(c.username))
		Expect(token.User.ID).To(Equal(granted(c.who(ctx, bearer(token.Token)).JSON200).ID))
	})

	It("of one object begins no session", func(ctx SpecContext) {
		c := reach(needsObject)
		Expect(c.logIn(ctx, gen.LoginRequest{}, bearer(c.objectToken(ctx)))).To(beAnswered(http.StatusForbidden))
	})

	It("of one object ends no token but itself", func(ctx SpecContext) {
		c := reach(needsObject, mayRevokeAll)
		token, other := c.objectToken(ctx), c.token(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{Token: other}, bearer(token))).To(beAnswered(http.StatusForbidden))
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username}, bearer(token))).To(beAnswered(http.StatusForbidden))
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{Token: token}, bearer(token))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, bearer(other))).To(Equal(http.StatusOK))
	})

	It("of one object reads who its user is", func(ctx SpecContext) {
		c := reach(needsObject)
		Expect(granted(c.who(ctx, bearer(c.objectToken(ctx))).JSON200).Name).To(Equal(c.username))
	})
})
