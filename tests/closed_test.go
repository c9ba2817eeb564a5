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
	for _, kind := range flowKinds() {
		for _, call := range []struct {
			name string
			make func(context.Context, *cluster, *authflow.Flow) error
		}{
			{"Do", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				return fails(f, c.get(ctx, pathUser))
			}},
			{"Do with the caller's own Authorization header", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				req := c.get(ctx, pathUser)
				req.Header.Set("Authorization", "Bearer of-the-caller")
				return fails(f, req)
			}},
			{"Do to another host", func(ctx context.Context, _ *cluster, f *authflow.Flow) error {
				return fails(f, requestTo(ctx, http.MethodGet, "https://elsewhere.test/", nil))
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
			{"Edit with the caller's own Authorization header", func(ctx context.Context, c *cluster, f *authflow.Flow) error {
				req := c.get(ctx, pathUser)
				req.Header.Set("Authorization", "Bearer of-the-caller")
				return f.Edit(ctx, req)
			}},
			{"Edit to another host", func(ctx context.Context, _ *cluster, f *authflow.Flow) error {
				return f.Edit(ctx, requestTo(ctx, http.MethodGet, "https://elsewhere.test/", nil))
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
		} {
			It("nothing is sent and "+call.name+" returns ErrClosed: "+kind.name, func(ctx SpecContext) {
				c := inProcess()
				flow := kind.flow(c)
				Expect(flow.Renew(ctx)).To(Succeed())
				Expect(flow.Logout(ctx)).To(Succeed())
				c.wire.forget()
				Expect(call.make(ctx, c, flow)).To(MatchError(authflow.ErrClosed))
				Expect(c.wire.all()).To(BeEmpty())
			})
		}
	}

	for _, kind := range flowKinds() {
		It("L4: Logout can be called again, and sends nothing when it has ended everything: "+kind.name, func(ctx SpecContext) {
			c := inProcess()
			flow := kind.flow(c)
			Expect(flow.Renew(ctx)).To(Succeed())
			Expect(flow.Logout(ctx)).To(Succeed())
			c.wire.forget()
			Expect(flow.Logout(ctx)).To(Succeed())
			Expect(c.wire.all()).To(BeEmpty())
		})
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

	It("L4: the Flow is closed although the server fails, the error says so, and the next Logout ends the credential", func(ctx SpecContext) {
		for op, flow := range map[string]func(*cluster) *authflow.Flow{
			authtest.OpRevokeToken: func(c *cluster) *authflow.Flow { return c.full() },
			authtest.OpLogout:      func(c *cluster) *authflow.Flow { return c.session() },
		} {
			c := inProcess().with(once())
			flow := flow(c)
			Expect(flow.Renew(ctx)).To(Succeed())
			c.Fail(op, 1, authtest.Status(http.StatusInternalServerError))
			Expect(flow.Logout(ctx)).To(MatchError(ContainSubstring("500")))
			Expect(flow.Renew(ctx)).To(MatchError(authflow.ErrClosed))
			Expect(c.alive()).To(Equal(1))

			Expect(flow.Logout(ctx)).To(Succeed())
			Expect(c.alive()).To(BeZero())
		}
	})

	It("L4: Logout ends an exclusive token and a replaced one, too", func(ctx SpecContext) {
		c := inProcess()
		flow := c.full()
		for range 3 {
			_, err := flow.Token(ctx, authflow.Exclusive())
			Expect(err).NotTo(HaveOccurred())
			Expect(flow.Renew(ctx)).To(Succeed())
		}
		Expect(c.alive()).To(Equal(6))
		Expect(flow.Logout(ctx)).To(Succeed())
		Expect(c.alive()).To(BeZero())
	})

	It("L4: Logout with Everywhere ends the user's tokens that others have made", func(ctx SpecContext) {
		c := inProcess()
		here, there := c.full(), c.full()
		Expect(here.Renew(ctx)).To(Succeed())
		Expect(there.Renew(ctx)).To(Succeed())
		Expect(here.Logout(ctx, authflow.Everywhere())).To(Succeed())
		Expect(c.alive()).To(BeZero())
	})

	It("Close always returns nil, then every call returns ErrClosed, and Logout ends the credential", func(ctx SpecContext) {
		c := inProcess()
		flow := c.full()
		Expect(flow.Renew(ctx)).To(Succeed())
		Expect(flow.Close()).To(Succeed())
		Expect(flow.Close()).To(Succeed())
		c.wire.forget()
		Expect(fails(flow, c.get(ctx, pathUser))).To(MatchError(authflow.ErrClosed))
		Expect(c.wire.all()).To(BeEmpty())

		Expect(c.alive()).To(Equal(1))
		Expect(flow.Logout(ctx)).To(Succeed())
		Expect(c.alive()).To(BeZero())
	})
})

// flowKind is one way to get a Flow.
type flowKind struct {
	name string
	flow func(*cluster) *authflow.Flow
}

func flowKinds() []flowKind {
	return []flowKind{
		{"full access", func(c *cluster) *authflow.Flow { return c.full() }},
		{"object access", func(c *cluster) *authflow.Flow {
			return made(c.authflow().ObjectAccess(gen.GetObjectAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ObjectID: "o",
			}))
		}},
		{"a session", func(c *cluster) *authflow.Flow { return c.session() }},
		{"a session begun with a token", func(c *cluster) *authflow.Flow { return made(c.full().Session()) }},
		{"a session's token", func(c *cluster) *authflow.Flow { return c.session().SessionToken() }},
	}
}

// alive counts the tokens and sessions that the server accepts.
func (c *cluster) alive() int { return len(c.Tokens()) + len(c.Sessions()) }
