"""The fail sweep: system calls of a request or of a job fail, one at a time, and memory is refused from one call on (promise 27). The answer is an error or
right and the same process serves on; without memory it may end by abort, and its successor serves. The ledger is kept. `fail.py` runs a few points of each
target, `fail.py all` every one. Prints TAP."""
import os, pathlib, re, sys, tempfile, time

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from partners import house  # noqa: E402
from strike import may_trace, profile, spread, strike  # noqa: E402
from sweep import HALVES  # noqa: E402
from tap import done, note, ok  # noqa: E402
from targets import DOORS, JOBS, PAGES  # noqa: E402

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


def sweep(w, folder, name, kind, most):
    target, process = kind(w), getattr(w, kind.role)
    target.prepare(1)
    points = profile(process, target.begin, lambda: target.act('%s whole' % name), folder)
    chosen = spread(faults(points), most)
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
        after = w.h.get('/signin' if kind.role == 'web' else '/health/ready').status
        if after != 200:
            died.append((fault, after))
    w.h.drained(120)
    wrong = target.wrong()
    note('%s: %d points run of %d possible, %d ended for want of memory' % (name, len(chosen), len(faults(points)), ended))
    ok(not died, '%s: the process lives on after each of %d failing calls' % (name, len(chosen)), died[:6])
    ok(not slow, '%s: and answers, within %d s' % (name, LONGEST_S), slow[:6])
    ok(not wrong, '%s: each promise is kept once' % name, wrong[:6])
    return len(chosen), len(faults(points))


def main():
    wanted = [a for a in sys.argv[1:] if a != 'all']
    whole = 'all' in sys.argv[1:]
    why = may_trace()
    if why:
        print('1..0 # SKIP', why)
        return
    run = possible = 0
    with tempfile.TemporaryDirectory() as folder, house() as w:
        for name, kind in {**JOBS, **DOORS, **PAGES}.items():
            if name not in wanted if wanted else not (whole or SAMPLE.get(name)):
                continue
            began = time.monotonic()
            n, of = sweep(w, pathlib.Path(folder), name, kind, None if whole else SAMPLE.get(name, 6))
            run, possible = run + n, possible + of
            note('%s took %.1f s' % (name, time.monotonic() - began))
        for name, query in HALVES.items():
            ok(w.h.one(query) == '0', 'nowhere ' + name, w.h.one(query))
        for program in ('web', 'worker'):
            log = (w.h.prefix / 'log' / (program + '.log')).read_text()
            other = re.findall(r'ended by signal (?![69]\b)\d+|died by signal (?![69]\b)\d+|Sanitizer', log)
            ok(not other, program + ': no process ended but where there was no memory', other)
    note('%d points run of %d possible' % (run, possible))
    done()


if __name__ == '__main__':
    main()
