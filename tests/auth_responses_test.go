package tests_test

import (
	"context"
	"io"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// authCalls are the calls that Flows make by themselves, each with a Flow
// whose Renew makes it, and those of Flow.API.
func authCalls() []authCall {
	return []authCall{
		{authtest.OpGetFullAccessToken, func(ctx context.Context, c *cluster) error { return c.full().Renew(ctx) }},
		{authtest.OpGetObjectAccessToken, func(ctx context.Context, c *cluster) error {
			return made(c.authflow().ObjectAccess(gen.GetObjectAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ObjectID: "o",
			})).Renew(ctx)
		}},
		{authtest.OpGetCustomAccessToken, func(ctx context.Context, c *cluster) error {
			return made(c.authflow().CustomAccess(gen.GetCustomAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, PersistOption: gen.PersistOptionNone,
			})).Renew(ctx)
		}},
		{authtest.OpLogin, func(ctx context.Context, c *cluster) error { return c.session().Renew(ctx) }},
		{authtest.OpGetCurrentUserToken, func(ctx context.Context, c *cluster) error { return c.session().SessionToken().Renew(ctx) }},
		{authtest.OpGetCurrentUserInfo, func(ctx context.Context, c *cluster) error {
			_, err := c.full().API().GetCurrentUserInfoWithResponse(ctx)
			return err
		}},
		{authtest.OpLogout, func(ctx context.Context, c *cluster) error {
			flow := c.session()
			Expect(flow.Renew(ctx)).To(Succeed())
			return flow.Logout(ctx)
		}},
		{authtest.OpRevokeToken, func(ctx context.Context, c *cluster) error {
			flow := c.full()
			Expect(flow.Renew(ctx)).To(Succeed())
			return flow.Logout(ctx)
		}},
	}
}

type authCall struct {
	op   string
	make func(context.Context, *cluster) error
}

