package authflow

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Everywhere ends all tokens of the user on the server, wherever they were made, by
// one call of revokeToken that names the user and no token. The call carries a
// credential of this Flow that is alive. Without one, Logout returns an error that
// says so: call Token or send a request before, or log out a Flow that was used. The
// server rejects the call with 403 for an object access token and for a user whose
// account is not active; the Flow's own credentials are ended nevertheless. After a
// temporary failure, the credential that the call carried stays alive for the next
// Logout.
//
// The user's cookie sessions are not ended. Whether tokens of all Orgs end, or only
// tokens of the Org of the Flow's credential, is not documented by the vendor. Other Flows
// on the user's tokens meet a 401 and get new ones, if they may.
func Everywhere() LogoutOption { return func(o *logoutOptions) { o.everywhere = true } }

// revokeAll ends all tokens of the user with one call, or with one for each user if a
// function of TokensFrom has returned tokens of several. It returns the credentials
// that are left to be ended one by one. If a call failed for now, the one that it
// carried is not among them: the next Logout needs it.
func (f *Flow) revokeAll(ctx context.Context, owed []*lease) (rest []*lease, err error) {
	const op = "revokeToken"
	if len(owed) == 0 {
		return nil, &Error{Op: op, Err: errors.New("no credential of this Flow is alive to end the user's tokens with")}
	}
	results := make(map[string]error) // by user
	for _, with := range tokensFirst(owed) {
		user := strings.ToLower(f.userOf(with))
		before, isKnown := results[user]
		if isKnown && !hadEnded(before) {
			continue
		}
		result := f.revokeUser(ctx, op, with)
		results[user] = result
		switch {
		case result == nil:
			owed = f.settleTokensOf(user, owed)
		case hadEnded(result):
			f.owing().settle(with)
		case asError(op, result).Retryable():
			owed = slices.DeleteFunc(owed, func(l *lease) bool { return l == with })
		}
	}
	for _, result := range results {
		err = cmp.Or(err, result)
	}
	return owed, err
}

// revokeUser ends all tokens of the user of a credential.
func (f *Flow) revokeUser(ctx context.Context, op string, with *lease) error {
	body := gen.RevokeTokenRequest{UserIdentifier: f.userOf(with)}
	if body.UserIdentifier == "" {
		return &Error{Op: op, Err: errors.New("the user is not known: the function of TokensFrom returns no Username")}
	}
	return f.revocation(ctx, op, with, func(server string) (*http.Request, error) { return gen.NewRevokeTokenRequest(server, body) })
}

// userOf returns the user of a credential; empty if it is not known.
func (f *Flow) userOf(l *lease) string {
	if l.Value.session != nil {
		return f.user()
	}
	return cmp.Or(tokenOf(l).Username, f.user())
}

// tokensFirst returns the credentials with the tokens before the sessions, the
// newest first.
func tokensFirst(owed []*lease) []*lease {
	var tokens, sessions []*lease
	for _, l := range slices.Backward(owed) {
		if l.Value.session == nil {
			tokens = append(tokens, l)
		} else {
			sessions = append(sessions, l)
		}
	}
	return append(tokens, sessions...)
}

// settleTokensOf takes the tokens of a user off the ledger, and returns the sessions
// and the tokens of others.
func (f *Flow) settleTokensOf(user string, owed []*lease) (rest []*lease) {
	for _, l := range owed {
		isToken := l.Value.session == nil
		if isToken && strings.EqualFold(f.userOf(l), user) {
			f.owing().settle(l)
		} else {
			rest = append(rest, l)
		}
	}
	return rest
}
