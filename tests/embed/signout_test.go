package embed_test

import (
	"time"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

var _ = Describe("a user who signs out of the application", func() {
	DescribeTable("is signed out of the cluster, in all tabs", func(w way, shows string) {
		site := start()
		ann := signIn(site, "ann", w, 1)
		ann.waitSignedIn(1)
		second := ann.another()
		second.open(site, w, 1)
		second.waitSignedIn(1)
		before := minted(site)

		ann.signOut()
		Expect(site.Sim.Tokens()).To(BeEmpty())
		Expect(site.Sim.Sessions()).To(BeEmpty())
		second.beginCheck()
		soon(func() string { return second.text("notice") }).Should(Equal(shows))
		Expect(outcomes(site)).To(HaveKey(tokenservice.Unauthenticated))
		Expect(minted(site)).To(Equal(before))
	},
		Entry(bearerByFunction.String(), bearerByFunction, "401 Unauthorized: Sign in first."),
		Entry(bearerByEndpoint.String(), bearerByEndpoint, "ThoughtSpot has signed you out."),
		Entry(sessionByFunction.String(), sessionByFunction, "401 Unauthorized: Sign in first."),
		Entry(sessionByEndpoint.String(), sessionByEndpoint, "ThoughtSpot has signed you out."),
	)

	It("is not who the next one is taken for, even where the session has outlived its token", func() {
		site := start()
		ann := signIn(site, "ann", sessionByFunction, 1)
		ann.waitSignedIn(1)
		site.Sim.Advance(10 * time.Minute)
		Expect(site.Sim.Tokens()).To(BeEmpty())
		ann.signedIn("ann")

		ann.signOut()
		bob := ann // at the same browser
		bob.do(chromedp.Click(chromedp.CSS(`button[value="bob"]`)), chromedp.WaitReady(chromedp.CSS("#me")))
		bob.waitSignedIn(1)
		bob.signedIn("bob")
	})

	It("may end all tokens by DELETE, from a page of a named origin", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		status := eval[int](ann, `fetch('`+site.Tokens+`/ts-token', { method: 'DELETE', credentials: 'include' }).then((a) => a.status)`)
		Expect(status).To(Equal(204))
		Expect(site.Sim.Tokens()).To(BeEmpty())
	})
})

// signOut presses the application's button.
func (t *tab) signOut() {
	GinkgoHelper()
	t.do(chromedp.Click(chromedp.CSS("#sign-out")), chromedp.WaitReady(chromedp.CSS("#sign-in")))
}
