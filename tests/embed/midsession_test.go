package embed_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

var _ = Describe("a page that is signed in", func() {
	DescribeTable("stays so when its token is revoked", func(w way) {
		site := start()
		ann := signIn(site, "ann", w, 1)
		ann.waitSignedIn(1)
		for range 2 {
			site.Sim.RevokeAll()
			ann.signedInAgain(w)
		}
		Expect(minted(site)).To(Equal(3))
	}, everyWay())

	DescribeTable("has another token before the one it holds ends", func(w way) {
		site := start()
		ann := signIn(site, "ann", w, 1)
		ann.waitSignedIn(1)
		site.Sim.Advance(250 * time.Second) // of 300
		s := ann.signedIn("ann")
		Expect(s.Messages["received-RefreshAuthToken"]).To(Equal(1))
		Expect(s.Messages["sent-ThoughtspotAuthExpired"]).To(BeZero())
		Expect(s.Tokens).To(Equal("2"))
		site.Sim.Advance(60 * time.Second) // the first one is dead, the second is not
		Expect(ann.signedIn("ann").Tokens).To(Equal("2"))
	}, Entry(bearerByFunction.String(), bearerByFunction), Entry(bearerByEndpoint.String(), bearerByEndpoint))

	DescribeTable("in two tabs is so in both, with a token for each", func(w way) {
		site := start()
		ann := signIn(site, "ann", w, 1)
		ann.waitSignedIn(1)
		second := ann.another()
		second.open(site, w, 1)
		second.waitSignedIn(1)
		Expect(minted(site)).To(Equal(2))
		Expect(site.Sim.Tokens()).To(HaveLen(2))
		site.Sim.RevokeAll()
		ann.signedInAgain(w)
		second.signedInAgain(w)
		Expect(minted(site)).To(Equal(4))
	}, Entry(bearerByFunction.String(), bearerByFunction), Entry(bearerByEndpoint.String(), bearerByEndpoint))

	It("in two tabs shares the session that the cookies are", func() {
		site := start()
		ann := signIn(site, "ann", sessionByFunction, 1)
		ann.waitSignedIn(1)
		second := ann.another()
		second.open(site, sessionByFunction, 1)
		second.waitSignedIn(1)
		Expect(minted(site)).To(Equal(1))
		site.Sim.RevokeAll()
		ann.signedInAgain(sessionByFunction)
		second.signedIn("ann")
		Expect(minted(site)).To(Equal(2))
	})

	It("stays so when the secret key is rotated", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		site.Sim.RotateSecretKey("the-next-key")
		site.SetKey("the-next-key")
		ann.signedIn("ann") // with the token made by the key before
		site.Sim.RevokeAll()
		ann.signedInAgain(bearerByFunction)
	})

	DescribeTable("has the new rules when they change, and none of before", func(w way) {
		site := start()
		ann := signIn(site, "ann", w, 1)
		ann.waitSignedIn(1)
		Expect(site.SetRegion(GinkgoT().Context(), "ann", "North")).To(Succeed())
		Expect(site.Sim.Tokens()).To(BeEmpty())
		Expect(site.Sim.Sessions()).To(BeEmpty())
		ann.signedInAgain(w)
		Expect(site.Sim.Tokens()).To(HaveLen(1))
		Expect(site.Sim.Tokens()[0].Rules.VariableValues[0].Values).To(ConsistOf("North"))
	}, everyWay())

	It("stays so when the token service is restarted", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		Expect(site.Service().Shutdown(GinkgoT().Context())).To(Succeed())
		ann.signedIn("ann") // a restart ends no tokens
		site.Sim.RevokeAll()
		ann.beginCheck()
		soon(func() string { return ann.text("notice") }).Should(HavePrefix("503 Service Unavailable: The service is being restarted."))
		Expect(site.StartService()).To(Succeed())
		ann.waitChecked()
		ann.signedIn("ann")
		Expect(outcomes(site)).To(HaveKey(tokenservice.ShuttingDown))
		Expect(minted(site)).To(Equal(2))
	})
})
