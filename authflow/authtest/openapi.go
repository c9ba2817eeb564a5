package authtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// WithOpenAPI gives the operations of an OpenAPI document responses; see
// [Simulator.SetOpenAPI].
func WithOpenAPI(document []byte) Option {
	return func(s *settings) {
		s.answers = append(s.answers, func(sim *Simulator) { sim.SetOpenAPI(document) })
	}
}

// SetOpenAPI gives each operation of an OpenAPI 3 document, in YAML or JSON, a
// response that a client generated from the document decodes, as
// [Simulator.SetAnswer] would. Operations that the simulator has itself stay as
// they are.
//
// The response has the lowest status from 200 to 299, or 200 if the document has
// only 2XX or default. JSON goes before other content. The body is the first of
// these that fits the schema: the example of the content, its named examples in
// the order of their names, the example of the schema, its default, its constant.
// If there is none, the body is built from the schema:
//
//   - An object has all required properties, and those for which the schema has an
//     example, a default or a list of values.
//   - A list is empty, unless its items have an example or it must not be empty.
//   - A text with a format has a fixed value, such as 2024-01-01T00:00:00Z. Other
//     texts are empty, numbers are 0 and booleans false, where that fits.
//   - Where the smallest value does not fit, the simulator tries others: for bounds,
//     patterns without look-ahead, different items, a number of properties, a
//     discriminator, and schemas of several parts.
//   - A schema within itself is null where that is allowed, and otherwise left out.
//
// Content without a schema and without an example is an empty body of that type.
//
// [Simulator.DocumentNotes] lists the operations whose examples do not fit their
// schema, and those without a response, which stay with [Echo].
//
// Where the document is wrong about the server, the response is as wrong: in the
// vendor's, the time in the responses of createSchedule and searchSchedules is an
// object. Use [Simulator.SetAnswer] for those.
//
// Paths begin with the path of the document's first server, if that has one.
// It panics if the document cannot be read; one that refers to other files
// cannot.
func (s *Simulator) SetOpenAPI(document []byte) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		must(mistakef("document", "the OpenAPI document cannot be read: %v", err))
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.") {
		must(mistakef("document", "the document is not of OpenAPI 3"))
	}
	if doc.Paths.Len() == 0 {
		must(mistakef("document", "the OpenAPI document has no paths"))
	}
	base, err := doc.Servers.BasePath()
	if err != nil {
		must(mistakef("document", "the OpenAPI document's server: %v", err))
	}
	base = strings.TrimSuffix(base, "/")
	for _, path := range doc.Paths.InMatchingOrder() {
		full := base + path
		if s.routes[full] != nil || s.outside[full] != nil {
			continue
		}
		ops := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(ops)) {
			answer, reasons := documented(ops[method])
			if answer != nil {
				s.setAnswer(method, full, answer)
			}
			s.canned.note(DocumentNote{method, full, ops[method].OperationID, strings.Join(reasons, "; ")})
		}
	}
}

// documented is the response of an operation when all is well, or nil, and what
// there is to report about it.
func documented(op *openapi3.Operation) (answer Fault, reasons []string) {
	status, res := success(op.Responses)
	if res == nil {
		return nil, []string{"the document has no response of success"}
	}
	if len(res.Content) == 0 {
		return Answer(status, "", ""), nil
	}
	types := slices.Sorted(maps.Keys(res.Content))
	media := types[0]
	if i := slices.IndexFunc(types, isJSON); i >= 0 {
		media = types[i]
	}
	content := res.Content[media]
	if strings.Contains(media, "*") { // a range, which no response can be of
		media = "application/json"
	}
	if content == nil || !describes(content) {
		return Answer(status, media, ""), nil
	}
	b := newBuilder()
	v, ok := b.content(content)
	if !ok {
		return nil, append(b.reasons, "no value was found that fits the schema of the response")
	}
	if text, ok := v.(string); ok && !isJSON(media) {
		return Answer(status, media, text), b.reasons
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, append(b.reasons, fmt.Sprintf("the example has no JSON form: %v", err))
	}
	return Answer(status, media, string(body)), b.reasons
}

func isJSON(media string) bool { return strings.Contains(strings.ToLower(media), "json") }

func success(all *openapi3.Responses) (int, *openapi3.Response) {
	for _, name := range slices.Sorted(maps.Keys(all.Map())) { // digits before X before default
		status, err := strconv.Atoi(name)
		switch {
		case err == nil && (status < 200 || status > 299):
			continue
		case err != nil && !strings.EqualFold(name, "2XX") && name != "default":
			continue
		case err != nil:
			status = http.StatusOK
		}
		return status, all.Value(name).Value
	}
	return 0, nil
}

// describes reports whether anything is said of a content.
func describes(m *openapi3.MediaType) bool {
	return m.Schema != nil || m.Example != nil || len(m.Examples) > 0
}
