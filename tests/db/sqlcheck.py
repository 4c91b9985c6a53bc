"""Runs sqlcheck (every statement's names and types) against a migrated database of its own."""
import os, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402

with House.temporary(programs=()) as h:
    code = subprocess.run([os.path.join(os.environ['top_builddir'], 'tests/db/sqlcheck'), 'host=%s user=fl_app dbname=fairlead' % h.run], env=h.env).returncode
sys.exit(code)
