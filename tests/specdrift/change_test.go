package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// The aspects that a report names.
const (
	ofLogin  = "login: its "
	ofCustom = "getCustomAccessToken: its "
	ofAround = "the document: its "
)

// invented are changes of the vendor's document that the lock alone must
// notice, with the line of the report, and the old and new text. An empty text
// means that there is none.
var invented = map[string]struct {
	edits          []edit
	line, old, now string
}{
	// Changes that a reason already explains, or that oasdiff does not report.
	"a value is added to the types of objects":      {[]edit{{`["LOGICAL_TABLE"]`, `["LOGICAL_TABLE", "LIVEBOARD"]`}}, ofCustom + "structure", `type/enum: ["LOGICAL_TABLE"]`, `type/enum: ["LIVEBOARD", "LOGICAL_TABLE"]`},
	"nullable is swapped between two fields":        {[]edit{{`"nullable": true`, `"nullable": maybe`}, {`"nullable": false`, `"nullable": true`}, {`"nullable": maybe`, `"nullable": false`}}, ofCustom + "structure", "first_name/nullable: true", "first_name/nullable: false"},
	"an enum is replaced":                           {[]edit{{`["REPLACE", "APPEND"]`, `["KEEP"]`}}, ofCustom + "structure", `["APPEND", "REPLACE"]`, `["KEEP"]`},
	"a value is removed from an enum":               {[]edit{{`["REPLACE", "APPEND"]`, `["REPLACE"]`}}, ofCustom + "structure", `["APPEND", "REPLACE"]`, `["REPLACE"]`},
	"additionalProperties becomes false":            {[]edit{{`"additionalProperties": true`, `"additionalProperties": false`}}, ofCustom + "structure", "additionalProperties: true", "additionalProperties: false"},
	"additionalProperties become of another type":   {[]edit{{`"additionalProperties": {"type": "string"}`, `"additionalProperties": {"type": "integer"}`}}, ofCustom + "structure", `additionalProperties/type: "string"`, `additionalProperties/type: "integer"`},
	"additionalProperties become of any type":       {[]edit{{`"additionalProperties": {"type": "string"}`, `"additionalProperties": {}`}}, ofCustom + "structure", "", "additionalProperties: {}"},
	"the URL of the server":                         {[]edit{{`"https://{host}"`, `"https://{host}/v2"`}}, ofAround + "structure", `url: "https://{host}"`, `url: "https://{host}/v2"`},
	"a variable of the server":                      {[]edit{{`"acme.example"`, `"localhost"`}}, ofAround + "structure", `host/default: "acme.example"`, `host/default: "localhost"`},
	"a server of one path":                          {[]edit{{`"parameters": [`, `"servers": [{"url": "https://other.example"}], "parameters": [`}}, ofLogin + "structure", "", `url: "https://other.example"`},
	"the version in info":                           {[]edit{{`"version": "1"`, `"version": "2"`}}, ofAround + "structure", `info/version: "1"`, `info/version: "2"`},
	"the version of OpenAPI":                        {[]edit{{`"3.0.0"`, `"3.1.0"`}}, ofAround + "structure", `"3.0.0"`, `"3.1.0"`},
	"the security of all operations":                {[]edit{{`"security": [{"bearer": []}]`, `"security": []`}}, ofAround + "structure", "security/0/bearer: []", "security: []"},
	"a security scheme":                             {[]edit{{`"scheme": "bearer"`, `"scheme": "basic"`}}, ofAround + "structure", `"bearer"`, `"basic"`},
	"an example of a request":                       {[]edit{{`"username": "guest"`, `"username": "tsadmin"`}}, ofLogin + "examples", `"guest"`, `"tsadmin"`},
	"an example that looks like a description":      {[]edit{{"An example.", "Another one."}}, ofLogin + "examples", `"An example."`, `"Another one."`},
	"a named example":                               {[]edit{{`["first", "second"]`, `["second", "first"]`}}, ofCustom + "examples", `["first","second"]`, `["second","first"]`},
	"the example of a schema":                       {[]edit{{`{"token": "abc"}`, `{"token": "def"}`}}, ofCustom + "examples", `"abc"`, `"def"`},
	"the example of a property":                     {[]edit{{`"example": "one"`, `"example": "two"`}}, ofCustom + "examples", `"one"`, `"two"`},
	"an extension":                                  {[]edit{{`"x-beta": false`, `"x-beta": true`}}, ofCustom + "structure", "x-beta: false", "x-beta: true"},
	"the release in a tag":                          {[]edit{{`"10.4.0.cl"`, `"10.5.0.cl"`}}, ofCustom + "structure", "10.4.0.cl", "10.5.0.cl"},
	"a new path for authentication, outside /auth/": {[]edit{{`"paths": {`, `"paths": {"/api/rest/2.1/session/exchange": {"post": {"operationId": "exchange", "responses": {}}},`}}, "exchange: new", "", ""},
	"a new operation with the tag Authentication":   {[]edit{{`["Users", "26.8.0.cl"]`, `["Authentication", "26.8.0.cl"]`}}, "searchUsers: new", "", ""},
	"a new operation without an operationId":        {[]edit{{`"post": {`, `"get": {"responses": {}}, "post": {`}}, "GET /api/rest/2.0/auth/session/login: new", "", ""},
	"an operation that moves out of /auth/":         {[]edit{{"/api/rest/2.0/auth/token/custom", "/api/rest/2.0/custom"}}, ofCustom + "structure", "POST /api/rest/2.0/auth/token/custom", "POST /api/rest/2.0/custom"},
	"a new operation with an operationId in use":    {[]edit{{`"post": {`, `"get": {"operationId": "login", "responses": {}}, "post": {`}}, "POST /api/rest/2.0/auth/session/login: new", "", ""},
	"a new variable of the server, named example":   {[]edit{{`"variables": {`, `"variables": {"example": {"default": "v1"}, `}}, ofAround + "structure", "", `variables/example/default: "v1"`},
	"a new header, named example":                   {[]edit{{`"headers": {`, `"headers": {"example": {"schema": {"type": "string"}}, `}}, ofLogin + "structure", "", `headers/example/schema/type: "string"`},
	"an operation that is removed":                  {[]edit{{`"post": {`, `"x-post": {`}}, "login: removed", "", ""},

	// Changes that oasdiff may report, where a reason may already fit.
	"a property is added":              {[]edit{{`"org_id": {`, `"new_id": {"type": "string"}, "org_id": {`}}, ofCustom + "structure", "", `new_id/type: "string"`},
	"a property is removed":            {[]edit{{`"token": {"type": "string"},`, ""}}, ofCustom + "structure", "properties/token", ""},
	"a property without any type":      {[]edit{{`"token": {"type": "string"}`, `"token": {}`}}, ofCustom + "structure", `token/type: "string"`, "token: {}"},
	"a property is renamed":            {[]edit{{`"remember_me"`, `"stay"`}}, ofLogin + "structure", "remember_me", "stay"},
	"a property becomes required":      {[]edit{{`"required": ["token"]`, `"required": ["token", "labels"]`}}, ofCustom + "structure", `required: ["token"]`, `required: ["labels", "token"]`},
	"a property becomes optional":      {[]edit{{`["username", "password"]`, `["username"]`}}, ofLogin + "structure", `["password", "username"]`, `["username"]`},
	"another type":                     {[]edit{{`"type": "integer", "format": "int32"`, `"type": "string", "format": "int32"`}}, ofCustom + "structure", `org_id/type: "integer"`, `org_id/type: "string"`},
	"another format":                   {[]edit{{`"int32"`, `"int64"`}}, ofCustom + "structure", `"int32"`, `"int64"`},
	"another default":                  {[]edit{{`"default": false`, `"default": true`}}, ofLogin + "structure", "default: false", "default: true"},
	"another minLength":                {[]edit{{`"minLength": 1`, `"minLength": 2`}}, ofLogin + "structure", "minLength: 1", "minLength: 2"},
	"another maximum":                  {[]edit{{`"maximum": 99`, `"maximum": 999`}}, ofCustom + "structure", "maximum: 99", "maximum: 999"},
	"another minItems":                 {[]edit{{`"minItems": 1,`, ""}}, ofCustom + "structure", "minItems: 1", ""},
	"another pattern":                  {[]edit{{`"^.+$"`, `"^[a-z]+$"`}}, ofLogin + "structure", `"^.+$"`, `"^[a-z]+$"`},
	"items of another type":            {[]edit{{`"items": {"type": "string"}`, `"items": {"type": "number"}`}}, ofCustom + "structure", `items/type: "string"`, `items/type: "number"`},
	"a property is deprecated":         {[]edit{{`"remember_me": {`, `"remember_me": {"deprecated": true, `}}, ofLogin + "structure", "", "deprecated: true"},
	"a property is write-only":         {[]edit{{`"password": {`, `"password": {"writeOnly": true, `}}, ofLogin + "structure", "", "writeOnly: true"},
	"another schema":                   {[]edit{{`{"$ref": "#/components/schemas/Token"}`, `{"$ref": "#/components/schemas/Object"}`}}, ofCustom + "structure", "schemas/Token", "schemas/Object"},
	"a part of allOf is added":         {[]edit{{`[{"$ref": "#/components/schemas/CustomRequest"}]`, `[{"$ref": "#/components/schemas/CustomRequest"}, {"maxProperties": 3}]`}}, ofCustom + "structure", "", "maxProperties: 3"},
	"allOf becomes anyOf":              {[]edit{{`"allOf"`, `"anyOf"`}}, ofCustom + "structure", "allOf/0", "anyOf/0"},
	"a status is added":                {[]edit{{`"401": {`, `"409": {}, "401": {`}}, ofLogin + "structure", `["204","401"]`, `["204","401","409"]`},
	"a status is replaced":             {[]edit{{`"401": {`, `"403": {`}}, ofLogin + "structure", `["204","401"]`, `["204","403"]`},
	"another content type":             {[]edit{{`"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"`, `"content": {"text/plain": {"schema": {"$ref": "#/components/schemas/Token"`}}, ofCustom + "structure", "application/json", "text/plain"},
	"a header is removed":              {[]edit{{`, "headers": {"Set-Cookie": {"schema": {"type": "string"}}}`, ""}}, ofLogin + "structure", "Set-Cookie", ""},
	"a parameter becomes required":     {[]edit{{`"required": false`, `"required": true`}}, ofLogin + "structure", "required: false", "required: true"},
	"a parameter moves":                {[]edit{{`"in": "query"`, `"in": "header"`}}, ofLogin + "structure", `"query"`, `"header"`},
	"the body becomes optional":        {[]edit{{`"required": true, "content"`, `"required": false, "content"`}}, ofLogin + "structure", "required: true", "required: false"},
	"the security of one operation":    {[]edit{{`"security": [],`, `"security": [{}],`}}, ofLogin + "structure", "security: []", "security/0: {}"},
	"an operation has another method":  {[]edit{{`"post": {`, `"put": {`}}, ofLogin + "structure", "POST /api/rest/2.0/auth/session/login operation", "PUT /api/rest/2.0/auth/session/login operation"},
	"an operation has another name":    {[]edit{{`"operationId": "login"`, `"operationId": "signIn"`}}, "signIn: new", "", ""},
	"the summary of an operation":      {[]edit{{"long enough", "far too long"}}, ofLogin + "prose", "that is long enough to", "that is far too long to"},
	"a summary becomes a description":  {[]edit{{`"summary": "The`, `"description": "The`}}, ofLogin + "prose", "/summary: ", "/description: "},
	"the description of a parameter":   {[]edit{{"About the parameter.", "Changed."}}, ofLogin + "prose", "About the parameter.", "Changed."},
	"the description of a response":    {[]edit{{"About the response.", "Changed."}}, ofLogin + "prose", "About the response.", "Changed."},
	"the description of a property":    {[]edit{{"About the property.", "Changed."}}, ofCustom + "prose", "About the property.", "Changed."},
	"the description of a server":      {[]edit{{"About the server.", "Changed."}}, ofAround + "prose", "About the server.", "Changed."},
	"the description of the document":  {[]edit{{"About the document.", "Changed."}}, ofAround + "prose", "About the document.", "Changed."},
	"a paragraph is added to a schema": {[]edit{{`"LoginRequest": {`, `"LoginRequest": {"description": "New.", `}}, ofLogin + "prose", "", "New."},
}

