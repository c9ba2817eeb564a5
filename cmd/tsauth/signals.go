package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// signalError is why the context of a run has ended: a signal.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return fmt.Sprintf("ended by signal: %v", e.signal) }

// catchBrokenPipe makes a write to a pipe that nobody reads an error. The system would end
// the process, with its tokens alive.
func catchBrokenPipe() (stop func()) {
	received := make(chan os.Signal, 1)
	signal.Notify(received, syscall.SIGPIPE)
	return func() { signal.Stop(received) }
}

// withSignals returns a context that ends with the first SIGINT, SIGTERM, SIGHUP or
// SIGQUIT. Its cause is a *signalError. The second signal ends the process at once: a
// second SIGQUIT prints the stacks of all goroutines, as the first one does in other
// programs, where it leaves tokens alive.
func withSignals(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	received := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) { // as SIGHUP is under nohup
			signal.Notify(received, s)
		}
	}
	go func() {
		select {
		case s := <-received:
			signal.Stop(received)
			number, _ := s.(syscall.Signal)
			cancel(&signalError{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(received)
		cancel(nil)
	}
}
