package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// explained is the report on the documents as they are.
const explained = "todo, 1 findings: It is on one branch alone. The next release.\n" +
	"branch release, release 26.8, at 0123456789ab: 2 operations, 5 findings, 0 of them without a reason; " +
	"4 reasons: deliberate 1 for 1, vendor 2 for 3, ahead 0 for 0, todo 1 for 1\n"

const extract = `"x-source": {"branch": "release", "commit": "0123456789abcdef", "sha256_of_whole_file": "ab12"}`

func TestDrift_EveryDifferenceHasAReason_Passes(t *testing.T) {
	for name, c := range map[string]struct {
		command
		want string
	}{
		"an extract": {want: explained},
		"a whole document": {
			command{
				upstream: []edit{{extract, `"x-source": {}`}},
				args:     []string{"-branch", "release", "-commit", "0123456789abcdef"},
			},
			explained,
		},
		"a document of a branch that is not named is of the branch release": {
			command{upstream: []edit{{extract, `"x-source": {}`}}, args: []string{"-branch", "", "-commit", "0123456789abcdef"}},
			strings.Replace(explained, "branch release,", "branch release (assumed: BRANCH= names another),", 1),
		},
		"a branch named after a release is of that release": {
			command{
				upstream: []edit{{`"branch": "release"`, `"branch": "26.8"`}},
				lock:     []edit{{`"release": {`, `"26.8": {`}, {`"release": "26.8"`, `"release": "26.7"`}},
			},
			strings.Replace(explained, "branch release,", "branch 26.8,", 1),
		},
		"operations that do not concern authentication changed": {
			command{upstream: []edit{{"Nothing that is compared needs it.", "Changed."}, {"searchUsers", "findUsers"}}},
			explained,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := c.run(t); code != 0 || out != c.want {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

const reasonFor = ` findings, and the reason is for `

// unexplained are edits that leave a difference without a reason, or a reason
// without its differences, with the lines of the report and its advice.
var unexplained = map[string]struct {
	command
	want []string
	next []string
}{
	"our spec loses a property": {
		command{ours: []edit{{"        remember_me: {type: boolean}\n", ""}}},
		[]string{"no reason: new-optional-request-property, login: added the new optional request property `remember_me`"},
		[]string{readOrExplain},
	},
	"our spec loses a value of an enum": {
		command{ours: []edit{{"[BEARER, COOKIE]", "[BEARER]"}}},
		[]string{"no reason: response-property-enum-value-added, getCurrentUserToken: added the new `COOKIE` enum value to the `kind` response property for the response status `200`"},
		[]string{readOrExplain},
	},
	"our spec loses a status that the vendor does not have": {
		command{ours: []edit{{"        \"429\": {description: Too many requests.}\n", ""}}},
		[]string{"file: line 20: response-non-success-status-removed, .*: \"`429`\": 1" + reasonFor + "2"},
		[]string{mendReasons},
	},
	"the vendor adds a status": {
		command{upstream: []edit{{`"401": {"description": "Rejected."}`, `"401": {"description": "Rejected."}, "409": {}`}}},
		[]string{
			"no reason: response-non-success-status-added, login: added the non-success response with the status `409`",
			"login: its structure changed since the reviewed commit 0123456789ab",
		},
		[]string{readOrExplain, getPrevious, readAndAccept},
	},
	"a reason is removed": {
		command{reasons: []edit{{"- check: new-optional-request-default-parameter-to-existing-path\n  where: login\n  count: 1\n  verdict: deliberate\n  why: Nobody needs it.\n", ""}}},
		[]string{"no reason: new-optional-request-default-parameter-to-existing-path, login: added the new optional `query` request parameter `trace` to all path's operations"},
		[]string{readOrExplain},
	},
	"a reason fits nothing": {
		command{reasons: []edit{{"- check: new-", "- {check: api-tag-added, where: login, count: 1, verdict: vendor, why: For a test.}\n- check: new-"}}},
		[]string{"file: line 1: api-tag-added, login: \"\": 0" + reasonFor + "1"},
		[]string{mendReasons},
	},
	"a reason is for more": {
		command{reasons: []edit{{"count: 2", "count: 3"}}},
		[]string{"file: line 20: response-non-success-status-removed, .*: \"`429`\": 2" + reasonFor + "3"},
		[]string{mendReasons},
	},
	"a reason is for a release that no reviewed branch is of": {
		command{reasons: []edit{{"- check: new-", "- {check: api-tag-added, where: login, only: [26.88], count: 1, verdict: vendor, why: For a test.}\n- check: new-"}}},
		[]string{"file: line 1: api-tag-added, login: \"\": only: no reviewed branch is of release 26.88"},
		[]string{mendReasons},
	},
	"a reason names a branch": {
		command{reasons: []edit{{"- check: new-", "- {check: api-tag-added, where: login, only: [release], count: 1, verdict: vendor, why: For a test.}\n- check: new-"}}},
		[]string{"file: line 1: api-tag-added, login: \"\": only: no reviewed branch is of release release"},
		[]string{mendReasons},
	},
	"a reason is for another release": {
		command{
			reasons: []edit{{"only: [26.8]", "only: [26.10]"}},
			lock:    []edit{{`"release": {`, `"main": {"release": "26.10"}, "release": {`}},
		},
		[]string{"no reason: response-optional-property-added, getCurrentUserToken: added the optional property `part` to the response with the `200` status"},
		[]string{readOrExplain},
	},
	"the branch has moved to the next release": {
		command{upstream: []edit{{`"operationId": "searchUsers",`, `"operationId": "searchUsers", "tags": ["26.9.0.cl", "9.12.0.cl"],`}}},
		[]string{"the document has operations of release 26.9, and the branch release is taken for 26.8"},
		[]string{correctRelease},
	},
}

func TestDrift_ADifferenceWithoutAReason_FailsAndSaysWhatToDo(t *testing.T) {
	for name, c := range unexplained {
		t.Run(name, func(t *testing.T) { c.fails(t, c.want, c.next) })
	}
}

func TestDrift_WhereTheComparisonIsNotPossible_SaysWhatToGive(t *testing.T) {
	whole := []edit{{"x-source", "x-other"}}
	for name, c := range map[string]struct {
		command
		want string
	}{
		"no upstream":            {command{args: []string{"-upstream", ""}}, "-upstream: "},
		"not a document":         {command{args: []string{"-upstream", "main.go"}}, "-upstream: main.go: "},
		"no operations":          {command{args: []string{"-upstream", file(t, "{}")}}, "there are no operations for authentication"},
		"no commit":              {command{upstream: whole, args: []string{"-branch", "main"}}, "-commit: "},
		"a branch without any":   {command{args: []string{"-branch", "main"}}, "-release: say which release of ThoughtSpot the branch main is of"},
		"a release in words":     {command{args: []string{"-release", "next"}}, "-release: "},
		"a source in words":      {command{upstream: []edit{{`"branch": "release"`, `"branch": 1`}}}, "info.x-source"},
		"no reasons":             {command{args: []string{"-reasons", "none.yaml"}}, "none.yaml"},
		"no count":               {command{reasons: []edit{{"  count: 2\n", ""}}}, "response-non-success-status-removed, .*: count: "},
		"not a lock":             {command{args: []string{"-lock", "main.go"}}, "main.go: "},
		"an unknown flag":        {command{args: []string{"-what"}}, "-what"},
		"another previous file":  {command{args: []string{"-previous", "testdata/vendor.json"}}, "is not the reviewed document: give the vendor's file at commit 0123456789abcdef"},
		"a missing previous one": {command{args: []string{"-previous", "none.json"}}, "-previous: "},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := c.run(t); code != 2 || !strings.Contains(out, c.want) {
				t.Errorf("exit %d: %s", code, out)
			}
		})
	}
}

func TestDrift_Accept_WritesTheLockOnlyIfEveryDifferenceHasAReason(t *testing.T) {
	const before = `{"main": {"release": "26.10", "commit": "1", "sha256": "2", "hashes": {}}}`
	name := file(t, before)
	with := func(args ...string) command {
		return command{args: append([]string{"-lock", name, "-release", "26.8"}, args...)}
	}
	with().fails(t, []string{"no document of branch release was reviewed"}, []string{getPrevious, readAndAccept})

	unexplained := with("-accept")
	unexplained.ours = []edit{{"        remember_me: {type: boolean}\n", ""}}
	for range 2 {
		unexplained.fails(t, []string{"added the new optional request property `remember_me`"}, []string{readOrExplain, acceptLater})
		if text := string(read(t, name)); text != before {
			t.Fatalf("the lock was written without a reason for everything:\n%s", text)
		}
	}

	if out, code := with("-accept").run(t); code != 0 || out != explained {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	after := command{args: []string{"-lock", name}} // the lock has the release now
	if out, code := after.run(t); code != 0 {
		t.Errorf("after it was accepted: exit %d:\n%s", code, out)
	}
	after.reasons = []edit{{"- check: new-", "- {check: api-tag-added, where: login, only: [26.7], count: 1, verdict: vendor, why: For a test.}\n- check: new-"}}
	after.fails(t, []string{"only: no reviewed branch is of release 26.7"}, []string{mendReasons})
	after.args = append(after.args, "-accept") // as when a branch goes on to the next release
	if out, code := after.run(t); code != 0 {
		t.Errorf("with a reason for a release that is gone: exit %d:\n%s", code, out)
	}
	text := read(t, name)
	var l lock
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	got := l["release"]
	if got.Release != "26.8" || got.Commit != "0123456789abcdef" || got.SHA256 != "ab12" || len(got.Hashes) != 3 || l["main"].Commit != "1" {
		t.Errorf("the lock is %s", text)
	}
	if strings.Contains(string(text), "About") {
		t.Error("the lock has the vendor's wording")
	}
}

func TestOasdiff_WithoutAVersionOrAReport_IsAnError(t *testing.T) {
	if _, err := oasdiff("")(context.Background(), "a", "b"); err == nil || !strings.Contains(err.Error(), "-oasdiff: ") {
		t.Errorf("error %v", err)
	}
	if _, err := findings(nil); err == nil {
		t.Error("an empty report counts as a report without findings")
	}
}
