// Print prints the tables of docs/sizing.md.
package main

import (
	"fmt"

	"github.com/go-thoughtspot/tsauth/tests/sizing"
)

func main() {
	for _, t := range sizing.Tables() {
		fmt.Printf("<!-- %s -->\n\n%s\n<!-- end -->\n\n", t.Name, t.Text())
	}
}
