package authflow

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/gen"
)

// credential is the value of a lease: a bearer token or a session. A service keeps
// many of them, so the texts of a token are pieces of one string.
type credential struct {
	header   [1]string // the Authorization header of a token
	texts    string    // id, user's id, user's name and Org's name, as the server stated them
	ends     [3]uint16 // where the first three end in texts
	hasOrg   bool
	several  bool  // the token is for several Orgs: each request names one, and org is one of them
	stored   bool  // the token comes from the Store
	attempts uint8 // of the acquisition
	org      int32
	created  int64 // in milliseconds since the Unix epoch; 0 if not stated
	expires  int64
	session  *exchange.Session // nil for a token
}

type (
	lease  = renewal.Lease[credential]
	flight = renewal.Flight[credential]
)

// tokenOf returns the Token of a lease.
func tokenOf(l *lease) Token {
	c := &l.Value
	t := Token{
		Value: gen.Secret(c.header[0][len("Bearer "):]),
		ID:    c.texts[:c.ends[0]], UserID: c.texts[c.ends[0]:c.ends[1]], Username: c.username(),
		Created: wire.UnixMilli(c.created).Time(), Expires: wire.UnixMilli(c.expires).Time(),
	}
	if c.hasOrg {
		t.Org = &gen.Org{ID: c.org, Name: c.texts[c.ends[2]:]}
	}
	now := time.Now()
	remaining := l.Remaining(now)
	if remaining != renewal.Forever {
		t.Deadline = now.Add(remaining)
	}
	atMost := l.RemainingAtMost(now)
	if atMost != renewal.Forever {
		t.ExpiredBy = now.Add(atMost)
	}
	return t
}

func (c *credential) username() string { return c.texts[c.ends[1]:c.ends[2]] }

// grant makes a lease of a credential that was requested at requested and expires
// after life. Renewal starts at random ahead of its end (R2), and its last moments
// are not used (R8).
func (p *Policy) grant(c credential, requested time.Time, life time.Duration) *lease {
	return p.grantGuess(c, requested, life, life)
}

// grantGuess is grant for a lifetime that is a guess: the credential has certainly
// expired after limit.
func (p *Policy) grantGuess(c credential, requested time.Time, life, limit time.Duration) *lease {
	return renewal.NewLease(c, requested, renewal.Schedule{
		Lifetime: life, Margin: min(5*time.Second, life/20), RenewAt: p.RenewAt - p.Jitter*rand.Float64(), Limit: limit,
	})
}

// newBearer makes a credential of a Token.
func newBearer(t Token) (credential, error) {
	if err := checkTokenValue(string(t.Value)); err != nil {
		return credential{}, err
	}
	c := credential{created: millis(t.Created), expires: millis(t.Expires)}
	orgName := ""
	if t.Org != nil {
		c.hasOrg, c.org, orgName = true, t.Org.ID, t.Org.Name
	}
	header := "Bearer " + string(t.Value)
	all := header + t.ID + t.UserID + t.Username + orgName
	c.header[0], c.texts = all[:len(header)], all[len(header):]
	end := 0
	for i, text := range []string{t.ID, t.UserID, t.Username} {
		end += len(text)
		if end > math.MaxUint16 {
			return credential{}, errors.New("the server's description of the token is too long")
		}
		c.ends[i] = uint16(end)
	}
	return c, nil
}

// checkTokenValue returns an error if a header cannot carry the token.
func checkTokenValue(token string) error {
	switch token {
	case "":
		return errors.New("there is no token in it")
	case wire.Redacted:
		return errors.New("the token is [redacted]: it comes from the JSON of a Token, which leaves the value out")
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("the token contains a character that a header cannot carry, at byte %d", i)
		}
	}
	return nil
}

// millis returns a time in milliseconds since the Unix epoch, 0 for the zero Time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
