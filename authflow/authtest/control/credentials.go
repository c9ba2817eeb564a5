package control

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// liveToken and liveSession are [authtest.Token] and [authtest.Session] without their secrets.
type liveToken struct {
	ID            string              `json:"id"`
	SHA256        string              `json:"sha256"`
	Kind          string              `json:"kind"`
	User          string              `json:"user"`
	Org           gen.Org             `json:"org"`
	ObjectID      string              `json:"object_id,omitempty"`
	Created       time.Time           `json:"created"`
	Expires       time.Time           `json:"expires"`
	PersistOption gen.PersistOption   `json:"persist_option,omitempty"`
	Rules         authtest.Properties `json:"rules"`
}

type liveSession struct {
	SHA256     string              `json:"sha256"`
	User       string              `json:"user"`
	Org        gen.Org             `json:"org"`
	RememberMe bool                `json:"remember_me"`
	Begun      time.Time           `json:"begun"`
	Used       time.Time           `json:"used"`
	Expires    time.Time           `json:"expires"`
	TokenID    string              `json:"token_id,omitempty"`
	Rules      authtest.Properties `json:"rules"`
}

// hashed is what a client can recognise a secret by that it has.
func hashed(s gen.Secret) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func (c *controller) getTokens(*http.Request) (any, error) {
	tokens := c.sim.Tokens()
	list := make([]liveToken, len(tokens))
	for i, t := range tokens {
		list[i] = liveToken{
			ID: t.ID, SHA256: hashed(t.Value), Kind: t.Kind, User: t.User, Org: t.Org, ObjectID: t.ObjectID,
			Created: t.Created.UTC(), Expires: t.Expires.UTC(), PersistOption: t.PersistOption, Rules: t.Rules,
		}
	}
	return list, nil
}

func (c *controller) getSessions(*http.Request) (any, error) {
	sessions := c.sim.Sessions()
	list := make([]liveSession, len(sessions))
	for i, s := range sessions {
		list[i] = liveSession{
			SHA256: hashed(s.SessionID), User: s.User, Org: s.Org, RememberMe: s.RememberMe,
			Begun: s.Begun.UTC(), Used: s.Used.UTC(), Expires: s.Expires.UTC(), TokenID: s.TokenID, Rules: s.Rules,
		}
	}
	return list, nil
}

func (c *controller) revokeToken(r *http.Request) (any, error) {
	var in struct{ Token string }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if !c.sim.RevokeToken(in.Token) {
		return nil, absent("token", "no such token is in force")
	}
	return nil, nil
}

func (c *controller) rotateSecretKey(r *http.Request) (any, error) {
	var in struct{ Key string }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	c.sim.RotateSecretKey(in.Key)
	return nil, nil
}

func (c *controller) rotateOrgSecretKey(r *http.Request) (any, error) {
	var in struct{ Key string }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	c.sim.RotateOrgSecretKey(orgID(r), in.Key)
	return nil, nil
}
