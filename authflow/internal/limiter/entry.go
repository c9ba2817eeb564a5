package limiter

import (
	"container/list"
	"time"
)

// entry is a request that waits.
type entry struct {
	request Request
	arrived time.Time
	number  uint64        // in the order of arrival
	place   *place        // nil once it is decided
	waiting *list.Element // in queue.waiting

	decided chan struct{} // closed when permit or err is set
	permit  *Permit
	err     error
}

func (e *entry) isDecided() bool { return e.place == nil }
