#!/bin/sh
# automake runs TAP tests by name; the test itself is Python.
exec /usr/bin/python3 "$top_srcdir/tests/db/order.py" "$@"
