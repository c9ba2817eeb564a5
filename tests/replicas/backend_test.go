package replicas

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// R9: three applications of examples/backend, whose pages request many tokens at
// once, each page its own, keep to one rate together. The server allows little
// more than that, and a call that it rejects is made again.
func TestR9_ThreeBackends_ShareOneRate(t *testing.T) {
	t.Parallel()
	const users, pages = 4, 18
	program := filepath.Join(t.TempDir(), "backend")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir, build.Stderr = "../../examples/backend", os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, settings{validity: 60, rate: 50, serverRate: 60})
	args := []string{"-addr", "127.0.0.1:0", "-plain", "-redis", f.store}
	for u := range users {
		args = append(args, "-user", fmt.Sprintf("user-%d:pw:West", u))
	}
	type browser struct {
		*http.Client
		at string
	}
	var browsers []browser
	for range 3 {
		p := start(t, []string{"THOUGHTSPOT_HOST=" + f.cluster, "THOUGHTSPOT_SECRET_KEY=" + secretKey, "TSAUTH_STORE_KEY=" + storeKey(1)}, program, args...)
		at := p.line(t)
		for u := range users {
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			b := browser{&http.Client{Jar: jar, Transport: f.client.Transport}, at}
			resp, err := b.PostForm(at+"/sign-in", url.Values{"name": {fmt.Sprintf("user-%d", u)}, "password": {"pw"}}) //nolint:noctx // the processes end with the test
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			browsers = append(browsers, b)
		}
	}
	var wg sync.WaitGroup
	for _, b := range browsers {
		for range pages {
			wg.Go(func() {
				resp, err := b.Get(b.at + "/ts-token") //nolint:noctx // as above
				if err != nil {
					t.Error(err)
					return
				}
				text, _ := io.ReadAll(resp.Body)
				if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", resp.Status, text)
				}
			})
		}
	}
	wg.Wait()
	if n := f.mints(); n != 3*users*pages {
		t.Errorf("%d calls for the tokens of %d pages", n, 3*users*pages)
	}
}
