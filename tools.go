//go:build tools

// The code generator is a dependency, so that go.mod pins its version.

package tsauth

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
