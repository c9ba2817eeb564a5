package authtest

import (
	"maps"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// UserOption is for [WithUser].
type UserOption func(*account)

type userSetting struct {
	name     string
	password gen.Secret
	more     []UserOption
}

// InOrgs puts the user in these Orgs, and in no other. The first is where a
// login that names no Org leads.
func InOrgs(ids ...int32) UserOption {
	return func(a *account) { a.orgs = slices.Clone(ids) }
}

// InGroups puts the user in groups made with [WithGroup].
func InGroups(names ...string) UserOption {
	return func(a *account) { a.groups = slices.Clone(names) }
}

// Privileges gives the user privileges, such as [PrivilegeAdministration].
func Privileges(names ...string) UserOption {
	return func(a *account) { a.privileges = slices.Clone(names) }
}

// AccountStatus sets the status of the user's account. The default is ACTIVE.
func AccountStatus(status gen.AccountStatus) UserOption {
	return func(a *account) { a.status = status }
}

// Email sets the user's e-mail address.
func Email(address string) UserOption {
	return func(a *account) { a.email = address }
}

// DisplayName sets the name to show. The default is the user's name.
func DisplayName(name string) UserOption {
	return func(a *account) { a.displayName = name }
}

// UserID sets the user's GUID. The default is a random one.
func UserID(id string) UserOption {
	return func(a *account) { a.id = id }
}

// account is a user as the server keeps them.
type account struct {
	id, name, displayName, email string
	password                     gen.Secret // empty: cannot log in with one
	kind                         gen.AccountType
	status                       gen.AccountStatus
	orgs                         []int32
	groups                       []string // names
	privileges                   []string
	properties                   map[int32]Properties // by Org
	userParameters               *gen.UserParameters
	created, modified, loggedIn  time.Time
	lastOrg                      int32 // of the previous session

	misses      []time.Time // wrong passwords in a row, of the last hour
	lockedUntil time.Time
}

// maxMisses wrong passwords in a row, within lockedFor, lock an account for as
// long. The API's documentation says "several" and an hour.
const (
	maxMisses = 5
	lockedFor = time.Hour
)

func (a *account) statusAt(now time.Time) gen.AccountStatus {
	if now.Before(a.lockedUntil) {
		return gen.AccountStatusLocked
	}
	return a.status
}

// usable rejects an account that is not active.
func (a *account) usable(now time.Time) error {
	if status := a.statusAt(now); status != gen.AccountStatusActive {
		return forbidden("the account is %s", status)
	}
	return nil
}

func (a *account) miss(now time.Time) {
	a.misses = slices.DeleteFunc(a.misses, func(at time.Time) bool { return now.Sub(at) >= lockedFor })
	a.misses = append(a.misses, now)
	if len(a.misses) >= maxMisses {
		a.misses, a.lockedUntil = nil, now.Add(lockedFor)
	}
}

// users are by name.
type users map[string]*account

// find takes the name or the GUID of a user.
func (u users) find(identifier string) *account {
	if a := u[identifier]; a != nil {
		return a
	}
	for _, a := range u {
		if a.id == identifier {
			return a
		}
	}
	return nil
}

// User is a user as a test sees them: a copy.
type User struct {
	ID, Name, DisplayName, Email string
	// Type is LOCAL_USER, or REMOTE_USER for one made just in time.
	Type   gen.AccountType
	Status gen.AccountStatus
	Orgs   []gen.Org
	Groups []string
	// Privileges of the user and of the user's groups, sorted.
	Privileges []string
	// Properties that custom access tokens have stored, by the number of the
	// Org; nil if there are none.
	Properties map[int32]Properties
	// UserParameters that full and object access tokens have stored, with
	// persist; nil if there are none.
	UserParameters *gen.UserParameters
}

func (s *Simulator) view(a *account) User {
	u := User{
		ID: a.id, Name: a.name, DisplayName: a.displayName, Email: a.email,
		Type: a.kind, Status: a.statusAt(s.Now()), Orgs: s.orgsOf(a),
		Groups: slices.Clone(a.groups), Privileges: s.privilegesOf(a),
	}
	for org, p := range a.properties {
		if u.Properties == nil {
			u.Properties = make(map[int32]Properties)
		}
		u.Properties[org] = p.clone()
	}
	if a.userParameters != nil {
		p := *a.userParameters
		u.UserParameters = &p
	}
	return u
}

func (s *Simulator) orgsOf(a *account) []gen.Org {
	list := make([]gen.Org, len(a.orgs))
	for i, id := range a.orgs {
		list[i], _ = s.orgs.byID(id)
	}
	return list
}

// User returns the user of that name; ok is false if there is none.
func (s *Simulator) User(name string) (u User, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.users[name]
	if a == nil {
		return User{}, false
	}
	return s.view(a), true
}

// Users returns all users by name, those made just in time included.
func (s *Simulator) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]User, 0, len(s.users))
	for _, name := range slices.Sorted(maps.Keys(s.users)) {
		list = append(list, s.view(s.users[name]))
	}
	return list
}

// SetPassword changes a user's password. Sessions and tokens stay. It panics
// if there is no such user.
func (s *Simulator) SetPassword(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustUser(user)
	a.password, a.misses, a.modified = gen.Secret(password), nil, s.millis()
}

// SetStatus changes the status of a user's account; ACTIVE also lifts the lock
// that wrong passwords have put on it. It panics if there is no such user.
func (s *Simulator) SetStatus(user string, status gen.AccountStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustUser(user)
	a.status, a.misses, a.lockedUntil, a.modified = status, nil, time.Time{}, s.millis()
}

// mustUser returns the account of that name. It panics if there is none. It
// needs s.mu.
func (s *Simulator) mustUser(name string) *account {
	a := s.users[name]
	if a == nil {
		must(noUser(name))
	}
	return a
}
