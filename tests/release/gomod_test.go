package release

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// goMod has what these tests read of a go.mod file.
type goMod struct {
	Go      string
	Require []struct{ Path, Version string }
}

func readGoMod(t *testing.T, dir string) goMod {
	t.Helper()
	var m goMod
	if err := json.Unmarshal([]byte(user{}.run(t, dir, "go", "mod", "edit", "-json")), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// One version of Go builds everything here: what a test or an example needs must not ask
// more of a contributor than the library asks of its users.
func TestGoMod_EachModule_NamesTheSameGoVersion(t *testing.T) {
	checkout := filepath.Join("..", "..")
	want := readGoMod(t, checkout).Go
	for file := range strings.Lines(user{}.run(t, checkout, "git", "ls-files", "*/go.mod")) {
		module := filepath.Dir(strings.TrimSpace(file))
		if got := readGoMod(t, filepath.Join(checkout, module)).Go; got != want {
			t.Errorf("%s names Go %s, and the root module %s", module, got, want)
		}
	}
}
