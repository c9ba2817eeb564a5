package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/body"
)

// A program sees no 401 when its token was revoked, whatever the body is and however it is
// framed, up to the size that is kept.
func TestReplay_AfterRevocation_ProgramSeesSuccess(t *testing.T) {
	w := newWorld(t)
	for name, size := range map[string]int{"no body": 0, "small": 2, "largest": body.MaxKept} {
		for _, framing := range []string{"length", "chunks"} {
			text := strings.Repeat("a", size)
			w.sim.RevokeAll()
			w.takeSeen()
			request := fmt.Sprintf("POST /%s%s HTTP/1.1\r\nHost: HOST\r\nContent-Length: %d\r\n\r\n%s", testKey, search, size, text)
			if framing == "chunks" {
				chunk := fmt.Sprintf("%x\r\n%s\r\n", size, text)
				if size == 0 {
					chunk = ""
				}
				request = fmt.Sprintf("POST /%s%s HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n", testKey, search, chunk)
			}
			got := w.raw(request)
			if len(got) != 1 || got[0].StatusCode != http.StatusOK || !strings.Contains(got[0].body, `"body":"`+text[:min(size, 100)]) {
				t.Fatalf("%s by %s: %v", name, framing, got)
			}
			for _, seen := range w.takeSeen() {
				if seen.ContentLength != int64(size) || len(seen.TransferEncoding) != 0 {
					t.Errorf("%s by %s: the cluster saw length %d, %v", name, framing, seen.ContentLength, seen.TransferEncoding)
				}
			}
		}
	}
}

// A body above the size that is kept cannot be sent again: the program gets the 401, and
// its next request works.
func TestReplay_LongBodyAfterRevocation_ProgramSeesOne401(t *testing.T) {
	w := newWorld(t)
	text := strings.Repeat("a", body.MaxKept+1)
	for _, want := range []int{200, 401, 200} {
		if want == 401 {
			w.sim.RevokeAll()
		}
		got := w.do(http.MethodPost, search, text)
		if got.StatusCode != want {
			t.Errorf("%d %.200s, want %d", got.StatusCode, got.body, want)
		}
		w.wantNoInvitation("401", got)
	}
}

func TestReplay_BodyThatEndsEarly_IsNotSent(t *testing.T) {
	w := newWorld(t)
	got := w.rawBytes("POST /" + testKey + search + " HTTP/1.1\r\nHost: " + w.addr() + "\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdexx")
	if len(got) != 1 || got[0].StatusCode != http.StatusBadRequest || !strings.Contains(got[0].body, "the body ended early") {
		t.Errorf("%v", got)
	}
	if seen := w.takeSeen(); len(seen) != 0 {
		t.Errorf("the cluster saw %v", seen)
	}
}

func TestFailure_OfTheCluster_HasTheFormOfTheAPI(t *testing.T) {
	for name, c := range map[string]struct {
		fault authtest.Fault
		want  int
		text  string
	}{
		"rejected key":  {authtest.Reject(401, 10097, "no"), 502, "credentials rejected"},
		"overload":      {authtest.Status(503), 503, "503"},
		"login page":    {authtest.Redirect(302, "https://idp.example/login"), 502, "unexpected redirect"},
		"rate limit":    {authtest.RateLimited(1e9), 503, "rate limited"},
		"maintenance":   {authtest.Maintenance(200), 503, "site in maintenance"},
		"no connection": {authtest.Reset(), 503, "getFullAccessToken"},
	} {
		w := newWorld(t)
		w.sim.Fail(authtest.OpGetFullAccessToken, -1, c.fault)
		got := w.do(http.MethodPost, search, "{}")
		isTold := strings.HasPrefix(got.body, `{"error":{"message":{"debug":"tsauth proxy: `) && strings.Contains(got.body, c.text)
		if got.StatusCode != c.want || !isTold || strings.Contains(got.body, authtest.DefaultSecretKey) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
		if c.want == 503 && got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
	}
}
