// Package control serves the controls of a simulator by HTTP and JSON, for tests
// in other languages: advance the clock, end tokens, let the next calls fail, read
// counts. It offers what the methods of [authtest.Simulator] do, and is described
// by the OpenAPI document that it serves at /openapi.yaml.
//
//	sim := authtest.New()
//	go http.ListenAndServe("127.0.0.1:4123", sim)
//	go http.ListenAndServe("127.0.0.1:4124", control.Handler(sim))
//
// The command tsauth simulate does the same for people who do not write Go, and the
// description of package simulate has a walk through the API with curl.
//
// # Tests in parallel
//
// All clients of a simulator share its users, clock and faults, and POST /reset
// resets it for all of them. Start one process for each worker that runs tests in
// parallel, with port 0 for both addresses. On a virtual machine with two cores of
// a Xeon server, a process needs 40 ms of CPU time until it responds to GET
// /healthz: 30 ms after its start at best, and 100 to 130 ms (the median of 40 to 50
// starts) at a load average of 17 to 28. With the vendor's whole document by --openapi
// it takes 250 ms at best.
package control

import (
	_ "embed" // the document
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

//go:embed control.yaml
var description []byte

// document is the description of the control API, parsed once.
//
//nolint:gochecknoglobals // a constant in all but name
var document = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		panic("control: " + err.Error())
	}
	return doc
})

// AnyHost as a host of [Handler] is every host.
const AnyHost = "*"

// Handler returns the control API of a simulator.
//
// Every client that reaches it can do everything, so it responds only to requests
// whose Host is localhost, a loopback address or one of hosts (names or addresses,
// without ports), and to no request that a browser sends for a page of another
// origin. Listen on the loopback interface. With [AnyHost] it does not look at
// Host: for a container whose port is published under a name that is not known
// beforehand. A web page can then reach it by DNS rebinding.
//
// A request that does not fit is rejected with 400, or 404 where it names
// something that does not exist, or 405 where the path does not take the method, and
// {"field": …, "error": …}.
func Handler(sim *authtest.Simulator, hosts ...string) http.Handler {
	c := &controller{sim: sim, blocks: make(map[string]func())}
	mux, doc, operations := http.NewServeMux(), document(), c.operations()
	for path, item := range doc.Paths.Map() {
		mux.Handle(path, otherMethod(path, slices.Sorted(maps.Keys(item.Operations()))))
		for method, op := range item.Operations() {
			do := operations[op.OperationID]
			if do == nil {
				panic("control: the control API lacks " + op.OperationID)
			}
			mux.Handle(method+" "+path, &endpoint{do, &routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: op,
			}})
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		reject(w, absent("", "there is no such control; /openapi.yaml lists them"))
	})
	return guard(mux, hosts)
}

// otherMethod rejects requests for a path with methods that it does not take.
func otherMethod(path string, methods []string) http.HandlerFunc {
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", allow)
		reject(w, &rejection{http.StatusMethodNotAllowed, "", path + " takes " + allow + "; /openapi.yaml describes each"})
	}
}

// controller is what the operations share.
type controller struct {
	sim *authtest.Simulator

	mu     sync.Mutex
	blocks map[string]func() // releases, by the ids that clients have
}

// operation does what one operation of the control API is for, with a request
// that fits the document. It returns the body of the response; nil stands for 204.
type operation func(r *http.Request) (any, error)

// operations are all of them by their operationId.
func (c *controller) operations() map[string]operation {
	return map[string]operation{
		"getDescription":     func(*http.Request) (any, error) { return description, nil },
		"getHealth":          func(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil },
		"reset":              simply(c.reset),
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
		"removeUser":         named(c.sim.RemoveUser),
		"revokeUser":         named(c.sim.RevokeUser),
		"rotateCookie":       named(c.sim.RotateCookie),
		"getOrgs":            func(*http.Request) (any, error) { return c.sim.Orgs(), nil },
		"addOrg":             c.addOrg,
		"removeOrg":          c.removeOrg,
		"getGroups":          c.getGroups,
		"addGroup":           c.addGroup,
		"removeGroup":        named(c.sim.RemoveGroup),
		"getSettings":        c.getSettings,
		"changeSettings":     c.changeSettings,
		"addFault":           c.addFault,
		"getFaults":          c.getFaults,
		"clearFaults":        simply(c.sim.ClearFaults),
		"addBlock":           c.addBlock,
		"releaseBlock":       c.releaseBlock,
		"getCalls":           c.getCalls,
		"resetCalls":         simply(c.sim.ResetCalls),
		"waitForCalls":       c.waitForCalls,
		"getRequests":        c.getRequests,
		"getAnswers":         c.getAnswers,
		"setAnswer":          c.setAnswer,
		"clearAnswers":       simply(c.sim.ClearAnswers),
		"getDocumentNotes":   c.getDocumentNotes,
		"setOpenAPI":         c.setOpenAPI,
	}
}

// reset resets the simulator, and forgets the ids of its blocks.
func (c *controller) reset() {
	c.sim.Reset()
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.blocks)
}

// simply is an operation without a request and a response.
func simply(f func()) operation {
	return func(*http.Request) (any, error) {
		f()
		return nil, nil
	}
}

// named is an operation on what the path names.
func named(f func(name string)) operation {
	return func(r *http.Request) (any, error) {
		f(r.PathValue("name"))
		return nil, nil
	}
}
