package embed_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// reboundHost is a name that Chromium resolves to this machine, as an attacker
// can make it do.
const reboundHost = "rebound.example"

// startProxy runs tsauth proxy before a simulator and returns its address with the key.
func startProxy(sim *authtest.Server) string {
	GinkgoHelper()
	command := filepath.Join(GinkgoT().TempDir(), "tsauth")
	build := exec.CommandContext(GinkgoT().Context(), "go", "build", "-o", command, "./cmd/tsauth")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))

	proxy := exec.CommandContext(GinkgoT().Context(), command, "proxy")
	proxy.Env = append(os.Environ(), "THOUGHTSPOT_HOST="+sim.URL, "THOUGHTSPOT_USERNAME="+authtest.DefaultUsername,
		"THOUGHTSPOT_SECRET_KEY="+authtest.DefaultSecretKey)
	stdout, err := proxy.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(proxy.Start()).To(Succeed())
	DeferCleanup(func() {
		Expect(proxy.Process.Signal(syscall.SIGTERM)).To(Succeed())
		Expect(proxy.Wait()).To(Succeed())
		Expect(sim.Tokens()).To(BeEmpty())
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(address)
}

var _ = Describe("a page in a browser, and tsauth proxy on the same machine", func() {
	const path = "/api/rest/2.0/metadata/search"

	It("gets nothing, even if it knows the key", func() {
		sim := authtest.NewServer()
		DeferCleanup(sim.Close)
		address := startProxy(sim)
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<!DOCTYPE html><link rel="icon" href="data:,"><body><h1>Another site</h1>`)
		}))
		DeferCleanup(other.Close)
		addresses, err := json.Marshal([]string{address + path, strings.Replace(address, "127.0.0.1", "localhost", 1) + path})
		Expect(err).NotTo(HaveOccurred())
		for _, host := range []string{"127.0.0.1", "localhost", reboundHost} {
			page := newVisitor()
			page.do(chromedp.Navigate(strings.Replace(other.URL, "127.0.0.1", host, 1)))
			Expect(eval[[]string](page, attack+"("+string(addresses)+")")).To(BeEmpty(), host)
			page.do(chromedp.Evaluate[chromedp.Void](`void (location.href = '` + address + path + `')`))
			soon(func() (string, error) { return page.shows() }).Should(ContainSubstring("pages in a browser cannot use this proxy"))
		}
		Expect(sim.Calls(authtest.Echo)).To(BeZero())
	})

	It("gets nothing by a name that leads to the proxy", func() {
		sim := authtest.NewServer()
		DeferCleanup(sim.Close)
		address := strings.Replace(startProxy(sim), "127.0.0.1", reboundHost, 1)
		page := newVisitor()
		for range 2 {
			page.do(chromedp.Navigate(address + path))
			soon(func() (string, error) { return page.shows() }).Should(ContainSubstring("the Host is not 127.0.0.1"))
			for _, method := range []string{"GET", "POST"} {
				Expect(eval[int](page, `fetch(location.href, {method: '`+method+`'}).then((r) => r.status)`)).To(Equal(http.StatusForbidden))
			}
		}
		Expect(sim.Calls(authtest.Echo)).To(BeZero())
	})
})
