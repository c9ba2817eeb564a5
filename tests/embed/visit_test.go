package embed_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/tests/embed"
)

// way is how a page signs in to the cluster.
type way struct{ authType, how string }

var (
	bearerByFunction  = way{"TrustedAuthTokenCookieless", "function"}
	bearerByEndpoint  = way{"TrustedAuthTokenCookieless", "endpoint"}
	sessionByFunction = way{"TrustedAuthToken", "function"}
	sessionByEndpoint = way{"TrustedAuthToken", "endpoint"}
)

func (w way) String() string { return w.authType + ", " + w.how }

// everyWay are the entries of a table for all of them.
func everyWay() []TableEntry {
	var entries []TableEntry
	for _, w := range []way{bearerByFunction, bearerByEndpoint, sessionByFunction, sessionByEndpoint} {
		entries = append(entries, Entry(w.String(), w))
	}
	return entries
}

// start starts the three servers on TLS, the cluster on another site.
func start() *embed.Site {
	GinkgoHelper()
	site, err := embed.Start(embed.Config{TLS: true, SentAnywhere: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(site.Close)
	return site
}

// signIn signs a new visitor in to the application, whose page then embeds.
func signIn(site *embed.Site, user string, w way, embeds int) *tab {
	GinkgoHelper()
	t := newVisitor()
	t.open(site, w, embeds)
	t.do(chromedp.Click(chromedp.CSS(`button[value="`+user+`"]`)), chromedp.WaitReady(chromedp.CSS("#me")))
	Expect(t.text("me")).To(Equal(user))
	return t
}

// open opens the application's page.
func (t *tab) open(site *embed.Site, w way, embeds int) {
	GinkgoHelper()
	t.do(chromedp.Navigate(fmt.Sprintf("%s/?type=%s&how=%s&embeds=%d", site.App, w.authType, w.how, embeds)))
}

// waitSignedIn waits until the cluster has let each embed in.
func (t *tab) waitSignedIn(embeds int) {
	GinkgoHelper()
	soon(func() int { return t.said("authInit") }).
		Should(Equal(embeds), func() string { return t.text("said") + "; the page shows: " + t.text("notice") })
}

// shown is what the cluster's page in an iframe shows.
type shown struct {
	Status, User, Auth, Tokens, Distinct string
	Messages                             map[string]int
}

// check lets the cluster's page look whether it is still signed in, act on it, and
// tell what it shows then.
func (t *tab) check(embed int) shown {
	GinkgoHelper()
	return eval[struct{ Data shown }](t, fmt.Sprintf(`embeds[%d].trigger('authtest.check')`, embed)).Data
}

// signedIn expects the first embed to be signed in as a user, without a token that
// came twice.
func (t *tab) signedIn(user string) shown {
	GinkgoHelper()
	s := t.check(0)
	Expect(s.Status).To(Equal("signed in"))
	Expect(s.User).To(Equal(user))
	Expect(s.Distinct).To(Equal(s.Tokens), "no token came twice")
	return s
}

// signedInAgain expects ann to be so after what the page holds has ended: a new
// token goes to the iframe at once, a new session is seen by the next look.
func (t *tab) signedInAgain(w way) {
	GinkgoHelper()
	if w.authType == "TrustedAuthToken" {
		before := t.said("SDK_SUCCESS")
		Expect(t.check(0).Status).To(Equal("expired"))
		soon(func() int { return t.said("SDK_SUCCESS") }).Should(Equal(before + 1))
	}
	t.signedIn("ann")
}

// said is how often the SDK said something.
func (t *tab) said(what string) int {
	GinkgoHelper()
	n := 0
	for said := range strings.SplitSeq(t.text("said"), ", ") {
		if said == what {
			n++
		}
	}
	return n
}

// soon waits for what the browser, the service and the cluster do together.
func soon(actual any) AsyncAssertion {
	return Eventually(actual).WithTimeout(20 * time.Second).WithPolling(50 * time.Millisecond)
}

// minted is how many tokens were requested from the cluster.
func minted(site *embed.Site) int { return site.Sim.Calls(authtest.OpGetCustomAccessToken) }

// outcomes counts what the service did.
func outcomes(site *embed.Site) map[tokenservice.Outcome]int {
	all := make(map[tokenservice.Outcome]int)
	for _, e := range site.Events() {
		all[e.Outcome]++
	}
	return all
}

// beginCheck is check without waiting, as the SDK may never answer; waitChecked
// waits for what it did.
func (t *tab) beginCheck() {
	GinkgoHelper()
	t.do(chromedp.Evaluate[chromedp.Void](`void (window.checking = embeds[0].trigger('authtest.check'))`))
}

func (t *tab) waitChecked() {
	GinkgoHelper()
	eval[any](t, `checking`)
}
