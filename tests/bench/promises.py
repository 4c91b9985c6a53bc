"""Benches of what is promised by a time: the SLA sweep beside the bare index scan, reminders of one minute beside the SMTP stub alone."""
import contextlib, json, pathlib, shutil, socket, subprocess, tempfile, threading, time

import measure

HERE = pathlib.Path(__file__).resolve().parent
CLOCKS, PEOPLE, EACH = 100000, 200, 50


def timed(h, statement, setup=''):
    """Milliseconds of one statement as PostgreSQL itself counts them."""
    rows = h.sql("%s set client_min_messages = error; explain (analyze, timing off, summary on, format json) %s" % (setup, statement))
    text = '\n'.join(r[0] for r in rows if r)
    return json.loads(text[text.index('['):])[0]['Execution Time']


def sla(h, t, a):
    org = h.one("select id from organizations where slug = 'bench'")
    h.sql("select set_config('app.current_org_id', '{0}', false); insert into sla_policies (org_id, name, first_min, resolve_min) select '{0}', 'Bench promise', 60, 2880 where not exists "
          "(select from sla_policies where org_id = '{0}' and name = 'Bench promise'); delete from sla_clocks where org_id = '{0}'; "
          "insert into sla_clocks (org_id, intake_id, kind, policy_id, state, reason, started_at, changed_at, target_s, used_s, due_at, next_at) select '{0}', fl_uuid(), 'first', p.id, 'running', "
          "'runs', now(), now(), 3600, 0, now() + interval '1 day' + n * interval '1 second', now() + interval '20 hours' + n * interval '1 second' from generate_series(1, {1}) n, sla_policies p "
          "where p.org_id = '{0}' and p.name = 'Bench promise'".format(org, CLOCKS))
    h.sql('vacuum analyze sla_clocks')
    scan = "select * from sla_clocks where next_at <= now() order by next_at limit 20000"
    bare, sweep = [], []
    for _ in range(a.rounds * 3):
        bare.append(timed(h, scan))
        sweep.append(timed(h, 'select sla_sweep()', 'select sla_sweep();'))
    t.head('Promised times')
    t.add('SLA sweep over 100,000 open clocks, ms', measure.spread(sweep), 'index scan ' + measure.spread(bare), measure.median(sweep) / measure.median(bare), most=10)
    due = []
    for _ in range(a.rounds):
        h.sql("update sla_clocks set due_at = now() - interval '1 second' - random() * interval '1 hour', next_at = now(), breached_at = null where (org_id, intake_id) in "
              "(select org_id, intake_id from sla_clocks where org_id = '%s' and state = 'running' order by intake_id limit 1000)" % org)
        due.append(timed(h, 'select sla_sweep()'))
    t.add('the same with 1,000 of them missed, ms', measure.spread(due), '%.2f ms each' % (measure.median(due) / 1000))


class Stub:
    """The SMTP stub of the tests, and a client that does nothing but talk to it."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='flbench'))
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen([HERE.parent / 'stub' / 'smtp.py', '--port-file', self.dir / 'port', '--dir', self.dir, '--port', str(self.port)])
        while not (self.dir / 'port').exists():
            time.sleep(0.01)

    def count(self):
        return sum(1 for _ in self.dir.glob('*.eml'))

    def clear(self):
        for p in self.dir.glob('0*'):
            p.unlink()

    def talk(self, n, message):
        """n mails on one connection each, as our worker sends them."""
        for _ in range(n):
            with contextlib.closing(socket.create_connection(('127.0.0.1', self.port))) as s, s.makefile('rb') as f:
                f.readline()
                for line in (b'EHLO bench\r\n', b'MAIL FROM:<a@b.example>\r\n', b'RCPT TO:<c@d.example>\r\n', b'DATA\r\n', message, b'QUIT\r\n'):
                    s.sendall(line)
                    while f.readline()[3:4] == b'-':
                        pass

    def alone(self, n, connections, message):
        threads = [threading.Thread(target=self.talk, args=(n // connections, message)) for _ in range(connections)]
        began = time.monotonic()
        [x.start() for x in threads]
        [x.join() for x in threads]
        return time.monotonic() - began

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def reminders(h, t, a):
    """Due in one minute, each a notification and a mail."""
    org, n = h.one("select id from organizations where slug = 'bench'"), PEOPLE * EACH
    h.sql("with u as (insert into users (email, name) select 'r' || i || '@bench.example', 'R ' || i from generate_series(1, {1}) i on conflict do nothing returning id, email, name) "
          "insert into memberships (org_id, user_id, role, name, email) select '{0}', id, 'member', name, email from u".format(org, PEOPLE))
    stub = Stub()
    path = h.prefix / 'conf' / 'fairlead.conf'
    was = path.read_text()
    conf = dict(line.split('=', 1) for line in was.splitlines())
    conf.update(SMTP_HOST='127.0.0.1', SMTP_PORT=str(stub.port), SMTP_SECURE='none', SMTP_FROM_EMAIL='desk@bench.example', OUTSIDE_ALLOW='127.0.0.1:%d' % stub.port)
    path.write_text(''.join('%s=%s\n' % item for item in conf.items()))
    h.restart('worker')
    queued, whole, alone = [], [], []
    try:
        for _ in range(max(1, a.rounds // 2)):
            h.sql("truncate email_messages, notification_deliveries; delete from notifications where org_id = '{0}'; delete from reminders where org_id = '{0}'; truncate jobs, job_history; "
                  "insert into reminders (org_id, user_id, kind, subject_kind, subject_id, at, due_at, detail) select '{0}', m.user_id, 'task_reminder', 'task', fl_uuid(), now(), now() + interval '1 hour', "
                  "jsonb_build_object('subject', 'Call ' || i) from memberships m, generate_series(1, {1}) i where m.org_id = '{0}' and m.email like 'r%@bench.example'".format(org, EACH))
            h.sql('vacuum analyze reminders')
            stub.clear()
            began = time.monotonic()
            h.batch('run', 'reminders')
            queued.append(time.monotonic() - began)
            h.wait(lambda: stub.count() >= n, 'the mails of %d reminders' % n, 600)
            whole.append(time.monotonic() - began)
            message = sorted(stub.dir.glob('*.eml'))[0].read_bytes() + b'\r\n.\r\n'
            stub.clear()
            alone.append(stub.alone(n, 3, message))
        t.head('Reminders')
        t.add('10,000 due in one minute, queued, s', measure.spread(queued), ratio=measure.median(queued), most=5)
        t.add('sent, s', measure.spread(whole), 'the SMTP stub alone ' + measure.spread(alone), measure.median(whole) / measure.median(alone), most=1.5)
    finally:
        stub.close()
        path.write_text(was)
        h.restart('worker')
