//go:build unix

package redisstore_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a redis-server of a test: on a free port of this machine, with
// nothing on disk.
type server struct {
	tb   testing.TB
	port int
	dir  string
	conf []string

	mu    sync.Mutex
	shell *exec.Cmd
	tie   *os.File // its end is the server's end, however the test ends
	pid   int
}

// serverOf starts one with more lines of configuration. Where there is none to
// start the test is skipped, unless TSAUTH_REDIS=required.
func serverOf(tb testing.TB, conf ...string) *server {
	tb.Helper()
	if testing.Short() {
		tb.Skip("real servers are for the long run")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("TSAUTH_REDIS") == "required" {
			tb.Fatal("TSAUTH_REDIS=required, and there is no redis-server")
		}
		tb.Skip("there is no redis-server on this machine")
	}
	s := &server{tb: tb, port: freePort(tb), dir: tb.TempDir(), conf: conf}
	tb.Cleanup(s.kill)
	s.start()
	return s
}

func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// start starts it, empty, on the port that it has had before.
func (s *server) start() {
	s.tb.Helper()
	conf := append([]string{
		"port " + strconv.Itoa(s.port), "bind 127.0.0.1", `save ""`, "appendonly no", "daemonize no", "dir " + s.dir,
		"loglevel warning", "logfile " + filepath.Join(s.dir, "log"),
	}, s.conf...)
	file := filepath.Join(s.dir, "redis.conf")
	ports := strings.NewReplacer("PORT", strconv.Itoa(s.port), "BUS", strconv.Itoa(s.port-10000))
	if err := os.WriteFile(file, []byte(ports.Replace(strings.Join(conf, "\n"))+"\n"), 0o600); err != nil {
		s.tb.Fatal(err)
	}
	args := []string{file}
	if s.sentinel() {
		args = append(args, "--sentinel")
	}
	// The shell ends the server when its own input ends, which is when this process
	// does, or earlier.
	shell := exec.CommandContext(s.tb.Context(), "/bin/sh", append([]string{"-c", `redis-server "$@" & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait`, "sh"}, args...)...)
	shell.Stderr = os.Stderr
	shell.Cancel = func() error { return nil } // kill does
	in, tie, err := os.Pipe()
	if err != nil {
		s.tb.Fatal(err)
	}
	shell.Stdin = in
	out, err := shell.StdoutPipe()
	if err == nil {
		err = shell.Start()
	}
	_ = in.Close()
	if err != nil {
		_ = tie.Close()
		s.tb.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	s.mu.Lock()
	s.shell, s.tie = shell, tie
	s.pid, err = strconv.Atoi(strings.TrimSpace(line))
	s.mu.Unlock()
	if err != nil {
		s.tb.Fatal(err)
	}
	log := func() string { text, _ := os.ReadFile(filepath.Join(s.dir, "log")); return string(text) }
	defer func() {
		if s.tb.Failed() {
			s.tb.Log(log())
		}
	}()
	eventually(s.tb, 10*time.Second, "redis-server listens", func() bool {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(s.tb.Context(), "tcp", s.addr())
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
}

func (s *server) sentinel() bool {
	return len(s.conf) > 0 && strings.HasPrefix(s.conf[0], "sentinel ")
}

// kill ends it as a crash would.
func (s *server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shell == nil {
		return
	}
	_ = s.tie.Close()
	_ = s.shell.Wait()
	s.shell = nil
}

// stop lets it hang, until cont.
func (s *server) stop() { s.signal(syscall.SIGSTOP) }
func (s *server) cont() { s.signal(syscall.SIGCONT) }

func (s *server) signal(sig syscall.Signal) {
	s.tb.Helper()
	if err := syscall.Kill(s.pid, sig); err != nil {
		s.tb.Fatal(err)
	}
}

// client returns a client of it, for the test's own use or a Store.
func (s *server) client(change ...func(*redis.Options)) *redis.Client {
	opts := &redis.Options{Addr: s.addr(), ContextTimeoutEnabled: true}
	for _, c := range change {
		c(opts)
	}
	c := redis.NewClient(opts)
	s.tb.Cleanup(func() { _ = c.Close() })
	return c
}

// freePort returns a port that has another one free 10,000 below it.
func freePort(tb testing.TB) int {
	tb.Helper()
	var config net.ListenConfig
	for range 100 {
		l, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		bus, err := config.Listen(tb.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port-10000))
		_ = l.Close()
		if err == nil {
			_ = bus.Close()
			return port
		}
	}
	tb.Fatal("no free port")
	return 0
}

// eventually waits until something of another process is so.
func eventually(tb testing.TB, limit time.Duration, what string, is func() bool) {
	tb.Helper()
	over := time.NewTimer(limit)
	defer over.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-over.C:
			tb.Fatalf("after %v still not: %s", limit, what)
		case <-again.C:
		}
	}
}
