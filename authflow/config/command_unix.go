//go:build unix

package config

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// shell returns the command that runs a line of the shell.
func shell(line string) []string { return []string{"sh", "-c", line} }

// processGroup is a command and all processes that it starts, except those that leave
// the group, as daemons do.
type processGroup struct{ cmd *exec.Cmd }

// prepare makes the command, when it starts, the leader of a group of its own that
// ends with the context.
func (g *processGroup) prepare() {
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	g.cmd.Cancel = func() error {
		g.kill()
		return nil
	}
}

// kill ends all processes of the group.
func (g *processGroup) kill() { _ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) }

// terminal is a terminal that commands may read from, one at a time.
type terminal struct {
	mu   sync.Mutex
	file *os.File
}

// terminalOf returns the terminal that stdin is, nil if it is something else.
func terminalOf(stdin io.Reader) *terminal {
	file, ok := stdin.(*os.File)
	if !ok || file == nil {
		return nil
	}
	t := &terminal{file: file}
	if _, err := t.foreground(); err != nil {
		return nil
	}
	return t
}

// foreground returns the process group in the foreground of the terminal.
func (t *terminal) foreground() (int, error) {
	return unix.IoctlGetInt(int(t.file.Fd()), unix.TIOCGPGRP)
}

// lend makes the terminal the standard input of a command, and the group of the command
// its foreground group: otherwise the system would stop the command when it reads.
// giveBack takes the foreground back. A process in the background has nothing to lend.
func (t *terminal) lend(cmd *exec.Cmd) (giveBack func()) {
	t.mu.Lock()
	group, err := t.foreground()
	if err != nil || group != unix.Getpgrp() {
		return t.mu.Unlock
	}
	// The system stops a process in the background that changes the foreground group,
	// unless it ignores this signal: the command at its start, and this process at the end.
	signal.Ignore(syscall.SIGTTOU)
	cmd.Stdin = t.file
	cmd.SysProcAttr.Foreground, cmd.SysProcAttr.Ctty = true, int(t.file.Fd())
	return func() {
		_ = unix.IoctlSetPointerInt(int(t.file.Fd()), unix.TIOCSPGRP, group)
		signal.Reset(syscall.SIGTTOU)
		t.mu.Unlock()
	}
}
