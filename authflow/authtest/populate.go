package authtest

import (
	"fmt"
	"maps"

	"github.com/go-thoughtspot/tsauth/gen"
)

// populate makes what the options describe. It panics where they contradict
// each other, so that a test does not run against another cluster than it
// thinks.
func (s *Simulator) populate() {
	c := &s.settings
	s.mfa = c.mfa
	s.offset.Store(int64(c.clockOffset))
	s.form = c.errorForm
	s.latency.Store(int64(c.latency))
	s.SetRateLimit(c.rateLimit)
	rejections := []int{c.loginRejection, c.tokenRejection}
	if c.orgRejection != nil {
		rejections = append(rejections, c.orgRejection.status)
	}
	for _, status := range rejections {
		if status < 400 || status > 599 {
			panic(fmt.Sprintf("authtest: credentials cannot be rejected with status %d", status))
		}
	}
	for _, o := range c.origins {
		mustOrigin(o)
	}
	s.tokens, s.sessions = make(map[string]*token), make(map[string]*session)
	s.orgs, s.groups = orgs{{ID: PrimaryOrg, Name: "Primary"}}, nil
	for _, o := range c.orgs {
		must(s.orgs.add(o))
	}
	for _, g := range c.groups {
		must(s.groups.add(g))
	}
	s.keys = keys{enabled: true, cluster: c.secretKey, orgs: maps.Clone(c.orgSecretKeys)}
	for id := range c.orgSecretKeys {
		if _, ok := s.orgs.byID(id); !ok {
			panic(fmt.Sprintf("authtest: a secret key for Org %d, which does not exist", id))
		}
	}
	if c.users == nil {
		all := make([]int32, len(s.orgs))
		for i, o := range s.orgs {
			all[i] = o.ID
		}
		c.users = []userSetting{{DefaultUsername, DefaultPassword, []UserOption{
			Privileges(PrivilegeAdministration), InOrgs(all...),
		}}}
	}
	s.users = make(users)
	for _, u := range c.users {
		must(s.addUser(u))
	}
}

func (s *Simulator) addUser(u userSetting) error {
	now := s.millis()
	a := &account{
		id: guid(), name: u.name, displayName: u.name, password: u.password,
		kind: gen.AccountTypeLocalUser, status: gen.AccountStatusActive,
		orgs: []int32{PrimaryOrg}, created: now, modified: now,
	}
	for _, o := range u.more {
		o(a)
	}
	if a.name == "" || s.users[a.name] != nil {
		return mistakef("name", "the user name %q is empty or given twice", a.name)
	}
	if len(a.orgs) == 0 {
		return mistakef("orgs", "user %q is in no Org", a.name)
	}
	for _, id := range a.orgs {
		if _, ok := s.orgs.byID(id); !ok {
			return mistakef("orgs", "user %q is in Org %d, which does not exist", a.name, id)
		}
	}
	for _, name := range a.groups {
		if _, ok := s.groups.find(name); !ok {
			return mistakef("groups", "user %q is in group %q, which does not exist", a.name, name)
		}
	}
	a.lastOrg = a.orgs[0]
	s.users[a.name] = a
	return nil
}
