package gen

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// exchange is what the server got, and what it responds with.
type exchange struct {
	method, target, contentType, body string
	header                            http.Header

	status                     int
	responseType, responseBody string
}

// serve returns a client of a server that records the last request in e.
func serve(t *testing.T, e *exchange) *ClientWithResponses {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e.method, e.target, e.contentType, e.body, e.header = r.Method, r.RequestURI, r.Header.Get("Content-Type"), string(body), r.Header
		w.Header().Set("Content-Type", e.responseType)
		w.WriteHeader(e.status)
		_, _ = io.WriteString(w, e.responseBody)
	}))
	t.Cleanup(server.Close)
	client, err := NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestParameters_AllKinds_AreInTheRequest(t *testing.T) {
	e := &exchange{status: 200, responseType: "application/json", responseBody: `{"title":"t"}`}
	client := serve(t, e)
	copies, dry, theme := int32(0), false, "dark"
	full := &PutBookParams{Reason: "a&b", Tags: []string{"x", "y z"}, Copies: &copies, XLibrary: "main", XDryRun: &dry, Theme: &theme}
	if _, err := client.PutBookWithResponse(t.Context(), "top/left 1", 1<<40, full, Book{Title: "t", Key: "open"}); err != nil {
		t.Fatal(err)
	}
	target, err := url.ParseRequestURI(e.target)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"reason": {"a&b"}, "tags": {"x", "y z"}, "copies": {"0"}}
	if e.method != "POST" || target.EscapedPath() != "/api/rest/2.0/shelves/top%2Fleft%201/books/1099511627776" || !reflect.DeepEqual(target.Query(), query) {
		t.Errorf("%s %s", e.method, e.target)
	}
	if e.header.Get("X-Library") != "main" || e.header.Get("X-Dry-Run") != "false" || e.header.Get("Cookie") != "theme=dark" {
		t.Errorf("%v", e.header)
	}
	if e.contentType != "application/json" || e.body != `{"title":"t","key":"open"}` && e.body != `{"key":"open","title":"t"}` {
		t.Errorf("%s %s", e.contentType, e.body)
	}
	if _, err := client.PutBookWithResponse(t.Context(), "s", 1, &PutBookParams{Reason: "r"}, Book{}); err != nil {
		t.Fatal(err)
	}
	if want := "/api/rest/2.0/shelves/s/books/1?reason=r"; e.target != want {
		t.Errorf("without the optional parameters: %s", e.target)
	}
	if _, there := e.header["X-Dry-Run"]; there || e.header.Get("Cookie") != "" {
		t.Errorf("without the optional parameters: %v", e.header)
	}
}

func TestBodies_AllKinds_AreInTheRequest(t *testing.T) {
	e := &exchange{status: 200, responseType: "application/json", responseBody: `{"title":"t"}`}
	client := serve(t, e)
	params := &PutBookParams{Reason: "r"}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("cover", "\x00\x01"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sent := form.String()
	for _, c := range []struct {
		contentType, body string
		send              func(context.Context) (*PutBookResult, error)
	}{
		{"application/merge-patch+json", `{"title":"new"}`, func(ctx context.Context) (*PutBookResult, error) {
			return client.PutBookWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, "s", 1, params, BookChange{Title: "new"})
		}},
		{"text/plain", "a <text>", func(ctx context.Context) (*PutBookResult, error) {
			return client.PutBookWithTextBodyWithResponse(ctx, "s", 1, params, "a <text>")
		}},
		{"application/octet-stream", "\x00\xff", func(ctx context.Context) (*PutBookResult, error) {
			return client.PutBookWithBodyWithResponse(ctx, "s", 1, params, "application/octet-stream", strings.NewReader("\x00\xff"))
		}},
		{w.FormDataContentType(), sent, func(ctx context.Context) (*PutBookResult, error) {
			return client.PutBookWithBodyWithResponse(ctx, "s", 1, params, w.FormDataContentType(), &form)
		}},
	} {
		r, err := c.send(t.Context())
		if err != nil || r.JSON200 == nil || r.JSON200.Title != "t" {
			t.Errorf("%s: %v, %v", c.contentType, r, err)
		}
		if e.contentType != c.contentType || e.body != c.body || e.target != "/api/rest/2.0/shelves/s/books/1?reason=r" {
			t.Errorf("%s: the server got %s %s %q", c.contentType, e.contentType, e.target, e.body)
		}
	}
}

// of writes which fields of a result are set, and to what.
func of(r *PutBookResult) string {
	var s []string
	add := func(name string, set bool, value any) {
		if set {
			s = append(s, fmt.Sprint(name, " ", value))
		}
	}
	if r.JSON200 != nil {
		add("200", true, r.JSON200.Title)
	}
	if r.JSON201 != nil {
		add("201", true, r.JSON201.Shelf)
	}
	if r.JSON400 != nil {
		add("400", true, string(r.JSON400.Error.Message))
	}
	if r.JSON409 != nil {
		add("409", true, r.JSON409.Title)
	}
	if r.JSON422 != nil {
		add("422", true, r.JSON422.Field)
	}
	if r.JSON423 != nil {
		add("423", true, r.JSON423.Until)
	}
	if r.JSON5XX != nil {
		add("5XX", true, r.JSON5XX.Shelf)
	}
	return strings.Join(s, ", ")
}

