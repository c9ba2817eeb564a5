package config

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Settings say which cluster a program uses, as which user, and with which secret.
type Settings struct {
	// Profile is the name of the profile in use, and its file; "" if there is none.
	Profile Value
	// Host is the address of the cluster.
	Host Value
	// Username is the user. It may be "" with a token.
	Username Value
	// Org is the number or name of the Org; "" if none is given.
	Org Value
	// CAFile is a file of certificates to trust besides those of the system; "" if none
	// is given.
	CAFile Value
	// Validity is the lifetime of new tokens, as it was given; "" for the server's
	// default.
	Validity Value
	// Credential is the secret.
	Credential Credential
	// LookAlikes are variables that have no meaning, but look as if they had.
	LookAlikes []LookAlike

	validity time.Duration
	org      *int32 // nil for an Org by name, and without one
}

// Value is a setting with the place that it comes from.
type Value struct {
	Text string
	// Source names the flag, the variable, or the key of a profile with its file and
	// line.
	Source string
}

// settings decides on each setting.
func (s *sources) settings(o *Options) (*Settings, error) {
	out := &Settings{LookAlikes: s.similar, Profile: s.inUse}
	var from identity
	anySource := func(*source) bool { return true }
	out.Host, from.host = s.find(host, anySource)
	out.Username, from.username = s.find(username, anySource)
	// The number of an Org and a certificate mean something at one cluster alone.
	sameHost := func(src *source) bool {
		return src == s.flags || !src.gives(host) || sameAddress(src.values[host], out.Host.Text)
	}
	out.Org, _ = s.find(org, sameHost)
	out.CAFile, _ = s.find(caFile, sameHost)
	out.Validity, _ = s.find(validity, anySource)
	switch {
	case out.Host.Text == "":
		return nil, s.missing(host, "")
	case strings.Contains(out.Host.Text, "@"):
		return nil, invalid(out.Host.Source, "must not hold a user or password")
	}
	credential, err := s.credential(o, from)
	if err != nil {
		return nil, err
	}
	out.Credential = *credential
	if out.Username.Text == "" && out.Credential.Kind != token {
		return nil, s.missing(username, "")
	}
	return out, cmp.Or(out.parseOrg(), out.parseValidity())
}

// sameAddress reports whether two addresses of clusters are written for the same one.
func sameAddress(a, b string) bool { return addressKey(a) == addressKey(b) }

// addressKey returns the scheme, host, port and path of an address in one spelling. An
// address that cannot be read is its own key, and authflow rejects it.
func addressKey(address string) string {
	text := address
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return address
	}
	port := u.Port()
	if port == map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		port = ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port + strings.TrimRight(u.EscapedPath(), "/")
}

// parseOrg reads the number of the Org. A text without a digit at its beginning is a
// name.
func (s *Settings) parseOrg() error {
	text := s.Org.Text
	if strings.Trim(text, "-+0123456789") != "" || text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return invalid(s.Org.Source, fmt.Sprintf("must be the number of an Org, from 0 to %d", math.MaxInt32))
	}
	id := int32(n)
	s.org = &id
	return nil
}

// parseValidity reads the lifetime of new tokens.
func (s *Settings) parseValidity() error {
	text := s.Validity.Text
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if seconds, ofNumber := strconv.ParseInt(text, 10, 32); ofNumber == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	isInRange := d >= time.Second && d <= math.MaxInt32*time.Second
	isWhole := d%time.Second == 0
	if err == nil && !isInRange {
		return invalid(s.Validity.Source, "must be between 1 second and 2147483647 seconds")
	}
	if err != nil || !isWhole {
		return invalid(s.Validity.Source, `must be a time in whole seconds, such as "10m" or 600`)
	}
	s.validity = d
	return nil
}

// OrgID returns the number of the Org, nil if none is given. An Org by name is an
// error, because operations that take a number ignore a name.
func (s *Settings) OrgID() (*int32, error) {
	if s.Org.Text != "" && s.org == nil {
		return nil, invalid(s.Org.Source, fmt.Sprintf("is %q, but must be the number of an Org for this credential", s.Org.Text))
	}
	return s.org, nil
}

// ValiditySeconds returns the lifetime of new tokens in seconds, 0 for the server's
// default.
func (s *Settings) ValiditySeconds() int32 { return int32(s.validity / time.Second) }
