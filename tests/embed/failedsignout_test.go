package embed_test

import (
	"net/http"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

var _ = Describe("a sign-out that fails", func() {
	reject := func(site *embed.Site) {
		site.Sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(http.StatusForbidden))
	}

	It("U2: tells the user that tokens are alive, and ends them with the next try", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		second := ann.another()
		second.open(site, bearerByFunction, 1)
		second.waitSignedIn(1)
		before := minted(site)
		reject(site)
		ann.do(chromedp.Click(chromedp.CSS("#sign-out")))
		soon(func() string { return ann.text("notice") }).Should(And(
			HavePrefix("You are not signed out of ThoughtSpot: "), ContainSubstring("tokens are alive until"), HaveSuffix("Try again.")))
		Expect(site.Sim.Tokens()).NotTo(BeEmpty())
		Expect(ann.tokenStatus(site.Tokens)).To(Equal(http.StatusUnauthorized), "no more tokens, although the others are alive")

		site.Sim.ClearFaults()
		ann.signOut()
		Expect(site.Sim.Tokens()).To(BeEmpty())
		second.beginCheck()
		soon(func() string { return second.text("notice") }).Should(Equal("401 Unauthorized: Sign in first."))
		Expect(minted(site)).To(Equal(before))
	})

	It("U2: is not a 204 while a token is alive, for a page that sends DELETE", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		type problem struct {
			Status, Alive int
			Until         string
		}
		deletion := `fetch('` + site.Tokens + `/ts-token', { method: 'DELETE', credentials: 'include' })`
		reject(site)
		for range 2 {
			p := eval[problem](ann, deletion+`.then((a) => a.json())`)
			Expect(p.Status).To(Equal(http.StatusBadGateway))
			Expect(p.Alive).To(Equal(len(site.Sim.Tokens())))
			Expect(p.Until).NotTo(BeEmpty())
		}
		site.Sim.ClearFaults()
		for range 2 {
			Expect(eval[int](ann, deletion+`.then((a) => a.status)`)).To(Equal(http.StatusNoContent))
			Expect(site.Sim.Tokens()).To(BeEmpty())
		}
	})
})

// tokenStatus is the status of the response of a token service to the page.
func (t *tab) tokenStatus(service string) int {
	GinkgoHelper()
	return eval[int](t, `fetch('`+service+`/ts-token', { credentials: 'include' }).then((a) => a.status)`)
}
