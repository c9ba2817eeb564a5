package proxy

import (
	"encoding/base64"
	"net/http"
	"testing"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestKey_New_IsRandomAndFitsIntoAPath(t *testing.T) {
	first, second := string(NewKey()), string(NewKey())
	if first == second || !isKey(first) || len(first) != 43 {
		t.Errorf("%q, %q", first, second)
	}
	for _, text := range []string{"", "short", first[:42], first + "=", first + "/", first + "\n", "%" + first[1:]} {
		if isKey(text) {
			t.Errorf("%q counts as a key", text)
		}
	}
}

func TestKey_WrongOrMissing_IsRejected(t *testing.T) {
	w := newWorld(t)
	base := w.proxy.listener.URL()
	almost := testKey[:len(testKey)-1] + "x"
	for name, request := range map[string]struct {
		path   string
		header []string
		want   int
	}{
		"none":                               {search, nil, 403},
		"wrong in the path":                  {"/" + almost + search, nil, 403},
		"a part of it":                       {"/" + testKey[:20] + search, nil, 403},
		"with more behind it":                {"/" + testKey + "x" + search, nil, 403},
		"second segment":                     {"/x/" + testKey + search, nil, 403},
		"encoded":                            {"/%5A" + testKey[1:] + search, nil, 403},
		"in the query":                       {search + "?key=" + testKey, nil, 403},
		"wrong in the header":                {search, []string{keyHeader, almost}, 403},
		"empty header":                       {search, []string{keyHeader, ""}, 403},
		"right and wrong header":             {search, []string{keyHeader, testKey, keyHeader, almost}, 403},
		"right path, wrong header":           {"/" + testKey + search, []string{keyHeader, almost}, 403},
		"wrong Basic password":               {search, []string{"Authorization", basic("x", almost)}, 403},
		"key as the Basic user":              {search, []string{"Authorization", basic(testKey, "")}, 403},
		"right path, wrong Basic":            {"/" + testKey + search, []string{"Authorization", basic("x", "y")}, 403},
		"Basic that is not base64":           {search, []string{"Authorization", "Basic ???"}, 400},
		"Bearer":                             {search, []string{"Authorization", "Bearer " + testKey}, 400},
		"right path, Bearer":                 {"/" + testKey + search, []string{"Authorization", "Bearer x"}, 400},
		"right path, empty Authorization":    {"/" + testKey + search, []string{"Authorization", ""}, 400},
		"right path, Negotiate behind Basic": {"/" + testKey + search, []string{"Authorization", basic("", testKey), "Authorization", "Negotiate x"}, 400},
	} {
		got := w.doAt(base+request.path, http.MethodPost, "{}", request.header...)
		if got.StatusCode != request.want {
			t.Errorf("%s: %d %s, want %d", name, got.StatusCode, got.body, request.want)
		}
		w.wantNoInvitation(name, got)
	}
	if seen := w.takeSeen(); len(seen) != 0 {
		t.Errorf("the cluster saw %d requests", len(seen))
	}
	if n := w.sim.Calls("getFullAccessToken"); n != 0 {
		t.Errorf("%d tokens were requested", n)
	}
}

// wantNoInvitation checks that a response does not invite a browser to sign in, or a page to read it.
func (w *world) wantNoInvitation(name string, got result) {
	w.Helper()
	for _, header := range []string{
		"Set-Cookie", "Set-Cookie2", "WWW-Authenticate", "Proxy-Authenticate", "Authentication-Info", "Alt-Svc",
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
		"Access-Control-Expose-Headers",
	} {
		if got.Header.Values(header) != nil {
			w.Errorf("%s: the response has the header %s", name, header)
		}
	}
}

func TestKey_RightInEachPlace_IsLetIn(t *testing.T) {
	w := newWorld(t)
	base := w.proxy.listener.URL()
	for name, request := range map[string]struct {
		path   string
		header []string
	}{
		"path":                     {"/" + testKey + search, nil},
		"path, and a double slash": {"/" + testKey + "/" + search, nil},
		"header":                   {search, []string{keyHeader, testKey}},
		"Basic":                    {search, []string{"Authorization", basic("anyone", testKey)}},
		"Basic without a user":     {search, []string{"Authorization", basic("", testKey)}},
		"all":                      {"/" + testKey + search, []string{keyHeader, testKey, "Authorization", basic("", testKey)}},
	} {
		got := w.doAt(base+request.path, http.MethodPost, "{}", request.header...)
		seen := w.takeSeen()
		if got.StatusCode != http.StatusOK || len(seen) != 1 || seen[0].RequestURI != search {
			t.Errorf("%s: %d %s; the cluster saw %v", name, got.StatusCode, got.body, seen)
		}
	}
}
