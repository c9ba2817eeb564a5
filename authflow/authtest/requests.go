package authtest

import (
	"net/url"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// KeptRequests is how many requests [Simulator.Requests] tells of at most: the
// latest.
const KeptRequests = 1000

// Requests returns the latest [KeptRequests] requests for an operation, in the
// order in which they arrived, with those that were rejected or met a fault. If
// path is not empty, only those for the path, in which a segment in braces stands for
// any one segment:
//
//	calls := sim.Requests(authtest.Echo, "/api/rest/2.0/metadata/search")
//	body := calls[0].Body.(map[string]any) // {"record_offset": 0.0, …}
//
// A request is there when it has arrived, with the status 0 until its response
// begins. [Simulator.ResetCalls] and [Simulator.Reset] forget all of them.
func (s *Simulator) Requests(op, path string) []Call {
	mustName(op)
	wanted := cannedPath{segments: strings.Split(withoutSlash(path), "/")}
	list := []Call{}
	for _, one := range s.calls.kept() {
		_, there := wanted.fits(strings.Split(withoutSlash(one.path), "/"))
		if fits(op, one.op) && (there || path == "") {
			list = append(list, one.call(s.settings.lenient))
		}
	}
	return list
}

// request is a request as it arrived. It does not change later.
type request struct {
	op       string
	method   string
	path     string
	rawQuery string
	route    *routers.Route
	body     []byte
	tooLong  bool // the body is longer than maxBody
	began    time.Time
}

// outcome is what becomes of a request.
type outcome struct {
	user, auth string // empty until the caller is known
	status     int
	took       time.Duration
}

// arrival is a request with its outcome up to now. The JSON of its body is decoded
// when a test looks at it.
type arrival struct {
	request
	outcome
}

func (a *arrival) call(lenient bool) Call {
	_, unknown := readBody(a.route, a.body, lenient)
	return Call{
		Operation: a.op, Method: a.method, Path: a.path, Query: a.query(), User: a.user, Auth: a.auth,
		Body: a.seen(), Unknown: unknown, Status: a.status, Began: a.began, Duration: a.took,
	}
}

// query is the query as an observer may see it. The operations of the API have
// none, so that a value there is as good as one of a misspelt field.
func (r *request) query() url.Values {
	values, err := url.ParseQuery(r.rawQuery)
	if err != nil || len(values) == 0 {
		return nil
	}
	for name, list := range values {
		for i, value := range list {
			shown, isText := redact(value, nil).(string)
			if secretName.MatchString(name) || r.route != nil || !isText {
				shown = wire.Redacted
			}
			list[i] = shown
		}
	}
	return values
}

// keep adds an arrival. It needs c.mu.
func (c *calls) keep(a *arrival) {
	if len(c.latest) == KeptRequests {
		c.latest[0] = nil // so that its body can go
		c.latest = c.latest[1:]
	}
	c.latest = append(c.latest, a)
}

// kept returns copies of the latest arrivals.
func (c *calls) kept() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]arrival, len(c.latest))
	for i, a := range c.latest {
		list[i] = *a
	}
	return list
}

// update sets the outcome of an arrival.
func (c *calls) update(a *arrival, now outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.outcome = now
}
