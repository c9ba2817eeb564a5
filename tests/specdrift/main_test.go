package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// change replaces a text once.
type change struct{ old, with string }

// command is the command on copies of the files of testdata, with changes.
type command struct {
	ours, upstream, reasons, lock []change
	args                          []string
	silent                        bool // oasdiff finds nothing, and there are no reasons
}

// run returns what the command prints, and its exit status.
func (c command) run(t *testing.T) (string, int) {
	t.Helper()
	args := append([]string{
		"-oasdiff", "pinned",
		"-ours", changed(t, "ours.yaml", c.ours), "-upstream", changed(t, "upstream.json", c.upstream),
		"-reasons", changed(t, "reasons.yaml", c.reasons), "-lock", changed(t, "lock.json", c.lock),
	}, c.args...)
	compare := recorded(t)
	if c.silent {
		args = append(args, "-reasons", file(t, "[]"))
		compare = func(context.Context, string, string) ([]byte, error) { return []byte("[]"), nil }
	}
	var out, errs strings.Builder
	code := run(t.Context(), args, &out, &errs, func(string) comparer { return compare })
	return out.String() + errs.String(), code
}

func changed(t *testing.T, name string, changes []change) string {
	t.Helper()
	text := string(read(t, filepath.Join("testdata", name)))
	for _, c := range changes {
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s does not have %q", name, c.old)
		}
		text = strings.Replace(text, c.old, c.with, 1)
	}
	return file(t, text)
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// explained is what the command prints of the documents as they are.
const explained = "todo, 1 findings: It is on one branch alone. The next release.\n" +
	"release at 0123456789ab: 2 operations, 5 findings, 0 of them without a reason; " +
	"4 reasons: deliberate 1 for 1, vendor 2 for 3, ahead 0 for 0, todo 1 for 1\n"

