package embed_test

import (
	"fmt"
	"net/http"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/tests/embed"
)

var _ = Describe("a user of three replicas of the token service", func() {
	It("U2: is signed out at all of them by a sign-out at one, also the second time", func() {
		site, err := embed.Start(embed.Config{TLS: true, SentAnywhere: true, Replicas: 3})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(site.Close)
		ann := newVisitor()
		for _, replica := range []int{1, 0} { // where ann signs out; her pages are at the others
			ann.openAt(site, 0)
			ann.do(chromedp.Click(chromedp.CSS(`button[value="ann"]`)), chromedp.WaitReady(chromedp.CSS("#me")))
			ann.openAt(site, (replica+1)%3)
			ann.waitSignedIn(1)
			other := ann.another()
			other.openAt(site, (replica+2)%3)
			other.waitSignedIn(1)
			Expect(site.Sim.Tokens()).NotTo(BeEmpty())
			before := minted(site)

			path := fmt.Sprintf("/sign-out?replica=%d", replica)
			eval[string](ann, `fetch('`+path+`', { method: 'POST', redirect: 'manual' }).then((a) => a.type)`)
			Expect(site.Sim.Tokens()).To(BeEmpty())
			for _, page := range []*tab{ann, other} {
				page.beginCheck()
				soon(func() string { return page.text("notice") }).Should(Equal("401 Unauthorized: Sign in first."))
			}
			for _, service := range site.Replicas {
				Expect(ann.tokenStatus(service)).To(Equal(http.StatusUnauthorized))
			}
			Expect(minted(site)).To(Equal(before))
		}
	})
})

// openAt opens the application's page, with tokens from one of the replicas.
func (t *tab) openAt(site *embed.Site, replica int) {
	GinkgoHelper()
	t.do(chromedp.Navigate(fmt.Sprintf("%s/?replica=%d", site.App, replica)))
}
