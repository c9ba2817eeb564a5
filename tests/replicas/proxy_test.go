package replicas

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxies stand between the replicas and Redis, one for each.
type proxies struct {
	t      *testing.T
	ctx    context.Context
	wg     sync.WaitGroup
	delay  atomic.Int64 // of each response, in nanoseconds
	parted atomic.Int64 // one more than the replica whose packets are lost; 0: none
}

func newProxies(t *testing.T) *proxies {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &proxies{t: t, ctx: ctx}
	t.Cleanup(func() { cancel(); p.wg.Wait() })
	return p
}

// at returns where replica n finds Redis, which is at addr.
func (p *proxies) at(n int, addr string) string {
	l, err := new(net.ListenConfig).Listen(p.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	context.AfterFunc(p.ctx, func() { _ = l.Close() })
	p.wg.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(n, from, addr) })
		}
	})
	return l.Addr().String()
}

func (p *proxies) serve(n int, from net.Conn, addr string) {
	to, err := new(net.Dialer).DialContext(p.ctx, "tcp", addr)
	if err != nil {
		_ = from.Close()
		return
	}
	end := func() { _, _ = from.Close(), to.Close() }
	defer context.AfterFunc(p.ctx, end)()
	p.wg.Go(func() {
		defer end()
		p.pass(n, to, from, false)
	})
	defer end()
	p.pass(n, from, to, true)
}

// pass copies from one side to the other. It delays responses, and drops
// everything while the replica is parted from Redis.
func (p *proxies) pass(n int, to io.Writer, from io.Reader, responses bool) {
	buf := make([]byte, 64<<10)
	for {
		k, err := from.Read(buf)
		if err != nil {
			return
		}
		if int(p.parted.Load()) == n+1 {
			continue
		}
		if d := time.Duration(p.delay.Load()); responses && d > 0 {
			late := time.NewTimer(d)
			select {
			case <-late.C:
			case <-p.ctx.Done():
				late.Stop()
				return
			}
		}
		if _, err := to.Write(buf[:k]); err != nil {
			return
		}
	}
}
