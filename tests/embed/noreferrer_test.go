package embed_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

var _ = Describe("a sign-out by a form under Referrer-Policy: no-referrer", func() {
	It("T3: works on the service's own origin, and is rejected on another site", func() {
		var (
			mu    sync.Mutex
			heads []string // Origin and Sec-Fetch-Site of each POST
		)
		site, err := embed.Start(embed.Config{TLS: true, SentAnywhere: true, Requested: func(r *http.Request) {
			if r.Method == http.MethodPost {
				mu.Lock()
				defer mu.Unlock()
				heads = append(heads, r.Header.Get("Origin")+" "+r.Header.Get("Sec-Fetch-Site")+" "+r.Header.Get("Referer"))
			}
		}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(site.Close)
		other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Referrer-Policy", "no-referrer")
			_, _ = io.WriteString(w, `<!DOCTYPE html><link rel="icon" href="data:,">
<form method="post" action="`+site.App+`/ts-token/logout"><button id="end">Win a prize</button></form>`)
		}))
		DeferCleanup(other.Close)
		ann := signIn(site, "ann", bearerByFunction, 1)
		ann.waitSignedIn(1)
		alive := len(site.Sim.Tokens())
		page := ann.another()
		click := func(address string) {
			page.do(chromedp.Navigate(address), chromedp.Click(chromedp.CSS("#end")))
		}
		for n := range 2 {
			click(other.URL)
			soon(func() (string, error) { return page.shows() }).Should(ContainSubstring(`"status":403`))
			Expect(outcomes(site)).To(HaveKeyWithValue(tokenservice.CrossSite, n+1))
			Expect(site.Sim.Tokens()).To(HaveLen(alive))
		}
		for n := range 2 {
			click(site.App + "/no-referrer")
			soon(func() map[tokenservice.Outcome]int { return outcomes(site) }).Should(HaveKeyWithValue(tokenservice.Ended, n+1))
			Expect(site.Sim.Tokens()).To(BeEmpty())
		}
		mu.Lock()
		defer mu.Unlock()
		Expect(strings.Join(heads, "\n")).To(Equal("null cross-site \nnull cross-site \nnull same-origin \nnull same-origin "))
	})
})
