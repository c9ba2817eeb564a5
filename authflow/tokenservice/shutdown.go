package tokenservice

import (
	"context"
	"sync"
)

// drain counts requests and background work in progress, and waits for their end.
type drain struct {
	mu       sync.Mutex
	inFlight int
	draining bool
	empty    chan struct{} // closed when draining and nothing is in progress
}

// enter reports whether another request may be served. If so, leave must be called when
// it is over.
func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.draining {
		return false
	}
	d.inFlight++
	return true
}

// enterBackground counts work that goes on after the request that began it. It reports
// false if Shutdown has nothing left to wait for.
func (d *drain) enterBackground() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.draining && d.inFlight == 0 {
		return false
	}
	d.inFlight++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inFlight--
	if d.draining && d.inFlight == 0 {
		close(d.empty)
	}
}

func (d *drain) start() (empty <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.draining && d.inFlight == 0 {
		close(d.empty)
	}
	d.draining = true
	return d.empty
}

// Shutdown stops the service: new requests get 503. It waits until the responses to all
// earlier requests are written and sign-outs in the background are done, or until ctx
// ends; then it returns the cause of that. It leaves tokens alive, because browsers
// work with them: a restart signs nobody out.
//
// [Service.Ready] responds with 503 at once. Call Shutdown before
// [http.Server.Shutdown], which accepts no more connections, so that new requests would
// get no response at all.
//
// Shutdown may be called again, to wait once more.
func (s *Service) Shutdown(ctx context.Context) error {
	var err error
	select {
	case <-s.drain.start():
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.stop()
	return err
}
