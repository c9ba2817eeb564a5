package contract_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Revoking", func() {
	It("one token ends that one, and none beside it", func(ctx SpecContext) {
		c := reach()
		token, other := c.token(ctx), c.token(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username, Token: token}, bearer(other))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, bearer(other))).To(Equal(http.StatusOK))
	})

	It("takes the token alone, and the user's GUID in place of the name", func(ctx SpecContext) {
		c := reach()
		caller := c.token(ctx)
		id := granted(c.who(ctx, bearer(caller)).JSON200).ID
		for _, request := range []gen.RevokeTokenRequest{{Token: c.token(ctx)}, {UserIdentifier: id, Token: c.token(ctx)}} {
			Expect(c.revoke(ctx, request, bearer(caller))).To(beAnswered(http.StatusNoContent))
			Expect(c.status(ctx, bearer(request.Token))).To(Equal(http.StatusUnauthorized))
		}
	})

	It("the token that the call is made with ends it", func(ctx SpecContext) {
		c := reach()
		token := c.token(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username, Token: token}, bearer(token))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
	})

	It("works from a session", func(ctx SpecContext) {
		c := reach(needsPassword)
		session, token := c.login(ctx), c.token(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username, Token: token}, cookies(session))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusOK), "it was not begun with the token")
	})

	It("without a token ends all tokens of the user, of every kind", func(ctx SpecContext) {
		c := reach(mayRevokeAll, needsPassword, needsObject)
		session := c.login(ctx)
		ofSession := granted(c.sessionToken(ctx, cookies(session)).JSON200).Token
		tokens := []gen.Secret{c.token(ctx), c.objectToken(ctx), c.customToken(ctx), ofSession}
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username}, bearer(c.token(ctx)))).To(beAnswered(http.StatusNoContent))
		for _, token := range tokens {
			Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
		}
	})

	It("without a token leaves those of other users", func(ctx SpecContext) {
		c := reach(needsControls)
		others := c.annsToken(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username}, bearer(c.token(ctx)))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(others))).To(Equal(http.StatusOK))
	})

	It("ends the session that was begun with the token", func(ctx SpecContext) {
		c := reach(needsControls)
		token, other := c.token(ctx), c.token(ctx)
		session := c.logIn(ctx, gen.LoginRequest{}, bearer(token)).HTTPResponse.Cookies()
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{Token: token}, bearer(other))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusUnauthorized))
	})

	It("somebody else's needs the privilege, for one and for all", func(ctx SpecContext) {
		c := reach(needsControls)
		caller, token := c.annsToken(ctx), c.token(ctx)
		for _, request := range []gen.RevokeTokenRequest{
			{UserIdentifier: c.username}, {UserIdentifier: c.username, Token: token}, {Token: token},
		} {
			Expect(c.revoke(ctx, request, bearer(caller))).To(beAnswered(http.StatusForbidden))
		}
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusOK))
	})

	It("somebody else's is granted to an administrator, for one and for all", func(ctx SpecContext) {
		c := reach(needsControls)
		caller, one, other := c.token(ctx), c.annsToken(ctx), c.annsToken(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: ann, Token: one}, bearer(caller))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(one))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, bearer(other))).To(Equal(http.StatusOK))
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: ann}, bearer(caller))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(other))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, bearer(caller))).To(Equal(http.StatusOK))
	})

	It("is rejected with 400 for an unknown user, and for a token that is not the user's", func(ctx SpecContext) {
		c := reach(needsControls)
		caller, others := c.token(ctx), c.annsToken(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: "nobody"}, bearer(caller))).To(beAnswered(http.StatusBadRequest))
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username, Token: others}, bearer(caller))).To(beAnswered(http.StatusBadRequest))
		Expect(c.status(ctx, bearer(others))).To(Equal(http.StatusOK))
	})

	It("is rejected with 400 for a token that has ended already", func(ctx SpecContext) {
		c := reach()
		token, caller := c.token(ctx), c.token(ctx)
		request := gen.RevokeTokenRequest{UserIdentifier: c.username, Token: token}
		Expect(c.revoke(ctx, request, bearer(caller))).To(beAnswered(http.StatusNoContent))
		Expect(c.revoke(ctx, request, bearer(caller))).To(beAnswered(http.StatusBadRequest))
	})
})
