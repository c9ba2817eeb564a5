package authflow

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Logout ends the credential on the server and closes the Flow: a session with
// operation logout, a token with revokeToken. From the moment of the call no
// other call gets through; each returns an error that matches ErrClosed.
//
// If the server cannot be told, the error says why and the Flow is closed all
// the same; the credential then ends by itself. A Flow that has acquired
// nothing, or whose credential has ended, sends nothing; nor does one whose
// token is that of the Flow it is built on, which ends it. What an acquisition
// under way may still bring is not used, and ends by itself.
//
// A ctx that has ended, such as that of a signal, ends nothing on the server.
func (f *Flow) Logout(ctx context.Context) error {
	l, ok := f.keeper.close(closedError("Logout"))
	if !ok {
		return f.keeper.closed
	}
	err := f.end(ctx, l)
	f.report(Event{Kind: Ended, Op: f.keeper.op, Reason: "logged out", Err: err})
	return err
}

// end tells the server that l will not be used again.
func (f *Flow) end(ctx context.Context, l *lease) error {
	if l == nil || !l.alive(l.age(time.Now())) {
		return nil
	}
	if f.parent != nil && l.sharedWith(f.parent.keeper.current.Load()) {
		return nil
	}
	op, req, err := "logout", (*http.Request)(nil), error(nil)
	if l.jar != nil {
		req, err = gen.NewLogoutRequest(apiServer(f.server))
	} else {
		op = "revokeToken"
		req, err = gen.NewRevokeTokenRequest(apiServer(f.server), gen.RevokeTokenRequest{UserIdentifier: cmp.Or(l.token.Username, f.username), Token: l.token.Value})
	}
	if err != nil {
		return &Error{Op: op, Err: err}
	}
	l.attach(req)
	_, err = f.call(op, f.base(), req.WithContext(ctx))
	if err != nil && asError(op, err).Status == http.StatusUnauthorized {
		return nil // it had ended already
	}
	return err
}
