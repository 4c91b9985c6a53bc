"""Faults under load: PostgreSQL and Redis killed, web processes shot, reload, the worker stopped again and again. What was accepted is there and is done once
(promises 3, 10, 11, 13, 26). FAULT_LONG=1, as in `make check-fault`: five kills of PostgreSQL, Redis away for ten minutes, 2,000 requests beside a worker that is
stopped. Prints TAP."""
import collections, fcntl, http.client, os, random, signal, socket, struct, subprocess, sys, termios, threading, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import PATIENCE_S, House, HouseError  # noqa: E402
from tap import done, note, ok  # noqa: E402

LONG = os.environ.get('FAULT_LONG') == '1'
Seen = collections.namedtuple('Seen', 'at took status retry id')


class Load:
    """Threads that send requests and read the queue until told to stop; what each saw is kept."""

    def __init__(self, h, key, threads=8, pause_s=0.02):
        self.h, self.key, self.pause_s, self.seen, self.stop = h, key, pause_s, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(threads)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join()

    def run(self, thread):
        n = 0
        while not self.stop.is_set():
            n += 1
            began = time.monotonic()
            try:
                if n % 3 == 0:
                    a, made = self.h.api('GET', '/intake?status=CLOSED', self.key), None
                else:
                    a = self.h.api('POST', '/intake', self.key, {'subject': 'Invoice charged twice', 'body': 'Return the payment %d of %d.' % (n, thread)})
                    made = a.json['id'] if a.status == 202 else None
                saw = Seen(began, time.monotonic() - began, a.status, a.headers['Retry-After'], made)
            except (OSError, http.client.HTTPException, ValueError) as e:
                saw = Seen(began, time.monotonic() - began, type(e).__name__, None, None)
            self.seen.append(saw)
            self.stop.wait(self.pause_s if saw.status in (200, 202) else max(self.pause_s, 0.03))

    def calm(self):
        """Since when all is well: forty answers in a row, then a second more."""
        first = len(self.seen)
        self.h.wait(lambda: len(self.seen) > first + 40 and all(s.status in (200, 202) for s in self.seen[-40:]), 'answers that are all well')
        began = time.monotonic()
        time.sleep(1)
        return began

    @property
    def ids(self):
        return [s.id for s in self.seen if s.id]

    @property
    def failed(self):
        return [s for s in self.seen if s.status not in (200, 202)]

    def tally(self):
        return dict(collections.Counter(s.status for s in self.seen)), 'longest %.1f s' % max(s.took for s in self.seen)


def lost(h, ids):
    """Those that are not in the database."""
    return set(ids) - {row[0] for row in h.sql('select id from intake_requests')}


def done_once(h, ids):
    """Waits for their decisions; whether each has exactly one."""
    def counts():
        return {row[0]: row[1] for row in h.sql('select intake_id, count(*) from agent_decisions group by 1')}
    h.wait(lambda: not set(ids) - set(counts()), 'a decision for each', 600 if LONG else 60)
    made = counts()
    return {made[i] for i in ids} == {'1'}


