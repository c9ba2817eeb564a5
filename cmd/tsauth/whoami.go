package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

type whoamiCommand struct {
	JSON bool `help:"Print JSON."`
}

// Help implements a hook of kong.
func (*whoamiCommand) Help() string {
	return `Asks the server which user and Org the token is for. Shows them with the host, where host and
secret come from, how long the token is still valid, and how far the clock of this machine is
from the server's.

Examples:

  tsauth whoami
  tsauth whoami --profile nightly --json`
}

// whoamiJSON is the output of whoami --json.
type whoamiJSON struct {
	Username    string   `json:"username"`
	UserID      string   `json:"user_id"`
	DisplayName string   `json:"display_name,omitempty"`
	OrgID       *int32   `json:"org_id,omitempty"`
	OrgName     string   `json:"org_name,omitempty"`
	Host        string   `json:"host"`
	HostSource  string   `json:"host_source"`
	Profile     string   `json:"profile,omitempty"`
	Secret      string   `json:"secret"`
	SecretFrom  string   `json:"secret_source"`
	ExpiresAt   string   `json:"expires_at,omitempty"`
	ExpiresIn   *int     `json:"expires_in,omitempty"`
	Clock       *float64 `json:"clock_difference,omitempty"` // in seconds; positive if this machine is ahead
}

// Run prints who the user is.
func (c *whoamiCommand) Run(ctx context.Context, p *program) error {
	conn, err := p.connectStored(ctx)
	if err != nil {
		return err
	}
	defer conn.close()
	me, err := conn.whoami(ctx)
	if err != nil {
		return err
	}
	if err := me.check(conn.settings); err != nil {
		return err
	}
	token, err := conn.flow.Token(ctx) // the one that the call used
	if err != nil {
		return err
	}
	out := conn.describe(me, token)
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(out)
	}
	return p.printWhoami(out)
}

func (c *connection) describe(me *whoami, token authflow.Token) whoamiJSON {
	s := c.settings
	out := whoamiJSON{
		Username: me.Name, UserID: me.ID, DisplayName: me.DisplayName, Host: c.cluster.URL(), HostSource: s.Host.Source,
		Profile: s.Profile.Text, Secret: s.Credential.Kind, SecretFrom: s.Credential.Source,
	}
	if me.CurrentOrg != nil {
		out.OrgID, out.OrgName = &me.CurrentOrg.ID, me.CurrentOrg.Name
	}
	if !token.Deadline.IsZero() {
		seconds := int(time.Until(token.Deadline) / time.Second)
		out.ExpiresAt, out.ExpiresIn = token.Deadline.UTC().Format(time.RFC3339), &seconds
	}
	if me.hasClock {
		seconds := me.clockDifference.Seconds()
		out.Clock = &seconds
	}
	return out
}

func (p *program) printWhoami(out whoamiJSON) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "user\t%s\n", nameWith(out.Username, out.DisplayName))
	if out.OrgID != nil {
		fmt.Fprintf(w, "org\t%s\n", nameWith(fmt.Sprint(*out.OrgID), out.OrgName))
	}
	fmt.Fprintf(w, "host\t%s, from %s\n", out.Host, out.HostSource)
	fmt.Fprintf(w, "secret\t%s, from %s\n", out.Secret, out.SecretFrom)
	left := "not known"
	if out.ExpiresIn != nil {
		left = (time.Duration(*out.ExpiresIn) * time.Second).String() + " left"
	}
	fmt.Fprintf(w, "token\t%s\n", left)
	if out.Clock != nil {
		fmt.Fprintf(w, "clock\t%s\n", clockText(time.Duration(*out.Clock)*time.Second))
	}
	return w.Flush()
}

// nameWith returns a name with another one in parentheses, if that differs.
func nameWith(name, other string) string {
	if other == "" || other == name {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, other)
}

// clockText describes the difference of this machine's clock to the server's.
func clockText(d time.Duration) string {
	switch {
	case d > time.Second:
		return fmt.Sprintf("%v ahead of the server", d)
	case d < -time.Second:
		return fmt.Sprintf("%v behind the server", -d)
	}
	return "the same as the server's"
}
