package contract_test

import (
	"context"
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// life is what the server states of a token.
func life(created, expires gen.UnixMilli) time.Duration {
	return time.Duration(expires-created) * time.Millisecond
}

// timing is the label of specs that need tokens of one second, or that reach the
// rate limit. A server that is slow, or behind a gateway with a limit of its own,
// can be tested without them.
const timing = "timing"

// expired returns a full access token that has expired. Without the
// simulator's clock that takes a second, and the spec needs the label timing.
func (c *cluster) expired(ctx context.Context) gen.Secret {
	GinkgoHelper()
	if !slices.Contains(CurrentSpecReport().Labels(), timing) {
		Fail("a spec that waits for a token to expire has the label " + timing)
	}
	request := c.asFull()
	request.ValidityTimeInSec = 1
	token := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, request)).JSON200).Token
	if s := c.simulator(); s != nil {
		s.Advance(time.Second)
		return token
	}
	Eventually(func() int { return c.status(ctx, bearer(token)) }).
		WithTimeout(10*time.Second).WithPolling(200*time.Millisecond).
		Should(Equal(http.StatusUnauthorized), "a token of one second")
	return token
}

var _ = Describe("The life of a token", func() {
	It("is 300 seconds unless the request says otherwise", func(ctx SpecContext) {
		c := reach(needsObject)
		full := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, c.asFull())).JSON200)
		object := granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, c.asObject())).JSON200)
		custom := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, c.asCustom())).JSON200)
		Expect(life(full.CreationTimeInMillis, full.ExpirationTimeInMillis)).To(Equal(300 * time.Second))
		Expect(life(object.CreationTimeInMillis, object.ExpirationTimeInMillis)).To(Equal(300 * time.Second))
		Expect(life(custom.CreationTimeInMillis, custom.ExpirationTimeInMillis)).To(Equal(300 * time.Second))
	})

	It("is what validity_time_in_sec says", Label(timing), func(ctx SpecContext) {
		c := reach(needsObject)
		for _, seconds := range []int32{1, 86400} {
			full, object, custom := c.asFull(), c.asObject(), c.asCustom()
			full.ValidityTimeInSec, object.ValidityTimeInSec, custom.ValidityTimeInSec = seconds, seconds, seconds
			want := time.Duration(seconds) * time.Second
			a := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).JSON200)
			b := granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).JSON200)
			d := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom)).JSON200)
			Expect(life(a.CreationTimeInMillis, a.ExpirationTimeInMillis)).To(Equal(want))
			Expect(life(b.CreationTimeInMillis, b.ExpirationTimeInMillis)).To(Equal(want))
			Expect(life(d.CreationTimeInMillis, d.ExpirationTimeInMillis)).To(Equal(want))
		}
	})

	It("ends to the millisecond, for every operation, with 401", func(ctx SpecContext) {
		c := reach(needsControls)
		token := c.token(ctx)
		granted(c.validate(ctx, token, bearer(token)).JSON200)
		c.simulator().Advance(300 * time.Second)
		for _, op := range credentialed() {
			body := encode(c.least(ctx, op, nil))
			Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body), bearer(token)))).To(beAnswered(http.StatusUnauthorized), op)
		}
		Expect(c.logIn(ctx, gen.LoginRequest{}, bearer(token))).To(beAnswered(http.StatusUnauthorized))
	})

	It("is over when the server's clock says so", Label(timing), func(ctx SpecContext) {
		c := reach()
		Expect(c.status(ctx, bearer(c.expired(ctx)))).To(Equal(http.StatusUnauthorized))
	})

	It("is not made longer by use", func(ctx SpecContext) {
		c := reach(needsControls)
		token := c.token(ctx)
		for range 5 {
			Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusOK))
			c.simulator().Advance(time.Minute)
		}
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusUnauthorized))
	})
})

var _ = Describe("Validating a token", func() {
	It("says how long a full access token lives, for which user, and for what", func(ctx SpecContext) {
		c := reach()
		token := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, c.asFull())).JSON200)
		told := granted(c.validate(ctx, token.Token, bearer(token.Token)).JSON200)
		Expect(told.CreationTimeInMillis).To(Equal(token.CreationTimeInMillis))
		Expect(told.ExpirationTimeInMillis).To(Equal(token.ExpirationTimeInMillis))
		Expect(told.ValidForUserID).To(Equal(token.ValidForUserID))
		Expect(told.Scope).To(Equal(token.Scope))
		Expect(told.TokenType).To(Equal("BEARER"))
	})

	It("takes all kinds of tokens, of other callers too, and a session as the caller", func(ctx SpecContext) {
		c := reach(needsPassword, needsObject)
		session := c.login(ctx)
		ofSession := granted(sent(c.api.GetCurrentUserTokenWithResponse(ctx, cookies(session))).JSON200).Token
		id := granted(c.who(ctx, cookies(session)).JSON200).ID
		for _, token := range []gen.Secret{c.token(ctx), c.objectToken(ctx), c.customToken(ctx), ofSession} {
			Expect(granted(c.validate(ctx, token, cookies(session)).JSON200).ValidForUserID).To(Equal(id))
		}
	})

	It("rejects a malformed token with 400, and does not repeat it", func(ctx SpecContext) {
		c := reach()
		answer := c.validate(ctx, "not-a-token", bearer(c.token(ctx)))
		Expect(answer).To(beAnswered(http.StatusBadRequest))
		Expect(string(answer.Body)).NotTo(ContainSubstring("not-a-token"))
	})

	It("rejects an expired token with 400", Label(timing), func(ctx SpecContext) {
		c := reach()
		token := c.expired(ctx)
		Expect(c.validate(ctx, token, bearer(c.token(ctx)))).To(beAnswered(http.StatusBadRequest))
	})

	It("rejects a revoked token with 400", func(ctx SpecContext) {
		c := reach()
		token, other := c.token(ctx), c.token(ctx)
		Expect(c.revoke(ctx, gen.RevokeTokenRequest{UserIdentifier: c.username, Token: token}, bearer(other))).To(beAnswered(http.StatusNoContent))
		Expect(c.validate(ctx, token, bearer(other))).To(beAnswered(http.StatusBadRequest))
	})
})
