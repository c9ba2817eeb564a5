package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/body"
)

func TestPrivacy_CallersCredentials_DoNotReachTheCluster(t *testing.T) {
	w := newWorld(t)
	const secret = "only-for-the-proxy"
	for name, header := range map[string][]string{
		"cookie":                          {"Cookie", "session=" + secret},
		"two cookies":                     {"Cookie", "a=" + secret, "cookie", "b=" + secret},
		"old cookie":                      {"Cookie2", secret},
		"key in the header":               {keyHeader, testKey},
		"key as a password":               {"Authorization", basic(secret, testKey)},
		"proxy password":                  {"Proxy-Authorization", basic(secret, secret)},
		"referer with the key":            {"Referer", w.proxy.URL() + "/x"},
		"another header with the key":     {"X-Debug", "a", "X-Debug", "<" + testKey + ">"},
		"key named hop-by-hop":            {keyHeader, testKey, "Connection", keyHeader + ", Cookie", "Cookie", secret},
		"a header named hop-by-hop":       {"X-Mine", secret, "Connection", "x-mine"},
		"where it came from":              {"X-Forwarded-For", secret, "Forwarded", "for=" + secret, "X-Forwarded-Host", secret},
		"another path for some servers":   {"X-Original-URL", "/" + secret, "X-Rewrite-Url", secret},
		"another method for some servers": {"X-HTTP-Method-Override", secret, "X-Method-Override", secret},
	} {
		got := w.do(http.MethodPost, search, "{}", header...)
		seen := w.takeSeen()
		if got.StatusCode != http.StatusOK || len(seen) != 1 {
			t.Fatalf("%s: %d %s", name, got.StatusCode, got.body)
		}
		sent := fmt.Sprint(seen[0].RequestURI, seen[0].Host, seen[0].Header, seen[0].Trailer)
		if strings.Contains(sent, secret) || strings.Contains(sent, testKey) {
			t.Errorf("%s: the cluster saw %s", name, sent)
		}
		if token := seen[0].Header.Get("Authorization"); !strings.HasPrefix(token, "Bearer ") || len(seen[0].Header["Authorization"]) != 1 {
			t.Errorf("%s: Authorization %q", name, token)
		}
	}
}

func TestPrivacy_Trailers_DoNotReachTheCluster(t *testing.T) {
	w := newWorld(t)
	for name, size := range map[string]int{"kept body": 2, "streamed body": body.MaxKept + 1} {
		got := w.raw("POST /" + testKey + search + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nTrailer: Cookie, X-Mine\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\nCookie: secret\r\nX-Mine: secret\r\n\r\n", size, strings.Repeat("a", size)))
		seen := w.takeSeen()
		if len(got) != 1 || got[0].StatusCode != http.StatusOK || len(seen) != 1 {
			t.Fatal(name, got, seen)
		}
		if len(seen[0].Trailer) != 0 {
			t.Errorf("%s: the cluster saw %v", name, seen[0].Trailer)
		}
	}
}

// Cookies, before the response and behind it too, requests for a password, and permission
// for pages do not come back.
func TestPrivacy_ClusterHeaders_DoNotComeBack(t *testing.T) {
	w := newWorld(t)
	w.respond(func(rw http.ResponseWriter, _ *http.Request) {
		h := rw.Header()
		h.Set("Set-Cookie", "early=1")
		rw.WriteHeader(http.StatusEarlyHints)
		h.Set("Trailer", "Set-Cookie, X-Later")
		h.Add("Set-Cookie", "JSESSIONID=1; Path=/")
		h.Set("Set-Cookie2", "a=1")
		h.Set("WWW-Authenticate", "Basic")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "*")
		h.Set("Authentication-Info", "a=1")
		h.Set("Proxy-Authenticate", "Basic")
		h.Set("Alt-Svc", `h3=":443"`)
		h.Set("X-Fine", "yes")
		rw.WriteHeader(http.StatusForbidden)
		_, _ = rw.Write([]byte("text"))
		h.Set("Set-Cookie", "late=1")
		h.Set("X-Later", "1")
		h.Set(http.TrailerPrefix+"X-Unannounced", "1")
	})
	for _, time := range []string{"first", "second"} {
		got := w.raw("GET /" + testKey + search + " HTTP/1.1\r\nHost: HOST\r\nTE: trailers\r\nConnection: TE\r\n\r\n")
		if len(got) != 1 || got[0].StatusCode != http.StatusForbidden || got[0].Header.Get("X-Fine") != "yes" || got[0].body != "text" {
			t.Fatalf("%s time: %v", time, got)
		}
		w.wantNoInvitation(time+" time", got[0])
		if len(got[0].Trailer) != 0 {
			t.Errorf("%s time: trailers %v", time, got[0].Trailer)
		}
	}
}
