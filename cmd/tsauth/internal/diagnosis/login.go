package diagnosis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/kept"
	"github.com/go-thoughtspot/tsauth/gen"
)

// client is the cluster and flow of the settings.
type client struct {
	http    *http.Client
	cluster *authflow.Cluster
	flow    *authflow.Flow
	token   authflow.Token
	tokens  kept.Tokens
	// storeErr is why tokens are not kept between runs.
	storeErr error
}

// newClient makes the flow of the settings. It makes one attempt to log in.
func newClient(ctx context.Context, s *config.Settings) (*client, error) {
	c := &client{}
	var err error
	c.http, err = s.HTTPClient()
	if err != nil {
		return nil, err
	}
	opts := []authflow.Option{authflow.WithHTTPClient(c.http), authflow.WithPolicy(authflow.Policy{MaxAttempts: 1, Timeout: checkTime})}
	c.cluster, err = s.Cluster(opts...)
	if err != nil {
		return nil, err
	}
	c.tokens, c.storeErr = kept.Open(c.cluster.URL(), s.Username.Text)
	if c.storeErr == nil {
		var store []authflow.Option
		store, c.storeErr = c.tokens.Options(ctx)
		opts = append(opts, store...)
	}
	c.cluster, err = s.Cluster(opts...)
	if err != nil {
		return nil, err
	}
	c.flow, err = s.Flow(c.cluster)
	return c, err
}

// checkStore reports whether tokens are kept between runs. Without a store everything
// works, but each run logs in.
func (c *checkup) checkStore(context.Context) bool {
	if err := c.client.storeErr; err != nil {
		c.add("store", Warn, "tokens are not kept between runs: %v", err)
		return true
	}
	c.add("store", OK, "tokens are kept between runs")
	return true
}

// checkLogin gets a token.
func (c *checkup) checkLogin(ctx context.Context) bool {
	token, err := c.client.flow.Token(ctx)
	if err != nil {
		return c.fail("login", c.client.withReason(ctx, err))
	}
	c.client.token = token
	from := "a stored token works"
	switch {
	case c.settings.Credential.Kind == "token":
		from = "the token is used as it is"
	case c.client.hasLoggedIn():
		from = "logged in"
	}
	left := "the time left is not known"
	if !token.Deadline.IsZero() {
		left = fmt.Sprintf("%v left", time.Until(token.Deadline).Round(time.Second))
	}
	c.add("login", OK, "%s, %s", from, left)
	return true
}

// withReason returns the error of a login with the server's reason, if a rejected password
// was not sent again. An earlier run of doctor has kept it.
func (c *client) withReason(ctx context.Context, err error) error {
	var failure *authflow.Error
	isRejected := errors.Is(err, authflow.ErrCredentialsRejected) && errors.As(err, &failure)
	switch {
	case !isRejected:
		return err
	case c.hasLoggedIn():
		told := *failure
		told.RetryAfter = 0 // which is over when it is read
		_ = c.tokens.SaveReason(ctx, fmt.Sprintf("at %s the server said: %v", time.Now().Format(time.TimeOnly), &told))
		return err
	}
	reason := c.tokens.Reason(ctx)
	if reason == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, reason)
}

// hasLoggedIn reports whether a call for a token was sent.
func (c *client) hasLoggedIn() bool {
	for _, n := range c.cluster.Stats().Mints {
		if n > 0 {
			return true
		}
	}
	return false
}

// checkUser asks the server who the user of the token is.
func (c *checkup) checkUser(ctx context.Context) bool {
	me, err := c.client.user(ctx)
	isKept := !c.client.hasLoggedIn() && c.settings.Credential.Kind != "token"
	if errors.Is(err, authflow.ErrCredentialsRejected) && isKept {
		c.add("login", Warn, "the stored token was revoked")
		c.client.flow.Invalidate(c.client.token)
		if !c.checkLogin(ctx) {
			return false
		}
		me, err = c.client.user(ctx)
	}
	if err != nil {
		return c.fail("user", err)
	}
	want := c.settings.Username.Text
	if want != "" && !strings.EqualFold(want, me.Name) {
		return c.fail("user", fmt.Errorf("the token is for %s, but %s is %s: %w", me.Name, c.settings.Username.Source, want, authflow.ErrWrongPrincipal))
	}
	c.add("user", OK, "%s, %s", me.Name, me.AccountStatus)
	if !c.checkOrg(me) {
		return false
	}
	c.listPrivileges(me)
	return true
}

// user returns the user of the token. Unlike a call by the flow, it does not log in if
// the server rejects the token.
func (c *client) user(ctx context.Context) (*gen.User, error) {
	api, err := gen.NewClientWithResponses(c.cluster.URL(), gen.WithHTTPClient(c.http), gen.WithRequestEditorFn(c.flow.Edit))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	result, err := api.GetCurrentUserInfoWithResponse(ctx)
	switch {
	case err != nil:
		return nil, unreachable(err)
	case result.JSON200 != nil:
		return result.JSON200, nil
	}
	if err := authflow.ErrorOf(result.HTTPResponse); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("unexpected response: %s", result.Status())
}

// checkOrg compares the Org with the settings.
func (c *checkup) checkOrg(me *gen.User) bool {
	want, org := c.settings.Org.Text, me.CurrentOrg
	switch {
	case org == nil:
		c.add("org", Skip, "the server does not say which")
		return true
	case want != "" && want != strconv.Itoa(int(org.ID)) && !strings.EqualFold(want, org.Name):
		return c.fail("org", fmt.Errorf("the token is for Org %d, but %s is %s: %w", org.ID, c.settings.Org.Source, want, authflow.ErrWrongPrincipal))
	case want == "" && len(me.Orgs) > 1:
		c.add("org", Warn, "%d, of %d; set THOUGHTSPOT_ORG, or it may change with the user's next session", org.ID, len(me.Orgs))
		return true
	}
	c.add("org", OK, "%d", org.ID)
	return true
}

func (c *checkup) listPrivileges(me *gen.User) {
	privileges := slices.Sorted(slices.Values(me.Privileges))
	c.add("privileges", OK, "%s", cmp.Or(strings.Join(privileges, ", "), "none"))
}

// unreachableError is a failure of the network.
type unreachableError struct{ err error }

// unreachable returns a failure of the network without the address, which is known.
func unreachable(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return &unreachableError{err}
}

func (e *unreachableError) Error() string { return e.err.Error() }

func (e *unreachableError) Unwrap() error { return e.err }

// Class names the outcome as authflow does.
func (*unreachableError) Class() string { return "notSent" }
