package release

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An action at a tag can be replaced by its owner; one at a commit cannot. The comment
// tells Dependabot and the reader which version it is.
func TestWorkflows_Actions_ArePinnedByCommit(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found the workflows %v, %v", files, err)
	}
	pinned := regexp.MustCompile(`uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, file := range files {
		for line := range strings.Lines(read(t, file)) {
			line = strings.TrimSpace(line)
			if strings.Contains(line, "uses:") && !pinned.MatchString(line) {
				t.Errorf("%s: %q is not pinned by its commit, with the version as a comment", file, line)
			}
		}
	}
}

func TestDependabot_EachModule_IsUpdated(t *testing.T) {
	checkout := filepath.Join("..", "..")
	config := read(t, filepath.Join(checkout, ".github", "dependabot.yml"))
	for file := range strings.Lines(user{}.run(t, checkout, "git", "ls-files", "go.mod", "*/go.mod", "*/package-lock.json")) {
		folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(strings.TrimSpace(file))), ".")
		if !strings.Contains(config, "\n      - /"+folder+"\n") {
			t.Errorf("dependabot.yml does not name /%s", folder)
		}
	}
}
