package authtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// canned are the responses of the rest of the API.
type canned struct {
	mu   sync.Mutex
	list []*cannedPath
	// notes on documents, at most one for an operation.
	notes []DocumentNote
}

// cannedPath is what one method of one path answers.
type cannedPath struct {
	method, path string
	segments     []string
	answers      []Fault
	calls        int
}

// WithAnswer gives a call of the rest of the API a response; see
// [Simulator.SetAnswer].
func WithAnswer(method, path string, first Fault, more ...Fault) Option {
	return func(s *settings) {
		s.answers = append(s.answers, func(sim *Simulator) { sim.SetAnswer(method, path, first, more...) })
	}
}

// SetAnswer gives a call of the rest of the API a response, in place of that
// of [Echo], as which it still counts:
//
//	sim.SetAnswer("POST", "/api/rest/2.0/metadata/search", authtest.JSON(200, firstPage), authtest.JSON(200, []any{}))
//	sim.SetAnswer("DELETE", "/api/rest/2.0/groups/{id}/delete", authtest.Answer(204, "", ""))
//
// The first call gets the first response and so on; the last response repeats. They
// stand behind authentication: a call without a live token or session is
// rejected with 401, and uses up none of them. A segment in braces stands for any
// one segment; where several paths fit, the one with the fewest of those wins.
//
// Setting a method and path again replaces its responses. SetAnswer panics if
// the path is an operation of the simulator itself: those are changed with
// [Simulator.Fail]. It also panics if no client would call the path: it is the whole
// path, without a query, below /api/rest/2.0/, /callosum/ or /prism/, unless
// [Simulator.SetOpenAPI] has set the same path.
func (s *Simulator) SetAnswer(method, path string, first Fault, more ...Fault) {
	switch {
	case method == "" || method != strings.ToUpper(method):
		must(mistakef("method", "the method %q is not in capital letters", method))
	case !s.canned.is(method, path):
		must(checkPath(path))
	}
	s.setAnswer(method, path, first, more...)
}

// setAnswer is SetAnswer for any path that the simulator has not itself.
func (s *Simulator) setAnswer(method, path string, first Fault, more ...Fault) {
	at := withoutSlash(path)
	if s.routes[at] != nil || s.outside[at] != nil {
		must(mistakef("path", "the simulator has the operation %s itself: set a fault for it, by Fail or by POST /faults", path))
	}
	set := &cannedPath{
		method: method, path: path, segments: strings.Split(at, "/"),
		answers: append([]Fault{first}, more...),
	}
	s.canned.mu.Lock()
	defer s.canned.mu.Unlock()
	s.canned.list = slices.DeleteFunc(s.canned.list, func(c *cannedPath) bool {
		return c.method == method && c.path == path
	})
	s.canned.list = append(s.canned.list, set)
	s.canned.forget(method, path)
}

// ClearAnswers takes back what [Simulator.SetAnswer] and [Simulator.SetOpenAPI]
// have set, and the options of the same kind.
func (s *Simulator) ClearAnswers() {
	s.canned.mu.Lock()
	defer s.canned.mu.Unlock()
	s.canned.list, s.canned.notes = nil, nil
}

// CannedAnswer tells about a call that has responses of its own.
type CannedAnswer struct {
	Method, Path string
	// Calls is how many calls have been answered.
	Calls int
}

// Answers returns what [Simulator.SetAnswer] has set, in that order.
func (s *Simulator) Answers() []CannedAnswer {
	s.canned.mu.Lock()
	defer s.canned.mu.Unlock()
	list := make([]CannedAnswer, len(s.canned.list))
	for i, c := range s.canned.list {
		list[i] = CannedAnswer{c.method, c.path, c.calls}
	}
	return list
}

// copies returns the entries and notes as they are now.
func (c *canned) copies() (list []*cannedPath, notes []DocumentNote) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list = make([]*cannedPath, len(c.list))
	for i, one := range c.list {
		own := *one
		list[i] = &own
	}
	return list, slices.Clone(c.notes)
}

// reset makes c what initial is.
func (c *canned) reset(initial *canned) {
	list, notes := initial.copies()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list, c.notes = list, notes
}

// find returns the entry for a call, or nil. It needs c.mu.
func (c *canned) find(method string, at *url.URL) *cannedPath {
	var best *cannedPath
	segments, fewest := segmentsOf(at), 0
	for _, one := range c.list {
		if one.method != method {
			continue
		}
		if n, ok := one.fits(segments); ok && (best == nil || n < fewest) {
			best, fewest = one, n
		}
	}
	return best
}

// segmentsOf returns the segments of a path. An encoded slash is a part of one: a user
// may be named a/b.
func segmentsOf(at *url.URL) []string {
	segments := strings.Split(at.EscapedPath(), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = plain
		}
	}
	return segments
}

// fits reports whether a path is meant, and how many segments stand for any.
func (c *cannedPath) fits(path []string) (anys int, ok bool) {
	if len(path) != len(c.segments) {
		return 0, false
	}
	for i, segment := range c.segments {
		switch {
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") && path[i] != "":
			anys++
		case segment != path[i]:
			return 0, false
		}
	}
	return anys, true
}

// is reports whether a method and path have been set, in just these words.
func (c *canned) is(method, path string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.list, func(one *cannedPath) bool { return one.method == method && one.path == path })
}

// has reports whether a call has a response.
func (c *canned) has(method string, at *url.URL) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(method, at) != nil
}

// take returns the next response to a call, or nil.
func (c *canned) take(method string, at *url.URL) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.find(method, at)
	if one == nil {
		return nil
	}
	next := one.answers[min(one.calls, len(one.answers)-1)]
	one.calls++
	return next
}

// JSON responds with a status and the JSON form of v. It panics if v has none.
func JSON(status int, v any) Fault {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("authtest: JSON: %v", err))
	}
	return Answer(status, "application/json", string(body))
}
