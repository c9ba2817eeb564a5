package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const ours = "../../api/openapi.yaml"

// drift runs the command and returns what it prints.
func drift(t *testing.T, upstream, differences string) (string, int) {
	t.Helper()
	var out, errs strings.Builder
	code := run([]string{"-ours", ours, "-upstream", upstream, "-differences", differences}, &out, &errs)
	return out.String() + errs.String(), code
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "f.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestASpecDoesNotDifferFromItself(t *testing.T) {
	out, code := drift(t, ours, file(t, "[]"))
	if code != 0 || out != "11 operations compared, 0 differences, 0 more are meant\n" {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

func TestEveryKindOfDifferenceIsSeen(t *testing.T) {
	out, code := drift(t, "testdata/upstream.yaml", file(t, "[]"))
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{
		"POST /api/rest/2.0/auth/session/login: ours only",
		"POST /api/rest/2.0/auth/session/logout: operationId logout, upstream logoutOfSession",
		"POST /api/rest/2.0/auth/token/exchange: upstream only",
		"POST /api/rest/2.0/auth/token/revoke request reason: upstream only",
		"POST /api/rest/2.0/auth/token/revoke request user_identifier: required false, upstream true",
		"GET /api/rest/2.0/auth/session/token 200 creation_time_in_millis: type integer/int64, upstream number/float",
	} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("not printed: %s\n%s", want, out)
		}
	}
	if strings.Contains(out, "users/search") {
		t.Error("an operation that is not ours is compared")
	}
}

// A changed enum and a nested property, in a copy of our own spec.
func TestEnumsAndNestedProperties(t *testing.T) {
	text, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer("enum: [REPLACE, APPEND, NONE, RESET]", "enum: [REPLACE, APPEND]",
		"        column_name:\n", "        column:\n").Replace(string(text))
	out, _ := drift(t, file(t, changed), file(t, "[]"))
	for _, want := range []string{
		"request persist_option: enum [APPEND NONE REPLACE RESET], upstream [APPEND REPLACE]",
		"auth/token/custom request filter_rules[].column_name: ours only",
		"auth/token/full request user_parameters.runtime_filters[].column: upstream only",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not printed: %s\n%s", want, out)
		}
	}
}

func TestMeantDifferencesAreLeftOutAndStaleOnesReported(t *testing.T) {
	out, _ := drift(t, "testdata/upstream.yaml", file(t, `[
		{"like": "GET /api/rest/2.0/auth/session/token 200 *_time_in_millis: *, upstream *", "reason": "fits nothing: a slash stands in the type"},
		{"like": "GET /api/rest/2.0/auth/session/token 200 *_time_in_millis: type integer/int64, upstream number/float", "reason": "float32"}
	]`))
	if strings.Contains(out, "session/token 200 creation") || !strings.Contains(out, "2 more are meant") {
		t.Errorf("meant differences:\n%s", out)
	}
	if !strings.Contains(out, "differences.json: nothing is like") {
		t.Errorf("the stale entry is not reported:\n%s", out)
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	for name, args := range map[string][]string{
		"no upstream":  {"-ours", ours, "-differences", "differences.json"},
		"no such file": {"-ours", ours, "-upstream", "none.json", "-differences", "differences.json"},
		"bad excuses":  {"-ours", ours, "-upstream", ours, "-differences", file(t, `[{"like": "x"}]`)},
		"no excuses":   {"-ours", ours, "-upstream", ours, "-differences", "none.yaml"},
		"unknown flag": {"-what"},
		"not a spec":   {"-ours", ours, "-upstream", "main.go", "-differences", "differences.json"},
	} {
		var out, errs strings.Builder
		if code := run(args, &out, &errs); code != 2 || errs.Len() == 0 {
			t.Errorf("%s: exit %d, %s", name, code, errs.String())
		}
	}
}
