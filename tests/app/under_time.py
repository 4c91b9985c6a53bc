"""Reminders and promised times while clocks change, machines stand still and processes die (promises 22, 24; RES-04): each once, late ones marked, past ones
dropped. All programs and PostgreSQL live under libfaketime, whose clock only goes forward, in jumps. Prints TAP."""
import datetime, glob, os, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, Lock  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402

UTC = datetime.timezone.utc


class Clock:
    """What time it is for the house: an offset from the real one, kept in a file that every process reads anew each second."""

    def __init__(self, start):
        self.file = tempfile.NamedTemporaryFile('w', delete=False)
        os.chmod(self.file.name, 0o644)
        self.env = {'LD_PRELOAD': glob.glob('/usr/lib/*/faketime/libfaketime.so.1')[0], 'FAKETIME_TIMESTAMP_FILE': self.file.name, 'FAKETIME_CACHE_DURATION': '1',
                    'DONT_FAKE_MONOTONIC': '1', 'FAKETIME_DONT_RESET': '1', 'FAKETIME_DISABLE_SHM': '1'}
        self.house = None
        self.to(start)

    def to(self, text):
        at = datetime.datetime.strptime(text, '%Y-%m-%d %H:%M:%S').replace(tzinfo=UTC)
        with open(self.file.name + '.new', 'w') as f:
            f.write('%+d\n' % round(at.timestamp() - time.time()))
        os.chmod(self.file.name + '.new', 0o644)
        os.rename(self.file.name + '.new', self.file.name)
        if self.house:
            self.house.wait(lambda: self.house.one("select now() >= '%s+00'" % text) == 't', 'the clock of the house', 20)


class Desk:
    def __init__(self, h, clock, sink):
        self.h, self.clock, self.sink = h, clock, sink
        h.org('aa', 'House aa', '--with-pipelines')
        h.sql("update organizations set zone = 'Europe/Madrid'")
        h.person('ana@aa.example', org='aa')
        self.me = h.one("select user_id from memberships where email = 'ana@aa.example'")
        self.key = h.key('aa', 'owner')
        self.org = h.one('select id from organizations')

    def task(self, title, due):
        answer = self.h.api('POST', '/tasks', self.key, {'title': title, 'due': due, 'assignee_id': self.me})
        return answer.json['id']

    def rows(self, task):
        return [tuple(r) for r in self.h.sql("select to_char(at at time zone 'UTC', 'DD HH24:MI'), state || case when late then ' late' else '' end from reminders where subject_id = '%s' and "
                                             "state <> 'withdrawn' order by at" % task)]

    def told(self, task):
        return int(self.h.one("select count(*) from notifications where kind = 'task_reminder' and subject_id = '%s'" % task))

    def sweep(self):
        self.h.batch('run', 'reminders')

    def sent(self, task, at):
        self.h.wait(lambda: self.h.one("select 1 from reminders where subject_id = '%s' and at = '%s+00' and state in ('sent', 'dropped')" % (task, at)), 'the reminder of ' + at, 40)
        return float(self.h.one("select extract(epoch from coalesce(sent_at, updated_at) - at) from reminders where subject_id = '%s' and at = '%s+00'" % (task, at)))


def change(d, name, tasks, ticks):
    """tasks: title and due; ticks: a moment before a minute, with the task and minute that is due then."""
    made = {title: d.task(title, due) for title, due in tasks}
    for moment, title, at in ticks:
        d.clock.to(moment)
        d.sweep()
        d.sweep()
        lag = d.sent(made[title], at)
        ok(0 <= lag < 60, '%s: the reminder of %s comes within 60 s of its minute (%.1f s)' % (name, at, lag))
    d.h.drained()
    for title in made:
        ok(all(state == 'sent' for _, state in d.rows(made[title])) and d.told(made[title]) == len(d.rows(made[title])), '%s: of "%s" each once, none late' % (name, title), d.rows(made[title]))
    return made


def spring(d):
    """In Madrid 2026-03-29 02:00 becomes 03:00 at 01:00 UTC."""
    change(d, 'spring', [('Before', '2026-03-29T01:30:00+01:00'), ('After', '2026-03-29T03:30:00+02:00')],
           [('2026-03-28 23:29:50', 'Before', '2026-03-28 23:30:00'), ('2026-03-29 00:29:50', 'After', '2026-03-29 00:30:00')])


def autumn(d):
    """In Madrid 2026-10-25 03:00 becomes 02:00 at 01:00 UTC: half past two comes twice."""
    made = change(d, 'autumn', [('First half past two', '2026-10-25T02:30:00+02:00'), ('Second half past two', '2026-10-25T02:30:00+01:00')],
                  [('2026-10-24 23:29:50', 'First half past two', '2026-10-24 23:30:00'), ('2026-10-25 00:29:50', 'Second half past two', '2026-10-25 00:30:00')])
    ok(d.rows(made['First half past two'])[-1][0] == '24 23:30' and d.rows(made['Second half past two'])[-1][0] == '25 00:30', 'autumn: the two are an hour apart')


def downtime(d):
    """Six hours during which nothing runs."""
    past, soon = d.task('Over by then', '2026-10-25T03:30:00Z'), d.task('Still ahead', '2026-10-25T08:30:00Z')
    d.h.stop_one('worker')
    d.clock.to('2026-10-25 07:50:00')
    d.h.start_program('worker')
    d.sweep()
    lag = d.sent(soon, '2026-10-25 07:30:00')
    d.sent(past, '2026-10-25 02:30:00')
    ok(d.rows(soon)[-1] == ('25 07:30', 'sent late') and d.told(soon) == 1, 'after six hours of downtime: sent, and marked late (%.0f s)' % lag)
    ok(d.rows(past)[-1] == ('25 02:30', 'dropped') and d.told(past) == 0, 'of what is past: dropped')
    d.h.wait(lambda: any('Late:' in (m['subject'] or '') and 'Still ahead' in m['subject'] for m in d.sink.mails()), 'the late mail', 30)
    ok(sum('Still ahead' in (m['subject'] or '') for m in d.sink.mails()) == 1, 'the mail says that it is late, and is one')


