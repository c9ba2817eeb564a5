package embed_test

import (
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

//go:embed attack.js
var attack string

var _ = Describe("a page that the service does not know", func() {
	DescribeTable("T3: can neither read a token nor have one made or ended", func(host string) {
		var withCookie atomic.Int64
		site, err := embed.Start(embed.Config{TLS: true, SentAnywhere: true, Requested: func(r *http.Request) {
			if _, err := r.Cookie("session"); err == nil {
				withCookie.Add(1)
			}
		}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(site.Close)
		other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<!DOCTYPE html><link rel="icon" href="data:,"><body><h1>Another site</h1>`)
		}))
		DeferCleanup(other.Close)

		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		before, made := withCookie.Load(), minted(site) // the SDK may have asked twice, where all is slow
		elsewhere := ann.another()
		elsewhere.do(chromedp.Navigate(strings.Replace(other.URL, "127.0.0.1", host, 1)))
		addresses, err := json.Marshal([]string{
			site.Tokens + "/ts-token", site.App + "/ts-token", site.Tokens + "/ts-token/logout", site.App + "/ts-token/logout",
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(eval[[]string](elsewhere, attack+"("+string(addresses)+")")).To(BeEmpty())
		elsewhere.do(chromedp.Evaluate[chromedp.Void](`void (location.href = '` + site.Tokens + `/ts-token')`))
		soon(func() (string, error) { return elsewhere.shows() }).Should(ContainSubstring(`"status":403`))

		Expect(withCookie.Load()-before).To(BeNumerically(">", 40), "the browser sent the cookie of the user")
		Expect(minted(site)).To(Equal(made))
		Expect(site.Sim.Tokens()).To(HaveLen(made))
		Expect(outcomes(site)).To(And(HaveLen(3),
			HaveKeyWithValue(tokenservice.Served, made), HaveKey(tokenservice.CrossSite), HaveKey(tokenservice.BadMethod)))
		ann.signedIn("ann")
	},
		Entry("on another site", "127.0.0.1"),
		Entry("on the same site, at another port", "localhost"),
	)
})
