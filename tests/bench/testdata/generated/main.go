// Generated makes one authorised call with a client of 180 operations, which
// lies beside this file when it is compiled; see import_test.go.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
)

func main() {
	client, err := NewClientWithResponses(os.Getenv("THOUGHTSPOT_HOST"), WithRequestEditorFn(
		func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", "Bearer "+os.Getenv("THOUGHTSPOT_TOKEN"))
			return nil
		}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	resp, err := client.Operation000WithResponse(context.Background(), Request000{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(resp.Status())
}
