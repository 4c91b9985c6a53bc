#!/bin/sh
# automake runs TAP tests by name; the test itself is Python.
exec python3 "$top_srcdir/tests/http/early_test.py" "$@"
