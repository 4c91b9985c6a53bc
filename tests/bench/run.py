#!/usr/bin/python3
"""make bench: one table of what Fairlead does, beside what PostgreSQL alone does with the same statements in the same rounds.

usage: run.py --build DIR [--rounds 5] [--seconds 2] [--only NAME,...] [--peer NAME.CELL=URL ...]
NAME history, which makes ten million finished jobs first, runs only when it is asked for.
The ratios to pgbench are the gate (exit 1 when one is missed); absolute figures tell about the machine."""
import argparse, http.client, json, os, pathlib, subprocess, sys, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE)]
import decision  # noqa: E402
import jobs  # noqa: E402
import measure  # noqa: E402
import papers  # noqa: E402
import promises  # noqa: E402
import recovery  # noqa: E402
import statements  # noqa: E402
from house import House  # noqa: E402

BIG = {'RATE_LIMIT_MAX': '1000000', 'LOG_LEVEL': 'warn'}


class Table:
    def __init__(self):
        self.rows, self.missed = [], []

    def add(self, what, figure, against='', ratio=None, least=None, most=None):
        fits = (least is None or ratio >= least) and (most is None or ratio <= most)
        bar = '>= %g' % least if least is not None else '<= %g' % most if most is not None else ''
        self.rows.append((what, figure, against, '' if ratio is None else '%.2f' % ratio, bar, '' if not bar else 'yes' if fits else 'NO'))
        if not fits:
            self.missed.append(what)
        print('%-44s %-28s %-30s %8s %-9s %s' % self.rows[-1], flush=True)

    def head(self, title):
        print('\n%s\n%-44s %-28s %-30s %8s %-9s %s' % (title, 'what', 'figure', 'beside', 'ratio', 'bar', 'held'), flush=True)


def started(a):
    """A house to measure, with what it is measured by; an empty one."""
    return House.temporary(a.build, conf=BIG, fsync=True, pg_conf='track_commit_timestamp = on\nshared_buffers = 512MB\nmax_wal_size = 4GB\n')


def seed(h):
    org = h.org('bench', 'Bench')
    owner, key = h.person('owner@bench.example', org='bench'), h.key('bench', 'operator')
    subprocess.run(['psql', '-q', '-h', h.run, '-U', 'fl_super', '-v', 'org=' + org, '-f', HERE / 'seed.sql', 'fairlead'], check=True, env=h.env,
                   stdout=subprocess.DEVNULL)
    board = h.one("select id from pipelines where name = 'Bench billing'")
    return org, owner, key, board


class Peers:
    """Other stacks, a report and no bar: --peer NAME.CELL=URL, CELL being dashboard, list, board or intake."""
    cells = {'dashboard': 'dashboard', 'list': 'list as JSON', 'board': 'board of 500 cards', 'intake': 'intake'}

    def __init__(self, given):
        self.urls, self.seen = {}, {}
        for one in given:
            name, url = one.split('=', 1)
            peer, cell = name.rsplit('.', 1)
            self.urls.setdefault(self.cells[cell], []).append((peer, url))

    def measure(self, cell, seconds, lua=None):
        for peer, url in self.urls.get(cell, ()):
            s = self.seen.setdefault((cell, peer), {'rate': [], 'p99': []})
            s['rate'].append(measure.wrk(url, 16, seconds, lua=lua)['rate'])
            s['p99'].append(measure.wrk(url, 64, seconds, lua=lua)['p99'])

    def report(self, t, cell, rates, p99=None):
        for peer, _ in self.urls.get(cell, ()):
            s = self.seen[cell, peer]
            t.add('%s, beside %s' % (cell, peer), measure.spread(rates), '%s %s' % (peer, measure.spread(s['rate'])), measure.median(rates) / measure.median(s['rate']))
            if p99:
                t.add('%s, p99 at 64, ms' % cell, measure.spread(p99), '%s %s' % (peer, measure.spread(s['p99'])), measure.median(p99) / measure.median(s['p99']))


def enter(token_hash, permission, read_only='true'):
    return ('enter', ['\\x' + token_hash, None, permission, read_only, 'bench', '127.0.0.1', 'false', 'false'])


