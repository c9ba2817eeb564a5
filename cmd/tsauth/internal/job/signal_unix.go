//go:build unix

package job

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarded returns the signals that are not ours. A signal that was ignored at the start
// stays ignored, here and in the command, as under nohup.
func forwarded() []os.Signal {
	all := []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT}
	return slices.DeleteFunc(all, signal.Ignored)
}

// sentByTerminal reports whether the command has got a signal already: the terminal sends
// those of its keys to the whole group in its foreground. Nothing tells such a signal from
// one that was sent to this process alone while its group is there.
func sentByTerminal(s os.Signal) bool {
	if s != syscall.SIGINT && s != syscall.SIGQUIT {
		return false
	}
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false // there is no terminal
	}
	defer func() { _ = terminal.Close() }()
	foreground, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

// codeOfState returns the exit code as shells count it.
func codeOfState(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
