package authtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// documentOf is a document with one operation, GET /one, whose answer has this
// content.
func documentOf(version, content, schemas string) string {
	return fmt.Sprintf(`{openapi: %s, info: {title: t, version: "1"}, components: {schemas: {%s}},
		paths: {/one: {get: {responses: {"200": {description: d, content: {%s}}}}}}}`, version, schemas, content)
}

// Documents as users have them, with what is odd but allowed.
func TestOddOpenAPIDocuments(t *testing.T) {
	var wide strings.Builder // 20 ways in which a schema contains itself
	for i := range 20 {
		fmt.Fprintf(&wide, `p%d: {$ref: "#/components/schemas/N"}, `, i)
	}
	var knot strings.Builder // 20 schemas, each of which needs all
	for i := range 20 {
		names, properties := "", ""
		for j := range 20 {
			names += fmt.Sprintf("p%d, ", j)
			properties += fmt.Sprintf(`p%d: {$ref: "#/components/schemas/S%[1]d"}, `, j)
		}
		fmt.Fprintf(&knot, "S%d: {type: object, required: [%s], properties: {%s}}, ", i, names, properties)
	}
	var deep strings.Builder // 2 to the power of 60 ways from the first schema to the last
	for i := range 60 {
		fmt.Fprintf(&deep, `S%d: {type: object, properties: {a: {$ref: "#/components/schemas/S%d"}, b: {$ref: "#/components/schemas/S%[2]d"}}}, `, i, i+1)
	}
	const n = `application/json: {schema: {$ref: "#/components/schemas/N"}}`
	for name, test := range map[string]struct{ document, wanted string }{
		"a schema full of itself": {documentOf("3.0.3", n, "N: {type: object, properties: {"+wide.String()+"name: {type: string, example: n}}}"), `application/json {"name":"n"}`},
		"schemas of each other": {documentOf("3.0.3", n, `N: {type: object, properties: {m: {$ref: "#/components/schemas/M"}}},
			M: {type: object, properties: {list: {type: array, items: {$ref: "#/components/schemas/N"}}, m: {type: integer, example: 1}}}`), `application/json {"m":{"m":1}}`},
		"a schema in many places":  {documentOf("3.0.3", `application/json: {schema: {$ref: "#/components/schemas/S0"}}`, deep.String()+"S60: {type: object}"), `application/json {}`},
		"no value, in many places": {documentOf("3.0.3", `application/json: {schema: {$ref: "#/components/schemas/S0"}}`, deep.String()+"S60: {type: integer, minimum: 2, maximum: 1}"), `application/json {}`},
		"no value, before another": {documentOf("3.0.3", `application/json: {schema: {type: object, required: [b], properties: {a: {$ref: "#/components/schemas/S0"}, b: {type: integer}}}}`, strings.ReplaceAll(deep.String(), "{type: object,", "{type: object, required: [a, b],")+"S60: {type: integer, minimum: 2, maximum: 1}"), `application/json {"b":0}`},
		"no value, and required":   {documentOf("3.0.3", `application/json: {schema: {nullable: true, oneOf: [{$ref: "#/components/schemas/S0"}]}}`, strings.ReplaceAll(deep.String(), "{type: object,", "{type: object, required: [a, b],")+"S60: {type: integer, minimum: 2, maximum: 1}"), `application/json null`},
		"no value, in a knot":      {documentOf("3.0.3", `application/json: {schema: {nullable: true, oneOf: [{$ref: "#/components/schemas/S0"}]}}`, knot.String()), `application/json null`},
		"a list of lists of lists": {documentOf("3.0.3", `application/json: {schema: {type: object, properties: {a: {type: integer, example: 1}, l: `+strings.Repeat("{type: array, minItems: 100, items: ", 6)+"{type: string, example: x}"+strings.Repeat("}", 6)+"}}}", ""), `application/json {"a":1}`},
		"one schema in two places": {documentOf("3.0.3", n, `N: {type: object, properties: {a: {$ref: "#/components/schemas/M"}, b: {$ref: "#/components/schemas/M"}}}, M: {type: integer, example: 1}`), `application/json {"a":1,"b":1}`},
		"a charset":                {documentOf("3.0.3", `"*/*": {example: 2}, "application/json; charset=utf-8": {example: 1}`, ""), `application/json; charset=utf-8 1`},
		"any type":                 {documentOf("3.0.3", `"*/*": {example: {a: 1}}`, ""), `application/json {"a":1}`},
		"another kind of JSON":     {documentOf("3.0.3", `a/b: {example: 2}, application/problem+json: {example: text}`, ""), `application/problem+json "text"`},
		"OpenAPI 3.1":              {documentOf("3.1.0", `application/json: {schema: {type: object, properties: {a: {const: 5}, b: {type: [string, "null"], examples: [x, y]}}}}`, ""), `application/json {"a":5,"b":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			sim := authtest.New(ann(), authtest.WithOpenAPI([]byte(test.document)))
			sim.SetAnswer("GET", base+"other", authtest.Answer(204, "", ""))
			a := call(t, sim, "GET /one", "", bearer(token(t, sim, full, annPW).Token))
			if got := a.header.Get("Content-Type") + " " + string(a.body); got != test.wanted {
				t.Errorf("%.200s, want %s", got, test.wanted)
			}
		})
	}
}

// The vendor's own document has paths that the simulator answers itself.
func TestOpenAPIDocumentWithTheSimulatorsPaths(t *testing.T) {
	const document = `{openapi: 3.0.3, info: {title: t, version: "1"}, paths: {
		/api/rest/2.0/auth/session/user: {get: {responses: {"200": {description: d, content: {application/json: {example: theirs}}}}}},
		/api/rest/2.0/system: {get: {responses: {"200": {description: d, content: {application/json: {example: theirs}}}}}},
		/one: {get: {responses: {"200": {description: d, content: {application/json: {example: 1}}}}}}}}`
	sim := authtest.New(authtest.WithOpenAPI([]byte(document)))
	tok := bearer(token(t, sim, full, `{"username":"tsadmin","password":"admin"}`).Token)
	for to, wanted := range map[string]string{
		whoami:                   `"name":"tsadmin"`,
		"GET " + base + "system": `"release_version"`,
		"GET /one":               "1",
	} {
		if a := call(t, sim, to, "", tok); a.status != 200 || !strings.Contains(string(a.body), wanted) {
			t.Errorf("%s: %d %s, want %s", to, a.status, a.body, wanted)
		}
	}
}

func TestOnlyOpenAPI3IsRead(t *testing.T) {
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "OpenAPI 3") {
			t.Errorf("it panicked with %v", v)
		}
	}()
	authtest.New(authtest.WithOpenAPI([]byte(`{swagger: "2.0", info: {title: t, version: "1"}, paths: {/one: {get: {responses: {"200": {description: d}}}}}}`)))
}
