package tokenservice

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// record is the state of a user that all replicas share through the Store of the cluster:
// the tokens that were handed out, and when the user has signed out.
//
// The clocks of replicas may differ by minutes, so a record holds no times. It holds
// ages and remaining lifetimes as they were when it was saved; the Store measures by its
// own clock how long ago that was.
type record struct {
	tokens    []handedOut
	signedOut time.Time // the latest sign-out, by the local clock; zero if there was none in the last hour
	lostUntil time.Time // when the last of the tokens expires that did not fit
}

// storedRecord is the JSON form. All numbers are milliseconds.
type storedRecord struct {
	TTL       int64         `json:"ttl"`
	SignedOut *int64        `json:"signed_out,omitempty"` // ago
	Lost      int64         `json:"lost,omitempty"`       // until the last lost token expires
	Tokens    []storedToken `json:"tokens,omitempty"`
}

type storedToken struct {
	Value     string `json:"v"` // in the clear: the whole record is sealed
	Username  string `json:"u"`
	Age       int64  `json:"a"`
	Remaining int64  `json:"l"` // 0 if it is not known
	Object    bool   `json:"o,omitempty"`
}

const (
	recordTime = 2 * time.Second // for which a request or a sign-out waits for a change
	maxRecord  = 100             // tokens in a record
	// signOutKept is how long a sign-out is remembered for requests that began before it.
	signOutKept = time.Hour
	// clockError is how much an age may be wrong because of rounding.
	clockError = 20 * time.Millisecond
)

// recordOf returns the value of a user in the Store; nil if the cluster has none.
func (s *Service) recordOf(name string) *authflow.SharedValue {
	return s.cluster.SharedValue("tokenservice", userKey(name))
}

// loadRecord returns the record of a user. A record that cannot be read counts as empty.
func loadRecord(ctx context.Context, v *authflow.SharedValue) (record, error) {
	sent := time.Now()
	text, left, err := v.Load(ctx)
	if errors.Is(err, authflow.ErrNotStored) {
		return record{}, nil
	}
	if err != nil {
		return record{}, err
	}
	var stored storedRecord
	err = json.Unmarshal(text, &stored)
	if err != nil {
		return record{}, nil //nolint:nilerr // the next record replaces it
	}
	return stored.read(sent, time.Now(), left), nil
}

// read returns the record as it is now. left is the rest of its time to live, at some
// moment between two times. All times that matter are on the safe side: a token expires
// late and was handed out early, and a sign-out was late.
func (stored *storedRecord) read(sent, now time.Time, left time.Duration) record {
	ttl := time.Duration(stored.TTL) * time.Millisecond
	if left > ttl+clockError {
		stored.SignedOut = nil // the clock of the Store was set back
	}
	age := max(0, ttl-left)
	saved, savedBefore := now.Add(-age), sent.Add(-age)
	after := func(ms int64) time.Time { return saved.Add(time.Duration(ms) * time.Millisecond) }
	var r record
	if stored.Lost > 0 {
		r.lostUntil = after(stored.Lost)
	}
	if stored.SignedOut != nil {
		r.signedOut = after(-*stored.SignedOut)
	}
	for _, t := range stored.Tokens {
		h := handedOut{token: gen.Secret(t.Value), username: t.Username, at: savedBefore.Add(-time.Duration(t.Age) * time.Millisecond), isObject: t.Object, isRecorded: true}
		if t.Remaining > 0 {
			h.deadline = after(t.Remaining)
		}
		if h.isAlive(now) {
			r.tokens = append(r.tokens, h)
		}
	}
	return r
}

// stored returns the JSON form, and its time to live.
func (r *record) stored(now time.Time) (text []byte, ttl time.Duration) {
	ttl = max(time.Minute, r.lostUntil.Sub(now))
	s := storedRecord{Lost: max(0, r.lostUntil.Sub(now).Milliseconds())}
	age := now.Sub(r.signedOut)
	if age < signOutKept {
		ms := age.Milliseconds()
		s.SignedOut = &ms
		ttl = max(ttl, signOutKept-age)
	}
	for _, h := range r.tokens {
		t := storedToken{Value: string(h.token), Username: h.username, Age: now.Sub(h.at).Milliseconds(), Object: h.isObject}
		if h.deadline.IsZero() {
			ttl = max(ttl, unknownLife)
		} else {
			t.Remaining = max(1, h.deadline.Sub(now).Milliseconds())
			ttl = max(ttl, h.deadline.Sub(now))
		}
		s.Tokens = append(s.Tokens, t)
	}
	ttl = ttl.Truncate(time.Millisecond) + time.Millisecond
	s.TTL = ttl.Milliseconds()
	text, _ = json.Marshal(s) // strings and numbers always have a JSON form
	return text, ttl
}

// add adds a token. If there are too many, it removes the token that expires first.
func (r *record) add(h handedOut) {
	r.tokens = append(r.tokens, h)
	for len(r.tokens) > maxRecord {
		first := slices.MinFunc(r.tokens, func(a, b handedOut) int { return a.end().Compare(b.end()) })
		r.lostUntil = latest(r.lostUntil, first.end())
		r.remove([]gen.Secret{first.token})
	}
}

// remove removes tokens.
func (r *record) remove(tokens []gen.Secret) {
	r.tokens = slices.DeleteFunc(r.tokens, func(h handedOut) bool { return slices.Contains(tokens, h.token) })
}

// settle removes tokens that were revoked: some, or all that were handed out.
func (r *record) settle(ended []gen.Secret, all bool) error {
	r.remove(ended)
	if all {
		r.lostUntil = time.Time{}
	}
	return nil
}

// has reports whether a replica has handed out a token.
func (r *record) has(token gen.Secret) bool {
	return slices.ContainsFunc(r.tokens, func(h handedOut) bool { return h.token == token })
}

// isSignedOutSince reports whether the user has signed out at any replica after a time.
func (r *record) isSignedOutSince(t time.Time) bool { return r.signedOut.After(t.Add(-clockError)) }

// changeRecord calls change with the record of a user and saves the result. If another
// replica has changed the record in the meantime, it does both again. An error of change
// is returned, and nothing is saved.
func changeRecord(ctx context.Context, v *authflow.SharedValue, change func(*record) error) error {
	for {
		r, err := loadRecord(ctx, v)
		if err != nil {
			return err
		}
		err = change(&r)
		if err != nil {
			return err
		}
		text, ttl := r.stored(time.Now())
		err = v.Swap(ctx, text, ttl)
		if !errors.Is(err, authflow.ErrChanged) {
			return err
		}
		pause := time.NewTimer(5*time.Millisecond + rand.N(20*time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return cmp.Or(context.Cause(ctx), err)
		}
	}
}
