package simulate

import (
	"bufio"
	"bytes"
	"encoding/json"

	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get returns the status and the body of a GET.
func get(t *testing.T, url string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestRun_JSON_PrintsBothAddressesOnOneLine(t *testing.T) {
	line, _, stop := program(t, "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json")
	var found struct {
		URL        string
		ControlURL string `json:"control_url"`
	}
	if err := json.Unmarshal([]byte(line), &found); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if status, body := get(t, found.ControlURL+"/healthz"); status != 200 || body != `{"status":"ok"}`+"\n" {
		t.Errorf("healthz: %d %s", status, body)
	}
	if status, _ := get(t, found.URL+"/api/rest/2.0/auth/session/user"); status != 401 {
		t.Errorf("the API: %d", status)
	}
	if code, rest := stop(); code != ExitOK || rest != "" {
		t.Errorf("exit %d, %q", code, rest)
	}
	line, _, stop = program(t, "--addr", "127.0.0.1:0", "--json")
	if strings.Contains(line, "control") {
		t.Errorf("without a control API it prints %q", line)
	}
	stop()
}

func TestRun_ExitWithStdin_EndsWhenStdinCloses(t *testing.T) {
	stdin, starter := io.Pipe()
	out, stdout := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- Run(t.Context(), "simulator", []string{"--addr", "127.0.0.1:0", "--exit-with-stdin"}, stdin, stdout, io.Discard)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := starter.Write([]byte("text before the end is ignored\n")); err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, strings.TrimSpace(line)+"/nowhere"); status != 404 {
		t.Errorf("status %d", status)
	}
	select {
	case c := <-code:
		t.Fatalf("it ended with %d while standard input was open", c)
	default:
	}
	_ = starter.Close()
	if c := <-code; c != ExitOK {
		t.Errorf("exit %d", c)
	}
}

// Under systemd, in a container and behind & standard input is /dev/null.
func TestRun_StdinAtItsEnd_Serves(t *testing.T) {
	url, _, stop := program(t, "--addr", "127.0.0.1:0") // with no standard input at all
	if status, _ := get(t, url+"/nowhere"); status != 404 {
		t.Errorf("status %d", status)
	}
	if code, _ := stop(); code != ExitOK {
		t.Errorf("exit %d", code)
	}
}

func TestRun_OpenAPI_ServesTheDocumentAndReportsOnStderr(t *testing.T) {
	file := filepath.Join(t.TempDir(), "openapi.json")
	const document = `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{
		"/api/rest/2.0/list":{"get":{"operationId":"list","responses":{"200":{"description":"d","content":{"application/json":{"schema":{"type":"array","items":{"type":"string"}}}}}}}},
		"/api/rest/2.0/one":{"get":{"operationId":"one","responses":{"200":{"description":"d","content":{"application/json":{"example":"x","schema":{"type":"integer"}}}}}}}}}`
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, stderr, stop := start(t, 2, "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--openapi", file)
	token := fullToken(t, http.DefaultClient, lines[0], tsadmin()).JSON200
	if token == nil {
		t.Fatal("no token")
	}
	for path, wanted := range map[string]string{"list": "[]", "one": "0"} {
		if status, body := get(t, lines[0]+"/api/rest/2.0/"+path, "Authorization: Bearer "+string(token.Token)); status != 200 || body != wanted {
			t.Errorf("%s: %d %s, want %s", path, status, body, wanted)
		}
	}
	const report = "simulator: GET /api/rest/2.0/one one: the example does not fit its schema and is replaced: value must be an integer\n"
	if got := stderr.String(); got != report {
		t.Errorf("standard error %q, want %q", got, report)
	}
	if status, body := get(t, strings.TrimPrefix(lines[1], "control ")+"/answers/openapi"); status != 200 || !strings.Contains(body, `"operation":"one"`) {
		t.Errorf("the notes: %d %s", status, body)
	}
	stop()

	for name, text := range map[string]string{"missing": "", "broken": "{", "swagger": `{"swagger":"2.0"}`} {
		file := filepath.Join(t.TempDir(), name)
		if text != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out, said bytes.Buffer
		if code := Run(t.Context(), "simulator", []string{"--addr", "127.0.0.1:0", "--openapi", file}, nil, &out, &said); code == ExitOK || out.Len() > 0 || said.Len() == 0 {
			t.Errorf("%s: exit %d, %q, %q", name, code, out.String(), said.String())
		}
	}
}

// The port of a container is published under another number, and any name.
func TestRun_ControlHostStar_ServesAnyHost(t *testing.T) {
	lines, _, stop := start(t, 2, "--addr", "127.0.0.1:0", "--control", "0.0.0.0:0", "--control-host", "*")
	defer stop()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimPrefix(lines[1], "control ")+"/clock", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "published.example:49153"
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestRun_Name_IsInItsMessages(t *testing.T) {
	var out, said bytes.Buffer
	code := Run(t.Context(), "tsauth simulate", []string{"--secret-key="}, nil, &out, &said)
	if want := "tsauth simulate: --secret-key is empty\n"; code != ExitUsage || said.String() != want {
		t.Errorf("exit %d, %q, want %q", code, said.String(), want)
	}
}
