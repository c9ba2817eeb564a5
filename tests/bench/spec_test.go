package bench

import (
	"encoding/json"
	"fmt"
)

// operations is about what the whole of the ThoughtSpot REST API v2.0 has.
const operations = 180

type object map[string]any

// bigSpec returns an OpenAPI document of that many operations, each with a
// request and a response of its own, the size that they have in that API.
func bigSpec() ([]byte, error) {
	paths, schemas := object{}, object{}
	for i := range operations {
		request, answer := fmt.Sprintf("Request%03d", i), fmt.Sprintf("Answer%03d", i)
		schemas[request], schemas[answer] = schema(8), schema(6)
		path, item := fmt.Sprintf("/api/rest/2.0/resource%d/operation", i), object{}
		if i%4 == 3 { // as some of that API
			path += "/{id}"
			item["parameters"] = []object{{"name": "id", "in": "path", "required": true, "schema": object{"type": "string"}}}
		}
		item["post"] = object{
			"operationId": fmt.Sprintf("operation%03d", i),
			"summary":     "An operation of a large API.",
			"requestBody": object{"required": true, "content": content(request)},
			"responses": object{
				"200": object{"description": "Done.", "content": content(answer)},
				"401": object{"description": "Unauthorized.", "content": content("Problem")},
				"500": object{"description": "Failed.", "content": content("Problem")},
			},
		}
		paths[path] = item
	}
	schemas["Problem"] = schema(2)
	return json.Marshal(object{
		"openapi":    "3.0.3",
		"info":       object{"title": "A large API", "version": "1"},
		"paths":      paths,
		"components": object{"schemas": schemas},
	})
}

func content(name string) object {
	return object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + name}}}
}

// schema returns an object of n properties, one of them a list of objects and
// one an enumeration.
func schema(n int) object {
	properties := object{
		"kind": object{"type": "string", "enum": []string{"LIVEBOARD", "ANSWER", "CONNECTION"}},
		"items": object{"type": "array", "items": object{"type": "object", "properties": object{
			"identifier": object{"type": "string"}, "count": object{"type": "integer"},
		}}},
	}
	for i := range n - 2 {
		properties[fmt.Sprintf("field_%d", i)] = object{"type": "string", "description": "A field."}
	}
	return object{"type": "object", "required": []string{"kind"}, "properties": properties}
}
