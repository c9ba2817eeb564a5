package authtest

import "net/http"

// WithSuccess200 answers login, logout and revokeToken with 200 in place of 204,
// as releases before 9.5 did. There is no body in either case.
func WithSuccess200() Option {
	return func(s *settings) { s.done = http.StatusOK }
}

// done is the status of a response without a body. It is written by hand because
// the generated answers know 204 alone.
type done int

func (d done) write(w http.ResponseWriter) error {
	w.WriteHeader(int(d))
	return nil
}

// VisitLogoutResponse implements stub.LogoutResponseObject.
func (d done) VisitLogoutResponse(w http.ResponseWriter) error { return d.write(w) }

// VisitRevokeTokenResponse implements stub.RevokeTokenResponseObject.
func (d done) VisitRevokeTokenResponse(w http.ResponseWriter) error { return d.write(w) }
