package contract_test

import (
	"context"
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// withKey requests each kind of token with a secret key, and returns the
// statuses.
func (c *cluster) withKey(ctx context.Context, key gen.Secret, org int32) []int {
	GinkgoHelper()
	full, object, custom := c.asFull(), c.asObject(), c.asCustom()
	full.SecretKey, object.SecretKey, custom.SecretKey = key, key, key
	full.OrgID, object.OrgID, custom.OrgIdentifier = &org, &org, fmt.Sprint(org)
	return []int{
		sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).StatusCode(),
		sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).StatusCode(),
		sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom)).StatusCode(),
	}
}

var _ = Describe("A secret key", func() {
	It("of the cluster is good for every Org", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusOK))
		Expect(c.withKey(ctx, c.secretKey, sales)).To(HaveEach(http.StatusOK))
	})

	It("of an Org is good for that Org and no other", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(c.withKey(ctx, salesKey, sales)).To(HaveEach(http.StatusOK))
		Expect(c.withKey(ctx, salesKey, 0)).To(HaveEach(http.StatusUnauthorized))
		Expect(c.withKey(ctx, supportKey, sales)).To(HaveEach(http.StatusUnauthorized))
	})

	It("gets a token for any user", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(granted(c.who(ctx, bearer(c.annsToken(ctx))).JSON200).Name).To(Equal(ann))
	})

	It("that is wrong is rejected with 401", func(ctx SpecContext) {
		c := reach(needsKey, needsObject)
		Expect(c.withKey(ctx, "00000000-0000-0000-0000-000000000000", 0)).To(HaveEach(http.StatusUnauthorized))
	})

	It("that was replaced is rejected, and its tokens stay", func(ctx SpecContext) {
		c := reach(needsControls)
		token := c.token(ctx)
		c.simulator().RotateSecretKey("another")
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusUnauthorized))
		Expect(c.withKey(ctx, "another", 0)).To(HaveEach(http.StatusOK))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusOK))
	})

	It("is rejected with 403 while trusted authentication is off, that of an Org too, and a password is not", func(ctx SpecContext) {
		c := reach(needsControls)
		token := c.token(ctx)
		c.simulator().SetTrustedAuthentication(false)
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusForbidden))
		Expect(c.withKey(ctx, salesKey, sales)).To(HaveEach(http.StatusForbidden))
		Expect(c.status(ctx, bearer(token))).To(Equal(http.StatusOK), "a token made before")
		Expect(sent(c.api.GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{Username: c.username, Password: c.password}))).
			To(beAnswered(http.StatusOK))
		c.simulator().SetTrustedAuthentication(true)
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusOK))
	})
})
