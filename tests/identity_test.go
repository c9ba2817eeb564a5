package tests_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("I4: every auth call says who sends it and what it wants", func() {
	request := gen.GetCustomAccessTokenRequest{
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, PersistOption: gen.PersistOptionNone,
	}
	for _, call := range []struct {
		path string
		make func(context.Context, *cluster) error
	}{
		{pathFull, func(ctx context.Context, c *cluster) error { return c.full().Renew(ctx) }},
		{pathObject, func(ctx context.Context, c *cluster) error {
			return made(c.authflow().ObjectAccess(gen.GetObjectAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ObjectID: "o",
			})).Renew(ctx)
		}},
		{pathCustom, func(ctx context.Context, c *cluster) error {
			return made(c.authflow().CustomAccess(request)).Renew(ctx)
		}},
		{pathLogin, func(ctx context.Context, c *cluster) error {
			if err := c.session().Renew(ctx); err != nil {
				return err
			}
			return made(c.full().Session()).Renew(ctx)
		}},
		{pathSessionToken, func(ctx context.Context, c *cluster) error { return c.session().SessionToken().Renew(ctx) }},
		{pathLogout, func(ctx context.Context, c *cluster) error {
			flow := c.session()
			if err := flow.Renew(ctx); err != nil {
				return err
			}
			return flow.Logout(ctx)
		}},
		{pathRevoke, func(ctx context.Context, c *cluster) error {
			flow := c.full()
			if err := flow.Renew(ctx); err != nil {
				return err
			}
			return flow.Logout(ctx)
		}},
		{pathUser, func(ctx context.Context, c *cluster) error {
			_, err := c.full().API().GetCurrentUserInfoWithResponse(ctx)
			return err
		}},
		{pathValidate, func(ctx context.Context, c *cluster) error {
			_, err := c.full().API().ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: "t"})
			return err
		}},
	} {
		It(call.path, func(ctx SpecContext) {
			c := inProcess()
			Expect(call.make(ctx, c)).To(Succeed())
			sent := c.wire.to(call.path)
			Expect(sent).NotTo(BeEmpty())
			for _, m := range sent {
				expectIdentified(m)
			}
		})

		It(call.path+" with the user's own User-Agent", func(ctx SpecContext) {
			c := inProcess().with(authflow.WithUserAgent("acme-portal/1.2"))
			Expect(call.make(ctx, c)).To(Succeed())
			sent := c.wire.to(call.path)
			Expect(sent).NotTo(BeEmpty())
			for _, m := range sent {
				Expect(m.Header.Values("User-Agent")).To(HaveExactElements("acme-portal/1.2"))
			}
		})
	}

	It("and the user's own requests stay as they are", func(ctx SpecContext) {
		c := inProcess()
		req := c.get(ctx, pathMetadataSearch)
		req.Header.Set("Accept", "text/csv")
		_, _ = send(c.full(), req)
		sent := c.wire.last().Header
		Expect(sent.Values("Accept")).To(HaveExactElements("text/csv"))
		Expect(sent).NotTo(HaveKey("X-Requested-By"))
		Expect(sent).NotTo(HaveKey("User-Agent"))
	})
})