// reviewedOnce accepts testdata/vendor.json into a new lock.
func reviewedOnce(t *testing.T) (lock string) {
	t.Helper()
	lock = filepath.Join(t.TempDir(), "lock.json")
	if out, code := onVendor(t, "testdata/vendor.json", lock, "-accept"); code != 0 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	return lock
}

// onVendor runs the command on a file like testdata/vendor.json, where oasdiff
// finds nothing: only the lock can notice a change.
func onVendor(t *testing.T, upstream, lock string, args ...string) (string, int) {
	t.Helper()
	silent := func(context.Context, string, string) ([]byte, error) { return []byte("[]"), nil }
	var out strings.Builder
	code := run(t.Context(), append([]string{
		"-oasdiff", "pinned", "-upstream", upstream, "-lock", lock, "-reasons", file(t, "[]"),
		"-branch", "release", "-release", "26.8", "-commit", "0123456789abcdef",
	}, args...), &out, &out, func(string) comparer { return silent })
	return out.String(), code
}

func TestLock_AnInventedChange_IsNoticedAndShown(t *testing.T) {
	lock := reviewedOnce(t)
	for name, c := range invented {
		t.Run(name, func(t *testing.T) {
			upstream := edited(t, "vendor.json", c.edits)
			out, code := onVendor(t, upstream, lock)
			if code != 1 || !strings.Contains("\n"+out, "\n"+c.line) || !strings.Contains(out, getPrevious) {
				t.Fatalf("exit %d:\n%s", code, out)
			}
			out, code = onVendor(t, upstream, lock, "-previous", "testdata/vendor.json")
			if code != 1 || strings.Contains(out, getPrevious) {
				t.Errorf("exit %d:\n%s", code, out)
			}
			if !shows(out, "    - ", c.old) || !shows(out, "    + ", c.now) {
				t.Errorf("old %q and new %q are not shown:\n%s", c.old, c.now, out)
			}
		})
	}
}

