package contract_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func rule(column string) []gen.FilterRule {
	return []gen.FilterRule{{ColumnName: column, Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{"TS_WILDCARD_ALL"}}}
}

func parameter(name string) []gen.ParameterValues {
	return []gen.ParameterValues{{Name: name, Values: []gen.FilterValue{"20"}}}
}

func variable(name string) []gen.VariableValues {
	return []gen.VariableValues{{Name: name, Values: []gen.FilterValue{"20"}}}
}

func columns(p authtest.Properties) []string {
	var all []string
	for _, r := range p.FilterRules {
		all = append(all, r.ColumnName)
	}
	return all
}

// persist requests a custom access token for ann.
func (c *cluster) persist(ctx context.Context, option gen.PersistOption, change func(*gen.GetCustomAccessTokenRequest)) *gen.GetCustomAccessTokenResult {
	GinkgoHelper()
	request := c.asCustom()
	request.Username, request.PersistOption = ann, option
	change(&request)
	return sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))
}

var _ = Describe("The rules of a custom token", func() {
	filter := func(rules []gen.FilterRule) func(*gen.GetCustomAccessTokenRequest) {
		return func(r *gen.GetCustomAccessTokenRequest) { r.FilterRules = rules }
	}

	It("replace the rules of the user with REPLACE", func(ctx SpecContext) {
		c := reach(needsControls)
		c.persist(ctx, gen.PersistOptionReplace, filter(rule("old")))
		Expect(c.persist(ctx, gen.PersistOptionReplace, filter(rule("new")))).To(beAnswered(http.StatusOK))
		Expect(columns(c.user(ann).Properties[0])).To(ConsistOf("new"))
	})

	It("clear what REPLACE leaves out, except for variable values, which only an empty list clears", func(ctx SpecContext) {
		c := reach(needsControls)
		c.persist(ctx, gen.PersistOptionReplace, func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules, r.ParameterValues, r.VariableValues = rule("old"), parameter("old"), variable("old")
			r.Objects = []gen.ObjectIdentifier{{Identifier: anObject}}
		})
		c.persist(ctx, gen.PersistOptionReplace, filter(rule("new")))
		Expect(c.user(ann).Properties[0]).To(Equal(authtest.Properties{FilterRules: rule("new"), VariableValues: variable("old")}))
		c.persist(ctx, gen.PersistOptionReplace, func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules, r.VariableValues = []gen.FilterRule{}, []gen.VariableValues{}
		})
		Expect(c.user(ann).Properties).To(BeEmpty())
	})

	DescribeTable("clear, with REPLACE, the stored rules of the kind that the request leaves out",
		func(ctx SpecContext, given func(*gen.GetCustomAccessTokenRequest), stays, goes string) {
			c := reach(mayProvision)
			store := func(option gen.PersistOption, given func(*gen.GetCustomAccessTokenRequest)) string {
				GinkgoHelper()
				request := c.asCustom()
				request.PersistOption = option
				given(&request)
				Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusOK))
				return string(encode(granted(c.who(ctx, bearer(c.token(ctx))).JSON200).AccessControlProperties))
			}
			DeferCleanup(func(ctx SpecContext) {
				request := c.asCustom()
				request.PersistOption = gen.PersistOptionReset
				Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusOK))
			})
			both := func(r *gen.GetCustomAccessTokenRequest) {
				r.FilterRules, r.ParameterValues = rule("contract-column"), parameter("contract-parameter")
			}
			for range 2 { // the second time, the rules that were cleared are stored again first
				Expect(store(gen.PersistOptionReplace, both)).To(SatisfyAll(ContainSubstring(stays), ContainSubstring(goes)))
				Expect(store(gen.PersistOptionReplace, given)).To(SatisfyAll(ContainSubstring(stays), Not(ContainSubstring(goes))))
			}
		},
		Entry("parameter values, by a request with filter rules", func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules = rule("contract-column")
		}, "contract-column", "contract-parameter"),
		Entry("filter rules, by a request with parameter values", func(r *gen.GetCustomAccessTokenRequest) {
			r.ParameterValues = parameter("contract-parameter")
		}, "contract-parameter", "contract-column"),
	)

	It("are added to the user's with APPEND, again with each token", func(ctx SpecContext) {
		c := reach(needsControls)
		c.persist(ctx, gen.PersistOptionReplace, filter(rule("old")))
		for range 2 {
			Expect(c.persist(ctx, gen.PersistOptionAppend, filter(rule("new")))).To(beAnswered(http.StatusOK))
		}
		Expect(columns(c.user(ann).Properties[0])).To(Equal([]string{"old", "new", "new"}))
		c.persist(ctx, gen.PersistOptionAppend, filter([]gen.FilterRule{}))
		Expect(columns(c.user(ann).Properties[0])).To(HaveLen(3), "an empty list adds nothing")
	})

	It("are told by getCurrentUserInfo once they are the user's", func(ctx SpecContext) {
		c := reach(needsControls)
		c.persist(ctx, gen.PersistOptionReplace, func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules, r.VariableValues = rule("Region"), variable("limit")
		})
		who := granted(c.who(ctx, bearer(c.annsToken(ctx))).JSON200)
		Expect(encode(who.AccessControlProperties)).To(MatchJSON(encode(map[string]any{"0": map[string]any{"ALL": authtest.Properties{FilterRules: rule("Region")}}})))
		Expect(encode(who.VariableValues)).To(MatchJSON(`{"0": {"ALL": {"limit": ["20"]}}}`))
	})

	It("stay with the token with NONE", func(ctx SpecContext) {
		c := reach(needsControls)
		c.persist(ctx, gen.PersistOptionReplace, filter(rule("old")))
		Expect(c.persist(ctx, gen.PersistOptionNone, filter(rule("new")))).To(beAnswered(http.StatusOK))
		Expect(columns(c.user(ann).Properties[0])).To(ConsistOf("old"))
	})

	It("of the user are cleared with RESET, except for variable values", func(ctx SpecContext) {
		c := reach(needsControls)
		c.persist(ctx, gen.PersistOptionReplace, func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules, r.ParameterValues, r.VariableValues = rule("old"), parameter("old"), variable("old")
		})
		Expect(c.persist(ctx, gen.PersistOptionReset, func(*gen.GetCustomAccessTokenRequest) {})).To(beAnswered(http.StatusOK))
		Expect(c.user(ann).Properties).To(Equal(map[int32]authtest.Properties{0: {VariableValues: variable("old")}}))
	})

	DescribeTable("may have variable_values with REPLACE and APPEND alone",
		func(ctx SpecContext, option gen.PersistOption, status int) {
			c := reach(mayProvision)
			request := c.asCustom()
			request.PersistOption, request.VariableValues = option, variable("contract")
			answer := sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))
			Expect(answer).To(beAnswered(status))
			if status == http.StatusBadRequest {
				Expect(refusal(answer)).To(ContainSubstring("variable_values"))
			}
		},
		Entry("REPLACE", gen.PersistOptionReplace, http.StatusOK),
		Entry("APPEND", gen.PersistOptionAppend, http.StatusOK),
		Entry("RESET", gen.PersistOptionReset, http.StatusBadRequest),
		Entry("NONE", gen.PersistOptionNone, http.StatusBadRequest),
	)

	It("are not stored when the token is rejected", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(c.persist(ctx, gen.PersistOptionReplace, func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules, r.SecretKey = rule("new"), "wrong"
		})).To(beAnswered(http.StatusUnauthorized))
		Expect(c.user(ann).Properties).To(BeEmpty())
	})

	It("travel in a signed JWT, whose user and Org are the ones in the response", func(ctx SpecContext) {
		c := reach()
		request := c.asCustom()
		request.FilterRules = []gen.FilterRule{{
			ColumnName: "Anything", Operator: gen.FilterOperatorIn, Values: []gen.FilterValue{"North", true, 2.5, 7},
		}}
		token := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request)).JSON200)
		parts := strings.Split(string(token.Token), ".")
		Expect(parts).To(HaveLen(3))
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		Expect(err).NotTo(HaveOccurred())
		if c.simulator() != nil { // the names of the claims are its own
			Expect(string(payload)).To(ContainSubstring(`"filter_rules":[{"column_name":"Anything","operator":"IN","values":["North",true,2.5,7]}]`))
			Expect(string(payload)).To(ContainSubstring(`"sub":"` + c.username + `"`))
		}
	})

	It("do not go by the name that full access tokens have for groups", func(ctx SpecContext) {
		c := reach(needsControls)
		wrong := c.least(ctx, "getCustomAccessToken", nil)
		wrong["username"], wrong["auto_create"], wrong["group_identifiers"] = "zoe", true, []string{analysts}
		Expect(sent(c.typed(undeclared).GetCustomAccessTokenWithBodyWithResponse(ctx, jsonType, reader(encode(wrong))))).
			To(beAnswered(http.StatusOK))
		Expect(c.user("zoe").Groups).To(BeEmpty(), "without a word")
	})
})

