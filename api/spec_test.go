package api_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/api"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The examples in the document are from the owner of the API. Validation compares the
// schemas with them.
func TestSpec_Examples_FitTheirSchemas(t *testing.T) {
	if err := load(t).Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
}

func TestSpec_User_MayHaveNulls(t *testing.T) {
	user := `{"id":"1","name":"n","account_type":null,"current_org":null,"home_liveboard":null,
		"creation_time_in_millis":null,"incomplete_details":null,"visibility":null,"tags":null}`
	var v any
	if err := json.Unmarshal([]byte(user), &v); err != nil {
		t.Fatal(err)
	}
	if err := load(t).Components.Schemas["User"].Value.VisitJSON(v); err != nil {
		t.Fatal(err)
	}
}
