package bench

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// recorder keeps the Authorization header that arrives, and its response.
type recorder struct {
	*fake.Server
	header []string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.Path, fake.GitHubPath) && req.URL.Path != fake.MintPath {
		r.header = req.Header["Authorization"]
	}
	return r.Server.RoundTrip(req)
}

// TestEachPeerAuthorises keeps the comparison honest: a library that does not
// send its live token is fast.
func TestEachPeerAuthorises(t *testing.T) {
	for _, p := range peers.All() {
		t.Run(p.Name, func(t *testing.T) {
			server := &recorder{Server: fake.New(time.Hour, 0)}
			s := setup(t, server.Server, fake.InProcess, &http.Client{Transport: server})
			c := begin(t, p, s)

			resp, err := c.Do(request(t.Context(), s.Server))
			if err != nil {
				t.Fatal(err)
			}
			if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || resp.Body.Close() != nil {
				t.Fatalf("%d %s", resp.StatusCode, body)
			}
			scheme, want := "Bearer ", "minted"
			if p.Name == "ghinstallation" {
				scheme = "token "
			}
			if p.Name == "static" || p.Name == "by-hand" {
				want = "issued"
			}
			if len(server.header) != 1 || !strings.HasPrefix(server.header[0], scheme+want) || len(server.header[0]) != len(scheme)+fake.TokenSize {
				t.Errorf("Do sent %q", server.header)
			}

			req := request(t.Context(), s.Server)
			if err := c.Authorize(req)(); err != nil {
				t.Fatal(err)
			}
			got := req.Header["Authorization"]
			if len(got) != 1 || !strings.HasPrefix(got[0], scheme+want) {
				t.Errorf("Authorize set %q", got)
			}
			if p.Name != "per-request" && got[0] != server.header[0] {
				t.Error("Authorize and Do use different tokens")
			}
		})
	}
}

func TestEachRenewingPeerMintsOnce(t *testing.T) {
	for _, p := range peers.Renewing() {
		server := fake.New(24*time.Hour, 0)
		s := setup(t, server, fake.InProcess, &http.Client{Transport: server})
		c := begin(t, p, s)
		for range 5 {
			resp, err := c.Do(request(t.Context(), s.Server))
			if err != nil {
				t.Fatal(p.Name, err)
			}
			_ = resp.Body.Close()
		}
		if n := server.Mints(); n != 1 {
			t.Errorf("%s: %d token calls for 5 requests", p.Name, n)
		}
	}
}
