package authtest

import "slices"

// DocumentNote tells about an operation of a document to which
// [Simulator.SetOpenAPI] did not give the response that the document shows.
type DocumentNote struct {
	Method, Path string
	// Operation is the operationId, or empty if there is none.
	Operation string
	// Reason says which example was replaced, or why there is no response.
	Reason string
}

// DocumentNotes returns the notes on the documents of [Simulator.SetOpenAPI] and
// [WithOpenAPI]. An operation has at most one, and none after another
// [Simulator.SetAnswer].
func (s *Simulator) DocumentNotes() []DocumentNote {
	s.canned.mu.Lock()
	defer s.canned.mu.Unlock()
	return slices.Clone(s.canned.notes)
}

// note puts a note in place of the one on the same operation. One without a
// reason is left out.
func (c *canned) note(n DocumentNote) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(n.Method, n.Path)
	if n.Reason != "" {
		c.notes = append(c.notes, n)
	}
}

// forget drops the note on an operation. It needs c.mu.
func (c *canned) forget(method, path string) {
	c.notes = slices.DeleteFunc(c.notes, func(n DocumentNote) bool { return n.Method == method && n.Path == path })
}
