package renewal

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// PanicError is a panic of a function as an error.
type PanicError struct {
	Value any
	// Stack is where the panic happened: functions with file and line, the
	// innermost first. It has no arguments, which may be secrets.
	Stack []string
}

// Error returns the value of the panic and its stack, in one line.
func (p *PanicError) Error() string {
	return fmt.Sprintf("panic: %v (in %s)", p.Value, strings.Join(p.Stack, ", called by "))
}

// maxStack is how many functions of a stack are kept.
const maxStack = 8

// Guard calls fn and returns a panic of fn as an error.
func Guard(fn func() error) (err error) {
	defer func() {
		value := recover()
		if value != nil {
			err = &PanicError{Value: value, Stack: stack()}
		}
	}()
	return fn()
}

// stack returns the functions that are running, except those of package runtime
// and of this file.
func stack() []string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	var stack []string
	for more := true; more && len(stack) < maxStack; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasPrefix(f.Function, "runtime.") || filepath.Base(f.File) == "panic.go" {
			continue
		}
		stack = append(stack, fmt.Sprintf("%s %s:%d", f.Function, filepath.Base(f.File), f.Line))
	}
	return stack
}
