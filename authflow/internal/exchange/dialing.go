package exchange

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// dialing watches whether a request waits for its connection, and so was not sent
// yet. A Base that does not call the hooks of net/http/httptrace makes every request
// count as sent.
type dialing struct{ inProgress atomic.Bool }

// watch returns a context for the request. Hooks that ctx has are still called.
func (d *dialing) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { d.inProgress.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { d.inProgress.Store(false) },
	})
}
