//go:build unix

package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// heldOpen returns the end of a pipe that is closed when all processes have ended that
// write to the other end, and the path by which a command opens that end.
func heldOpen(t *testing.T) (path string, closed <-chan struct{}) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = os.ReadFile(path)
	}()
	return path, done
}

// A command has the time of the acquisition, and its process group ends with it.
func TestRead_CommandThatOutlivesItsTime_EndsWithItsProcesses(t *testing.T) {
	sim, via := server(t)
	pipe, closed := heldOpen(t)
	line := fmt.Sprintf("exec 3>%s; sleep 60 & sleep 60", pipe)
	in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", "PASSWORD_COMMAND": line}, "")
	_, flow, err := config.FromEnv(via, authflow.WithPolicy(authflow.Policy{Timeout: time.Second, MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = flow.Token(t.Context())
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v", err)
	}
	NewWithT(t).Eventually(closed, 20*time.Second).Should(BeClosed(), "processes of the command are still running")
}

// A process that a command leaves behind is neither waited for nor left running.
func TestRead_ProcessThatACommandLeavesBehind_IsEnded(t *testing.T) {
	pipe, closed := heldOpen(t)
	got, err := read(t, "PASSWORD_COMMAND", fmt.Sprintf("exec 3>%s; sleep 60 & echo x", pipe))
	if got != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	NewWithT(t).Eventually(closed, 20*time.Second).Should(BeClosed(), "the process is still running")
}

func TestRead_CommandThatPrintsWithoutEnd_IsEnded(t *testing.T) {
	pipe, closed := heldOpen(t)
	_, err := read(t, "PASSWORD_COMMAND", fmt.Sprintf("exec 3>%s; trap '' PIPE; while :; do echo %s 2>/dev/null; done", pipe, hidden))
	isInvalid(t, err, "THOUGHTSPOT_PASSWORD_COMMAND", "65536")
	NewWithT(t).Eventually(closed, 20*time.Second).Should(BeClosed(), "the command is still running")
}

func TestRead_FileWithoutEnd_IsBounded(t *testing.T) {
	_, err := read(t, "PASSWORD_FILE", "/dev/zero")
	isInvalid(t, err, "THOUGHTSPOT_PASSWORD_FILE", "65536")
}

// Standard input is empty for a command, unless it is a terminal.
func TestRead_StdinOfACommand_IsEmpty(t *testing.T) {
	ours, err := os.Open(write(t, "ours\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ours.Close() }()
	o := world{env: map[string]string{"HOST": "h", "USERNAME": "u", "PASSWORD_COMMAND": "cat; echo end"}}.options(t)
	o.Stdin = ours
	s, err := config.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if secret, err := s.Credential.Read(t.Context()); string(secret) != "end" || err != nil {
		t.Errorf("%q, %v", string(secret), err)
	}
}

// A command may leave something behind that holds on to its output.
func TestRead_OutputThatIsHeldOpen_IsNotWaitedFor(t *testing.T) {
	got, err := read(t, "PASSWORD_COMMAND", "setsid sleep 30 & echo x")
	if got != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if strings.Contains(fmt.Sprint(err), "WaitDelay") {
		t.Error(err)
	}
}
