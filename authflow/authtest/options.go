package authtest

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// The user and the secret key of a simulator to which options give none.
const (
	// DefaultUsername is an administrator who is in every Org. It is there
	// unless [WithUser] names others.
	DefaultUsername = "tsadmin"
	// DefaultPassword is the password of DefaultUsername.
	DefaultPassword = "admin"
	// DefaultSecretKey is the cluster's secret key. It is there unless
	// [WithSecretKey] gives another.
	DefaultSecretKey = "2657f6f9-6aa9-4432-99f2-bf0d70f240ac"
)

// Option is for [New], [NewServer] and [NewTLSServer].
type Option func(*settings)

// settings are what options set. They do not change after New.
type settings struct {
	url                  string
	users                []userSetting
	orgs                 []gen.Org
	groups               []groupSetting
	secretKey            gen.Secret
	orgSecretKeys        map[int32]gen.Secret
	mfa                  bool
	errorForm            ErrorForm
	idleTimeout          time.Duration
	rememberFor          time.Duration
	tokenValidity        time.Duration
	sessionTokenValidity time.Duration
	clockOffset          time.Duration
	loginRejection       int
	tokenRejection       int
	orgRejection         *refusalError // nil: see rejectsOrg
	rateLimit            RateLimit
	observe              func(Call)
	origins              []string
	answers              []func(*Simulator)
	latency              time.Duration
	lenient              bool
	strictProvisioning   bool
	sameSessionToken     bool
	done                 done
}

func defaults() settings {
	return settings{
		url:                  InProcessURL,
		secretKey:            DefaultSecretKey,
		orgSecretKeys:        make(map[int32]gen.Secret),
		idleTimeout:          3 * time.Hour,
		rememberFor:          7 * 24 * time.Hour,
		tokenValidity:        300 * time.Second,
		sessionTokenValidity: 24 * time.Hour,
		loginRejection:       http.StatusUnauthorized,
		tokenRejection:       http.StatusUnauthorized,
		done:                 http.StatusNoContent,
	}
}

// WithUser adds a user who is in the Primary Org, unless [InOrgs] says
// otherwise. An empty password means that the user cannot log in with one.
func WithUser(name, password string, more ...UserOption) Option {
	return func(s *settings) {
		s.users = append(s.users, userSetting{name: name, password: gen.Secret(password), more: more})
	}
}

// WithOrg adds an Org. The Primary Org, number 0, is always there.
func WithOrg(id int32, name string) Option {
	return func(s *settings) { s.orgs = append(s.orgs, gen.Org{ID: id, Name: name}) }
}

// WithGroup adds a group whose members have the given privileges.
func WithGroup(name string, privileges ...string) Option {
	return func(s *settings) { s.groups = append(s.groups, groupSetting{name, privileges}) }
}

// WithSecretKey sets the cluster's secret key, which is good for every Org.
// An empty one means that there is none.
func WithSecretKey(key string) Option {
	return func(s *settings) { s.secretKey = gen.Secret(key) }
}

// WithOrgSecretKey gives an Org a secret key of its own, good for that Org
// only, beside the cluster's.
func WithOrgSecretKey(orgID int32, key string) Option {
	return func(s *settings) { s.orgSecretKeys[orgID] = gen.Secret(key) }
}

// WithMFA switches multi-factor authentication on: passwords are rejected with
// 401, secret keys work. See [Simulator.SetMFA].
func WithMFA() Option {
	return func(s *settings) { s.mfa = true }
}

// WithIdleTimeout sets how long a session without remember_me lasts unused.
// The default is 3 hours.
func WithIdleTimeout(d time.Duration) Option {
	return func(s *settings) { s.idleTimeout = d }
}

// WithRememberFor sets how long a session with remember_me lasts from its
// login, used or not. The default is 7 days.
func WithRememberFor(d time.Duration) Option {
	return func(s *settings) { s.rememberFor = d }
}

// WithTokenValidity sets how long a token is valid that was requested without
// validity_time_in_sec. The default is 300 seconds.
func WithTokenValidity(d time.Duration) Option {
	return func(s *settings) { s.tokenValidity = d }
}

// WithSessionTokenValidity sets how long a token from session/token is valid.
// The default is 24 hours.
func WithSessionTokenValidity(d time.Duration) Option {
	return func(s *settings) { s.sessionTokenValidity = d }
}

// WithClockOffset makes the server's clock differ from the client's by d.
func WithClockOffset(d time.Duration) Option {
	return func(s *settings) { s.clockOffset = d }
}

// WithLoginRejection sets the status with which login answers a wrong
// username or password. The default is 401, as in the vendor's spec; its
// documentation has 400, and 500 has been seen.
func WithLoginRejection(status int) Option {
	return func(s *settings) { s.loginRejection = status }
}

// WithTokenRejection does for the operations that issue tokens what
// [WithLoginRejection] does for login.
func WithTokenRejection(status int) Option {
	return func(s *settings) { s.tokenRejection = status }
}

// WithOrgRejection sets the status and the code for an Org that a user may not
// enter, whether it exists or not. At least one client expects 400 with 13090.
// Without the option it is 403 with 10023 for an Org that exists, and 400 with
// 10002 for another.
func WithOrgRejection(status, code int) Option {
	return func(s *settings) { s.orgRejection = &refusalError{status: status, code: code} }
}

// rejectsOrg returns err, which is about an Org that the user may not enter, with
// the status and the code of [WithOrgRejection].
func (s *Simulator) rejectsOrg(err error) error {
	var r *refusalError
	if set := s.settings.orgRejection; set != nil && errors.As(err, &r) {
		return &refusalError{set.status, set.code, r.debug}
	}
	return err
}

// WithObserver calls f after each call, from the goroutine that served it: f
// must be safe for concurrent use.
func WithObserver(f func(Call)) Option {
	return func(s *settings) { s.observe = f }
}

// WithURL sets the URL that [Simulator.Client] and [Simulator.Transport]
// answer to, for tests with several servers. The default is [InProcessURL].
// It has no effect on a [Server].
func WithURL(url string) Option {
	return func(s *settings) { s.url = url }
}