func TestWhatIsExplained(t *testing.T) {
	for name, c := range map[string]command{
		"all of it": {},
		"a document that is not an extract": {
			upstream: []change{{`"x-source": {"branch": "release", "commit": "0123456789abcdef", "sha256_of_whole_file": "ab12"}`, `"x": 1`}},
			args:     []string{"-branch", "release", "-commit", "0123456789abcdef"},
		},
		"what others' operations change": {
			upstream: []change{{"Nothing that is compared needs it.", "Changed."}, {"searchUsers", "findUsers"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := c.run(t); code != 0 || out != explained {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

func TestWhatIsNot(t *testing.T) {
	const reasonFor = ` findings, and the reason is for `
	for name, c := range map[string]struct {
		command
		want []string
	}{
		"our spec loses a property": {
			command{ours: []change{{"        remember_me: {type: boolean}\n", ""}}},
			[]string{"no reason: new-optional-request-property, login: added the new optional request property `remember_me`"},
		},
		"our spec loses a value of an enum": {
			command{ours: []change{{"[BEARER, COOKIE]", "[BEARER]"}}},
			[]string{"no reason: response-property-enum-value-added, getCurrentUserToken: added the new `COOKIE` enum value to the `kind` response property for the response status `200`"},
		},
		"our spec loses a status that the vendor does not have": {
			command{ours: []change{{"        \"429\": {description: Too many requests.}\n", ""}}},
			[]string{"file: line 20: response-non-success-status-removed, .*: \"`429`\": 1" + reasonFor + "2"},
		},
		"the vendor adds a status": {
			command{upstream: []change{{`"401": {"description": "Refused."}`, `"401": {"description": "Refused."}, "409": {}`}}},
			[]string{"no reason: response-non-success-status-added, login: added the non-success response with the status `409`"},
		},
		"a reason is taken out": {
			command{reasons: []change{{"- check: new-optional-request-default-parameter-to-existing-path\n  where: login\n  count: 1\n  verdict: deliberate\n  why: Nobody needs it.\n", ""}}},
			[]string{"no reason: new-optional-request-default-parameter-to-existing-path, login: added the new optional `query` request parameter `trace` to all path's operations"},
		},
		"a reason is for nothing": {
			command{reasons: []change{{"- check: new-", "- {check: api-tag-added, where: login, count: 1, verdict: vendor, why: None.}\n- check: new-"}}},
			[]string{"file: line 1: api-tag-added, login: \"\": 0" + reasonFor + "1"},
		},
		"a reason is for more": {
			command{reasons: []change{{"count: 2", "count: 3"}}},
			[]string{"file: line 20: response-non-success-status-removed, .*: \"`429`\": 2" + reasonFor + "3"},
		},
		"a reason is of no branch that is compared": {
			command{reasons: []change{{"- check: new-", "- {check: api-tag-added, where: login, only: [relaese], count: 1, verdict: vendor, why: None.}\n- check: new-"}}},
			[]string{"file: line 1: api-tag-added, login: \"\": only: nothing of branch relaese was reviewed"},
		},
		"a reason is of another branch": {
			command{
				reasons: []change{{"only: [release]", "only: [main]"}},
				lock:    []change{{`"release": {`, `"main": {}, "release": {`}},
			},
			[]string{"no reason: response-optional-property-added, getCurrentUserToken: added the optional property `part` to the response with the `200` status"},
		},
	} {
		t.Run(name, func(t *testing.T) { c.fails(t, c.want) })
	}
}

// fails runs the command, which must print some lines, what is left to do and
// a summary, no more.
func (c command) fails(t *testing.T, want []string) {
	t.Helper()
	out, code := c.run(t)
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(out), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "todo, ")
	})
	if code != 1 || len(lines) != len(want)+1 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	for i, line := range want {
		if !strings.HasSuffix(lines[i], line) {
			t.Errorf("printed  %s\nwant     …%s", lines[i], line)
		}
	}
}

func TestProse(t *testing.T) {
	const login, token = "login: its prose is not that of commit 0123456789ab, which was reviewed",
		"getCurrentUserToken: its prose is not that of commit 0123456789ab, which was reviewed"
	for name, c := range map[string]struct {
		command
		want []string
	}{
		"of an operation":             {command{upstream: []change{{"About the operation.", "Changed."}}}, []string{login}},
		"of a parameter":              {command{upstream: []change{{"About the parameter.", "Changed."}}}, []string{login}},
		"of an answer":                {command{upstream: []change{{"About the answer.", "Changed."}}}, []string{login}},
		"of a property, deep below":   {command{upstream: []change{{"About the property.", "Changed."}}}, []string{token}},
		"that moves":                  {command{upstream: []change{{`"summary": "About`, `"description": "About`}}}, []string{login}},
		"of an operation that is new": {command{lock: []change{{`"login"`, `"logout"`}}}, []string{login, strings.Replace(login, "login", "logout", 1)}},
		"of a branch that is new":     {command{lock: []change{{`"release"`, `"main"`}}}, []string{"nothing of branch release was reviewed"}},
	} {
		c.silent = true
		t.Run(name, func(t *testing.T) { c.fails(t, c.want) })
	}
	for name, upstream := range map[string][]change{
		"an example":  {{"An example.", "Changed."}},
		"line breaks": {{"About the operation.", `About\n  the operation.`}},
	} {
		t.Run("is not "+name, func(t *testing.T) {
			if out, code := (command{upstream: upstream, silent: true}).run(t); code != 0 {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

func TestAccepting(t *testing.T) {
	name := file(t, `{"main": {"commit": "1", "sha256": "2", "prose": {}}}`)
	before := command{args: []string{"-lock", name}}
	before.fails(t, []string{"nothing of branch release was reviewed"})
	if out, code := (command{args: []string{"-lock", name, "-accept"}}).run(t); code != 0 || out != explained {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	if out, code := before.run(t); code != 0 {
		t.Errorf("after it was accepted: exit %d:\n%s", code, out)
	}
	text := read(t, name)
	var l lock
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	if got := l["release"]; got.Commit != "0123456789abcdef" || got.SHA256 != "ab12" || len(got.Prose) != 2 || l["main"].Commit != "1" {
		t.Errorf("the lock is %s", text)
	}
	if strings.Contains(string(text), "About") {
		t.Error("the lock has the vendor's wording")
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	whole := []change{{"x-source", "x-other"}}
	for name, c := range map[string]struct {
		command
		want string
	}{
		"no upstream":       {command{args: []string{"-upstream", ""}}, "-upstream: "},
		"not a document":    {command{args: []string{"-upstream", "main.go"}}, "-upstream: main.go: "},
		"no operations":     {command{args: []string{"-upstream", file(t, "{}")}}, "no operations below /api/rest/2.0/auth/"},
		"no branch":         {command{upstream: whole, args: []string{"-commit", "1"}}, "-branch: "},
		"no commit":         {command{upstream: whole, args: []string{"-branch", "main"}}, "-commit: "},
		"a source in words": {command{upstream: []change{{`"branch": "release"`, `"branch": 1`}}}, "info.x-source"},
		"no reasons":        {command{args: []string{"-reasons", "none.yaml"}}, "none.yaml"},
		"no count":          {command{reasons: []change{{"  count: 2\n", ""}}}, "response-non-success-status-removed, .*: count: "},
		"not a lock":        {command{args: []string{"-lock", "main.go"}}, "main.go: "},
		"an unknown flag":   {command{args: []string{"-what"}}, "-what"},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := c.run(t); code != 2 || !strings.Contains(out, c.want) {
				t.Errorf("exit %d: %s", code, out)
			}
		})
	}
}

func TestOasdiffIsNamedAndAnswersInJSON(t *testing.T) {
	if _, err := oasdiff("")(context.Background(), "a", "b"); err == nil || !strings.Contains(err.Error(), "-oasdiff: ") {
		t.Errorf("error %v", err)
	}
	if _, err := findings(nil); err == nil {
		t.Error("an empty answer is taken for one without findings")
	}
}
