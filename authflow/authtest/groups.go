package authtest

import (
	"fmt"
	"slices"
)

// PrivilegeAdministration lets a user end the tokens of others.
const PrivilegeAdministration = "ADMINISTRATION"

type groupSetting struct {
	name       string
	privileges []string
}

type group struct {
	id         string
	name       string
	privileges []string
}

type groups []group

func (g *groups) add(set groupSetting) {
	if _, ok := g.find(set.name); ok || set.name == "" {
		panic(fmt.Sprintf("authtest: the group name %q is empty or given twice", set.name))
	}
	*g = append(*g, group{guid(), set.name, slices.Clone(set.privileges)})
}

// find takes the name or the GUID of a group.
func (g groups) find(identifier string) (group, bool) {
	for _, one := range g {
		if one.name == identifier || one.id == identifier {
			return one, true
		}
	}
	return group{}, false
}

// provide looks identifiers up and returns the names of the groups, each once.
// A group that does not exist is made, by that name and without privileges.
func (g *groups) provide(identifiers []string) []string {
	names := make([]string, 0, len(identifiers))
	for _, id := range identifiers {
		one, ok := g.find(id)
		if !ok {
			one = group{id: guid(), name: id}
			*g = append(*g, one)
		}
		if !slices.Contains(names, one.name) {
			names = append(names, one.name)
		}
	}
	return names
}

// GroupID returns the GUID of a group, made with [WithGroup] or just in time. It
// panics if there is none of that name.
func (s *Simulator) GroupID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.groups.find(name)
	if !ok {
		panic(fmt.Sprintf("authtest: there is no group %q", name))
	}
	return one.id
}

// privilegesOf returns the privileges of a user, own and by group, sorted.
func (s *Simulator) privilegesOf(a *account) []string {
	all := slices.Clone(a.privileges)
	for _, name := range a.groups {
		one, _ := s.groups.find(name)
		all = append(all, one.privileges...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
