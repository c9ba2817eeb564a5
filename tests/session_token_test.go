package tests_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Getting the session's token", func() {
	// Section "Get token details".

	It("sends the example with the cookies of a Flow", func(ctx SpecContext) {
		c := overTLS()
		result, err := c.apiWith(c.session()).GetCurrentUserTokenWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())

		c.expectExample(c.wire.last(), http.MethodGet, pathSessionToken, "")
		Expect(cookiesOf(c.wire.last())).To(And(HaveKey("JSESSIONID"), HaveKey("clientId")))
		Expect(result.StatusCode()).To(Equal(http.StatusOK))
		Expect(string(result.JSON200.Token)).NotTo(BeEmpty())
		Expect(result.JSON200.ValidForUsername).To(Equal(authtest.DefaultUsername))
		c.expectLifetime(result.JSON200.CreationTimeInMillis, result.JSON200.ExpirationTimeInMillis, 24*time.Hour)
	})

	It("sends the example with Flow.SessionToken, whose token then works", func(ctx SpecContext) {
		c := overTLS()
		flow := c.session().SessionToken()

		result, err := c.apiWith(flow).GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200.Name).To(Equal(authtest.DefaultUsername))

		asked := c.wire.to(pathSessionToken)
		Expect(asked).To(HaveLen(1))
		c.expectExample(asked[0], http.MethodGet, pathSessionToken, "")
		expectIdentified(asked[0])
		Expect(cookiesOf(asked[0])).To(And(HaveKey("JSESSIONID"), HaveKey("clientId")))

		used := c.wire.to(pathUser)[0]
		token, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(tokenOf(used)).To(Equal(string(token.Value)))
		Expect(used.Header).NotTo(HaveKey("Cookie"))
	})

	It("reads the example response of the document", func(ctx SpecContext) {
		c := inProcess()
		c.answering(authtest.OpGetCurrentUserToken, `{
			"token": "{AUTH_TOKEN}",
			"creation_time_in_millis": 1704471154477,
			"expiration_time_in_millis": 1704557554477,
			"valid_for_user_id": "59481331-ee53-42be-a548-bd87be6ddd4a",
			"valid_for_username": "tsadmin"
		}`)
		result, err := c.api().GetCurrentUserTokenWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200).To(HaveValue(Equal(gen.GetTokenResponse{
			Token:                "{AUTH_TOKEN}",
			CreationTimeInMillis: 1704471154477, ExpirationTimeInMillis: 1704557554477,
			ValidForUserID: "59481331-ee53-42be-a548-bd87be6ddd4a", ValidForUsername: "tsadmin",
		})))
	})
})
