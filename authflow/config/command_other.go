//go:build !unix

package config

import (
	"io"
	"os/exec"
)

// shell returns the command that runs a line of the shell.
func shell(line string) []string { return []string{"cmd", "/C", line} }

// processGroup is a command. The processes that it starts are not ended: the system
// has no groups of processes like those of Unix.
type processGroup struct{ cmd *exec.Cmd }

func (g *processGroup) prepare() {}

func (g *processGroup) kill() { _ = g.cmd.Process.Kill() }

// terminal is not lent to commands on this system.
type terminal struct{}

func terminalOf(io.Reader) *terminal { return nil }

func (*terminal) lend(*exec.Cmd) (giveBack func()) { return func() {} }
