#!/bin/sh
# Every statement of sql/query against the migrated schema.
exec /usr/bin/python3 "$top_srcdir/tests/db/sqlcheck.py" "$@"
