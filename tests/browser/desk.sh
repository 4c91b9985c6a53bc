#!/bin/sh
# The pages of the demo in a real browser.
#   desk.sh                        checks them (TAP)
#   desk.sh screens FOLDER [main]  takes pictures of all of them: light, dark and phone; with "main" only those docs/screens shows
set -u
. "$top_srcdir/tests/lib/npm.sh"

for program in chromium dovecot gs; do
	command -v $program >/dev/null || [ -x /usr/sbin/$program ] || skip "$program is not installed"
done
npm_tools browser
NODE_PATH=$tools/node_modules exec /usr/bin/python3 "$top_srcdir/tests/browser/desk.py" "${1:-desk}" ${2+"$2"} ${3+"$3"}
