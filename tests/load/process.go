package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// process is a server that ends with its standard input.
type process struct {
	url string
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

// start starts a server, a service of that cluster, and waits for the line with
// its address.
func start(ctx context.Context, cluster, command string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Env = append(os.Environ(), "THOUGHTSPOT_HOST="+cluster, "THOUGHTSPOT_SECRET_KEY="+authtest.DefaultSecretKey)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := p.out.ReadString('\n')
	if err != nil {
		_, _ = p.stop() // the first failure is the one to tell
		return nil, fmt.Errorf("%s has not started: %w", command, err)
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

// memory is the most that the process has had resident so far, in bytes, or 0
// where the system does not say in the way of Linux.
func (p *process) memory() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(string(found[1]), 10, 64) // digits
	return kilobytes << 10
}

// stop ends the process, and returns what else it said.
func (p *process) stop() (string, error) {
	_ = p.in.Close() // it may have ended by itself: Wait tells
	said, err := io.ReadAll(p.out)
	return string(said), errors.Join(err, p.cmd.Wait())
}

// processor is the time that the process took of it until it ended.
func (p *process) processor() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}
