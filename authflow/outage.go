package authflow

import "time"

// Outage returns why no credential is asked for now, but by one probe at a time:
// an [*Error], such as one that matches [ErrMaintenance] or [ErrRateLimited],
// whose RetryAfter is the time until the next probe may go. It returns nil if the
// cluster is well as far as is known, and sends nothing to find out: what it
// tells is what the last calls met, until one succeeds.
func (c *Cluster) Outage() error {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	p := c.gate.paused
	if p == nil {
		return nil
	}
	return p.err.paused(time.Until(p.until))
}
