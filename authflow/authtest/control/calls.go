package control

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func (c *controller) getCalls(*http.Request) (any, error) {
	s := c.sim
	return struct {
		Total       int            `json:"total"`
		ByOperation map[string]int `json:"by_operation"`
	}{s.Calls(authtest.AnyOperation), s.CallCounts()}, nil
}

func (c *controller) waitForCalls(r *http.Request) (any, error) {
	in := struct {
		Operation      string
		Calls          int
		TimeoutSeconds float64 `json:"timeout_seconds"`
	}{TimeoutSeconds: 10}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), seconds(in.TimeoutSeconds))
	defer cancel()
	err := c.sim.WaitForCalls(ctx, in.Operation, in.Calls)
	return struct {
		Arrived bool `json:"arrived"`
		Calls   int  `json:"calls"`
	}{err == nil, c.sim.Calls(in.Operation)}, nil
}

// shownRequest is a request that the simulator received.
type shownRequest struct {
	Operation string     `json:"operation,omitempty"`
	Method    string     `json:"method"`
	Path      string     `json:"path"`
	Query     url.Values `json:"query,omitempty"`
	Body      any        `json:"body,omitempty"`
	Unknown   []string   `json:"unknown,omitempty"`
	User      string     `json:"user,omitempty"`
	Auth      string     `json:"auth,omitempty"`
	Status    int        `json:"status,omitempty"`
	Arrived   time.Time  `json:"arrived"`
}

func (c *controller) getRequests(r *http.Request) (any, error) {
	query := r.URL.Query()
	op := authtest.AnyOperation
	if query.Has("operation") {
		op = query.Get("operation")
	}
	calls := c.sim.Requests(op, query.Get("path"))
	list := make([]shownRequest, len(calls))
	for i, one := range calls {
		list[i] = shownRequest{
			one.Operation, one.Method, one.Path, one.Query, one.Body, one.Unknown, one.User, one.Auth, one.Status, one.Began.UTC(),
		}
	}
	return list, nil
}

func (c *controller) getAnswers(*http.Request) (any, error) {
	type shownAnswer struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Calls  int    `json:"calls"`
	}
	answers := c.sim.Answers()
	list := make([]shownAnswer, len(answers))
	for i, a := range answers {
		list[i] = shownAnswer(a)
	}
	return list, nil
}

func (c *controller) setAnswer(r *http.Request) (any, error) {
	var in struct {
		Method, Path string
		Answers      []describedFault
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	list := make([]authtest.Fault, len(in.Answers))
	for i, a := range in.Answers {
		list[i] = a.fault()
	}
	c.sim.SetAnswer(in.Method, in.Path, list[0], list[1:]...)
	return nil, nil
}

func (c *controller) setOpenAPI(r *http.Request) (any, error) {
	document, err := read(r)
	if err != nil {
		return nil, err
	}
	c.sim.SetOpenAPI(document)
	return nil, nil
}

func (c *controller) getDocumentNotes(*http.Request) (any, error) {
	type shownNote struct {
		Method    string `json:"method"`
		Path      string `json:"path"`
		Operation string `json:"operation,omitempty"`
		Reason    string `json:"reason"`
	}
	notes := c.sim.DocumentNotes()
	list := make([]shownNote, len(notes))
	for i, n := range notes {
		list[i] = shownNote(n)
	}
	return list, nil
}
