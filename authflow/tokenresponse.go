package authflow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
	"github.com/go-thoughtspot/tsauth/gen"
)

// tokenResponse is what a Flow reads of a response that holds a token. A field of
// an unexpected type is left out and costs nothing else.
type tokenResponse struct {
	Token    gen.Secret    `json:"token"`
	Created  lenient       `json:"creation_time_in_millis"`
	Expires  lenient       `json:"expiration_time_in_millis"`
	ID       lenient       `json:"id"`
	UserID   lenient       `json:"valid_for_user_id"`
	Username lenientText   `json:"valid_for_username"`
	User     lenientObject `json:"user"`
	Org      lenientObject `json:"org"`
	Scope    lenientObject `json:"scope"`
}

// lenient is a JSON string or number as text, and "" for anything else.
type lenient string

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient) UnmarshalJSON(b []byte) error {
	*l = ""
	switch first := b[0]; {
	case first == '"':
		*l = lenient(unquote(b))
	case first == '-', first >= '0' && first <= '9':
		*l = lenient(b)
	}
	return nil
}

// lenientText is a JSON string, and "" for anything else: a number in the place of
// a name is not a name.
type lenientText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *lenientText) UnmarshalJSON(b []byte) error {
	*t = lenientText(unquote(b))
	return nil
}

// unquote returns the text of a JSON string, and "" for another value.
func unquote(b []byte) (text string) {
	isPlain := b[0] == '"' && utf8.Valid(b) && !bytes.ContainsRune(b, '\\')
	if isPlain {
		return string(b[1 : len(b)-1])
	}
	_ = json.Unmarshal(b, &text)
	return text
}

// number returns a whole number in digits alone, and anything else unchanged.
func (l lenient) number() string {
	if strings.Trim(string(l), "0123456789") == "" {
		return string(l)
	}
	var n wire.Integer
	if l == "null" || json.Unmarshal([]byte(l), &n) != nil {
		return string(l)
	}
	return strconv.FormatInt(int64(n), 10)
}

// instant reads a time in milliseconds; the zero Time for anything else.
func (l lenient) instant() time.Time {
	var ms gen.UnixMilli
	_ = ms.UnmarshalJSON([]byte(l))
	return ms.Time()
}

