package tests_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("The cookies of a session", func() {
	// called sends a request to a path and returns the cookies that it carried.
	called := func(ctx SpecContext, c *cluster, flow *authflow.Flow, path string) map[string]string {
		GinkgoHelper()
		status, _ := send(flow, c.get(ctx, path))
		Expect(status).To(Equal(http.StatusOK))
		return cookiesOf(c.wire.last())
	}

	It("S1: are captured, both, and sent with every request over TLS", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		first := called(ctx, c, flow, pathMetadataSearch)
		Expect(first).To(And(HaveLen(2), HaveKeyWithValue("JSESSIONID", Not(BeEmpty())), HaveKeyWithValue("clientId", Not(BeEmpty()))))
		Expect(called(ctx, c, flow, pathUser)).To(Equal(first))
		Expect(c.Calls(authtest.OpLogin)).To(Equal(1))
	})

	It("S1: stay away from plain http if they are Secure", func(ctx SpecContext) {
		// Not on the loopback interface, which cookie jars trust from Go 1.26 on.
		c := inProcess(authtest.WithURL("http://thoughtspot.test")).with(authflow.WithPlainHTTP())
		flow := c.session()
		Expect(called(ctx, c, flow, pathUser)).To(And(HaveLen(1), HaveKey("JSESSIONID")))
	})

	It("S1: are sent over plain http to a loopback address, Secure or not", func(ctx SpecContext) {
		c := overPlainHTTP()
		DeferCleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
		Expect(called(ctx, c, c.session(), pathUser)).To(And(HaveLen(2), HaveKey("JSESSIONID"), HaveKey("clientId")))
	})

	It("S1: include those that the API does not document", func(ctx SpecContext) {
		c := overTLS()
		c.Fail(authtest.OpLogin, 1,
			authtest.Header("Set-Cookie", "AWSALB=balancer; Path=/"),
			authtest.Header("Set-Cookie", "console=1; Path=/callosum"),
			authtest.Header("Set-Cookie", "foreign=1; Domain=other.test; Path=/"))
		cookies := called(ctx, c, c.session(), pathMetadataSearch)
		Expect(cookies).To(HaveLen(3))
		Expect(cookies).To(HaveKeyWithValue("AWSALB", "balancer"))
	})

	It("S1: change with a Set-Cookie of any later response", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		first := called(ctx, c, flow, pathUser)
		c.RotateCookie(authtest.DefaultUsername)
		Expect(called(ctx, c, flow, pathMetadataSearch)).To(Equal(first), "the response sets the new one")

		second := called(ctx, c, flow, pathMetadataSearch)
		Expect(second["JSESSIONID"]).NotTo(Equal(first["JSESSIONID"]))
		Expect(second["clientId"]).To(Equal(first["clientId"]))
		Expect(c.Calls(authtest.OpLogin)).To(Equal(1), "the old one would have been rejected")
	})

	It("S1: come and go as later responses say", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		c.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "AWSALB=one; Path=/"))
		c.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "AWSALB=two; Path=/"))
		c.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "AWSALB=; Path=/; Max-Age=0"))
		Expect(called(ctx, c, flow, pathMetadataSearch)).NotTo(HaveKey("AWSALB"))
		Expect(called(ctx, c, flow, pathMetadataSearch)).To(HaveKeyWithValue("AWSALB", "one"))
		Expect(called(ctx, c, flow, pathMetadataSearch)).To(HaveKeyWithValue("AWSALB", "two"))
		Expect(called(ctx, c, flow, pathMetadataSearch)).NotTo(HaveKey("AWSALB"))
	})

	It("S1: are sent beside the caller's own cookies", func(ctx SpecContext) {
		c := overTLS()
		req := c.get(ctx, pathMetadataSearch)
		req.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
		status, _ := send(c.session(), req)
		Expect(status).To(Equal(http.StatusOK))
		Expect(cookiesOf(c.wire.last())).To(And(HaveLen(3), HaveKeyWithValue("theme", "dark")))
		Expect(req.Cookies()).To(HaveLen(1), "the caller's request stays as it was")
	})

	It("S3: begin again with each login", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		c.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "AWSALB=old; Path=/"))
		called(ctx, c, flow, pathMetadataSearch)
		old := called(ctx, c, flow, pathMetadataSearch)
		Expect(old).To(HaveKeyWithValue("AWSALB", "old"))

		c.EndSessions()
		c.wire.forget()
		fresh := called(ctx, c, flow, pathMetadataSearch)
		Expect(fresh).To(And(HaveLen(2), HaveKey("JSESSIONID"), HaveKey("clientId")))
		Expect(fresh["JSESSIONID"]).NotTo(Equal(old["JSESSIONID"]))
		Expect(fresh["clientId"]).NotTo(Equal(old["clientId"]))
		login := c.wire.to(pathLogin)
		Expect(login).To(HaveLen(1))
		Expect(login[0].Header).NotTo(HaveKey("Cookie"), "the login itself carries none")
	})

	It("S3: begin again with Flow.Renew, too", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session()
		c.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "AWSALB=old; Path=/"))
		called(ctx, c, flow, pathMetadataSearch)
		Expect(flow.Renew(ctx)).To(Succeed())
		Expect(c.wire.last().Header).NotTo(HaveKey("Cookie"))
		Expect(called(ctx, c, flow, pathMetadataSearch)).To(And(HaveLen(2), Not(HaveKey("AWSALB"))))
	})
})
