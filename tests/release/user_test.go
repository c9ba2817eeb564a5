package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A user runs commands with environment variables of its own, besides those of the test.
type user []string

// newUser returns a user who gets the modules of a release from a GOPROXY, and all others
// from the module cache of the machine or from where the machine gets them. It has a module
// cache of its own. Checksums are not compared with the public database, which does not
// know the release; for other modules the cache of the machine has done so. A version that is
// not in the release is an error, and not looked for on GitHub.
func newUser(t *testing.T, r release) user {
	t.Helper()
	machine := strings.Fields(user{}.run(t, ".", "go", "env", "GOMODCACHE", "GOPROXY"))
	if len(machine) != 2 {
		t.Fatalf("go env printed %q, want GOMODCACHE and GOPROXY", machine)
	}
	u := user{
		"GOENV=off", "GOWORK=off", "GOPRIVATE=", "GOVCS=" + root + ":off", "GOSUMDB=off", "GOFLAGS=-modcacherw -trimpath",
		"GOMODCACHE=" + filepath.Join(t.TempDir(), "mod"),
	}
	return u.with("GOPROXY=" + strings.Join([]string{u.serve(t, r), proxyOf(machine[0]), machine[1]}, ","))
}

// serve returns a GOPROXY that has the release. The go command makes it from the tags, as
// proxy.golang.org does: its cache of downloads is laid out as a GOPROXY.
func (u user) serve(t *testing.T, r release) string {
	t.Helper()
	config, cache := filepath.Join(t.TempDir(), "gitconfig"), filepath.Join(t.TempDir(), "mod")
	content := "[url \"file://" + r.origin + "\"]\n\tinsteadOf = https://" + root + "\n[safe]\n\tdirectory = *\n"
	write(t, config, content)
	server := u.with("GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1", "GOMODCACHE="+cache, "GOPROXY=direct", "GOVCS=")
	for _, tag := range r.tags {
		server.run(t, r.origin, "go", "mod", "download", tag.module()+"@"+tag.version())
	}
	return proxyOf(cache)
}

func proxyOf(modcache string) string {
	return "file://" + filepath.ToSlash(modcache) + "/cache/download"
}

// with returns the user with more variables, which replace earlier ones of the same name.
func (u user) with(more ...string) user { return append(slices.Clone(u), more...) }

// run runs a command and returns its standard output.
func (u user) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env, c.Stderr = dir, append(os.Environ(), u...), &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s in %s: %v\n%s%s", c, dir, err, out, &stderr)
	}
	return string(out)
}
