package authflow

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
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
	sweep int // how many are known when what is stale is forgotten
}

// secret is one user name with its passwords, or one secret key.
type secret struct {
	turn  chan struct{} // its one element is held by whoever sends
	users int           // who hold or want the turn
	said  *Error        // the latest refusal

	refused []refusal         // of passwords, the latest ones, oldest first
	right   [sha256.Size]byte // the password that was right, if one was
	proven  time.Time         // when it was: those who came before need no turn

	good     bool      // of a key: the latest verdict was that it is right
	failures int       // of a key: refusals in a row
	until    time.Time // of a key: when it may be sent again
	denied   []string  // of a key: the users who were answered 403 since the last success
}

// refusal is one time that the server turned a password down.
type refusal struct {
	hash [sha256.Size]byte
	said bool      // by the server; otherwise no answer came
	at   time.Time // of the answer: how long the way to the server took, nobody knows
}

// How often a password is sent that was refused. Accounts are locked for
// several wrong ones, which were five where it was seen.
const (
	refusedFor      = time.Hour // how long a refusal counts
	maxSamePassword = 3         // sent in that time
	maxPasswords    = 4         // refused in that time, of one user
	manyDenied      = 3         // users who are answered 403 in a row, before the key is suspected
	maxDenied       = 100       // users of whom this is remembered
	maxKnown        = 1000      // passwords and keys, before what is stale is forgotten
)