def pages(h, t, a):
    """Dashboard, list as JSON and board against the same statements in pgbench, in interleaved rounds."""
    org, owner, key, board = seed(h)
    session = h.one("select encode(token_hash, 'hex') from sessions limit 1")
    cookie = ['Cookie: ' + owner, 'Accept: text/html']
    cells = {
        'dashboard': ('/dashboard', cookie, pages_calls(h, session, '/dashboard'), 0.5),
        'list as JSON': ('/api/v1/intake?limit=50', ['Cookie: ' + owner], pages_calls(h, session, '/intake', api=True), 0.4),
        'board of 500 cards': ('/boards/' + board, cookie, pages_calls(h, session, '/boards/{id}', id=board), 0.6),
    }
    seen = {name: {'c16': [], 'c64': [], 'p99': [], 'p99_64': [], 'db': [], 'errors': 0} for name in cells}
    for name, (path, head, _, _) in cells.items():
        answer = h.get(path, owner, headers={'Accept': 'application/json'} if 'api' in path else None)
        if answer.status != 200:
            raise SystemExit('%s answers %d' % (path, answer.status))
        print('# %s: %d bytes' % (name, len(answer.body)))
    peers = Peers(a.peer)
    for _ in range(a.rounds):
        for name, (path, head, calls, _) in cells.items():
            peers.measure(name, a.seconds)
            url = 'http://127.0.0.1:%d%s' % (h.port, path)
            r = measure.wrk(url, 16, a.seconds, head)
            seen[name]['c16'].append(r['rate'])
            seen[name]['p99'].append(r['p99'])
            seen[name]['errors'] += r['errors']
            r = measure.wrk(url, 64, a.seconds, head)
            seen[name]['c64'].append(r['rate'])
            seen[name]['p99_64'].append(r['p99'])
            seen[name]['errors'] += r['errors']
            seen[name]['db'].append(measure.pgbench(h, statements.script(calls), 16, a.seconds)['rate'])
    t.head('Pages (requests/s)')
    for name, (_, _, _, least) in cells.items():
        s = seen[name]
        t.add(name + ', 16 connections', measure.spread(s['c16']), 'pgbench ' + measure.spread(s['db']), measure.median(s['c16']) / measure.median(s['db']), least)
        t.add(name + ', 64 connections', measure.spread(s['c64']), 'p99 %s ms' % measure.spread(s['p99_64']))
        if s['errors']:
            t.add(name + ': errors', str(s['errors']), ratio=s['errors'], most=0)
        peers.report(t, name, s['c16'], s['p99_64'])


def pages_calls(h, session, path, api=False, **values):
    """The statements of a page row, as `fairlead-web --routes` tells them, with the values the bench asks for."""
    out = subprocess.run([h.program('web'), '--config', str(h.prefix / 'conf/fairlead.conf'), '--routes'], capture_output=True, text=True, check=True,
                         env=h.env).stdout
    row = next(r for r in json.loads(out) if r['method'] == 'GET' and r['path'] == path)
    known = statements.load()
    defaults = {f['name']: f.get('default') for f in row['fields']}
    calls = [enter(session, row['permission'])]
    for name in row['sets'] + ([] if api or 'framed' in row['flags'] else ['frame']):
        names = []
        text = '\n'.join(p.read_text() for p in statements.QUERY.glob('*.sql'))
        block = text.split('-- name: %s\n' % name, 1)[1].split('-- name: ', 1)[0]
        for line in block.splitlines():
            if line.startswith('-- in: '):
                names += [part.split()[0] for part in line[7:].rstrip(', ').split(',')]
        assert len(names) == len(known[name][1])
        calls.append((name, [values.get(n, {'limit': 50, '_locale': 'en'}.get(n, defaults.get(n))) for n in names]))
    return calls


def intake(h, t, a):
    """Requests accepted by the API: key, tenant, event, audit, job and doorbell, after COMMIT."""
    key = h.key('bench', 'service')
    lua = h.prefix / 'data' / 'post.lua'
    lua.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.headers["Authorization"] = "Bearer %s"\n'
                   'wrk.body = \'{"subject":"Price for a new website","body":"Could you send me a quote and pricing for six pages, with a demo?",'
                   '"name":"Client","email":"client@clients.example"}\'\n' % key)
    url = 'http://127.0.0.1:%d/api/v1/intake' % h.port
    token = h.one("select encode(token_hash, 'hex') from principals where kind = 'key' and role = 'service' limit 1")
    db = statements.script([enter(token, 'intake.create', 'false'),
                            ('intake_post', ['api', 'Price for a new website', 'Could you send me a quote and pricing for six pages, with a demo?', 'Client',
                                             'client@clients.example', None, '{}', 'en', 'http://127.0.0.1', '[]'])])
    off, on, decided, bare = [], [], [], []
    peers = Peers(a.peer)
    for _ in range(a.rounds):
        h.stop_one('worker')
        peers.measure('intake', a.seconds, lua=lua)
        r = measure.wrk(url, 16, a.seconds, lua=lua)
        off.append(r['rate'])
        bare.append(measure.pgbench(h, db, 16, a.seconds)['rate'])
        h.sql('truncate jobs')
        h.start_program('worker')
        time.sleep(0.5)
        before, began = int(h.one('select count(*) from agent_decisions')), time.monotonic()
        r = measure.wrk(url, 16, a.seconds * 2, lua=lua)
        on.append(r['rate'])
        h.drained(120)
        decided.append((int(h.one('select count(*) from agent_decisions')) - before) / (time.monotonic() - began))
    t.head('Intake')
    t.add('accepted/s, worker off, 16 connections', measure.spread(off), 'pgbench ' + measure.spread(bare), measure.median(off) / measure.median(bare))
    peers.report(t, 'intake', off)
    t.add('accepted/s, worker on', measure.spread(on))
    t.add('decided/s, sustained (accept and drain)', measure.spread(decided))


