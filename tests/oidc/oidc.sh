#!/bin/sh
# Sign-in with a real OpenID provider (npm oidc-provider, pinned) and with one that lies.
set -u
. "$top_srcdir/tests/lib/npm.sh"

npm_tools oidc
NODE_PATH=$tools/node_modules exec /usr/bin/python3 "$top_srcdir/tests/oidc/oidc.py"