// lenientObject is a JSON object, and empty for anything else.
type lenientObject struct {
	ID    lenient     `json:"id"`
	Name  lenientText `json:"name"`
	OrgID lenient     `json:"org_id"`

	OrgIDs []lenientObject `json:"org_ids"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *lenientObject) UnmarshalJSON(b []byte) error {
	type plain lenientObject
	_ = json.Unmarshal(b, (*plain)(r))
	return nil
}

// bearer makes a lease of a response that holds a token. orgs are the Orgs that a
// request for several of them names.
func (f *Flow) bearer(r *response, orgs []string) (*lease, *outcome.Failure) {
	op := f.method.op()
	var in tokenResponse
	if json.Unmarshal(r.Body, &in) != nil {
		// The text of the JSON error could hold a part of the token.
		return nil, malformed(op, r, errors.New("it does not have the documented form"))
	}
	err := in.checkUser(f.user(), f.alias())
	if err != nil {
		return nil, wrongToken(op, r, err)
	}
	org, err := in.org(f.org(), orgs)
	if err != nil {
		return nil, wrongToken(op, r, err)
	}
	times := in.times(r.Header)
	c, err := newBearer(Token{
		Value: in.Token, Created: times.created, Expires: times.expires, ID: string(in.ID), Org: org,
		UserID: string(cmp.Or(in.UserID, in.User.ID)), Username: in.username(),
	})
	if err != nil {
		return nil, malformed(op, r, err)
	}
	this := &issue{f.cluster.idOf(c.header[0]), times.created, r.Sent}
	life, limit := times.lifetime(this, f.previousIssue(), time.Duration(f.validity)*time.Second)
	if f.isMinting() {
		f.cluster.lastIssue.Store(this)
	}
	return f.cluster.policy.grantGuess(c, r.Sent, life, limit), nil
}

// previousIssue returns the issue of the token in use or, if there is none, of the
// last token of any principal. It returns nil if there was none.
func (f *Flow) previousIssue() *issue {
	l, _ := f.keeper.Peek()
	switch {
	case l != nil && l.Value.session == nil:
		return &issue{l.ID, wire.UnixMilli(l.Value.created).Time(), l.RequestedAt}
	case f.isMinting():
		return f.cluster.lastIssue.Load()
	}
	return nil
}

// wrongToken is the failure of a response with a token that was not requested.
func wrongToken(op string, r *response, err error) *outcome.Failure {
	err = &wrongPrincipalError{redact.Line(r.Redact(err.Error()))}
	return &outcome.Failure{Class: outcome.Unexpected, Op: op, Status: r.Status, Err: err}
}

// wrongPrincipalError is the cause of an error that matches ErrWrongPrincipal.
type wrongPrincipalError struct{ text string }

func (e *wrongPrincipalError) Error() string { return e.text }

// username returns the name of the user that the token is for, or "".
func (in *tokenResponse) username() string { return string(cmp.Or(in.Username, in.User.Name)) }

// checkUser returns an error if the token is for another user than the one it
// was requested for (S5). Names that differ by case alone are one user, and so is
// an alias.
func (in *tokenResponse) checkUser(user, alias string) error {
	name := strings.TrimSpace(in.username())
	unknown := name == "" || user == ""
	if unknown || strings.EqualFold(name, strings.TrimSpace(user)) || strings.EqualFold(name, alias) {
		return nil
	}
	return fmt.Errorf("the token is for another user than %s; use WithAlias if both names are the same user", user)
}

// org returns the Org that the token is for, nil if the response states none, and
// an error if the response states another one than asked, or not all of several.
func (in *tokenResponse) org(asked string, several []string) (*gen.Org, error) {
	own := lenientObject{ID: cmp.Or(in.Org.ID, in.Scope.OrgID), Name: in.Org.Name}
	stated := []lenientObject{own}
	missing := firstMissing([]string{asked}, stated)
	if ids := in.Scope.OrgIDs; missing == "" && len(ids) > 0 {
		if own.text() == "" {
			own, several = ids[0], append(several, asked)
		}
		stated, missing = ids, firstMissing(several, ids)
	}
	if missing != "" {
		var names []string
		for _, org := range stated {
			names = append(names, org.text())
		}
		return nil, &otherOrgError{stated: strings.Join(names, ", "), asked: missing}
	}
	return own.asOrg(), nil
}

// asOrg returns an Org, or nil if it has no number.
func (r lenientObject) asOrg() *gen.Org {
	n, err := strconv.ParseInt(r.ID.number(), 10, 32)
	if err != nil {
		return nil
	}
	return &gen.Org{ID: int32(n), Name: string(r.Name)}
}

// otherOrgError says that a token is for another Org than the one it was
// requested for.
type otherOrgError struct{ stated, asked string }

func (e *otherOrgError) Error() string {
	return fmt.Sprintf("the token is for Org %s, but Org %s was requested", e.stated, e.asked)
}

// text names an Org in an error.
func (r lenientObject) text() string { return strings.TrimSpace(string(r.ID) + " " + string(r.Name)) }

// firstMissing returns the first of the requested Orgs that is not among the
// stated ones, or "".
func firstMissing(asked []string, stated []lenientObject) string {
	i := slices.IndexFunc(asked, func(org string) bool {
		return !slices.ContainsFunc(stated, func(o lenientObject) bool { return sameOrg(org, o.ID.number(), string(o.Name)) })
	})
	if i < 0 {
		return ""
	}
	return asked[i]
}

// sameOrg reports whether a requested Org, by number or name, is the Org that the
// response states, as far as the response tells.
func sameOrg(asked, id, name string) bool {
	if asked == "" || asked == id || strings.EqualFold(asked, name) {
		return true
	}
	want, err := strconv.Atoi(asked)
	if err != nil {
		return name == ""
	}
	is, err := strconv.Atoi(id)
	return id == "" || err == nil && is == want
}
