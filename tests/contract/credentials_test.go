package contract_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// with requests each kind of token with these credentials, and returns the
// statuses.
func (c *cluster) with(ctx context.Context, username string, password, key gen.Secret) []int {
	GinkgoHelper()
	full, object, custom := c.asFull(), c.asObject(), c.asCustom()
	full.Username, full.Password, full.SecretKey = username, password, key
	object.Username, object.Password, object.SecretKey = username, password, key
	custom.Username, custom.Password, custom.SecretKey = username, password, key
	return []int{
		sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).StatusCode(),
		sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).StatusCode(),
		sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom)).StatusCode(),
	}
}

func (c *cluster) logIn(ctx context.Context, r gen.LoginRequest, with ...gen.RequestEditorFn) *gen.LoginResult {
	GinkgoHelper()
	return sent(c.api.LoginWithResponse(ctx, r, with...))
}

var _ = Describe("A request for a token", func() {
	It("is granted with the password, and with the secret key", func(ctx SpecContext) {
		c := reach(needsPassword, needsKey, needsObject)
		Expect(c.with(ctx, c.username, c.password, "")).To(HaveEach(http.StatusOK))
		Expect(c.with(ctx, c.username, "", c.secretKey)).To(HaveEach(http.StatusOK))
	})

	It("is rejected with 400 with both, and with neither", func(ctx SpecContext) {
		c := reach(needsPassword, needsKey, needsObject)
		Expect(c.with(ctx, c.username, c.password, c.secretKey)).To(HaveEach(http.StatusBadRequest))
		Expect(c.with(ctx, c.username, "", "")).To(HaveEach(http.StatusBadRequest))
	})

	It("is rejected with 401 for a wrong password, and alike for an unknown user", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(c.with(ctx, ann, "wrong", "")).To(HaveEach(http.StatusUnauthorized))
		Expect(c.with(ctx, "nobody", "wrong", "")).To(HaveEach(http.StatusUnauthorized))
		known := sent(c.api.LoginWithResponse(ctx, gen.LoginRequest{Username: ann, Password: "wrong"}))
		unknown := sent(c.api.LoginWithResponse(ctx, gen.LoginRequest{Username: "nobody", Password: "wrong"}))
		Expect(refusal(known)).To(Equal(refusal(unknown)))
	})

	It("is rejected with 401 for a user who does not exist", func(ctx SpecContext) {
		c := reach(needsObject)
		Expect(c.with(ctx, unknownUser(), "wrong", "")).To(HaveEach(http.StatusUnauthorized))
	})
})

var _ = Describe("With multi-factor authentication", func() {
	It("a password is rejected with 401, right or wrong, to log in and for a token", func(ctx SpecContext) {
		c := reach(needsControls)
		c.simulator().SetMFA(true)
		Expect(c.with(ctx, c.username, c.password, "")).To(HaveEach(http.StatusUnauthorized))
		Expect(c.with(ctx, ann, "wrong", "")).To(HaveEach(http.StatusUnauthorized))
		Expect(c.logIn(ctx, gen.LoginRequest{Username: c.username, Password: c.password})).To(beAnswered(http.StatusUnauthorized))
	})

	It("the secret key works, and its token begins a session", func(ctx SpecContext) {
		c := reach(needsControls)
		c.simulator().SetMFA(true)
		Expect(c.with(ctx, c.username, "", c.secretKey)).To(HaveEach(http.StatusOK))
		Expect(c.logIn(ctx, gen.LoginRequest{}, bearer(c.token(ctx)))).To(beAnswered(http.StatusNoContent))
	})

	It("what was begun before goes on", func(ctx SpecContext) {
		c := reach(needsControls)
		session, token := c.login(ctx), c.token(ctx)
		c.simulator().SetMFA(true)
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusOK))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusOK))
	})
})

var _ = Describe("Of two credentials in a request", func() {
	It("the Authorization header goes before the cookies", func(ctx SpecContext) {
		c := reach(needsControls)
		session, token := c.login(ctx), c.annsToken(ctx)
		Expect(granted(c.who(ctx, cookies(session)).JSON200).Name).To(Equal(c.username))
		Expect(granted(c.who(ctx, cookies(session), bearer(token)).JSON200).Name).To(Equal(ann))
	})

	It("a wrong Authorization header is rejected, whatever the cookies", func(ctx SpecContext) {
		c := reach(needsPassword)
		session := c.login(ctx)
		Expect(c.status(ctx, cookies(session), bearer("wrong"))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, cookies(session), authorization("Basic dHNhZG1pbjphZG1pbg=="))).To(Equal(http.StatusUnauthorized))
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusOK), "it has not hurt the session")
	})

	It("a login with a password ignores the token that comes along", func(ctx SpecContext) {
		c := reach(needsControls)
		answer := c.logIn(ctx, gen.LoginRequest{Username: ann, Password: annPassword}, bearer(c.token(ctx)))
		Expect(granted(c.who(ctx, cookies(answer.HTTPResponse.Cookies())).JSON200).Name).To(Equal(ann))
		Expect(c.logIn(ctx, gen.LoginRequest{Username: ann, Password: annPassword}, bearer("wrong"))).
			To(beAnswered(http.StatusNoContent))
	})

	It("of the two cookies a wrong clientId is rejected", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.login(ctx)
		for _, one := range session {
			if one.Name == "clientId" {
				one.Value = "wrong"
			}
		}
		Expect(c.status(ctx, cookies(session))).To(Equal(http.StatusUnauthorized))
	})

	It("none at all is rejected with 401 by all operations that need one", func(ctx SpecContext) {
		c := reach()
		for _, op := range credentialed() {
			body := encode(c.least(ctx, op, nil))
			Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body)))).To(beAnswered(http.StatusUnauthorized), op)
		}
	})
})