// shows tells whether a line that begins with a mark has a text.
func shows(out, mark, text string) bool {
	if text == "" {
		return true
	}
	for line := range strings.Lines(out) {
		if after, ok := strings.CutPrefix(line, mark); ok && strings.Contains(after, text) {
			return true
		}
	}
	return false
}

func TestLock_AChangeWithoutAMeaning_Passes(t *testing.T) {
	lock := reviewedOnce(t)
	for name, edits := range map[string][]edit{
		"nothing":                        nil,
		"line breaks":                    {{"About the document.", `About\n  the document.`}},
		"the order of fields":            {{`"minLength": 1, "pattern": "^.+$"`, `"pattern": "^.+$", "minLength": 1`}},
		"the order of an enum":           {{`["REPLACE", "APPEND"]`, `["APPEND", "REPLACE"]`}},
		"the order of required":          {{`["username", "password"]`, `["password", "username"]`}},
		"where an extract says it is of": {{`"version": "1"`, `"version": "1", "x-source": {"commit": "1"}`}},
		"an operation for users":         {{"searchUsers", "findUsers"}, {"Nothing that is compared needs it.", "Changed."}},
		"a path named after tokens":      {{`"paths": {`, `"paths": {"/api/rest/2.0/connections/{id}/revoke-refresh-tokens": {"post": {"operationId": "other"}},`}},
		"a component that nothing needs": {{`"schemas": {`, `"schemas": {"Other": {"type": "string"},`}},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := onVendor(t, edited(t, "vendor.json", edits), lock); code != 0 {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

func TestLock_ALongText_IsShownAroundItsChange(t *testing.T) {
	lock := reviewedOnce(t)
	out, _ := onVendor(t, edited(t, "vendor.json", []edit{{"long enough", "far too long"}}), lock, "-previous", "testdata/vendor.json")
	for _, want := range []string{
		"operation/summary: …leaves them out. About the operation, in a sentence that is long enough to be shown in part: nobody wants to read all of it again, …\n",
		"operation/summary: …leaves them out. About the operation, in a sentence that is far too long to be shown in part: nobody wants to read all of it again, …\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
