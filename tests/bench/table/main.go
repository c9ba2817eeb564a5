// Table runs all benchmarks of the module and prints two tables: fifteen lines with the
// goals and the best of the other libraries, and all rows, with each library, the ratio
// of the best of them to ours, and the goals. With -report it writes RESULTS.md as well,
// with the commit that was measured and benchstat's statistics. Run it in the module's
// folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	report := flag.Bool("report", false, "write RESULTS.md, from at least 6 runs of the micro-benchmarks")
	count := flag.Int("count", 3, "runs of the micro-benchmarks; their medians count")
	short := flag.Bool("short", false, "shorten the loads, to try the table out")
	flag.Parse()
	if *report {
		*count = max(*count, 6)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *report, *count, *short); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, report bool, count int, short bool) error {
	if !report {
		output, err := benchmark(ctx, count, short)
		tables(os.Stdout, parse(output.all))
		return err
	}
	measured, err := commit(ctx)
	if err != nil {
		return err
	}
	output, err := benchmark(ctx, count, short)
	results := parse(output.all)
	if err != nil {
		tables(os.Stdout, results)
		return err
	}
	stats, err := benchstat(ctx, output.micro)
	if err != nil {
		return err
	}
	file, err := os.Create("RESULTS.md")
	if err != nil {
		return err
	}
	fmt.Fprintf(file, "# Benchmarks\n\n%s\n%s `make bench-current` says whether that is still so.\n\n", machine(results), measured)
	tables(io.MultiWriter(os.Stdout, file), results)
	libraries(file)
	lacking(file)
	fmt.Fprintf(file, "\n## benchstat over %d counts\n\nEach library against the limit, in the order of the columns.\n\n```\n%s```\n", count, stats)
	return file.Close()
}

func tables(w io.Writer, res results) {
	firstTable(w, res)
	fmt.Fprint(w, "\n## All rows\n\n")
	secondTable(w, res)
}
