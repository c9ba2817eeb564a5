package tests_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The secret keys of trusted authentication, as an administrator reads and
// rotates them by Flow.API: switched off, switched on, searched for.
var _ = Describe("The secret key", func() {
	const org int32 = 1
	key := func(ctx context.Context, admin *authflow.Flow) (gen.Secret, error) {
		result, err := admin.API().SearchAuthSettingsWithResponse(ctx, gen.SearchAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth, Scope: gen.AuthScopeCluster})
		if err != nil {
			return "", err
		}
		if p := result.JSON200; p == nil || p.ClusterPreferences == nil || len(p.ClusterPreferences.AccessTokens) == 0 {
			return "", fmt.Errorf("there is no key: %v", result)
		}
		return result.JSON200.ClusterPreferences.AccessTokens[0].Key, nil
	}
	configure := func(ctx context.Context, admin *authflow.Flow, request gen.ConfigureAuthSettingsRequest) {
		GinkgoHelper()
		request.AuthType = gen.AuthTypeTrustedAuth
		result, err := admin.API().ConfigureAuthSettingsWithResponse(ctx, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.StatusCode()).To(Equal(http.StatusNoContent), fmt.Sprint(result))
	}
	ofCluster := func(status gen.AuthStatus) gen.ConfigureAuthSettingsRequest {
		return gen.ConfigureAuthSettingsRequest{ClusterPreferences: &gen.AuthClusterPreferencesInput{AuthStatus: status}}
	}
	ofOrg := func(identifier string, status gen.AuthStatus) gen.ConfigureAuthSettingsRequest {
		return gen.ConfigureAuthSettingsRequest{OrgPreferences: []gen.AuthOrgPreferenceInput{{OrgIdentifier: identifier, AuthStatus: status}}}
	}
	simulator := func() *cluster {
		return inProcess(
			authtest.WithOrg(org, "Sales"), authtest.WithOrgSecretKey(org, "the-first"), authtest.WithUser("ann", "", authtest.InOrgs(0, org)),
			authtest.WithUser(authtest.DefaultUsername, authtest.DefaultPassword, authtest.Privileges(authtest.PrivilegeAdministration), authtest.InOrgs(0, org)),
		)
	}

	// A key that is rejected rests for a second and longer.
	recovers := func(ctx context.Context, flow *authflow.Flow) {
		GinkgoHelper()
		Eventually(flow.Renew).WithContext(ctx).WithTimeout(20 * time.Second).Should(Succeed())
	}

	It("is rotated under a running Flow, which asks a function for it and is not made again", func(ctx SpecContext) {
		c := simulator()
		admin := c.session()
		vault := gen.Secret(authtest.DefaultSecretKey)
		ways, err := authflow.New(c.URL, authflow.WithHTTPClient(c.client), once(),
			authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return vault, nil }))
		Expect(err).NotTo(HaveOccurred())
		flow := made(ways.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"}))
		works := func() {
			GinkgoHelper()
			status, _ := send(flow, c.get(ctx, pathUser))
			Expect(status).To(Equal(http.StatusOK))
		}
		works()

		configure(ctx, admin, ofCluster(gen.AuthStatusDisabled))
		works() // with the token that it has
		Expect(flow.Renew(ctx)).To(MatchError(authflow.ErrForbidden), "the old key is dead, and there is no other")
		works()

		configure(ctx, admin, ofCluster(gen.AuthStatusEnabled))
		fresh, err := key(ctx, admin)
		Expect(err).NotTo(HaveOccurred())
		Expect(fresh).NotTo(Equal(vault))
		vault = fresh
		recovers(ctx, flow)
		works()
		c.RevokeTokens()
		works()
	})

	It("is read from the server by a function, and then a rotation needs no further step", func(ctx SpecContext) {
		c := simulator()
		admin := c.session()
		ways, err := authflow.New(c.URL, authflow.WithHTTPClient(c.client),
			authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) { return key(ctx, admin) }))
		Expect(err).NotTo(HaveOccurred())
		flow := made(ways.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"}))
		for range 3 {
			Expect(flow.Renew(ctx)).To(Succeed())
			configure(ctx, admin, ofCluster(gen.AuthStatusDisabled))
			configure(ctx, admin, ofCluster(gen.AuthStatusEnabled))
		}
		Expect(flow.Renew(ctx)).To(Succeed())
		Expect(c.wire.to(pathFull)).To(HaveLen(4), "no try was in vain")
	})

	It("of an Org is rotated alone, by number and by name", func(ctx SpecContext) {
		c := simulator()
		admin := c.session()
		keyOf := func(ctx context.Context) (gen.Secret, error) {
			result, err := admin.API().SearchAuthSettingsWithResponse(ctx, gen.SearchAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth})
			if err != nil {
				return "", err
			}
			for _, p := range result.JSON200.OrgPreferences {
				if p.Org.ID == org && len(p.AccessTokens) > 0 {
					return p.AccessTokens[0].Key, nil
				}
			}
			return "", fmt.Errorf("Org %d has no key: %v", org, result)
		}
		ways, err := authflow.New(c.URL, authflow.WithHTTPClient(c.client),
			authflow.WithSecretKeyFunc(func(ctx context.Context, named string) (gen.Secret, error) {
				if named == fmt.Sprint(org) {
					return keyOf(ctx)
				}
				return authtest.DefaultSecretKey, nil
			}))
		Expect(err).NotTo(HaveOccurred())
		id := org
		inOrg := made(ways.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", OrgID: &id}))
		elsewhere := made(ways.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", OrgID: new(int32)}))
		for _, identifier := range []string{"1", "Sales"} {
			before, err := keyOf(ctx)
			Expect(err).NotTo(HaveOccurred())
			configure(ctx, admin, ofOrg(identifier, gen.AuthStatusDisabled))
			configure(ctx, admin, ofOrg(identifier, gen.AuthStatusEnabled))
			Expect(inOrg.Renew(ctx)).To(Succeed())
			Expect(elsewhere.Renew(ctx)).To(Succeed())
			Expect(keyOf(ctx)).NotTo(Equal(before))
		}
	})

	It("is rotated with a token that was made with it, and outlives it", func(ctx SpecContext) {
		c := simulator()
		admin := c.full()
		Expect(admin.Renew(ctx)).To(Succeed())
		configure(ctx, admin, ofCluster(gen.AuthStatusDisabled))
		configure(ctx, admin, ofCluster(gen.AuthStatusEnabled))
		fresh, err := key(ctx, admin)
		Expect(err).NotTo(HaveOccurred())
		Expect(fresh).NotTo(BeEquivalentTo(authtest.DefaultSecretKey))
	})

	It("X3: of a response is shown by no verb, no log and no JSON", func(ctx SpecContext) {
		c := simulator()
		result, err := c.session().API().SearchAuthSettingsWithResponse(ctx, gen.SearchAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth})
		Expect(err).NotTo(HaveOccurred())
		Expect(string(result.Body)).To(And(ContainSubstring(authtest.DefaultSecretKey), ContainSubstring("the-first")))
		settings := result.JSON200
		for _, v := range []any{
			result, *result, settings, *settings, settings.ClusterPreferences, *settings.ClusterPreferences, settings.OrgPreferences,
			settings.ClusterPreferences.AccessTokens, settings.ClusterPreferences.AccessTokens[0], []any{settings}, struct{ Any any }{settings},
		} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				expectNoKey(fmt.Sprintf(verb, v))
			}
			document, err := json.Marshal(v)
			Expect(err).NotTo(HaveOccurred())
			expectNoKey(string(document))
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
			expectNoKey(log.String())
		}
	})
})

func expectNoKey(text string) {
	GinkgoHelper()
	for _, key := range []string{authtest.DefaultSecretKey, "the-first"} {
		Expect(text).NotTo(ContainSubstring(key))
		Expect(text).NotTo(ContainSubstring(fmt.Sprintf("%x", key)))
	}
}
