package contract_test

import (
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// toleratedFor is the list of requests that the document refuses and the server
// grants, each with the reason. The client sends none of them.
func toleratedFor(n negative, p property) string {
	if n.wrong == "null" && p.optional && p.schema.Type.Is("boolean") {
		return "generated clients send null for an optional boolean that was not set"
	}
	return ""
}

// The bodies of other clients, which differ from those that the document has.
var _ = Describe("A request of another client", func() {
	for _, n := range foreign() {
		It(fmt.Sprintf("of %s is granted: %s %s", n.op, n.at, n.wrong), func(ctx SpecContext) {
			c := reach(harms(n.op, n.at, false)...)
			body := n.spoil(c.granting(ctx, n.op, n.at))
			Expect(sent(callers()[n.op](ctx, c.typed(tolerated), jsonType, reader(body), c.caller(ctx, n.op)))).To(beGranted())
		})
	}

	// The vendor's SDKs for Java, Python and C# have "" as the default of both
	// credentials, and send defaults.
	for _, op := range []string{"getFullAccessToken", "getObjectAccessToken", "getCustomAccessToken"} {
		both := func(c *cluster, password, key gen.Secret) func(ctx SpecContext, api *gen.ClientWithResponses) answered {
			return func(ctx SpecContext, api *gen.ClientWithResponses) answered {
				body := c.least(ctx, op, nil)
				body["password"], body["secret_key"] = string(password), string(key)
				body["validity_time_in_sec"], body["auto_create"] = 300, nil
				return sent(callers()[op](ctx, api, jsonType, reader(encode(body))))
			}
		}
		It("of "+op+` is granted with "" for the credential that is not used, and all defaults`, func(ctx SpecContext) {
			c := reach(needsPassword, needsKey, needsObject, mayProvision)
			for _, ask := range []func(SpecContext, *gen.ClientWithResponses) answered{both(c, c.password, ""), both(c, "", c.secretKey)} {
				answer := ask(ctx, c.typed(tolerated))
				Expect(answer).To(beAnswered(http.StatusOK))
				var token struct{ Token gen.Secret }
				Expect(decode(bodyOf(answer), &token)).To(Succeed())
				Expect(granted(c.who(ctx, bearer(token.Token)).JSON200).Name).To(Equal(c.username))
			}
		})
		It("of "+op+` is refused with "" for both, and with a wrong credential beside ""`, func(ctx SpecContext) {
			c := reach(needsControls)
			Expect(both(c, "", "")(ctx, c.typed(malformed))).To(beAnswered(http.StatusBadRequest))
			Expect(both(c, "wrong", "")(ctx, c.typed(tolerated))).To(beAnswered(http.StatusUnauthorized))
			Expect(both(c, "", "wrong")(ctx, c.typed(tolerated))).To(beAnswered(http.StatusUnauthorized))
		})
	}

	It("means the default by null: a user is made by a custom access token, and by no other", func(ctx SpecContext) {
		c := reach(needsControls)
		for op, status := range map[string]int{
			"getFullAccessToken": http.StatusBadRequest, "getObjectAccessToken": http.StatusBadRequest, "getCustomAccessToken": http.StatusOK,
		} {
			body := c.least(ctx, op, nil)
			body["username"], body["auto_create"] = strings.ToLower("new-by-"+op), nil
			Expect(sent(callers()[op](ctx, c.typed(tolerated), jsonType, reader(encode(body))))).To(beAnswered(status), op)
		}
	})
})

// foreign lists the requests of toleratedFor.
func foreign() []negative {
	var all []negative
	for _, n := range spoilt() {
		if n.intent == tolerated {
			all = append(all, n)
		}
	}
	return all
}
