package simulate

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// about is what the help says before the flags. It has a place for the name of the
// command.
const about = `Usage: %[1]s [flags]

Simulate the server, for tests without a cluster.

Prints its address and serves until it is interrupted. It keeps passwords in
plain text, forgets everything when it ends, and must not be reachable by other
people.

Examples:

    %[1]s --user ann:her-password
    %[1]s --secret-key a-key --org 2:Sales --control 127.0.0.1:4124

Flags:
`

// helpWidth is the length of the longest line of the help.
const helpWidth = 80

// printHelp writes what the command does and what its flags mean.
func printHelp(w io.Writer, name string, flags *flag.FlagSet) {
	_, _ = fmt.Fprintf(w, about, name)
	rows := [][2]string{{"  -h, --help", "Show help."}}
	flags.VisitAll(func(f *flag.Flag) {
		value, meaning := flag.UnquoteUsage(f)
		left := "      --" + f.Name
		if len(f.Name) == 1 {
			left = "  -" + f.Name
		}
		if value != "" {
			left += "=" + value
		}
		if f.DefValue != "" && f.DefValue != "false" {
			meaning += " (" + f.DefValue + ")"
		}
		rows = append(rows, [2]string{left, meaning})
	})
	column := 0
	for _, row := range rows {
		column = max(column, len(row[0])+4)
	}
	for _, row := range rows {
		left := row[0]
		for _, line := range wrap(row[1], helpWidth-column) {
			_, _ = fmt.Fprintf(w, "%-*s%s\n", column, left, line)
			left = ""
		}
	}
}

// wrap splits a text into lines of at most a width, unless a word is longer.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// withTwoDashes returns the text of an error of package flag, with the flag as the help
// writes it.
func withTwoDashes(err error) string {
	return strings.NewReplacer(
		"flag provided but not defined: -", "unknown flag --",
		"flag needs an argument: -", "flag needs a value: --",
		" for flag -", " for flag --",
		"\" for -", "\" for --",
	).Replace(err.Error())
}
