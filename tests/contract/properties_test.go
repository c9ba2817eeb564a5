package contract_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// place is the way to a value in a body: names of properties, and item for
// the items of a list.
type place []string

// item is the step from a list to its items.
const item = "[]"

// anyKey is the step from a map to its values: the number of the Primary Org,
// because all maps of the API are by Org.
const anyKey = "0"

// String writes a place as filter_rules[].operator.
func (p place) String() string {
	return strings.ReplaceAll(strings.Join(p, "."), "."+item, item)
}

// first writes a place as it is in a body with one item in each list, which is
// how errors name fields: filter_rules[0].operator.
func (p place) first() string { return strings.ReplaceAll(p.String(), item, "[0]") }

// name is the property that a place is in.
func (p place) name() string {
	for _, step := range slices.Backward(p) {
		if step != item {
			return step
		}
	}
	return ""
}

func (p place) to(step string) place { return append(slices.Clip(p), step) }

// property is a value that the body of an operation may have.
type property struct {
	op       string
	place    place
	schema   *openapi3.Schema
	parent   *openapi3.Schema // an object, list or map
	required bool
	optional bool // and no item of a list or map
}

// propertiesOf lists what the body of an operation may have, nested
// properties and items included.
func propertiesOf(op *openapi3.Operation) []property {
	var all []property
	if s := bodySchema(op); s != nil {
		descend(s, nil, func(p property) {
			p.op = op.OperationID
			all = append(all, p)
		})
	}
	return all
}

func descend(s *openapi3.Schema, at place, visit func(property)) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		child := s.Properties[name].Value
		required := slices.Contains(s.Required, name)
		visit(property{place: at.to(name), schema: child, parent: s, required: required, optional: !required})
		descend(child, at.to(name), visit)
	}
	if s.Items != nil {
		visit(property{place: at.to(item), schema: s.Items.Value, parent: s})
		descend(s.Items.Value, at.to(item), visit)
	}
	if more := s.AdditionalProperties.Schema; more != nil {
		visit(property{place: at.to(anyKey), schema: more.Value, parent: s})
		descend(more.Value, at.to(anyKey), visit)
	}
	for _, alternative := range s.OneOf {
		descend(alternative.Value, at, visit)
	}
}

// bodySchema is the schema of an operation's body, or nil.
func bodySchema(op *openapi3.Operation) *openapi3.Schema {
	if op.RequestBody == nil {
		return nil
	}
	return op.RequestBody.Value.Content.Get("application/json").Schema.Value
}

// route is an operation and where it is.
type route struct {
	method, path string
	item         *openapi3.PathItem
	operation    *openapi3.Operation
	secured      bool // it needs a credential
}

// routesOf lists the operations of a document by operationId.
func routesOf(doc *openapi3.T) []route {
	var all []route
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			security := doc.Security
			if op.Security != nil {
				security = *op.Security
			}
			free := func(one openapi3.SecurityRequirement) bool { return len(one) == 0 }
			all = append(all, route{method, path, item, op, len(security) > 0 && !slices.ContainsFunc(security, free)})
		}
	}
	slices.SortFunc(all, func(a, b route) int { return cmp.Compare(a.operation.OperationID, b.operation.OperationID) })
	return all
}

// credentialed lists the operations that are for callers with a credential
// alone, as the document says.
func credentialed() []string {
	var all []string
	for op, r := range book.operations {
		if r.secured {
			all = append(all, op)
		}
	}
	slices.Sort(all)
	return all
}
