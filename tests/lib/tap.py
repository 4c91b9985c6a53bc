"""Test Anything Protocol for the tests in Python: ok(), then done()."""
import os, sys

TOP = os.environ.get('top_srcdir') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class State:
    count = failed = 0


def ok(good, name, *saw):
    """saw: what to print when it is not so."""
    State.count += 1
    State.failed += not good
    print('ok' if good else 'not ok', State.count, '-', name.replace('#', 'No.'), flush=True)
    if not good:
        for s in saw:
            print('#   saw', repr(s)[:600], flush=True)
    return bool(good)


def note(text):
    print('#', text, flush=True)


def done():
    print('1..%d' % State.count, flush=True)
    sys.exit(1 if State.failed else 0)
