package release

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/go-thoughtspot/tsauth"

// A consumer is a program in testdata, made of a main.go and parts that it shares with other
// consumers. It uses modules of the release and prints what it got from them.
type consumer struct {
	name    string
	modules []string
	parts   []string
	prints  []string
}

func consumers(version string) []consumer {
	const (
		redisstore = root + "/authflow/redisstore"
		prometheus = root + "/authflow/prometheus"

		token = "token of ann"
	)
	call := "call by tsauth/" + strings.TrimPrefix(version, "v")
	return []consumer{
		{
			name:    "root",
			modules: []string{root},
			parts:   []string{"signin.go"},
			prints:  []string{call, token, call, token},
		},
		{
			name:    "redisstore",
			modules: []string{redisstore},
			parts:   []string{"signin.go", "redis.go"},
			prints:  []string{call, token, token},
		},
		{
			name:    "prometheus",
			modules: []string{prometheus},
			parts:   []string{"signin.go", "metrics.go"},
			prints:  []string{call, token, call, token, "acquired: 2"},
		},
		{
			name:    "all",
			modules: []string{root, redisstore, prometheus},
			parts:   []string{"signin.go", "redis.go", "metrics.go"},
			prints:  []string{call, token, token, "acquired: 2"},
		},
	}
}

func TestRelease(t *testing.T) {
	r := publish(t)
	u := newUser(t, r)
	t.Run("Module_RequiresOnlyModulesTaggedBefore", r.testOrder)
	t.Run("Module_HasAConsumer", r.testConsumers)
	for _, c := range consumers(r.versionOf(t, root)) {
		t.Run("Consumer_"+c.name+"_BuildsAndRuns", func(t *testing.T) { u.testConsumer(t, r, c) })
	}
	t.Run("Commands_AreInstalled", func(t *testing.T) { u.testCommands(t, r) })
}

// testOrder holds the order of the tags to the requirements: until the last tag is
// pushed, a module that was tagged too early cannot be fetched.
func (r release) testOrder(t *testing.T) {
	for i, released := range r.tags {
		for _, required := range readGoMod(t, filepath.Join(r.clone, released.folder())).Require {
			if !r.has(required.Path) {
				continue
			}
			isTagged := func(before tag) bool {
				return before.module() == required.Path && before.version() == required.Version
			}
			if !slices.ContainsFunc(r.tags[:i], isTagged) {
				t.Errorf("%s requires %s %s, which is not among the tags before it: %v", released, required.Path, required.Version, r.tags[:i])
			}
		}
	}
}

// testConsumers fails when a module was added to the release and not to the consumers.
func (r release) testConsumers(t *testing.T) {
	for _, tag := range r.tags {
		for _, modules := range []int{1, len(r.tags)} {
			uses := func(c consumer) bool { return len(c.modules) == modules && slices.Contains(c.modules, tag.module()) }
			if !slices.ContainsFunc(consumers(tag.version()), uses) {
				t.Errorf("no consumer of %d module(s) uses %s", modules, tag.module())
			}
		}
	}
}

// testConsumer does what a reader of the README does: a new module, go get, go run.
func (u user) testConsumer(t *testing.T, r release, c consumer) {
	dir := t.TempDir()
	copyFile(t, filepath.Join("testdata", c.name, "main.go"), dir)
	for _, part := range c.parts {
		copyFile(t, filepath.Join("testdata", "parts", part), dir)
	}
	u.run(t, dir, "go", "mod", "init", "consumer.example")
	for _, module := range c.modules {
		u.run(t, dir, "go", "get", module+"@"+r.versionOf(t, module))
	}
	u.run(t, dir, "go", "mod", "tidy")
	got := strings.Split(strings.TrimSpace(u.run(t, dir, "go", "run", ".")), "\n")
	if !slices.Equal(got, c.prints) {
		t.Errorf("the consumer printed %q, want %q", got, c.prints)
	}
}

// testCommands installs each command as the README says, which a module with a replace
// directive would not allow.
func (u user) testCommands(t *testing.T, r release) {
	if _, err := os.Stat(filepath.Join(r.clone, "cmd")); os.IsNotExist(err) {
		t.Skip("the root module has no folder cmd, and so no command to install")
	}
	mains := strings.Fields(u.run(t, r.clone, "go", "list", "-find", "-f", `{{if eq .Name "main"}}{{.ImportPath}}{{end}}`, "./cmd/..."))
	if len(mains) == 0 {
		t.Error("the folder cmd has no main package")
	}
	version := r.versionOf(t, root)
	for _, main := range mains {
		bin := t.TempDir()
		u.with("GOBIN="+bin).run(t, bin, "go", "install", main+"@"+version)
		printed := u.run(t, bin, filepath.Join(bin, filepath.Base(main)), "version")
		if !strings.Contains(printed, version) {
			t.Errorf("%s version printed %q, want %s in it", main, printed, version)
		}
	}
}
