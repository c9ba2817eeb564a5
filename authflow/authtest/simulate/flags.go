package simulate

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// config is what the command line says.
type config struct {
	name      string // of the command
	addr      string
	users     []user
	orgs      []org
	secretKey string
	origins   []string
	tls       bool
	certOut   string
	mfa       bool
	nested    bool
	lenient   bool
	verbose   bool
	json      bool
	document  []byte

	exitWithStdin bool

	control      string
	controlHosts []string
}

type user struct {
	name, password string
	admin          bool
}

type org struct {
	id   int32
	name string
}

// parse reads the command line. It writes the help to stdout, and a mistake to stderr.
func parse(name string, args []string, stdout, stderr io.Writer) (config, error) {
	c := config{name: name}
	var users []given
	fs := c.flagSet(&users)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		printHelp(stdout, name, fs)
		return config{}, err
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "%s: %s; --help lists the flags\n", name, withTwoDashes(err))
		return config{}, err
	}
	if err := c.complete(users, fs.Args()); err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return config{}, err
	}
	return c, nil
}

// flagSet returns the flags. Package flag repeats a value that it is told is wrong, and
// those of users hold passwords: they are looked at afterwards.
func (c *config) flagSet(users *[]given) *flag.FlagSet {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // package flag would show the whole help for each mistake
	fs.StringVar(&c.addr, "addr", "127.0.0.1:4123", "`HOST:PORT` to listen on. Port 0 takes a free one.")
	fs.Func("user", "A user, as `NAME:PASSWORD`. Can be given several times. Without --user and --admin there is the administrator "+
		authtest.DefaultUsername+":"+authtest.DefaultPassword+", with them only the users that they name. "+
		"A user named "+authtest.DefaultUsername+" is an administrator.",
		func(s string) error { *users = append(*users, given{"--user", s}); return nil })
	fs.Func("admin", "An administrator, as `NAME:PASSWORD`. Can be given several times. See --user.",
		func(s string) error { *users = append(*users, given{"--admin", s}); return nil })
	fs.Func("org", "An Org, as `ID:NAME`. All users are in it. Can be given several times.", c.org)
	fs.StringVar(&c.secretKey, "secret-key", authtest.DefaultSecretKey, "The cluster's secret `KEY`.")
	fs.Func("origin", "An origin, as `https://HOST[:PORT]`, whose pages may call and frame the simulator from a browser. Can be given several times.", c.origin)
	fs.BoolVar(&c.tls, "tls", false, "Serve TLS with a certificate made at the start.")
	fs.StringVar(&c.certOut, "tls-cert-out", "", "`FILE` to write that certificate to, in PEM, for clients to trust.")
	fs.BoolVar(&c.mfa, "mfa", false, "Switch multi-factor authentication on: passwords are rejected.")
	fs.BoolVar(&c.nested, "nested-errors", false, "Send errors as live servers do, with the code and the text in error.message.debug, "+
		"in place of error.message, where the vendor's spec has them. The control API has more forms.")
	fs.BoolVar(&c.lenient, "lenient", false, "Accept the wrong JSON type in a request where its meaning is clear, such as 5 for \"5\" or one value for a list, which is otherwise a 400.")
	fs.Func("openapi", "`FILE` with an OpenAPI 3 document, such as the vendor's, whose operations respond by its examples and schemas.", c.openAPI)
	fs.BoolVar(&c.json, "json", false, "Print the addresses as one line of JSON, with url and control_url.")
	fs.BoolVar(&c.exitWithStdin, "exit-with-stdin", false, "End when standard input closes, as it does when the program that started this one ends.")
	fs.StringVar(&c.control, "control", "", "`HOST:PORT` to serve the control API on, on the loopback interface. Port 0 takes a free one.")
	fs.Func("control-host", "A `NAME` by which the control API is called that is not this machine's own, or * for any. "+
		"Can be given several times. Lets --control listen beyond the loopback interface.",
		func(s string) error { c.controlHosts = append(c.controlHosts, s); return nil })
	fs.BoolVar(&c.verbose, "v", false, "Log calls on standard error, with their JSON and without secrets.")
	return fs
}

