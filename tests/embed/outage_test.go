package embed_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

var _ = Describe("while the cluster makes no tokens", func() {
	fail := func(site *embed.Site) {
		site.Sim.Fail(authtest.OpGetCustomAccessToken, -1, authtest.Header("Retry-After", "1"), authtest.Status(503))
	}

	It("a page that is signed in waits for the next one, and is signed in", func() {
		site := start()
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		fail(site)
		site.Sim.Advance(250 * time.Second) // of 300
		ann.beginCheck()
		soon(func() string { return ann.text("notice") }).Should(HavePrefix("503 Service Unavailable: "))
		site.Sim.Advance(time.Minute) // what the page holds is dead now
		site.Sim.ClearFaults()
		ann.waitChecked()
		ann.signedIn("ann")
		for _, e := range site.Events() {
			Expect(e.Outcome).To(BeElementOf(tokenservice.Served, tokenservice.Unavailable))
		}
	})

	It("a page that is opened waits, and is signed in when that is over", func() {
		site := start()
		fail(site)
		ann := signIn(site, "ann", bearerByFunction, 1)
		soon(func() string { return ann.text("notice") }).Should(HavePrefix("503 Service Unavailable: "))
		site.Sim.ClearFaults()
		ann.waitSignedIn(1)
		ann.signedIn("ann")
	})

	It("a page by authEndpoint says that it is signed out, and is signed in when it is opened again", func() {
		site := start()
		fail(site)
		ann := signIn(site, "ann", bearerByEndpoint, 1)
		soon(func() string { return ann.text("embeds") }).Should(Equal("ThoughtSpot has signed you out."))
		site.Sim.ClearFaults()
		soon(func() int { // it may be too early yet
			ann.open(site, bearerByEndpoint, 1)
			soon(func() string { return ann.text("said") }).ShouldNot(BeEmpty())
			return ann.said("SDK_SUCCESS")
		}).Should(Equal(1))
		ann.waitSignedIn(1)
		ann.signedIn("ann")
	})
})
