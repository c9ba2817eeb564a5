// Package reasons holds what differs between two things to a reviewed list of
// reasons: nothing differs unexplained, and no explanation outlives what it
// explained. It compares the vendor's spec with ours, and a live server with our document.
//
// A list is a YAML file:
//
//	# In the order of the file: a finding belongs to the first reason that fits.
//	- check: response-property-became-enum
//	  where: get(Full|Object)AccessToken
//	  what: '`scope/access_type`'
//	  count: 2
//	  verdict: deliberate
//	  why: A value that a later release adds must decode.
package reasons

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Verdict says whose a difference is.
type Verdict string

// The verdicts, in the order in which a summary names them.
const (
	Deliberate Verdict = "deliberate" // we differ, and mean to
	Vendor     Verdict = "vendor"     // what the vendor says is wrong or vague; we follow the server
	Ahead      Verdict = "ahead"      // one of the two has something of a later release
	Todo       Verdict = "todo"       // nobody knows yet; Settle says what would tell
)

// Verdicts returns all of them.
func Verdicts() []Verdict { return []Verdict{Deliberate, Vendor, Ahead, Todo} }

// Reason explains the findings that it fits.
type Reason struct {
	// Check is a regular expression for the whole of a finding's kind.
	// Required.
	Check string `yaml:"check"`
	// Where is a regular expression for the whole of a finding's place.
	// Required.
	Where string `yaml:"where"`
	// What is a regular expression for a part of a finding's text. All texts
	// fit if absent.
	What string `yaml:"what"`
	// Only lists the releases of ThoughtSpot for which the reason holds. All if
	// absent.
	Only []string `yaml:"only"`
	// Count is how many findings there are, exactly. One or more if absent.
	Count int `yaml:"count"`
	// Verdict and Why are for the reader. Required.
	Verdict Verdict `yaml:"verdict"`
	Why     string  `yaml:"why"`
	// Settle says what would turn a todo into another verdict. Required there,
	// and nowhere else.
	Settle string `yaml:"settle"`

	line               int
	check, where, what *regexp.Regexp
}

// String says which reason it is.
func (r Reason) String() string {
	return fmt.Sprintf("line %d: %s, %s: %q", r.line, r.Check, r.Where, r.What)
}

// List is a list of reasons, in the order of its file.
type List []Reason

// Read reads a file. Its errors name the file, and the line of the reason that
// is at fault.
func Read(file string) (List, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, err
	}
	list, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// Parse reads a list. A field that it does not know is an error.
func Parse(text []byte) (List, error) {
	var list List
	var lines []yaml.Node
	strict := yaml.NewDecoder(bytes.NewReader(text))
	strict.KnownFields(true)
	if err := strict.Decode(&list); err != nil {
		return nil, err
	}
	if err := strict.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("a file holds one list: there is more behind a ---")
	}
	if err := yaml.Unmarshal(text, &lines); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].line = lines[i].Line
		if err := list[i].compile(); err != nil {
			return nil, fmt.Errorf("line %d: %w", lines[i].Line, err)
		}
	}
	return list, nil
}

func (r *Reason) compile() (err error) {
	switch {
	case r.Check == "":
		return errors.New("check: say which kind of finding this is for")
	case r.Where == "":
		return errors.New("where: say which place this is for, .* for all")
	case r.Count < 0:
		return errors.New("count: below 0")
	case !slices.Contains(Verdicts(), r.Verdict):
		return fmt.Errorf("verdict: %q is not one of %v", r.Verdict, Verdicts())
	case r.Why == "":
		return errors.New("why: give the reason")
	case r.Verdict == Todo && r.Settle == "":
		return errors.New("settle: say what would settle this todo")
	case r.Verdict != Todo && r.Settle != "":
		return fmt.Errorf("settle: nothing is left to settle where the verdict is %s", r.Verdict)
	}
	if r.check, err = regexp.Compile("^(?:" + r.Check + ")$"); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if r.where, err = regexp.Compile("^(?:" + r.Where + ")$"); err != nil {
		return fmt.Errorf("where: %w", err)
	}
	if r.what, err = regexp.Compile(r.What); err != nil {
		return fmt.Errorf("what: %w", err)
	}
	return nil
}
