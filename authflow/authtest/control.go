package authtest

import (
	_ "embed" // the document
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

//go:embed control.yaml
var controlSpec []byte

// controlDocument is the description of the control API, parsed once.
//
//nolint:gochecknoglobals // a constant in all but name
var controlDocument = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(controlSpec)
	if err != nil {
		panic("authtest: " + err.Error())
	}
	return doc
})

// Control returns the control API: all controls of the simulator by HTTP and
// JSON, for a process that tests in other languages talk to. It is described
// by the OpenAPI document that it serves at /openapi.yaml; the command in
// examples/simulator serves it, and has a walk through it with curl.
//
//	go http.ListenAndServe("127.0.0.1:4124", sim.Control())
//
// Whoever reaches it may do everything, so it answers only requests whose Host
// is localhost, a loopback address or one of hosts (names or addresses, without
// ports), and none that a browser sends for a page of another origin. Listen on
// the loopback interface.
//
// A request that does not fit is answered with 400, or 404 where it names what
// is not there, and {"field": …, "error": …}.
func (s *Simulator) Control(hosts ...string) http.Handler {
	c := &controller{sim: s, blocks: make(map[string]func())}
	mux, doc, controls := http.NewServeMux(), controlDocument(), c.controls()
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			f := controls[op.OperationID]
			if f == nil {
				panic("authtest: the control API lacks " + op.OperationID)
			}
			mux.Handle(method+" "+path, &controlled{f, &routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: op,
			}})
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		complain(w, absentf("", "there is no such control; /openapi.yaml lists them"))
	})
	return guard(mux, hosts)
}

// controller is what the controls share.
type controller struct {
	sim *Simulator

	mu     sync.Mutex
	blocks map[string]func() // releases, by the ids that clients have
}

// control does what one operation asks for, with a request that fits the
// document. What it returns is the JSON answer; nil stands for 204.
type control func(r *http.Request) (any, error)

// controls are all operations by their operationId.
func (c *controller) controls() map[string]control {
	return map[string]control{
		"getDescription":     func(*http.Request) (any, error) { return controlSpec, nil },
		"getClock":           c.getClock,
		"advanceClock":       c.advanceClock,
		"revokeAll":          simply(c.sim.RevokeAll),
		"getTokens":          c.getTokens,
		"revokeTokens":       simply(c.sim.RevokeTokens),
		"revokeToken":        c.revokeToken,
		"getSessions":        c.getSessions,
		"endSessions":        simply(c.sim.EndSessions),
		"rotateSecretKey":    c.rotateSecretKey,
		"rotateOrgSecretKey": c.rotateOrgSecretKey,
		"getUsers":           c.getUsers,
		"addUser":            c.addUser,
		"getUser":            c.getUser,
		"changeUser":         c.changeUser,
		"removeUser":         named(c.sim.removeUser),
		"revokeUser":         named(c.sim.revokeUser),
		"rotateCookie":       named(c.sim.rotateCookie),
		"getOrgs":            func(*http.Request) (any, error) { return c.sim.Orgs(), nil },
		"addOrg":             c.addOrg,
		"removeOrg":          c.removeOrg,
		"getGroups":          c.getGroups,
		"addGroup":           c.addGroup,
		"removeGroup":        named(c.sim.removeGroup),
		"getSettings":        c.getSettings,
		"changeSettings":     c.changeSettings,
		"addFault":           c.addFault,
		"clearFaults":        simply(c.sim.ClearFaults),
		"addBlock":           c.addBlock,
		"releaseBlock":       c.releaseBlock,
		"getCalls":           c.getCalls,
		"resetCalls":         simply(c.sim.ResetCalls),
		"waitForCalls":       c.waitForCalls,
		"getAnswers":         c.getAnswers,
		"setAnswer":          c.setAnswer,
		"clearAnswers":       simply(c.sim.ClearAnswers),
		"setOpenAPI":         c.setOpenAPI,
	}
}

// simply is a control that takes and answers nothing.
func simply(f func()) control {
	return func(*http.Request) (any, error) {
		f()
		return nil, nil
	}
}

// named is a control of what the path names.
func named(f func(name string) error) control {
	return func(r *http.Request) (any, error) { return nil, f(r.PathValue("name")) }
}

// decode reads the body of a request into v.
func decode(r *http.Request, v any) error {
	body, err := read(r)
	if err != nil {
		return err
	}
	if json.Unmarshal(body, v) != nil {
		return mistakef("", "the body is not what the control takes")
	}
	return nil
}

// controlled holds requests to the document before a control sees them.
type controlled struct {
	do    control
	route *routers.Route
}

// maxControlBody is how much of a body is taken, in bytes: OpenAPI documents
// are long.
const maxControlBody = 16 << 20

// ServeHTTP implements [http.Handler].
func (c *controlled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
	if err := c.fits(r); err != nil {
		complain(w, err)
		return
	}
	answer, err := c.do(r)
	switch document, is := answer.([]byte); {
	case err != nil:
		complain(w, err)
	case answer == nil:
		w.WriteHeader(http.StatusNoContent)
	case is:
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(document)
	default:
		writeJSON(w, http.StatusOK, answer)
	}
}

func (c *controlled) fits(r *http.Request) error {
	params := make(map[string]string)
	for _, list := range []openapi3.Parameters{c.route.PathItem.Parameters, c.route.Operation.Parameters} {
		for _, p := range list {
			params[p.Value.Name] = r.PathValue(p.Value.Name)
		}
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: c.route,
		Options: &openapi3filter.Options{SkipSettingDefaults: true},
	})
	if err != nil {
		return mistaken(err)
	}
	return nil
}

// mistaken says which field of a request is wrong. Like [complaint] it never
// repeats a value.
func mistaken(err error) error {
	var request *openapi3filter.RequestError
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return &mistakeError{http.StatusRequestEntityTooLarge, "", fmt.Sprintf("the body is longer than %d bytes", long.Limit)}
	case !errors.As(err, &request):
		return mistakef("", "the request is not what the control takes")
	case request.Parameter != nil:
		return mistakef(request.Parameter.Name, "it is not what the control takes")
	}
	path, reason := cause(chosen(request.Err))
	if reason == "" {
		return mistakef("", "%s", complaint(err))
	}
	// The way to a field that there is not ends before it.
	if name, ok := strings.CutSuffix(reason, " is unsupported"); ok {
		path = append(path, strings.Trim(strings.TrimPrefix(name, "property "), `"`))
	}
	return mistakef(strings.Join(path, "."), "%s", reason)
}

// chosen returns the error of the alternative that a discriminator has chosen,
// which knows the whole way to its field, or err itself.
func chosen(err error) error {
	var outer, inner *openapi3.SchemaError
	if errors.As(err, &outer) && outer.SchemaField == "oneOf" && errors.As(outer.Origin, &inner) {
		return inner
	}
	return err
}

// complain answers with an error.
func complain(w http.ResponseWriter, err error) {
	m := &mistakeError{http.StatusInternalServerError, "", err.Error()}
	_ = errors.As(err, &m)
	writeComplaint(w, m.status, m.field, m.text)
}

func writeComplaint(w http.ResponseWriter, status int, field, text string) {
	writeJSON(w, status, struct {
		Field string `json:"field,omitempty"`
		Error string `json:"error"`
	}{field, text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, string(mustJSON(v)))
}

// read returns the whole body of a request.
func read(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, mistakef("", "the body cannot be read")
	}
	return b, nil
}
