package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
)

// maxProfiles is more than any file of profiles has: 64 KiB.
const maxProfiles = 64 << 10

// decodeTables returns the tables of a file of profiles, or its problem. The
// profile is the one that a setting outside of all tables may have been meant for. The
// text may hold secrets, so none of it is repeated except names.
func decodeTables(text []byte, profile string) (map[string]any, string) {
	if len(text) > maxProfiles {
		return nil, fmt.Sprintf("has more than %d bytes", maxProfiles)
	}
	if problem := encodingProblem(string(text)); problem != "" {
		return nil, problem
	}
	if line, ok := nestedTooDeep(string(text)); ok {
		return nil, fmt.Sprintf("nests more than %d tables or lists at line %d", maxNesting, line)
	}
	var tables map[string]any
	_, err := toml.Decode(string(text), &tables)
	if err != nil {
		line := 0
		var parse toml.ParseError // whose text may repeat a secret
		if errors.As(err, &parse) {
			line = parse.Position.Line
		}
		return nil, fmt.Sprintf("is not TOML at line %d", line)
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if _, ok := tables[name].(map[string]any); !ok {
			return nil, outsideProblem(text, tables, name, profile)
		}
	}
	return tables, ""
}

// outsideProblem says where a setting is that belongs to no profile, and how to mend it.
func outsideProblem(text []byte, tables map[string]any, name, profile string) string {
	if _, ok := tables[name].([]map[string]any); ok {
		return fmt.Sprintf("has [[%s]]: write [%s]", name, name)
	}
	where := ""
	if line := lineOf(text, "", name); line > 0 {
		where = fmt.Sprintf(" at line %d", line)
	}
	return fmt.Sprintf("has %s%s outside of a profile: write the line [%s] above it, or move it into another profile", name, where, tableName(profile))
}
