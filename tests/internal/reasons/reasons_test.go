package reasons_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

const list = `
- check: removed
  where: login
  what: '^the property .x.'
  count: 1
  verdict: deliberate
  why: The server does not have it.
- check: removed
  where: log(in|out)
  count: 2
  verdict: todo
  why: The documents contradict each other.
  settle: A live server.
- check: added
  where: .*
  only: [26.9, 26.10]
  verdict: ahead
  why: No release has it.
`

func parse(t *testing.T, text string) reasons.List {
	t.Helper()
	l, err := reasons.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func removed(where, what string) reasons.Finding {
	return reasons.Finding{Check: "removed", Where: where, What: what}
}

func TestJudge(t *testing.T) {
	explained := []reasons.Finding{removed("login", "the property `x`"), removed("login", "the property `y`"), removed("logout", "a status")}
	added := reasons.Finding{Check: "added", Where: "login", What: "the property `z`"}
	for name, c := range map[string]struct {
		on       string
		findings []reasons.Finding
		bare     []reasons.Finding
		off      []string // how the tallies that do not hold begin
	}{
		"everything is explained":       {on: "26.8", findings: explained},
		"a finding has no reason":       {on: "26.8", findings: append(explained[:3:3], added), bare: []reasons.Finding{added}},
		"a reason for another release":  {on: "26.10", findings: append(explained[:3:3], added)},
		"any number, and there is none": {on: "26.9", findings: explained, off: []string{`line 14: added, .*: "": 0 findings, and the reason is for at least 1`}},
		"a reason has no finding":       {on: "26.8", findings: explained[1:], off: []string{"line 2: removed, login: \"^the property .x.\": 0 findings, and the reason is for 1"}},
		"one finding too few":           {on: "26.8", findings: explained[:2], off: []string{`line 8: removed, log(in|out): "": 1 findings, and the reason is for 2`}},
		"one finding too many":          {on: "26.8", findings: append(explained[:3:3], removed("logout", "b")), off: []string{`line 8: removed, log(in|out): "": 3 findings, and the reason is for 2`}},
		"a kind fits as a whole":        {on: "26.8", findings: append(explained[:3:3], reasons.Finding{Check: "removed-too", Where: "login"}), bare: []reasons.Finding{{Check: "removed-too", Where: "login"}}},
		"a place fits as a whole":       {on: "26.8", findings: append(explained[:3:3], removed("logins", "b")), bare: []reasons.Finding{removed("logins", "b")}},
	} {
		t.Run(name, func(t *testing.T) {
			bare, tallies := parse(t, list).Judge(c.on, c.findings)
			if !slices.Equal(bare, c.bare) {
				t.Errorf("without a reason: %v, want %v", bare, c.bare)
			}
			var off []string
			for _, tally := range tallies {
				if !tally.Holds() {
					off = append(off, tally.String())
				}
			}
			if !slices.Equal(off, c.off) {
				t.Errorf("do not hold: %q, want %q", off, c.off)
			}
		})
	}
}

func TestWhatIsNoReason(t *testing.T) {
	for name, c := range map[string]struct{ old, with, err string }{
		"no check":              {"- check: added", "- check: ''", "line 14: check: "},
		"no place":              {"  where: login\n", "", "line 2: where: "},
		"a bad kind":            {"check: added", "check: '['", "line 14: check: "},
		"a bad place":           {"log(in|out)", "log(in", "line 8: where: "},
		"a bad pattern":         {"'^the property .x.'", "'('", "line 2: what: "},
		"a negative count":      {"count: 1", "count: -1", "line 2: count: "},
		"an invented verdict":   {"verdict: ahead", "verdict: fine", `line 14: verdict: "fine" is not one of [deliberate vendor ahead todo]`},
		"no reason":             {"  why: No release has it.\n", "", "line 14: why: "},
		"a todo without settle": {"  settle: A live server.\n", "", "line 8: settle: "},
		"settle without a todo": {"verdict: todo", "verdict: vendor", "line 8: settle: "},
		"an unknown field":      {"only:", "on:", "field on not found"},
		"not a list":            {list, "check: removed", "cannot unmarshal"},
		"a second document":     {"- check: added", "---\n- check: added", "one list"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(list, c.old, c.with, 1)
			if text == list {
				t.Fatalf("%q is not in the list", c.old)
			}
			if _, err := reasons.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestReadNamesTheFile(t *testing.T) {
	if _, err := reasons.Read("none.yaml"); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("error %v", err)
	}
}
