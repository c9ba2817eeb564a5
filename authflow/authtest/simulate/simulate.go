package simulate

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/control"
)

// Exit codes of [Run].
const (
	ExitOK = iota
	ExitFailure
	ExitUsage
)

// Run is the command: it serves until ctx ends, and returns the exit code. name
// is what the command calls itself in its messages. It reads stdin only with
// --exit-with-stdin.
func Run(ctx context.Context, name string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	cfg, err := parse(name, args, stdout, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ExitOK
	case err != nil: // parse has said it
		return ExitUsage
	}
	if cfg.exitWithStdin {
		within, cancel := context.WithCancel(ctx)
		defer cancel()
		ctx = within
		go func() { // until stdin closes, or the process ends
			_, _ = io.Copy(io.Discard, stdin)
			cancel()
		}()
	}
	if err := serve(ctx, cfg, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return ExitFailure
	}
	return ExitOK
}

func serve(ctx context.Context, cfg config, stdout, stderr io.Writer) error {
	opts := cfg.options()
	if cfg.verbose {
		opts = append(opts, authtest.WithObserver(logger(stderr)))
	}
	sim, err := simulator(opts)
	if err != nil {
		return err
	}
	for _, n := range sim.DocumentNotes() {
		_, _ = fmt.Fprintf(stderr, "%s: %s %s %s: %s\n", cfg.name, n.Method, n.Path, n.Operation, n.Reason)
	}
	api, err := listen(ctx, cfg.addr, sim, cfg.errorLog(stderr))
	if err != nil {
		return err
	}
	defer api.close()
	servers, said := []*server{api}, addresses{URL: "http://" + address(api.listener.Addr())}
	if cfg.tls {
		cert, err := selfSigned(cfg.certOut, cfg.addr)
		if err != nil {
			return err
		}
		said.URL = "https://" + address(api.listener.Addr())
		api.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	if cfg.control != "" {
		beside, err := listen(ctx, cfg.control, control.Handler(sim, cfg.controlHosts...), cfg.errorLog(stderr))
		if err != nil {
			return err
		}
		defer beside.close()
		servers = append(servers, beside)
		said.ControlURL = "http://" + address(beside.listener.Addr())
	}
	said.write(stdout, cfg.json)
	return serveAll(ctx, servers)
}

// simulator makes the simulator. A panic of authtest.New is about a mistake on the
// command line, or in the document.
func simulator(opts []authtest.Option) (sim *authtest.Simulator, err error) {
	defer func() {
		v := recover()
		mistake, is := v.(*authtest.UsageError)
		switch {
		case is:
			err = mistake
		case v != nil:
			panic(v)
		}
	}()
	return authtest.New(opts...), nil
}

// serveAll serves until ctx ends, or the first server fails.
func serveAll(ctx context.Context, servers []*server) error {
	failed := make(chan error, len(servers))
	for _, s := range servers {
		go func() { failed <- s.serve() }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	for _, s := range servers {
		s.close() // calls under way belong to tests that are over
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return nil
}

// addresses are the addresses of the servers. ControlURL is empty without a
// control API.
type addresses struct {
	URL        string `json:"url"`
	ControlURL string `json:"control_url,omitempty"`
}

// write writes the addresses in one piece: a program that has read the first line
// does not wait for the second.
func (a addresses) write(w io.Writer, asJSON bool) {
	text := a.URL + "\n"
	if a.ControlURL != "" {
		text += "control " + a.ControlURL + "\n"
	}
	if asJSON {
		line, err := json.Marshal(a)
		if err != nil {
			panic(err) // strings always have a JSON form
		}
		text = string(line) + "\n"
	}
	_, _ = io.WriteString(w, text)
}

// address is where clients on this machine find a listener: one that listens
// everywhere is called by a loopback address.
func address(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

// logger writes a line for each call.
func logger(w io.Writer) func(authtest.Call) {
	out := log.New(w, "", log.LstdFlags) // safe for concurrent use
	return func(c authtest.Call) {
		who := "-"
		if c.User != "" {
			who = fmt.Sprintf("%q by %s", c.User, c.Auth)
		}
		body := ""
		if c.Body != nil {
			if b, err := json.Marshal(c.Body); err == nil {
				body = " " + string(b)
			}
		}
		// %q and JSON keep a caller from writing lines of their own.
		out.Printf("%s %q %d %v %s%s", c.Method, c.Path, c.Status, c.Duration.Round(time.Microsecond), who, body)
	}
}
