#!/bin/sh
# The pages of the demo in a real browser.
#   desk.sh                        checks them (TAP)
#   desk.sh screens FOLDER [main]  takes pictures of all of them: light, dark and phone; with "main" only those docs/screens shows
set -u
tools=$top_builddir/tests/browser-tools
skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

for program in chromium node npm dovecot gs; do
	command -v $program >/dev/null || [ -x /usr/sbin/$program ] || skip "$program is not installed"
done
if ! cmp -s "$top_srcdir/tests/browser/package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules/axe-core" ]; then
	mkdir -p "$tools" && cp "$top_srcdir/tests/browser/package.json" "$top_srcdir/tests/browser/package-lock.json" "$tools/"
	(cd "$tools" && npm ci --silent --no-audit --no-fund --ignore-scripts >npm.log 2>&1) || {
		rm -f "$tools/package-lock.json"
		skip "npm ci failed, see tests/browser-tools/npm.log"
	}
fi
NODE_PATH=$tools/node_modules exec /usr/bin/python3 "$top_srcdir/tests/browser/desk.py" "${1:-desk}" ${2+"$2"} ${3+"$3"}
