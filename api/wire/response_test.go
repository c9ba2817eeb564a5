package wire

import (
	"net/http"
	"reflect"
	"testing"
)

func TestDecode_ListWithoutAContentType_IsReadWhereAListIsExpected(t *testing.T) {
	rsp := &http.Response{Header: http.Header{"Content-Type": {"text/html"}}}
	list, err := Decode[[]string](rsp, []byte(` ["a"]`))
	if err != nil || list == nil || !reflect.DeepEqual(*list, []string{"a"}) {
		t.Errorf("%v, %v", list, err)
	}
	object, err := Decode[struct{ A string }](rsp, []byte(`["a"]`))
	if err != nil || object != nil {
		t.Errorf("a list in place of an object: %v, %v", object, err)
	}
	page, err := Decode[[]string](rsp, []byte(`[a page]`))
	if err != nil || page != nil {
		t.Errorf("a page: %v, %v", page, err)
	}
	rsp.Header.Set("Content-Type", "application/json")
	if list, err := Decode[[]string](rsp, []byte(`{"a":"secret"}`)); err == nil || list != nil || err.Error() != "the body is JSON of another form than documented" {
		t.Errorf("an object in place of a list: %v, %v", list, err)
	}
}
