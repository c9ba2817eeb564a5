package control

import (
	"net/http"
	"strconv"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// shownUser is [authtest.User] in JSON.
type shownUser struct {
	ID             string                        `json:"id"`
	Name           string                        `json:"name"`
	DisplayName    string                        `json:"display_name"`
	Email          string                        `json:"email"`
	Type           gen.AccountType               `json:"type"`
	Status         gen.AccountStatus             `json:"status"`
	Orgs           []gen.Org                     `json:"orgs"`
	Groups         []string                      `json:"groups"`
	Privileges     []string                      `json:"privileges"`
	Properties     map[int32]authtest.Properties `json:"properties"`
	UserParameters *gen.UserParameters           `json:"user_parameters,omitempty"`
}

func show(u authtest.User) shownUser {
	s := shownUser(u)
	s.Groups, s.Privileges = notNil(u.Groups), notNil(u.Privileges)
	if s.Properties == nil {
		s.Properties = map[int32]authtest.Properties{}
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
		return nil, absent("name", "there is no such user")
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
	more := []authtest.UserOption{authtest.Email(in.Email), authtest.InGroups(in.Groups...), authtest.Privileges(in.Privileges...)}
	if in.ID != "" {
		more = append(more, authtest.UserID(in.ID))
	}
	if in.DisplayName != "" {
		more = append(more, authtest.DisplayName(in.DisplayName))
	}
	if in.Status != "" {
		more = append(more, authtest.AccountStatus(in.Status))
	}
	if in.Orgs != nil {
		more = append(more, authtest.InOrgs(in.Orgs...))
	}
	c.sim.AddUser(in.Name, string(in.Password), more...)
	return nil, nil
}

func (c *controller) changeUser(r *http.Request) (any, error) {
	var in struct {
		Password *string
		Status   *gen.AccountStatus
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	if in.Password != nil {
		c.sim.SetPassword(name, *in.Password)
	}
	if in.Status != nil {
		c.sim.SetStatus(name, *in.Status)
	}
	return nil, nil
}

func (c *controller) addOrg(r *http.Request) (any, error) {
	var in gen.Org
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	c.sim.AddOrg(in.ID, in.Name)
	return nil, nil
}

func (c *controller) removeOrg(r *http.Request) (any, error) {
	c.sim.RemoveOrg(orgID(r))
	return nil, nil
}

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
	c.sim.AddGroup(in.Name, in.Privileges...)
	return nil, nil
}
