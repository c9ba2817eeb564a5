package authtest

import (
	"fmt"
	"net/http"
)

// mistakeError is what is wrong with the way in which a control is used. The
// methods panic with it; the control API answers with it.
type mistakeError struct {
	status      int // of the control API's answer
	field, text string
}

// Error implements error.
func (m *mistakeError) Error() string { return "authtest: " + m.text }

// mistakef names the field by the name that the control API has for it.
func mistakef(field, format string, args ...any) error {
	return &mistakeError{http.StatusBadRequest, field, fmt.Sprintf(format, args...)}
}

// absentf is mistakef for a field that names what is not there.
func absentf(field, format string, args ...any) error {
	return &mistakeError{http.StatusNotFound, field, fmt.Sprintf(format, args...)}
}

func noUser(name string) error { return absentf("name", "there is no user %q", name) }

func noGroup(name string) error { return absentf("name", "there is no group %q", name) }

// must panics with a mistake: it is one of the test itself.
func must(err error) {
	if err != nil {
		panic(err.Error())
	}
}
