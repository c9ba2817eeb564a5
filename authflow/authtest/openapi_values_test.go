package authtest_test

import (
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Schemas that the smallest value of their type does not fit.
var demanding = map[string]struct{ version, schema, value string }{
	"a part requires a property of another part":  {"3.0.3", `{allOf: [{type: object, properties: {a: {type: integer}}}, {required: [a]}]}`, `{"a":0}`},
	"two parts describe one property":             {"3.0.3", `{allOf: [{type: object, required: [a], properties: {a: {type: object, required: [x], properties: {x: {type: string}}}}}, {type: object, required: [a], properties: {a: {type: object, required: [y], properties: {y: {type: integer}}}}}]}`, `{"a":{"x":"","y":0}}`},
	"parts of a part":                             {"3.0.3", `{allOf: [{allOf: [{type: object, properties: {a: {type: integer}}}]}, {required: [a]}]}`, `{"a":0}`},
	"the bounds of two parts":                     {"3.0.3", `{allOf: [{type: integer, minimum: 3}, {type: integer, maximum: 10, multipleOf: 5}]}`, `10`},
	"a length beside a part":                      {"3.0.3", `{minLength: 3, allOf: [{type: string}]}`, `"aaa"`},
	"null where a part is within itself":          {"3.0.3", `{$ref: "#/components/schemas/N"}`, `{"next":null}`},
	"exactly one of integer and number":           {"3.0.3", `{oneOf: [{type: integer}, {type: number}]}`, `0.5`},
	"exactly one of two closed objects":           {"3.0.3", `{oneOf: [{type: object, additionalProperties: false, properties: {a: {type: string}}}, {type: object, additionalProperties: false, properties: {b: {type: string}}}]}`, `{"a":""}`},
	"a discriminator with names":                  {"3.0.3", `{oneOf: [{$ref: "#/components/schemas/C"}, {$ref: "#/components/schemas/D"}], discriminator: {propertyName: kind, mapping: {see: "#/components/schemas/C", dee: "#/components/schemas/D"}}}`, `{"c":0,"kind":"see"}`},
	"a discriminator without names":               {"3.0.3", `{oneOf: [{$ref: "#/components/schemas/D"}], discriminator: {propertyName: kind}}`, `{"kind":"D"}`},
	"a discriminator that an example meets":       {"3.0.3", `{oneOf: [{$ref: "#/components/schemas/E"}], discriminator: {propertyName: kind, mapping: {dee: "#/components/schemas/E", eee: "#/components/schemas/E"}}}`, `{"kind":"eee"}`},
	"a bound that does not fit, in 3.1":           {"3.1.0", `{type: integer, exclusiveMinimum: 5}`, `6`},
	"a bound that does not fit, at the other end": {"3.1.0", `{type: integer, exclusiveMaximum: -5}`, `-6`},
	"between two bounds that do not fit":          {"3.1.0", `{type: number, exclusiveMinimum: 0.25, exclusiveMaximum: 0.75}`, `0.5`},
	"between two bounds that do not fit, in 3.0":  {"3.0.3", `{type: number, minimum: 2, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: true}`, `2.5`},
	"a multiple above a bound":                    {"3.0.3", `{type: integer, minimum: 7, multipleOf: 5}`, `10`},
	"a multiple below a bound":                    {"3.0.3", `{type: integer, maximum: -7, multipleOf: 5}`, `-10`},
	"different texts":                             {"3.0.3", `{type: array, uniqueItems: true, minItems: 2, items: {type: string}}`, `["","a"]`},
	"different values of an enum":                 {"3.0.3", `{type: array, uniqueItems: true, minItems: 2, items: {type: string, enum: [A, B, C]}}`, `["A","B"]`},
	"different numbers":                           {"3.0.3", `{type: array, uniqueItems: true, minItems: 3, items: {type: integer, minimum: 4}}`, `[4,5,6]`},
	"items with schemas of their own":             {"3.1.0", `{type: array, minItems: 2, prefixItems: [{type: string}, {type: integer}], items: false}`, `["",0]`},
	"one of the optional properties":              {"3.0.3", `{type: object, minProperties: 1, properties: {a: {type: string}, b: {type: string}}}`, `{"a":""}`},
	"properties with names of any kind":           {"3.0.3", `{type: object, minProperties: 2, additionalProperties: {type: integer}}`, `{"property_1":0,"property_2":0}`},
	"fewer properties than the document shows":    {"3.0.3", `{type: object, maxProperties: 1, required: [b], properties: {a: {type: string, example: x}, b: {type: string, example: "y"}}}`, `{"b":"y"}`},
	"digits":                           {"3.0.3", `{type: string, pattern: "^[0-9]{4}$"}`, `"0000"`},
	"a version":                        {"3.0.3", `{type: string, pattern: "^\\d+\\.\\d+(-rc)?$"}`, `"0.0"`},
	"one of two patterns, of a length": {"3.0.3", `{type: string, minLength: 6, pattern: "^(v[1-9]+|none)$"}`, `"v111111"`},
	"any type except an object":        {"3.0.3", `{not: {type: object}}`, `""`},
}

func TestOpenAPI_SchemaThatDemandsMore_GetsAValueThatFits(t *testing.T) {
	const schemas = `C: {type: object, required: [kind, c], properties: {kind: {type: string}, c: {type: integer}}},
		D: {type: object, required: [kind], properties: {kind: {type: string}}},
		E: {type: object, required: [kind], properties: {kind: {type: string, example: eee}}},
		N: {type: object, required: [next], properties: {next: {nullable: true, allOf: [{$ref: "#/components/schemas/N"}]}}}`
	for name, c := range demanding {
		t.Run(name, func(t *testing.T) {
			document := documentOf(c.version, `application/json: {schema: `+c.schema+`}`, schemas)
			sim := authtest.New(ann(), authtest.WithOpenAPI([]byte(document)))
			for range 2 {
				a := call(t, sim, "GET /one", "", bearer(token(t, sim, full, annPW).Token))
				if got := strings.TrimSpace(string(a.body)); a.status != 200 || got != c.value {
					t.Errorf("%d %s, want %s", a.status, got, c.value)
				}
			}
			if n := sim.DocumentNotes(); len(n) != 0 {
				t.Errorf("notes %v", n)
			}
		})
	}
}
