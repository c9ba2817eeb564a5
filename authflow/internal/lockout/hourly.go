package lockout

import "time"

// hourly counts the records that were written in the last hour, so that a crowd of
// wrong passwords does not fill a Store. A record whose call was accepted, or got no
// verdict, does not count. It counts by tenths of an hour, and so looks back for a
// little more than an hour.
type hourly struct {
	began  time.Time
	newest int        // number of the newest slot
	counts [slots]int // a ring, by number of the slot
}

const (
	slots      = 11
	slotTime   = countsFor / (slots - 1)
	maxRecords = 10_000
)

// spend counts a record, or reports false if there are too many.
func (h *hourly) spend(now time.Time) bool {
	if h.began.IsZero() {
		h.began = now
	}
	current := h.slot(now)
	for h.newest < current {
		h.newest = max(h.newest+1, current-slots)
		h.counts[h.newest%slots] = 0
	}
	total := 0
	for _, n := range h.counts {
		total += n
	}
	if total >= maxRecords {
		return false
	}
	h.counts[current%slots]++
	return true
}

// refund takes back a record that was counted at a time.
func (h *hourly) refund(at time.Time) {
	n := h.slot(at)
	if n > h.newest-slots && h.counts[n%slots] > 0 {
		h.counts[n%slots]--
	}
}

func (h *hourly) slot(t time.Time) int { return int(t.Sub(h.began) / slotTime) }
