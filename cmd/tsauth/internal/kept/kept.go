// Package kept keeps tokens between the runs of the command.
package kept

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
)

// Tokens are the tokens that runs of the command keep, for one user of one server:
//
//	tokens, err := kept.Open(cluster.URL(), "ann")
//	opts, err := tokens.Options(ctx)
//	...
//	err = tokens.Forget(ctx)
//
// The zero Tokens keep nothing.
type Tokens struct {
	files *filestore.Store // nil if there is no place for them
	key   []byte

	server, owner string // the owner is server and user
}

// Open returns the tokens of a user. It fails if there is no place for them, as in a
// container without a home folder.
func Open(server, user string) (Tokens, error) {
	files, err := filestore.New()
	if err != nil {
		return Tokens{}, err
	}
	key, err := files.Key()
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{files, key, server, server + "\x00" + strings.ToLower(user)}, nil
}

// Options returns the option that keeps tokens. It fails if it cannot tell which tokens
// are forgotten.
//
// Tokens are sealed with a key of their own, which Forget changes. The counts of all runs
// together, such as rejected passwords, are sealed with the oldest key, the one of the
// folder, which stays: a revocation must not let another wrong password go.
func (t Tokens) Options(ctx context.Context) ([]authflow.Option, error) {
	if t.files == nil {
		return nil, nil
	}
	sum := hmac.New(sha256.New, t.key)
	for _, of := range []string{t.server, t.owner} {
		mark, err := t.mark(ctx, of)
		if err != nil {
			return nil, err
		}
		sum.Write(mark)
	}
	return []authflow.Option{authflow.WithStore(t.files, sum.Sum(nil), t.key)}, nil
}

// mark returns the mark of a server, or of a user, that the key of the tokens is made of.
// The first run makes it.
func (t Tokens) mark(ctx context.Context, of string) ([]byte, error) {
	name := markName(of)
	mark, _, err := t.files.Load(ctx, name)
	if !errors.Is(err, authflow.ErrNotStored) {
		return mark, err
	}
	mark = []byte(rand.Text())
	err = t.files.Swap(ctx, name, nil, mark, markTime)
	if errors.Is(err, authflow.ErrChanged) { // another run was faster
		mark, _, err = t.files.Load(ctx, name)
	}
	return mark, err
}

// markTime is longer than tokens live.
const markTime = 10 * 365 * 24 * time.Hour

// Forget makes sure that no later run finds a token that is kept now, for whichever
// request. It changes the key, because the names of the tokens are not known: each is a
// hash of a whole request.
func (t Tokens) Forget(ctx context.Context) error { return t.forget(ctx, t.owner) }

// ForgetServer is Forget for all users of the server.
func (t Tokens) ForgetServer(ctx context.Context) error { return t.forget(ctx, t.server) }

func (t Tokens) forget(ctx context.Context, of string) error {
	if t.files == nil {
		return nil
	}
	return t.files.Save(ctx, markName(of), []byte(rand.Text()), markTime)
}

func markName(of string) string { return "tsauth forgotten\x00" + of }

// maxTurnTime is the longest wait for other runs. A Flow waits at most 2 s for another
// process, so that no request is late; a script that starts fifty processes at once on a
// busy machine would rather wait than request fifty tokens.
const maxTurnTime = 10 * time.Second

// AwaitTurn waits while another run gets a token for the same user, for at most
// maxTurnTime. If that run is killed, the system ends its turn.
func (t Tokens) AwaitTurn(ctx context.Context) (done func()) {
	if t.files == nil {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, maxTurnTime)
	defer cancel()
	done, err := t.files.Lock(ctx, "tsauth token\x00"+t.owner, maxTurnTime)
	if err != nil {
		return func() {}
	}
	return done
}
