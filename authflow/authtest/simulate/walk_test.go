package simulate

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The walk in the package's doc does what the doc says.
func TestWalkThroughTheControlAPI(t *testing.T) {
	steps := walkOf(t)
	w := &walk{vars: make(map[string]string), replace: strings.NewReplacer()}
	for _, s := range steps {
		if args, is := strings.CutPrefix(s.command, "tsauth simulate "); is {
			w.start(t, strings.Fields(args), s.output)
			continue
		}
		got, err := w.run(t, s.command)
		if err != nil {
			t.Fatalf("%s: %v", s.command, err)
		}
		if !pattern(s.output).MatchString(got) {
			t.Errorf("$ %s\n%s\nbut the doc has\n%s", s.command, got, s.output)
		}
	}
	if w.calls < 20 {
		t.Errorf("%d calls in %d steps", w.calls, len(steps))
	}
}

// step is a command of the doc, and what it prints.
type step struct{ command, output string }

// walkOf reads the commands from the code blocks of the package's doc.
func walkOf(t *testing.T) (steps []step) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(f.Doc.Text()) {
		line, code := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "\t")
		switch command, is := strings.CutPrefix(line, "$ "); {
		case !code:
		case is:
			steps = append(steps, step{command: command})
		case len(steps) > 0:
			steps[len(steps)-1].output += line + "\n"
		}
	}
	return steps
}

// pattern is an output in which … stands for anything.
func pattern(output string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(strings.TrimSuffix(output, "\n"))
	return regexp.MustCompile(`\A(?s:` + strings.ReplaceAll(quoted, "…", ".*") + `)\n?\z`)
}

// walk is as much of a shell, of curl and of jq as the doc uses, so that the
// test needs none of them.
type walk struct {
	vars    map[string]string
	replace *strings.Replacer // replaces the ports in the doc by free ones
	calls   int
}

// start runs the program at free ports, with a line of output for each.
func (w *walk) start(t *testing.T, args []string, output string) {
	t.Helper()
	documented := regexp.MustCompile(`http://\S+`).FindAllString(output, -1)
	args = append(args, "--addr", "127.0.0.1:0")
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, ":4124", ":0")
	}
	lines, _, stop := start(t, len(documented), args...)
	t.Cleanup(func() { stop() })
	var pairs []string
	for i, line := range lines {
		pairs = append(pairs, documented[i], line[strings.Index(line, "http://"):])
	}
	w.replace = strings.NewReplacer(pairs...)
	if got, want := strings.Join(lines, "\n"), w.replace.Replace(output); got+"\n" != want {
		t.Fatalf("the program prints %q, and the doc has %q", got, want)
	}
}

// run runs a line: an assignment, of a word or of what curl and jq print, or
// curl.
func (w *walk) run(t *testing.T, line string) (string, error) {
	name, value, assigns := strings.Cut(line, "=")
	if !assigns || strings.Contains(name, " ") {
		return w.curl(t, w.words(line))
	}
	inner, is := strings.CutPrefix(value, "$(")
	if !is {
		w.vars[name] = w.replace.Replace(w.words(value)[0])
		return "", nil
	}
	command, field, _ := strings.Cut(strings.TrimSuffix(inner, ")"), " | jq -r .")
	body, err := w.curl(t, w.words(command))
	if err != nil {
		return "", err
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return "", fmt.Errorf("%s: %w", body, err)
	}
	if answer[field] == nil {
		return "", fmt.Errorf("no %s in %s", field, body)
	}
	w.vars[name] = fmt.Sprint(answer[field])
	return "", nil
}

// words splits a line as a shell does.
func (w *walk) words(line string) (words []string) {
	var word strings.Builder
	quote, begun := rune(0), false
	for _, c := range line {
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, begun = c, true
		case quote == 0 && c == ' ':
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		case quote == '\'' && c == '$':
			word.WriteRune(literalDollar)
			begun = true
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	for i := range words {
		words[i] = strings.ReplaceAll(os.Expand(words[i], func(name string) string { return w.vars[name] }), string(literalDollar), "$")
	}
	return words
}

// literalDollar stands for a $ in single quotes.
const literalDollar = '\uE000'

// curl does what curl does with the flags that the doc uses.
func (w *walk) curl(t *testing.T, words []string) (string, error) {
	if len(words) == 0 || words[0] != "curl" {
		return "", fmt.Errorf("the test does not know the command %q", words)
	}
	method, url, body, format, discard := http.MethodGet, "", "", "", false
	header := make(http.Header)
	for rest := words[1:]; len(rest) > 0; {
		flag := rest[0]
		if !strings.HasPrefix(flag, "-") {
			url, rest = flag, rest[1:]
			continue
		}
		if flag == "-s" {
			rest = rest[1:]
			continue
		}
		if len(rest) < 2 {
			return "", fmt.Errorf("%s has no value", flag)
		}
		value := rest[1]
		rest = rest[2:]
		switch flag {
		case "-so":
			discard = value == "/dev/null"
		case "-w":
			format = value
		case "-X":
			method = value
		case "-H":
			name, text, _ := strings.Cut(value, ": ")
			header.Set(name, text)
		case "--json":
			body = value
			header.Set("Content-Type", "application/json")
			header.Set("Accept", "application/json")
			if method == http.MethodGet {
				method = http.MethodPost
			}
		default:
			return "", fmt.Errorf("the test does not know curl's %s", flag)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header = header
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	w.calls++
	b, err := io.ReadAll(res.Body)
	if discard {
		b = nil
	}
	return string(b) + strings.NewReplacer("%{http_code}", fmt.Sprint(res.StatusCode), `\n`, "\n").Replace(format), err
}
