"""The kill sweep: the process that serves a request or runs a job is killed at each of its system calls (promises 1 to 4). The ledger of the clients and
of the partners judges, not the tables. `sweep.py` runs a few points of each target, `sweep.py all` every one. Prints TAP."""
import os, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from campaign import campaign  # noqa: E402
from strike import profile, strike  # noqa: E402
from tap import note, ok  # noqa: E402
from targets import DOORS, JOBS, PAGES, PAPERS  # noqa: E402

SAMPLE = {'form': 8, 'api': 8, 'webhook': 8, 'reply': 8, 'route': 6, 'routes': 4, 'ask': 5, 'mail': 6, '/dashboard': 6, 'upload': 5, 'read': 4, 'remove': 4, 'delete': 3}


def sweep(w, target, name, folder, choose):
    """Kills at the points of one target; every promise of its ledger must be kept."""
    process = getattr(w, target.role)
    points = profile(process, target.begin, lambda n: target.act('%s whole %d' % (name, n)), folder)
    (chosen, possible), killed, missed = choose(points), [], []
    target.prepare(2 * len(chosen))
    for point in chosen:
        tries = (strike(process, [(*point, 'signal=KILL')], target.begin, lambda: target.act('%s %s %d.%d' % (name, *point, n))) for n in (1, 2))
        (killed if any(tries) else missed).append(point)
    w.h.drained(60)
    wrong = target.wrong()
    ok(not wrong and len(killed) >= len(chosen) / 2, '%s: killed at %d of %d system calls, each promise is kept once' % (name, len(killed), possible), wrong[:5], missed[:9])
    if getattr(target, 'loose', 0):
        note('%s: %d files without a row, cleared away by files tidy' % (name, target.loose))
    if getattr(target, 'twice', 0):
        note('%s: %d mails went out twice with one Message-ID' % (name, target.twice))
    return len(killed), possible


if __name__ == '__main__':
    campaign({**JOBS, **DOORS, **PAPERS, '/dashboard': PAGES['/dashboard']}, SAMPLE, sweep, least=40)
