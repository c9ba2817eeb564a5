// Embed serves an application that embeds ThoughtSpot, its token service and a
// simulated cluster on localhost until it is interrupted, and prints what to
// open. Run it by `make embed`.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/embed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("embed", flag.ContinueOnError)
	validity := flags.Duration("validity", 2*time.Minute, "how long tokens live")
	if err := flags.Parse(args); err != nil {
		return err
	}
	site, err := embed.Start(embed.Config{Validity: *validity})
	if err != nil {
		return err
	}
	defer site.Close()
	fmt.Fprintf(out, `Open %s

and sign in as ann, who sees West, as bob, who sees East, or as cat, who sees all.
The page embeds the simulated cluster by the real SDK. Its frame has buttons: Check
tells the SDK when its token, which lives %v, is dead or has less than a minute.

    application     %s
    token service   %s
    cluster         %s

Stop it with Ctrl-C.
`, site.App, *validity, site.App, site.Tokens+"/ts-token", site.Cluster)
	<-ctx.Done()
	return nil
}
