package simulate

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// help returns the help, which is on standard output.
func help(t *testing.T) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), "tsauth simulate", []string{"--help"}, nil, &stdout, &stderr)
	if code != ExitOK || stderr.Len() != 0 {
		t.Fatalf("exit %d, %q on standard error", code, stderr.String())
	}
	return stdout.String()
}

// usage is what the help says about a flag, on one line.
func usage(t *testing.T, flag string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^ {6}--` + flag + `\b\S*( +.*\n(?: {9,}.*\n)*)`).FindStringSubmatch(help(t))
	if found == nil {
		t.Fatalf("the help has no --%s:\n%s", flag, help(t))
	}
	return strings.Join(strings.Fields(found[1]), " ")
}

// Every flag is in the help with the dashes that the other commands show, and no line is
// wider than a terminal.
func TestFlags_Help_ReadsAsTheHelpOfTheOtherCommands(t *testing.T) {
	text := help(t)
	if !strings.HasPrefix(text, "Usage: tsauth simulate [flags]\n\nSimulate the server") || !strings.Contains(text, "\n  -h, --help  ") {
		t.Errorf("the help is\n%s", text)
	}
	flags := new(config).flagSet(nil)
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name == "v" {
			return // the only flag that is one letter
		}
		if got := usage(t, f.Name); !strings.Contains(strings.ReplaceAll(f.Usage, "`", ""), strings.TrimSuffix(got, " ("+f.DefValue+")")) {
			t.Errorf("--%s: %s", f.Name, got)
		}
	})
	for line := range strings.Lines(text) {
		if len(line) > 81 || regexp.MustCompile(`^ +-[a-z]{2}|\s-[a-z]{2}`).MatchString(line) {
			t.Errorf("a line is too long, or has a flag with one dash: %s", line)
		}
	}
	for args, want := range map[string]string{
		"--bogus": "unknown flag --bogus", "--org": "flag needs a value: --org",
		"--tls=maybe": "for --tls", "--org x": "for flag --org: want ID:NAME",
	} {
		var out, stderr bytes.Buffer
		code := Run(t.Context(), "tsauth simulate", strings.Fields(args), nil, &out, &stderr)
		if code != ExitUsage || out.Len() != 0 || !strings.Contains(stderr.String(), want) || !strings.Contains(stderr.String(), "--help lists") {
			t.Errorf("%s: exit %d, %q, %q", args, code, out.String(), stderr.String())
		}
	}
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
	for _, part := range []string{"Without --user and --admin there is the administrator tsadmin:admin", "with them only the users that they name"} {
		if got := usage(t, "user"); !strings.Contains(got, part) {
			t.Errorf("the help lacks %q: %s", part, got)
		}
	}
	const tsadmin, ann = `{"username":"tsadmin","password":"admin"}`, `{"username":"ann","password":"pw"}`
	for args, wanted := range map[string][2]int{"": {200, 401}, "--user ann:pw": {401, 200}, "--admin ann:pw": {401, 200}} {
		url, _, stop := program(t, strings.Fields("--addr 127.0.0.1:0 "+args)...)
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
		t.Errorf("the help says %s", got)
	}
	for args, path := range map[string][]string{"": {"message"}, "--nested-errors": {"message", "debug"}} {
		url, _, stop := program(t, strings.Fields("--addr 127.0.0.1:0 "+args)...)
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
		t.Errorf("the help says %s", got)
	}
	for args, wanted := range map[string]int{"": 400, "--lenient": 200} {
		url, _, stop := program(t, strings.Fields("--addr 127.0.0.1:0 --user 5:pw "+args)...)
		if status, _ := requestToken(t, url, `{"username":5,"password":"pw"}`); status != wanted {
			t.Errorf("%q: status %d, want %d", args, status, wanted)
		}
		stop()
	}
}
