// Package diagnosis finds out why a program does not get a token: it checks the settings
// and each step from there to the server and back.
package diagnosis

import (
	"context"
	"fmt"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// Status says how a check went.
type Status string

// The results of a check.
const (
	OK   Status = "ok"
	Warn Status = "warn" // it works, but probably not as meant
	Fail Status = "FAIL"
	Skip Status = "skip" // nothing to check here
)

// Result is the result of one check.
type Result struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	// Shortened is Detail with the names of host, user and files shortened.
	Shortened string `json:"-"`
}

// checkup is the state of the checks.
type checkup struct {
	results  []Result
	failure  error // of the first check that failed
	settings *config.Settings
	client   *client
}

// Run makes the checks, and returns the error of the first that failed. After a failure
// that makes the later checks pointless it stops. It logs in at most once, and not at all
// while a token that other runs have stored is alive.
func Run(ctx context.Context, o config.Options) ([]Result, error) {
	c := &checkup{}
	steps := []func(context.Context) bool{
		func(context.Context) bool { return c.checkSettings(o) },
		c.checkNames, c.checkServer, c.checkStore, c.checkLogin, c.checkUser,
	}
	for _, step := range steps {
		if !step(ctx) {
			break
		}
	}
	short := newShortener(o, c.settings)
	for i, r := range c.results {
		c.results[i].Shortened = short.text(r.Detail)
	}
	return c.results, c.failure
}

func (c *checkup) add(check string, status Status, format string, args ...any) {
	c.results = append(c.results, Result{Check: check, Status: status, Detail: fmt.Sprintf(format, args...)})
}

// fail records an error. It returns false: the checks end.
func (c *checkup) fail(check string, err error) bool {
	c.add(check, Fail, "%v", err)
	if c.failure == nil {
		c.failure = err
	}
	return false
}

// checkSettings loads the settings.
func (c *checkup) checkSettings(o config.Options) bool {
	s, err := config.Load(o)
	if err != nil {
		return c.fail("settings", err)
	}
	c.settings = s
	for _, setting := range []struct {
		name  string
		value config.Value
	}{{"profile", s.Profile}, {"host", s.Host}, {"username", s.Username}, {"org", s.Org}, {"ca_file", s.CAFile}, {"validity", s.Validity}} {
		if setting.value.Text != "" {
			c.add("settings", OK, "%s: %s, from %s", setting.name, setting.value.Text, setting.value.Source)
		}
	}
	c.add("settings", OK, "%s: from %s", s.Credential.Kind, s.Credential.Source)
	for _, similar := range s.LookAlikes {
		c.add("settings", Warn, "%s is set, but is not a setting: did you mean %s", similar.Name, similar.Means)
	}
	return true
}
