package authtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// WithOpenAPI gives the operations of an OpenAPI document answers; see
// [Simulator.SetOpenAPI].
func WithOpenAPI(document []byte) Option {
	return func(s *settings) {
		s.answers = append(s.answers, func(sim *Simulator) error { return sim.setOpenAPI(document) })
	}
}

// SetOpenAPI gives each operation of an OpenAPI 3 document, in YAML or JSON, an
// answer from the document's examples, as [Simulator.SetAnswer] would.
// Operations that the simulator has itself stay as they are.
//
// The answer is that of the lowest status from 200 to 299, or of 2XX or
// default, as 200. Its body is the example of the content, JSON before others;
// else the first of its examples, by name; else what the schema gives: its
// example, default or first value, or an object of those of its properties,
// without what contains itself. An operation whose answer has content but no
// example of any kind gets none, and stays with [Echo].
//
// Paths begin with the path of the document's first server, if that has one.
// It panics if the document cannot be read; one that refers to other files
// cannot.
func (s *Simulator) SetOpenAPI(document []byte) { must(s.setOpenAPI(document)) }

func (s *Simulator) setOpenAPI(document []byte) error {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return mistakef("document", "the OpenAPI document cannot be read: %v", err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.") {
		return mistakef("document", "the document is not of OpenAPI 3")
	}
	if doc.Paths.Len() == 0 {
		return mistakef("document", "the OpenAPI document has no paths")
	}
	base, err := doc.Servers.BasePath()
	if err != nil {
		return mistakef("document", "the OpenAPI document's server: %v", err)
	}
	base = strings.TrimSuffix(base, "/")
	for _, path := range doc.Paths.InMatchingOrder() {
		full := base + path
		if s.routes[full] != nil || s.outside[full] != nil {
			continue
		}
		ops := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(ops)) {
			answer := documented(ops[method])
			if answer == nil {
				continue
			}
			if err := s.setAnswer(method, full, answer); err != nil {
				return err
			}
		}
	}
	return nil
}

// documented is the answer of an operation when all is well, or nil.
func documented(op *openapi3.Operation) Fault {
	status, res := success(op.Responses)
	if res == nil {
		return nil
	}
	if len(res.Content) == 0 {
		return Answer(status, "", "")
	}
	types := slices.Sorted(maps.Keys(res.Content))
	media := types[0]
	if i := slices.IndexFunc(types, isJSON); i >= 0 {
		media = types[i]
	}
	v, ok := exampleOf(res.Content[media])
	if !ok {
		return nil
	}
	if strings.Contains(media, "*") { // a range, which no answer can be of
		media = "application/json"
	}
	if text, ok := v.(string); ok && !isJSON(media) {
		return Answer(status, media, text)
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return Answer(status, media, string(body))
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

func exampleOf(m *openapi3.MediaType) (any, bool) {
	if m == nil {
		return nil, false
	}
	if m.Example != nil {
		return m.Example, true
	}
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		if e := m.Examples[name].Value; e != nil && e.Value != nil {
			return e.Value, true
		}
	}
	return make(samples).of(m.Schema)
}

// samples are values that schemas give by their examples, defaults and enums;
// nil for those that give none, or are being looked at: schemas may contain
// themselves, and each other many times over.
type samples map[*openapi3.Schema]*any

func (all samples) of(ref *openapi3.SchemaRef) (any, bool) {
	if ref == nil || ref.Value == nil {
		return nil, false
	}
	known, is := all[ref.Value]
	if !is {
		all[ref.Value] = nil
		if v, ok := all.sample(ref.Value); ok {
			known = &v
		}
		all[ref.Value] = known
	}
	if known == nil {
		return nil, false
	}
	return *known, true
}

func (all samples) sample(s *openapi3.Schema) (any, bool) {
	switch {
	case s.Example != nil:
		return s.Example, true
	case len(s.Examples) > 0:
		return s.Examples[0], true
	case s.Default != nil:
		return s.Default, true
	case s.Const != nil:
		return s.Const, true
	case len(s.Enum) > 0:
		return s.Enum[0], true
	case s.Items != nil:
		v, ok := all.of(s.Items)
		return []any{v}, ok
	}
	for _, one := range slices.Concat(s.OneOf, s.AnyOf) {
		if v, ok := all.of(one); ok {
			return v, true
		}
	}
	object := make(map[string]any)
	for _, part := range s.AllOf {
		v, ok := all.of(part)
		if fields, is := v.(map[string]any); is {
			maps.Copy(object, fields)
		} else if ok {
			return v, true
		}
	}
	// In order: what is left out of a schema within itself is then always the same.
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if v, ok := all.of(s.Properties[name]); ok {
			object[name] = v
		}
	}
	return object, len(object) > 0
}
