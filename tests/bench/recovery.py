"""How soon the jobs of a process that was killed, and of a machine that was lost, run again: the longest of twenty that ran."""
import contextlib, os, signal, time

import measure

JOBS = 20
LOST_S, KILLED_S = 15, 1


@contextlib.contextmanager
def machines(h):
    """Gives start(name), a worker with a process for each job as on a machine of its own; the house's own worker stands still meanwhile."""
    place = h.one("select concurrency from queues where name = 'ingest'")
    h.stop_one('worker')
    h.sql("truncate jobs; update queues set concurrency = %d where name = 'ingest'" % (2 * JOBS))
    h.extra.update(WORKER_PROCESSES='1', WORKER_IO_PROCESSES=str(JOBS))
    h.write_conf()
    started = []

    def start(name):
        started.append(name)
        return h.spawn(name, [str(h.build / 'tests/worker/worker-test'), '--config', str(h.prefix / 'conf/fairlead.conf')], account=h.account).pid

    try:
        yield start
    finally:
        (h.prefix / 'data' / 'held').touch()
        for name in started:
            h.stop_one(name)
        (h.prefix / 'data' / 'held').unlink()
        del h.extra['WORKER_PROCESSES'], h.extra['WORKER_IO_PROCESSES']
        h.write_conf()
        h.sql("truncate jobs; delete from job_history where kind = 'noop.held' and finished_at > now() - interval '10 min'; update queues set concurrency = %s where name = 'ingest'" % (place or 'null'))
        h.start_program('worker')


def running(h, where='true'):
    """How many of the jobs run under a worker of which that is so."""
    return int(h.one("select count(*) from jobs where kind = 'noop.held' and state = 'active' and %s" % where))


def hold(h):
    """Twenty jobs that run until they are let go."""
    org = h.one("select id from organizations where slug = 'bench'")
    h.sql("insert into jobs (org_id, queue, kind, payload) select '%s', 'ingest', 'noop.held', jsonb_build_object('until', '%s') from generate_series(1, %d)" % (org, h.prefix / 'data' / 'held', JOBS))
    h.wait(lambda: running(h) == JOBS, 'the jobs to run')


def after(h, began, where):
    """Seconds from `began` until the last of the jobs began again."""
    h.wait(lambda: running(h, where) == JOBS, 'the jobs to run again')
    return max(float(row[0]) for row in h.sql("select extract(epoch from started_at) from jobs where kind = 'noop.held'")) - began


def killed(h):
    """All twenty processes that run one at once."""
    with machines(h) as start:
        start('machine-a')
        hold(h)
        pids, began = [int(row[0].rsplit(':', 1)[1]) for row in h.sql("select worker from jobs where kind = 'noop.held'")], time.time()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return after(h, began, 'kills = 1')


def lost(h):
    """A machine goes with all that ran there; another is left."""
    with machines(h) as start:
        pid = start('machine-a')
        hold(h)
        names = "worker <> all ('{%s}')" % ','.join(row[0] for row in h.sql("select worker from jobs where kind = 'noop.held'"))
        start('machine-b')
        h.wait(lambda: int(h.one("select count(*) from pg_stat_activity where application_name ~ 'supervisor'")) == 2, 'the other machine')
        began = time.time()
        os.killpg(pid, signal.SIGKILL)
        return after(h, began, names)


WHAT = '%d killed processes, s' % JOBS, 'a lost machine, s'


def figures(h, a):
    """Of both, a list of rounds."""
    return [killed(h) for _ in range(a.rounds)], [lost(h) for _ in range(a.rounds)]


def recovery(h, t, a):
    t.head('Jobs whose process or machine is gone: when the last of %d runs again' % JOBS)
    for what, took, most in zip(WHAT, figures(h, a), (KILLED_S, LOST_S)):
        t.add(what, measure.spread(took), ratio=measure.median(took), most=most)


def compare(t, before, after_it):
    for what, without, took in zip(WHAT, before, after_it):
        t.add('run again: ' + what, measure.spread(took), 'without ' + measure.spread(without), measure.median(took) / measure.median(without), most=1.2)
