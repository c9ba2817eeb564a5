//go:build unix

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// inFlight starts the command and returns when its call for a token has arrived at the
// simulator, where it waits.
func inFlight(t *testing.T, sim *authtest.Server, c *tool) (release func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := sim.Calls(authtest.OpGetFullAccessToken)
	release = sim.Block(authtest.OpGetFullAccessToken)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := sim.WaitForCalls(ctx, authtest.OpGetFullAccessToken, before+1); err != nil {
		t.Fatal(err)
	}
	return release
}

// A signal ends the command with 128 and its number, and nothing is printed.
func TestToken_EndedByASignal_ExitsWithItsNumber(t *testing.T) {
	for s, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129, syscall.SIGQUIT: 131} {
		sim := simulator(t)
		c := command(t, sim, t.TempDir(), "token")
		c.Env = append(c.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
		release := inFlight(t, sim, c)
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		err := c.Wait()
		release()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != want || c.out.Len() > 0 || strings.Count(c.err.String(), "\n") != 1 {
			t.Errorf("%v: %v, %q, %q", s, err, &c.out, &c.err)
		}
	}
}

// A run that was killed while others wait for its token holds nobody up.
func TestToken_KilledHolderOfTheLock_HoldsNobodyUp(t *testing.T) {
	sim, home := simulator(t), t.TempDir()
	first := command(t, sim, home, "token")
	first.Env = append(first.Env, "THOUGHTSPOT_SECRET_KEY="+secretKey)
	release := inFlight(t, sim, first)
	defer release()
	second := command(t, sim, home, "token")
	second.Env = first.Env
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := sim.WaitForCalls(ctx, authtest.OpGetFullAccessToken, 2); err != nil {
		t.Fatal("the second run does not request a token of its own: ", err)
	}
	release()
	if err := second.Wait(); err != nil || second.out.Len() == 0 {
		t.Errorf("%v, %s", err, &second.err)
	}
}

// While the server takes its time, a second run waits for the token of the first one.
func TestToken_SlowServer_IsCalledOnceForTwoRuns(t *testing.T) {
	sim, home := simulator(t), t.TempDir()
	first, second := command(t, sim, home, "token"), command(t, sim, home, "token")
	first.Env = append(first.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
	second.Env = first.Env
	release := inFlight(t, sim, first)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // a Flow waits for 2 s
	defer cancel()
	if err := sim.WaitForCalls(ctx, authtest.OpGetFullAccessToken, 2); err == nil {
		t.Error("the second run requests a token of its own")
	}
	release()
	for _, run := range []*tool{first, second} {
		if err := run.Wait(); err != nil {
			t.Errorf("%v, %s", err, &run.err)
		}
	}
	if first.out.String() != second.out.String() || sim.Calls(authtest.OpGetFullAccessToken) != 1 {
		t.Errorf("%q and %q after %d calls", &first.out, &second.out, sim.Calls(authtest.OpGetFullAccessToken))
	}
}

// After the old key has ended, a signal does not leave the cluster without a key.
func TestKeysRotate_SignalBetweenItsSteps_DoesNotEndIt(t *testing.T) {
	sim := simulator(t)
	sim.AddUser("root", adminPassword, authtest.Privileges(authtest.PrivilegeAdministration))
	sim.Fail(authtest.OpConfigureAuthSettings, 1, authtest.Delay(0))
	sim.Fail(authtest.OpConfigureAuthSettings, 2, authtest.Status(503))
	c := command(t, sim, t.TempDir(), "keys", "rotate", "--yes")
	c.Env = append(c.Env, "THOUGHTSPOT_USERNAME=root", "THOUGHTSPOT_PASSWORD="+adminPassword)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := sim.WaitForCalls(ctx, authtest.OpConfigureAuthSettings, 2); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := c.Wait()
	if n := sim.Calls(authtest.OpConfigureAuthSettings); err != nil || n != 4 || !strings.Contains(c.err.String(), "has a new secret key") {
		t.Errorf("%v after %d calls, %s", err, n, &c.err)
	}
}

// A stored token with less than a minute left is replaced, if tokens live that long.
func TestToken_StoredTokenThatExpiresSoon_IsReplaced(t *testing.T) {
	sim, home := simulator(t), t.TempDir()
	token := func() (string, error) {
		c := command(t, sim, home, "token", "--validity", "64s") // 60.8 s of them are used
		c.Env = append(c.Env, "THOUGHTSPOT_PASSWORD="+annPassword)
		err := c.Run()
		return c.out.String(), err
	}
	first, err := token()
	if err != nil {
		t.Fatal(err)
	}
	NewWithT(t).Eventually(token, 40*time.Second, 200*time.Millisecond).ShouldNot(Equal(first))
}

// No secret is in the arguments of a process, or in an environment where the caller has
// not put it.
func TestX3_Processes_ShowNoSecret(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc")
	}
	sim := simulator(t)
	password := uniquePassword(sim)
	for name, c := range map[string]struct {
		args  []string
		env   string
		stdin string
	}{
		"standard input":  {[]string{"token", "--password-stdin"}, "X=", password + "\n"},
		"a file":          {[]string{"token"}, "THOUGHTSPOT_PASSWORD_FILE=" + write(t, "password", password), ""},
		"a variable":      {[]string{"token"}, "THOUGHTSPOT_PASSWORD=" + password, ""},
		"doctor, by file": {[]string{"doctor"}, "THOUGHTSPOT_PASSWORD_FILE=" + write(t, "password", password), ""},
	} {
		run := command(t, sim, t.TempDir(), c.args...)
		run.Env = append(run.Env, c.env)
		run.Stdin = strings.NewReader(c.stdin)
		release := inFlight(t, sim, run)
		for path, text := range shownBy(t) {
			isGiven := filepath.Base(path) == "environ" && strings.Contains(text, "THOUGHTSPOT_PASSWORD=")
			if strings.Contains(text, password) && !isGiven {
				t.Errorf("%s: %s shows %q", name, path, text)
			}
		}
		release()
		if err := run.Wait(); err != nil {
			t.Errorf("%s: %v, %s", name, err, &run.err)
		}
	}
}

