package config_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// allocated returns how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The parser's memory grows with the square of the nesting: 300 KB took 24 GB.
func TestLoad_DeepNesting_IsAnErrorThatCostsLittle(t *testing.T) {
	const levels = 3000
	for name, deep := range map[string]string{
		"tables":                  strings.Repeat("a={", levels) + strings.Repeat("}", levels),
		"unclosed tables":         strings.Repeat("a={", levels),
		"lists":                   "a=" + strings.Repeat("[", levels) + strings.Repeat("]", levels),
		"tables in lists":         "a=" + strings.Repeat("[{a=", levels),
		"parts of a key":          strings.Repeat("a.", levels) + "a=1",
		"parts of a header":       "[" + strings.Repeat("a.", levels) + "a]",
		"behind quotes in a text": `a=["""x""""", '''y'''', "\"", '\', ` + strings.Repeat("[", levels),
		"behind a comment":        "a=[ # \"\n" + strings.Repeat("[", levels),
		"behind lines of a text":  "a='''\n\n'''\nb=" + strings.Repeat("[", levels),
		"quoted keys":             strings.Repeat(`"}" = {`, levels),
	} {
		t.Run(name, func(t *testing.T) {
			w := world{profiles: basic + deep + "\n"}
			var err error
			bytes := allocated(func() { _, err = w.load(t) })
			lines := strings.Count(strings.TrimRight(w.profiles, "\n"), "\n") + 1 // it is the last one
			isInvalid(t, err, fmt.Sprintf("nests more than 8 tables or lists at line %d:", lines), "THOUGHTSPOT_CONFIG_FILE")
			if bytes > 8<<20 {
				t.Errorf("%d bytes were allocated for a file of %d", bytes, len(w.profiles))
			}
			path := write(t, w.profiles)
			bytes = allocated(func() { err = config.ReplaceProfile(path, "default", byValue) })
			isInvalid(t, err, path, "nests more than 8")
			if bytes > 8<<20 {
				t.Errorf("%d bytes were allocated to replace a profile", bytes)
			}
		})
	}
}

// Texts and comments may have as many brackets and dots as they like.
func TestLoad_BracketsInTexts_AreAccepted(t *testing.T) {
	brackets := strings.Repeat("[{.", 20)
	for name, line := range map[string]string{
		"text":           `x = "` + brackets + `\"` + brackets + `"`,
		"literal text":   `x = '` + brackets + `\'`,
		"lines":          "x = \"\"\"\n" + brackets + "\\\"\"\"\"\"\"",
		"literal lines":  "x = '''\n" + brackets + "\n'' '''",
		"empty texts":    `x = ["", '', """""", '''''']` + "\n# " + brackets,
		"comment":        "# ' " + brackets + "\nx = 1 # \" " + brackets,
		"many, not deep": "x = [" + strings.Repeat("[1.5, {a.b = 2.5}],", 100) + "]",
		"many numbers":   "x = [" + strings.Repeat("1.5,", 100) + "]",
		"eight levels":   "x = " + strings.Repeat("[", 8) + strings.Repeat("]", 8),
	} {
		for _, end := range []string{"\n", "\r\n"} {
			s, err := world{profiles: basic + "[other]\n" + strings.ReplaceAll(line, "\n", end) + end}.load(t)
			if err != nil || s.Host.Text != "default.example" {
				t.Errorf("%s: %v, %v", name, s, err)
			}
		}
	}
}
