// Package apicall sends one request to the API with the credential of a Flow, and writes
// the response:
//
//	call := apicall.Call{Path: "/api/rest/2.0/users/search", Data: "{}"}
//	err := call.Run(ctx, flow, os.Stdin, os.Stdout)
package apicall
