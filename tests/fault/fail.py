"""The fail sweep: system calls of a request or of a job fail, one at a time, and memory is refused from one call on (promise 27). The answer is an error or
right and the same process serves on; without memory it may end by abort, and its successor serves. The ledger is kept. `fail.py` runs a few points of each
target, `fail.py all` every one. Prints TAP."""
import os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from campaign import campaign  # noqa: E402
from strike import profile, strike  # noqa: E402
from tap import note, ok  # noqa: E402
from targets import DOORS, JOBS, PAGES, PAPERS  # noqa: E402

# brk has no error: the kernel answers where the heap ends, and 0 is less than what was asked for.
ERRORS = {'read': ('error=EIO', 'error=ECONNRESET'), 'write': ('error=ENOSPC', 'error=EIO'), 'writev': ('error=EIO',), 'sendto': ('error=ECONNRESET',),
          'recvfrom': ('error=ECONNRESET', 'error=EIO'), 'openat': ('error=EMFILE', 'error=ENOMEM'), 'connect': ('error=ECONNREFUSED',), 'socket': ('error=EMFILE',),
          'mmap': ('error=ENOMEM',), 'brk': ('retval=0',)}
MEMORY = 12  # the last call for memory from which on it is refused
LONGEST_S = 8
SAMPLE = {'form': 6, 'api': 6, 'webhook': 6, 'reply': 6, 'route': 3, 'mail': 3, **{path: 4 for path in PAGES}}


def faults(points):
    """Each call with each of its errors, then memory refused ten times from some call on."""
    single = [[(*point, e)] for point in points for e in ERRORS.get(point[0], ())]
    return single + [[(name, '%d..%d' % (n, n + 9), ERRORS[name][0]) for name in ('mmap', 'brk')] for n in range(1, MEMORY + 1)]


def no_memory(fault):
    return fault[0][0] in ('mmap', 'brk') or 'ENOMEM' in fault[0][2]


def sweep(w, target, name, folder, choose):
    """One call fails at a time; the process lives on, answers in time and keeps its promises."""
    process = getattr(w, target.role)
    points = profile(process, target.begin, lambda n: target.act('%s whole %d' % (name, n)), folder)
    chosen, possible = choose(faults(points))
    target.prepare(len(chosen))
    died, ended, slow = [], 0, []
    for i, fault in enumerate(chosen):
        del w.saw[:]
        gone = strike(process, fault, target.begin, lambda: target.act('%s %d' % (name, i)), 0.05)
        slow += [(fault, s) for s in w.saw if s[1] > LONGEST_S or not isinstance(s[0], int)]
        if gone and no_memory(fault):
            ended += 1
        elif gone:
            died.append(fault)
        after = w.h.get('/signin' if target.role == 'web' else '/health/ready').status
        if after != 200:
            died.append((fault, after))
    w.h.drained(120)
    wrong = target.wrong()
    note('%s: %d ended for want of memory' % (name, ended))
    ok(not died, '%s: the process lives on after each of %d failing calls' % (name, len(chosen)), died[:6])
    ok(not slow, '%s: and answers, within %d s' % (name, LONGEST_S), slow[:6])
    ok(not wrong, '%s: each promise is kept once' % name, wrong[:6])
    return len(chosen), possible


def no_signals(w):
    for program in ('web', 'worker'):
        log = (w.h.prefix / 'log' / (program + '.log')).read_text()
        other = re.findall(r'ended by signal (?![69]\b)\d+|died by signal (?![69]\b)\d+|Sanitizer', log)
        ok(not other, program + ': no process ended but where there was no memory', other)


if __name__ == '__main__':
    campaign({**JOBS, **DOORS, **PAPERS, **PAGES}, SAMPLE, sweep, finish=no_signals)
