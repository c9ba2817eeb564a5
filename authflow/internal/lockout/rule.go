package lockout

import (
	"slices"
	"time"
)

// How often a password is sent that is not proven. Accounts were seen to be
// locked for an hour after five wrong ones.
const (
	countsFor   = time.Hour
	maxSame     = 3 // rejections of one password in that time
	maxRejected = 4 // rejections of a user in that time

	// lateness is how long a server may go on to work on a call whose caller has
	// given up: a call without a response counts longer by this.
	lateness = 5 * time.Minute
)

// attempt is a call that counts as rejected, as the rule sees it.
type attempt struct {
	same   bool // it carried the password in question
	exempt bool // the password was proven then, so that the schedule does not count it
	at     time.Time
	until  time.Time // it no longer counts
}

// gap is the time between the nth rejection of a password and the next call with
// it. The first one is short, for a server that failed for a moment. The second
// one outlasts a restart of the server.
func gap(n int) time.Duration {
	if n == 1 {
		return time.Minute
	}
	return 10 * time.Minute
}

// ruling says when a password that is not proven may be sent again, and why.
type ruling struct {
	until    time.Time // the zero time if it may be sent at once
	isCount  bool      // the number of rejections of the user decides, whichever password it is
	which    string    // passwords were rejected so often: "passwords", or "other passwords" without this one
	rejected int       // that number
	last     time.Time // the latest of them
}

// rule returns the ruling after these attempts, which are ordered by at.
func rule(attempts []attempt, force Force) ruling {
	same := slices.DeleteFunc(slices.Clone(attempts), func(a attempt) bool { return !a.same })
	until := fewerThan(maxSame, same)
	same = slices.DeleteFunc(same, func(a attempt) bool { return a.exempt })
	if len(same) > 0 && force == Scheduled {
		until = later(until, same[len(same)-1].at.Add(gap(len(same))))
	}
	byCount := fewerThan(maxRejected, attempts)
	if !byCount.After(until) {
		return ruling{until: until}
	}
	which := "passwords"
	if !slices.ContainsFunc(attempts, func(a attempt) bool { return a.same }) {
		which = "other passwords"
	}
	return ruling{until: byCount, isCount: true, which: which, rejected: len(attempts), last: attempts[len(attempts)-1].at}
}

// fewerThan returns when fewer than n of the attempts count.
func fewerThan(n int, attempts []attempt) time.Time {
	if len(attempts) < n {
		return time.Time{}
	}
	ends := make([]time.Time, 0, len(attempts))
	for _, a := range attempts {
		ends = append(ends, a.until)
	}
	slices.SortFunc(ends, time.Time.Compare)
	return ends[len(ends)-n]
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
