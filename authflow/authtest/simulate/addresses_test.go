package simulate

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The control API is on a listener of its own, and there alone.
func TestControlListensApart(t *testing.T) {
	lines, stderr, stop := start(t, 2, "--addr", "127.0.0.1:0", "--control", "0.0.0.0:0", "--control-host", "simulator")
	found := regexp.MustCompile(`^control (http://127\.0\.0\.1:[1-9]\d*)$`).FindStringSubmatch(lines[1])
	if found == nil {
		t.Fatalf("lines %q", lines)
	}
	for _, test := range []struct {
		url, host string
		status    int
	}{
		{found[1], "", 200}, {found[1], "simulator:4124", 200}, {found[1], "other:4124", 403}, {lines[0], "", 404},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.url+"/clock", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = test.host
		res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != test.status {
			t.Errorf("%+v: %d %s", test, res.StatusCode, body)
		}
	}
	if code, rest := stop(); code != 0 || rest != "" || strings.Contains(stderr.String(), "closed") {
		t.Errorf("exit %d, %q, %s", code, rest, stderr)
	}
}
