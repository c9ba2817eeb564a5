package tsapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// undecoded are the operations whose responses the client does not decode, and why.
var undecoded = map[string]string{
	// The document says that this time is an object, which the simulator therefore sends. A
	// server sends a number, which the client therefore expects.
	"CreateSchedule":  "ResponseSchedule.creation_time_in_millis",
	"SearchSchedules": "ResponseSchedule.creation_time_in_millis",
}

// Each operation of the vendor's document is called with a request as small as can be.
func TestSimulator_VendorsDocument_TypedCallsDecode(t *testing.T) {
	document, err := os.ReadFile(os.Getenv("DOCUMENT"))
	if err != nil {
		t.Fatal(err)
	}
	server := authtest.NewServer(authtest.WithOpenAPI(document))
	defer server.Close()
	cluster, err := authflow.New(server.URL, authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		t.Fatal(err)
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		t.Fatal(err)
	}
	client, err := NewClientWithResponses(server.URL, WithHTTPClient(flow))
	if err != nil {
		t.Fatal(err)
	}
	calls, decoded, failed := 0, 0, 0
	for i := range reflect.TypeOf(client).NumMethod() {
		method := reflect.TypeOf(client).Method(i)
		operation := operationOf(method.Name)
		_, hasTyped := reflect.TypeOf(client).MethodByName(operation + "WithResponse")
		if operation == "" || hasTyped && strings.HasSuffix(method.Name, "WithBodyWithResponse") {
			continue
		}
		calls++
		token, err := flow.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		result := reflect.ValueOf(client).Method(i).Call(arguments(t, method.Type, bodyOf(operation, token.Value)))
		isTyped, err := outcome(result)
		switch reason := undecoded[operation]; {
		case err == nil && reason == "":
			if isTyped {
				decoded++
			}
		case err == nil:
			t.Errorf("%s: the response is decoded, although %s", operation, reason)
		case reason == "" || !strings.Contains(err.Error(), reason):
			t.Errorf("%s: %v", operation, err)
		default:
			failed++
		}
	}
	t.Logf("%d calls: %d decode JSON, %d do not, %d get a response without JSON", calls, decoded, failed, calls-decoded-failed)
	if failed != len(undecoded) || decoded < 100 {
		t.Error("too few calls decode JSON")
	}
}

// operationOf returns the operation of a method that decodes, or "".
func operationOf(method string) string {
	operation, decodes := strings.CutSuffix(method, "WithResponse")
	if !decodes {
		return ""
	}
	return strings.TrimSuffix(operation, "WithBody")
}

// bodyOf returns the request body of an operation that the simulator has itself, and
// whose request it therefore checks; {} for other operations.
func bodyOf(operation string, token gen.Secret) string {
	credentials := fmt.Sprintf(`{"username":%q,"secret_key":%q`, authtest.DefaultUsername, authtest.DefaultSecretKey)
	switch operation {
	case "Login":
		return fmt.Sprintf(`{"username":%q,"password":%q}`, authtest.DefaultUsername, authtest.DefaultPassword)
	case "GetFullAccessToken":
		return credentials + "}"
	case "GetObjectAccessToken":
		return credentials + `,"object_id":"1"}`
	case "GetCustomAccessToken":
		return credentials + `,"persist_option":"NONE"}`
	case "ValidateToken":
		return fmt.Sprintf(`{"token":%q}`, string(token))
	case "RevokeToken":
		return fmt.Sprintf(`{"token":%q,"user_identifier":%q}`, string(token), authtest.DefaultUsername)
	case "SearchAuthSettings":
		return `{"auth_type":"TRUSTED_AUTH"}`
	case "ConfigureAuthSettings":
		return `{"auth_type":"TRUSTED_AUTH","cluster_preferences":{"auth_status":"ENABLED"}}`
	}
	return "{}"
}

// arguments returns arguments for a method: zero values, and a body.
func arguments(t *testing.T, method reflect.Type, body string) []reflect.Value {
	t.Helper()
	list := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 2; i < method.NumIn()-1; i++ { // after the receiver and the context, before the editors
		in := method.In(i)
		switch {
		case in == reflect.TypeFor[io.Reader]():
			list = append(list, reflect.ValueOf(strings.NewReader(body)))
		case in.Kind() == reflect.Pointer: // parameters
			list = append(list, reflect.New(in.Elem()))
		case in.Kind() == reflect.String: // in the path, or a content type
			list = append(list, reflect.ValueOf("x").Convert(in))
		default:
			value := reflect.New(in)
			if err := json.Unmarshal([]byte(body), value.Interface()); err != nil {
				t.Fatalf("%v: %v", in, err)
			}
			list = append(list, value.Elem())
		}
	}
	return list
}

// outcome reports whether a result has decoded JSON. The error says that it should
// have, or that the call failed.
func outcome(result []reflect.Value) (isTyped bool, err error) {
	if err, failed := result[1].Interface().(error); failed {
		return false, err
	}
	fields, declared := result[0].Elem(), false
	response := fields.FieldByName("HTTPResponse").Interface().(*http.Response)
	body := fields.FieldByName("Body").Bytes()
	if response.StatusCode > 299 {
		return false, fmt.Errorf("%s: %s", response.Status, body)
	}
	for i := range fields.NumField() {
		if strings.HasPrefix(fields.Type().Field(i).Name, "JSON2") {
			declared = true
			isTyped = isTyped || !fields.Field(i).IsNil()
		}
	}
	if declared && !isTyped {
		return false, fmt.Errorf("%s %s: %s", response.Status, response.Header.Get("Content-Type"), body)
	}
	return isTyped, nil
}
