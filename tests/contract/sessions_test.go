package contract_test

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func remembered(r *gen.LoginRequest) { r.RememberMe = true }

func (c *cluster) sessionToken(ctx context.Context, with ...gen.RequestEditorFn) *gen.GetCurrentUserTokenResult {
	GinkgoHelper()
	return sent(c.api.GetCurrentUserTokenWithResponse(ctx, with...))
}

var _ = Describe("A session", func() {
	It("is in its two cookies", func(ctx SpecContext) {
		c := reach(needsPassword)
		session := c.login(ctx)
		Expect(granted(c.who(ctx, cookies(session)).JSON200).Name).To(Equal(c.username))
		Expect(c.status(ctx)).To(Equal(http.StatusUnauthorized))
	})

	It("ends after three hours without use", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.login(ctx)
		c.simulator().Advance(3*time.Hour - time.Second)
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusOK))
		c.simulator().Advance(3 * time.Hour)
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusUnauthorized))
	})

	It("goes on for days with use", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.login(ctx)
		for range 30 {
			c.simulator().Advance(2 * time.Hour)
			Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusOK))
		}
	})

	It("with remember_me lasts seven days from the login, used or not", func(ctx SpecContext) {
		c := reach(needsControls)
		idle, used := c.login(ctx, remembered), c.login(ctx, remembered)
		for range 6 {
			c.simulator().Advance(24 * time.Hour)
			Expect(c.status(ctx, cookies(used))).To(Equal(http.StatusOK))
		}
		c.simulator().Advance(23 * time.Hour)
		Expect(c.status(ctx, cookies(idle))).To(Equal(http.StatusOK))
		c.simulator().Advance(time.Hour)
		Expect(c.status(ctx, cookies(idle))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, cookies(used))).To(Equal(http.StatusUnauthorized))
	})

	It("with remember_me has cookies that outlive the client", func(ctx SpecContext) {
		c := reach(needsPassword)
		Expect(c.login(ctx, remembered)).To(ContainElement(And(
			HaveField("Name", "JSESSIONID"), HaveField("MaxAge", BeNumerically("~", 7*24*3600, 3600)))))
		Expect(c.login(ctx)).To(HaveEach(HaveField("MaxAge", 0)))
	})

	It("begins with a token and an empty object, for the token's user and Org", func(ctx SpecContext) {
		c := reach()
		answer := c.logIn(ctx, gen.LoginRequest{}, bearer(c.token(ctx)))
		Expect(answer).To(beAnswered(http.StatusNoContent))
		Expect(granted(c.who(ctx, cookies(answer.HTTPResponse.Cookies())).JSON200).Name).To(Equal(c.username))
	})

	It("begins with a token and no body at all", func(ctx SpecContext) {
		c := reach()
		Expect(sent(c.api.LoginWithBodyWithResponse(ctx, jsonType, nil, bearer(c.token(ctx))))).To(beAnswered(http.StatusNoContent))
	})

	It("begun with a token outlives the token's expiry", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.logIn(ctx, gen.LoginRequest{}, bearer(c.token(ctx))).HTTPResponse.Cookies()
		c.simulator().Advance(time.Hour)
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusOK))
	})

	It("does not begin without a password or a token, and the response is 400", func(ctx SpecContext) {
		c := reach()
		Expect(c.logIn(ctx, gen.LoginRequest{})).To(beAnswered(http.StatusBadRequest))
		Expect(c.logIn(ctx, gen.LoginRequest{Username: c.username})).To(beAnswered(http.StatusBadRequest))
		Expect(c.logIn(ctx, gen.LoginRequest{Password: "alone"})).To(beAnswered(http.StatusBadRequest))
	})

	It("does not begin with a wrong token", func(ctx SpecContext) {
		c := reach()
		Expect(c.logIn(ctx, gen.LoginRequest{}, bearer("wrong"))).To(beAnswered(http.StatusUnauthorized))
	})

	It("goes on under another id when the server changes it", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.login(ctx)
		c.simulator().RotateCookie(c.username)
		answer := c.who(ctx, cookies(session))
		Expect(answer).To(beAnswered(http.StatusOK))
		Expect(answer.HTTPResponse.Cookies()).To(ConsistOf(HaveField("Name", "JSESSIONID")))
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusUnauthorized), "the old id")
		Expect(c.status(ctx, cookies(answer.HTTPResponse.Cookies()))).To(Equal(http.StatusOK))
	})

	It("does not end another of the same user's", func(ctx SpecContext) {
		c := reach(needsPassword)
		one, other := c.login(ctx), c.login(ctx)
		Expect(sent(c.api.LogoutWithResponse(ctx, cookies(one)))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, cookies(other))).To(Equal(http.StatusOK))
	})
})