// gap is the shortest time between the nth refusal of a password and the next
// time that it is sent. Silence may be tried again at once.
func gap(n int) time.Duration {
	return [...]time.Duration{0, time.Minute, 10 * time.Minute}[n]
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

// pass is the leave to send a password or key. Whoever has it calls done.
type pass struct {
	*secrets
	x        *secret
	name     string // of x in known
	isKey    bool
	force    bool // a refused password may go again before its time
	fixed    bool // it does not change for whoever uses it, who knows whether it was right
	accepted bool // it has been right before
	username string
	hash     [sha256.Size]byte
	turn     bool      // that of x is held
	sent     time.Time // or when it came, until then
}

// use waits for the turn of a password or key, or returns the refusal that
// still holds for it. A key that is right needs no turn, and neither does one
// that has been refused for this very user.
func (s *secrets) use(ctx context.Context, field, username string, value gen.Secret, fixed, known, force bool, patience time.Duration) (*pass, error) {
	p := &pass{secrets: s, isKey: field == fieldSecretKey, force: force, fixed: fixed, accepted: fixed && known, username: username, hash: s.hash(string(value)), sent: time.Now()}
	if p.name = "key " + string(p.hash[:]); !p.isKey {
		p.name = "password of " + strings.ToLower(strings.TrimSpace(username))
	}
	s.mu.Lock()
	x := s.known[p.name]
	if len(s.known) > s.sweep {
		now := time.Now()
		maps.DeleteFunc(s.known, func(_ string, old *secret) bool { return old != x && old.stale(now) })
		s.sweep = max(maxKnown, 2*len(s.known)) // so that it costs each call little
	}
	if x == nil {
		x = &secret{turn: make(chan struct{}, 1)}
		s.known[p.name] = x
	}
	p.x = x
	x.users++
	free := p.isKey && (x.good || slices.Contains(x.denied, username))
	s.mu.Unlock()

	var err error
	if !free {
		impatient := time.NewTimer(patience)
		defer impatient.Stop()
		select {
		case x.turn <- struct{}{}:
			p.turn = true
		case <-ctx.Done():
			err = fmt.Errorf("gave up waiting for another call with the same %s: %w", field, context.Cause(ctx))
		case <-impatient.C:
			err = fmt.Errorf("another call with the same %s is not answered: %w", field, context.DeadlineExceeded)
		}
	}
	if err == nil {
		no, others := p.holds()
		if no != nil && others && p.turn && sleep(ctx, no.RetryAfter) {
			no, _ = p.holds()
		}
		if no == nil {
			return p, nil
		}
		err = no
	}
	p.leave()
	return nil, err
}

// holds returns the refusal for which p must not be used now, or nil, and
// whether it was others' alone, and so is worth waiting for. From now on p counts
// as sent.
func (p *pass) holds() (no *Error, others bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.x
	if p.turn && (x.good || !p.isKey && x.right == p.hash && !p.sent.After(x.proven)) { // as another call has found out meanwhile
		<-x.turn
		p.turn = false
	}
	p.sent = time.Now()
	wait := x.until.Sub(p.sent)
	switch {
	case !p.isKey:
		wait = x.passwordWait(p.hash, p.sent, p.force)
	case x.said != nil && slices.Contains(x.denied, p.username): // another user's try says more
		wait += maxPause
	}
	if wait <= 0 {
		return nil, false
	}
	return x.said.paused(wait), p.isKey && x.said.Status == 403 && x.failures <= patientFor
}

// leave gives p back unused.
func (p *pass) leave() {
	if p.turn {
		<-p.x.turn
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.x; x.users == 1 && !x.good && x.failures == 0 && len(x.denied)+len(x.refused) == 0 && (p.fixed || x.right == [sha256.Size]byte{}) {
		delete(p.known, p.name)
	}
	p.x.users--
}

// done gives p back and tells what the server said, nil for a success. It marks
// what the Cluster keeps back by itself.
func (p *pass) done(e *Error) {
	p.mu.Lock()
	if p.isKey {
		p.keyVerdict(e)
	} else {
		p.passwordVerdict(e)
	}
	p.mu.Unlock()
	p.leave()
}

// stale reports whether nobody needs to know of x any more.
func (x *secret) stale(now time.Time) bool {
	return x.users == 0 && now.After(x.until) && !slices.ContainsFunc(x.refused, func(r refusal) bool { return now.Sub(r.at) < refusedFor })
}

// passwordWait returns how long a password is not to be sent.
func (x *secret) passwordWait(hash [sha256.Size]byte, now time.Time, force bool) time.Duration {
	all := slices.DeleteFunc(slices.Clone(x.refused), func(r refusal) bool { return now.Sub(r.at) >= refusedFor })
	same := slices.DeleteFunc(slices.Clone(all), func(r refusal) bool { return r.hash != hash })
	switch n := len(same); {
	case n >= maxSamePassword:
		return same[0].at.Add(refusedFor).Sub(now)
	case len(all) >= maxPasswords:
		return all[0].at.Add(refusedFor).Sub(now)
	case n > 0 && !force:
		last := same[n-1]
		if !last.said {
			n--
		}
		return last.at.Add(gap(n)).Sub(now)
	}
	return 0
}

// passwordVerdict notes what became of a password. That no answer came counts as
// a refusal, because it may have been one, unless the password has been right
// before and was not refused since.
func (p *pass) passwordVerdict(e *Error) {
	x, same := p.x, func(r refusal) bool { return r.hash == p.hash }
	switch {
	case e == nil:
		x.refused, x.right, x.proven = slices.DeleteFunc(x.refused, same), p.hash, time.Now()
	case e.refusesPassword(), !e.unsent && slices.ContainsFunc(x.refused, same), e.unheard() && !p.accepted && x.right != p.hash:
		x.refused = append(x.refused[max(0, len(x.refused)-2*maxPasswords):], refusal{p.hash, e.refusesPassword(), time.Now()})
		if e.soon = time.Second; e.refusesPassword() || x.said == nil {
			x.said = e
		}
		if e.refusesPassword() {
			x.right = [sha256.Size]byte{}
		}
	}
}

// keyVerdict notes what became of a secret key. A 403 is a user's affair, such
// as a locked account, until several users in a row have met it: it is also
// what a cluster answers on which trusted authentication is switched off.
func (p *pass) keyVerdict(e *Error) {
	x, refused := p.x, false
	switch {
	case e == nil:
		x.good, x.failures, x.denied, x.until, x.said = true, 0, nil, time.Time{}, nil
	case e.Status == 401:
		refused = true
	case e.Status == 403 && !slices.Contains(x.denied, p.username):
		if len(x.denied) < maxDenied {
			x.denied = append(x.denied, p.username)
		}
		refused = len(x.denied) >= manyDenied
	}
	if refused && e.Status == 401 {
		e.soon = time.Second
	} else if e != nil && (refused || x.said != nil) {
		e.soon = maxPause
	}
	if !refused || p.sent.Before(x.until) { // the latter: sent before an earlier refusal was known
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
