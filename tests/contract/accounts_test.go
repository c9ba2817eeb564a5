package contract_test

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/gen"
)

// ways tries all ways in of ann's, and returns the statuses.
func (c *cluster) ways(ctx context.Context) []int {
	GinkgoHelper()
	return append(c.with(ctx, ann, annPassword, ""), append(c.with(ctx, ann, "", c.secretKey),
		c.logIn(ctx, gen.LoginRequest{Username: ann, Password: annPassword}).StatusCode())...)
}

var _ = Describe("An account", func() {
	for _, status := range []gen.AccountStatus{
		gen.AccountStatusInactive, gen.AccountStatusExpired, gen.AccountStatusLocked,
		gen.AccountStatusPending, gen.AccountStatusSuspended,
	} {
		It("that is "+string(status)+" has no way in, and what it had is cut off with 403", func(ctx SpecContext) {
			c := reach(needsControls)
			token := c.annsToken(ctx)
			session := c.logIn(ctx, gen.LoginRequest{Username: ann, Password: annPassword}).HTTPResponse.Cookies()
			c.simulator().SetStatus(ann, status)
			Expect(c.ways(ctx)).To(HaveEach(http.StatusForbidden))
			for _, op := range []string{"logout", "getCurrentUserInfo", "getCurrentUserToken", "revokeToken", "validateToken"} {
				body := encode(c.least(ctx, op, nil))
				Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body), bearer(token)))).To(beAnswered(http.StatusForbidden), op)
				Expect(sent(callers()[op](ctx, c.api, jsonType, reader(body), cookies(session)))).To(beAnswered(http.StatusForbidden), op)
			}
			c.simulator().SetStatus(ann, gen.AccountStatusActive)
			Expect(c.ways(ctx)).To(HaveEach(BeElementOf(http.StatusOK, http.StatusNoContent)))
		})
	}

	It("is locked for an hour by five wrong passwords in a row", func(ctx SpecContext) {
		c := reach(needsControls)
		wrong := gen.LoginRequest{Username: ann, Password: "wrong"}
		for range 5 {
			Expect(c.logIn(ctx, wrong)).To(beAnswered(http.StatusUnauthorized))
		}
		Expect(c.ways(ctx)).To(HaveEach(http.StatusForbidden))
		c.simulator().Advance(time.Hour)
		Expect(c.ways(ctx)).To(HaveEach(BeElementOf(http.StatusOK, http.StatusNoContent)))
	})

	It("is not locked by wrong passwords with a right one between", func(ctx SpecContext) {
		c := reach(needsControls)
		for range 3 {
			for range 4 {
				Expect(c.logIn(ctx, gen.LoginRequest{Username: ann, Password: "wrong"})).To(beAnswered(http.StatusUnauthorized))
			}
			Expect(c.logIn(ctx, gen.LoginRequest{Username: ann, Password: annPassword})).To(beAnswered(http.StatusNoContent))
		}
	})

	It("is what getCurrentUserInfo tells, by token and by session", func(ctx SpecContext) {
		c := reach(needsControls)
		session := c.logIn(ctx, gen.LoginRequest{Username: ann, Password: annPassword}).HTTPResponse.Cookies()
		for _, with := range []gen.RequestEditorFn{bearer(c.annsToken(ctx)), cookies(session)} {
			who := granted(c.who(ctx, with).JSON200)
			Expect(who).To(And(HaveField("Name", ann), HaveField("DisplayName", "Ann"), HaveField("Email", "ann@example.com"),
				HaveField("AccountStatus", gen.AccountStatusActive), HaveField("AccountType", gen.AccountTypeLocalUser)))
			Expect(who.Privileges).To(ConsistOf("DATADOWNLOADING"))
			Expect(who.UserGroups).To(ConsistOf(HaveField("Name", analysts)))
			Expect(who.Orgs).To(ConsistOf(HaveField("ID", BeZero()), HaveField("ID", sales)))
		}
	})
})
