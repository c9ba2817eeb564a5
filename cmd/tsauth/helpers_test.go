package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// tool is a run of the command as a process of its own.
type tool struct {
	*exec.Cmd
	out, err bytes.Buffer
}

// command returns a run of the command with the settings of ann, which a test may change,
// and a home of its own.
func command(t *testing.T, sim *authtest.Server, home string, args ...string) *tool {
	t.Helper()
	c := &tool{Cmd: exec.CommandContext(t.Context(), "tsauth", args...)}
	c.Stdout, c.Stderr = &c.out, &c.err
	c.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(),
		"THOUGHTSPOT_HOST=" + sim.URL, "THOUGHTSPOT_USERNAME=ann",
	}
	return c
}

// simulator returns a simulator with the user ann.
func simulator(t testing.TB) *authtest.Server {
	t.Helper()
	sim := authtest.NewServer(authtest.WithUser("ann", annPassword), authtest.WithSecretKey(secretKey))
	t.Cleanup(sim.Close)
	return sim
}

// write writes a file in a private folder.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