def start_postgres(h):
    """A killed postmaster's children take a moment to see it, and nothing starts before."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return h.start_postgres()
        except (HouseError, subprocess.SubprocessError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def postgres(h, key):
    recovered = 0
    with Load(h, key) as load:
        for _ in range(5 if LONG else 2):
            time.sleep(1.5)
            h.kill('postgres')
            time.sleep(1.5)
            start_postgres(h)
            back = time.monotonic()
            h.wait(lambda: any(s.id and s.at > back for s in load.seen), 'a request to be taken again')
            recovered = max(recovered, next(s.at + s.took for s in load.seen if s.id and s.at > back) - back)
        calm = load.calm()
    note('PostgreSQL killed: %s %s, taken again after %.1f s' % (*load.tally(), recovered))
    away = load.failed
    ok(away and {s.status for s in away} == {503}, 'PostgreSQL killed: what is not taken is told 503', {s.status for s in away})
    ok(all((s.retry or '').isdigit() for s in away), 'with Retry-After', [s for s in away if not s.retry][:3])
    ok(max(s.took for s in load.seen) <= 30, 'nobody waits for long', load.tally())
    ok(recovered <= 60, 'soon after its return requests are taken', recovered)
    ok(not [s for s in away if s.at > calm], 'and then every one', [s for s in away if s.at > calm][:3])
    ok(load.ids and not lost(h, load.ids), 'each of %d that were accepted is there' % len(load.ids), lost(h, load.ids))
    ok(done_once(h, load.ids), 'and decided once')
    h.stop_one('postgres')
    start_postgres(h)
    saw = [h.get('/signin').status for _ in range(4)] + [h.api('GET', '/intake', key).status for _ in range(30)]
    ok(set(saw) == {200} and h.sign_in('ana@aa.example'), 'restarted while nobody asked: the first requests after it are answered', saw)


def redis(h, key):
    with Load(h, key) as load:
        time.sleep(0.7)
        h.kill('redis')
        time.sleep(600 if LONG else 1.5)
        cookie = h.sign_in('ana@aa.example')
        ok(h.get('/dashboard', cookie).status == 200, 'without Redis one signs in')
        h.wait(lambda: 'Syncing paused' in h.get('/tasks', cookie).text, 'the word that syncing is paused', 30)
        ok(h.form('/tasks/new', '/tasks', {'title': 'Without Redis'}, cookie).status == 303, 'pages say that syncing is paused, and work (RES-01, RES-04)')
        h.run.joinpath('redis.sock').unlink(missing_ok=True)
        h.start_redis()
        for _ in range(5):
            time.sleep(0.3)
            subprocess.run(['redis-cli', '-s', str(h.run / 'redis.sock'), '--no-auth-warning', '--user', 'keeper', '--pass', 'keeper', 'flushall'], check=True, stdout=subprocess.DEVNULL)
        ok(h.get('/dashboard', cookie).status == 200 and h.get('/dashboard', h.sign_in('ana@aa.example')).status == 200, 'emptied, sessions go on')
    note('Redis killed and emptied: %s %s' % load.tally())
    ok(not load.failed, 'Redis killed, then emptied: no request fails', load.failed[:5])
    ok(done_once(h, load.ids), 'each of %d is decided once' % len(load.ids))


def locked_out(h, key):
    """Redis is there and does not know us any more."""
    h.stop_one('redis')
    h.run.joinpath('redis.sock').unlink(missing_ok=True)
    with Load(h, key) as load:
        h.spawn('redis', ['redis-server', '--requirepass', 'another', '--port', '0', '--unixsocket', str(h.run / 'redis.sock'), '--unixsocketperm', '770', '--save', '', '--dir', str(h.prefix / 'data')],
                account=h.account, inner=False)
        h.wait((h.run / 'redis.sock').exists, 'Redis', 30)
        taken = len(load.ids)
        h.wait(lambda: len(load.ids) > taken + 20, 'requests to be taken', 60)
        ok(h.get('/dashboard', h.sign_in('ana@aa.example')).status == 200, 'with a password that Redis does not take one signs in')
    ok(not load.failed and done_once(h, load.ids), 'no request fails, each of %d is decided once' % len(load.ids), load.failed[:5])
    h.stop_one('redis')
    h.run.joinpath('redis.sock').unlink(missing_ok=True)
    h.start_redis()


def children(pid):
    out = []
    for name in os.listdir('/proc'):
        try:
            if name.isdigit() and int(open('/proc/%s/stat' % name).read().rsplit(')', 1)[1].split()[1]) == pid:
                out.append(int(name))
        except OSError:
            pass
    return out


def name_of(pid):
    try:
        with open('/proc/%d/comm' % pid) as f:
            return f.read().strip()
    except OSError:
        return None


def shots(h, key):
    pid, kills = h.pid('web'), 0
    with Load(h, key) as load:
        for _ in range(4):
            time.sleep(1)
            os.kill(random.choice(children(pid)), signal.SIGSEGV)
            kills += 1
        calm = load.calm()
    note('web processes shot: %s %s' % load.tally())
    ok(len(load.failed) <= kills + 1, '%d web processes shot: at most one request each' % kills, load.failed[:8])
    ok(not [s for s in load.failed if s.at > calm] and h.pid('web') == pid, 'and the service goes on')
    ok(load.ids and not lost(h, load.ids), 'each of %d that were accepted is there' % len(load.ids), lost(h, load.ids))
    want = int(h.conf.get('WEB_PROCESSES', 8)) + int(h.conf.get('SLOW_PROCESSES', 2))
    h.wait(lambda: len(children(pid)) == want, 'as many processes as before')
    ok('died by signal 11' in (h.prefix / 'log' / 'web.log').read_text(), 'the log tells of it')


def reload(h, key):
    before = set(children(h.pid('web')))
    with Load(h, key) as load:
        for _ in range(3):
            time.sleep(0.7)
            h.kill('web', signal.SIGHUP)
        time.sleep(1)
    note('reloaded: %s %s' % load.tally())
    ok(not load.failed, 'three reloads under load: no request fails', load.failed[:5])
    h.wait(lambda: not before & set(children(h.pid('web'))), 'the old processes to end', 20)
    ok(load.ids and not lost(h, load.ids), 'each of %d that were accepted is there' % len(load.ids), lost(h, load.ids))


def hung(h, key):
    """A process that does not come to the end of what it serves is ended by force some time after a reload; the others and the new ones serve on."""
    pid, log = h.pid('web'), h.prefix / 'log' / 'web.log'
    before, want = set(children(pid)), int(h.conf.get('WEB_PROCESSES', 8)) + int(h.conf.get('SLOW_PROCESSES', 2))
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(h.run / 'web.sock'))
        # FastCGI: the begin of a request, then parameters that never end
        s.sendall(struct.pack('>BBHHBx', 1, 1, 1, 8, 0) + struct.pack('>HB5x', 1, 0) + struct.pack('>BBHHBx', 1, 4, 1, 65535, 0))
        h.wait(lambda: fcntl.ioctl(s, termios.TIOCOUTQ, b'    ') == b'\0\0\0\0', 'a process to read it')

        def is_over():
            try:
                s.send(b'\0')
            except (BrokenPipeError, ConnectionResetError):
                return True
            return False

        h.kill('web', signal.SIGHUP)
        h.wait(lambda: len(before & set(children(pid))) <= 1, 'the other old processes to end')
        ok(h.api('GET', '/intake', key).status == 200, 'after a reload beside a process that does not end requests are served')
        h.wait(is_over, 'it to be ended by force')
    h.wait(lambda: not before & set(children(pid)) and len(children(pid)) == want, 'it to be gone')
    ok('is ended by force' in log.read_text() and 'died by signal 9' in log.read_text(), 'it is ended, and the log tells of it')


def changed(h, key):
    """A reload takes what the configuration says now, and the program as it is installed now; what is not sound is not taken. The supervisor stays, and no request fails."""
    pid, log = h.pid('web'), h.prefix / 'log' / 'web.log'
    started = open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[19]
    ok(h.get('/api/v1/metrics').status == 200, 'metrics are on')
    with Load(h, key) as load:
        before = set(children(pid))
        h.extra['ENABLE_METRICS'] = 'false'
        h.write_conf()
        h.kill('web', signal.SIGHUP)
        h.wait(lambda: h.get('/api/v1/metrics').status == 404 and not before & set(children(pid)), 'what was changed to count')
        ok(True, 'reloaded, it counts')
        h.extra['WEB_PROCESSES'] = 'none'
        h.write_conf()
        h.kill('web', signal.SIGHUP)
        h.wait(lambda: 'not reloaded' in log.read_text(), 'the refusal')
        ok(h.get('/api/v1/metrics').status == 404 and 'WEB_PROCESSES' in log.read_text(), 'a bad value is told, and nothing changes')
        del h.extra['WEB_PROCESSES'], h.extra['ENABLE_METRICS']
        h.write_conf()
        h.kill('web', signal.SIGHUP)
        h.wait(lambda: h.get('/api/v1/metrics').status == 200, 'metrics to be on again')
    ok(not load.failed, 'no request fails meanwhile', load.failed[:5])
    ok(open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[19] == started and b'--sockets' in open('/proc/%d/cmdline' % pid, 'rb').read(), 'it is the same process, another program')
    h.stop_one('web')
    ok(not h.pid('web'), 'SIGTERM ends it')
    h.start_program('web')


def newborn(h, _):
    """Told to stop at the moment its processes are made: they end as told, and none is taken for one that crashed."""
    log = h.prefix / 'log' / 'web.log'
    seen = len(log.read_text())
    h.kill('web', signal.SIGHUP)
    h.stop_one('web')
    said = log.read_text()[seen:]
    ok('web reloads' in said and 'stopped' in said and 'died by signal' not in said and 'by force' not in said, 'a stop right after a reload ends processes that were just made without a crash', said[-600:])
    h.start_program('web')


def worker_changed(h, _):
    """The same of the worker: it ends its jobs first, and a configuration it could not start with ends nothing."""
    pid, log = h.pid('worker'), h.prefix / 'log' / 'worker.log'
    starts = log.read_text().count('worker starts')
    h.extra['WORKER_PROCESSES'] = 'none'
    h.write_conf()
    h.kill('worker', signal.SIGHUP)
    h.wait(lambda: 'not reloaded' in log.read_text(), 'the refusal')
    ok(h.pid('worker') == pid and log.read_text().count('worker starts') == starts and children(pid), 'a worker goes on as before a value it could not start with')
    h.extra['WORKER_PROCESSES'] = '1'
    h.write_conf()
    h.kill('worker', signal.SIGHUP)
    h.wait(lambda: 'worker starts: 1 light' in log.read_text(), 'the value to count')
    ok(h.pid('worker') == pid, 'and starts anew with one it can')
    del h.extra['WORKER_PROCESSES']
    h.write_conf()
    h.kill('worker', signal.SIGHUP)
    h.wait(lambda: log.read_text().count('worker starts') == starts + 2, 'it to be as it was')


def hopeless(h, _):
    """No process lives longer than it takes to see it: each is started again a second after the one before, not as fast as the machine can fork."""
    pid, each, seen = h.pid('web'), int(h.conf.get('WEB_PROCESSES', 8)) + int(h.conf.get('SLOW_PROCESSES', 2)), set()
    began = time.monotonic()
    while len(seen) < 8 * each:
        for child in set(children(pid)) - seen:
            os.kill(child, signal.SIGKILL)
            seen.add(child)
    took = time.monotonic() - began
    ok(took > 5.8, 'processes that cannot live: %d of them took %.1f s, at least six' % (len(seen), took))
    h.wait(lambda: h.get('/health').status == 200 and len(children(pid)) == each, 'the program to live again')


def speechless(h, _):
    """So is the process of live updates, which belongs to the worker."""
    def live():
        return [pid for pid in children(h.pid('worker')) if name_of(pid) == 'fairlead-live']

    seen = set()
    h.wait(lambda: len(live()) == 1, 'the process of live updates')
    began = time.monotonic()
    while len(seen) < 6:
        for pid in set(live()) - seen:
            os.kill(pid, signal.SIGKILL)
            seen.add(pid)
        time.sleep(0.005)
    took = time.monotonic() - began
    ok(took > 3.8, 'live updates that cannot live: %d processes took %.1f s, at least four' % (len(seen), took))
    h.wait(lambda: set(live()) - seen, 'live updates to go on')


def worker(h, key):
    stops, wanted = 0, 2000 if LONG else 300
    with Load(h, key, threads=4, pause_s=0.05) as load:
        while stops < 3 or (len(load.ids) < wanted and stops < 300):
            time.sleep(2)
            h.stop_one('worker')
            h.start_program('worker')
            stops += 1
    note('worker stopped %d times: %s %s' % (stops, *load.tally()))
    ok(not load.failed and len(load.ids) >= wanted, 'the worker stopped %d times during %d requests: none fails' % (stops, len(load.ids)), load.failed[:5])
    ok(done_once(h, load.ids), 'each is decided once')
    ok(h.one("select count(*) from job_history where state = 'dead'") == '0', 'no job of the whole test went to the dead letters')


def unheard(h, key):
    """63 bells of a queue are kept, and what its 8 processes rang since one of them last cut: 12 each."""
    def kept():
        return int(subprocess.run(['redis-cli', '-s', str(h.run / 'redis.sock'), '--no-auth-warning', '--user', 'keeper', '--pass', 'keeper', 'llen', 'fl:q:intake-routing'],
                                  capture_output=True, text=True, check=True).stdout)

    def ask():
        return h.api('POST', '/intake', key, {'subject': 'Nobody hears this', 'body': 'An invoice of ours was charged twice.'}).status == 202

    h.stop_one('worker')
    h.wait(lambda: ask() and kept() > 0, 'a bell, though Redis was away a moment ago')
    for _ in range(260):
        ask()
    ok(0 < kept() <= 160, 'of 260 bells that nobody answers a few are kept', kept())
    h.start_program('worker')
    h.drained(120)


PARTS = [postgres, redis, unheard, locked_out, shots, reload, hung, changed, newborn, worker_changed, hopeless, speechless, worker]


def main():
    wanted = sys.argv[1:]
    with House.temporary(conf={'RATE_LIMIT_MAX': '100000'}) as h:
        h.org('aa', 'House aa', '--with-pipelines')
        ana, key = h.person('ana@aa.example', 'aa'), h.key('aa')
        a = h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 10000, 'per_hour': 100000, 'tokens_per_window': 0, 'chain': 'builtin',
                                        'may_notify': 'on', 'may_escalate': 'on'}, ana)
        ok(a.status == 303, 'the agent may decide as often as it is asked', a.status)
        for part in PARTS:
            if not wanted or part.__name__ in wanted:
                part(h, key)
    done()


main()
