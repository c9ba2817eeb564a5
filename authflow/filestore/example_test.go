package filestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A tool that is run three times asks the server for one token. It would call New
// without WithDir, and use the cache folder of the user.
func ExampleNew() {
	server := authtest.NewServer()
	defer server.Close()
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(parent) }()

	for range 3 {
		store, err := filestore.New(filestore.WithDir(filepath.Join(parent, "tokens")))
		if err != nil {
			panic(err)
		}
		key, err := store.Key()
		if err != nil {
			panic(err)
		}
		cluster, err := authflow.New(server.URL, authflow.WithStore(store, key))
		if err != nil {
			panic(err)
		}
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{
			Username: authtest.DefaultUsername,
			Password: authtest.DefaultPassword,
		})
		if err != nil {
			panic(err)
		}
		if _, err := flow.Token(context.Background()); err != nil {
			panic(err)
		}
	}
	fmt.Println(server.Calls(authtest.OpGetFullAccessToken), "token")
	// Output: 1 token
}
