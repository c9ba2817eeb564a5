package tests_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Logging in", func() {
	// Section "Cookie-based authentication".
	const body = `{
		"username": "tsUserA",
		"password": "Guest@123!",
		"remember_me": true
	}`
	request := gen.LoginRequest{Username: "tsUserA", Password: "Guest@123!", RememberMe: true}

	var c *cluster
	BeforeEach(func() {
		c = overTLS(authtest.WithUser("tsUserA", "Guest@123!", authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"))
	})

	It("sends the example with the generated client and gets two cookies", func(ctx SpecContext) {
		result, err := c.api().LoginWithResponse(ctx, request)
		Expect(err).NotTo(HaveOccurred())

		c.expectExample(c.wire.last(), http.MethodPost, pathLogin, body)
		Expect(result.StatusCode()).To(Equal(http.StatusNoContent))
		Expect(result.Body).To(BeEmpty())
		Expect(result.HTTPResponse.Header.Values("Set-Cookie")).To(HaveLen(2))
		cookies := result.HTTPResponse.Cookies()
		Expect(cookies).To(HaveExactElements(
			And(HaveField("Name", "JSESSIONID"), HaveField("Value", Not(BeEmpty())),
				HaveField("Path", "/"), HaveField("HttpOnly", true), HaveField("Secure", false)),
			And(HaveField("Name", "clientId"), HaveField("Value", Not(BeEmpty())),
				HaveField("Path", "/"), HaveField("HttpOnly", true), HaveField("Secure", true)),
		))
		week := int((7 * 24 * time.Hour).Seconds())
		Expect(cookies).To(HaveEach(HaveField("MaxAge", week)), "remember_me")
	})

	It("gets cookies that end with the client without remember_me", func(ctx SpecContext) {
		result, err := c.api().LoginWithResponse(ctx, gen.LoginRequest{Username: "tsUserA", Password: "Guest@123!"})
		Expect(err).NotTo(HaveOccurred())

		c.expectExample(c.wire.last(), http.MethodPost, pathLogin, `{"username": "tsUserA", "password": "Guest@123!"}`)
		Expect(result.HTTPResponse.Header.Values("Set-Cookie")).To(HaveExactElements(
			MatchRegexp(`^JSESSIONID=[0-9a-f-]{36}; Path=/; HttpOnly$`),
			MatchRegexp(`^clientId=[0-9a-f-]{36}; Path=/; Secure; HttpOnly$`),
		))
	})

	It("sends the example with Cluster.Session, and both cookies of the document after it", func(ctx SpecContext) {
		c.Fail(authtest.OpLogin, 1, authtest.Handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "JSESSIONID=b9a5b821-fa91-49ea-99fc-12817a141e76; Path=/; HttpOnly")
			w.Header().Add("Set-Cookie", "clientId=76d83461-1b8a-425a-9116-66c8d6f006bb; Path=/; Secure; HttpOnly")
			w.WriteHeader(http.StatusNoContent)
		}))
		flow := made(c.authflow().Session(request))
		Expect(c.wire.all()).To(BeEmpty(), "the constructor sends nothing")

		Expect(flow.Renew(ctx)).To(Succeed())
		login := c.wire.last()
		c.expectExample(login, http.MethodPost, pathLogin, body)
		expectIdentified(login)
		Expect(login.Header).NotTo(HaveKey("Authorization"))
		Expect(login.Header).NotTo(HaveKey("Cookie"))

		req := c.get(ctx, pathMetadataSearch)
		Expect(flow.Edit(ctx, req)).To(Succeed())
		Expect(cookiesOf(message{Header: req.Header})).To(Equal(map[string]string{
			"JSESSIONID": "b9a5b821-fa91-49ea-99fc-12817a141e76",
			"clientId":   "76d83461-1b8a-425a-9116-66c8d6f006bb",
		}))
	})

	It("goes to the Org of org_identifier", func(ctx SpecContext) {
		flow := made(c.authflow().Session(gen.LoginRequest{
			Username: "tsUserA", Password: "Guest@123!", OrgIdentifier: "Sales",
		}))

		user, err := c.apiWith(flow).GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.wire.to(pathLogin)[0].Body).To(MatchJSON(
			`{"username": "tsUserA", "password": "Guest@123!", "org_identifier": "Sales"}`))
		Expect(user.JSON200.CurrentOrg).To(HaveValue(Equal(gen.Org{ID: 1, Name: "Sales"})))
	})

	It("takes a bearer token and an empty object in place of a password", func(ctx SpecContext) {
		bearer := made(c.authflow().FullAccess(gen.GetFullAccessTokenRequest{
			Username: "tsUserA", Password: "Guest@123!",
		}))
		session := made(bearer.Session())

		user, err := c.apiWith(session).GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(user.JSON200.Name).To(Equal("tsUserA"))

		login := c.wire.to(pathLogin)
		Expect(login).To(HaveLen(1))
		c.expectExample(login[0], http.MethodPost, pathLogin, `{}`)
		expectIdentified(login[0])
		token, err := bearer.Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(tokenOf(login[0])).To(Equal(string(token.Value)))

		asked := c.wire.to(pathUser)[0]
		Expect(asked.Header).NotTo(HaveKey("Authorization"), "the session's own credential is its cookies")
		Expect(cookiesOf(asked)).To(And(HaveLen(2), HaveKey("JSESSIONID"), HaveKey("clientId")))
	})

	DescribeTable("says that the password is wrong, with whichever status the server does",
		func(ctx SpecContext, status int) {
			c := inProcess(authtest.WithLoginRejection(status))
			flow := made(c.authflow().Session(gen.LoginRequest{
				Username: authtest.DefaultUsername, Password: "wrong",
			}))
			err := flow.Renew(ctx)
			Expect(err).To(MatchError(authflow.ErrCredentialsRejected))
			Expect(err).To(HaveField("Status", status))
			Expect(c.Calls(authtest.OpLogin)).To(Equal(1))
		},
		Entry("400, as the document has it", http.StatusBadRequest),
		Entry("401, as the vendor's spec has it", http.StatusUnauthorized),
	)
})
