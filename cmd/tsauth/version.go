package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct {
	JSON bool `help:"Print JSON."`
}

// Help implements a hook of kong.
func (*versionCommand) Help() string {
	return `Examples:

  tsauth version
  tsauth version --json`
}

// Run prints the version of the module, and of Go.
func (c *versionCommand) Run(p *program) error {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]string{
			"version": version, "go": runtime.Version(), "platform": platform,
		})
	}
	_, err := fmt.Fprintf(p.stdout, "tsauth %s %s %s\n", version, runtime.Version(), platform)
	return err
}
