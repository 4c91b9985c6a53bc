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


def slots(h, t, a):
    """Free times of ten people over thirty days with 2,000 busy blocks."""
    org = h.one("select id from organizations where slug = 'bench'")
    page = h.sql("select set_config('app.current_org_id', '{0}', false); with u as (insert into users (email, name) select 's' || i || '@bench.example', 'S ' || i from generate_series(1, 10) i "
                 "on conflict (email) do update set name = excluded.name returning id), p as (insert into booking_pages (org_id, name, zone, public_key, minutes, step_minutes, ahead_days, notice_minutes) "
                 "values ('{0}', 'Bench', 'Europe/Madrid', fl_uuid()::text, 30, 30, 40, 0) returning id), "
                 "o as (insert into booking_hosts (org_id, page_id, party_id, kind) select '{0}', p.id, u.id, 'person' from p, u), "
                 "e as (insert into calendar_events (org_id, uid, title, zone, starts_local, ends_local) values ('{0}', fl_uuid()::text, 'Busy', 'Europe/Madrid', now(), now() + interval '1 hour') returning id), "
                 "c as (insert into calendar_claims (org_id, party_id, during, event_id) select '{0}', u.id, tstzrange(k.at, k.at + interval '40 minutes'), e.id "
                 "from u, e, generate_series(0, 199) n, lateral (select date_trunc('day', now()) + n / 7 * interval '1 day' + interval '8 hours' + n % 7 * interval '80 minutes' as at) k) "
                 "select id from p".format(org))[-1][-1]
    h.sql('analyze calendar_claims; analyze booking_hosts; analyze booking_pages')
    taken, asked = [], "select * from booking_slots('%s', current_date, current_date + 29)" % page
    for _ in range(a.rounds * 5):
        taken.append(timed(h, asked, "set app.current_org_id = '%s'; %s;" % (org, asked)))
    t.head('Calendars')
    t.add('free times, 10 people, 30 days, 2,000 busy, ms', measure.spread(taken), ratio=measure.median(taken), most=10)


def week(h, t, a):
    """The week of 500 events beside the list of requests, as HTML."""
    org = h.one("select id from organizations where slug = 'bench'")
    h.sql("select set_config('app.current_org_id', '{0}', false); with u as (insert into users (email, name) select 'w' || i || '@bench.example', 'W ' || i from generate_series(1, 10) i "
          "on conflict (email) do update set name = excluded.name returning id), m as (insert into memberships (org_id, user_id, role, name, email) select '{0}', x.id, 'member', x.name, x.email "
          "from (select id, 'W' as name, id || '@bench.example' as email from u) x on conflict do nothing), "
          "e as (insert into calendar_events (org_id, owner_id, uid, title, place, zone, starts_local, ends_local) select '{0}', (select id from u offset n % 10 limit 1), fl_uuid()::text, 'Meeting ' || n, 'Room ' || n % 7, 'UTC', "
          "date_trunc('week', now()) + n % 7 * interval '1 day' + (8 + n / 70) * interval '1 hour', date_trunc('week', now()) + n % 7 * interval '1 day' + (9 + n / 70) * interval '1 hour' from generate_series(0, 499) n "
          "returning org_id, id, owner_id, starts_local, ends_local), p as (insert into calendar_parties (org_id, event_id, party_id, kind) select org_id, id, owner_id, 'person' from e) "
          "insert into calendar_occurrences (org_id, event_id, original_local, starts_at, ends_at) select org_id, id, starts_local, starts_local at time zone 'UTC', ends_local at time zone 'UTC' from e".format(org))
    h.sql('analyze calendar_occurrences; analyze calendar_events; analyze calendar_parties')
    head, seen = ['Cookie: ' + h.sign_in('owner@bench.example'), 'Accept: text/html'], {'/calendar': [], '/intake': []}
    for _ in range(a.rounds):
        for path, rates in seen.items():
            rates.append(1000 / measure.wrk('http://127.0.0.1:%d%s' % (h.port, path), 1, a.seconds, head)['rate'])
    t.add('week of 500 events, ms a page', measure.spread(seen['/calendar']), 'list of requests ' + measure.spread(seen['/intake']), measure.median(seen['/calendar']) / measure.median(seen['/intake']), most=2)
