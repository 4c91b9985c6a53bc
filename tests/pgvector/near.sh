#!/bin/sh
# What Fairlead asks of pgvector, of a real one: PGlite with its vector extension (npm, pinned).
set -u
tools=$top_builddir/tests/pgvector-tools
skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

for program in node npm; do
	command -v $program >/dev/null || skip "$program is not installed"
done
if ! cmp -s "$top_srcdir/tests/pgvector/package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules/@electric-sql/pglite-pgvector" ]; then
	mkdir -p "$tools" && cp "$top_srcdir/tests/pgvector/package.json" "$top_srcdir/tests/pgvector/package-lock.json" "$tools/"
	(cd "$tools" && npm ci --silent --no-audit --no-fund --ignore-scripts >npm.log 2>&1) || {
		rm -f "$tools/package-lock.json"
		skip "npm ci failed, see tests/pgvector-tools/npm.log"
	}
fi
NODE_PATH=$tools/node_modules exec node "$top_srcdir/tests/pgvector/near.js" "$top_srcdir/sql/schema/240_vector_store.sql"
