package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/go-thoughtspot/tsauth/gen"
)

// terminal is the terminal of the person who runs the command.
type terminal struct {
	file *os.File
	out  io.Writer
}

// openTerminal returns the terminal on standard input. A command without one never asks
// anything.
func (p *program) openTerminal() (*terminal, error) {
	file, ok := p.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, usagef("standard input is not a terminal, so nothing can be asked: set THOUGHTSPOT_HOST, THOUGHTSPOT_USERNAME " +
			"and THOUGHTSPOT_PASSWORD or THOUGHTSPOT_SECRET_KEY (or one of these with _FILE or _COMMAND) instead of a profile")
	}
	return &terminal{file: file, out: p.stderr}, nil
}

// maxAnswer bounds what a person types.
const maxAnswer = 4096

// ask returns the line that a person types. It returns early if ctx ends, as by Ctrl-C.
func (t *terminal) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprintf(t.out, "%s: ", question)
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := t.readLine()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (t *terminal) readLine() (string, error) {
	var line []byte
	one := make([]byte, 1) // a reader with a buffer would take the secret that is typed next
	for len(line) < maxAnswer {
		n, err := t.file.Read(one)
		switch {
		case n == 1 && one[0] == '\n':
			return strings.TrimSpace(string(line)), nil
		case err != nil:
			return "", errors.New("the terminal was closed before all questions were answered")
		}
		line = append(line, one[:n]...)
	}
	return "", usagef("the line has more than %d bytes", maxAnswer)
}

// askSecret returns the line that a person types, which the terminal does not show: not
// even what is typed before the question is there.
func (t *terminal) askSecret(question string) (gen.Secret, error) {
	fd := int(t.file.Fd())
	state, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, state) }()
	line := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.file, t.out}, "")
	text, err := line.ReadPassword(question + ": ")
	if errors.Is(err, io.EOF) { // Ctrl-C, too
		return "", errors.New("nothing was typed")
	}
	return gen.Secret(text), err
}
