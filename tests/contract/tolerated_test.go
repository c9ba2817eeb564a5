package contract_test

import (
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// The document rejects these values, and the server treats them as absent: clients
// should not send them, and the vendor's SDKs do.
var _ = Describe("A request as the vendor's SDKs send it", func() {
	for _, r := range routesOf(loadStrict()) {
		for _, p := range propertiesOf(r.operation) {
			for _, value := range []any{nil, ""} {
				if toleratedIn(p, value) == "" {
					continue
				}
				It(fmt.Sprintf("of %s is granted with %s %s", p.op, p.place, encode(value)), func(ctx SpecContext) {
					c := reach(harms(p.op, p.place, false)...)
					body := c.granting(ctx, p.op, p.place)
					if value == "" { // the credential that is not used
						body = c.least(ctx, p.op, place{map[string]string{"password": "secret_key", "secret_key": "password"}[p.place.String()]})
					}
					set(body, p.place, value, true)
					answer := sent(callers()[p.op](ctx, c.typed(tolerated), jsonType, reader(encode(body)), c.caller(ctx, p.op)))
					Expect(answer).To(beGranted())
				})
			}
		}
	}

	// Those for Java, Python and C# have "" as the default of both credentials,
	// and send defaults.
	withDefaults := func(ctx SpecContext, c *cluster, op string, i intent, password, key gen.Secret) answered {
		GinkgoHelper()
		body := c.least(ctx, op, nil)
		body["password"], body["secret_key"] = string(password), string(key)
		body["validity_time_in_sec"], body["auto_create"] = 300, nil
		return sent(callers()[op](ctx, c.typed(i), jsonType, reader(encode(body))))
	}
	for _, op := range []string{"getFullAccessToken", "getObjectAccessToken", "getCustomAccessToken"} {
		It("of "+op+` is granted with all defaults, "" for the credential that is not used`, func(ctx SpecContext) {
			c := reach(needsPassword, needsKey, needsObject, mayProvision)
			for _, answer := range []answered{
				withDefaults(ctx, c, op, tolerated, c.password, ""), withDefaults(ctx, c, op, tolerated, "", c.secretKey),
			} {
				Expect(answer).To(beAnswered(http.StatusOK))
				var token struct{ Token gen.Secret }
				Expect(decode(bodyOf(answer), &token)).To(Succeed())
				Expect(granted(c.who(ctx, bearer(token.Token)).JSON200).Name).To(Equal(c.username))
			}
		})

		It("of "+op+` is rejected with "" for both, and with a wrong credential beside ""`, func(ctx SpecContext) {
			c := reach(needsControls)
			Expect(withDefaults(ctx, c, op, malformed, "", "")).To(beAnswered(http.StatusBadRequest))
			Expect(withDefaults(ctx, c, op, tolerated, "wrong", "")).To(beAnswered(http.StatusUnauthorized))
			Expect(withDefaults(ctx, c, op, tolerated, "", "wrong")).To(beAnswered(http.StatusUnauthorized))
		})
	}

	It("means the default by null: a custom access token makes a user, and no other does", func(ctx SpecContext) {
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
