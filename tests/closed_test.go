package tests_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("S4: after Logout", func() {
	for _, way := range []struct {
		name string
		flow func(*cluster) *authflow.Flow
	}{
		{"full access", func(c *cluster) *authflow.Flow { return c.full() }},
		{"object access", func(c *cluster) *authflow.Flow {
			return made(c.authflow().ObjectAccess(gen.GetObjectAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ObjectID: "o",
			}))
		}},
		{"a session", func(c *cluster) *authflow.Flow { return c.session() }},
		{"a session begun with a token", func(c *cluster) *authflow.Flow { return made(c.full().Session()) }},
		{"a session's token", func(c *cluster) *authflow.Flow { return c.session().SessionToken() }},
	} {
		for _, call := range []struct {
			name string
			make func(context.Context, *cluster, *authflow.Flow) error
		}{
			{"Do", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				return fails(f, c.get(ctx, pathUser))
			}},
			{"Do with an Authorization header of the caller's", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				req := c.get(ctx, pathUser)
				req.Header.Set("Authorization", "Bearer of-the-caller")
				return fails(f, req)
			}},
			{"HTTPClient", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				return fails(f.HTTPClient(), c.get(ctx, pathUser))
			}},
			{"Edit", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				req := c.get(ctx, pathUser)
				err := f.Edit(ctx, req)
				Expect(req.Header).To(BeEmpty())
				return err
			}},
			{"Edit with an Authorization header of the caller's", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				req := c.get(ctx, pathUser)
				req.Header.Set("Authorization", "Bearer of-the-caller")
				return f.Edit(ctx, req)
			}},
			{"API", func(ctx context.Context, _ *cluster, f *authflow.Flow) error {
				_, err := f.API().GetCurrentUserInfoWithResponse(ctx)
				return err
			}},
			{"Token", func(ctx context.Context, _ *cluster, f *authflow.Flow) error {
				_, err := f.Token(ctx)
				return err
			}},
			{"Renew", func(ctx context.Context, _ *cluster, f *authflow.Flow) error { return f.Renew(ctx) }},
			{"Logout", func(ctx context.Context, _ *cluster, f *authflow.Flow) error { return f.Logout(ctx) }},
		} {
			It("nothing is sent and "+call.name+" returns ErrClosed: "+way.name, func(ctx SpecContext) {
				c := inProcess()
				flow := way.flow(c)
				Expect(flow.Renew(ctx)).To(Succeed())
				Expect(flow.Logout(ctx)).To(Succeed())
				c.wire.forget()
				Expect(call.make(ctx, c, flow)).To(MatchError(authflow.ErrClosed))
				Expect(c.wire.all()).To(BeEmpty())
			})
		}
	}

	It("nothing is sent for a Flow that had acquired nothing", func(ctx SpecContext) {
		c := inProcess()
		for _, flow := range []*authflow.Flow{c.full(), c.session()} {
			Expect(flow.Logout(ctx)).To(Succeed())
			Expect(fails(flow, c.get(ctx, pathUser))).To(MatchError(authflow.ErrClosed))
		}
		Expect(c.wire.all()).To(BeEmpty())
	})

	It("nothing is sent by a Flow that is built on the one logged out", func(ctx SpecContext) {
		c := inProcess()
		bearer, session := c.full(), c.session()
		onBearer, onSession := made(bearer.Session()), session.SessionToken()
		Expect(bearer.Logout(ctx)).To(Succeed())
		Expect(session.Logout(ctx)).To(Succeed())
		for _, flow := range []*authflow.Flow{onBearer, onSession} {
			Expect(fails(flow, c.get(ctx, pathUser))).To(MatchError(authflow.ErrClosed))
		}
		Expect(c.wire.all()).To(BeEmpty())
	})

	It("the Flow is closed though the server could not be told, and the error says so", func(ctx SpecContext) {
		c := inProcess().with(once())
		for op, flow := range map[string]*authflow.Flow{authtest.OpRevokeToken: c.full(), authtest.OpLogout: c.session()} {
			Expect(flow.Renew(ctx)).To(Succeed())
			c.Fail(op, 1, authtest.Status(http.StatusInternalServerError))
			Expect(flow.Logout(ctx)).To(MatchError(ContainSubstring("500")))
			Expect(flow.Renew(ctx)).To(MatchError(authflow.ErrClosed))
		}
	})

	It("Close returns nil, as always, and after it too every call returns ErrClosed", func(ctx SpecContext) {
		c := inProcess()
		flow := c.full()
		Expect(flow.Renew(ctx)).To(Succeed())
		Expect(flow.Close()).To(Succeed())
		Expect(flow.Close()).To(Succeed())
		c.wire.forget()
		Expect(fails(flow, c.get(ctx, pathUser))).To(MatchError(authflow.ErrClosed))
		Expect(flow.Logout(ctx)).To(MatchError(authflow.ErrClosed))
		Expect(c.wire.all()).To(BeEmpty())
	})
})
