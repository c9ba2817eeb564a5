package tokenservice

import (
	"context"
	"sync"
)

// drain counts those who are served, and waits for them.
type drain struct {
	mu       sync.Mutex
	inFlight int
	draining bool
	empty    chan struct{} // closed when draining and nobody is served any more
}

// enter reports whether one more may be served, who then has to leave.
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
// false if Shutdown waits for nothing any more.
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
	if d.inFlight--; d.draining && d.inFlight == 0 {
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

// Shutdown answers whoever asks from now on with 503, and waits for those whose
// answers are under way, or until ctx ends, whose error it returns then. It
// leaves tokens alive, because browsers work with them: a restart signs nobody
// out. [Service.Ready] answers 503 at once; call it ahead of
// [http.Server.Shutdown], which lets nobody in who could be told.
//
// It may be called again, to wait once more.
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
