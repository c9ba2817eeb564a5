//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// start starts a run whose output begins with a line, and returns that line.
func (c *tool) start(t *testing.T) (line string, rest *bufio.Reader) {
	t.Helper()
	c.Stdout = nil
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	rest = bufio.NewReader(stdout)
	if line, err = rest.ReadString('\n'); err != nil {
		t.Fatalf("%v: %s", err, &c.err)
	}
	return strings.TrimSpace(line), rest
}

// A signal to the proxy reaches its command, which decides what becomes of it. The tokens
// are revoked in any case.
func TestProxy_SignalWithACommand_IsTheCommands(t *testing.T) {
	sim := simulator(t)
	for name, c := range map[string]struct {
		script string
		signal syscall.Signal
		code   int
		out    string
	}{
		"handled":  {`trap 'echo cleaned; exit 9' TERM`, syscall.SIGTERM, 9, "cleaned\n"},
		"success":  {`trap 'exit 0' TERM`, syscall.SIGTERM, 0, ""},
		"hang-up":  {`trap 'echo HUP; exit 8' HUP`, syscall.SIGHUP, 8, "HUP\n"},
		"kills it": {":", syscall.SIGTERM, 143, ""},
		"quit":     {`trap 'echo QUIT; exit 7' QUIT`, syscall.SIGQUIT, 7, "QUIT\n"},
	} {
		run := command(t, sim, t.TempDir(), "proxy", "--", "sh", "-c", c.script+`; echo ready; while :; do sleep 0.05; done`)
		run.Env = append(run.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
		_, rest := run.start(t)
		if n := len(sim.Tokens()); n != 1 {
			t.Errorf("%s: %d tokens are alive while it runs", name, n)
		}
		if err := run.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		out, _ := io.ReadAll(rest)
		_ = run.Wait()
		if code := run.ProcessState.ExitCode(); code != c.code || string(out) != c.out || run.err.Len() != 0 {
			t.Errorf("%s: exit code %d, %q, %s", name, code, out, &run.err)
		}
		if n := len(sim.Tokens()); n != 0 {
			t.Errorf("%s: %d tokens are alive", name, n)
		}
	}
}

// The command needs the proxy for what it does at its end.
func TestProxy_SignalWithACommand_IsServedToTheEndOfTheCommand(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	const script = `trap 'for i in 1 2 3 4 5 6 7 8 9 10; do curl -fsS "$THOUGHTSPOT_HOST/api/rest/2.0/x" >/dev/null || exit 7; done; exit 9' TERM
echo ready; while :; do sleep 0.05; done`
	sim := simulator(t)
	run := command(t, sim, t.TempDir(), "proxy", "--", "sh", "-c", script)
	run.Env = append(run.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
	run.start(t)
	if err := run.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	if code := run.ProcessState.ExitCode(); code != 9 {
		t.Errorf("exit code %d: %s", code, &run.err)
	}
}

// Under nohup the end of the terminal does not end the proxy.
func TestProxy_IgnoredHangUp_StaysIgnored(t *testing.T) {
	sim := simulator(t)
	run := command(t, sim, t.TempDir())
	env := append(run.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
	run.Cmd = exec.CommandContext(t.Context(), "sh", "-c", `trap "" HUP; exec tsauth proxy`)
	run.Env, run.Stderr = env, &run.err
	address, _ := run.start(t)
	for range 2 {
		if err := run.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+userInfo, nil)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{DisableKeepAlives: true}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Error(resp.Status)
		}
	}
	if err := run.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("%v: %s", err, &run.err)
	}
}

// A program that goes away instead of reading the address leaves no token behind.
func TestProxy_OutputThatNobodyReads_LeavesNoToken(t *testing.T) {
	sim := simulator(t)
	for _, time := range []string{"first", "second"} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = reader.Close()
		run := command(t, sim, t.TempDir(), "proxy")
		run.Env = append(run.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
		run.Stdout = writer
		_ = run.Run()
		_ = writer.Close()
		if code := run.ProcessState.ExitCode(); code != exitOther || !strings.Contains(run.err.String(), "broken pipe") {
			t.Errorf("%s time: exit code %d, %s", time, code, &run.err)
		}
		if n := len(sim.Tokens()); n != 0 {
			t.Errorf("%s time: %d tokens are alive", time, n)
		}
	}
}

// The first SIGQUIT ends the tokens of the proxy, as SIGTERM does. A second one is for
// debugging, while that takes its time.
func TestProxy_SIGQUIT_RevokesAndASecondOnePrintsTheStacks(t *testing.T) {
	sim := simulator(t)
	for range 2 {
		c := command(t, sim, t.TempDir(), "proxy")
		c.Env = append(c.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
		c.start(t)
		if err := c.Process.Signal(syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		err := c.Wait()
		if n := len(sim.Tokens()); err != nil || n != 0 || c.err.Len() > 0 {
			t.Errorf("%d tokens are alive, %v, %s", n, err, &c.err)
		}
	}
	c := command(t, sim, t.TempDir(), "proxy")
	c.Env = append(c.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
	c.start(t)
	before := sim.Calls(authtest.OpRevokeToken)
	defer sim.Block(authtest.OpRevokeToken)()
	if err := c.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := sim.WaitForCalls(ctx, authtest.OpRevokeToken, before+1); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if text := c.err.String(); !strings.Contains(text, "SIGQUIT: quit") || !strings.Contains(text, "goroutine ") {
		t.Errorf("no stacks: %v, %q", c.ProcessState, text)
	}
}
