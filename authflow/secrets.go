package authflow

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// secrets is what a Cluster knows of the passwords and secret keys that its
// flows use. It keeps refused ones from being sent again and again (R6), and
// holds none itself, only keyed hashes.
type secrets struct {
	pepper [32]byte

	mu    sync.Mutex
	known map[string]*secret
}

// secret is one user name with its passwords, or one secret key.
type secret struct {
	turn  chan struct{} // its one element is held by whoever sends
	users int           // who hold or want the turn
	said  *Error        // the latest refusal

	refused []refusal // of passwords, the latest ones, oldest first

	good     bool      // of a key: the latest verdict was that it is right
	failures int       // of a key: refusals in a row
	until    time.Time // of a key: when it may be sent again
	denied   []string  // of a key: the users who were answered 403 since the last success
}

// refusal is one time that the server turned a password down.
type refusal struct {
	hash [sha256.Size]byte
	at   time.Time // of the answer: how long the way to the server took, nobody knows
}

// How often a password is sent that was refused. Accounts are locked for
// several wrong ones, which were five where it was seen.
const (
	refusedFor      = time.Hour // how long a refusal counts
	maxSamePassword = 3         // sent in that time
	maxPasswords    = 4         // refused in that time, of one user
	maxDenied       = 3         // users who are answered 403 in a row, before the key is suspected
)

// gap is the shortest time between the nth refusal of a password and the next
// time that it is sent.
func gap(n int) time.Duration {
	if n == 1 {
		return time.Minute
	}
	return 10 * time.Minute
}

func (s *secrets) init() {
	s.known = make(map[string]*secret)
	_, _ = rand.Read(s.pepper[:]) // never fails
}

func (s *secrets) hash(text string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, s.pepper[:])
	_, _ = h.Write([]byte(text))
	h.Sum(sum[:0])
	return sum
}

// insist marks the context of a caller who asked for a renewal in so many
// words: a refused password may then go again before its time.
type insist struct{}

// use waits for the turn of a password or key, or returns the refusal that
// still holds for it. Whoever gets the turn sends it and then calls done with
// what the server said, nil for a success.
func (s *secrets) use(ctx context.Context, field, username string, value gen.Secret, patience time.Duration) (done func(*Error), err error) {
	isKey, hash := field == fieldSecretKey, s.hash(string(value))
	name := "password of " + strings.ToLower(strings.TrimSpace(username))
	if isKey {
		name = "key " + string(hash[:])
	}
	s.mu.Lock()
	x := s.known[name]
	if x == nil {
		x = &secret{turn: make(chan struct{}, 1)}
		s.known[name] = x
	}
	if isKey && x.good {
		s.mu.Unlock()
		sent := time.Now()
		return func(e *Error) { s.keyVerdict(x, username, sent, e) }, nil
	}
	x.users++
	s.mu.Unlock()

	leave := func(taken bool) {
		if taken {
			<-x.turn
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if x.users--; x.users == 0 && !x.good && x.failures == 0 && len(x.denied) == 0 && len(x.refused) == 0 {
			delete(s.known, name)
		}
	}
	impatient := time.NewTimer(patience)
	defer impatient.Stop()
	select {
	case x.turn <- struct{}{}:
	case <-ctx.Done():
		err = fmt.Errorf("gave up waiting for another call with the same %s: %w", field, context.Cause(ctx))
	case <-impatient.C:
		err = fmt.Errorf("another call with the same %s is not answered: %w", field, context.DeadlineExceeded)
	}
	if err != nil {
		leave(false)
		return nil, err
	}
	sent := time.Now()
	s.mu.Lock()
	if isKey && x.good { // as another call has found out meanwhile
		s.mu.Unlock()
		leave(true)
		return func(e *Error) { s.keyVerdict(x, username, sent, e) }, nil
	}
	wait := x.until.Sub(sent)
	if !isKey {
		wait = x.passwordWait(hash, sent, ctx.Value(insist{}) != nil)
	}
	said := x.said
	s.mu.Unlock()
	if wait > 0 {
		leave(true)
		return nil, said.paused(wait)
	}
	return func(e *Error) {
		if isKey {
			s.keyVerdict(x, username, sent, e)
		} else {
			s.passwordVerdict(x, hash, e)
		}
		leave(true)
	}, nil
}

// passwordWait returns how long a password is not to be sent.
func (x *secret) passwordWait(hash [sha256.Size]byte, now time.Time, insist bool) time.Duration {
	all := slices.DeleteFunc(slices.Clone(x.refused), func(r refusal) bool { return now.Sub(r.at) >= refusedFor })
	same := slices.DeleteFunc(slices.Clone(all), func(r refusal) bool { return r.hash != hash })
	switch n := len(same); {
	case n >= maxSamePassword:
		return same[0].at.Add(refusedFor).Sub(now)
	case len(all) >= maxPasswords:
		return all[0].at.Add(refusedFor).Sub(now)
	case n > 0 && !insist:
		return same[n-1].at.Add(gap(n)).Sub(now)
	}
	return 0
}

// passwordVerdict notes what became of a password. Once it has been refused,
// however long ago, all that is not a success counts as a refusal, because it may
// have been one.
func (s *secrets) passwordVerdict(x *secret, hash [sha256.Size]byte, e *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := slices.ContainsFunc(x.refused, func(r refusal) bool { return r.hash == hash })
	switch {
	case e == nil:
		x.refused = slices.DeleteFunc(x.refused, func(r refusal) bool { return r.hash == hash })
	case e.refusesPassword() || before && !e.unsent:
		x.refused = append(x.refused[max(0, len(x.refused)-2*maxPasswords):], refusal{hash, time.Now()})
		if e.refusesPassword() || x.said == nil {
			x.said = e
		}
	}
}

// keyVerdict notes what became of a secret key. A 403 is a user's affair, such
// as a locked account, until several users in a row have met it: it is also
// what a cluster answers on which trusted authentication is switched off.
func (s *secrets) keyVerdict(x *secret, username string, sent time.Time, e *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refused := false
	switch {
	case e == nil:
		x.good, x.failures, x.denied, x.until, x.said = true, 0, nil, time.Time{}, nil
	case e.Status == 401:
		refused = true
	case e.Status == 403:
		if len(x.denied) < maxDenied && !slices.Contains(x.denied, username) {
			x.denied = append(x.denied, username)
		}
		refused = len(x.denied) >= maxDenied
	}
	if !refused || sent.Before(x.until) { // the latter: sent before an earlier refusal was known
		return
	}
	limit := time.Minute
	if e.Status == 403 {
		limit = maxPause
	}
	x.good, x.said = false, e
	x.failures++
	x.until = time.Now().Add(jitter(min(time.Second<<min(x.failures-1, 10), limit*4/5))) // at most limit
}
