package control

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// describedFault is a [authtest.Fault] in JSON. The document says which fields a kind
// has.
type describedFault struct {
	Kind              string
	Status            int
	Code              int
	Text              string
	RetryAfterSeconds float64 `json:"retry_after_seconds"`
	Location          string
	JSON              json.RawMessage
	ContentType       string `json:"content_type"`
	Body              string
	DelaySeconds      float64 `json:"delay_seconds"`
	Headers           map[string]string
}

// fault is what f describes.
func (f describedFault) fault() authtest.Fault {
	var list []authtest.Fault
	if f.DelaySeconds > 0 {
		list = append(list, authtest.Delay(seconds(f.DelaySeconds)))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Headers)) {
		list = append(list, authtest.Header(name, f.Headers[name]))
	}
	return chain(append(list, f.last()))
}

// last is the fault behind the delay and the headers.
func (f describedFault) last() authtest.Fault {
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	switch f.Kind {
	case "status":
		return authtest.Status(status)
	case "html":
		return authtest.HTML(status)
	case "maintenance":
		return authtest.Maintenance(status)
	case "empty":
		return authtest.Empty(status)
	case "reject":
		return authtest.Reject(status, f.Code, f.Text)
	case "rate_limited":
		return authtest.RateLimited(seconds(f.RetryAfterSeconds))
	case "redirect":
		if f.Status == 0 {
			status = http.StatusFound
		}
		return authtest.Redirect(status, f.Location)
	case "json":
		return authtest.JSON(status, f.JSON)
	case "answer":
		if f.ContentType == "" {
			f.ContentType = "text/plain; charset=utf-8"
		}
		return authtest.Answer(status, f.ContentType, f.Body)
	case "truncated":
		return authtest.Truncated()
	case "reset":
		return authtest.Reset()
	}
	return chain(nil) // pass
}

// chain passes several faults in the order given.
func chain(list []authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		for _, f := range slices.Backward(list) {
			next = f(next)
		}
		return next
	}
}

// handlerOf is the handler of a fault that a request has set. It knows the fault in
// JSON, for [controller.getFaults].
type handlerOf struct {
	http.Handler
	fault json.RawMessage
}

func (c *controller) addFault(r *http.Request) (any, error) {
	var in struct {
		Operation string
		Calls     int
		Fault     json.RawMessage
	}
	var described describedFault
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if err := unmarshal(in.Fault, &described); err != nil {
		return nil, err
	}
	if in.Calls == 0 {
		in.Calls = -1
	}
	fault := described.fault()
	c.sim.Fail(in.Operation, in.Calls, func(next http.Handler) http.Handler { return handlerOf{fault(next), in.Fault} })
	return nil, nil
}

// getFaults lists the faults in force. Those that the API in Go has set have no form
// in JSON.
func (c *controller) getFaults(*http.Request) (any, error) {
	type shownFault struct {
		Operation string          `json:"operation"`
		Calls     int             `json:"calls,omitempty"`
		Fault     json.RawMessage `json:"fault,omitempty"`
	}
	faults := c.sim.Faults()
	list := make([]shownFault, len(faults))
	for i, f := range faults {
		set, _ := f.Fault(http.NotFoundHandler()).(handlerOf)
		list[i] = shownFault{f.Operation, max(f.Calls, 0), set.fault}
	}
	return list, nil
}

func (c *controller) addBlock(r *http.Request) (any, error) {
	var in struct{ Operation string }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	id, release := rand.Text(), c.sim.Block(in.Operation)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks[id] = release
	return map[string]string{"id": id}, nil
}

func (c *controller) releaseBlock(r *http.Request) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	release := c.blocks[r.PathValue("id")]
	if release == nil {
		return nil, absent("id", "there is no such block")
	}
	delete(c.blocks, r.PathValue("id"))
	release()
	return nil, nil
}
