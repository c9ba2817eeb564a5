package lockout

import "time"

// How old an entry may be to be more than a rejection.
const (
	pendingFor  = 30 * time.Second // a call in flight counts as one that got no response after this
	acceptedFor = 10 * time.Second // other processes trust an acceptance for this time

	// rewritten is how much later than it was an entry may seem to be, because each
	// process that saves the record again adds the time that this takes.
	rewritten = 10 * time.Second
)

// tally is what a record says about one password.
type tally struct {
	attempts []attempt // calls that count as rejected, oldest first
	last     entry     // the latest of them, with this password if there is one
	accepted bool      // a moment ago, by another process
	rejected time.Time // the latest rejection of this password
	inFlight int       // calls of the user in other processes
	same     int       // those of them with this password
}

// tallyOf counts the entries for the password with this hash.
func tallyOf(entries []entry, hash [32]byte, now time.Time) tally {
	var c tally
	hasOwn := false
	for _, e := range entries {
		same := e.hash == shortHash(hash)
		switch {
		case e.kind == kindAccepted:
			c.accepted = c.accepted || same
		case e.kind == kindPending && now.Sub(e.at()) < pendingFor:
			c.inFlight++
			if same {
				c.same++
			}
		default:
			c.attempts = append(c.attempts, attempt{same: same, at: e.at(), until: e.end})
			if same || !hasOwn {
				c.last, hasOwn = e, same
			}
			if same && e.kind == kindRejected {
				c.rejected = e.at()
			}
		}
	}
	return c
}
