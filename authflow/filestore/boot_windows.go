package filestore

import (
	"time"

	"golang.org/x/sys/windows"
)

// sinceBoot returns the time since the machine has started, sleep included.
func sinceBoot() time.Duration { return windows.DurationSinceBoot() }
