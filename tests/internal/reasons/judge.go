package reasons

import (
	"fmt"
	"slices"
)

// Finding is one thing that differs.
type Finding struct {
	Check string // its kind
	Where string // an operation, for example
	What  string // in words
}

// String is a line for a report.
func (f Finding) String() string { return fmt.Sprintf("%s, %s: %s", f.Check, f.Where, f.What) }

// Tally is a reason, and how many findings it was given.
type Tally struct {
	Reason
	Found int
}

// Holds tells whether there were as many findings as the reason says.
func (t Tally) Holds() bool {
	if t.Count == 0 {
		return t.Found > 0
	}
	return t.Found == t.Count
}

// String says how the count of a tally that does not hold is off.
func (t Tally) String() string {
	want := "at least 1"
	if t.Count > 0 {
		want = fmt.Sprint(t.Count)
	}
	return fmt.Sprintf("%v: %d findings, and the reason is for %s", t.Reason, t.Found, want)
}

// Judge gives each finding to the first reason that fits it. It returns the
// findings that none fits, and a tally for every reason that holds on the
// branch or release.
func (l List) Judge(on string, findings []Finding) (bare []Finding, tallies []Tally) {
	for _, r := range l {
		if len(r.Only) == 0 || slices.Contains(r.Only, on) {
			tallies = append(tallies, Tally{Reason: r})
		}
	}
	for _, f := range findings {
		i := slices.IndexFunc(tallies, func(t Tally) bool { return t.fits(f) })
		if i < 0 {
			bare = append(bare, f)
			continue
		}
		tallies[i].Found++
	}
	return bare, tallies
}

func (r Reason) fits(f Finding) bool {
	return r.check.MatchString(f.Check) && r.where.MatchString(f.Where) && r.what.MatchString(f.What)
}