def batch_dies(d):
    """The sweep is killed between marking reminders and their jobs."""
    made = [d.task('Killed %d' % n, '2026-10-25T09:00:00Z') for n in range(5)]
    d.clock.to('2026-10-25 07:59:50')
    held = Lock(d.h, 'lock table jobs in share row exclusive mode')
    batch = subprocess.Popen([d.h.program('batch'), '--config', str(d.h.prefix / 'conf/fairlead.conf'), 'run', 'reminders'], env=d.h.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    d.h.wait(lambda: d.h.one("select 1 from pg_stat_activity where usename = 'fl_sweep' and wait_event_type = 'Lock'"), 'the sweep to be in its middle', 30)
    batch.kill()
    batch.wait()
    held.release()
    d.h.wait(lambda: d.h.one("select count(*) from pg_stat_activity where usename = 'fl_sweep'") == '0', 'its session to end', 30)
    for _ in range(2):
        d.sweep()
    for t in made:
        d.sent(t, '2026-10-25 08:00:00')
    d.h.drained()
    ok([d.told(t) for t in made] == [1] * 5, 'a sweep killed in its middle: the next one does it, once each', [d.rows(t) for t in made])


def worker_dies(d):
    """The worker's process is killed after the server took the mail and before that is written down."""
    t = d.task('Killed mail', '2026-10-25T10:00:00Z')
    d.sink.script({'RCPT': '451 4.3.0 later'})
    d.clock.to('2026-10-25 08:59:50')
    d.sweep()
    d.sent(t, '2026-10-25 09:00:00')
    find = "select id from email_messages where data ->> 'subject' = 'Killed mail'"
    d.h.wait(lambda: d.h.one("select 1 from jobs j where j.kind = 'email.send' and j.state = 'retry' and j.payload ->> 'email_id' = (%s)::text" % find), 'the first attempt', 40)
    held = Lock(d.h, "select 1 from email_messages where id = (%s) for update" % find)
    d.sink.script({})
    stuck = "select pid from pg_stat_activity where usename = 'fl_app' and wait_event_type = 'Lock' and query like '%mail_sent%'"
    d.h.wait(lambda: d.h.one(stuck), 'the mail to be sent and not written down', 60)
    ok(sum('Killed mail' in (m['subject'] or '') for m in d.sink.mails()) == 1, 'the server has the mail, nothing is written down')
    for child in open('/proc/%d/task/%d/children' % ((d.h.pid('worker'),) * 2)).read().split():
        os.kill(int(child), signal.SIGKILL)
    d.h.sql("select pg_terminate_backend(pid) from (%s) x" % stuck)
    held.release()
    d.h.wait(lambda: d.h.one("select state from email_messages where id = (%s)" % find) == 'sent', 'the end of it', 60)
    d.h.drained(60)
    ok(sum('Killed mail' in (m['subject'] or '') for m in d.sink.mails()) == 1 and d.told(t) == 1, 'killed between the send and its record: sent once, known as sent')
    ok(d.h.one("select count(*) from job_attempts where error like '%handed over ' || job_id") == '1', 'and the attempt says why')


def promises(d):
    """A request whose first answer is promised within an hour; the sweep stands still for a day."""
    d.h.sql("select set_config('app.current_org_id', '%s', false), set_config('app.actor', 'system', false); select * from sla_policy_save(null, null, 'Promise', null, null, 0, 60, null, null, 80, 30, null, "
            "'Europe/Madrid', '{}', '', true)" % d.org)
    intake = d.h.api('POST', '/intake', d.key, {'subject': 'Waits', 'body': 'xyzzy', 'name': 'Kim', 'email': 'kim@mill.example'}, {'Idempotency-Key': 'sla'}).json['id']
    d.h.drained()
    due = d.h.one("select due_at from sla_clocks where intake_id = '%s' and kind = 'first'" % intake)
    d.clock.to('2026-10-26 12:00:00')
    for _ in range(3):
        d.h.batch('run', 'sla')
    row = d.h.sql("select breached_at = '%s', breached_at = (select created_at + interval '1 hour' from intake_requests where id = '%s') from sla_clocks where intake_id = '%s' and kind = 'first'" % (due, intake, intake))[0]
    ok(row == ['t', 't'], 'a sweep that stood still for a day: the breach is when it was, not when it was seen', row)
    ok(d.h.one("select count(*) from sla_alerts where subject_id = '%s' and level = 'breach'" % intake) == '1', 'told once')


sink, clock = Sink(), Clock('2026-03-28 22:00:00')
try:
    with House.temporary(env=clock.env, conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@aa.example',
                                              'OUTSIDE_ALLOW': '127.0.0.1:%d' % sink.port}) as h:
        clock.house = h
        d = Desk(h, clock, sink)
        ok(h.one("select now()::date in ('2026-03-28', '2026-03-29')") == 't', 'the house lives in March')
        spring(d)
        clock.to('2026-10-24 22:00:00')
        for part in (autumn, downtime, batch_dies, worker_dies, promises):
            part(d)
finally:
    sink.close()
    os.unlink(clock.file.name)
done()
