package tests_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/examples/tags/tsapi"
)

var _ = Describe("Calling the rest of the API with a session", func() {
	// Section "Cookie-based authentication", the second example: a search that
	// carries both cookies. It is not an operation of this project's spec, so
	// a client that was generated from another one sends it.
	const body = `{"metadata": [{"type": "LIVEBOARD"}]}`
	request := tsapi.SearchMetadataRequest{Metadata: &[]tsapi.MetadataListItemInput{{Type: ptr(tsapi.MetadataListItemInputTypeLIVEBOARD)}}}

	It("sends the example, with the very cookies that the document shows", func(ctx SpecContext) {
		c := overTLS()
		c.Fail(authtest.OpLogin, 1, authtest.Handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "JSESSIONID=fc3424f9-d3f0-4a24-bd33-400fd826cac7; Path=/; HttpOnly")
			w.Header().Add("Set-Cookie", "clientId=70cf1328-af97-40b2-9bd5-1c520e133963; Path=/; Secure; HttpOnly")
			w.WriteHeader(http.StatusNoContent)
		}))
		c.answering(authtest.Echo, `[]`)
		flow := c.session()
		client, err := tsapi.NewClientWithResponses(flow.Server(), tsapi.WithHTTPClient(flow))
		Expect(err).NotTo(HaveOccurred())

		result, err := client.SearchMetadataWithResponse(ctx, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.StatusCode()).To(Equal(http.StatusOK))
		sent := c.wire.last()
		c.expectExample(sent, http.MethodPost, pathMetadataSearch, body)
		Expect(sent.Header.Values("Cookie")).To(HaveExactElements(
			"JSESSIONID=fc3424f9-d3f0-4a24-bd33-400fd826cac7; clientId=70cf1328-af97-40b2-9bd5-1c520e133963"))
		Expect(sent.Header).NotTo(HaveKey("Authorization"))
	})

	It("is let in by the server with the cookies of its login", func(ctx SpecContext) {
		c := overTLS()
		serveMetadata(c)
		flow := c.session()
		client, err := tsapi.NewClientWithResponses(flow.Server(), tsapi.WithHTTPClient(flow))
		Expect(err).NotTo(HaveOccurred())

		result, err := client.SearchMetadataWithResponse(ctx, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200).To(HaveValue(HaveLen(1)))
		Expect(cookiesOf(c.wire.last())).To(And(HaveLen(2), HaveKey("JSESSIONID"), HaveKey("clientId")))
	})
})
