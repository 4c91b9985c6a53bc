#!/bin/sh
# Passkeys in a real browser, by its virtual authenticator.
exec "$top_srcdir/tests/browser/desk.sh" passkey