func TestResponse_EachStatus_HasItsOwnSchema(t *testing.T) {
	e := &exchange{}
	client := serve(t, e)
	for _, c := range []struct {
		status            int
		contentType, body string
		want              string
	}{
		{200, "application/json", `{"title":"t"}`, "200 t"},
		{201, "application/json", `{"shelf":"s"}`, "201 s"},
		{201, "text/html", `{"shelf":"s"}`, "201 s"},
		{202, "application/json", `{"title":"t"}`, "200 t"},
		{204, "", ``, ""},
		{400, "application/json", `{"error":{"message":7}}`, "400 7"},
		{409, "application/json", `{"title":"t"}`, "409 t"},
		{422, "application/json", `{"field":"f"}`, "422 f"},
		{422, "text/html", `{"field":"f"}`, "422 f"},
		{422, "text/html", `<html>`, ""},
		{422, "application/json", `{"field":7}`, ""},
		{423, "application/json", `{"until":"noon"}`, "423 noon"},
		{418, "application/json", `{"title":"t"}`, ""},
		{503, "application/json", `{"shelf":"s"}`, "5XX s"},
		{599, "application/json", `{"shelf":"s"}`, "5XX s"},
	} {
		e.status, e.responseType, e.responseBody = c.status, c.contentType, c.body
		r, err := client.PutBookWithResponse(t.Context(), "s", 1, &PutBookParams{Reason: "r"}, Book{})
		if err != nil {
			t.Errorf("%d %s: %v", c.status, c.body, err)
			continue
		}
		if got := of(r); got != c.want || r.StatusCode() != c.status || string(r.Body) != c.body {
			t.Errorf("%d %s: got %q", c.status, c.body, got)
		}
	}
	e.status, e.responseType, e.responseBody = 201, "application/json", `{"shelf":7}`
	if r, err := client.PutBookWithResponse(t.Context(), "s", 1, &PutBookParams{Reason: "r"}, Book{}); err == nil {
		t.Errorf("a success of another form is not an error: %+v", r.JSON201)
	}
}

func TestResponse_Default_IsOfEveryOtherStatus(t *testing.T) {
	e := &exchange{responseType: "text/html"}
	client := serve(t, e)
	for _, c := range []struct {
		status int
		body   string
		books  int
		field  string
	}{
		{200, `[{"title":"a"},{"title":"b"}]`, 2, ""},
		{206, `[{"title":"a"}]`, 1, ""},
		{404, `{"field":"f"}`, 0, "f"},
		{500, `{"field":"g"}`, 0, "g"},
	} {
		e.status, e.responseBody = c.status, c.body
		r, err := client.ListBooksWithResponse(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		books, field := 0, ""
		if r.JSON200 != nil {
			books = len(*r.JSON200)
		}
		if r.JSONDefault != nil {
			field = r.JSONDefault.Field
		}
		if books != c.books || field != c.field {
			t.Errorf("%d %s: %d books, field %q", c.status, c.body, books, field)
		}
	}
	for status, want := range map[int]string{200: "", 204: "", 409: "f"} {
		e.status, e.responseType, e.responseBody = status, "application/json", `{"field":"f"}`
		if status == 204 {
			e.responseBody = ""
		}
		r, err := client.DeleteBooksWithResponse(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := r.JSONDefault; (got == nil) != (want == "") || got != nil && got.Field != want {
			t.Errorf("%d: %+v", status, got)
		}
	}
}

func TestResponse_RangeOfStatuses_HasItsSchema(t *testing.T) {
	e := &exchange{status: 418, responseType: "application/json", responseBody: `{"field":"f"}`}
	r, err := serve(t, e).SortBooksWithResponse(t.Context())
	if err != nil || r.JSON4XX == nil || r.JSON4XX.Field != "f" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestResponse_Binary_IsInTheBody(t *testing.T) {
	e := &exchange{status: 200, responseType: "application/zip", responseBody: "{\x00\xff"}
	r, err := serve(t, e).GetCoversWithResponse(t.Context())
	if err != nil || string(r.Body) != e.responseBody || e.method != "GET" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestResult_Prints_AsOperationAndStatus(t *testing.T) {
	e := &exchange{status: 201, responseType: "application/json", responseBody: `{"shelf":"s3cret"}`}
	r, err := serve(t, e).PutBookWithResponse(t.Context(), "s", 1, &PutBookParams{Reason: "r"}, Book{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%+v", r); got != "PutBook: 201 Created" {
		t.Error(got)
	}
	if got := fmt.Sprintf("%+v", Book{Title: "t", Key: "s3cret"}); strings.Contains(got, "s3cret") {
		t.Error(got)
	}
}
