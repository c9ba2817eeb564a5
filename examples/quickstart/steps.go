package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// step is one way in. It returns what happened, for people to read.
type step struct {
	title string
	needs []string // environment variables
	run   func(context.Context, *tour) (string, error)
}

func steps() []step {
	return []step{
		{"Cookie session: log in with a password, call, log out", []string{password}, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.cluster.Session(gen.LoginRequest{Username: t.given[username], Password: gen.Secret(t.given[password])})
			if err != nil {
				return "", err
			}
			name, err := whoAmI(ctx, flow)
			if err != nil {
				return "", err
			}
			return name + " called with the session's cookies and logged out", flow.Logout(ctx)
		}},

		{"Full access token, basic authentication", []string{password}, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: t.given[username], Password: gen.Secret(t.given[password])})
			if err != nil {
				return "", err
			}
			defer flow.Close()
			return useToken(ctx, flow)
		}},

		{"Object access token", []string{secretKey, objectID}, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.cluster.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: t.given[username], ObjectID: t.given[objectID]})
			if err != nil {
				return "", err
			}
			defer flow.Close()
			return useToken(ctx, flow)
		}},

		{"Custom access token with a filter rule", []string{secretKey}, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.cluster.CustomAccess(gen.GetCustomAccessTokenRequest{
				Username:      t.given[username],
				PersistOption: gen.PersistOptionNone,
				FilterRules: []gen.FilterRule{
					{ColumnName: "Item type", Operator: gen.FilterOperatorIn, Values: []gen.FilterValue{"Jackets", "Bags"}},
				},
			})
			if err != nil {
				return "", err
			}
			defer flow.Close()
			return useToken(ctx, flow)
		}},

		{"Trusted authentication, with a user who is made just in time", []string{secretKey, newUser}, func(ctx context.Context, t *tour) (string, error) {
			yes := true
			flow, err := t.cluster.FullAccess(gen.GetFullAccessTokenRequest{
				Username: t.given[newUser], AutoCreate: &yes, DisplayName: "New User", Email: "new.user@example.com",
			})
			if err != nil {
				return "", err
			}
			defer flow.Close()
			return useToken(ctx, flow)
		}},

		{"A call after the token has expired", nil, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.full(1) // a token that lives for one second
			if err != nil {
				return "", err
			}
			defer flow.Close()
			t.trace.reset()
			if _, err := whoAmI(ctx, flow); err != nil {
				return "", err
			}
			time.Sleep(1100 * time.Millisecond) //nolint:forbidigo // waiting for the token to expire is the point
			if _, err := whoAmI(ctx, flow); err != nil {
				return "", err
			}
			return t.trace.tokens(2, "two calls, the second after the first token had expired")
		}},

		{"A call after the token was revoked by somebody else", nil, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.full(300)
			if err != nil {
				return "", err
			}
			defer flow.Close()
			t.trace.reset()
			somebody, err := t.full(300)
			if err != nil {
				return "", err
			}
			defer somebody.Close()
			if err := somebody.Renew(ctx); err != nil {
				return "", err
			}
			token, err := flow.Token(ctx)
			if err != nil {
				return "", err
			}
			revoked, err := somebody.API().RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: t.given[username], Token: token.Value})
			if err == nil {
				err = authflow.ErrorOf(revoked.HTTPResponse)
			}
			if err != nil {
				return "", err
			}
			// The server rejects the token; the caller does not notice.
			if _, err := whoAmI(ctx, flow); err != nil {
				return "", err
			}
			return t.trace.tokens(3, "the first token, revoked with the second, was rejected once and the call repeated with a new one")
		}},

		{"Session token: from a token to a session, and from the session to a token", nil, func(ctx context.Context, t *tour) (string, error) {
			bearer, err := t.full(300)
			if err != nil {
				return "", err
			}
			defer bearer.Close()
			session, err := bearer.Session()
			if err != nil {
				return "", err
			}
			flow := session.SessionToken()
			happened, err := useToken(ctx, flow)
			return happened, errors.Join(err, flow.Logout(ctx), session.Logout(ctx))
		}},

		{"Tokens of another program, such as a service of your own that holds the secret key", nil, func(ctx context.Context, t *tour) (string, error) {
			service, err := t.full(300)
			if err != nil {
				return "", err
			}
			defer service.Close()
			flow, err := t.cluster.TokensFrom(func(ctx context.Context) (authflow.Token, error) { return service.Token(ctx) })
			if err != nil {
				return "", err
			}
			defer flow.Close()
			return useToken(ctx, flow)
		}},

		{"Revoke: log out of a token", nil, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.full(300)
			if err != nil {
				return "", err
			}
			if _, err := flow.Token(ctx); err != nil {
				return "", err
			}
			if err := flow.Logout(ctx); err != nil {
				return "", err
			}
			if _, err := flow.Token(ctx); !errors.Is(err, authflow.ErrClosed) {
				return "", fmt.Errorf("the flow is still in use: %w", err)
			}
			return "the token is revoked and the flow closed", nil
		}},

		{"A wrong credential is an error that says so", nil, func(ctx context.Context, t *tour) (string, error) {
			flow, err := t.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "nobody", SecretKey: "not the secret key"})
			if err != nil {
				return "", err
			}
			defer flow.Close()
			_, err = flow.Token(ctx)
			var e *authflow.Error
			if !errors.As(err, &e) || e.Status == 0 {
				return "", fmt.Errorf("expected a rejection, got %w", err)
			}
			if strings.Contains(err.Error(), "not the secret key") {
				return "", errors.New("the error shows the secret")
			}
			return err.Error(), nil
		}},
	}
}

// useToken makes a call with a flow's token, and says which user it is for and how
// long it lives.
func useToken(ctx context.Context, flow *authflow.Flow) (string, error) {
	token, err := flow.Token(ctx)
	if err != nil {
		return "", err
	}
	name, err := whoAmI(ctx, flow)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s called with token %v, good for %v", name, token.Value, token.Expires.Sub(token.Created)), nil
}
