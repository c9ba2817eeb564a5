package job

import (
	"bytes"
	"os/exec"
	"testing"
)

// sh returns a command for the shell, and its output.
func sh(t *testing.T, script string) (cmd *exec.Cmd, out *bytes.Buffer) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	cmd, out = exec.CommandContext(t.Context(), "sh", "-c", script), &bytes.Buffer{}
	cmd.Stdout = out
	return cmd, out
}
