package filestore

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot returns the time since the machine has started, sleep included.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
