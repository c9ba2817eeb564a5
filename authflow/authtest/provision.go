package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// application is what the three token requests have in common.
type application struct {
	username            string
	password, secretKey gen.Secret
	org                 gen.Org
	autoCreate          *bool
	createByDefault     bool // where auto_create is absent
	updates             bool // auto_create also changes a user who exists
	email, displayName  string
	groupsField         string
	groups              []string // identifiers; nil where absent
}

// admit returns the account that a token is asked for, after all checks and
// with the effects of just-in-time provisioning.
func (s *Simulator) admit(in application) (*account, error) {
	switch {
	case in.password != "" && in.secretKey != "":
		return nil, badRequest("password and secret_key: only one of them is allowed")
	case in.password == "" && in.secretKey == "":
		return nil, badRequest("password and secret_key: one of them is needed")
	case in.password != "":
		return s.admitPassword(in)
	}
	if err := s.keys.check(in.secretKey, in.org.ID); err != nil {
		return nil, rejected(err, s.settings.tokenRejection)
	}
	create := in.createByDefault
	if in.autoCreate != nil {
		create = *in.autoCreate
	}
	var groups []string
	if create {
		var err error
		if groups, err = s.groups.names(in.groupsField, in.groups); err != nil {
			return nil, err
		}
	}
	a := s.users[in.username]
	if a == nil {
		if !create {
			return nil, badRequest("username: there is no such user, and auto_create is false")
		}
		return s.provision(in, groups), nil
	}
	if err := s.member(a, in.org); err != nil {
		return nil, err
	}
	if create && in.updates {
		s.update(a, in, groups)
	}
	return a, nil
}

func (s *Simulator) admitPassword(in application) (*account, error) {
	if in.autoCreate != nil && *in.autoCreate {
		return nil, badRequest("auto_create: it needs secret_key")
	}
	a, err := s.checkPassword(in.username, in.password)
	if err != nil {
		return nil, rejected(err, s.settings.tokenRejection)
	}
	return a, s.member(a, in.org)
}

// member refuses an account that is not active, or not in the Org.
func (s *Simulator) member(a *account, org gen.Org) error {
	if err := a.usable(s.Now()); err != nil {
		return err
	}
	if !slices.Contains(a.orgs, org.ID) {
		return forbidden("the user is not in Org %d", org.ID)
	}
	return nil
}

// provision makes a user just in time, in the Org that the token is for.
func (s *Simulator) provision(in application, groups []string) *account {
	now := s.millis()
	a := &account{
		id: guid(), name: in.username, displayName: in.username,
		kind: gen.AccountTypeRemoteUser, status: gen.AccountStatusActive,
		orgs: []int32{in.org.ID}, lastOrg: in.org.ID, created: now,
	}
	s.users[a.name] = a
	s.update(a, in, groups)
	return a
}

// update gives a user what the request says about them. An absent list of
// groups leaves the user's as they are.
func (s *Simulator) update(a *account, in application, groups []string) {
	if in.displayName != "" {
		a.displayName = in.displayName
	}
	if in.email != "" {
		a.email = in.email
	}
	if in.groups != nil {
		a.groups = groups
	}
	a.modified = s.millis()
}
