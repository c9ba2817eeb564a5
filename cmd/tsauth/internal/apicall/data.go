package apicall

import (
	"io"
	"net/http"
	"os"
	"strings"
)

// data is the body of a request.
type data struct {
	reader io.ReadCloser
	size   int64 // -1 if it is unknown
}

func (d data) close() error { return d.reader.Close() }

// ReadsStdin reports whether the body is standard input.
func (c Call) ReadsStdin() bool { return c.Data == "-" || c.Data == "@-" }

// open returns the body that Data stands for.
func (c Call) open(stdin io.Reader) (data, error) {
	name, isFile := strings.CutPrefix(c.Data, "@")
	switch {
	case c.Data == "":
		return data{http.NoBody, 0}, nil
	case c.ReadsStdin():
		return data{io.NopCloser(stdin), -1}, nil
	case isFile:
		return openFile(name)
	}
	return data{io.NopCloser(strings.NewReader(c.Data)), int64(len(c.Data))}, nil
}

func openFile(name string) (data, error) {
	file, err := os.Open(name)
	if err != nil {
		return data{}, usagef("data: %v", err)
	}
	info, err := file.Stat()
	isWhole := err == nil && info.Mode().IsRegular()
	if !isWhole {
		return data{file, -1}, nil // such as a pipe
	}
	return data{file, info.Size()}, nil
}
