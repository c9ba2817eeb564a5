//go:build !unix

package job

import "os"

// forwarded returns the signals that are not ours.
func forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

// sentByTerminal reports whether the command has got a signal already: the console sends
// it to all processes.
func sentByTerminal(os.Signal) bool { return true }

func codeOfState(state *os.ProcessState) int { return state.ExitCode() }
