package authtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A slash at the end of a path is ignored, for all that the simulator has.
func TestPath_SlashAtItsEnd_IsIgnored(t *testing.T) {
	sim := authtest.New(ann(authtest.Privileges(authtest.PrivilegeAdministration)),
		authtest.WithAnswer("GET", base+"set", authtest.JSON(200, "set")), authtest.WithAnswer("GET", base+"set/slash/", authtest.JSON(200, "slash")))
	tok := bearer(token(t, sim, full+"/", annPW).Token)
	for to, wanted := range map[string]string{
		whoami + "/":                 `"name":"ann"`,
		"GET " + base + "system/":    `"release_version"`,
		"GET /prism/preauth/info/":   `"userName":"ann"`,
		"GET " + base + "set/":       `"set"`,
		"GET " + base + "set/slash":  `"slash"`,
		"GET " + base + "set/slash/": `"slash"`,
		"GET " + base + "other/":     `"path":"/api/rest/2.0/other/"`,
		"GET /?embedApp=true":        `<html`,
		"GET /v2?embedApp=true":      `<html`,
	} {
		if a := call(t, sim, to, "", tok); a.status != 200 || !strings.Contains(string(a.body), wanted) {
			t.Errorf("%s: %d %.200s, want %s", to, a.status, a.body, wanted)
		}
	}
	if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
		t.Errorf("%d calls of %s", n, authtest.OpGetFullAccessToken)
	}
}

// HEAD is GET without a body.
func TestHEAD_WhereGETIs_IsGETWithoutABody(t *testing.T) {
	server := authtest.NewServer(ann(authtest.Privileges(authtest.PrivilegeAdministration)),
		authtest.WithAnswer("GET", base+"set", authtest.Header("X-Mine", "1"), authtest.Header("X-Mine", "2")),
		authtest.WithAnswer("HEAD", base+"own", authtest.Answer(202, "", "")))
	defer server.Close()
	sim := authtest.New(ann())
	a := call(t, sim, strings.Replace(whoami, "GET", "HEAD", 1), "", bearer(token(t, sim, full, annPW).Token))
	if a.status != http.StatusOK || len(a.body) > 0 || sim.Calls(authtest.OpGetCurrentUserInfo) != 1 {
		t.Errorf("in process: %d %s", a.status, a.body)
	}
	tok := tokenOf(t, server)
	for path, status := range map[string]int{
		base + "auth/session/user":  200,
		base + "auth/session/user/": 200,
		base + "system":             200,
		base + "set":                200,
		base + "own":                202,
		base + "other":              200,
		"/prism/preauth/info":       200,
		"/?embedApp=true":           200,
		base + "auth/token/full":    405,
		"/nowhere":                  404,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(tok[0], tok[1])
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != status || res.Header.Get("Content-Type") == "" && status != 202 {
			t.Errorf("HEAD %s: %d %v, want %d", path, res.StatusCode, res.Header, status)
		}
		if path == base+"set" && res.Header.Get("X-Mine") != "1" {
			t.Errorf("HEAD of a response that is set: %v", res.Header)
		}
	}
}

// tokenOf returns a token of ann from a server.
func tokenOf(t *testing.T, server *authtest.Server) header {
	t.Helper()
	a, err := send(t.Context(), t, server.Simulator, server.Client(), full, annPW)
	if err != nil {
		t.Fatal(err)
	}
	var tok gen.Token
	a.decode(t, &tok)
	return bearer(tok.Token)
}
