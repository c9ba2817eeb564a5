package authflow

import (
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// tokenTimes is what a response states about the lifetime of its token, by the
// server's clock. A time that it does not state, or that is impossible, is zero.
type tokenTimes struct {
	created, expires time.Time
	date             time.Time // the Date header, by the clock of the server or of a proxy
}

// Times outside of these years are in another unit than milliseconds: 2026 in
// seconds is January 1970, and in microseconds the year 58,000.
const (
	firstYear = 1990
	lastYear  = 3000
	farOff    = 2 * 365 * 24 * time.Hour // from the Date header
)

// times returns the times of a response. Impossible ones count as absent (R1): a
// token of one second would be renewed without pause.
func (in *tokenResponse) times(header http.Header) tokenTimes {
	t := tokenTimes{created: in.Created.instant(), expires: in.Expires.instant()}
	if date := header.Get("Date"); date != "" {
		t.date, _ = http.ParseTime(date) // zero if it is not a date
	}
	if !t.possible(t.created) {
		t.created = time.Time{}
	}
	if !t.possible(t.expires) {
		t.expires = time.Time{}
	}
	if !t.created.IsZero() && !t.expires.After(t.created) {
		t.created, t.expires = time.Time{}, time.Time{}
	}
	return t
}

func (t *tokenTimes) possible(at time.Time) bool {
	if at.Year() < firstYear || at.Year() > lastYear {
		return false
	}
	return t.date.IsZero() || at.Sub(t.date).Abs() < farOff
}

// defaultLifetime is how long a token lives when neither the request nor the
// response says (seed, "Token-based authentication").
const defaultLifetime = 300 * time.Second

// lifetime returns how long the token is used, counted from when its request was
// sent, and the age at which it has certainly expired, which is more where the
// lifetime is a guess. previous is the issue of the token before it, or nil; requested
// is the validity that the request states, or 0.
func (t *tokenTimes) lifetime(this, previous *issue, requested time.Duration) (life, limit time.Duration) {
	switch {
	case !t.created.IsZero() && !t.expires.IsZero():
		return t.statedLifetime(this, previous)
	case !t.expires.IsZero() && !t.date.IsZero() && t.expires.After(t.date):
		life = t.expires.Sub(t.date)
		return life, life
	case requested > 0:
		return requested, requested
	}
	return defaultLifetime, renewal.Forever
}

// statedLifetime is the lifetime of a token that states both its times. Where Date
// says that the token is older than its request, it is used for less.
func (t *tokenTimes) statedLifetime(this, previous *issue) (life, limit time.Duration) {
	life = t.expires.Sub(t.created)
	age := t.date.Sub(t.created)
	looksOlder := !t.date.IsZero() && age > sameInstant && age < life
	if !looksOlder || this.madeForThisCall(previous) {
		return life, life
	}
	return life - age, life
}

// sameInstant is how far two times of one call may lie apart: Date has whole
// seconds, and a call takes a while.
const sameInstant = 5 * time.Second

// issue is when a token was created, by the server's clock, and when it was
// requested, by ours.
type issue struct {
	id                   uint64 // of its lease
	created, requestedAt time.Time
}

// madeForThisCall reports whether a token is as new as its request although Date
// says otherwise: it was created as long after the previous token as its request was
// sent after the previous request. Then it is the clock of a proxy that runs ahead. If
// the server issued the previous token again, Date tells its age.
func (i *issue) madeForThisCall(previous *issue) bool {
	if previous == nil || previous.created.IsZero() || previous.id == i.id {
		return false
	}
	between := i.created.Sub(previous.created)
	elapsed := i.requestedAt.Sub(previous.requestedAt)
	return (between - elapsed).Abs() <= sameInstant
}
