package tests_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/examples/tags/tsapi"
)

// serveMetadata makes the simulator, which knows the rest of the API only as an echo,
// respond to the two operations of tsapi. The simulator still decides which
// credentials may call them.
func serveMetadata(c *cluster) {
	c.Fail(authtest.Echo, -1, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			echo := httptest.NewRecorder()
			next.ServeHTTP(echo, r)
			document := echo.Body.String()
			if echo.Code == http.StatusOK {
				document = `[{"metadata_id": "d1", "metadata_name": "Sales", "metadata_type": "LIVEBOARD"}]`
				if r.URL.Path != pathMetadataSearch {
					document = `[{"id": "t1", "name": "Quarterly"}]`
				}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(echo.Code)
			_, _ = w.Write([]byte(document))
		})
	})
}

var _ = Describe("A client generated from another spec", func() {
	for _, way := range []struct {
		name string
		op   string // that acquires the credential
		flow func(*cluster) *authflow.Flow
	}{
		{"a bearer token", authtest.OpGetFullAccessToken, func(c *cluster) *authflow.Flow { return c.full() }},
		{"a session", authtest.OpLogin, func(c *cluster) *authflow.Flow { return c.session() }},
	} {
		Describe("on "+way.name, func() {
			var c *cluster
			var flow *authflow.Flow
			BeforeEach(func() {
				c = overTLS()
				serveMetadata(c)
				flow = way.flow(c)
			})

			// search makes a call that must succeed, with a body that a
			// replay has to send again.
			search := func(ctx context.Context, client *tsapi.ClientWithResponses) {
				GinkgoHelper()
				result, err := client.SearchMetadataWithResponse(ctx, tsapi.SearchMetadataRequest{RecordSize: ptr[int32](10)})
				Expect(err).NotTo(HaveOccurred())
				Expect(result.StatusCode()).To(Equal(http.StatusOK))
				Expect((*result.JSON200)[0].MetadataId).To(HaveValue(Equal("d1")))
				Expect(c.wire.last().Body).To(MatchJSON(`{"record_size": 10}`))
			}

			Describe("takes the Flow as its HttpRequestDoer, and", func() {
				var client *tsapi.ClientWithResponses
				BeforeEach(func() {
					var err error
					client, err = tsapi.NewClientWithResponses(flow.Server(), tsapi.WithHTTPClient(flow))
					Expect(err).NotTo(HaveOccurred())
				})

				It("acquires one credential for all its calls", func(ctx SpecContext) {
					search(ctx, client)
					search(ctx, client)
					tags, err := client.SearchTagsWithResponse(ctx, tsapi.SearchTagsRequest{})
					Expect(err).NotTo(HaveOccurred())
					Expect((*tags.JSON200)[0].Name).To(Equal("Quarterly"))
					Expect(c.Calls(way.op)).To(Equal(1))
					Expect(c.Calls(authtest.Echo)).To(Equal(3))
				})

				It("survives expiry", func(ctx SpecContext) {
					search(ctx, client)
					c.Advance(8 * 24 * time.Hour)
					search(ctx, client)
					Expect(c.Calls(way.op)).To(Equal(2))
					Expect(c.Calls(authtest.Echo)).To(Equal(3), "the second call and its replay")
					search(ctx, client)
					Expect(c.Calls(way.op)).To(Equal(2))
				})

				It("survives revocation", func(ctx SpecContext) {
					search(ctx, client)
					c.RevokeAll()
					search(ctx, client)
					Expect(c.Calls(way.op)).To(Equal(2))
					Expect(c.Calls(authtest.Echo)).To(Equal(3), "the second call and its replay")
				})

				It("sends no credential of the Flow to another server", func(ctx SpecContext) {
					search(ctx, client)
					elsewhere, err := tsapi.NewClientWithResponses("https://elsewhere.test", tsapi.WithHTTPClient(flow))
					Expect(err).NotTo(HaveOccurred())
					_, err = elsewhere.SearchMetadataWithResponse(ctx, tsapi.SearchMetadataRequest{})
					Expect(err).To(MatchError(authflow.ErrWrongOrigin))
				})
			})

			Describe("takes Flow.Edit as its RequestEditorFn, and", func() {
				var client *tsapi.ClientWithResponses
				BeforeEach(func() {
					var err error
					client, err = tsapi.NewClientWithResponses(flow.Server(),
						tsapi.WithHTTPClient(c.client), tsapi.WithRequestEditorFn(flow.Edit))
					Expect(err).NotTo(HaveOccurred())
				})

				It("acquires one credential for all its calls", func(ctx SpecContext) {
					search(ctx, client)
					search(ctx, client)
					Expect(c.Calls(way.op)).To(Equal(1))
					Expect(c.Calls(authtest.Echo)).To(Equal(2))
				})

				It("survives revocation after Flow.Renew", func(ctx SpecContext) {
					search(ctx, client)
					c.RevokeAll()
					result, err := client.SearchMetadataWithResponse(ctx, tsapi.SearchMetadataRequest{})
					Expect(err).NotTo(HaveOccurred())
					Expect(result.StatusCode()).To(Equal(http.StatusUnauthorized), "Edit does not see the response")
					Expect(c.Calls(way.op)).To(Equal(1))

					Expect(flow.Renew(ctx)).To(Succeed())
					search(ctx, client)
					Expect(c.Calls(way.op)).To(Equal(2))
				})

				It("adds nothing to a request to another server", func(ctx SpecContext) {
					search(ctx, client)
					c.wire.forget()
					elsewhere, err := tsapi.NewClientWithResponses("https://elsewhere.test",
						tsapi.WithHTTPClient(c.client), tsapi.WithRequestEditorFn(flow.Edit))
					Expect(err).NotTo(HaveOccurred())
					_, err = elsewhere.SearchMetadataWithResponse(ctx, tsapi.SearchMetadataRequest{})
					Expect(err).To(MatchError(authflow.ErrWrongOrigin))
					Expect(c.wire.all()).To(BeEmpty())
				})
			})
		})
	}
})
