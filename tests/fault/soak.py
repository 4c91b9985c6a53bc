"""Nothing grows (promise 28): 100,000 mixed requests; memory and descriptors of each process at their end as at a tenth of them. `soak.py N` for another number.
The learner knows as many cases as it keeps before the first request: its model is a cache with a bound (FL_CASES_MAX), not growth. Prints TAP."""
import os, sys, threading, time

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from house import House  # noqa: E402
from strike import children  # noqa: E402
from tap import done, note, ok  # noqa: E402

PATHS = ('/dashboard', '/intake', '/approvals', '/pipelines', '/notifications', '/me', '/agent', '/search?q=invoice', '/no-such-page', '/signin')
THREADS, ROOM = 4, 1.05
CASES = 5000
WAITING = 2000


class Load:
    def __init__(self, h, ana, key):
        self.h, self.ana, self.key, self.lock, self.sent, self.odd = h, ana, key, threading.Lock(), 0, []

    def next(self, upto):
        with self.lock:
            if self.sent >= upto:
                return None
            self.sent += 1
            return self.sent

    def one(self, n):
        if n % 20 == 0:
            a, want = self.h.api('POST', '/intake', self.key, {'subject': 'Invoice %d charged twice' % n, 'body': 'Return the payment.'}), (202,)
        elif n % 20 == 1:
            a, want = self.h.api('POST', '/intake', self.key, {'wrong': n}), (422,)
        elif n % 2:
            a, want = self.h.api('GET', '/intake?status=CLOSED', self.key), (200,)
        else:
            a, want = self.h.get(PATHS[n // 2 % len(PATHS)], self.ana), (200, 303, 404)
        if a.status not in want:
            self.odd.append((n, a.status))

    def run(self, upto):
        def work():
            while (n := self.next(upto)) is not None:
                self.one(n)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()


def resident_kb(pid):
    return next(int(line.split()[1]) for line in open('/proc/%d/smaps_rollup' % pid) if line.startswith('Rss:'))


def sizes(h):
    """By program: (the largest process in KiB, its descriptors), and all process numbers."""
    h.drained(300)
    out = {}
    for program in ('web', 'worker'):
        kids = children(h.pid(program))
        out[program] = (max(resident_kb(p) for p in kids), max(len(os.listdir('/proc/%d/fd' % p)) for p in kids), kids)
    return out


def teach(h):
    names = [r[0] for r in h.sql("select name from pipelines order by position")]
    lines = ['%s\tCase %d about %s\tThe matter %d is for %s, please look at part %d.\n' % (names[n % len(names)], n, names[n % len(names)], n, names[n % len(names)], n % 97)
             for n in range(CASES)]
    h.fairlead('cases', 'import', 'quay', stdin=''.join(lines))
    h.wait(lambda: int(h.one('select coalesce(max(cases), 0) from learner_models')) >= CASES, 'the learner', 120)


def fill_rounds(h, key):
    """Makes the light workers take as many jobs at once as they ever do: each job of a round has memory of its own, kept for the next round."""
    h.fairlead('jobs', 'pause', 'intake-routing')
    for n in range(WAITING):
        h.api('POST', '/intake', key, {'subject': 'Invoice %d charged twice' % n, 'body': 'Return the payment.'})
    h.fairlead('jobs', 'resume', 'intake-routing')
    h.drained(300)


def main():
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    with House.temporary(conf={'RATE_LIMIT_MAX': '1000000', 'WEB_PROCESSES': '4'}) as h:
        h.org('quay', 'Quayside', '--with-pipelines')
        ana, key = h.person('ana@quay.example', 'quay'), h.key('quay')
        # all of them are decided: what an agent's limits put off would come back for hours
        h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 1000000, 'per_hour': 1000000, 'tokens_per_window': 0, 'chain': 'builtin'}, ana)
        teach(h)
        load, began = Load(h, ana, key), time.monotonic()
        fill_rounds(h, key)
        load.run(total // 10)
        early = sizes(h)
        load.run(total)
        late = sizes(h)
        note('%d requests in %.0f s' % (total, time.monotonic() - began))
        ok(not load.odd, 'each request has the answer it should', load.odd[:5])
        for program in early:
            (kb, fds, kids), (kb2, fds2, kids2) = early[program], late[program]
            note('%s: %d KiB and %d descriptors at a tenth, %d KiB and %d at the end' % (program, kb, fds, kb2, fds2))
            ok(kb2 <= kb * ROOM, '%s: memory at the end is at most 5 %% above that at a tenth' % program, kb, kb2)
            ok(fds2 <= fds, '%s: no descriptor is left open' % program, fds, fds2)
            ok(kids == kids2, '%s: by the same processes' % program, kids, kids2)
    done()


main()
