package simulate

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// usage is what -h says about a flag, on one line.
func usage(t *testing.T, flag string) string {
	t.Helper()
	var stderr bytes.Buffer
	if code := Run(t.Context(), "simulator", []string{"-h"}, nil, io.Discard, &stderr); code != ExitOK {
		t.Fatalf("exit %d", code)
	}
	found := regexp.MustCompile(`(?m)^  -` + flag + `\b.*\n\s+(.*)$`).FindStringSubmatch(stderr.String())
	if found == nil {
		t.Fatalf("-h has no -%s:\n%s", flag, stderr.String())
	}
	return found[1]
}

// requestToken returns the status of a request for a token, and the error in its
// response.
func requestToken(t *testing.T, url, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/rest/2.0/auth/token/full", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var in struct{ Error map[string]any }
	if err := json.NewDecoder(res.Body).Decode(&in); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, in.Error
}

// The help says which users there are, and they are there.
func TestFlags_User_WithItOnlyTheNamedUsersExist(t *testing.T) {
	for _, part := range []string{"without -user and -admin there is the administrator tsadmin:admin", "with them only the users that they name"} {
		if got := usage(t, "user"); !strings.Contains(got, part) {
			t.Errorf("-h lacks %q: %s", part, got)
		}
	}
	const tsadmin, ann = `{"username":"tsadmin","password":"admin"}`, `{"username":"ann","password":"pw"}`
	for args, wanted := range map[string][2]int{"": {200, 401}, "-user ann:pw": {401, 200}, "-admin ann:pw": {401, 200}} {
		url, _, stop := program(t, strings.Fields("-addr 127.0.0.1:0 "+args)...)
		first, _ := requestToken(t, url, tsadmin)
		second, _ := requestToken(t, url, ann)
		if got := [2]int{first, second}; got != wanted {
			t.Errorf("%q: status %v of tsadmin and ann, want %v", args, got, wanted)
		}
		stop()
	}
}

// The help says where the code of an error is, and it is there.
func TestFlags_NestedErrors_MovesTheCodeOfAnError(t *testing.T) {
	if got := usage(t, "nested-errors"); !strings.Contains(got, "in error.message.debug") || !strings.Contains(got, "in place of error.message") {
		t.Errorf("-h says %s", got)
	}
	for args, path := range map[string][]string{"": {"message"}, "-nested-errors": {"message", "debug"}} {
		url, _, stop := program(t, strings.Fields("-addr 127.0.0.1:0 "+args)...)
		_, v := requestToken(t, url, `{"username":"tsadmin","password":"wrong"}`)
		for _, name := range path {
			v, _ = v[name].(map[string]any)
		}
		if v["code"] == nil {
			t.Errorf("%q: no code in error.%s", args, strings.Join(path, "."))
		}
		stop()
	}
}

// The help has an example of what is accepted, and it is.
func TestFlags_Lenient_AcceptsTheExampleOfTheHelp(t *testing.T) {
	if got := usage(t, "lenient"); !strings.Contains(got, `5 for "5"`) || !strings.Contains(got, "otherwise a 400") {
		t.Errorf("-h says %s", got)
	}
	for args, wanted := range map[string]int{"": 400, "-lenient": 200} {
		url, _, stop := program(t, strings.Fields("-addr 127.0.0.1:0 -user 5:pw "+args)...)
		if status, _ := requestToken(t, url, `{"username":5,"password":"pw"}`); status != wanted {
			t.Errorf("%q: status %d, want %d", args, status, wanted)
		}
		stop()
	}
}
