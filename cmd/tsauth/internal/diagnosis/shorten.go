package diagnosis

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// shortener replaces names that say who somebody is: host and user by their first letter,
// and paths of files by ~/… below the home folder and by /… in other places.
type shortener struct {
	names *strings.Replacer
	home  string // with a separator at its end, "" if there is none
}

// newShortener returns a shortener for results about settings. They are nil if they could
// not be loaded; then the results name no host and no user.
func newShortener(o config.Options, settings *config.Settings) *shortener {
	s := &shortener{}
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		s.home = filepath.Clean(home) + string(filepath.Separator)
	}
	names := filesOf(o) // which may have spaces
	if settings != nil {
		names = append(names, settings.CAFile.Text, settings.Profile.Source, hostName(settings.Host.Text), settings.Username.Text)
	}
	var pairs []string
	for _, name := range names {
		if len(name) > 1 {
			pairs = append(pairs, name, s.name(name))
		}
	}
	if s.home != "" {
		pairs = append(pairs, s.home, "~/")
	}
	s.names = strings.NewReplacer(pairs...)
	return s
}

// filesOf returns the paths of files that flags and variables name.
func filesOf(o config.Options) []string {
	var files []string
	for _, flag := range []string{o.Flags.ConfigFile, o.Flags.CAFile} {
		if filepath.IsAbs(flag) {
			files = append(files, flag)
		}
	}
	for _, pair := range o.Environ {
		name, value, _ := strings.Cut(pair, "=")
		isOurs := strings.HasPrefix(name, "THOUGHTSPOT_") && strings.HasSuffix(name, "_FILE")
		if isOurs && filepath.IsAbs(value) {
			files = append(files, value)
		}
	}
	return files
}

// name shortens a name or a path.
func (s *shortener) name(name string) string {
	switch {
	case s.home != "" && strings.HasPrefix(name, s.home):
		return "~/…"
	case filepath.IsAbs(name):
		return "/…"
	}
	return string([]rune(name)[:1]) + "…"
}

// absolutePath is a path at the beginning of a word. In an address it is not there.
var absolutePath = regexp.MustCompile(`(^|[\s"'(])(~?/)[^\s"'(),;:]+`)

// text shortens all names in a text. The paths that are left are of files that profiles
// name.
func (s *shortener) text(text string) string {
	return absolutePath.ReplaceAllStringFunc(s.names.Replace(text), func(found string) string {
		if strings.HasPrefix(strings.TrimLeft(found, " \"'("), "/api/") {
			return found // a path of the server
		}
		return absolutePath.ReplaceAllString(found, "$1$2…")
	})
}
