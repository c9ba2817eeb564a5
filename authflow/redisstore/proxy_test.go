//go:build unix

package redisstore_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands before a server. It passes requests on at once, and responses after a
// delay.
type proxy struct {
	net.Listener
	to    string
	delay atomic.Int64 // of each response, in nanoseconds
	ctx   context.Context
	wg    sync.WaitGroup
}

func proxyTo(tb testing.TB, addr string) *proxy {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{Listener: l, to: addr, ctx: ctx}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(c) })
		}
	})
	tb.Cleanup(func() {
		cancel()
		_ = l.Close()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) serve(from net.Conn) {
	var dialer net.Dialer
	to, err := dialer.DialContext(p.ctx, "tcp", p.to)
	if err != nil {
		_ = from.Close()
		return
	}
	end := func() { _, _ = from.Close(), to.Close() }
	defer context.AfterFunc(p.ctx, end)()
	p.wg.Go(func() {
		defer end()
		_, _ = io.Copy(to, from)
	})
	defer end()
	buf := make([]byte, 64<<10)
	for {
		n, err := to.Read(buf)
		if err != nil {
			return
		}
		late := time.NewTimer(time.Duration(p.delay.Load()))
		select {
		case <-late.C:
		case <-p.ctx.Done():
			late.Stop()
			return
		}
		if _, err := from.Write(buf[:n]); err != nil {
			return
		}
	}
}
