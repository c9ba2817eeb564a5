package authtest_test

import (
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
