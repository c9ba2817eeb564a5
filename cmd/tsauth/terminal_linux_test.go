package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// openTerminals returns the two ends of a pseudo-terminal.
func openTerminals(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	return ours, theirs
}

// A secret that is typed does not appear on the terminal; the other lines do.
func TestInit_TypedSecret_IsNotShown(t *testing.T) {
	g := NewWithT(t)
	sim := simulator(t)
	ours, theirs := openTerminals(t)
	c := command(t, sim, t.TempDir(), "init", "--host", sim.URL)
	c.Stdin, c.Stdout, c.Stderr = theirs, theirs, theirs
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	shown := make(chan string)
	go func() {
		var all bytes.Buffer
		for _, step := range []struct{ question, answer string }{
			{"User: ", "ann\n"}, {"[p]: ", "p\n"}, {"type the secret): ", "\n"}, {"config.toml: ", annPassword + "\n"}, {"config.toml.", ""},
		} {
			if !readUntil(ours, &all, step.question) {
				break
			}
			_, _ = io.WriteString(ours, step.answer)
		}
		shown <- all.String()
	}()
	var text string
	g.Eventually(shown, time.Minute).Should(Receive(&text))
	if err := c.Wait(); err != nil || strings.Contains(text, annPassword) || !strings.Contains(text, "ann\r\n") || !strings.Contains(text, "Wrote the profile") {
		t.Errorf("%v, %q", err, text)
	}
}

// Ctrl-C ends the questions at once, and writes nothing.
func TestInit_CtrlC_EndsTheQuestions(t *testing.T) {
	g := NewWithT(t)
	sim, home := simulator(t), t.TempDir()
	ours, theirs := openTerminals(t)
	c := command(t, sim, home, "init", "--host", sim.URL)
	c.Stdin, c.Stdout, c.Stderr = theirs, theirs, theirs
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		if readUntil(ours, new(bytes.Buffer), "User: ") {
			_, _ = io.WriteString(ours, "\x03")
		}
		ended <- c.Wait()
	}()
	g.Eventually(ended, time.Minute).Should(Receive(MatchError("exit status 130")))
	if _, err := os.Stat(filepath.Join(home, ".config")); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
}

// readUntil reads what the terminal shows until a text is there.
func readUntil(file io.Reader, all *bytes.Buffer, text string) bool {
	from, one := all.Len(), make([]byte, 1)
	for !strings.Contains(all.String()[from:], text) {
		if _, err := file.Read(one); err != nil {
			return false
		}
		all.Write(one)
	}
	return true
}
