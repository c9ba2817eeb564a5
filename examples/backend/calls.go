package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// newFlows returns a flow for each user, by which the application itself calls the API
// with the rights of that user. Only a signed-in user gets one: a request that is in
// progress during a sign-out requests no token after it. A user whose region changes gets
// another flow.
func newFlows(cluster *authflow.Cluster, db users) (*pool.Pool[user], error) {
	return pool.New(func(ctx context.Context, u user) (*authflow.Flow, error) {
		err := db.checkSession(ctx, u)
		if err != nil {
			return nil, err
		}
		return cluster.CustomAccess(accessOf(u))
	})
}

// whoAmI responds with the name that ThoughtSpot has for the user, as an example of a
// call of the API on behalf of the user.
func (a *application) whoAmI(w http.ResponseWriter, r *http.Request) {
	name, err := a.nameOf(r)
	switch {
	case errors.Is(err, tokenservice.ErrUnauthenticated), errors.Is(err, authflow.ErrClosed):
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	case err != nil:
		http.Error(w, "ThoughtSpot cannot be reached: try again later", http.StatusBadGateway)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprint(w, name) // fails when the browser is gone
}

// nameOf returns the name that ThoughtSpot has for the user who sent a request.
func (a *application) nameOf(r *http.Request) (string, error) {
	u, err := a.db.signedIn(r)
	if err != nil {
		return "", err
	}
	flow, err := a.flows.Get(r.Context(), u)
	if err != nil {
		return "", err
	}
	info, err := flow.API().GetCurrentUserInfoWithResponse(r.Context())
	if err != nil {
		return "", err
	}
	if info.JSON200 == nil {
		return "", authflow.ErrorOf(info.HTTPResponse)
	}
	return info.JSON200.Name, nil
}
