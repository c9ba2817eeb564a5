package lockout

import "time"

// Stats counts the secrets that are held back.
type Stats struct {
	// RejectedPasswords counts the passwords with calls that count as rejected now:
	// the server rejected them, or they got no response.
	RejectedPasswords int
	// UnprovenKeys counts the secret keys in use that are not proven. A new key is not
	// proven until a response proves it, and is not held back.
	UnprovenKeys int
}

// Stats returns a snapshot.
func (r *Registry) Stats() Stats {
	now := time.Now()
	var s Stats
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.users {
		s.RejectedPasswords += u.rejectedPasswords(now)
	}
	for _, k := range r.keys {
		if !k.proven {
			s.UnprovenKeys++
		}
	}
	return s
}

// rejectedPasswords counts each password once.
func (u *user) rejectedPasswords(now time.Time) int {
	rejected := make(map[[32]byte]bool)
	for _, s := range u.countedAt(now) {
		if !u.proof.holds(s.hash, now) {
			rejected[s.hash] = true
		}
	}
	return len(rejected)
}
