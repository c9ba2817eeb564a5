package release

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A tag names a module and its version: "authflow/redisstore/v0.1.0".
type tag string

func (t tag) folder() string  { return path.Dir(string(t)) }
func (t tag) version() string { return path.Base(string(t)) }
func (t tag) module() string  { return path.Join(root, t.folder()) }

// A release is what the commands of CONTRIBUTING.md published from a clone.
type release struct {
	clone  string
	origin string // the repository that was pushed to
	tags   []tag  // in the order in which they were made
}

func (r release) has(module string) bool {
	return slices.ContainsFunc(r.tags, func(t tag) bool { return t.module() == module })
}

func (r release) versionOf(t *testing.T, module string) string {
	t.Helper()
	i := slices.IndexFunc(r.tags, func(t tag) bool { return t.module() == module })
	if i < 0 {
		t.Fatalf("%s is not tagged; tags: %v", module, r.tags)
	}
	return r.tags[i].version()
}

// publish clones the checkout, with the changes that are not committed yet, and runs the
// commands of CONTRIBUTING.md in the clone. They push to another clone, which has no tags.
func publish(t *testing.T) release {
	t.Helper()
	dir := t.TempDir()
	r := release{clone: filepath.Join(dir, "clone"), origin: filepath.Join(dir, "origin")}
	git := maintainer(t)
	checkout := strings.TrimSpace(git.run(t, ".", "git", "rev-parse", "--show-toplevel"))
	git.run(t, dir, "git", "clone", "--bare", "--no-tags", checkout, r.origin)
	git.run(t, dir, "git", "clone", r.origin, r.clone)
	if changes := git.run(t, checkout, "git", "diff", "--binary", "HEAD"); changes != "" {
		patch := filepath.Join(dir, "changes.patch")
		write(t, patch, changes)
		git.run(t, r.clone, "git", "apply", "--index", patch)
		git.run(t, r.clone, "git", "commit", "-m", "Changes of the checkout")
	}
	for _, command := range commands(t, filepath.Join(r.clone, "CONTRIBUTING.md"), "## How to release") {
		git.run(t, r.clone, "sh", "-c", command)
		for _, name := range strings.Fields(git.run(t, r.clone, "git", "tag")) {
			if !slices.Contains(r.tags, tag(name)) {
				r.tags = append(r.tags, tag(name))
			}
		}
	}
	pushed := strings.Fields(git.run(t, r.origin, "git", "tag"))
	if len(pushed) == 0 || len(pushed) != len(r.tags) {
		t.Fatalf("CONTRIBUTING.md makes the tags %v and pushes %v", r.tags, pushed)
	}
	return r
}

// maintainer returns an environment for git that the settings of the machine do not
// change, such as signed tags.
func maintainer(t *testing.T) user {
	t.Helper()
	config := filepath.Join(t.TempDir(), "gitconfig")
	const content = "[user]\n\tname = Maintainer\n\temail = maintainer@tsauth.example\n[safe]\n\tdirectory = *\n"
	write(t, config, content)
	return user{"GIT_CONFIG_GLOBAL=" + config, "GIT_CONFIG_NOSYSTEM=1"}
}

// commands returns the lines of the first block of shell commands in a section of a
// Markdown file. Each is a command of git, so that the test runs nothing else.
func commands(t *testing.T, file, heading string) []string {
	t.Helper()
	_, section, hasSection := strings.Cut(read(t, file), "\n"+heading+"\n")
	_, block, hasBlock := strings.Cut(section, "\n```sh\n")
	block, _, isClosed := strings.Cut(block, "\n```\n")
	if !hasSection || !hasBlock || !isClosed {
		t.Fatalf("%s has no block of shell commands under %q", file, heading)
	}
	lines := strings.Split(block, "\n")
	for _, line := range lines {
		if !strings.HasPrefix(line, "git ") {
			t.Fatalf("the block under %q has a line that is not a command of git: %q", heading, line)
		}
	}
	return lines
}
