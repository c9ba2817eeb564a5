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
	"time"
)

// R9: three applications of examples/backend, whose pages ask for many tokens at
// once, each its own: together they keep to the pace of one.
func TestR9ThreeBackendsKeepToOnePace(t *testing.T) {
	t.Parallel()
	const users, pages, pace = 4, 18, 50
	program := filepath.Join(t.TempDir(), "backend")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir, build.Stderr = "../../examples/backend", os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, settings{validity: 60, pace: pace, limit: 100})
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
	began := time.Now()
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
	took, mints := time.Since(began), f.mints()
	t.Logf("%d tokens in %v", mints, took.Round(100*time.Millisecond))
	if least := time.Duration(float64(mints-10)/pace*float64(time.Second)) * 9 / 10; took < least {
		t.Errorf("%d tokens within %v: faster than %d a second", mints, took, pace)
	}
	if mints != 3*users*pages {
		t.Errorf("%d tokens for %d pages", mints, 3*users*pages)
	}
}
