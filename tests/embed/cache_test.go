package embed_test

import (
	"net/http"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

var _ = Describe("a browser that keeps pages and responses", func() {
	It("T4: shows no token by its back button after the sign-out", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		service := site.App + "/ts-token"
		ann.do(chromedp.Navigate(service)) // as a text
		token, err := ann.shows()
		Expect(err).NotTo(HaveOccurred())
		values := make([]string, 0, 2)
		for _, t := range site.Sim.Tokens() {
			values = append(values, string(t.Value))
		}
		Expect(values).To(ContainElement(token))
		ann.open(site, bearerByFunction, 1)
		ann.waitSignedIn(1)
		ann.signOut()
		made, served := minted(site), outcomes(site)[tokenservice.Served]

		for _, delta := range []string{"-1", "1", "-1"} { // back, forward, back
			ann.travel(delta)
		}
		Expect(eval[string](ann, `location.pathname`)).To(Equal("/ts-token"))
		soon(func() (string, error) { return ann.shows() }).Should(ContainSubstring(`"status":401`))
		ann.travel("-1")
		soon(func() (string, error) { return ann.shows() }).Should(ContainSubstring("Sign in as"))
		Expect(ann.text("embeds")).To(BeEmpty())
		Expect(minted(site)).To(Equal(made))
		Expect(outcomes(site)[tokenservice.Served]).To(Equal(served))
	})

	It("U2: signs a page out that it brings back as it was", func() {
		var dropped string
		for range 5 { // a browser may drop a page that it keeps, such as when memory is short
			if dropped = signOutBesideKeptPage(start()); dropped == "" {
				return
			}
			GinkgoWriter.Println("the browser has not kept the page:", dropped)
		}
		Fail("the browser kept the page in none of five visits: " + dropped)
	})

	It("T4: gets no token of before the sign-out from a service worker that stores everything", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		eval[bool](ann, `navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(() => true)`)
		for range 2 {
			ann.open(site, bearerByFunction, 1)
			ann.waitSignedIn(1)
			Expect(eval[bool](ann, `Boolean(navigator.serviceWorker.controller)`)).To(BeTrue())
			Expect(ann.tokenStatus(site.App)).To(Equal(http.StatusOK))
			ann.signOut()
			Expect(site.Sim.Tokens()).To(BeEmpty())
			for _, service := range []string{site.App, site.Tokens} {
				Expect(ann.tokenStatus(service)).To(Equal(http.StatusUnauthorized))
			}
			ann.do(chromedp.Click(chromedp.CSS(`button[value="ann"]`)), chromedp.WaitReady(chromedp.CSS("#me")))
		}
		ann.waitSignedIn(1)
		ann.signedIn("ann") // with tokens that came once
		stored := eval[int](ann, `caches.open('everything').then((c) => c.keys()).then((k) => k.length)`)
		Expect(stored).To(BeZero(), "the browser stores none for the worker")
	})
})

// signOutBesideKeptPage signs ann out in a second tab, and brings back twice the page
// that the browser keeps in the first. It returns why the browser dropped the page,
// if it did.
func signOutBesideKeptPage(site *embed.Site) string {
	GinkgoHelper()
	ann := signIn(site, "ann", bearerByFunction, 1)
	ann.do(chromedp.Navigate(site.App + "/?kept"))
	ann.waitSignedIn(1)
	second := ann.another()
	for round := range 2 {
		soon(func() (bool, error) { return ann.hasArrived() }).Should(BeTrue()) // none is kept that still loads
		eval[any](ann, `void (window.was = true)`)
		ann.do(chromedp.Navigate(site.App + "/no-referrer"))
		second.open(site, bearerByFunction, 1)
		if round == 0 {
			second.waitSignedIn(1)
			second.signOut()
		}
		Expect(site.Sim.Tokens()).To(BeEmpty())
		made := minted(site)
		ann.travel("-1")
		if !eval[bool](ann, `window.was === true`) {
			return eval[string](ann, `JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons) ?? 'for no reason that it names'`)
		}
		ann.beginCheck()
		soon(func() string { return ann.text("notice") }).Should(Equal("401 Unauthorized: Sign in first."))
		Expect(minted(site)).To(Equal(made))
		Expect(site.Sim.Tokens()).To(BeEmpty())
	}
	return ""
}

// travel goes through the history, and waits for the page.
func (t *tab) travel(delta string) {
	GinkgoHelper()
	eval[any](t, `void (window.leaving = true,
		addEventListener('pagehide', () => { delete window.leaving; }), // it may come back as it is
		setTimeout(() => history.go(`+delta+`)))`)
	soon(func() (bool, error) { return t.hasArrived() }).Should(BeTrue())
}
