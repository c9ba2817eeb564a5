package embed_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// theBrowser is the one Chromium of the suite.
var theBrowser context.Context

var _ = BeforeSuite(func() {
	dir := GinkgoT().TempDir()
	Expect(os.Mkdir(filepath.Join(dir, "Default"), 0o700)).To(Succeed())
	// Debian's Chromium keeps cookies from iframes of other sites otherwise, and
	// then TrustedAuthToken works nowhere.
	Expect(os.WriteFile(filepath.Join(dir, "Default", "Preferences"),
		[]byte(`{"profile":{"block_third_party_cookies":false,"cookie_controls_mode":0}}`), 0o600)).To(Succeed())
	extension := GinkgoT().TempDir()
	installExtension(extension)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium()), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.IgnoreCertErrors,
		chromedp.Flag("disable-extensions", false), chromedp.Flag("load-extension", extension),
		chromedp.Flag("host-resolver-rules", "MAP "+reboundHost+" 127.0.0.1"), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	DeferCleanup(stop)
	var cancel context.CancelFunc
	theBrowser, cancel = chromedp.NewContext(allocator)
	DeferCleanup(func() {
		Expect(chromedp.Cancel(theBrowser)).To(Succeed()) // waits for its end
		cancel()
	})
	Expect(chromedp.Do(theBrowser)).To(Succeed())
})

// tab is one page of a visitor. An alert of the page fails the spec.
type tab struct {
	ctx context.Context

	mu      sync.Mutex
	dialogs []string
}

// newVisitor opens a tab of a new visitor, without cookies.
func newVisitor() *tab {
	GinkgoHelper()
	return newTab(theBrowser, chromedp.WithNewBrowserContext())
}

// another opens another tab of the same visitor.
func (t *tab) another() *tab {
	GinkgoHelper()
	return newTab(t.ctx)
}

func newTab(parent context.Context, options ...chromedp.ContextOption) *tab {
	GinkgoHelper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	DeferCleanup(cancel)
	t := &tab{ctx: ctx}
	Expect(chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*page.EventJavascriptDialogOpening); ok {
			t.mu.Lock()
			t.dialogs = append(t.dialogs, e.Message)
			t.mu.Unlock()
			go func() {
				_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			}()
		}
	})).To(Succeed())
	DeferCleanup(func() { Expect(t.alerts()).To(BeEmpty(), "nothing alerts, ever") })
	return t
}

// alerts returns the alerts of the page, one in a line.
func (t *tab) alerts() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.dialogs, "\n")
}

// do does something in the tab, within 15 seconds.
func (t *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(t.ctx, 15*time.Second)
	defer cancel()
	Expect(chromedp.Do(ctx, steps...)).To(Succeed(), t.alerts)
}

// eval evaluates JavaScript in the page and waits for its promise.
func eval[T any](t *tab, script string) T {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(t.ctx, 15*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	Expect(err).NotTo(HaveOccurred(), t.alerts)
	return v
}

// shows is the text of the page, or an error while another one is coming.
func (t *tab) shows() (string, error) {
	ctx, cancel := context.WithTimeout(t.ctx, 15*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`document.body?.textContent ?? ''`))
}

// text is what an element of the page shows; empty if there is none.
func (t *tab) text(id string) string {
	GinkgoHelper()
	return eval[string](t, `document.getElementById('`+id+`')?.textContent ?? ''`)
}

// hasArrived reports whether the tab shows another page than the one that it leaves, or
// an error while there is none.
func (t *tab) hasArrived() (bool, error) {
	ctx, cancel := context.WithTimeout(t.ctx, 15*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[bool](`!window.leaving && document.readyState === 'complete'`))
}
