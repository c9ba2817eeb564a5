package authtest

import (
	"net/http"
	"strconv"

	"github.com/go-thoughtspot/tsauth/gen"
)

// shownUser is [User] in JSON.
type shownUser struct {
	ID             string               `json:"id"`
	Name           string               `json:"name"`
	DisplayName    string               `json:"display_name"`
	Email          string               `json:"email"`
	Type           gen.AccountType      `json:"type"`
	Status         gen.AccountStatus    `json:"status"`
	Orgs           []gen.Org            `json:"orgs"`
	Groups         []string             `json:"groups"`
	Privileges     []string             `json:"privileges"`
	Properties     map[int32]Properties `json:"properties"`
	UserParameters *gen.UserParameters  `json:"user_parameters,omitempty"`
}

func show(u User) shownUser {
	s := shownUser(u)
	s.Groups, s.Privileges = notNil(u.Groups), notNil(u.Privileges)
	if s.Properties == nil {
		s.Properties = map[int32]Properties{}
	}
	return s
}

// notNil makes an empty list of none: JSON tells them apart.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (c *controller) getUsers(*http.Request) (any, error) {
	users := c.sim.Users()
	list := make([]shownUser, len(users))
	for i, u := range users {
		list[i] = show(u)
	}
	return list, nil
}

func (c *controller) getUser(r *http.Request) (any, error) {
	u, ok := c.sim.User(r.PathValue("name"))
	if !ok {
		return nil, noUser(r.PathValue("name"))
	}
	return show(u), nil
}

func (c *controller) addUser(r *http.Request) (any, error) {
	var in struct {
		Name        string
		Password    gen.Secret
		ID          string
		DisplayName string `json:"display_name"`
		Email       string
		Status      gen.AccountStatus
		Orgs        []int32
		Groups      []string
		Privileges  []string
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	more := []UserOption{Email(in.Email), InGroups(in.Groups...), Privileges(in.Privileges...)}
	if in.ID != "" {
		more = append(more, UserID(in.ID))
	}
	if in.DisplayName != "" {
		more = append(more, DisplayName(in.DisplayName))
	}
	if in.Status != "" {
		more = append(more, AccountStatus(in.Status))
	}
	if in.Orgs != nil {
		more = append(more, InOrgs(in.Orgs...))
	}
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return nil, c.sim.addUser(userSetting{in.Name, in.Password, more})
}

func (c *controller) changeUser(r *http.Request) (any, error) {
	var in struct {
		Password *string
		Status   *gen.AccountStatus
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, c.sim.change(r.PathValue("name"), func(a *account) {
		if in.Password != nil {
			a.setPassword(*in.Password)
		}
		if in.Status != nil {
			a.setStatus(*in.Status)
		}
	})
}

func (c *controller) addOrg(r *http.Request) (any, error) {
	var in gen.Org
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return nil, c.sim.orgs.add(in)
}

func (c *controller) removeOrg(r *http.Request) (any, error) { return nil, c.sim.removeOrg(orgID(r)) }

// orgID is the number in a path, which has been looked at before.
func orgID(r *http.Request) int32 {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 32)
	if err != nil {
		return -1 // there is no such Org
	}
	return int32(id)
}

func (c *controller) getGroups(*http.Request) (any, error) {
	type shownGroup struct {
		ID         string   `json:"id"`
		Name       string   `json:"name"`
		Privileges []string `json:"privileges"`
	}
	groups := c.sim.Groups()
	list := make([]shownGroup, len(groups))
	for i, g := range groups {
		list[i] = shownGroup{g.ID, g.Name, notNil(g.Privileges)}
	}
	return list, nil
}

func (c *controller) addGroup(r *http.Request) (any, error) {
	var in struct {
		Name       string
		Privileges []string
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return nil, c.sim.groups.add(groupSetting{in.Name, in.Privileges})
}
