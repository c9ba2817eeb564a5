package authtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestCannedAnswers(t *testing.T) {
	sim := authtest.New(ann(),
		authtest.WithAnswer("POST", base+"metadata/search", authtest.JSON(200, []string{"first"}), authtest.Status(503), authtest.JSON(200, []string{})),
		authtest.WithAnswer("GET", base+"users/{id}", authtest.JSON(200, "any")),
		authtest.WithAnswer("GET", base+"users/me", authtest.Header("X-Mine", "1"), authtest.JSON(200, "me")),
		authtest.WithAnswer("DELETE", "/callosum/v1/thing", authtest.Answer(204, "", "")),
	)
	tok := bearer(token(t, sim, full, annPW).Token)
	for i, step := range []struct {
		to     string
		with   []header
		status int
		body   string
	}{
		{search, nil, 401, ""}, // and uses no response up
		{search, []header{tok}, 200, `["first"]`},
		{search, []header{tok}, 503, ""},
		{search, []header{tok}, 200, `[]`},
		{search, []header{tok}, 200, `[]`},
		{"GET " + base + "users/zoe", []header{tok}, 200, `"any"`},
		{"GET " + base + "users/zoe/more", []header{tok}, 200, `"path":"/api/rest/2.0/users/zoe/more"`},
		{"PUT " + base + "users/zoe", []header{tok}, 200, `"method":"PUT"`},
		{"GET " + base + "users/me", []header{tok}, 200, `"path":"/api/rest/2.0/users/me"`}, // a header, then the echo
		{"GET " + base + "users/me", []header{tok}, 200, `"me"`},
		{"DELETE /callosum/v1/thing", nil, 401, ""},
		{"DELETE /callosum/v1/thing", []header{tok}, 204, ""},
		{"GET /callosum/v1/thing", []header{tok}, 404, ""},
	} {
		a := call(t, sim, step.to, "", step.with...)
		if a.status != step.status || !strings.Contains(string(a.body), step.body) {
			t.Errorf("%d: %s: %d %s, want %d %s", i, step.to, a.status, a.body, step.status, step.body)
		}
	}
	wanted := []authtest.CannedAnswer{
		{Method: "POST", Path: base + "metadata/search", Calls: 4},
		{Method: "GET", Path: base + "users/{id}", Calls: 1},
		{Method: "GET", Path: base + "users/me", Calls: 2},
		{Method: "DELETE", Path: "/callosum/v1/thing", Calls: 1},
	}
	if got := sim.Answers(); !reflect.DeepEqual(got, wanted) {
		t.Errorf("answers %v, want %v", got, wanted)
	}

	sim.SetAnswer("POST", base+"metadata/search", authtest.JSON(200, "other"))
	if a := call(t, sim, search, "", tok); string(a.body) != `"other"` {
		t.Errorf("after another answer: %s", a.body)
	}
	sim.ClearAnswers()
	if a := call(t, sim, search, "", tok); !strings.Contains(string(a.body), `"method":"POST"`) || len(sim.Answers()) != 0 {
		t.Errorf("after clearing: %s", a.body)
	}
}

// A response is a handler like any other: it sees the request, body included.
func TestCannedAnswerByHandler(t *testing.T) {
	sim := authtest.New(ann())
	sim.SetAnswer("POST", base+"metadata/search", authtest.Handle(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Metadata string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte(in.Metadata))
	}))
	a := call(t, sim, search, `{"metadata":"m"}`, bearer(token(t, sim, full, annPW).Token))
	if string(a.body) != "m" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

const catalogue = `
openapi: 3.0.3
info: { title: t, version: "1" }
servers: [{ url: "https://x.test/api/rest/2.0" }]
paths:
  /auth/session/user: { get: { responses: { "200": { description: d, content: { application/json: { example: theirs } } } } } }
  /one: { get: { responses: { "500": { description: d }, "202": { description: d, content: { application/json: { example: { a: 1 } } } }, default: { description: d } } } }
  /two/{id}: { post: { responses: { 2XX: { description: d, content: { application/json: { examples: { b: { value: [2] }, a: { value: [1] } } } } } } } }
  /three: { get: { responses: { default: { description: d, content: { application/json: { schema: { $ref: "#/components/schemas/Node" } } } } } } }
  /four: { delete: { responses: { "204": { description: d } } } }
  /five: { get: { responses: { "200": { description: d, content: { application/json: { schema: { type: object } } } } } } }
  /six: { get: { responses: { "200": { description: d, content: { text/csv: { example: "a,b" } } } } } }
  /seven: { get: { responses: { "404": { description: d } } } }
  /eight: { get: { responses: { "200": { description: d, content: { application/json: { schema: { example: whole } }, a/b: { example: no } } } } } }
  /nine: { get: {} }
  /ten: { get: { responses: { "200": { description: d, content: { application/json: } } } } }
components:
  schemas:
    Named: { type: object, properties: { name: { type: string, example: n }, unknown: { type: string } } }
    Node:
      allOf:
        - $ref: "#/components/schemas/Named"
        - type: object
          properties:
            kind: { type: string, enum: [LEAF, TREE] }
            size: { type: integer, default: 3 }
            tags: { type: array, items: { type: string, example: t } }
            choice: { oneOf: [{ type: string }, { type: integer, example: 7 }] }
            child: { $ref: "#/components/schemas/Node" }
`

func TestSetOpenAPI_Examples_AreTheResponses(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithOpenAPI([]byte(catalogue)), authtest.WithAnswer("GET", base+"six", authtest.JSON(200, 6)))
	tok := bearer(token(t, sim, full, annPW).Token)
	for to, wanted := range map[string]string{
		"GET " + base + "one":     `202 application/json {"a":1}`,
		"POST " + base + "two/x":  `200 application/json [1]`,
		"DELETE " + base + "four": `204  `,
		"GET " + base + "six":     `200 application/json 6`, // set after the document
		"GET " + base + "eight":   `200 application/json "whole"`,
		"GET " + base + "five":    `200 application/json {}`,
		"GET " + base + "ten":     `200 application/json `, // content without a schema
	} {
		a := call(t, sim, to, "", tok)
		if got := fmt.Sprintf("%d %s %s", a.status, a.header.Get("Content-Type"), a.body); got != wanted {
			t.Errorf("%s: %s, want %s", to, got, wanted)
		}
	}
	var node map[string]any
	call(t, sim, "GET "+base+"three", "", tok).decode(t, &node)
	wanted := map[string]any{"name": "n", "kind": "LEAF", "size": 3.0, "tags": []any{"t"}, "choice": 7.0}
	if !reflect.DeepEqual(node, wanted) {
		t.Errorf("three: %v, want %v", node, wanted)
	}
	for _, path := range []string{"seven", "nine"} {
		if a := call(t, sim, "GET "+base+path, "", tok); !strings.Contains(string(a.body), `"path":`) {
			t.Errorf("%s has no response in the document, but the body %s", path, a.body)
		}
	}
	if whoIs(t, sim, tok).Name != "ann" {
		t.Error("the document answers for the simulator's own operation")
	}
	want(t, call(t, sim, "GET "+base+"one", ""), 401)
}

func TestSetOpenAPI_ContentOtherThanJSON_IsTheResponse(t *testing.T) {
	sim := authtest.New(ann())
	sim.SetOpenAPI([]byte(catalogue))
	a := call(t, sim, "GET "+base+"six", "", bearer(token(t, sim, full, annPW).Token))
	if string(a.body) != "a,b" || a.header.Get("Content-Type") != "text/csv" {
		t.Errorf("%v %s", a.header, a.body)
	}
}
