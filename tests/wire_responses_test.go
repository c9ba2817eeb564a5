package tests_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// user reads a document as the response to getCurrentUserInfo.
func (c *cluster) user(ctx SpecContext, document string) gen.User {
	GinkgoHelper()
	c.Fail(authtest.OpGetCurrentUserInfo, 1, authtest.Answer(http.StatusOK, "application/json", document))
	result, err := c.api().GetCurrentUserInfoWithResponse(ctx)
	Expect(err).NotTo(HaveOccurred())
	return *result.JSON200
}

// tokenDocument is a response with a token that has these times. Formats in them
// get times, which are in milliseconds.
func tokenDocument(created, expires string, times ...any) string {
	return fmt.Sprintf(`{"token": "t", "creation_time_in_millis": `+created+`, "expiration_time_in_millis": `+expires+`}`, times...)
}

var _ = Describe("A response on the wire", func() {
	var c *cluster
	BeforeEach(func() { c = inProcess() })

	DescribeTable("has its times read exactly by the generated client",
		func(ctx SpecContext, created, expires string, wantCreated, wantExpires int64) {
			c.answering(authtest.OpGetFullAccessToken, tokenDocument(created, expires))
			result, err := c.api().GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{Username: "u"})
			Expect(err).NotTo(HaveOccurred())
			Expect(int64(result.JSON200.CreationTimeInMillis)).To(Equal(wantCreated))
			Expect(int64(result.JSON200.ExpirationTimeInMillis)).To(Equal(wantExpires))
		},
		Entry("integers", "1675129264089", "1675129564089", int64(1675129264089), int64(1675129564089)),
		Entry("integers that a float64 does not hold", "9007199254740993", "9007199254740995", int64(9007199254740993), int64(9007199254740995)),
		Entry("with a fraction of zero", "1675129264089.0", "1675129564089.00", int64(1675129264089), int64(1675129564089)),
		Entry("with an exponent", "1.675129264089e12", "1.675129564089E+12", int64(1675129264089), int64(1675129564089)),
	)

	DescribeTable("R1: has its times read exactly by a Flow",
		func(ctx SpecContext, format string) {
			now := c.Now().Truncate(time.Millisecond)
			created, expires := now.UnixMilli(), now.Add(5*time.Minute).UnixMilli()
			c.answering(authtest.OpGetFullAccessToken, tokenDocument(format, format, created, expires))
			token, err := c.full().Token(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(token.Created.UnixMilli()).To(Equal(created))
			Expect(token.Expires.UnixMilli()).To(Equal(expires))
		},
		Entry("integers", "%d"),
		Entry("with a fraction of zero", "%d.00"),
		Entry("with an exponent", "%de0"),
	)

	DescribeTable("R1: counts times that are impossible as absent, and its token lives for the time that was requested",
		func(ctx SpecContext, created, expires string) {
			c.answering(authtest.OpGetFullAccessToken, tokenDocument(created, expires))
			flow := made(c.authflow().FullAccess(gen.GetFullAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ValidityTimeInSec: 600,
			}))
			token, err := flow.Token(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(token.Created).To(BeZero())
			Expect(token.Expires).To(BeZero())
			Expect(token.Deadline).To(BeTemporally("~", time.Now().Add(10*time.Minute), time.Minute))
			for range 5 { // and the Flow does not renew without pause
				_, err := flow.Token(ctx)
				Expect(err).NotTo(HaveOccurred())
			}
			Expect(c.Calls(authtest.OpGetFullAccessToken)).To(Equal(1))
		},
		Entry("of 2023, in a response with a Date of today", "1675129264089", "1675129564089"),
		Entry("in seconds", "1675129264", "1675129564"),
		Entry("in microseconds", "1675129264089000", "1675129564089000"),
		Entry("of zero", "0", "0"),
		Entry("that are negative", "-1", "-1"),
	)

	It("keeps its token if a time has no exact integer, and says nothing of that time", func(ctx SpecContext) {
		c.answering(authtest.OpGetFullAccessToken,
			`{"token": "t", "creation_time_in_millis": 1675129264089.5, "expiration_time_in_millis": 1675129564089}`)
		result, err := c.api().GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{Username: "u"})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200).To(HaveValue(Equal(gen.Token{Token: "t", ExpirationTimeInMillis: 1675129564089})))
	})

	It("is accepted with any status that means success, if it carries a token", func(ctx SpecContext) {
		now := c.Now().UnixMilli()
		c.Fail(authtest.OpGetFullAccessToken, -1, authtest.Answer(http.StatusCreated, "application/json",
			tokenDocument("%d", "%d", now, now+300_000)))
		token, err := c.full().Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(token.Value)).To(Equal("t"))
		Expect(token.Expires.Sub(token.Created)).To(Equal(300 * time.Second))
	})

	It("may have enum values that are not known yet", func(ctx SpecContext) {
		user := c.user(ctx, `{"id": "1", "name": "u", "visibility": "SOMETIMES", "account_type": "MARTIAN_USER", "account_status": "ON_HOLIDAY"}`)
		Expect(user.Visibility).To(BeEquivalentTo("SOMETIMES"))
		Expect(user.AccountType).To(BeEquivalentTo("MARTIAN_USER"))
		Expect(user.AccountStatus).To(BeEquivalentTo("ON_HOLIDAY"))
		Expect(user.AccountStatus.Valid()).To(BeFalse())

		c.answering(authtest.OpGetFullAccessToken, `{
			"token": "t", "creation_time_in_millis": 1, "expiration_time_in_millis": 2, "scope": {"access_type": "HALF", "org_scope": "SPECIFIC_ORGS", "org_ids": [{"id": 3, "name": "x"}]}
		}`)
		token, err := c.api().GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{Username: "u"})
		Expect(err).NotTo(HaveOccurred())
		Expect(token.JSON200.Scope).To(HaveValue(Equal(gen.Scope{
			AccessType: "HALF", OrgScope: "SPECIFIC_ORGS", OrgIDs: []gen.Org{{ID: 3, Name: "x"}},
		})))
	})

	It("may have fields that are not known yet", func(ctx SpecContext) {
		user := c.user(ctx, `{"id": "1", "name": "u", "shoe_size": 44.5, "pets": [{"name": "Rex"}], "current_org": {"id": 0, "planet": "Earth"}}`)
		Expect(user).To(Equal(gen.User{ID: "1", Name: "u", CurrentOrg: &gen.Org{ID: 0}}))

		c.answering(authtest.OpGetFullAccessToken,
			`{"token": "t", "creation_time_in_millis": 1000, "expiration_time_in_millis": 2000, "brand_new": {"a": [1]}, "scope": {"b": null}}`)
		token, err := c.full().Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(token.Value)).To(Equal("t"))
	})

	DescribeTable("may have incomplete_details in more than one form",
		func(ctx SpecContext, details string, want any) {
			user := c.user(ctx, `{"id": "1", "name": "u", "incomplete_details": `+details+`}`)
			if want == nil {
				Expect(user.IncompleteDetails).To(BeNil())
				return
			}
			Expect(user.IncompleteDetails).To(Equal(want))
		},
		Entry("an empty list", `[]`, []any{}),
		Entry("a list", `["email"]`, []any{"email"}),
		Entry("an object", `{"reason": "LDAP"}`, map[string]any{"reason": "LDAP"}),
		Entry("null", `null`, nil),
	)

	It("may have null in every field of a user but two", func(ctx SpecContext) {
		var fields map[string]any
		Expect(json.Unmarshal([]byte(exampleUser), &fields)).To(Succeed())
		for _, name := range []string{
			"org_privileges", "preferred_locale", "use_browser_language", "extended_properties",
			"extended_preferences", "user_parameters", "access_control_properties", "variable_values",
		} {
			fields[name] = nil
		}
		for name := range fields {
			if name != "id" && name != "name" {
				fields[name] = nil
			}
		}
		document, err := json.Marshal(fields)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.user(ctx, string(document))).To(Equal(gen.User{ID: "658a4b35-d021-4009-bf16-c66504dee6a4", Name: "tsUserZ"}))
	})

	It("may have null in what a token does not need", func(ctx SpecContext) {
		c.answering(authtest.OpGetCustomAccessToken, `{
			"id": null, "token": "t", "org": {"id": 0, "name": null}, "user": {"id": "1", "name": null},
			"creation_time_in_millis": 1000, "expiration_time_in_millis": 301000, "scope": null
		}`)
		flow := made(c.authflow().CustomAccess(gen.GetCustomAccessTokenRequest{
			Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionNone,
		}))
		token, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(token).To(HaveField("UserID", "1"))

		c.answering(authtest.OpValidateToken, `{
			"creation_time_in_millis": 1000, "expiration_time_in_millis": 2000,
			"scope": {"access_type": null, "org_id": null, "metadata_id": null, "org_scope": null, "org_ids": null},
			"valid_for_user_id": null, "valid_for_username": null, "token_type": null
		}`)
		result, err := c.api().ValidateTokenWithResponse(ctx, gen.ValidateTokenRequest{Token: "t"})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200).To(HaveValue(Equal(gen.TokenValidationResponse{
			CreationTimeInMillis: 1000, ExpirationTimeInMillis: 2000, Scope: &gen.Scope{},
		})))
	})

	It("may have odd types in all that a token does not need", func(ctx SpecContext) {
		c.answering(authtest.OpGetFullAccessToken, `{
			"token": "t", "creation_time_in_millis": [], "expiration_time_in_millis": {"at": 1}, "valid_for_user_id": {}, "valid_for_username": 7,
			"scope": {"access_type": true, "org_id": "x", "metadata_id": [], "org_scope": 1, "org_ids": {"id": 1}}
		}`)
		token, err := c.full().Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(token.Value)).To(Equal("t"))

		c.answering(authtest.OpGetCustomAccessToken, `{
			"id": {}, "token": "t", "org": "Sales", "user": ["ann"], "creation_time_in_millis": "", "expiration_time_in_millis": true, "scope": 7
		}`)
		token, err = made(c.authflow().CustomAccess(gen.GetCustomAccessTokenRequest{
			Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionNone,
		})).Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(token.Value)).To(Equal("t"))
	})

	It("may have an odd type in any field of a user, which costs that field alone", func(ctx SpecContext) {
		var fields map[string]any
		Expect(json.Unmarshal([]byte(exampleUser), &fields)).To(Succeed())
		for name := range fields {
			for _, odd := range []any{map[string]any{"odd": true}, []any{1.5, "odd"}, true, 1675171235.5, "odd"} {
				changed := maps.Clone(fields)
				changed[name] = odd
				document, err := json.Marshal(changed)
				Expect(err).NotTo(HaveOccurred())
				user := c.user(ctx, string(document))
				if name != "id" {
					Expect(user.ID).To(Equal("658a4b35-d021-4009-bf16-c66504dee6a4"), "%s is %v", name, odd)
				}
				if name != "name" {
					Expect(user.Name).To(Equal("tsUserZ"), "%s is %v", name, odd)
				}
				if name != "privileges" {
					Expect(user.Privileges).To(HaveLen(4), "%s is %v", name, odd)
				}
			}
		}
	})
})
