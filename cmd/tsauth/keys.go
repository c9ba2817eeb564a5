package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/go-thoughtspot/tsauth/gen"
)

type keysCommand struct {
	Show   keysShowCommand   `cmd:"" help:"Show the secret keys of trusted authentication."`
	Rotate keysRotateCommand `cmd:"" help:"Replace a secret key by a new one; the old one stops working at once."`
}

type keysShowCommand struct {
	Reveal bool `help:"Show the keys themselves, which are otherwise hidden."`
	JSON   bool `help:"Print JSON: a list with the cluster and the Orgs."`
}

// Help implements a hook of kong.
func (*keysShowCommand) Help() string {
	return `Shows for the cluster and for each Org whether trusted authentication is on, and whether it has
a secret key, as far as the user may see them. With --org, for one Org, by number or name.

Examples:

  tsauth keys show
  tsauth keys show --org 2 --reveal
  tsauth keys show --json --reveal`
}

// Run prints a line for each level.
func (c *keysShowCommand) Run(ctx context.Context, p *program) error {
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
	if org != "" {
		level, err := levelOf(levels, org)
		if err != nil {
			return err
		}
		levels = []keyLevel{*level}
	}
	if c.JSON {
		return c.printJSON(p.stdout, levels)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, level := range levels {
		fmt.Fprintf(w, "%s\t%s\t%s\n", level.name(), strings.ToLower(string(level.status)), level.keyText(c.Reveal))
	}
	return w.Flush()
}

// keyLevelJSON is an object of keys show --json.
type keyLevelJSON struct {
	Level   string       `json:"level"` // cluster or org
	OrgID   *int32       `json:"org_id,omitempty"`
	OrgName string       `json:"org_name,omitempty"`
	Status  string       `json:"status"` // enabled or disabled
	HasKey  bool         `json:"has_key"`
	Keys    []gen.Secret `json:"keys,omitempty"` // with --reveal
}

func (c *keysShowCommand) printJSON(w io.Writer, levels []keyLevel) error {
	out := []keyLevelJSON{}
	for _, level := range levels {
		object := keyLevelJSON{Level: "cluster", Status: strings.ToLower(string(level.status)), HasKey: len(level.keys) > 0}
		if level.org != nil {
			object.Level, object.OrgID, object.OrgName = "org", &level.org.ID, level.org.Name
		}
		if c.Reveal {
			object.Keys = level.keys
		}
		out = append(out, object)
	}
	return json.NewEncoder(w).Encode(out)
}

// takeOrgFlag returns the Org of --org, which names the keys here, and not the Org of
// the user's token.
func (p *program) takeOrgFlag() string {
	org := p.flags.Org
	p.flags.Org = ""
	return org
}

// keyLevel is trusted authentication of the cluster, or of an Org.
type keyLevel struct {
	org    *gen.Org // nil for the cluster
	status gen.AuthStatus
	keys   []gen.Secret
}

// keyLevels returns the levels that the user may see, the cluster first.
func (c *connection) keyLevels(ctx context.Context) ([]keyLevel, error) {
	result, err := c.flow.API().SearchAuthSettingsWithResponse(ctx, gen.SearchAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth})
	if err != nil {
		return nil, err
	}
	if result.JSON200 == nil {
		return nil, failureOf(result.HTTPResponse)
	}
	var levels []keyLevel
	if cluster := result.JSON200.ClusterPreferences; cluster != nil {
		levels = append(levels, keyLevel{status: cluster.AuthStatus, keys: keysOf(cluster.AccessTokens)})
	}
	for _, org := range result.JSON200.OrgPreferences {
		if org.Org != nil {
			levels = append(levels, keyLevel{org: org.Org, status: org.AuthStatus, keys: keysOf(org.AccessTokens)})
		}
	}
	return levels, nil
}

func keysOf(tokens []gen.AuthSettingsAccessToken) []gen.Secret {
	var keys []gen.Secret
	for _, token := range tokens {
		keys = append(keys, token.Key)
	}
	return keys
}

// levelOf returns the level of an Org, by number or name, or of the cluster for "".
func levelOf(levels []keyLevel, org string) (*keyLevel, error) {
	i := slices.IndexFunc(levels, func(level keyLevel) bool {
		if org == "" || level.org == nil {
			return org == "" && level.org == nil
		}
		return org == strconv.Itoa(int(level.org.ID)) || strings.EqualFold(org, level.org.Name)
	})
	switch {
	case i >= 0:
		return &levels[i], nil
	case org == "":
		return nil, fmt.Errorf("the keys of the cluster are not visible: only users of the Primary Org see them; --org names an Org")
	}
	return nil, fmt.Errorf("the keys of Org %s are not visible: it does not exist, or the user is not in it; THOUGHTSPOT_ORG sets the Org of the user", org)
}

// name names the level for people.
func (l *keyLevel) name() string {
	if l.org == nil {
		return "cluster"
	}
	return "Org " + nameWith(strconv.Itoa(int(l.org.ID)), l.org.Name)
}

// keyText returns the keys, or that there are some.
func (l *keyLevel) keyText(reveal bool) string {
	switch {
	case len(l.keys) == 0:
		return "no key"
	case !reveal:
		return "key hidden, --reveal shows it"
	}
	var texts []string
	for _, key := range l.keys {
		texts = append(texts, string(key))
	}
	return strings.Join(texts, " ")
}
