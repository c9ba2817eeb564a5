package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// change is one aspect of an operation that is not as it was reviewed.
type change struct {
	what string
	// texts holds the old and the new text of each place, "- " before the old
	// one and "+ " before the new one. It is empty if the old document is not
	// there.
	texts []string
}

// changes compares a document with the lock. Old is the content of the document
// that was reviewed, or nil if the caller does not have it.
func (l lock) changes(branch string, now reviewed, old, contents map[string]content) []change {
	before, ok := l[branch]
	if !ok {
		return []change{{what: "no document of branch " + branch + " was reviewed"}}
	}
	ids := maps.Clone(before.Hashes)
	maps.Copy(ids, now.Hashes)
	var all []change
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		_, was := before.Hashes[id]
		_, is := now.Hashes[id]
		switch {
		case !was:
			all = append(all, change{what: fmt.Sprintf("%s: new since the reviewed commit %.12s", id, before.Commit)})
		case !is:
			all = append(all, change{what: fmt.Sprintf("%s: removed since the reviewed commit %.12s", id, before.Commit)})
		default:
			for _, a := range aspects() {
				if before.Hashes[id][a] != now.Hashes[id][a] {
					all = append(all, change{
						fmt.Sprintf("%s: its %s changed since the reviewed commit %.12s", id, a, before.Commit),
						differences(old[id][a], contents[id][a]),
					})
				}
			}
		}
	}
	return all
}

// differences returns the old and the new text of each place that differs. It
// returns nothing without an old document.
func differences(old, now map[string]string) []string {
	if old == nil {
		return nil
	}
	places := maps.Clone(old)
	maps.Copy(places, now)
	var lines []string
	for _, place := range slices.Sorted(maps.Keys(places)) {
		before, was := old[place]
		after, is := now[place]
		if was && is && before == after {
			continue
		}
		from, to := before, after
		if was && is {
			from, to = excerpts(before, after)
		}
		if was {
			lines = append(lines, "- "+place+": "+from)
		}
		if is {
			lines = append(lines, "+ "+place+": "+to)
		}
	}
	return lines
}

// excerpt is how much of what two long texts have in common is shown before and
// after their difference: about ten words.
const excerpt = 60

// excerpts cuts what two texts have in common at their beginning and end.
func excerpts(a, b string) (string, string) {
	head, tail := 0, 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	cut := func(text string) string {
		from, to := max(0, head-excerpt), min(len(text), len(text)-tail+excerpt)
		shown := strings.ToValidUTF8(text[from:to], "")
		if from > 0 {
			shown = "…" + shown
		}
		if to < len(text) {
			shown += "…"
		}
		return shown
	}
	return cut(a), cut(b)
}
