//go:build unix

package job

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRun_CommandThatCannotStart_HasTheCodeOfShells(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]int{
		plain: 126, dir: 126, filepath.Join(dir, "absent"): 127, "no-such-command-anywhere": 127, filepath.Join(plain, "x"): 126,
	} {
		code, err := Run(t.Context(), exec.CommandContext(t.Context(), command))
		if code != want || err == nil || !strings.Contains(err.Error(), command) {
			t.Errorf("%s: %d, %v, want %d", command, code, err, want)
		}
	}
}

func TestRun_CommandThatEnds_ItsExitCodeIsReturned(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "exit 255": 255, "kill -9 $$": 137, "kill -TERM $$": 143} {
		cmd, _ := sh(t, script)
		if code, err := Run(t.Context(), cmd); code != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", script, code, err, want)
		}
	}
}

func TestRun_SignalBeforeTheStart_StartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd, out := sh(t, "echo started")
	if _, err := Run(ctx, cmd); !errors.Is(err, context.Canceled) || out.Len() != 0 {
		t.Errorf("%v, %q", err, out)
	}
}

// A signal to this process alone reaches the command, which decides what becomes of it.
func TestRun_SignalToUsAlone_IsPassedOn(t *testing.T) {
	for name, s := range map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT,
	} {
		cmd, _ := sh(t, "trap 'exit 7' "+name+"; echo ready; while :; do read x || exit 8; done")
		cmd.Stdout = nil
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = bufio.NewReader(out).ReadString('\n')
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				t.Error(err)
			}
		}()
		code, err := Run(t.Context(), cmd)
		_ = in.Close()
		if code != 7 || err != nil {
			t.Errorf("%s: %d, %v", name, code, err)
		}
	}
}

// scriptVariable makes the test program run a script, as the main program of a terminal.
const scriptVariable = "TSAUTH_TEST_SCRIPT"

const traps = `trap 'echo INT' INT; trap 'echo TERM; exit 5' TERM; echo ready; while :; do sleep 0.05; done`

func runScriptOfParent(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", os.Getenv(scriptVariable))
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	code, _ := Run(t.Context(), cmd)
	os.Exit(code)
}

// inTerminal starts a program in a terminal of its own, with a script for the test program.
func inTerminal(t *testing.T, script, program string, args ...string) (cmd *exec.Cmd, master *os.File, lines *bufio.Reader) {
	master, terminal := openTerminal(t)
	cmd = exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), scriptVariable+"="+script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = terminal.Close()
	return cmd, master, bufio.NewReader(master)
}

// end returns what a program still prints in its terminal, and checks its exit code.
func end(t *testing.T, cmd *exec.Cmd, lines *bufio.Reader) string {
	t.Helper()
	rest, _ := io.ReadAll(lines) // an error says that the terminal is closed
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != 5 {
		t.Error(cmd.ProcessState)
	}
	return strings.Join(strings.Fields(string(rest)), " ")
}

// The key of the terminal sends SIGINT to the whole group. The command gets that one, and
// none from us: a command that has left the group gets none.
func TestRun_InterruptOfTheTerminal_IsNotPassedOn(t *testing.T) {
	if os.Getenv(scriptVariable) != "" {
		runScriptOfParent(t)
	}
	for name, c := range map[string]struct{ script, want string }{
		"in the group":     {traps, "INT TERM"},
		"in its own group": {`exec setsid sh -c "` + traps + `"`, "TERM"},
	} {
		cmd, master, lines := inTerminal(t, c.script, os.Args[0], "-test.run=^"+t.Name()+"$")
		waitFor(t, lines, "ready")
		if _, err := io.WriteString(master, "\x03"); err != nil { // Ctrl-C
			t.Fatal(err)
		}
		waitFor(t, lines, "^C")
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil { // is passed on after SIGINT
			t.Fatal(err)
		}
		if got := end(t, cmd, lines); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A program in the background of a terminal gets nothing from its keys, so SIGINT is for
// the program alone.
func TestRun_InterruptInTheBackgroundOfATerminal_IsPassedOn(t *testing.T) {
	if os.Getenv(scriptVariable) != "" {
		runScriptOfParent(t)
	}
	const background = `set -m; sh -c 'echo "pid $$ "; exec "$0" "$1"' "$0" "$1" & wait $!`
	cmd, _, lines := inTerminal(t, traps, "sh", "-c", background, os.Args[0], "-test.run=^"+t.Name()+"$")
	seen := waitFor(t, lines, "ready")
	_, number, _ := strings.Cut(seen, "pid ")
	pid, err := strconv.Atoi(strings.Fields(number)[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
	}
	if got := end(t, cmd, lines); !strings.HasPrefix(got, "INT TERM") {
		t.Errorf("%q", got)
	}
}

// waitFor reads up to a text, and returns all that it has read.
func waitFor(t *testing.T, lines *bufio.Reader, text string) string {
	t.Helper()
	var seen strings.Builder
	for !strings.Contains(seen.String(), text) {
		b, err := lines.ReadByte()
		if err != nil {
			t.Fatalf("%v after %q", err, seen.String())
		}
		seen.WriteByte(b)
	}
	return seen.String()
}

// openTerminal returns both ends of a new terminal.
func openTerminal(t *testing.T) (master, terminal *os.File) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	name, err := terminalName(int(master.Fd()))
	if err != nil {
		t.Skip(err)
	}
	terminal, err = os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, terminal
}
