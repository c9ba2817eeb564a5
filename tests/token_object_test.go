package tests_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Getting a token for one object", func() {
	// setUp returns a cluster in which tsUserA exists, or does not yet.
	setUp := func(exists bool) *cluster {
		opts := []authtest.Option{
			authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Partners"),
			authtest.WithGroup("DataAdmin"), authtest.WithGroup("Analyst"),
			authtest.WithSecretKey("69fb6d98-1696-42c0-9841-22b078c04060"),
		}
		if exists {
			opts = append(opts, authtest.WithUser("tsUserA", "Guest123!", authtest.InOrgs(1)))
		}
		return inProcess(opts...)
	}

	for _, example := range []struct {
		name     string
		request  gen.GetObjectAccessTokenRequest
		body     string
		lifetime time.Duration
	}{
		{
			name: `"Basic authentication"`,
			request: gen.GetObjectAccessTokenRequest{
				Username: "tsUserA", OrgID: ptr[int32](1), ValidityTimeInSec: 86400, AutoCreate: ptr(false),
				Password: "Guest123!", ObjectID: "fa68ae91-7588-4136-bacd-d71fb12dda69",
			},
			body: `{
				"username": "tsUserA",
				"org_id": 1,
				"validity_time_in_sec": 86400,
				"auto_create": false,
				"password": "Guest123!",
				"object_id": "fa68ae91-7588-4136-bacd-d71fb12dda69"
			}`,
			lifetime: 24 * time.Hour,
		},
		{
			name: `"Trusted authentication"`,
			request: gen.GetObjectAccessTokenRequest{
				Username: "tsUserA", OrgID: ptr[int32](1), ObjectID: "061457a2-27bc-43a9-9754-0cd873691bf0",
				SecretKey: "69fb6d98-1696-42c0-9841-22b078c04060",
			},
			body: `{
				"username": "tsUserA",
				"org_id": 1,
				"object_id": "061457a2-27bc-43a9-9754-0cd873691bf0",
				"secret_key": "69fb6d98-1696-42c0-9841-22b078c04060"
			}`,
			lifetime: 5 * time.Minute,
		},
		{
			name: `"Just-in-time provisioning"`,
			request: gen.GetObjectAccessTokenRequest{
				Username: "tsUserA", ObjectID: "061457a2-27bc-43a9-9754-0cd873691bf0",
				SecretKey: "69fb6d98-1696-42c0-9841-22b078c04060", OrgID: ptr[int32](2), AutoCreate: ptr(true),
				GroupIdentifiers: []string{"DataAdmin", "Analyst"},
			},
			body: `{
				"username": "tsUserA",
				"object_id": "061457a2-27bc-43a9-9754-0cd873691bf0",
				"secret_key": "69fb6d98-1696-42c0-9841-22b078c04060",
				"org_id": 2,
				"auto_create": true,
				"group_identifiers": ["DataAdmin", "Analyst"]
			}`,
			lifetime: 5 * time.Minute,
		},
	} {
		Describe("the example of "+example.name, func() {
			var c *cluster
			BeforeEach(func() { c = setUp(example.request.AutoCreate == nil || !*example.request.AutoCreate) })

			It("goes by the generated client", func(ctx SpecContext) {
				result, err := c.api().GetObjectAccessTokenWithResponse(ctx, example.request)
				Expect(err).NotTo(HaveOccurred())

				c.expectExample(c.wire.last(), http.MethodPost, pathObject, example.body)
				Expect(result.StatusCode()).To(Equal(http.StatusOK))
				token := result.JSON200
				Expect(string(token.Token)).NotTo(BeEmpty())
				c.expectLifetime(token.CreationTimeInMillis, token.ExpirationTimeInMillis, example.lifetime)
				Expect(token.Scope).To(HaveValue(Equal(gen.Scope{
					AccessType: gen.AccessTypeReportBookView, OrgID: example.request.OrgID, MetadataID: example.request.ObjectID,
				})))
				Expect(token.ValidForUsername).To(Equal(example.request.Username))
			})

			It("goes by Cluster.ObjectAccess, whose token then reads and does no more", func(ctx SpecContext) {
				flow := made(c.authflow().ObjectAccess(example.request))
				Expect(c.wire.all()).To(BeEmpty(), "the constructor sends nothing")

				status, _ := send(flow, c.get(ctx, "/api/rest/2.0/metadata/answer/data"))
				Expect(status).To(Equal(http.StatusOK))
				status, _ = send(flow, c.request(ctx, http.MethodDelete, "/api/rest/2.0/metadata/delete", nil))
				Expect(status).To(Equal(http.StatusForbidden))

				sent := c.wire.to(pathObject)
				Expect(sent).To(HaveLen(1))
				c.expectExample(sent[0], http.MethodPost, pathObject, example.body)
				expectIdentified(sent[0])
				token, err := flow.Token(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(tokenOf(c.wire.last())).To(Equal(string(token.Value)))
				Expect(token.Expires.Sub(token.Created)).To(Equal(example.lifetime))
			})
		})
	}

	It("makes the user just in time, in the Org and the groups named", func(ctx SpecContext) {
		c := setUp(false)
		_, err := c.api().GetObjectAccessTokenWithResponse(ctx, gen.GetObjectAccessTokenRequest{
			Username: "tsUserA", ObjectID: "061457a2-27bc-43a9-9754-0cd873691bf0",
			SecretKey: "69fb6d98-1696-42c0-9841-22b078c04060", OrgID: ptr[int32](2), AutoCreate: ptr(true),
			GroupIdentifiers: []string{"DataAdmin", "Analyst"},
		})
		Expect(err).NotTo(HaveOccurred())
		user, ok := c.User("tsUserA")
		Expect(ok).To(BeTrue())
		Expect(user.Orgs).To(HaveExactElements(gen.Org{ID: 2, Name: "Partners"}))
		Expect(user.Groups).To(HaveExactElements("DataAdmin", "Analyst"))
	})

	DescribeTable("reads the example responses of the document",
		func(ctx SpecContext, document string, want gen.Token) {
			c := inProcess()
			c.answering(authtest.OpGetObjectAccessToken, document)
			result, err := c.api().GetObjectAccessTokenWithResponse(ctx, gen.GetObjectAccessTokenRequest{Username: "tsUserA"})
			Expect(err).NotTo(HaveOccurred())
			Expect(result.JSON200).To(HaveValue(Equal(want)))
		},
		Entry("basic", `{
			"token": "{AUTH_TOKEN}",
			"creation_time_in_millis": 1675129264089,
			"expiration_time_in_millis": 1675129564089,
			"scope": {"access_type": "REPORT_BOOK_VIEW", "org_id": 1, "metadata_id": "e65d7d3b-c934-4a59-baa1-d5cb7b679cc9"},
			"valid_for_user_id": "59a122dc0-38d7-43e7-bb90-86f724c7b602",
			"valid_for_username": "tsUserA"
		}`, gen.Token{
			Token: "{AUTH_TOKEN}", CreationTimeInMillis: 1675129264089, ExpirationTimeInMillis: 1675129564089,
			Scope: &gen.Scope{
				AccessType: gen.AccessTypeReportBookView, OrgID: ptr[int32](1), MetadataID: "e65d7d3b-c934-4a59-baa1-d5cb7b679cc9",
			},
			ValidForUserID: "59a122dc0-38d7-43e7-bb90-86f724c7b602", ValidForUsername: "tsUserA",
		}),
		Entry("trusted", `{
			"token":"{AUTH_TOKEN}",
			"creation_time_in_millis":1675162190374,
			"expiration_time_in_millis":1675162490374,
			"scope":{"access_type":"REPORT_BOOK_VIEW","org_id":1,"metadata_id":"061457a2-27bc-43a9-9754-0cd873691bf0"},
			"valid_for_user_id":"fd873d1e-11cc-4246-8ee2-78e78d2b5840",
			"valid_for_username":"tsUserA"
		}`, gen.Token{
			Token: "{AUTH_TOKEN}", CreationTimeInMillis: 1675162190374, ExpirationTimeInMillis: 1675162490374,
			Scope: &gen.Scope{
				AccessType: gen.AccessTypeReportBookView, OrgID: ptr[int32](1), MetadataID: "061457a2-27bc-43a9-9754-0cd873691bf0",
			},
			ValidForUserID: "fd873d1e-11cc-4246-8ee2-78e78d2b5840", ValidForUsername: "tsUserA",
		}),
	)
})
