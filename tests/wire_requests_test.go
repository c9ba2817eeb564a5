package tests_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// sendBoth sends a request with the generated client, and as a Flow does. The
// response of the server does not matter here.
func sendBoth(ctx context.Context, c *cluster, request any) {
	GinkgoHelper()
	var flow *authflow.Flow
	var err error
	switch r := request.(type) {
	case gen.GetFullAccessTokenRequest:
		_, err = c.api().GetFullAccessTokenWithResponse(ctx, r)
		Expect(err).NotTo(HaveOccurred())
		flow, err = c.authflow().FullAccess(r)
	case gen.GetObjectAccessTokenRequest:
		_, err = c.api().GetObjectAccessTokenWithResponse(ctx, r)
		Expect(err).NotTo(HaveOccurred())
		flow, err = c.authflow().ObjectAccess(r)
	case gen.GetCustomAccessTokenRequest:
		_, err = c.api().GetCustomAccessTokenWithResponse(ctx, r)
		Expect(err).NotTo(HaveOccurred())
		flow, err = c.authflow().CustomAccess(r)
	case gen.LoginRequest:
		_, err = c.api().LoginWithResponse(ctx, r)
		Expect(err).NotTo(HaveOccurred())
		flow, err = c.authflow().Session(r)
	}
	_ = made(flow, err).Renew(ctx)
}

var _ = Describe("A request on the wire", func() {
	DescribeTable("leaves out what is not set, and never says null",
		func(ctx SpecContext, request any, body string) {
			c := inProcess()
			sendBoth(ctx, c, request)
			Expect(c.wire.all()).To(HaveExactElements(HaveField("Body", MatchJSON(body)), HaveField("Body", MatchJSON(body))))
		},
		Entry("full, with a password",
			gen.GetFullAccessTokenRequest{Username: "u", Password: "p"}, `{"username": "u", "password": "p"}`),
		Entry("full, with a secret key",
			gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k"}, `{"username": "u", "secret_key": "k"}`),
		Entry("object",
			gen.GetObjectAccessTokenRequest{Username: "u", SecretKey: "k", ObjectID: "o"},
			`{"username": "u", "secret_key": "k", "object_id": "o"}`),
		Entry("custom",
			gen.GetCustomAccessTokenRequest{Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionReset},
			`{"username": "u", "secret_key": "k", "persist_option": "RESET"}`),
		Entry("an object of a custom token without a type",
			gen.GetCustomAccessTokenRequest{
				Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionNone,
				Objects: []gen.ObjectIdentifier{{Identifier: "o"}},
			},
			`{"username": "u", "secret_key": "k", "persist_option": "NONE", "objects": [{"identifier": "o"}]}`),
		Entry("login",
			gen.LoginRequest{Username: "u", Password: "p"}, `{"username": "u", "password": "p"}`),
		Entry("user parameters",
			gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k", UserParameters: &gen.UserParameters{}},
			`{"username": "u", "secret_key": "k", "user_parameters": {}}`),
	)

	DescribeTable("says 0, false and [] where that differs from saying nothing",
		func(ctx SpecContext, request any, body string) {
			c := inProcess()
			sendBoth(ctx, c, request)
			Expect(c.wire.all()).To(HaveExactElements(HaveField("Body", MatchJSON(body)), HaveField("Body", MatchJSON(body))))
		},
		Entry("full",
			gen.GetFullAccessTokenRequest{
				Username: "u", SecretKey: "k", OrgID: ptr[int32](0), AutoCreate: ptr(false), GroupIdentifiers: []string{},
				UserParameters: &gen.UserParameters{
					Objects: []gen.ObjectIdentifier{}, Parameters: []gen.RuntimeParameter{},
					RuntimeFilters: []gen.RuntimeFilter{}, RuntimeSorts: []gen.RuntimeSort{},
				},
			},
			`{
				"username": "u", "secret_key": "k", "org_id": 0, "auto_create": false, "group_identifiers": [],
				"user_parameters": {"objects": [], "parameters": [], "runtime_filters": [], "runtime_sorts": []}
			}`),
		Entry("object",
			gen.GetObjectAccessTokenRequest{
				Username: "u", SecretKey: "k", ObjectID: "o", OrgID: ptr[int32](0), AutoCreate: ptr(false), GroupIdentifiers: []string{},
				UserParameters: &gen.UserParameters{
					Objects: []gen.ObjectIdentifier{}, Parameters: []gen.RuntimeParameter{},
					RuntimeFilters: []gen.RuntimeFilter{}, RuntimeSorts: []gen.RuntimeSort{},
				},
			},
			`{
				"username": "u", "secret_key": "k", "object_id": "o", "org_id": 0, "auto_create": false, "group_identifiers": [],
				"user_parameters": {"objects": [], "parameters": [], "runtime_filters": [], "runtime_sorts": []}
			}`),
		Entry("custom",
			gen.GetCustomAccessTokenRequest{
				Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionReplace, AutoCreate: ptr(false),
				Groups: []gen.GroupIdentifier{}, FilterRules: []gen.FilterRule{}, ParameterValues: []gen.ParameterValues{},
				VariableValues: []gen.VariableValues{}, Objects: []gen.ObjectIdentifier{},
			},
			`{
				"username": "u", "secret_key": "k", "persist_option": "REPLACE", "auto_create": false,
				"groups": [], "filter_rules": [], "parameter_values": [], "variable_values": [], "objects": []
			}`),
		Entry("the values of a rule, a Parameter and a variable",
			gen.GetCustomAccessTokenRequest{
				Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionReplace,
				FilterRules:     []gen.FilterRule{{ColumnName: "c", Operator: gen.FilterOperatorIn, Values: []any{}}},
				ParameterValues: []gen.ParameterValues{{Name: "p", Values: []any{}}},
				VariableValues:  []gen.VariableValues{{Name: "v", Values: []any{}}},
			},
			`{
				"username": "u", "secret_key": "k", "persist_option": "REPLACE",
				"filter_rules": [{"column_name": "c", "operator": "IN", "values": []}],
				"parameter_values": [{"name": "p", "values": []}],
				"variable_values": [{"name": "v", "values": []}]
			}`),
	)

	It("says true where the default is false, and false where it is true", func(ctx SpecContext) {
		c := inProcess(authtest.WithSecretKey("k"))
		sendBoth(ctx, c, gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k", AutoCreate: ptr(true)})
		Expect(c.wire.last().Body).To(MatchJSON(`{"username": "u", "secret_key": "k", "auto_create": true}`))
		_, there := c.User("u")
		Expect(there).To(BeTrue())

		sendBoth(ctx, c, gen.GetCustomAccessTokenRequest{
			Username: "v", SecretKey: "k", PersistOption: gen.PersistOptionNone, AutoCreate: ptr(false),
		})
		Expect(c.wire.last().Body).To(MatchJSON(`{"username": "v", "secret_key": "k", "persist_option": "NONE", "auto_create": false}`))
		_, there = c.User("v")
		Expect(there).To(BeFalse())
	})

	It("carries any character of a secret unchanged", func(ctx SpecContext) {
		c := inProcess()
		sendBoth(ctx, c, gen.LoginRequest{Username: "ü\"", Password: `p"\<&>` + "\u200dß"})
		Expect(c.wire.all()).To(HaveEach(HaveField("Body", MatchJSON(`{"username": "ü\"", "password": "p\"\\<&>\u200dß"}`))))
	})
})
