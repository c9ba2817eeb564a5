package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

type keysRotateCommand struct {
	Yes     bool     `help:"Do not ask before the old key ends."`
	Timeout duration `default:"2m" help:"How long to try to switch the new key on, such as 2m, or 120 for seconds."`
}

// Help implements a hook of kong.
func (*keysRotateCommand) Help() string {
	return `Replaces the secret key of the cluster or, with --org, of one Org, by number or name. The
server does not let two keys work side by side: the old key stops working at once, and the new
one exists a moment later. From then on, a program with the old key gets no token until you give
it the new one, which tsauth keys show --reveal prints. This command revokes no tokens.

Sign in with another secret than the key that ends, such as the password of an administrator.
The command asks before it begins. If the new key cannot be switched on, it says so, with the
command to try again.

Examples:

  tsauth keys rotate --yes && tsauth keys show --reveal
  tsauth keys rotate --org 2`
}

// rotation is one replacement of a key.
type rotation struct {
	*connection
	level   *keyLevel
	org     string // as the command line names it
	timeout time.Duration
}

// Run replaces a key.
func (c *keysRotateCommand) Run(ctx context.Context, p *program) error {
	org := p.takeOrgFlag()
	conn, err := p.connectStored(ctx)
	if err != nil {
		return err
	}
	defer conn.close()
	levels, err := conn.keyLevels(ctx)
	if err != nil {
		return err
	}
	level, err := levelOf(levels, org)
	if err != nil {
		return err
	}
	r := &rotation{connection: conn, level: level, org: org, timeout: time.Duration(c.Timeout)}
	if err := r.checkSecret(ctx); err != nil {
		return err
	}
	warning := fmt.Sprintf("The secret key of the %s ends before the new one exists. Until a program has the new one, it gets no token.", level.name())
	fmt.Fprintln(p.stderr, warning)
	if err := c.confirm(ctx, p); err != nil {
		return err
	}
	if err := r.disable(ctx); err != nil {
		return err
	}
	// From here on, a signal would leave the level without a key.
	if err := r.enable(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "The %s has a new secret key. To see it: %s --reveal\n", level.name(), r.command("show"))
	return nil
}

// confirm asks, unless --yes was given.
func (c *keysRotateCommand) confirm(ctx context.Context, p *program) error {
	if c.Yes {
		return nil
	}
	t, err := p.openTerminal()
	if err != nil {
		return usagef("give --yes: standard input is not a terminal, so nothing can be asked")
	}
	answer, err := t.ask(ctx, "Type yes to go on")
	if err != nil {
		return err
	}
	if answer != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}

// checkSecret returns an error if the secret of the settings is the key that ends: then
// nobody could switch the new one on.
func (r *rotation) checkSecret(ctx context.Context) error {
	s := r.settings.Credential
	if s.Kind != "secret_key" {
		return nil
	}
	key, err := s.Read(ctx)
	if err != nil {
		return err
	}
	isHidden := len(r.level.keys) == 0 && r.level.status == gen.AuthStatusEnabled
	if isHidden || slices.Contains(r.level.keys, key) {
		return usagef("the secret key of %s is the one that would end: use the password of an administrator instead", s.Source)
	}
	return nil
}

// disable ends the old key. Where the response is lost, the key may have ended, so the
// new one is switched on in any case.
func (r *rotation) disable(ctx context.Context) error {
	if r.level.status == gen.AuthStatusDisabled {
		return nil
	}
	err := r.configure(ctx, gen.AuthStatusDisabled)
	var failure *authflow.Error
	if errors.As(err, &failure) && slices.Contains([]string{"outcomeUnknown", "overloaded", "other"}, failure.Class()) {
		return nil
	}
	return err
}

// The pauses between the attempts to switch a key on.
const (
	firstPause = 250 * time.Millisecond
	maxPause   = 10 * time.Second
)

// enable switches the new key on. It tries until its time is over: with every second in
// between, programs are without a key.
func (r *rotation) enable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	pause := firstPause
	for {
		err := r.configure(ctx, gen.AuthStatusEnabled)
		if err == nil {
			return r.verify(ctx)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			pause = min(2*pause, maxPause)
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("the old key of the %s has ended, and the new one could not be switched on; to try again: %s --yes: %w",
				r.level.name(), r.command("rotate"), err)
		}
	}
}

// verify returns an error if the key is still the old one, as when the response to the
// first step was lost on its way to the server.
func (r *rotation) verify(ctx context.Context) error {
	levels, err := r.keyLevels(ctx)
	if err != nil {
		return fmt.Errorf("the new key of the %s was switched on, but cannot be looked at: %w", r.level.name(), err)
	}
	now, err := levelOf(levels, r.org)
	if err != nil {
		return err
	}
	isOld := slices.ContainsFunc(now.keys, func(key gen.Secret) bool { return slices.Contains(r.level.keys, key) })
	if isOld {
		return fmt.Errorf("the %s still has the old key, which works: the server did not switch it off; to try again: %s --yes",
			r.level.name(), r.command("rotate"))
	}
	return nil
}

// configure switches the level on or off.
func (r *rotation) configure(ctx context.Context, status gen.AuthStatus) error {
	req := gen.ConfigureAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth}
	if r.level.org == nil {
		req.ClusterPreferences = &gen.AuthClusterPreferencesInput{AuthStatus: status}
	} else {
		id := strconv.Itoa(int(r.level.org.ID))
		req.OrgPreferences = []gen.AuthOrgPreferenceInput{{OrgIdentifier: id, AuthStatus: status}}
	}
	result, err := r.flow.API().ConfigureAuthSettingsWithResponse(ctx, req)
	if err != nil {
		return err
	}
	if result.StatusCode()/100 != 2 {
		return failureOf(result.HTTPResponse)
	}
	return nil
}

// command returns a command line for the same level.
func (r *rotation) command(verb string) string {
	if r.org == "" {
		return "tsauth keys " + verb
	}
	return fmt.Sprintf("tsauth keys %s --org %q", verb, r.org)
}
