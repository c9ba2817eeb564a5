package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// compare lists how the operations of ours differ from the same in upstream, a
// line each. Operations of upstream that we do not have are not our business,
// unless they are authentication.
func compare(ours, upstream shape) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for name, id := range ours.operations {
		switch theirs, ok := upstream.operations[name]; {
		case !ok:
			say("%s: ours only", name)
		case theirs != id:
			say("%s: operationId %s, upstream %s", name, id, theirs)
		}
	}
	for name := range upstream.operations {
		if _, ok := ours.operations[name]; !ok && strings.Contains(name, "/auth/") {
			say("%s: upstream only", name)
		}
	}
	for name, p := range ours.properties {
		theirs, ok := upstream.properties[name]
		if _, known := upstream.operations[operationOf(name)]; !known {
			continue
		}
		if !ok {
			say("%s: ours only", name)
			continue
		}
		if p.types != theirs.types {
			say("%s: type %s, upstream %s", name, p.types, theirs.types)
		}
		if p.required != theirs.required {
			say("%s: required %v, upstream %v", name, p.required, theirs.required)
		}
		if !slices.Equal(p.enum, theirs.enum) {
			say("%s: enum %v, upstream %v", name, p.enum, theirs.enum)
		}
	}
	for name := range upstream.properties {
		if _, ok := ours.properties[name]; !ok {
			if _, known := ours.operations[operationOf(name)]; known {
				say("%s: upstream only", name)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// operationOf returns the operation in a property's name.
func operationOf(name string) string {
	parts := strings.SplitN(name, " ", 3)
	return parts[0] + " " + parts[1]
}

// excuse is a difference that is meant.
type excuse struct {
	Like   string `json:"like"` // a pattern of path.Match for the line, in which * spans no slash
	Reason string `json:"reason"`
}

type excuses struct {
	list []excuse
	used int
}

func loadExcuses(file string) (*excuses, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var e excuses
	if err := json.Unmarshal(text, &e.list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, x := range e.list {
		if _, err := path.Match(x.Like, ""); err != nil || x.Like == "" || x.Reason == "" {
			return nil, fmt.Errorf("%s: entry %d needs a pattern in like and a reason", file, i+1)
		}
	}
	return &e, nil
}

// sift takes the differences that are meant out of lines, and returns the
// others with the excuses that fit none.
func (e *excuses) sift(lines []string) (rest []string, stale []excuse) {
	fits := make(map[excuse]bool)
	for _, line := range lines {
		excused := false
		for _, x := range e.list {
			// Brackets are part of property names, not of patterns.
			like := strings.NewReplacer("[", `\[`).Replace(x.Like)
			if ok, _ := path.Match(like, line); ok {
				fits[x], excused = true, true
			}
		}
		if excused {
			e.used++
		} else {
			rest = append(rest, line)
		}
	}
	for _, x := range e.list {
		if !fits[x] {
			stale = append(stale, x)
		}
	}
	return rest, stale
}
