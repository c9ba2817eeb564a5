package authtest

import "fmt"

// UsageError is what the methods of [Simulator] panic with when a test uses them
// wrongly, for example with the name of a user who does not exist.
type UsageError struct {
	// Field is the argument that is wrong, by the name that the control API has
	// for it. It is empty if the mistake is not in one argument.
	Field string
	// Absent is true if the argument names something that does not exist.
	Absent bool

	text string
}

// Error implements error.
func (m *UsageError) Error() string { return "authtest: " + m.text }

// mistakef names the field by the name that the control API has for it.
func mistakef(field, format string, args ...any) error {
	return &UsageError{Field: field, text: fmt.Sprintf(format, args...)}
}

// absentf is mistakef for a field that names something that does not exist.
func absentf(field, format string, args ...any) error {
	return &UsageError{Field: field, Absent: true, text: fmt.Sprintf(format, args...)}
}

func noUser(name string) error { return absentf("name", "there is no user %q", name) }

func noGroup(name string) error { return absentf("name", "there is no group %q", name) }

// must panics with a mistake: it is one of the test itself.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