def size(h, t, a):
    """Memory, start, and the weight of a first load."""
    h.restart('web')
    h.restart('worker')
    time.sleep(1)
    pids = [p for name in ('web', 'worker') for p in measure.family(h.pid(name))]
    kb = measure.private_kb(pids)
    t.head('Size')
    t.add('web and worker idle, private MB', '%.1f' % (kb / 1000), '%d processes' % len(pids), kb / 1000, most=64)
    starts = []
    for _ in range(a.rounds):
        h.stop_one('web')
        (h.run / 'web.sock').unlink(missing_ok=True)
        began = time.monotonic()
        h.spawn('web', [h.program('web'), '--config', str(h.prefix / 'conf/fairlead.conf')], account=h.account)
        while True:
            try:
                if h.get('/health').status == 200:
                    break
            except OSError:
                pass
            time.sleep(0.002)
        starts.append((time.monotonic() - began) * 1000)
    t.add('start to first answer, ms', measure.spread(starts), ratio=measure.median(starts), most=100)


def history(h, t, a):
    with started(a) as full:
        seed(full)
        jobs.history(h, full, t, a)


class Flood:
    """Strangers who sign in as fast as they are answered, each from an address of its own (127.1.x.y), as people nobody knows: every one costs a whole hash."""

    def __init__(self, h, threads):
        self.h, self.over, self.answers = h, threading.Event(), []
        self.threads = [threading.Thread(target=self.knock, args=(i,)) for i in range(threads)]

    def knock(self, which):
        n = 0
        while not self.over.is_set():
            n += 1
            c = http.client.HTTPConnection('127.0.0.1', self.h.port, timeout=30, source_address=('127.1.%d.%d' % (which, n % 250 + 1), 0))
            c.request('POST', '/api/v1/auth/login', '{"email": "nobody-%d-%d@x.example", "password": "seven quiet herons"}' % (which, n), {'Content-Type': 'application/json'})
            self.answers.append(c.getresponse().status)
            c.close()

    def __enter__(self):
        [x.start() for x in self.threads]
        self.h.wait(lambda: len(self.answers) >= 2, 'the flood to be answered', 60)
        self.answers.clear()
        return self

    def __exit__(self, *_):
        self.over.set()
        [x.join() for x in self.threads]


def sign_ins(h, t, a):
    """The dashboard beside a flood of sign-ins, which hash passwords in a pool of their own."""
    lua = h.prefix / 'data' / 'p95.lua'
    lua.write_text('function done(summary, latency) print("p95 " .. latency:percentile(95) / 1000) end\n')
    url, head = 'http://127.0.0.1:%d/dashboard' % h.port, ['Cookie: ' + h.sign_in('owner@bench.example'), 'Accept: text/html']
    without, beside, hashed, errors = [], [], [], 0
    for _ in range(a.rounds):
        without.append(measure.wrk(url, 2, a.seconds * 2, head, lua)['p95'])
        with Flood(h, 8) as flood:
            r = measure.wrk(url, 2, a.seconds * 2, head, lua)
            hashed.append(flood.answers.count(401) / (a.seconds * 2))
        beside.append(r['p95'])
        errors += r['errors']
    t.head('Dashboard beside a flood of sign-ins')
    t.add('p95, ms, 2 connections', measure.spread(beside), 'without ' + measure.spread(without), measure.median(beside) / measure.median(without), most=3)
    t.add('sign-ins refused/s meanwhile', measure.spread(hashed), ratio=measure.median(hashed), least=0.2)
    if errors:
        t.add('dashboard: errors', str(errors), ratio=errors, most=0)


BENCHES = {'pages': pages, 'intake': intake, 'end_to_end': decision.end_to_end, 'jobs': jobs.jobs, 'recovery': recovery.recovery, 'sign_ins': sign_ins, 'size': size, 'papers': papers.papers, 'sla': promises.sla, 'reminders': promises.reminders,
           'slots': promises.slots, 'week': promises.week}
SLOW = {'history': history}


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--build', required=True)
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--seconds', type=int, default=2)
    p.add_argument('--only', default=','.join(BENCHES))
    p.add_argument('--peer', action='append', default=[], metavar='NAME.CELL=URL',
                   help='another stack, in the same rounds; CELL is dashboard, list, board or intake')
    a = p.parse_args()
    t = Table()
    with started(a) as h:
        print('# %s, %d cores, %d rounds of %d s' % (time.strftime('%Y-%m-%d'), os.cpu_count(), a.rounds, a.seconds))
        print('# a flush of this disk: p50 %.2f ms, p95 %.2f ms' % measure.flush_ms(h.prefix))
        for name in a.only.split(','):
            if name != 'pages' and not h.one("select 1 from organizations where slug = 'bench'"):
                seed(h)
            {**BENCHES, **SLOW}[name](h, t, a)
    print('\n%d bars missed%s' % (len(t.missed), ': ' + '; '.join(t.missed) if t.missed else ''))
    return 1 if t.missed else 0


if __name__ == '__main__':
    sys.exit(main())
