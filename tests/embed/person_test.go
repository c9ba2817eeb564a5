package embed_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chromedp/chromedp"

	"github.com/go-thoughtspot/tsauth/tests/embed"
)

// What `make embed` serves has no TLS, as a person's browser would warn of it.
var _ = Describe("the application on plain HTTP", func() {
	DescribeTable("shows a person how it goes", func(w way, auth, life string) {
		site, err := embed.Start(embed.Config{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(site.Close)
		cat := signIn(site, "cat", w, 1)
		cat.waitSignedIn(1)
		Expect(cat.signedIn("cat").Auth).To(Equal(auth))
		soon(func() string { return cat.text("events") }).Should(HavePrefix("GETcatserved200"))
		soon(func() string { return cat.text("life") }).Should(MatchRegexp(life))

		cat.do(chromedp.Click(chromedp.CSS(`button[value="East"]`)))
		soon(func() string { return cat.text("region") }).Should(Equal("East"))
		cat.waitSignedIn(1)
		cat.signedIn("cat")
		Expect(site.Sim.Tokens()).To(HaveLen(1))
		Expect(site.Sim.Tokens()[0].Rules.VariableValues[0].Values).To(ConsistOf("East"))
		cat.signOut()
		Expect(site.Sim.Tokens()).To(BeEmpty())
		Expect(site.Sim.Sessions()).To(BeEmpty())
	},
		Entry(bearerByFunction.String(), bearerByFunction, "bearer", `^2\d\d s$`),
		Entry(sessionByEndpoint.String(), sessionByEndpoint, "session", `^not known to the page$`),
	)
})
