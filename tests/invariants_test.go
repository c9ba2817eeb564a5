package tests_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInvariants holds the table of INVARIANTS.md to the tests that exist: every
// id has a row, and every test that a row names is there.
func TestInvariants(t *testing.T) {
	var sources strings.Builder
	for _, pattern := range []string{"*_test.go", "../authflow/*_test.go", "../authflow/internal/renewal/*_test.go",
		"../authflow/pool/*_test.go", "../authflow/tokenservice/*_test.go",
		"../authflow/filestore/*_test.go", "../authflow/redisstore/*_test.go", "compose/*_test.go", "embed/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			if f == "invariants_test.go" {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(b)
		}
	}
	table, err := os.ReadFile("INVARIANTS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z]\d+) \|.*\|(.*)\|$`).FindAllStringSubmatch(string(table), -1) {
		rows[m[1]] = m[2]
	}
	for kind, n := range map[string]int{"I": 6, "R": 12, "P": 7, "S": 6, "X": 5, "L": 5, "U": 1, "T": 5, "K": 4} {
		for i := range n {
			id := fmt.Sprint(kind, i+1)
			tests := regexp.MustCompile("`((?:Test|Benchmark)\\w+)`|\"([^\"]+)\"").FindAllStringSubmatch(rows[id], -1)
			if len(tests) == 0 {
				t.Errorf("%s: no test", id)
			}
			for _, m := range tests {
				text := m[2]
				if m[1] != "" {
					text = "func " + m[1] + "("
				}
				if !strings.Contains(sources.String(), text) {
					t.Errorf("%s: there is no %s%s", id, m[1], m[2])
				}
			}
		}
	}
}
