package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// readable returns source with its texts repeated as comments: each string
// literal of three words or more, and each name of a test as words. A text
// stands at the end of the line on which its literal or name ends.
func readable(name string, source []byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(source), "\n")
	ast.Inspect(file, func(n ast.Node) bool {
		text := textOf(n)
		if text == "" {
			return true
		}
		// The full stop keeps a text apart from the one on the next line.
		lines[fset.Position(n.End()).Line-1] += " // " + text + "."
		return true
	})
	return []byte(strings.Join(lines, "\n")), nil
}

// textOf returns what people read of n: "" if it is not a text.
func textOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BasicLit:
		return textOfLiteral(n)
	case *ast.Ident:
		if isTest.MatchString(n.Name) {
			return words(n.Name)
		}
	}
	return ""
}

// textOfLiteral returns the text of a string literal as one line. Shorter ones
// are keys, names and formats rather than English.
func textOfLiteral(n *ast.BasicLit) string {
	text, err := strconv.Unquote(n.Value)
	if err != nil {
		return ""
	}
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return ""
	}
	return strings.Join(fields, " ")
}

var (
	isTest      = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)[A-Z]`)
	wordEnd     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	initialsEnd = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
)

// words returns the words of a name: "test r5 caller waits once" for
// "TestR5_CallerWaitsOnce".
func words(name string) string {
	name = strings.ReplaceAll(name, "_", " ")
	name = wordEnd.ReplaceAllString(name, "$1 $2")
	name = initialsEnd.ReplaceAllString(name, "$1 $2")
	return strings.ToLower(name)
}
