package sizing

import (
	"math/rand/v2"
	"time"
)

// Fleet is some replicas of a program, and the users that they serve.
type Fleet struct {
	Users    int           // at work at the same time
	Every    time.Duration // the mean time between two requests of one user
	Validity time.Duration // of a token
	Replicas int
	Store    bool // whether the replicas share one
}

// Rates are the costs of a Fleet in one second, or in some time.
type Rates struct {
	Requests float64
	Mints    float64 // calls of the server for a token
	Loads    float64 // operations of the store
	Saves    float64
	Locks    float64 // each with its unlock
	Reserved float64 // turns of the shared rate
}

// Operations is how many operations of the store there are, unlocks included.
func (r Rates) Operations() float64 { return r.Loads + r.Saves + 2*r.Locks + r.Reserved }

func (r *Rates) add(o Rates) {
	*r = Rates{r.Requests + o.Requests, r.Mints + o.Mints, r.Loads + o.Loads, r.Saves + o.Saves, r.Locks + o.Locks, r.Reserved + o.Reserved}
}

func (r Rates) scaled(by float64) Rates {
	return Rates{r.Requests * by, r.Mints * by, r.Loads * by, r.Saves * by, r.Locks * by, r.Reserved * by}
}

// How package authflow renews, by its defaults: R2 and R8.
const (
	renewAt = 0.80 // of the life, at the latest
	spread  = 0.05 // earlier, at random
	// the smaller of these two is the part of a life that is not used
	lastMoments     = 0.05
	lastMomentsMost = 5 * time.Second
)

// seconds of a user's clock.
type seconds = float64

// token is a token of the server: when it was issued, and how long it is used.
type token struct {
	born, life seconds
}

func (f Fleet) token(now seconds) token {
	life := f.Validity.Seconds()
	return token{now, life - min(life*lastMoments, lastMomentsMost.Seconds())}
}

// holder is the token that one replica has of one user.
type holder struct {
	token
	due seconds // when the next request gets another token
}

// take makes t the token in use.
func (h *holder) take(t token, now, validity seconds, rng *rand.Rand) {
	at, age := renewAt-spread*rng.Float64(), now-t.born
	h.token, h.due = t, t.born+at*validity
	if h.due <= now {
		h.due = now + max(1, at*(validity-age))
	}
}

// user is a user of a Fleet.
type user struct {
	holders []holder
	stored  token
}

func newUser(replicas int) *user {
	u := &user{holders: make([]holder, replicas)}
	for i := range u.holders {
		u.holders[i].due = -1
	}
	return u
}

// request serves u at a replica, and counts the costs.
func (f Fleet) request(u *user, replica int, now seconds, rng *rand.Rand, cost *Rates) {
	cost.Requests++
	h, validity := &u.holders[replica], f.Validity.Seconds()
	if now < h.due && now < h.born+h.life {
		return
	}
	if f.Store {
		cost.Loads++
		s := u.stored
		if s.life > 0 && s != h.token && now-s.born < renewAt*s.life {
			h.take(s, now, validity, rng)
			return
		}
		cost.Locks++
		cost.Loads++
		cost.Reserved++
		cost.Saves++
	}
	cost.Mints++
	u.stored = f.token(now)
	h.take(u.stored, now, validity, rng)
}

// play serves the requests of one user from one instant to another.
func (f Fleet) play(u *user, from, to seconds, rng *rand.Rand) (cost Rates) {
	every := f.Every.Seconds()
	for now := from + rng.ExpFloat64()*every; now < to; now += rng.ExpFloat64() * every {
		f.request(u, rng.IntN(f.Replicas), now, rng, &cost)
	}
	return cost
}

// sample is how many requests the model follows for one figure.
const sample = 400_000

// Steady returns the costs of one second when all users have been at work for long.
func (f Fleet) Steady() Rates {
	rng := rand.New(rand.NewPCG(1, 2))
	// Each user is followed for so many lives that the beginning does not matter, and
	// there are so many users that chance does not.
	cycle := f.Validity.Seconds() + float64(f.Replicas)*f.Every.Seconds()
	warm, until := 2*cycle, 8*cycle
	users := max(20, int(sample*f.Every.Seconds()/until))
	var sum Rates
	for range users {
		u := newUser(f.Replicas)
		start := rng.Float64() * cycle // not all at the same phase
		f.play(u, start, start+warm, rng)
		cost := f.play(u, start+warm, start+until, rng)
		sum.add(cost)
	}
	return sum.scaled(float64(f.Users) / float64(users) / (until - warm))
}

// Rotation returns the additional costs of the first life of a token after a new
// secret key. Stored tokens are not found any more, because the key is a part of their
// names. Tokens in use are used until they expire.
func (f Fleet) Rotation() (extra Rates) {
	const users = 1000
	var with, without Rates
	for i := range uint64(users) {
		for _, rotated := range []bool{true, false} {
			rng := rand.New(rand.NewPCG(5, i))
			u := newUser(f.Replicas)
			now := f.Validity.Seconds() * (3 + rng.Float64())
			f.play(u, 0, now, rng)
			sum := &without
			if rotated {
				u.stored = token{}
				sum = &with
			}
			sum.add(f.play(u, now, now+f.Validity.Seconds(), rng))
		}
	}
	with.add(without.scaled(-1))
	return with.scaled(float64(f.Users) / users)
}

// EntryBytes is the size of a user's entry in the store without the token: its name,
// the user and the times of the token, and the seal.
const EntryBytes = 335
