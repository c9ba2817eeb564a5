package proxy

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestListen_AddressThatOthersReach_IsRejected(t *testing.T) {
	for _, address := range []string{"", ":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:80", "127.0.0.1", "8080", "unix", "127.1:0"} {
		l, err := Listen(t.Context(), address)
		if err == nil {
			_ = l.Close()
			t.Errorf("%q is accepted", address)
			continue
		}
		if !strings.Contains(err.Error(), "127.0.0.1:0") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestListen_LoopbackAddress_NamesItsHosts(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
		l, err := Listen(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if l.URL() != "http://"+l.Addr().String() || strings.HasSuffix(l.URL(), ":0") {
			t.Errorf("%s: %s", address, l.URL())
		}
		_ = l.Close()
	}
	for address, want := range map[string][]string{
		"127.0.0.1:8080": {"127.0.0.1:8080", "localhost:8080"},
		"[::1]:8080":     {"[::1]:8080", "localhost:8080"},
		"127.0.0.1:80":   {"127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"},
		"[::1]:80":       {"[::1]:80", "localhost:80", "[::1]", "localhost"},
	} {
		if got := hostsOf(address); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

// The name of the machine itself, in any case, is as good as the address.
func TestListen_LocalhostInAnyCase_IsAHost(t *testing.T) {
	w := newWorld(t)
	_, port, _ := strings.Cut(w.addr(), ":")
	for _, host := range []string{"localhost:" + port, "LocalHost:" + port, "127.0.0.1:" + port} {
		got := w.raw("GET /" + testKey + search + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		if len(got) != 1 || got[0].StatusCode != http.StatusOK {
			t.Errorf("%s: %v", host, got)
		}
	}
}

// Node's fetch marks each request with this header, and no page's request has it alone.
func TestBrowser_HeaderOfNode_IsLetIn(t *testing.T) {
	w := newWorld(t)
	got := w.do("POST", search, "{}", "Sec-Fetch-Mode", "cors")
	seen := w.takeSeen()
	if got.StatusCode != http.StatusOK || len(seen) != 1 || seen[0].Header.Get("Sec-Fetch-Mode") != "" {
		t.Errorf("%d %s, %v", got.StatusCode, got.body, seen)
	}
}
