package tests_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write INVARIANTS.md from the tests that exist")

// TestInvariants holds INVARIANTS.md to the promises and to the tests that
// exist: each id that a test carries has a promise, and the table lists each
// test. After a test is added, renamed or removed, this writes the table:
//
//	go test ./tests -run TestInvariants -update
func TestInvariants(t *testing.T) {
	guards, err := findGuards("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(guards)) {
		isPromise := slices.ContainsFunc(promises, func(p promise) bool { return p.id == id })
		if !isPromise {
			t.Errorf("%s has no promise in promises_test.go, but tests: %s", id, strings.Join(guards[id], ", "))
		}
	}
	want := invariants(guards)
	if *update {
		if err := os.WriteFile("INVARIANTS.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("INVARIANTS.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("INVARIANTS.md is out of date; run: go test ./tests -run TestInvariants -update")
	}
}

func TestInvariants_IDs_AreReadFromNames(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"TestR13_SuspectPrincipal_DelaysNobodyElse": "R13",
		"TestR5_R6_Crowd_IsServed":                  "R5 R6",
		"TestR3R5R6AnOutageIsProbed":                "R3 R5 R6",
		"TestS4AndL1AfterTheEnd":                    "S4 L1",
		"TestR3A401DoesNotSpread":                   "R3",
		"BenchmarkI1Edit":                           "I1",
		"TestP4HTTP2ManyStreams":                    "P4",
		"TestSHA256":                                "",
		"X1: is not followed":                       "X1",
		"T3, U2: cannot be read":                    "T3 U2",
		"the I2: case":                              "",
	}
	for name, want := range tests {
		if got := strings.Join(idsOf(name), " "); got != want {
			t.Errorf("%q: ids %q, want %q", name, got, want)
		}
	}
}

// invariants returns the text of INVARIANTS.md.
func invariants(guards map[string][]string) string {
	var table strings.Builder
	var open []string
	for _, p := range promises {
		tests := slices.Concat(guards[p.id], p.also)
		if len(tests) == 0 {
			open = append(open, p.id)
			continue
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", p.id, p.text, strings.Join(tests, ", "))
	}
	if len(open) > 0 {
		fmt.Fprintf(&table, "\nWithout a test so far: %s.\n", strings.Join(open, ", "))
	}
	return invariantsHead + table.String()
}

const invariantsHead = `<!-- Written by go test ./tests -run TestInvariants -update. Promises are edited in promises_test.go. -->

# Invariants and their tests

Each promise has an id, and each test that guards it carries the id at the beginning of its name.
Quoted names are Ginkgo specs.

| id | promise | guarded by |
| --- | --- | --- |
`

// findGuards returns, for each id, the names of the tests below root that carry it.
func findGuards(root string) (map[string][]string, error) {
	guards := make(map[string][]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && isSkipped(entry.Name()) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, name := range testNames(file) {
			for _, id := range idsOf(name) {
				guards[id] = append(guards[id], quoted(name))
			}
		}
		return nil
	})
	for id, names := range guards {
		slices.Sort(names)
		guards[id] = slices.Compact(names)
	}
	return guards, err
}

// isSkipped reports whether a folder holds no tests of this project.
func isSkipped(dir string) bool {
	isHidden := strings.HasPrefix(dir, ".") && dir != ".."
	return isHidden || dir == "testdata" || dir == "node_modules" || strings.HasPrefix(dir, "tmp-")
}

// testNames returns the names of the test functions of file and the texts of its
// Ginkgo nodes. Of a text that is put together it returns the first part.
func testNames(file *ast.File) []string {
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names = append(names, n.Name.Name)
		case *ast.CallExpr:
			names = append(names, nodeText(n))
		}
		return true
	})
	return names
}

// nodeText returns the text of a Ginkgo node, or "" if call makes none.
func nodeText(call *ast.CallExpr) string {
	name, isIdent := call.Fun.(*ast.Ident)
	if !isIdent || len(call.Args) == 0 || !slices.Contains(ginkgoNodes, name.Name) {
		return ""
	}
	text := call.Args[0]
	for {
		sum, isSum := text.(*ast.BinaryExpr)
		if !isSum {
			break
		}
		text = sum.X
	}
	literal, isLiteral := text.(*ast.BasicLit)
	if !isLiteral {
		return ""
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(value)
}

var (
	ginkgoNodes = []string{"Describe", "DescribeTable", "Context", "When", "It", "Entry"}

	// The ids at the beginning of TestR5_R6_Crowd_IsServed, TestP7S5ACredential
	// or TestS4AndL1AfterTheEnd.
	idsOfFunc = regexp.MustCompile(`^(?:Test|Benchmark|Fuzz)((?:(?:_|And)?[IRPSXLUTK]\d+)+)(?:_|[A-Z]|$)`)
	// The ids at the beginning of "T3, U2: a page of another site".
	idsOfText = regexp.MustCompile(`^([IRPSXLUTK]\d+(?:, [IRPSXLUTK]\d+)*): `)
	oneID     = regexp.MustCompile(`[IRPSXLUTK]\d+`)
)

// idsOf returns the ids of the promises that the test called name guards.
func idsOf(name string) []string {
	match := idsOfFunc.FindStringSubmatch(name)
	if match == nil {
		match = idsOfText.FindStringSubmatch(name)
	}
	if match == nil {
		return nil
	}
	return oneID.FindAllString(match[1], -1)
}

// quoted returns the name of a test as the table shows it.
func quoted(name string) string {
	if idsOfFunc.MatchString(name) {
		return "`" + name + "`"
	}
	return `"` + strings.ReplaceAll(name, "|", `\|`) + `"`
}
