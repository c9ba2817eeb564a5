package contract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	. "github.com/onsi/ginkgo/v2"
)

// granting returns a body that the server grants, with the value at a place in
// it. Bodies for the same place differ in nothing else, so that a rejection of
// one is due to what is there.
func (c *cluster) granting(ctx context.Context, op string, at place) map[string]any {
	GinkgoHelper()
	body := c.least(ctx, op, at)
	ensure(bodySchema(book.operations[op].operation), body, at)
	return body
}

// least is a granted body with no more than the operation needs, and with what
// keeps it from leaving a trace on a live server.
func (c *cluster) least(ctx context.Context, op string, at place) map[string]any {
	GinkgoHelper()
	body := make(map[string]any)
	switch op {
	case "login":
		body["username"], body["password"] = c.username, string(c.password)
		return body
	case "revokeToken":
		body["user_identifier"], body["token"] = c.username, string(c.token(ctx))
		return body
	case "validateToken":
		body["token"] = string(c.token(ctx))
		return body
	case "searchAuthSettings", "configureAuthSettings":
		body["auth_type"] = "TRUSTED_AUTH"
		return body
	case "getObjectAccessToken":
		body["object_id"] = c.objectID
	case "getCustomAccessToken":
		body["persist_option"], body["auto_create"] = "NONE", false
		if at.starts("variable_values") {
			body["persist_option"] = "APPEND" // they are rejected with NONE
		}
	}
	body["username"] = c.username
	if c.secretKey == "" || at.starts("password") {
		body["password"] = string(c.password)
	} else {
		body["secret_key"] = string(c.secretKey)
	}
	return body
}

func (p place) starts(name string) bool { return len(p) > 0 && p[0] == name }

// ensure puts a sample at a place in value, which is of the schema s, unless
// there is something. It returns the value with it.
func ensure(s *openapi3.Schema, value any, at place) any {
	if len(at) == 0 {
		return value
	}
	if list, ok := value.([]any); ok {
		if len(list) == 0 {
			list = []any{sample("", s.Items.Value)}
		}
		list[0] = ensure(s.Items.Value, list[0], at[1:])
		return list
	}
	object, name := value.(map[string]any), at[0]
	child := s.Properties[name].Value
	if _, ok := object[name]; !ok {
		object[name] = sample(name, child)
	}
	object[name] = ensure(child, object[name], at[1:])
	return object
}

// sample is a value of a schema that a server grants.
func sample(name string, s *openapi3.Schema) any {
	switch {
	case name == "org_identifier":
		return "0"
	case name == "org_identifiers":
		return []any{"0"}
	case name == "values": // a Parameter takes one
		return []any{"contract"}
	case name == "email":
		return "contract@example.com"
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is("object"):
		object := make(map[string]any)
		for _, required := range s.Required {
			object[required] = sample(required, s.Properties[required].Value)
		}
		if object["org_scope"] == "SPECIFIC_ORGS" {
			object["org_identifiers"] = sample("org_identifiers", nil)
		}
		return object
	case s.Type.Is("array"):
		return []any{}
	case s.Type.Is("boolean"):
		return true
	case s.Type.Is("number"):
		return json.Number("2.5")
	case s.Type.Is("integer"):
		if s.Min != nil {
			return int64(*s.Min)
		}
		return 1
	case s.Type.Is("string") || len(s.AnyOf) > 0:
		return "contract"
	}
	panic(fmt.Sprintf("there is no sample for %s, a %v", name, s.Type))
}

// sampleAnswer is a value of a schema with all that it may have: one item in
// each list, one entry in each map. The times fit a token of five minutes.
func sampleAnswer(name string, s *openapi3.Schema) any {
	now := time.Now().UnixMilli()
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is("object"):
		object := make(map[string]any)
		for name, p := range s.Properties {
			object[name] = sampleAnswer(name, p.Value)
		}
		if more := s.AdditionalProperties.Schema; more != nil {
			object[anyKey] = sampleAnswer("", more.Value)
		} else if len(object) == 0 {
			object["ALL"] = map[string]any{"contract": []any{"a", 7, true}}
		}
		return object
	case s.Type.Is("array"):
		return []any{sampleAnswer("", s.Items.Value)}
	case s.Type.Is("boolean"):
		return true
	case name == "expiration_time_in_millis":
		return now + 300_000
	case name == "creation_time_in_millis":
		return now
	case s.Type.Is("integer"):
		return 7
	case s.Type.Is("string"):
		return "contract-" + name
	}
	panic(fmt.Sprintf("there is no sample for %s, a %v", name, s.Type))
}

// set puts value at a place that ensure has made, or takes it away if there is
// none.
func set(body any, at place, value any, keep bool) {
	for ; len(at) > 1; at = at[1:] {
		if list, ok := body.([]any); ok {
			body = list[0]
		} else {
			body = body.(map[string]any)[at[0]]
		}
	}
	switch b := body.(type) {
	case []any:
		b[0] = value
	case map[string]any:
		if keep {
			b[at[0]] = value
		} else {
			delete(b, at[0])
		}
	}
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// harms is what a request may need beside the operation's own needs: for what
// is at a place, and with a body that the server should reject, or not.
func harms(op string, at place, refused bool) []need {
	var needs []need
	switch op {
	case "searchAuthSettings", "configureAuthSettings": // a test must not touch a server's keys
		needs = append(needs, needsControls)
	case "login":
		needs = append(needs, needsPassword)
	case "getObjectAccessToken":
		needs = append(needs, needsObject)
	case "revokeToken":
		if refused { // a server that took a wrong token for none would end them all
			needs = append(needs, mayRevokeAll)
		}
	}
	switch {
	case at.starts("password"):
		needs = append(needs, needsPassword)
		if refused {
			needs = append(needs, mayMiss)
		}
	case at.starts("secret_key"):
		needs = append(needs, needsKey)
	case at.starts("auto_create"):
		needs = append(needs, needsKey, mayProvision)
	case at.starts("user_parameters"), at.starts("variable_values"), at.starts("persist_option"):
		needs = append(needs, mayProvision)
	}
	return needs
}
