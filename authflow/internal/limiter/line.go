package limiter

import "container/heap"

// line is an ordered set of places.
type line struct {
	places []*place
	before func(a, b *place) bool
}

func byNumber(a, b *place) bool { return a.number < b.number }
func byUntil(a, b *place) bool  { return a.until.Before(b.until) }
func byPromote(a, b *place) bool {
	return promotedBefore(a.entries[0], b.entries[0])
}

// first returns the first place, or nil.
func (l *line) first() *place {
	if len(l.places) == 0 {
		return nil
	}
	return l.places[0]
}

func (l *line) insert(p *place) {
	p.line = l
	heap.Push((*lineHeap)(l), p)
}

func (l *line) remove(p *place) {
	heap.Remove((*lineHeap)(l), p.index)
	p.line = nil
	if len(l.places) == 0 {
		l.places = nil // so that a crowd that has gone costs nothing
	}
}

// lineHeap is a line as container/heap sees it.
type lineHeap line

func (h *lineHeap) Len() int           { return len(h.places) }
func (h *lineHeap) Less(i, j int) bool { return h.before(h.places[i], h.places[j]) }

func (h *lineHeap) Swap(i, j int) {
	h.places[i], h.places[j] = h.places[j], h.places[i]
	h.places[i].index, h.places[j].index = i, j
}

// Push implements heap.Interface.
func (h *lineHeap) Push(x any) {
	p := x.(*place)
	p.index = len(h.places)
	h.places = append(h.places, p)
}

// Pop implements heap.Interface.
func (h *lineHeap) Pop() any {
	last := len(h.places) - 1
	p := h.places[last]
	h.places[last] = nil
	h.places = h.places[:last]
	return p
}
