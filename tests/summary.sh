#!/bin/sh
# Runs `go test` and shows its last lines again as a summary. The whole output stays
# in a file, and of each failure at most 200 lines are shown: a test that hangs ends
# in the stacks of thousands of goroutines.
set -u
log=$(mktemp "${TMPDIR:-/tmp}/tsauth-test.XXXXXX")
"$@" >"$log" 2>&1
status=$?
if [ $status = 0 ]; then
	cat "$log"
	rm -f "$log"
	exit 0
fi
awk '/^(ok|---|\?)/ || /^(FAIL|panic)/ { lines = 0 } lines++ < 200 && total++ < 1000' "$log"
echo "summary:"
grep -E '^ *--- FAIL|^(FAIL|panic:|fatal error:|WARNING: DATA RACE)' "$log" | head -n 60
echo "$(grep -c '^ok' "$log") packages passed, $(grep -cE '^FAIL.[^ ]*/' "$log") failed; the whole output is in $log"
exit $status
