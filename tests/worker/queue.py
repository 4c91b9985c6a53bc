"""The queue as a whole: worker and batch on a private PostgreSQL and Redis, with children killed, stopped and starved. Prints TAP.

Needs top_srcdir and top_builddir in the environment (automake sets them)."""
import json, os, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from ending import leave_by_signal  # noqa: E402

SRC, BUILD = os.environ['top_srcdir'], os.environ['top_builddir']
ROOT = os.geteuid() == 0
AS_PG = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] if ROOT else []
BIN = subprocess.check_output(['pg_config', '--bindir'], text=True).strip()
count = failed = 0


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print(('ok' if good else 'not ok'), count, '-', name, flush=True)
    return good


class World:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='flq-')
        os.chmod(self.dir, 0o755)
        self.env = dict(os.environ, FAIRLEAD_URL='http://127.0.0.1:1', FAIRLEAD_ENV='local', FAIRLEAD_SECRET='x' * 40, LOG_LEVEL='warn',
                        DATABASE_URL=f'host={self.dir} user=fl_app dbname=fairlead', DATABASE_SWEEP_URL=f'host={self.dir} user=fl_sweep dbname=fairlead',
                        DATABASE_OWNER_URL=f'host={self.dir} user=fl_owner dbname=fairlead', SHARE_DIR=SRC,
                        REDIS_URL=f'unix:{self.dir}/redis.sock', DATA_DIR=self.dir, JOB_TIMEOUTS='noop.long=1', WORKER_PROCESSES='2', WORKER_IO_PROCESSES='3')
        self.worker = self.redis = None
        self.log = open(f'{self.dir}/worker.log', 'w')

    def make(self):
        os.mkdir(f'{self.dir}/pg')
        if ROOT:
            shutil.chown(f'{self.dir}', 'postgres')
            shutil.chown(f'{self.dir}/pg', 'postgres')
        self.pg('initdb', '-D', f'{self.dir}/pg', '-U', 'fl_super', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '-A', 'trust')
        self.pg_start()
        subprocess.run([f'{BIN}/psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-h', self.dir, '-U', 'fl_super', '-f', f'{SRC}/sql/bootstrap.sql', 'postgres'], check=True,
                       env={**os.environ, 'PGOPTIONS': '-c client_min_messages=warning'}, stdout=subprocess.DEVNULL)
        subprocess.run([f'{BUILD}/src/ctl/fairlead', '--config', '/dev/null', 'migrate'], check=True, env=self.env, stdout=subprocess.DEVNULL)
        self.sql("insert into organizations (slug, name) select 'org-' || g, 'Org ' || g from generate_series(1, 5) g")
        self.orgs = self.sql('select id from organizations order by id').split()

    def pg(self, program, *args):
        return subprocess.run([*AS_PG, f'{BIN}/{program}', *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def pg_start(self):
        self.pg('pg_ctl', '-D', f'{self.dir}/pg', '-w', '-l', f'{self.dir}/pg.log', '-o',
                f"-c fsync=off -c listen_addresses='' -c unix_socket_directories={self.dir} -c unix_socket_permissions=0777", 'start')

    def sql(self, text, user='fl_super', db='fairlead'):
        return subprocess.check_output([f'{BIN}/psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-h', self.dir, '-U', user, '-c', text, db], text=True).strip()

    def redis_start(self):
        self.redis = subprocess.Popen(['redis-server', '--port', '0', '--unixsocket', f'{self.dir}/redis.sock', '--save', '', '--dir', self.dir],
                                      stdout=subprocess.DEVNULL)

    def worker_start(self):
        self.worker = subprocess.Popen([f'{BUILD}/tests/worker/worker-test'], env=self.env, stderr=self.log)

    def close(self):
        for p in (self.worker, self.redis):
            if p and p.poll() is None:
                p.kill()
                p.wait()
        if os.path.exists(f'{self.dir}/pg/postmaster.pid'):
            self.pg('pg_ctl', '-D', f'{self.dir}/pg', '-m', 'immediate', 'stop')
        shutil.rmtree(self.dir, ignore_errors=True)

    def enqueue(self, kind, queue='sync', payload=None, n=1, org=0):
        self.sql(f"insert into jobs (org_id, queue, kind, payload) select '{self.orgs[org]}', '{queue}', '{kind}', "
                 f"'{json.dumps(payload or {})}' from generate_series(1, {n})")
        if self.redis and self.redis.poll() is None:
            subprocess.run(['redis-cli', '-s', f'{self.dir}/redis.sock', 'lpush', f'fl:q:{queue}', '1'], stdout=subprocess.DEVNULL)

    def wait(self, condition, seconds=120):
        """Seconds until the SQL condition holds; None when it does not in time."""
        start = time.time()
        while time.time() - start < seconds:
            if self.sql(f'select ({condition})::int') == '1':
                return time.time() - start
            time.sleep(0.05)
        return None

    def done(self, kind, n, seconds=120):
        return self.wait(f"(select count(*) from job_history where kind = '{kind}' and state = 'completed') >= {n}", seconds)

    def until(self, name):
        """What a noop.held waits for; let() makes it so."""
        return f'{self.dir}/{name}'

    def let(self, name):
        open(self.until(name), 'w').close()

    def holder(self, kind):
        """The pid of the child that runs a job of this kind: the last part of its worker's name."""
        while not (name := self.sql(f"select worker from jobs where kind = '{kind}' and state = 'active' limit 1")):
            assert self.sql(f"select exists (select from jobs where kind = '{kind}')") == 't', 'it has ended'
        return int(name.rsplit(':', 1)[1])

    def said(self, what, pid, seconds=120):
        """Waits for a line of the log with these words by this process; whether it came."""
        end = time.time() + seconds
        while time.time() < end:
            if any(what in line and '"pid":%d,' % pid in line for line in open(self.log.name)):
                return True
            time.sleep(0.05)
        return False

    def clean(self):
        self.sql('truncate jobs, job_history, job_attempts')


def basics(w):
    w.enqueue('noop', n=100)
    ok(w.done('noop', 100) is not None, '100 jobs run to their end')
    w.sql(f"begin; select fl_work('{w.orgs[0]}', null, null, 'r1'); select fl_enqueue('n8n', 'x', '{{}}', 5, now() + interval '1 hour', 'd'); "
          f"select fl_enqueue('automation', 'x', '{{}}', 5, now() + interval '1 hour', 'd'); commit", user='fl_app')
    ok(w.sql("select count(*) from jobs where queue = 'automation'") == '1', 'a dedupe key makes one job, and n8n is automation')
    w.sql(f"insert into jobs (org_id, queue, kind, payload, state, run_at) values ('{w.orgs[0]}', 'sync', 'noop', '{{\"due\": 1}}', 'delayed', now() + interval '1 second')")
    ok(w.done('noop', 101) is not None and w.sql("select started_at - created_at >= interval '1 second' from job_history where payload ? 'due'") == 't',
       'a delayed job runs when it is due')
    w.enqueue('noop.note', n=12)
    w.enqueue('noop.bad')
    ok(w.done('noop.note', 12) is not None and w.sql("select count(*) from jobs where kind = 'test.note'") == '12',
       'what jobs save is there once, though one of the batch cannot save')
    # a moment after the others, and again when its retry is due
    w.wait("exists (select from job_attempts where outcome = 'failed')")
    ok(w.sql("select count(distinct job_id) from job_attempts where outcome = 'failed'") == '1', 'that one failed alone')
    w.clean()


def wish(w, key, until):
    """What asks for a job of this key, as the programs do."""
    w.sql(f"begin; select fl_work('{w.orgs[0]}', null, null, 'r1'); select fl_enqueue('ingest', 'noop.held', '{{\"until\": \"{w.until(until)}\"}}', 5, null, '{key}'); commit", user='fl_app')


def again(w):
    wish(w, 'k', 'wished')
    ok(w.wait("exists (select from jobs where dedupe = 'k' and state = 'active')") is not None, 'a job with a key runs')
    for _ in range(3):
        wish(w, 'k', 'wished')
    ok(w.sql("select count(*) from jobs where dedupe = 'k' and state = 'active' and again_at is not null") == '1', 'what is wished while it runs is noted at it')
    w.let('wished')
    ok(w.done('noop.held', 2) is not None and w.sql('select count(*) from jobs') == '0', 'and is done once more, once for all who asked')
    ok(w.sql("select max(started_at) >= min(finished_at) from job_history where kind = 'noop.held'") == 't', 'not beside the first')
    w.clean()
    w.sql("update queues set paused_at = now() where name = 'ingest'")
    wish(w, 'k', 'wished')
    holder = subprocess.Popen([f'{BIN}/psql', '-qAtX', '-h', w.dir, '-U', 'fl_app', 'fairlead'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    holder.stdin.write(f"begin; select fl_work('{w.orgs[0]}', null, null, 'r1'); select fl_enqueue('ingest', 'noop.held', '{{}}', 5, null, 'k'); select 'wished';\n")
    holder.stdin.flush()
    while holder.stdout.readline().strip() != 'wished':
        pass
    w.sql("update queues set paused_at = null where name = 'ingest'")
    w.enqueue('noop.slow', 'ingest', {'ms': 1})
    ok(w.done('noop.slow', 1) is not None and w.sql("select count(*) from jobs where dedupe = 'k' and state = 'queued'") == '1',
       'a job waits until what was wished of it is committed; others do not')
    holder.communicate('commit;\n')
    ok(w.done('noop.held', 1) is not None and w.sql('select count(*) from jobs') == '0', 'then it runs, once')
    w.clean()


def failures(w):
    w.enqueue('noop.fail', payload={'how': 'later'})
    w.enqueue('noop.fail', payload={'how': 'invalid'}, org=1)
    ok(w.wait(f"exists (select from job_history where org_id = '{w.orgs[1]}' and state = 'dead' and errors = 1)") is not None,
       'what is wrong for good dies at once')
    ok(w.wait(f"exists (select from job_history where org_id = '{w.orgs[0]}' and state = 'dead')") is not None, 'a job that always fails ends dead')
    gaps = w.sql(f"select string_agg(round(extract(epoch from gap)::numeric, 1)::text, ' ') from (select started_at - lag(ended_at) over (order by run) as gap "
                 f"from job_attempts where org_id = '{w.orgs[0]}') g where gap is not null").split()
    ok(len(gaps) == 2 and float(gaps[0]) >= 1.6 and float(gaps[1]) >= 3.2, f'three attempts are kept, at least 2 s and 4 s apart less a fifth: {gaps}')
    ok(w.sql("select bool_and(fl_job_backoff(n) between make_interval(secs => 1.6 * 2 ^ (n - 1)) and make_interval(secs => 2.4 * 2 ^ (n - 1))) "
             "from generate_series(1, 5) n, generate_series(1, 200)") == 't', 'the wait doubles, within a fifth either way')
    admin = "begin; select set_config('app.rights', ' job.admin ', true); "
    ok(w.sql(admin + 'select job_replay(true, null, null); commit', user='fl_app').split()[-1] == '2', 'dead letters are replayed')
    ok(w.wait("(select count(*) from job_attempts) >= 6 or (select max(run) from job_attempts) >= 4") is not None, 'a replay is a new attempt')
    w.clean()
    w.enqueue('noop.fail', payload={'how': 'handed'})
    ok(w.wait("exists (select from job_history where state = 'dead' and errors = 1)") is not None
       and w.sql("select error like '%000, handed over ' || job_id from job_attempts") == 't', 'what was handed over is told behind a long text, which is cut between two letters')
    w.clean()


def kills(w):
    w.enqueue('noop.held', 'ingest', {'until': w.until('killed')})
    os.kill(w.holder('noop.held'), signal.SIGKILL)
    took = w.wait("exists (select from jobs where kind = 'noop.held' and state = 'active' and kills = 1)")
    ok(took is not None, f'the job of a killed process runs again: after {took} s')
    w.let('killed')
    ok(w.done('noop.held', 1) is not None, 'and ends')
    w.enqueue('noop', n=200)
    w.enqueue('noop.crash', org=1)
    w.enqueue('noop', n=200, org=2)
    ok(w.wait("exists (select from job_history where kind = 'noop.crash' and state = 'dead' and kills = 3 and last_signal = 11)") is not None,
       'a job that crashes three times is quarantined with its signal')
    ok(w.done('noop', 400) is not None, 'the others all ended')
    ok(w.sql("select count(*) from job_attempts where outcome = 'killed'") == '4', 'four processes died, not one more')
    ok(w.sql("select count(*) from job_history where kills > 0 and kind = 'noop'") == '0', 'nobody else was blamed')
    w.enqueue('noop.late', 'ingest', {'ms': 20000})
    ok(w.wait("exists (select from job_history where kind = 'noop.late' and state = 'dead' and errors = 2 and kills = 0)") is not None,
       'a job beyond its time is ended, twice, and that is an error, not a kill')
    w.enqueue('noop.long', 'ingest', {'ms': 20000})
    ok(w.wait("exists (select from job_history where kind = 'noop.long' and state = 'dead' and errors = 1)") is not None, 'so is one beyond the time JOB_TIMEOUTS gives its kind')
    odd = subprocess.run([f'{BUILD}/tests/worker/worker-test'], env={**w.env, 'JOB_TIMEOUTS': 'noop=5,nothing.such=5'}, capture_output=True, text=True, timeout=120)
    ok(odd.returncode == 2 and 'no kind of job named nothing.such' in odd.stderr, 'which must name kinds there are')
    w.clean()


def lost(w):
    """A machine that took two jobs and vanished: nobody can say which of them did it, both run again."""
    w.sql("insert into jobs (org_id, queue, kind, state, fence, worker, lease_until, started_at, runs) select '%s', 'sync', 'noop', 'active', 1, 'gone:1', "
          "clock_timestamp() - interval '1 s', now(), 1 from generate_series(1, 2)" % w.orgs[0])
    ok(w.wait("not exists (select from jobs where worker = 'gone:1')") is not None, 'two jobs of a machine that vanished are taken from it')
    ok(w.wait("not exists (select from jobs)") is not None and w.sql("select count(*) from job_attempts where outcome = 'killed'") == '0',
       'and run elsewhere; neither is blamed')
    w.clean()


def unheard(w):
    """A claim whose answer was lost with its connection: the process that made it lives and knows nothing of the job."""
    w.enqueue('noop')
    w.done('noop', 1)
    light = w.sql("select worker from job_history where kind = 'noop' limit 1")
    w.sql("insert into jobs (org_id, queue, kind, state, fence, worker, lease_until, started_at, runs) values ('%s', 'sync', 'noop', 'active', 1, '%s', "
          "'2100-01-01', now(), 1)" % (w.orgs[0], light))
    ok(w.wait("(select lease_until < '2100-01-01' from jobs)") is not None, 'its lease is renewed as long as the process lives')
    w.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'fl_app'")
    ok(w.done('noop', 2) is not None, 'after the connection broke the job runs')
    w.clean()


def unanswered(w):
    """A finish that was committed while its answer was lost: it stands, and what it rings is rung."""
    hints = ['redis-cli', '-s', f'{w.dir}/redis.sock', 'llen', 'fl:hints']
    w.enqueue('noop.rings', 'ingest', {'until': w.until('answer')})
    w.holder('noop.rings')
    # A commit is done, and then waits for a machine that there is not; from when on, one that is tried again and again tells.
    w.sql('create table probe (n int)')
    w.sql("alter system set synchronous_standby_names = 'nobody'")
    w.sql('select pg_reload_conf()')
    probe = subprocess.Popen([f'{BIN}/psql', '-qX', '-h', w.dir, '-U', 'fl_super', 'fairlead', '-c', 'do $$ begin loop insert into probe values (1); commit; end loop; end $$'],
                             stderr=subprocess.DEVNULL)
    waits = "from pg_stat_activity where wait_event = 'SyncRep' and application_name = "
    w.wait(f"exists (select {waits} 'psql')")
    w.let('answer')
    end = time.time() + 120
    while not (stuck := w.sql(f"select exists (select {waits} 'fairlead-worker')") == 't') and time.time() < end:
        # A lease that was renewed just now waits as well, with a lock on the job.
        w.sql(f"select pg_terminate_backend(pid) {waits} 'fairlead-supervisor'")
        time.sleep(0.05)
    ok(stuck, 'a finish is committed, and its answer does not come')
    w.sql('alter system reset synchronous_standby_names')
    w.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
    w.sql('select pg_reload_conf()')
    probe.wait()
    w.sql('drop table probe')
    ok(w.done('noop.rings', 1) is not None and w.sql("select count(*) from jobs where kind = 'noop.rings'") == '0', 'its connection is lost: the job has ended, once')
    end = time.time() + 120
    while (rung := subprocess.check_output(hints, text=True).strip()) == '0' and time.time() < end:
        time.sleep(0.05)
    ok(rung != '0', f'and browsers are told of it: {rung}')
    w.clean()


def stopped(w):
    w.enqueue('noop.held', 'ingest', {'until': w.until('frozen')})
    pid = w.holder('noop.held')
    os.kill(pid, signal.SIGSTOP)
    w.let('frozen')
    took = w.done('noop.held', 1)
    ok(took is not None, f'the job of a frozen process runs elsewhere: after {took} s')
    before = w.sql("select finished_at from job_history where kind = 'noop.held'")
    os.kill(pid, signal.SIGCONT)
    ok(w.said('taken from this process', pid), 'the one that wakes up sees that it is late')
    ok(w.sql("select finished_at from job_history where kind = 'noop.held'") == before and w.sql('select count(*) from jobs') == '0', 'and writes nothing')
    w.enqueue('noop.slow', 'ingest', {'ms': 13000, 'parts': 13})
    ok(w.wait("exists (select from jobs where progress_done >= 3 and progress_total = 13)") is not None, 'a long job shows its progress')
    ok(w.done('noop.slow', 1) is not None and w.sql("select max(runs) from job_history where payload ->> 'parts' = '13'") == '1',
       'and keeps its lease: it ran once')
    w.clean()


def limits(w):
    w.enqueue('noop.slow', 'ingest', {'ms': 400}, n=6)
    w.done('noop.slow', 6)
    most = w.sql("select max(n) from (select count(*) as n from job_history a join job_history b on b.started_at <= a.started_at and b.finished_at > a.started_at group by a.id) x")
    ok(most == '2', f'three processes, two places: {most} at once')
    admin = "begin; select set_config('app.rights', ' job.admin ', true); "
    w.sql(admin + "select job_queue_set('sync', true, null, null, null); commit", user='fl_app')
    w.clean()
    w.enqueue('noop', n=5)
    ok(w.done('noop', 1, 2) is None, 'a paused queue begins nothing')
    w.sql(admin + "select job_queue_set('sync', false, 2, 3, 3); commit", user='fl_app')
    w.done('noop', 5)
    begun = [float(at) for at in w.sql("select extract(epoch from started_at - min(started_at) over ()) from job_history order by started_at").split()]
    ok(len(begun) == 5 and begun[2] < 3, f'resumed with a rate limit of three in three seconds it begins three: {begun}')
    ok(begun[3] > 2.9, 'and the others in the next window')
    w.sql(admin + "select job_queue_set('sync', false, 2, null, 60); commit", user='fl_app')
    w.clean()
    w.sql(f"insert into jobs (org_id, queue, kind) select '{w.orgs[0]}', 'sync', 'noop' from generate_series(1, 30000)")
    left = []
    for _ in range(5):
        w.enqueue('noop', org=1)
        w.wait(f"not exists (select from jobs where org_id = '{w.orgs[1]}')")
        left.append(int(w.sql('select count(*) from jobs')))
    ok(left[-1] > 0 and w.sql(f"select count(*) from jobs where org_id = '{w.orgs[1]}'") == '0', f'a flood of one organisation does not hold up another: {left} still wait')
    w.done('noop', 30005)
    w.clean()


def stores(w):
    w.redis.kill()
    w.redis.wait()
    w.enqueue('noop')
    took = w.done('noop', 1)
    ok(took is not None, f'without Redis a job is found by the poll: after {took} s')
    w.redis_start()
    w.enqueue('noop', n=50)
    ok(w.done('noop', 51) is not None, 'with Redis back too')
    w.pg('pg_ctl', '-D', f'{w.dir}/pg', '-m', 'immediate', 'stop')
    time.sleep(1)
    w.pg_start()
    w.enqueue('noop', n=50)
    took = w.done('noop', 101)
    ok(took is not None, f'PostgreSQL killed and back: workers return by themselves: after {took} s')
    w.clean()


def spent(w):
    """Of what a queue may begin in a minute a bell without a job spends nothing."""
    w.sql("update queues set rate_limit = 40 where name = 'sync'; delete from queue_windows")
    for _ in range(8):
        subprocess.run(['redis-cli', '-s', f'{w.dir}/redis.sock', 'lpush', 'fl:q:sync', '1'], stdout=subprocess.DEVNULL)
    w.enqueue('noop')
    w.done('noop', 1)
    used = w.sql("select used from queue_windows where queue = 'sync'")
    ok(int(used) <= 2, f'a job spends one of what its queue may begin, seen by both processes at once two, a bell alone nothing: {used}')
    w.sql("update queues set rate_limit = null where name = 'sync'")
    w.clean()


def drowned(w):
    """Who is rung asks the queue that rang: work whose own bell was lost is found all the same."""
    cli = ['redis-cli', '-s', f'{w.dir}/redis.sock']
    while subprocess.run([*cli, 'ping'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        time.sleep(0.05)
    ringer = subprocess.Popen([*cli, '-r', '-1', '-i', '0.05', 'lpush', 'fl:q:sync', '1'], stdout=subprocess.DEVNULL)
    w.sql(f"insert into jobs (org_id, queue, kind) select '{w.orgs[0]}', name, 'noop' from queues where class = 'light' and name <> 'sync' limit 1")
    took = w.done('noop', 1)
    ok(took is not None and ringer.poll() is None, f'a job that nobody rang for is found while another queue rings: after {took} s')
    ringer.kill()
    ringer.wait()
    w.clean()


def sweeps(w):
    run = [f'{BUILD}/src/batch/fairlead-batch', 'due']
    rounds = 100 if os.environ.get('FAULT_LONG') else 4
    began = time.time()
    for _ in range(rounds):
        w.sql("update sweeps set next_at = now() - interval '1 second'")
        for p in [subprocess.Popen(run, env=w.env, stderr=subprocess.DEVNULL) for _ in range(5)]:
            p.wait()
    # a tick of its own that came meanwhile is another run; a sweep that skips what it missed was late at some
    ticks = f"(floor(extract(epoch from now()) / every_s) - floor({began} / every_s))"
    odd = w.sql(f"select string_agg(name || ' ' || runs, ', ') from sweeps where runs > {rounds} + {ticks} or runs < {rounds} and not skip_missed")
    ok(odd == '', f'five runners at once, {rounds} times: each sweep ran once a tick {odd}')
    once = int(w.sql("select runs from sweeps where name = 'sessions'")), int(w.sql("select runs from sweeps where name = 'job-stats'"))
    w.sql("update sweeps set next_at = now() - interval '3 hours' where name in ('job-stats', 'sessions')")
    subprocess.run(run, env=w.env, stderr=subprocess.DEVNULL)
    ok(w.sql("select runs from sweeps where name = 'sessions'") == str(once[0] + 1) and w.sql("select runs from sweeps where name = 'job-stats'") == str(once[1]),
       'a tick missed for three hours runs once, or is skipped where the row says so')
    w.sql("insert into job_history (org_id, id, queue, kind, payload, priority, state, runs, errors, kills, replays, max_attempts, request_id, created_at, "
          f"finished_at) select '{w.orgs[0]}', fl_uuid(), 'sync', 'old', '{{}}', 5, 'completed', 1, 0, 0, 0, 3, '', now() - interval '1 hour', "
          "now() - interval '1 hour' from generate_series(1, 300)")
    w.sql(f"insert into job_history (org_id, id, queue, kind, payload, priority, state, runs, errors, kills, replays, max_attempts, request_id, created_at, "
          f"finished_at, archived_at) select '{w.orgs[0]}', fl_uuid(), 'email', 'gone', '{{\"a\":1}}', 5, 'dead', 1, 1, 0, 0, 3, '', now(), "
          "now() - g * interval '25 hours', case g when 2 then now() - interval '31 days' end from generate_series(1, 2) g")
    for name in ('job-retention', 'dead-letters'):
        subprocess.run([run[0], 'run', name], env=w.env, stderr=subprocess.DEVNULL)
    ok(w.sql("select count(*) from job_history where kind = 'old'") == '100', '100 completed jobs are kept')
    ok(w.sql("select count(*) filter (where archived_at is not null), count(*) filter (where payload is null), count(*) from job_history where kind = 'gone'")
       == '2|1|2', 'dead letters: archived after a day, purged after a month, a row stays')
    w.clean()


def ending(w):
    w.enqueue('noop.slow', 'ingest', {'ms': 3000}, n=2)
    w.wait("(select count(*) from jobs where state = 'active') = 2")
    w.enqueue('noop', n=200)
    w.worker.send_signal(signal.SIGTERM)
    w.worker.wait(120)
    ok(w.worker.returncode == 0, 'SIGTERM: an orderly end')
    ok(w.sql("select count(*) from job_history where kind = 'noop.slow' and state = 'completed'") == '2', 'what ran was finished')
    ok(w.sql("select count(*) from jobs where state = 'active'") == '0', 'nothing is left behind as running')
    ok(w.sql("select (select count(*) from jobs) + (select count(*) from job_history)") == '202', 'nothing is lost')


def one_core(w):
    """A worker that has one processor of the machine reads one document at a time."""
    if w.worker.poll() is None:
        w.worker.send_signal(signal.SIGTERM)
        w.worker.wait(120)
    w.clean()
    core = {min(os.sched_getaffinity(0))}
    w.worker = subprocess.Popen([f'{BUILD}/tests/worker/worker-test'], env=w.env, stderr=w.log, preexec_fn=lambda: os.sched_setaffinity(0, core))
    w.enqueue('noop.slow', 'document-processing', {'ms': 700}, n=4)
    w.enqueue('noop.slow', 'ingest', {'ms': 10}, n=4)
    ended = w.done('noop.slow', 8)
    beside = "select max(n) from (select count(*) as n from job_history a join job_history b on b.queue = a.queue and b.started_at <= a.started_at and b.finished_at > a.started_at where a.queue = 'document-processing' group by a.id) x"
    ok(ended is not None and w.sql(beside) == '1', 'three processes, one processor: one document at a time: ' + w.sql(beside))
    w.worker.send_signal(signal.SIGTERM)
    w.worker.wait(120)


def main():
    leave_by_signal()
    w = World()
    try:
        w.make()
        w.redis_start()
        w.worker_start()
        for part in (basics, again, failures, kills, lost, unheard, unanswered, limits, stores, drowned, spent, sweeps, stopped, ending, one_core):
            if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
                part(w)
    finally:
        if failed:
            w.log.flush()
            print('# ' + '# '.join(open(f'{w.dir}/worker.log').readlines()[-20:]))
        w.close()
    print(f'1..{count}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
