package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// commit returns the commit that is measured, as RESULTS.md names it. It is an error if
// there are changes that are not committed.
func commit(ctx context.Context) (string, error) {
	printed, err := command(ctx, nil, "go", "-C", "../..", "run", "./tests/measured", "-commit")
	return strings.TrimSpace(string(printed)), err
}

// machine says where and when the benchmarks ran.
func machine(res results) string {
	return fmt.Sprintf("%s on %s, %d cores, %s/%s, %s.", time.Now().UTC().Format(time.DateOnly), res.cpu, runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// libraries prints the versions of the other libraries.
func libraries(w io.Writer) {
	fmt.Fprint(w, "\n## Versions\n\n")
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "golang.org/x/oauth2", "cloud.google.com/go/auth", "github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/aws/aws-sdk-go-v2", "github.com/bradleyfalzon/ghinstallation/v2", "github.com/oapi-codegen/oapi-codegen/v2":
			fmt.Fprintf(w, "- %s %s\n", m.Path, m.Version)
		}
	}
}

// lacking prints what each library does not do.
func lacking(w io.Writer) {
	fmt.Fprint(w, "\n## What each lacks\n\n")
	for _, p := range peers.All() {
		if p.Lacks != "" {
			fmt.Fprintf(w, "- %s: %s.\n", p.Name, p.Lacks)
		}
	}
}