var _ = Describe("The response to an auth call", func() {
	for _, call := range authCalls() {
		for _, status := range []int{
			http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
			http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
		} {
			It("X1: is not followed if it is a redirect: "+call.op+", "+http.StatusText(status), func(ctx SpecContext) {
				for _, target := range []string{"https://idp.test/sso/saml?SAMLRequest=s3cret&RelayState=1#top", "/callosum/v1/saml/login?targetURLPath=s3cret"} {
					c := inProcess().with(once())
					times := 1
					if call.op == authtest.OpGetCurrentUserInfo && status != http.StatusSeeOther {
						times = 2 // the credential may have expired (P6); 303 says that the request was done
					}
					c.Fail(call.op, times, authtest.Redirect(status, target))
					before := c.Calls(call.op)
					err := call.make(ctx, c)
					Expect(err).To(MatchError(authflow.ErrUnexpectedRedirect))
					named, _, _ := strings.Cut(target, "?")
					Expect(err.Error()).To(ContainSubstring(named))
					Expect(err.Error()).NotTo(ContainSubstring("s3cret"))
					Expect(c.Calls(call.op)).To(Equal(before + times))
					Expect(c.wire.all()).NotTo(ContainElement(HaveField("URL", ContainSubstring(named))))
				}
			})
		}
	}

	It("X1: is not followed by a client whose own policy would", func(ctx SpecContext) {
		c := inProcess()
		c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
		c.Fail(authtest.OpLogin, 1, authtest.Redirect(http.StatusTemporaryRedirect, "https://idp.test/sso"))
		Expect(c.session().Renew(ctx)).To(MatchError(authflow.ErrUnexpectedRedirect))
		Expect(c.wire.all()).To(HaveLen(1))
	})

	Describe("of 1 MiB", func() {
		const document = `{"token": "t", "creation_time_in_millis": 1000, "expiration_time_in_millis": 301000}`
		long := func(length int) string { return document + strings.Repeat(" ", length-len(document)) }

		It("X2: is read", func(ctx SpecContext) {
			c := inProcess()
			c.answering(authtest.OpGetFullAccessToken, long(1<<20))
			Expect(c.full().Renew(ctx)).To(Succeed())
		})

		It("X2: and one byte is an error, and is not tried again", func(ctx SpecContext) {
			c := inProcess()
			c.answering(authtest.OpGetFullAccessToken, long(1<<20+1))
			err := c.full().Renew(ctx)
			Expect(err).To(MatchError(And(ContainSubstring("200 OK"), ContainSubstring("application/json"), ContainSubstring("too large"))))
			Expect(err).To(HaveField("Op", authtest.OpGetFullAccessToken))
			Expect(c.Calls(authtest.OpGetFullAccessToken)).To(Equal(1))
		})

		It("X2: is all that is read of an endless response, by a Flow and by its API", func(ctx SpecContext) {
			for path, call := range map[string]func(*cluster) error{
				pathFull: func(c *cluster) error { return c.full().Renew(ctx) },
				pathUser: func(c *cluster) error {
					_, err := c.full().API().GetCurrentUserInfoWithResponse(ctx)
					return err
				},
			} {
				c := inProcess().with(once())
				endless := &spring{}
				c.wire.base = roundTripper(func(req *http.Request) (*http.Response, error) {
					if req.URL.Path != path {
						return c.Transport().RoundTrip(req)
					}
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: endless}, nil
				})
				Expect(call(c)).To(MatchError(ContainSubstring("too large")))
				Expect(endless.read).To(BeNumerically("~", 1<<20, 1<<16))
				Expect(endless.closed).To(BeTrue())
			}
		})
	})

	DescribeTable("X4: is an error that describes the response",
		func(ctx SpecContext, fault authtest.Fault, status int, says string, maintenance bool) {
			for _, call := range []struct {
				op   string
				flow func(*cluster) *authflow.Flow
			}{
				{authtest.OpGetFullAccessToken, func(c *cluster) *authflow.Flow { return c.full() }},
				{authtest.OpLogin, func(c *cluster) *authflow.Flow { return c.session() }},
			} {
				c := inProcess().with(once())
				c.Fail(call.op, 1, fault)
				err := call.flow(c).Renew(ctx)
				Expect(err).To(HaveOccurred())
				Expect(err).To(HaveField("Status", status))
				Expect(err).To(HaveField("Op", call.op))
				Expect(err.Error()).To(ContainSubstring(http.StatusText(status)))
				if says != "" {
					Expect(err.Error()).To(ContainSubstring(says))
				}
				Expect(err.Error()).NotTo(ContainSubstring("<"), "the page itself stays out")
				if maintenance {
					Expect(err).To(MatchError(authflow.ErrMaintenance))
				} else {
					Expect(err).NotTo(MatchError(authflow.ErrMaintenance))
				}
			}
		},
		Entry("HTML with 200", authtest.HTML(http.StatusOK), http.StatusOK, "text/html", false),
		Entry("HTML with 404", authtest.HTML(http.StatusNotFound), http.StatusNotFound, "text/html", false),
		Entry("HTML with 503", authtest.HTML(http.StatusServiceUnavailable), http.StatusServiceUnavailable, "text/html", false),
		Entry("HTML with 401", authtest.HTML(http.StatusUnauthorized), http.StatusUnauthorized, "text/html", false),
		Entry("HTML that calls itself JSON", authtest.Answer(http.StatusOK, "application/json", "<html><body>hello</body></html>"),
			http.StatusOK, "application/json", false),
		Entry("a maintenance page with 200", authtest.Maintenance(http.StatusOK), http.StatusOK, "site in maintenance", true),
		Entry("a maintenance page with 503", authtest.Maintenance(http.StatusServiceUnavailable), http.StatusServiceUnavailable, "site in maintenance", true),
		Entry("a maintenance page with 401", authtest.Maintenance(http.StatusUnauthorized), http.StatusUnauthorized, "site in maintenance", true),
		Entry("a maintenance page of the other name",
			authtest.Answer(http.StatusBadGateway, "text/html", "<html><h1>System Maintenance</h1></html>"), http.StatusBadGateway, "site in maintenance", true),
		Entry("JSON that speaks of site maintenance",
			authtest.Reject(http.StatusBadRequest, 10002, "no Liveboard is named Site Maintenance"), http.StatusBadRequest, "named Site Maintenance", false),
		Entry("nothing with 200", authtest.Empty(http.StatusOK), http.StatusOK, "", false),
		Entry("nothing with 500", authtest.Empty(http.StatusInternalServerError), http.StatusInternalServerError, "empty body", false),
		Entry("a text", authtest.Answer(http.StatusBadGateway, "text/plain", "upstream"), http.StatusBadGateway, "text/plain", false),
	)

	DescribeTable("X4: is an error if it is not a token, and the error does not repeat it",
		func(ctx SpecContext, fault authtest.Fault, says ...string) {
			c := inProcess().with(once())
			c.Fail(authtest.OpGetFullAccessToken, 1, fault)
			err := c.full().Renew(ctx)
			Expect(err).To(HaveOccurred())
			for _, what := range says {
				Expect(err.Error()).To(ContainSubstring(what))
			}
			Expect(err.Error()).NotTo(ContainSubstring("s3cret"))
			Expect(err).NotTo(MatchError(authflow.ErrMaintenance))
		},
		Entry("cut short on the way", authtest.Truncated(), "200 OK", "application/json", "unexpected EOF"),
		Entry("cut short with its length set right",
			authtest.Answer(http.StatusOK, "application/json", `{"token": "s3cret", "creation_ti`), "200 OK", "application/json"),
		Entry("empty", authtest.Empty(http.StatusOK), "200 OK", "an empty body"),
		Entry("a list", authtest.Answer(http.StatusOK, "application/json", `["s3cret"]`), "200 OK", "application/json"),
		Entry("a text", authtest.Answer(http.StatusOK, "text/plain", "s3cret"), "200 OK", "text/plain"),
		Entry("an object without a token", authtest.Answer(http.StatusOK, "application/json", `{"tocken": "s3cret"}`), "no token"),
	)

	It("X4: is an error of Flow.API too if it is a page, also with another credential", func(ctx SpecContext) {
		c := inProcess()
		flow := c.full()
		c.Fail(authtest.OpGetCurrentUserInfo, 2, authtest.HTML(http.StatusOK))
		_, err := flow.API().GetCurrentUserInfoWithResponse(ctx)
		Expect(err).To(MatchError(And(ContainSubstring("200 OK"), ContainSubstring("text/html"))))
		Expect(err).NotTo(MatchError(authflow.ErrMaintenance))

		c.Fail(authtest.OpGetCurrentUserInfo, 1, authtest.Maintenance(http.StatusOK))
		_, err = flow.API().GetCurrentUserInfoWithResponse(ctx)
		Expect(err).To(MatchError(authflow.ErrMaintenance))
	})
})

// spring is an endless body.
type spring struct {
	read   int
	closed bool
}

// Read implements io.Reader.
func (s *spring) Read(p []byte) (int, error) {
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	for i := range p {
		p[i] = ' '
	}
	s.read += len(p)
	return len(p), nil
}

// Close implements io.Closer.
func (s *spring) Close() error {
	s.closed = true
	return nil
}
