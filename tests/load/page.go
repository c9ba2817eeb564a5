package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// pageKind is how a page's connection is.
type pageKind int

const (
	fast pageKind = iota
	slowSender
	slowReader
)

// answer holds the result of a page.
type answer struct {
	status int
	token  string
	retry  time.Duration // how long to wait before a retry; 0: unknown
}

// ask asks the token service at addr for a user, on a connection of its own.
func ask(ctx context.Context, addr, user string, kind pageKind) (answer, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return answer{}, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	var w io.Writer = conn
	var r io.Reader = conn
	switch kind {
	case slowSender:
		w = slowWrite{conn}
	case slowReader:
		r = slowRead{conn}
	}
	request := fmt.Sprintf("GET /ts-token HTTP/1.1\r\nHost: %s\r\nCookie: session=%s\r\nAccept: text/plain\r\nConnection: close\r\n\r\n", addr, user)
	if _, err := io.WriteString(w, request); err != nil {
		return answer{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(r), nil)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode}
	if a.status == http.StatusOK {
		a.token = string(body)
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		a.retry = time.Duration(s) * time.Second
	}
	return a, nil
}

// A request has about 120 bytes and a response 900: either takes three seconds.
const (
	sentAtOnce = 8
	readAtOnce = 60
	pause      = 200 * time.Millisecond
)

// slowWrite sends a few bytes at a time.
type slowWrite struct{ io.Writer }

func (w slowWrite) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = w.Writer.Write(p[n:min(len(p), n+sentAtOnce)])
		n += m
		<-time.After(pause)
	}
	return n, err
}

// slowRead reads a few bytes at a time.
type slowRead struct{ io.Reader }

func (r slowRead) Read(p []byte) (int, error) {
	<-time.After(pause)
	return r.Reader.Read(p[:min(len(p), readAtOnce)])
}
