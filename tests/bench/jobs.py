"""The queue: how many jobs that do nothing are committed, how soon one is picked up, and what ten million finished ones change."""
import json, re, socket, subprocess, time

import measure
import recovery


class Caller:
    """One kept connection that posts the same words again and again: nothing but sending and receiving between the two times it notes."""

    def __init__(self, h, path, key, body):
        self.socket = socket.create_connection(('127.0.0.1', h.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.message = ('POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s'
                        % (path, key, len(body), body)).encode()

    def post(self):
        """(sent at, answered at, the answer's JSON)"""
        began, data = time.time(), b''
        self.socket.sendall(self.message)
        while b'\r\n\r\n' not in data or len(data) < data.index(b'\r\n\r\n') + 4 + int(re.search(rb'(?i)content-length: (\d+)', data)[1]):
            data += self.socket.recv(65536)
        return began, time.time(), json.loads(data.split(b'\r\n\r\n', 1)[1])


def noops(h, org):
    """How many jobs that do nothing the worker commits in a second."""
    h.stop_one('worker')
    h.sql("truncate jobs; insert into jobs (org_id, queue, kind) select '%s', 'sync', 'noop' from generate_series(1, 60000); analyze jobs" % org)
    first = h.one('select min(id::text) from jobs')
    h.start_program('worker')
    h.drained(60)
    return float(h.one("select count(*) / extract(epoch from max(finished_at) - min(started_at)) from job_history where org_id = '%s' and id >= '%s' and kind = 'noop'" % (org, first)))


def fill(h, n):
    """A house with that many finished jobs, five a second."""
    org = h.one("select id from organizations where slug = 'bench'")
    for first in range(1, n, 1000000):
        h.sql("insert into job_history (org_id, id, queue, kind, payload, priority, state, runs, errors, kills, replays, max_attempts, request_id, created_at, started_at, finished_at) "
              "select '%s', fl_uuid(), 'sync', 'old', '{}', 5, 'completed', 1, 0, 0, 0, 3, '', c, c, c "
              "from (select now() - (%d - n) * interval '0.2 s' c from generate_series(%d, %d) n) o" % (org, n, first, min(first + 999999, n)))
    h.sql('vacuum analyze job_history')
    h.sql('checkpoint')


def history_round(h):
    """No-op jobs a second, p95 of pick-up in ms, seconds until the jobs of killed processes and of a lost machine ran again."""
    org = h.one("select id from organizations where slug = 'bench'")
    rate, waits = noops(h, org), pick_up(h, 100)
    return rate, waits[int(len(waits) * 0.95)], recovery.killed(h), recovery.lost(h)


def history(h, full, t, a):
    """What ten million finished jobs change in `full`, whose rounds alternate with those of h; not among the others, for it takes minutes to make them."""
    fill(full, 10000000)
    rounds = [(history_round(h), history_round(full)) for _ in range(a.rounds)]
    without, beside = ([list(one) for one in zip(*(r[i] for r in rounds))] for i in (0, 1))
    t.head('Ten million finished jobs')
    t.add('no-op jobs/s committed', measure.spread(beside[0]), 'without ' + measure.spread(without[0]), measure.median(beside[0]) / measure.median(without[0]), least=0.8)
    t.add('pick-up after commit, ms: p95', measure.spread(beside[1]), 'without ' + measure.spread(without[1]), measure.median(beside[1]) / measure.median(without[1]), most=1.2)
    recovery.compare(t, without[2:], beside[2:])


def jobs(h, t, a):
    """No-op jobs through the real worker, against pgbench that claims and finishes rows one by one; then pick-up."""
    h.sql('create table if not exists bench_jobs (id bigserial primary key, state text not null default \'queued\', lease timestamptz);'
          'create index if not exists bench_jobs_q on bench_jobs (id) where state = \'queued\'; grant all on bench_jobs to fl_app')
    one = ("update bench_jobs set state = 'active', lease = now() + interval '30 s' where id = (select id from bench_jobs where state = 'queued' order by id "
           "for update skip locked limit 1) returning id as got \\gset\ndelete from bench_jobs where id = :got;\n")
    org = h.one("select id from organizations where slug = 'bench'")
    fast, slow = [], []
    for _ in range(a.rounds):
        h.sql("truncate bench_jobs; insert into bench_jobs (state) select 'queued' from generate_series(1, 60000); analyze bench_jobs")
        slow.append(measure.pgbench(h, one, 5, a.seconds)['rate'])
        h.sql('truncate job_history')
        fast.append(noops(h, org))
    t.head('Queue')
    t.add('no-op jobs/s committed', measure.spread(fast), 'pgbench one by one ' + measure.spread(slow), measure.median(fast) / measure.median(slow), 5)
    h.sql('vacuum jobs')  # as autovacuum does within a minute of such a flood
    for what, how, most in (('pick-up after an answered commit, ms: p95', pick_up_rung, 1), ('of a request, from its commit\'s time-stamp: p95', pick_up, None)):
        rounds = [how(h, 100) for _ in range(a.rounds)]
        p95 = [w[int(len(w) * 0.95)] for w in rounds]
        t.add(what, measure.spread(p95), 'p50 ' + measure.spread([w[len(w) // 2] for w in rounds]), measure.median(p95), most=most)


def pick_up_rung(h, n):
    """From the answer to a commit that made a job, upon which the bell is rung, to the start of the job: what the doorbell and the claim take, in ms."""
    org, sent = h.one("select id from organizations where slug = 'bench'"), []
    psql = subprocess.Popen(['psql', '-qAt', '-h', h.run, '-U', 'fl_super', 'fairlead'], env=h.env, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    bell = socket.socket(socket.AF_UNIX)
    bell.connect(str(h.run / 'redis.sock'))
    bell.sendall(b'AUTH keeper keeper\r\n')
    for _ in range(n):
        psql.stdin.write("insert into jobs (org_id, queue, kind) values ('%s', 'sync', 'noop') returning id;\n" % org)
        ident = psql.stdout.readline().strip()
        sent.append((ident, time.time()))
        bell.sendall(b'LPUSH fl:q:sync 1\r\n')
        time.sleep(0.02)
    psql.communicate()
    h.drained()
    began = dict(h.sql("select id, extract(epoch from started_at) from job_history where id in ('%s')" % "','".join(i for i, _ in sent)))
    return sorted((float(began[i]) - at) * 1000 for i, at in sent)


def pick_up(h, n):
    """From the commit of a request, sent by the API, to the start of its job, in ms. The disk is not waited for in between (docs/architecture.md, life of a request)."""
    key = h.key('bench', 'service')
    body = json.dumps({'subject': 'Invoice 2291', 'body': 'My card was charged twice for one invoice, please refund the payment.'})
    caller, ids = Caller(h, '/api/v1/intake', key, body), []
    for _ in range(n):
        ids.append(caller.post()[2]['id'])
        time.sleep(0.02)
    h.drained()
    # The audit line of a request is never changed: its transaction is the one that made the request and its job.
    rows = h.sql("select extract(epoch from j.started_at - pg_xact_commit_timestamp(l.xid::xid)) * 1000 from job_history j join audit_log l on l.org_id = j.org_id "
                 "and l.subject_id = (j.payload ->> 'intake_id')::uuid and l.action = 'intake.create' where j.kind = 'intake.route' "
                 "and l.subject_id in ('%s')" % "','".join(ids))
    return sorted(float(r[0]) for r in rows)
