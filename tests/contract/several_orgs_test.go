package contract_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// selecting names the Org that a request is for (beta, from 26.10).
func selecting(org string) gen.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("X-Org-Selector", org)
		return nil
	}
}

var _ = Describe("An Org that is not named", func() {
	inOrg := func(ctx context.Context, c *cluster, key gen.Secret) []int32 {
		GinkgoHelper()
		full, object, custom := c.asFull(), c.asObject(), c.asCustom()
		full.SecretKey, object.SecretKey, custom.SecretKey = key, key, key
		return []int32{
			*granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).JSON200).Scope.OrgID,
			*granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).JSON200).Scope.OrgID,
			granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom)).JSON200).Org.ID,
		}
	}

	It("is the Org of the secret key, if the key belongs to one, and otherwise the Org of the user's last session", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(inOrg(ctx, c, salesKey)).To(HaveEach(sales))
		Expect(inOrg(ctx, c, c.secretKey)).To(HaveEach(BeZero()))
		c.login(ctx, func(r *gen.LoginRequest) { r.OrgIdentifier = salesName })
		Expect(inOrg(ctx, c, c.secretKey)).To(HaveEach(sales))
	})
})

var _ = Describe("A token for several Orgs", func() {
	scope := &gen.TokenScopeInput{OrgScope: gen.OrgScopeSpecificOrgs, OrgIdentifiers: []string{"0", salesName}}
	orgs := ConsistOf(HaveField("ID", BeZero()), HaveField("ID", sales))
	// tokens requests one of each kind, and holds each to its Orgs.
	tokens := func(ctx context.Context, c *cluster) []gen.Secret {
		GinkgoHelper()
		full, object, custom := c.asFull(), c.asObject(), c.asCustom()
		full.Scope, object.Scope, custom.Scope = scope, scope, scope
		a := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).JSON200)
		b := granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).JSON200)
		d := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom)).JSON200)
		Expect(a.Scope).To(HaveValue(And(HaveField("OrgScope", gen.OrgScopeSpecificOrgs), HaveField("OrgIDs", orgs))))
		Expect(b.Scope).To(HaveValue(And(HaveField("OrgScope", gen.OrgScopeSpecificOrgs), HaveField("OrgIDs", orgs))))
		Expect(d.Scope).To(HaveValue(And(HaveField("OrgScope", gen.OrgScopeSpecificOrgs), HaveField("OrgIDs", orgs))))
		return []gen.Secret{a.Token, b.Token, d.Token}
	}

	It("tells its Orgs, and a request with it names one", func(ctx SpecContext) {
		c := reach(needsControls)
		for _, token := range tokens(ctx, c) {
			for org, id := range map[string]int32{"0": 0, salesName: sales, "1": sales} {
				Expect(granted(c.who(ctx, bearer(token), selecting(org)).JSON200).CurrentOrg).To(HaveValue(HaveField("ID", id)))
			}
		}
	})

	It("is rejected with 400 where the request names no Org, or none that there is, by all operations", func(ctx SpecContext) {
		c := reach(needsControls)
		for _, token := range tokens(ctx, c) {
			for _, op := range credentialed() {
				body := encode(c.least(ctx, op, nil))
				Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body), bearer(token)))).To(beAnswered(http.StatusBadRequest), op)
				Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body), bearer(token), selecting("nowhere")))).
					To(beAnswered(http.StatusBadRequest), op)
			}
		}
	})

	It("is rejected with 403 where the request names another", func(ctx SpecContext) {
		c := reach(needsControls)
		for _, token := range tokens(ctx, c) {
			Expect(c.status(ctx, bearer(token), selecting("Support"))).To(Equal(http.StatusForbidden))
		}
	})

	It("is for all Orgs of its user with ALL_MEMBER_ORGS, except for a custom access token", func(ctx SpecContext) {
		c := reach(needsControls)
		full, object, custom := c.asFull(), c.asObject(), c.asCustom()
		all := &gen.TokenScopeInput{OrgScope: gen.OrgScopeAllMemberOrgs}
		full.Scope, object.Scope, custom.Scope = all, all, all
		for _, token := range []*gen.Token{
			granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, full)).JSON200),
			granted(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object)).JSON200),
		} {
			Expect(token.Scope.OrgScope).To(Equal(gen.OrgScopeAllMemberOrgs))
			Expect(c.status(ctx, bearer(token.Token), selecting(salesName))).To(Equal(http.StatusOK))
			Expect(c.status(ctx, bearer(token.Token), selecting("Support"))).To(Equal(http.StatusForbidden))
		}
		Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, custom))).To(beAnswered(http.StatusBadRequest))
	})
})
