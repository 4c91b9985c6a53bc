#!/bin/sh
# The description the program gives of itself is valid OpenAPI 3.1, and answers are as it says, by validators from npm (tests/browser/package.json).
set -u
. "$top_srcdir/tests/lib/npm.sh"

npm_tools browser
TOOLS=$tools exec /usr/bin/python3 "$top_srcdir/tests/app/openapi.py" "$@"
