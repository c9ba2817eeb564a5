package authtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// vendorDocument is a copy of the vendor's whole document, which is not part of
// the repository.
const vendorDocument = "../../../shared/vendor/openapiSpecv3-2_0.json"

// TestOpenAPI_VendorDocument_EveryJSONResponseFitsItsSchema runs where there is a
// copy. The document in testdata/shapes.yaml has the same shapes.
func TestOpenAPI_VendorDocument_EveryJSONResponseFitsItsSchema(t *testing.T) {
	document, err := os.ReadFile(vendorDocument)
	if err != nil {
		t.Skip("there is no copy of the vendor's document in ", vendorDocument)
	}
	if n := everyResponseFits(t, document); n < 100 {
		t.Errorf("%d JSON operations, want at least 100", n)
	}
}

// everyResponseFits loads a document, calls each operation that has JSON, and
// holds the response to the operation's own schema. It returns how many it called.
func everyResponseFits(t *testing.T, document []byte) (operations int) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	sim := authtest.New(authtest.WithOpenAPI(document))
	tok := bearer(token(t, sim, full, `{"username":"tsadmin","password":"admin"}`).Token)
	own := authtest.Document()
	prefix, err := doc.Servers.BasePath()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			full := strings.TrimSuffix(prefix, "/") + path
			schema := jsonSchema(op)
			if schema == nil || own.Paths.Value(full) != nil {
				continue
			}
			operations++
			a := call(t, sim, method+" "+strings.NewReplacer("{", "", "}", "").Replace(full), "", tok)
			if a.status < 200 || a.status > 299 {
				t.Errorf("%s: %d %s", op.OperationID, a.status, a.body)
				continue
			}
			var v any
			a.decode(t, &v)
			if err := schema.VisitJSON(v, openapi3.VisitAsResponse(), openapi3.EnableFormatValidation()); err != nil {
				t.Errorf("%s: the response %.200s does not fit: %.300s", op.OperationID, a.body, err)
			}
		}
	}
	return operations
}

// jsonSchema is the schema of the response of success, if it has one in JSON.
func jsonSchema(op *openapi3.Operation) *openapi3.Schema {
	for status := http.StatusOK; status < 300; status++ {
		if res := op.Responses.Status(status); res != nil {
			if m := res.Value.Content["application/json"]; m != nil && m.Schema != nil {
				return m.Schema.Value
			}
			return nil
		}
	}
	return nil
}

const plain = `{"id":"","size":0}`

// The response of each operation in testdata/shapes.yaml, by its path.
var shapes = map[string]string{
	"/list":     `200 application/json []`,
	"/list/one": `200 application/json [` + plain + `,` + plain + `]`,
	"/object":   `200 application/json ` + plain,
	"/fits":     `200 application/json {"extra":2,"id":"a","size":1}`,
	"/unfit":    `200 application/json ` + plain,
	"/second":   `200 application/json {"id":"b","size":2}`,
	"/schema":   `200 application/json {"n":7}`,
	"/property": `200 application/json {"n":0}`,
	"/default":  `200 application/json 6`,
	"/tree":     `200 application/json {"children":[]}`,
	"/chain":    `200 application/json {"name":"n","next":null}`,
	"/loose":    `200 application/json {"name":"n"}`,
	"/formats": `200 application/json {"at":"2024-01-01T00:00:00Z","code":"a","count":3,"day":"2024-01-01",` +
		`"id":"00000000-0000-4000-8000-000000000000","link":"https://example.com/","mail":"user@example.com","on":false,"ratio":-1}`,
	"/all":      `200 application/json {"kind":"BIG","of":{"id":"","more":false,"size":0}}`,
	"/either":   `200 application/json {"v":"aaa","w":"BIG"}`,
	"/nullable": `200 application/json {"e":"A"}`,
	"/map":      `200 application/json {"any":{},"m":{}}`,
	"/unnamed":  `200 application/json {"x":{"n":0},"y":{"n":""}}`,
	"/secret":   `200 application/json {"id":""}`,
	"/file":     `200 application/octet-stream `,
	"/archive":  `200 application/zip `,
	"/nothing":  `204  `,
}

func TestOpenAPI_ShapesOfAnAPI_ResponsesFitTheirSchemas(t *testing.T) {
	document, err := os.ReadFile("testdata/shapes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sim := authtest.New(ann(), authtest.WithOpenAPI(document))
	for range 2 {
		tok := bearer(token(t, sim, full, annPW).Token)
		for path, wanted := range shapes {
			a := call(t, sim, "GET "+path, "", tok)
			if got := fmt.Sprintf("%d %s %s", a.status, a.header.Get("Content-Type"), a.body); got != wanted {
				t.Errorf("%s: %s, want %s", path, got, wanted)
			}
		}
		if a := call(t, sim, "POST /one/more", "", tok); a.status != 200 || len(a.body) > 0 {
			t.Errorf("the lowest status has no content, but the response is %d %s", a.status, a.body)
		}
		noted := make(map[string]string)
		for _, n := range sim.DocumentNotes() {
			noted[n.Operation] = n.Method + " " + n.Path + " " + n.Reason
		}
		const unfit = " does not fit its schema and is replaced: "
		wanted := map[string]string{
			"exampleThatDoesNotFit":        "GET /unfit the example example_1" + unfit + "value must be an object",
			"secondExampleFits":            "GET /second the example a" + unfit + "size: Value is not nullable",
			"exampleOfTheSchemaDoesNotFit": "GET /schema the example of body" + unfit + "n: value must be an integer",
			"exampleOfAPropertyDoesNotFit": "GET /property the example of body.n" + unfit + "value must be an integer",
			"defaultAndExample":            "GET /default the example of body" + unfit + "number must be at least 5",
			"withoutAnyValue":              "GET /endless no value was found that fits the schema of the response",
			"onlyFailures":                 "GET /failure the document has no response of success",
		}
		if !maps.Equal(noted, wanted) {
			t.Errorf("notes %q, want %q", noted, wanted)
		}
		sim.ClearAnswers()
		if n := len(sim.DocumentNotes()); n != 0 {
			t.Errorf("%d notes after the responses were taken back", n)
		}
		sim.Reset()
	}
}

// A response that the test sets takes the place of what a note is about.
func TestOpenAPI_Note_GoesWithAnotherResponse(t *testing.T) {
	sim := authtest.New()
	for _, schema := range []string{`{type: string}`, `{type: string, minLength: 5, maxLength: 1}`, `{type: string}`} { // the second has no value
		for range 2 {
			sim.SetOpenAPI([]byte(documentOf("3.0.3", `application/json: {example: 1, schema: `+schema+`}`, "")))
			if n := sim.DocumentNotes(); len(n) != 1 || n[0].Path != "/one" {
				t.Errorf("notes %v", n)
			}
		}
	}
	sim.SetAnswer("GET", "/one", authtest.JSON(200, "x"))
	if n := sim.DocumentNotes(); len(n) != 0 {
		t.Errorf("notes %v", n)
	}
}
