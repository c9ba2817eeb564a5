package replicas

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a program that ends with the test.
type process struct {
	pid   int
	lines *bufio.Reader // of its standard output
	shell *exec.Cmd
	tie   *os.File // its end is the program's end
}

// start starts a program, in a process group of its own. A shell kills the program
// when its own input ends, which happens when the test ends, in whatever way.
func start(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	const script = `mkfifo "$0" && exec 4<>"$0" && rm "$0"; "$@" <&4 & echo $! >&3; exec 3>&-; cat >/dev/null; kill -9 $! 2>/dev/null; wait`
	fifo := fmt.Sprintf("%s/tie", t.TempDir())
	shell := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", script, fifo, name}, args...)...)
	shell.Cancel = func() error { return nil } // end does
	shell.Env = append(os.Environ(), env...)
	shell.Stderr = os.Stderr
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, tie, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	pids, pid, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stdin, shell.ExtraFiles = in, []*os.File{pid}
	out, err := shell.StdoutPipe()
	if err == nil {
		err = shell.Start()
	}
	_, _ = in.Close(), pid.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{lines: bufio.NewReader(out), shell: shell, tie: tie}
	t.Cleanup(p.end)
	line, _ := bufio.NewReader(pids).ReadString('\n')
	_ = pids.Close()
	if p.pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// line returns the next line of its output.
func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.pid, s); err != nil {
		t.Fatal(err)
	}
}

// end kills it. It may be called again.
func (p *process) end() {
	if p.tie == nil {
		return
	}
	_ = p.tie.Close()
	p.tie = nil
	_, _ = io.Copy(io.Discard, p.lines)
	_ = p.shell.Wait()
	_ = syscall.Kill(-p.shell.Process.Pid, syscall.SIGKILL) // the rest of its group
}

// within waits for something that other processes do, and returns how long that
// took.
func within(t *testing.T, limit time.Duration, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if <-tick.C; time.Since(began) > limit {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
	return time.Since(began)
}
