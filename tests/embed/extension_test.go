package embed_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

// extensionOrigin is the origin of an extension, whose scheme is not http. Chromium has
// no flag for other schemes: only programs that embed it, such as Electron, register them.
var extensionOrigin string

// installExtension writes an extension with one page and no permissions, and sets
// extensionOrigin. Chromium derives the id of an extension from its public key.
func installExtension(dir string) {
	GinkgoHelper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	Expect(err).NotTo(HaveOccurred())
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	Expect(err).NotTo(HaveOccurred())
	sum := sha256.Sum256(public)
	extensionOrigin = "chrome-extension://"
	for _, b := range sum[:16] {
		extensionOrigin += string([]byte{'a' + b>>4, 'a' + b&15})
	}
	manifest, err := json.Marshal(map[string]any{
		"manifest_version": 3, "name": "page", "version": "1", "key": base64.StdEncoding.EncodeToString(public),
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600)).To(Succeed())
	Expect(os.WriteFile(filepath.Join(dir, "page.html"), []byte(`<!DOCTYPE html><h1>An extension</h1>`), 0o600)).To(Succeed())
}

var _ = Describe("a page of another scheme than http", func() {
	// The extension belongs to the browser's own profile, as its cookies do.
	visit := func(origins ...string) (*embed.Site, *tab) {
		site, err := embed.Start(embed.Config{TLS: true, SentAnywhere: true, Origins: origins})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(site.Close)
		ann := newTab(theBrowser)
		ann.open(site, bearerByFunction, 1)
		ann.do(chromedp.Click(chromedp.CSS(`button[value="ann"]`)), chromedp.WaitReady(chromedp.CSS("#me")))
		ann.waitSignedIn(1)
		DeferCleanup(ann.signOut)
		page := newTab(theBrowser)
		page.do(chromedp.Navigate(extensionOrigin + "/page.html"))
		Expect(eval[string](page, `location.origin`)).To(Equal(extensionOrigin))
		return site, page
	}
	get := func(page *tab, site *embed.Site, method string) string {
		return eval[string](page, `fetch('`+site.Tokens+`/ts-token', { method: '`+method+`', credentials: 'include' })
			.then(async (a) => a.status + ' ' + await a.text(), (e) => e.name)`)
	}

	It("T3: gets a token of its own and ends it, if WithOrigins names its origin", func() {
		site, page := visit(extensionOrigin)
		for range 2 {
			got := get(page, site, http.MethodGet)
			values := make([]string, 0, 2)
			for _, token := range site.Sim.Tokens() {
				values = append(values, "200 "+string(token.Value))
				Expect(token.User).To(Equal("ann"))
			}
			Expect(values).To(ContainElement(got))
			Expect(get(page, site, http.MethodDelete)).To(Equal("204 "))
			Expect(site.Sim.Tokens()).To(BeEmpty())
		}
	})

	It("T3: gets no token and ends none, if nobody has named its origin", func() {
		site, page := visit("chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
		made := minted(site)
		for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodGet} {
			Expect(get(page, site, method)).To(Equal("TypeError"))
		}
		Expect(minted(site)).To(Equal(made))
		Expect(site.Sim.Tokens()).To(HaveLen(made))
		Expect(outcomes(site)).To(HaveKeyWithValue(tokenservice.CrossSite, 2))
	})
})
