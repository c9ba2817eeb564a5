package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// fakeGH stands for the command gh. It writes its arguments down, and the body
// of an issue. gh itself would filter the list by --jq; this one prints what the
// test says.
const fakeGH = `#!/bin/sh
echo "$*" >> calls
case "$1 $2" in
"issue list") echo "$OPEN" ;;
"issue edit" | "issue create") cat issue.md > body ;;
esac
`

// workflow is what the tests read of a workflow of GitHub.
type workflow struct {
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Steps []step `yaml:"steps"`
	} `yaml:"jobs"`
}

type step struct {
	Name string `yaml:"name"`
	If   string `yaml:"if"`
	Run  string `yaml:"run"`
}

// issueStep returns the step of the workflow that reports a failure, and the
// permission that it needs.
func issueStep(t *testing.T) (report step, permission string) {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal(read(t, "../../.github/workflows/drift.yml"), &w); err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Jobs["drift"].Steps {
		if s.Name == "open or update the issue" {
			return s, w.Permissions["issues"]
		}
	}
	t.Fatal("the workflow does not report a failure in an issue")
	return step{}, ""
}

func TestWorkflow_AfterAFailure_OpensOrUpdatesAnIssue(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash, as the workflow does")
	}
	report, permission := issueStep(t)
	if permission != "write" || !strings.Contains(report.If, "failure()") {
		t.Errorf("permission %q, if %q", permission, report.If)
	}
	for name, c := range map[string]struct{ open, call string }{
		"no issue is open": {"", "issue create --title The vendor's spec has changed on branch release --label drift"},
		"an issue is open": {"12", "issue edit 12 --body-file issue.md"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"gh": fakeGH, "drift.txt": "no reason: something\n"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o700); err != nil { //nolint:gosec // gh has to be executable
					t.Fatal(err)
				}
			}
			run := exec.CommandContext(t.Context(), bash, "-eo", "pipefail", "-c", report.Run) //nolint:gosec // of our own workflow
			run.Dir = dir
			run.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "BRANCH=release", "RUN=https://run.example", "OPEN=" + c.open}
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			calls := strings.Split(strings.TrimSpace(string(read(t, filepath.Join(dir, "calls")))), "\n")
			if last := calls[len(calls)-1]; !strings.HasPrefix(last, c.call) {
				t.Errorf("the last call is gh %s, want gh %s", last, c.call)
			}
			body := string(read(t, filepath.Join(dir, "body")))
			if !strings.Contains(body, "no reason: something\n") || !strings.Contains(body, "https://run.example") {
				t.Errorf("the issue is %q", body)
			}
		})
	}
}
