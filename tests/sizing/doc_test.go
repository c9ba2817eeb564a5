package sizing_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/tests/sizing"
)

func TestPage_Tables_AgreeWithTheModel(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	rest := string(page)
	for _, table := range sizing.Tables() {
		_, text, found := strings.Cut(rest, "<!-- "+table.Name+" -->\n\n")
		text, after, closed := strings.Cut(text, "\n<!-- end -->")
		if !found || !closed {
			t.Errorf("docs/sizing.md does not have the table %s; make sizing prints it", table.Name)
			continue
		}
		rest = after
		isQuick := table.Name == "redis" || table.Name == "memory"
		if !isQuick && !fullSize() {
			continue
		}
		if model := table.Text(); text != model {
			t.Errorf("docs/sizing.md does not have the table %s as the model computes it; make sizing prints it:\n%s", table.Name, model)
		}
	}
	if strings.Contains(rest, "<!-- end -->") {
		t.Error("docs/sizing.md has a table that the model does not have")
	}
}
