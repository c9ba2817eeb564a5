package contract_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// other returns an Org of the principal's beside the Primary one. A spec that
// needs one is left out where there is none.
func (c *cluster) other(ctx context.Context) gen.Org {
	GinkgoHelper()
	for _, o := range granted(c.who(ctx, bearer(c.token(ctx))).JSON200).Orgs {
		if o.ID != 0 {
			return o
		}
	}
	Skip(leftOut + "the user is in no Org but the Primary one")
	return gen.Org{}
}

var _ = Describe("The Org of a token", func() {
	It("is the Primary Org without org_id, and with org_id 0", func(ctx SpecContext) {
		c := reach(needsObject)
		for _, id := range []*int32{nil, ptr[int32](0)} {
			full, object := c.asFull(), c.asObject()
			full.OrgID, object.OrgID = id, id
			a := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).JSON200)
			b := granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).JSON200)
			Expect(a.Scope.OrgID).To(HaveValue(BeZero()))
			Expect(b.Scope.OrgID).To(HaveValue(BeZero()))
			Expect(granted(c.who(ctx, bearer(a.Token)).JSON200).CurrentOrg.ID).To(BeZero())
		}
	})

	It("is that of org_id, as the token's scope and its user's current Org tell", func(ctx SpecContext) {
		c := reach(needsObject)
		org := c.other(ctx)
		full, object := c.asFull(), c.asObject()
		full.OrgID, object.OrgID = &org.ID, &org.ID
		a := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).JSON200)
		b := granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).JSON200)
		Expect(a.Scope.OrgID).To(HaveValue(Equal(org.ID)))
		Expect(b.Scope.OrgID).To(HaveValue(Equal(org.ID)))
		Expect(granted(c.who(ctx, bearer(a.Token)).JSON200).CurrentOrg).To(HaveValue(Equal(org)))
	})

	It("is that of org_identifier for a custom token, by number and by name", func(ctx SpecContext) {
		c := reach()
		org := c.other(ctx)
		for _, identifier := range []string{strconv.Itoa(int(org.ID)), org.Name} {
			request := c.asCustom()
			request.OrgIdentifier = identifier
			token := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request)).JSON200)
			Expect(token.Org).To(HaveValue(Equal(org)))
			Expect(granted(c.who(ctx, bearer(token.Token)).JSON200).CurrentOrg).To(HaveValue(Equal(org)))
		}
		Expect(granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, c.asCustom())).JSON200).Org.ID).To(BeZero())
	})

	It("is rejected with 400 if there is no such Org", func(ctx SpecContext) {
		c := reach(needsObject)
		full, object, custom := c.asFull(), c.asObject(), c.asCustom()
		full.OrgID, object.OrgID, custom.OrgIdentifier = ptr[int32](987654), ptr[int32](987654), "there is no such Org"
		Expect(sent(c.api.GetFullAccessTokenWithResponse(ctx, full))).To(beAnswered(http.StatusBadRequest))
		Expect(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object))).To(beAnswered(http.StatusBadRequest))
		Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom))).To(beAnswered(http.StatusBadRequest))
	})

	It("is rejected with 403 if the user is not in it", func(ctx SpecContext) {
		c := reach(needsControls)
		full, object, custom := c.asFull(), c.asObject(), c.asCustom()
		full.OrgID, object.OrgID, custom.OrgIdentifier = ptr(support), ptr(support), fmt.Sprint(support)
		Expect(sent(c.api.GetFullAccessTokenWithResponse(ctx, full))).To(beAnswered(http.StatusForbidden))
		Expect(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object))).To(beAnswered(http.StatusForbidden))
		Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom))).To(beAnswered(http.StatusForbidden))
	})

	It("is the Primary Org if it goes by the wrong name, without a word", func(ctx SpecContext) {
		c := reach()
		org := c.other(ctx)
		api := c.typed(undeclared)
		wrong := c.least(ctx, "getFullAccessToken", nil)
		wrong["org_identifier"] = fmt.Sprint(org.ID)
		full := granted(sent(api.GetFullAccessTokenWithBodyWithResponse(ctx, jsonType, reader(encode(wrong)))).JSON200)
		Expect(full.Scope.OrgID).To(HaveValue(BeZero()))

		wrong = c.least(ctx, "getCustomAccessToken", nil)
		wrong["org_id"] = org.ID
		custom := granted(sent(api.GetCustomAccessTokenWithBodyWithResponse(ctx, jsonType, reader(encode(wrong)))).JSON200)
		Expect(custom.Org.ID).To(BeZero())
	})
})

var _ = Describe("The Org of a session", func() {
	in := func(identifier string) func(*gen.LoginRequest) {
		return func(r *gen.LoginRequest) { r.OrgIdentifier = identifier }
	}
	org := func(ctx context.Context, c *cluster, session []*http.Cookie) int32 {
		GinkgoHelper()
		return granted(c.who(ctx, cookies(session)).JSON200).CurrentOrg.ID
	}

	It("is that of org_identifier, by number and by name", func(ctx SpecContext) {
		c := reach(needsPassword)
		other := c.other(ctx)
		Expect(org(ctx, c, c.login(ctx, in(other.Name)))).To(Equal(other.ID))
		Expect(org(ctx, c, c.login(ctx, in("0")))).To(BeZero())
		Expect(org(ctx, c, c.login(ctx, in(fmt.Sprint(other.ID))))).To(Equal(other.ID))
	})

	It("is the Org of the user's previous session if none is named", func(ctx SpecContext) {
		c := reach(needsPassword)
		other := c.other(ctx)
		c.login(ctx, in(fmt.Sprint(other.ID)))
		Expect(org(ctx, c, c.login(ctx))).To(Equal(other.ID))
		c.login(ctx, in("0"))
		Expect(org(ctx, c, c.login(ctx))).To(BeZero())
	})

	It("is rejected if there is no such Org, or the user is not in it", func(ctx SpecContext) {
		c := reach(needsControls)
		for identifier, status := range map[string]int{"nowhere": 400, "99": 400, "Support": 403, "2": 403} {
			request := gen.LoginRequest{Username: c.username, Password: c.password, OrgIdentifier: identifier}
			Expect(sent(c.api.LoginWithResponse(ctx, request))).To(beAnswered(status), identifier)
		}
	})
})
