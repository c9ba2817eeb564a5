package tests_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Getting a token with custom rules", func() {
	// Section "Get tokens with custom rules and filter conditions".
	const body = `{
		"username": "UserA",
		"validity_time_in_sec": 300,
		"persist_option": "APPEND",
		"auto_create": true,
		"filter_rules": [
			{"column_name": "Item type", "operator": "EQ", "values": ["Jackets", "Bags"]},
			{"column_name": "Customer ID", "operator": "EQ", "values": ["412870"]}
		],
		"parameter_values": [{"name": "Discount", "values": ["20"]}],
		"objects": [{"type": "LIVEBOARD", "identifier": "4c55ff63-d03e-497a-8ec6-1be083f160ee"}],
		"email": "usera@example.com",
		"display_name": "User A",
		"groups": [{"identifier": "a71d5d1f-6e02-4ee1-a6e9-e158af844367"}],
		"org_identifier": "2",
		"secret_key": "4c55ff63-d03e-497a-8ec6-1be083f160ee"
	}`
	filterRules := []gen.FilterRule{
		{ColumnName: "Item type", Operator: gen.FilterOperatorEQ, Values: []any{"Jackets", "Bags"}},
		{ColumnName: "Customer ID", Operator: gen.FilterOperatorEQ, Values: []any{"412870"}},
	}
	request := gen.GetCustomAccessTokenRequest{
		Username: "UserA", ValidityTimeInSec: 300, PersistOption: gen.PersistOptionAppend, AutoCreate: ptr(true),
		FilterRules:     filterRules,
		ParameterValues: []gen.ParameterValues{{Name: "Discount", Values: []any{"20"}}},
		Objects:         []gen.ObjectIdentifier{{Type: "LIVEBOARD", Identifier: "4c55ff63-d03e-497a-8ec6-1be083f160ee"}},
		Email:           "usera@example.com", DisplayName: "User A",
		Groups:        []gen.GroupIdentifier{{Identifier: "a71d5d1f-6e02-4ee1-a6e9-e158af844367"}},
		OrgIdentifier: "2",
		SecretKey:     "4c55ff63-d03e-497a-8ec6-1be083f160ee",
	}

	var c *cluster
	BeforeEach(func() {
		c = inProcess(
			authtest.WithOrg(2, "Sales"),
			authtest.WithGroup("a71d5d1f-6e02-4ee1-a6e9-e158af844367"), // by name; the simulator makes up its GUIDs
			authtest.WithSecretKey("4c55ff63-d03e-497a-8ec6-1be083f160ee"),
		)
	})

	It("sends the example with the generated client and gets a JWT with the rules", func(ctx SpecContext) {
		result, err := c.api().GetCustomAccessTokenWithResponse(ctx, request)
		Expect(err).NotTo(HaveOccurred())

		c.expectExample(c.wire.last(), http.MethodPost, pathCustom, body)
		Expect(result.StatusCode()).To(Equal(http.StatusOK))
		token := result.JSON200
		c.expectLifetime(token.CreationTimeInMillis, token.ExpirationTimeInMillis, 300*time.Second)
		Expect(token.Org).To(HaveValue(Equal(gen.Org{ID: 2, Name: "Sales"})))
		user, ok := c.User("UserA")
		Expect(ok).To(BeTrue(), "made just in time")
		Expect(token.User).To(Equal(gen.UserRef{ID: user.ID, Name: "UserA"}))
		Expect(token.Scope).To(BeNil(), "it is for one Org")
		Expect(token.ID).NotTo(BeEmpty())

		var claims struct {
			Subject string `json:"sub"`
			Rules   struct {
				FilterRules []gen.FilterRule `json:"filter_rules"`
			} `json:"rules"`
		}
		parts := strings.Split(string(token.Token), ".")
		Expect(parts).To(HaveLen(3))
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		Expect(err).NotTo(HaveOccurred())
		Expect(json.Unmarshal(payload, &claims)).To(Succeed())
		Expect(claims.Subject).To(Equal("UserA"))
		Expect(claims.Rules.FilterRules).To(Equal(filterRules))
	})

	It("sends the example with Cluster.CustomAccess, whose token then works", func(ctx SpecContext) {
		flow := made(c.authflow().CustomAccess(request))
		Expect(c.wire.all()).To(BeEmpty(), "the constructor sends nothing")

		who, err := c.apiWith(flow).GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(who.JSON200.Name).To(Equal("UserA"))
		Expect(who.JSON200.DisplayName).To(Equal("User A"))
		Expect(who.JSON200.CurrentOrg.ID).To(BeEquivalentTo(2))

		sent := c.wire.all()
		Expect(sent).To(HaveLen(2))
		c.expectExample(sent[0], http.MethodPost, pathCustom, body)
		expectIdentified(sent[0])
		token, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(tokenOf(sent[1])).To(Equal(string(token.Value)))
		Expect(token.Expires.Sub(token.Created)).To(Equal(300 * time.Second))
		Expect(token.Username).To(Equal("UserA"))
		Expect(token.UserID).To(Equal(who.JSON200.ID))
	})

	// The document's lists of filter rules and Parameter values, in the table
	// of the section. A quote of "DATE is missing there.
	It("sends the lists of the section's table", func(ctx SpecContext) {
		_, err := c.api().GetCustomAccessTokenWithResponse(ctx, gen.GetCustomAccessTokenRequest{
			Username: "UserA", PersistOption: gen.PersistOptionReplace,
			FilterRules: []gen.FilterRule{
				{ColumnName: "Customer ID", Operator: gen.FilterOperatorEQ, Values: []any{"492810"}},
				{ColumnName: "Item type", Operator: gen.FilterOperatorEQ, Values: []any{"Jackets"}},
			},
			ParameterValues: []gen.ParameterValues{
				{Name: "Discount", Values: []any{"20"}}, {Name: "DATE", Values: []any{"1656914873"}},
			},
		})
		Expect(err).NotTo(HaveOccurred())
		c.expectExample(c.wire.last(), http.MethodPost, pathCustom, `{
			"username": "UserA",
			"persist_option": "REPLACE",
			"filter_rules": [
				{"column_name": "Customer ID", "operator": "EQ", "values": ["492810"]},
				{"column_name": "Item type", "operator": "EQ", "values": ["Jackets"]}
			],
			"parameter_values": [
				{"name": "Discount", "values": ["20"]},
				{"name": "DATE", "values": ["1656914873"]}
			]
		}`)
	})

	It("sends values that are strings, booleans and numbers as what they are", func(ctx SpecContext) {
		flow := made(c.authflow().CustomAccess(gen.GetCustomAccessTokenRequest{
			Username: "UserA", PersistOption: gen.PersistOptionNone, SecretKey: "4c55ff63-d03e-497a-8ec6-1be083f160ee",
			FilterRules: []gen.FilterRule{
				{ColumnName: "Anything", Operator: gen.FilterOperatorIn, Values: []any{"TS_WILDCARD_ALL", true, false, 7, 2.5, int64(1656914873123)}},
			},
		}))
		Expect(flow.Renew(ctx)).To(Succeed())
		Expect(c.wire.last().Body).To(MatchJSON(`{
			"username": "UserA", "persist_option": "NONE", "secret_key": "4c55ff63-d03e-497a-8ec6-1be083f160ee",
			"filter_rules": [
				{"column_name": "Anything", "operator": "IN", "values": ["TS_WILDCARD_ALL", true, false, 7, 2.5, 1656914873123]}
			]
		}`))
	})
})
