package diagnosis

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// What is pasted into an issue says neither who the person is nor where files are.
func TestShortener_Names_AreNotInTheResults(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of Unix")
	}
	t.Setenv("HOME", "/home/Ann Lee")
	o := config.Options{
		Flags:   config.Flags{ConfigFile: "/mnt/the share/config.toml", CAFile: "ca.pem"},
		Environ: []string{"THOUGHTSPOT_PASSWORD_FILE=/mnt/the share/pw", "THOUGHTSPOT_TOKEN_FILE=token", "THOUGHTSPOT_SECRET_KEY_FILE=/home/Ann Lee/my secrets/key", "OTHER_FILE=/other file"},
	}
	settings := &config.Settings{Host: config.Value{Text: "https://acme.example:8443"}, Username: config.Value{Text: "ann"}}
	for text, want := range map[string]string{
		"open /home/Ann Lee/my secrets/pw":                           "open ~/… secrets/pw", // only flags and variables may have spaces
		"open /home/Ann Lee/my secrets/key: gone":                    "open ~/…: gone",
		"from /home/Ann Lee/.config/thoughtspot/config.toml, line 3": "from ~/…, line 3",
		"open /mnt/the share/pw: no such file":                       "open /…: no such file",
		"/mnt/the share/config.toml is not TOML":                     "/… is not TOML",
		"profile \"x\": /etc/a/config.toml: gone":                    "profile \"x\": /…: gone",
		"(/srv/ann/pw)": "(/…)",
		"host: https://acme.example:8443, from X":  "host: https://a…:8443, from X",
		"GET /api/rest/2.0/auth/session/user: 401": "GET /api/rest/2.0/auth/session/user: 401",
		"user ann, text/html":                      "user a…, text/html",
		"token: from THOUGHTSPOT_TOKEN_FILE":       "token: from THOUGHTSPOT_TOKEN_FILE",
	} {
		short := newShortener(o, settings)
		for range 2 {
			if got := short.text(text); got != want {
				t.Errorf("%q: %q, want %q", text, got, want)
			}
		}
	}
	for _, o := range []config.Options{{}, o} { // settings that could not be loaded
		if got := newShortener(o, nil).text("open " + filepath.Join("/home/Ann Lee", "x") + ": gone"); got != "open ~/…: gone" {
			t.Errorf("%q", got)
		}
	}
}
