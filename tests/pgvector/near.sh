#!/bin/sh
# What Fairlead asks of pgvector, of a real one: PGlite with its vector extension (npm, pinned).
set -u
. "$top_srcdir/tests/lib/npm.sh"

npm_tools pgvector
NODE_PATH=$tools/node_modules exec node "$top_srcdir/tests/pgvector/near.js" "$top_srcdir/sql/schema/240_vector_store.sql"
