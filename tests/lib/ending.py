"""A test that is told to stop ends what it started: a house is five programs, which would go on for good."""
import atexit, contextlib, os, signal, threading

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end_children():
    """What is still a child after everything was unwound: the signal came between its start and the note of its number."""
    with open('/proc/thread-self/children') as f:
        pids = [int(pid) for pid in f.read().split()]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if os.getpgid(pid) == pid else os.kill)(pid, signal.SIGKILL)


def leave(number, _):
    # A time limit tells the process and then its group: the second must not break off the stopping.
    for s in SIGNALS:
        signal.signal(s, lambda *_: None)
    atexit.register(end_children)
    raise SystemExit(128 + number)


def leave_by_signal():
    """From now on the first signal to stop is an exception, which passes through every `with` and `finally`."""
    if threading.current_thread() is threading.main_thread():
        for s in SIGNALS:
            if signal.getsignal(s) != signal.SIG_IGN:
                signal.signal(s, leave)
