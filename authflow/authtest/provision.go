package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// WithStrictProvisioning rejects with 400 a user made just in time without e-mail
// or display name, and groups that do not exist. Without it both are let through,
// and the groups are made.
func WithStrictProvisioning() Option {
	return func(s *settings) { s.strictProvisioning = true }
}

// application is what the three token requests have in common.
type application struct {
	username            string
	password, secretKey gen.Secret
	orgs                []gen.Org // that the token is for
	autoCreate          *bool
	createByDefault     bool // where auto_create is absent
	updates             bool // auto_create also changes a user who exists
	email, displayName  string
	groupsField         string
	groups              []string // identifiers; nil where absent
}

// admit returns the account that a token is requested, after all checks and
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
	for _, org := range in.orgs {
		if err := s.keys.check(in.secretKey, org.ID); err != nil {
			return nil, rejected(err, s.settings.tokenRejection)
		}
	}
	create := in.createByDefault
	if in.autoCreate != nil {
		create = *in.autoCreate
	}
	a := s.users[in.username]
	if create && s.settings.strictProvisioning {
		if err := s.checkProvisioning(in, a == nil); err != nil {
			return nil, err
		}
	}
	if a == nil {
		if !create {
			return nil, badRequest("username: there is no such user, and auto_create is false")
		}
		return s.provision(in), nil
	}
	if err := s.member(a, in.orgs); err != nil {
		return nil, err
	}
	if create && in.updates {
		s.update(a, in)
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
	return a, s.member(a, in.orgs)
}

// checkProvisioning holds a request to [WithStrictProvisioning].
func (s *Simulator) checkProvisioning(in application, isNew bool) error {
	switch {
	case isNew && in.email == "":
		return badRequest("email: a new user needs one")
	case isNew && in.displayName == "":
		return badRequest("display_name: a new user needs one")
	}
	for i, identifier := range in.groups {
		if _, ok := s.groups.find(identifier); !ok {
			return badRequest("%s.%d: there is no such group", in.groupsField, i)
		}
	}
	return nil
}

// member rejects an account that is not active, or not in one of the Orgs.
func (s *Simulator) member(a *account, orgs []gen.Org) error {
	if err := a.usable(s.Now()); err != nil {
		return err
	}
	for _, org := range orgs {
		if !slices.Contains(a.orgs, org.ID) {
			return s.rejectsOrg(forbidden("the user is not in Org %d", org.ID))
		}
	}
	return nil
}

// provision makes a user just in time, in the Orgs that the token is for.
func (s *Simulator) provision(in application) *account {
	now := s.millis()
	a := &account{
		id: guid(), name: in.username, displayName: in.username,
		kind: gen.AccountTypeRemoteUser, status: gen.AccountStatusActive,
		lastOrg: in.orgs[0].ID, created: now,
	}
	for _, org := range in.orgs {
		a.orgs = append(a.orgs, org.ID)
	}
	s.users[a.name] = a
	s.update(a, in)
	return a
}

// update gives a user what the request says about them. An absent list of
// groups leaves the user's as they are; a group that does not exist is made.
func (s *Simulator) update(a *account, in application) {
	if in.displayName != "" {
		a.displayName = in.displayName
	}
	if in.email != "" {
		a.email = in.email
	}
	if in.groups != nil {
		a.groups = s.groups.provide(in.groups)
	}
	a.modified = s.millis()
}
