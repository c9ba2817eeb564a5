package proxy

import "sync"

// requests counts the requests in progress, so that the end can wait for them.
type requests struct {
	mu       sync.Mutex
	count    int
	draining bool
	none     chan struct{} // closed at the first moment without requests after drain
}

func (r *requests) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
}

func (r *requests) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count--
	r.signal()
}

// drain returns a channel that is closed when no request is in progress. It may be called
// once.
func (r *requests) drain() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	none := make(chan struct{})
	r.draining, r.none = true, none
	r.signal()
	return none
}

// signal closes none if its time has come.
func (r *requests) signal() {
	if r.count == 0 && r.none != nil {
		close(r.none)
		r.none = nil
	}
}

func (r *requests) isDraining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}
