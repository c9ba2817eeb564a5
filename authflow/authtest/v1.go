package authtest

import (
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-thoughtspot/tsauth/gen"
)

// form returns the fields of a form, or of the query of a GET.
func form(x *exchange) (url.Values, error) {
	switch {
	case x.tooLong:
		return nil, badRequest("the body is longer than %d bytes", maxBody)
	case x.r.Method == http.MethodGet:
		return x.r.URL.Query(), nil
	}
	if err := x.r.ParseForm(); err != nil {
		return nil, badRequest("the body is not a form") // err repeats the body
	}
	return x.r.PostForm, nil
}

// flag reads a boolean field, as Go and Python write it; absent is false.
func flag(fields url.Values, name string) (bool, error) {
	if fields.Get(name) == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(fields.Get(name))
	if err != nil {
		return false, badRequest("%s: it is neither true nor false", name)
	}
	return on, nil
}

// v1Login begins a session with username, password and rememberme.
func (s *Simulator) v1Login(x *exchange, w http.ResponseWriter) error {
	fields, err := form(x)
	if err != nil {
		return err
	}
	remember, err := flag(fields, "rememberme")
	if err != nil {
		return err
	}
	for _, name := range []string{"username", "password"} {
		if fields.Get(name) == "" {
			return badRequest("%s: it is missing", name)
		}
	}
	set, err := s.passwordSession(x, fields.Get("username"), gen.Secret(fields.Get("password")), remember)
	if err != nil {
		return err
	}
	return set.VisitLoginResponse(w)
}

func (s *Simulator) passwordSession(x *exchange, username string, password gen.Secret, remember bool) (cookies, error) {
	s.lock(x)
	defer s.mu.Unlock()
	a, err := s.checkPassword(username, password)
	if err != nil {
		return cookies{}, rejected(err, s.settings.loginRejection)
	}
	org, _ := s.orgs.byID(a.lastOrg)
	c := s.begin(a, org, remember, nil)
	return cookies{http.StatusNoContent, s.setSession(x, c), s.setClient(x, c)}, nil
}

// v1TokenLogin begins a session with auth_token and perhaps username. It
// responds with a redirect, unless no_url_redirection is true.
func (s *Simulator) v1TokenLogin(x *exchange, w http.ResponseWriter) error {
	fields, err := form(x)
	if err != nil {
		return err
	}
	stay, err := flag(fields, "no_url_redirection")
	if err != nil {
		return err
	}
	if fields.Get("auth_token") == "" {
		return badRequest("auth_token: it is missing")
	}
	set, err := s.tokenSession(x, fields.Get("username"), fields.Get("auth_token"))
	if err != nil {
		return err
	}
	if stay {
		return set.VisitLoginResponse(w)
	}
	target := fields.Get("redirect_url")
	if target == "" {
		target = "/?embedApp=true"
	}
	set.add(w.Header())
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusFound)
	return nil
}

func (s *Simulator) tokenSession(x *exchange, username, token string) (cookies, error) {
	s.lock(x)
	defer s.mu.Unlock()
	t := s.valid(token)
	switch {
	case t == nil:
		return cookies{}, unauthorized("auth_token: it is not valid: unknown, expired or revoked")
	case username != "" && username != t.user.name:
		return cookies{}, unauthorized("username: the token belongs to another user")
	case t.kind == KindObject:
		return cookies{}, forbidden("an object access token does not begin a session")
	}
	if err := t.user.usable(s.Now()); err != nil {
		return cookies{}, err
	}
	x.caller = &caller{user: t.user, org: t.org, token: t}
	c := s.begin(t.user, t.org, false, t)
	return cookies{http.StatusNoContent, s.setSession(x, c), s.setClient(x, c)}, nil
}

// v1AuthToken issues a full access token for secret_key and username, in the
// Org orgid. The response is the token alone, as text.
func (s *Simulator) v1AuthToken(x *exchange, w http.ResponseWriter) error {
	fields, err := form(x)
	if err != nil {
		return err
	}
	for _, name := range []string{"secret_key", "username"} {
		if fields.Get(name) == "" {
			return badRequest("%s: it is missing", name)
		}
	}
	if level := fields.Get("access_level"); level != "FULL" {
		return badRequest("access_level: only FULL is known here")
	}
	id := PrimaryOrg
	if number := fields.Get("orgid"); number != "" {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			return badRequest("orgid: it is not a number")
		}
		id = int32(n)
	}
	t, err := s.apply(x, KindFull, gen.GetObjectAccessTokenRequest{
		Username: fields.Get("username"), SecretKey: gen.Secret(fields.Get("secret_key")), OrgID: &id,
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, string(t.Token))
	return nil
}

// v1IsActive tells whether the token or session of the call is alive.
func (s *Simulator) v1IsActive(x *exchange, w http.ResponseWriter) error {
	s.lock(x)
	_, err := s.authenticate(x)
	s.mu.Unlock()
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// v1Logout ends the session, or the token, that the call came with.
func (s *Simulator) v1Logout(x *exchange, w http.ResponseWriter) error {
	s.lock(x)
	err := s.logsOut(x)
	s.mu.Unlock()
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
