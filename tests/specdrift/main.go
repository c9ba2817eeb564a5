// Specdrift compares the operations of api/openapi.yaml with the same
// operations in a copy of the vendor's published spec, and prints what differs:
// operations, properties, required, enums and types.
//
//	go run ./tests/specdrift -upstream openapiSpecv3-2_0.json
//
// Differences that are meant stand in differences.json with a reason each and
// are not printed; an entry there that no longer fits anything is. Exit status
// 0 means no difference, 1 some, 2 that the comparison was not possible.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/getkin/kin-openapi/openapi3"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("specdrift", flag.ContinueOnError)
	flags.SetOutput(stderr)
	ours := flags.String("ours", "api/openapi.yaml", "our `file`")
	upstream := flags.String("upstream", "", "the vendor's `file`, JSON or YAML")
	meant := flags.String("differences", "tests/specdrift/differences.json", "`file` of the differences that are meant")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *upstream == "" {
		fmt.Fprintln(stderr, "specdrift: -upstream: give a copy of the vendor's published spec")
		return 2
	}
	excuses, err := loadExcuses(*meant)
	if err != nil {
		fmt.Fprintln(stderr, "specdrift:", err)
		return 2
	}
	var shapes [2]shape
	for i, file := range []string{*ours, *upstream} {
		doc, err := openapi3.NewLoader().LoadFromFile(file)
		if err != nil {
			fmt.Fprintf(stderr, "specdrift: %s: %v\n", file, err)
			return 2
		}
		shapes[i] = shapeOf(doc)
	}
	differences, stale := excuses.sift(compare(shapes[0], shapes[1]))
	for _, d := range differences {
		fmt.Fprintln(stdout, d)
	}
	for _, e := range stale {
		fmt.Fprintf(stdout, "differences.json: nothing is like %q any more\n", e.Like)
	}
	fmt.Fprintf(stdout, "%d operations compared, %d differences, %d more are meant\n",
		len(shapes[0].operations), len(differences), excuses.used)
	if len(differences)+len(stale) > 0 {
		return 1
	}
	return 0
}
