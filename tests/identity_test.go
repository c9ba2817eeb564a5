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
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, PersistOption: gen.PersistOptionNONE,
	}
	for _, call := range []struct {
		path string
		make func(context.Context, *cluster, ...authflow.Option) error
	}{
		{pathFull, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			return c.full(opts...).Renew(ctx)
		}},
		{pathObject, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			return made(authflow.ObjectAccess(c.URL, gen.GetObjectAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ObjectID: "o",
			}, c.options(opts)...)).Renew(ctx)
		}},
		{pathCustom, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			return made(authflow.CustomAccess(c.URL, request, c.options(opts)...)).Renew(ctx)
		}},
		{pathLogin, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			if err := c.session(opts...).Renew(ctx); err != nil {
				return err
			}
			return made(authflow.LoginWithToken(c.full(opts...))).Renew(ctx)
		}},
		{pathSessionToken, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			return made(authflow.SessionToken(c.session(opts...))).Renew(ctx)
		}},
		{pathLogout, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			flow := c.session(opts...)
			if err := flow.Renew(ctx); err != nil {
				return err
			}
			return flow.Logout(ctx)
		}},
		{pathRevoke, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			flow := c.full(opts...)
			if err := flow.Renew(ctx); err != nil {
				return err
			}
			return flow.Logout(ctx)
		}},
		{pathUser, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			_, err := c.full(opts...).API().GetCurrentUserInfoWithResponse(ctx)
			return err
		}},
		{pathValidate, func(ctx context.Context, c *cluster, opts ...authflow.Option) error {
			_, err := c.full(opts...).API().ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: "t"})
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

		It(call.path+" with a user agent of the user's", func(ctx SpecContext) {
			c := inProcess()
			Expect(call.make(ctx, c, authflow.WithUserAgent("acme-portal/1.2"))).To(Succeed())
			sent := c.wire.to(call.path)
			Expect(sent).NotTo(BeEmpty())
			for _, m := range sent {
				Expect(m.Header.Values("User-Agent")).To(HaveExactElements("acme-portal/1.2"))
			}
		})
	}

	It("and requests of the user's own stay as they are", func(ctx SpecContext) {
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