var _ = Describe("The token of a session", func() {
	It("is for the session's user and Org, and valid for 24 hours", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.login(ctx, func(r *gen.LoginRequest) { r.OrgIdentifier = salesName })
		token := granted(c.sessionToken(ctx, cookies(session)).JSON200)
		Expect(life(token.CreationTimeInMillis, token.ExpirationTimeInMillis)).To(Equal(24 * time.Hour))
		Expect(token.ValidForUsername).To(Equal(c.username))
		Expect(granted(c.who(ctx, bearer(token.Token)).JSON200).CurrentOrg).To(HaveValue(Equal(gen.Org{ID: sales, Name: salesName})))
	})

	It("works as a bearer token does", func(ctx SpecContext) {
		c := reach(needsPassword)
		token := granted(c.sessionToken(ctx, cookies(c.login(ctx))).JSON200)
		Expect(life(token.CreationTimeInMillis, token.ExpirationTimeInMillis)).To(BeNumerically(">", 0))
		Expect(granted(c.who(ctx, bearer(token.Token)).JSON200).Name).To(Equal(c.username))
	})

	It("is another at each call, and outlives the session", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.login(ctx)
		one, other := granted(c.sessionToken(ctx, cookies(session)).JSON200), granted(c.sessionToken(ctx, cookies(session)).JSON200)
		Expect(one.Token).NotTo(Equal(other.Token))
		Expect(sent(c.api.LogoutWithResponse(ctx, cookies(session)))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(one.Token))).To(Equal(http.StatusOK))
		c.simulator().Advance(24 * time.Hour)
		Expect(c.status(ctx, bearer(one.Token))).To(Equal(http.StatusUnauthorized))
	})

	It("is another at each call for a caller with a token too, valid for 24 hours", func(ctx SpecContext) {
		c := reach()
		token := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, c.asFull())).JSON200)
		one, other := granted(c.sessionToken(ctx, bearer(token.Token)).JSON200), granted(c.sessionToken(ctx, bearer(token.Token)).JSON200)
		Expect([]gen.Secret{token.Token, one.Token}).NotTo(ContainElement(other.Token))
		Expect(one.Token).NotTo(Equal(token.Token))
		Expect(life(one.CreationTimeInMillis, one.ExpirationTimeInMillis)).To(Equal(24 * time.Hour))
	})

	It("is what authflow gets from a login, and a login from a token", func(ctx SpecContext) {
		c := reach(needsPassword)
		session := made(c.flows(wellFormed).Session(gen.LoginRequest{Username: c.username, Password: c.password}))
		token := session.SessionToken()
		again := made(token.Session())
		for _, flow := range []*authflow.Flow{session, token, again} {
			Expect(granted(sent(flow.API().GetCurrentUserInfoWithResponse(ctx)).JSON200).Name).To(Equal(c.username))
		}
		for _, flow := range []*authflow.Flow{again, token, session} {
			if err := flow.Logout(ctx); err != nil {
				Expect(err).NotTo(HaveOccurred())
			}
		}
	})
})

var _ = Describe("Logging out", func() {
	It("ends the session", func(ctx SpecContext) {
		c := reach(needsPassword)
		session := c.login(ctx)
		Expect(sent(c.api.LogoutWithResponse(ctx, cookies(session)))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusUnauthorized))
		Expect(sent(c.api.LogoutWithResponse(ctx, cookies(session)))).To(beAnswered(http.StatusUnauthorized))
	})

	It("ends the token that it is called with, and no other", func(ctx SpecContext) {
		c := reach(needsControls)
		token, other := c.token(ctx), c.token(ctx)
		Expect(sent(c.api.LogoutWithResponse(ctx, bearer(token)))).To(beAnswered(http.StatusNoContent))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, bearer(other))).To(Equal(http.StatusOK))
	})
})