var _ = Describe("The user parameters of a full or object access token", func() {
	It("are stored for the user where they persist", func(ctx SpecContext) {
		c := reach(needsControls)
		filters := []gen.RuntimeFilter{{ColumnName: "Region", Operator: gen.FilterOperatorEQ, Values: []string{"North"}, Persist: true}}
		parameters := []gen.RuntimeParameter{{Name: "Discount", Values: []string{"20"}, Persist: true}}
		full, object := c.asFull(), c.asObject()
		full.UserParameters = &gen.UserParameters{RuntimeFilters: filters, Parameters: []gen.RuntimeParameter{{Name: "Fee", Values: []string{"1"}}}}
		object.UserParameters = &gen.UserParameters{Parameters: parameters}
		Expect(sent(c.api.GetFullAccessTokenWithResponse(ctx, full))).To(beAnswered(http.StatusOK))
		Expect(c.user(c.username).UserParameters).To(Equal(&gen.UserParameters{RuntimeFilters: filters}))
		Expect(sent(c.api.GetObjectAccessTokenWithResponse(ctx, object))).To(beAnswered(http.StatusOK))
		Expect(c.user(c.username).UserParameters).To(Equal(&gen.UserParameters{RuntimeFilters: filters, Parameters: parameters}))
		who := granted(c.who(ctx, bearer(c.token(ctx))).JSON200)
		Expect(encode(who.UserParameters)).To(MatchJSON(encode(c.user(c.username).UserParameters)))
	})
})
