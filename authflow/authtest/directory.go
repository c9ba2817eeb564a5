package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// AddUser adds a user, as [WithUser] does. It panics if there is one of that
// name.
func (s *Simulator) AddUser(name, password string, more ...UserOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	must(s.addUser(userSetting{name, gen.Secret(password), more}))
}

// RemoveUser removes a user, with all tokens and sessions. It panics if there
// is no such user.
func (s *Simulator) RemoveUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustUser(name)
	s.cutOff(func(holder *account, _ gen.Org) bool { return holder == a })
	delete(s.users, name)
}

// Orgs returns all Orgs, the Primary Org first.
func (s *Simulator) Orgs() []gen.Org {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.orgs)
}

// AddOrg adds an Org, as [WithOrg] does. Nobody is in it yet. It panics if
// there is one of that number or name.
func (s *Simulator) AddOrg(id int32, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	must(s.orgs.add(gen.Org{ID: id, Name: name}))
}

// RemoveOrg removes an Org with its secret key, its tokens and its sessions,
// and takes its users out of it. It panics if there is no such Org, and for
// the Primary Org.
func (s *Simulator) RemoveOrg(id int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.orgs.byID(id); !ok || id == PrimaryOrg {
		must(absentf("id", "there is no Org %d that could be removed", id))
	}
	s.cutOff(func(_ *account, org gen.Org) bool { return org.ID == id })
	s.orgs = slices.DeleteFunc(s.orgs, func(o gen.Org) bool { return o.ID == id })
	delete(s.keys.orgs, id)
	for _, a := range s.users {
		a.orgs = slices.DeleteFunc(a.orgs, func(of int32) bool { return of == id })
		if a.lastOrg == id {
			a.lastOrg = PrimaryOrg
			if len(a.orgs) > 0 {
				a.lastOrg = a.orgs[0]
			}
		}
	}
}

// Group is a group as a test sees it: a copy.
type Group struct {
	ID, Name   string
	Privileges []string
}

// Groups returns all groups, in the order in which they were made.
func (s *Simulator) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Group, len(s.groups))
	for i, g := range s.groups {
		list[i] = Group{g.id, g.name, slices.Clone(g.privileges)}
	}
	return list
}

// AddGroup adds a group, as [WithGroup] does. It panics if there is one of
// that name.
func (s *Simulator) AddGroup(name string, privileges ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	must(s.groups.add(groupSetting{name, privileges}))
}

// RemoveGroup removes a group, and takes its members out of it. It panics if
// there is no such group.
func (s *Simulator) RemoveGroup(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.groups, func(g group) bool { return g.name == name })
	if i < 0 {
		must(noGroup(name))
	}
	s.groups = slices.Delete(s.groups, i, i+1)
	for _, a := range s.users {
		a.groups = slices.DeleteFunc(a.groups, func(of string) bool { return of == name })
	}
}
