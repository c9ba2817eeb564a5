package contract_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("The settings of trusted authentication", func() {
	search := func(ctx context.Context, c *cluster, scope gen.AuthScope, with gen.RequestEditorFn) *gen.SearchAuthSettingsResult {
		GinkgoHelper()
		return sent(c.api.SearchAuthSettingsWithResponse(ctx, gen.SearchAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth, Scope: scope}, with))
	}
	configure := func(ctx context.Context, c *cluster, with gen.RequestEditorFn, cluster gen.AuthStatus, orgs ...gen.AuthOrgPreferenceInput) *gen.ConfigureAuthSettingsResult {
		GinkgoHelper()
		request := gen.ConfigureAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth, OrgPreferences: orgs}
		if cluster != "" {
			request.ClusterPreferences = &gen.AuthClusterPreferencesInput{AuthStatus: cluster}
		}
		return sent(c.api.ConfigureAuthSettingsWithResponse(ctx, request, with))
	}
	inSales := func(ctx context.Context, c *cluster) gen.RequestEditorFn {
		request := c.asFull()
		request.OrgID = ptr(sales)
		return bearer(granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, request)).JSON200).Token)
	}
	keysOf := func(tokens []gen.AuthSettingsAccessToken) []gen.Secret {
		var keys []gen.Secret
		for _, t := range tokens {
			keys = append(keys, t.Key)
		}
		return keys
	}

	It("tell the key of the cluster and of every Org to a caller in the Primary Org", func(ctx SpecContext) {
		c := reach(needsControls)
		found := granted(search(ctx, c, "", bearer(c.token(ctx))).JSON200)
		Expect(keysOf(found.ClusterPreferences.AccessTokens)).To(ConsistOf(c.secretKey))
		Expect(found.OrgPreferences).To(HaveLen(3))
		Expect(found.OrgPreferences[0].AuthStatus).To(Equal(gen.AuthStatusDisabled), "the Primary Org has no key of its own")
		Expect(keysOf(found.OrgPreferences[1].AccessTokens)).To(ConsistOf(gen.Secret(salesKey)))
	})

	It("tell a caller in another Org that Org's alone", func(ctx SpecContext) {
		c := reach(needsControls)
		caller := inSales(ctx, c)
		for _, scope := range []gen.AuthScope{"", gen.AuthScopeOrg} {
			found := granted(search(ctx, c, scope, caller).JSON200)
			Expect(found.ClusterPreferences).To(BeNil())
			Expect(found.OrgPreferences).To(HaveExactElements(HaveField("Org.ID", sales)))
		}
		Expect(search(ctx, c, gen.AuthScopeCluster, caller)).To(beAnswered(http.StatusForbidden))
		Expect(configure(ctx, c, caller, gen.AuthStatusDisabled)).To(beAnswered(http.StatusForbidden))
		Expect(configure(ctx, c, caller, "", gen.AuthOrgPreferenceInput{OrgIdentifier: "Support", AuthStatus: gen.AuthStatusDisabled})).
			To(beAnswered(http.StatusForbidden))
		Expect(configure(ctx, c, caller, "", gen.AuthOrgPreferenceInput{OrgIdentifier: salesName, AuthStatus: gen.AuthStatusDisabled})).
			To(beAnswered(http.StatusNoContent))
	})

	It("are not for callers without a privilege", func(ctx SpecContext) {
		c := reach(needsControls)
		caller := bearer(c.annsToken(ctx))
		Expect(search(ctx, c, "", caller)).To(beAnswered(http.StatusForbidden))
		Expect(configure(ctx, c, caller, gen.AuthStatusDisabled)).To(beAnswered(http.StatusForbidden))
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusOK), "nothing was changed")
	})

	It("are not for callers without a credential", func(ctx SpecContext) {
		c := reach(needsControls)
		nobody := func(context.Context, *http.Request) error { return nil }
		Expect(search(ctx, c, "", nobody)).To(beAnswered(http.StatusUnauthorized))
		Expect(configure(ctx, c, nobody, gen.AuthStatusDisabled)).To(beAnswered(http.StatusUnauthorized))
	})

	It("rotate the cluster's key: switched off, on, and searched for", func(ctx SpecContext) {
		c := reach(needsControls)
		caller := bearer(c.token(ctx))
		Expect(configure(ctx, c, caller, gen.AuthStatusDisabled)).To(beAnswered(http.StatusNoContent))
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusForbidden))
		Expect(c.withKey(ctx, salesKey, sales)).To(HaveEach(http.StatusOK), "it does not depend on the cluster's")
		Expect(granted(search(ctx, c, gen.AuthScopeCluster, caller).JSON200).ClusterPreferences).
			To(HaveValue(Equal(gen.AuthClusterPreferences{AuthStatus: gen.AuthStatusDisabled})))

		Expect(configure(ctx, c, caller, gen.AuthStatusEnabled)).To(beAnswered(http.StatusNoContent))
		keys := keysOf(granted(search(ctx, c, gen.AuthScopeCluster, caller).JSON200).ClusterPreferences.AccessTokens)
		Expect(keys).To(HaveExactElements(Not(Equal(c.secretKey))))
		Expect(c.withKey(ctx, keys[0], 0)).To(HaveEach(http.StatusOK))
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusUnauthorized))

		Expect(configure(ctx, c, caller, gen.AuthStatusEnabled)).To(beAnswered(http.StatusNoContent))
		Expect(c.withKey(ctx, keys[0], 0)).To(HaveEach(http.StatusOK), "a key that is there is kept")
	})

	It("change all at once, or not at all", func(ctx SpecContext) {
		c := reach(needsControls)
		caller := bearer(c.token(ctx))
		Expect(configure(ctx, c, caller, gen.AuthStatusDisabled,
			gen.AuthOrgPreferenceInput{OrgIdentifier: "there is no such Org", AuthStatus: gen.AuthStatusDisabled})).
			To(beAnswered(http.StatusBadRequest))
		Expect(c.withKey(ctx, c.secretKey, 0)).To(HaveEach(http.StatusOK))
	})
})
