#!/bin/sh
# Sign-in with a real OpenID provider (npm oidc-provider, pinned) and with one that lies.
set -u
tools=$top_builddir/tests/oidc-tools
skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

for program in node npm; do
	command -v $program >/dev/null || skip "$program is not installed"
done
if ! cmp -s "$top_srcdir/tests/oidc/package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules/oidc-provider" ]; then
	mkdir -p "$tools" && cp "$top_srcdir/tests/oidc/package.json" "$top_srcdir/tests/oidc/package-lock.json" "$tools/"
	(cd "$tools" && npm ci --silent --no-audit --no-fund --ignore-scripts >npm.log 2>&1) || {
		rm -f "$tools/package-lock.json"
		skip "npm ci failed, see tests/oidc-tools/npm.log"
	}
fi
NODE_PATH=$tools/node_modules exec /usr/bin/python3 "$top_srcdir/tests/oidc/oidc.py"
