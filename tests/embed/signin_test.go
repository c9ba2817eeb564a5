package embed_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

var _ = Describe("a page that embeds", func() {
	DescribeTable("signs its user in with one token", func(w way) {
		site := start()
		ann := signIn(site, "ann", w, 1)
		ann.waitSignedIn(1)
		s := ann.signedIn("ann")
		if w.authType == "TrustedAuthToken" {
			Expect(s.Auth).To(Equal("session"))
			Expect(site.Sim.Sessions()).To(HaveLen(1))
		} else {
			Expect(s.Auth).To(Equal("bearer"))
			Expect(s.Tokens).To(Equal("1"))
		}
		Expect(minted(site)).To(Equal(1))
		Expect(outcomes(site)).To(Equal(map[tokenservice.Outcome]int{tokenservice.Served: 1}))
	}, everyWay())

	It("shares one token among its embeds", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 3)
		ann.waitSignedIn(3)
		for i := range 3 {
			s := ann.check(i)
			Expect(s.Status).To(Equal("signed in"))
			Expect(s.User).To(Equal("ann"))
		}
		Expect(minted(site)).To(Equal(1))
	})

	It("signs each user in as that user", func() {
		site := start()
		ann, bob := signIn(site, "ann", bearerByFunction, 1), signIn(site, "bob", bearerByEndpoint, 1)
		ann.waitSignedIn(1)
		bob.waitSignedIn(1)
		ann.signedIn("ann")
		bob.signedIn("bob")
		for _, token := range site.Sim.Tokens() {
			region := map[string]any{"ann": "West", "bob": "East"}[token.User]
			Expect(token.Rules.VariableValues[0].Values).To(ConsistOf(region))
		}
		Expect(site.Sim.Tokens()).To(HaveLen(2))
	})
})