// A command that prints the secret neither gets other secrets nor has its own in its
// arguments.
func TestX3_CommandForTheSecret_ShowsNoSecret(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc")
	}
	sim := simulator(t)
	password := uniquePassword(sim)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	c := command(t, sim, t.TempDir(), "token")
	c.Env = append(c.Env, "THOUGHTSPOT_PASSWORD_COMMAND=cat "+pipe)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when cat has opened it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(password); err != nil {
		t.Fatal(err)
	}
	for path, text := range shownBy(t) {
		if strings.Contains(text, password) {
			t.Errorf("%s shows %q", path, text)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil || c.out.Len() == 0 {
		t.Errorf("%v, %s", err, &c.err)
	}
}

// uniquePassword gives ann a password that no other process on this machine knows.
func uniquePassword(sim *authtest.Server) string {
	password := rand.Text()
	sim.SetPassword("ann", password)
	return password
}

// shownBy returns what the system shows of all processes except this one.
func shownBy(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for _, name := range []string{"cmdline", "environ"} {
		paths, err := filepath.Glob("/proc/[0-9]*/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err == nil { // otherwise the process has just ended
				texts[path] = string(text)
			}
		}
	}
	return texts
}

// A signal ends the command that prints the secret, too, with all processes that it has
// started.
func TestToken_SignalWhileACommandPrintsTheSecret_EndsTheCommand(t *testing.T) {
	for range 2 {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := unix.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		c := command(t, simulator(t), t.TempDir(), "token")
		c.Env = append(c.Env, "THOUGHTSPOT_PASSWORD_COMMAND=exec 3>"+pipe+"; echo started >&3; sleep 300 & sleep 300")
		c.WaitDelay = 5 * time.Second // if the command holds our output open
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		reader, err := os.Open(pipe) // waits for the command
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(reader)
		if !lines.Scan() || lines.Text() != "started" {
			t.Fatalf("the command printed %q", lines.Text())
		}
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 143 || c.out.Len() > 0 {
			t.Errorf("%v, %q, %q", err, &c.out, &c.err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			lines.Scan() // until nobody has the pipe open for writing
		}()
		NewWithT(t).Eventually(ended, "20s").Should(BeClosed(), "processes of the command are still running")
		_ = reader.Close()
	}
}