// given is a flag that holds a password, as it was given.
type given struct{ flag, value string }

func (c *config) complete(users []given, rest []string) error {
	for _, g := range users {
		if err := c.user(g.value, g.flag == "--admin"); err != nil {
			return fmt.Errorf("%s: %w", g.flag, err)
		}
	}
	switch {
	case len(rest) > 0:
		return errors.New("there is an argument that is not a flag")
	case c.secretKey == "":
		return errors.New("--secret-key is empty")
	case c.certOut != "" && !c.tls:
		return errors.New("--tls-cert-out needs --tls")
	case len(c.controlHosts) > 0 && c.control == "":
		return errors.New("--control-host needs --control")
	case c.control != "" && len(c.controlHosts) == 0 && !loopback(c.control):
		return errors.New("--control is not on the loopback interface; say by --control-host how it is called")
	}
	return nil
}

// loopback reports whether an address to listen on is on the loopback
// interface.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// user adds a user. A password may have colons, and never appears in an error.
func (c *config) user(s string, admin bool) error {
	name, password, ok := strings.Cut(s, ":")
	if !ok || name == "" || password == "" {
		return errors.New("want NAME:PASSWORD")
	}
	for _, other := range c.users {
		if other.name == name {
			return fmt.Errorf("user %q is given twice", name)
		}
	}
	c.users = append(c.users, user{name, password, admin || name == authtest.DefaultUsername})
	return nil
}

func (c *config) org(s string) error {
	number, name, ok := strings.Cut(s, ":")
	id, err := strconv.ParseInt(number, 10, 32)
	isNumber := err == nil && id >= 1
	if !ok || !isNumber || name == "" {
		return errors.New("want ID:NAME, with an ID from 1")
	}
	for _, other := range append(c.orgs, org{authtest.PrimaryOrg, "Primary"}) {
		if other.id == int32(id) || other.name == name {
			return fmt.Errorf("org %d or %q is given twice", id, name)
		}
	}
	c.orgs = append(c.orgs, org{int32(id), name})
	return nil
}

// origin adds an origin, in the form in which a browser sends it.
func (c *config) origin(s string) error {
	u, err := url.Parse(s)
	isOrigin := err == nil && u.Host != "" && s == u.Scheme+"://"+u.Host
	if !isOrigin || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("want https://HOST or https://HOST:PORT, and nothing after it")
	}
	c.origins = append(c.origins, s)
	return nil
}

// openAPI reads a document.
func (c *config) openAPI(file string) (err error) {
	c.document, err = os.ReadFile(file)
	return err
}

// errorLog is where the servers write what goes wrong with connections.
func (c *config) errorLog(stderr io.Writer) *log.Logger { return log.New(stderr, c.name+": ", 0) }

// options are those for the simulator.
func (c config) options() []authtest.Option {
	opts := []authtest.Option{authtest.WithSecretKey(c.secretKey), authtest.WithOrigins(c.origins...)}
	everywhere := []int32{authtest.PrimaryOrg}
	for _, o := range c.orgs {
		everywhere = append(everywhere, o.id)
		opts = append(opts, authtest.WithOrg(o.id, o.name))
	}
	for _, u := range c.users {
		more := []authtest.UserOption{authtest.InOrgs(everywhere...)}
		if u.admin {
			more = append(more, authtest.Privileges(authtest.PrivilegeAdministration))
		}
		opts = append(opts, authtest.WithUser(u.name, u.password, more...))
	}
	if c.mfa {
		opts = append(opts, authtest.WithMFA())
	}
	if c.nested {
		opts = append(opts, authtest.WithErrorForm(authtest.ErrorForm{Envelope: authtest.EnvelopeNested}))
	}
	if c.document != nil {
		opts = append(opts, authtest.WithOpenAPI(c.document))
	}
	if c.lenient {
		opts = append(opts, authtest.WithLenientBodies())
	}
	return opts
}
