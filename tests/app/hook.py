"""Alerts that leave the house: signed, numbered by subject in the order of commits, tried again, never to private addresses, visible. Prints TAP."""
import base64, hashlib, hmac, http.server, json, os, sys, threading, time

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', room) for room in ('lib', 'app')]
from house import House  # noqa: E402
from document_lib import parts, send  # noqa: E402
from tap import done, ok  # noqa: E402

LONG = bool(os.environ.get('FAULT_LONG'))  # a thousand changes
SECRET = 'whsec_' + base64.b64encode(b'a key of thirty-two bytes, truly').decode()


class Partner(http.server.ThreadingHTTPServer):
    """Keeps what is posted; answers by `answers`, first come first served, then 200."""

    def __init__(self):
        self.got, self.seen, self.stalled, self.answers, self.released = [], [], [], [], threading.Event()
        super().__init__(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def of(self, kind, subject=None):
        return [b for _, b in self.got if b.get('type') == kind and (subject is None or b['subject_id'] == subject)]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers['Content-Length']))
        if self.path == '/stall':
            self.server.stalled.append(time.time())
            self.server.released.wait(60)
        status, more = self.server.answers.pop(0) if self.server.answers else 200, {}
        if isinstance(status, tuple):
            status, more = status
        self.server.seen.append((self.path, time.time(), dict(self.headers)))
        if status == 200:
            self.server.got.append(({**dict(self.headers), 'raw': raw, 'path': self.path}, json.loads(raw)))
        self.send_response(status)
        for name, value in {'Content-Length': '0', **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


def run(h, partner, inner):
    h.org('aa', 'House aa', '--with-pipelines')
    boss, key = h.person('boss@aa.example', org='aa'), h.key('aa', 'owner')
    here = 'http://127.0.0.1:%d' % partner.server_port

    def hook(name, path='/x', form='json', events=('task.created', 'task.status_changed'), url=None):
        return h.form('/channels/hooks/new', '/channels/hooks', {'name': name, 'url': url or here + path, 'form': form, 'secret': SECRET, 'events': list(events), 'active': 'true'}, boss)

    def posts(name):
        return [tuple(r) for r in h.sql("select p.state, coalesce(p.status, 0), p.tries from hook_posts p join hooks k on k.id = p.hook_id where k.name = '%s' order by p.id" % name)]

    one = hook('Program').headers['Location'].split('/')[3].split('?')[0]
    ok('whsec_' not in h.get('/channels/hooks/' + one, boss).text and h.one('select count(*) from hooks where position(\'whsec\'::bytea in secret) > 0') == '0', 'the secret is sealed and not shown again')
    ok(h.get('/channels/hooks/new', boss).text.count('whsec_') == 1, 'a new one is offered')
    task = h.api('POST', '/tasks', key, {'title': 'Paint'}).json['id']
    h.drained()
    head, body = partner.got[0]
    want = 'v1,' + base64.b64encode(hmac.new(base64.b64decode(SECRET[6:]), b'.'.join([head['webhook-id'].encode(), head['webhook-timestamp'].encode(), head['raw']]), hashlib.sha256).digest()).decode()
    ok(head['webhook-signature'] == want and head['webhook-id'] == body['id'], 'signed as Standard Webhooks says')
    ok((body['type'], body['subject_id'], body['sequence'], body['data']) == ('task.created', task, 1, {'task_id': task}), 'it says what happened to what', body)
    ok('A task was made: Paint' in body['text'] and '/tasks/' + task in body['text'], 'also in words', body['text'])
    for status in ('IN_PROGRESS', 'NEEDS_REVIEW', 'DONE'):
        h.api('POST', '/tasks/%s/step' % task, key, {'status': status})
    # one that waits for its turn is no work that is due
    h.wait(lambda: [p[0] for p in posts('Program')] == ['sent'] * 4, 'all of them', 60)
    steps = sorted((b['sequence'], b['data']['to']) for b in partner.of('task.status_changed', task))
    ok(steps == [(2, 'IN_PROGRESS'), (3, 'NEEDS_REVIEW'), (4, 'DONE')], 'numbered for each subject in the order of the changes', steps)
    ok(posts('Program') == [('sent', '200', '1')] * 4, 'each shows as arrived', posts('Program'))
    schedule(h, partner, key, posts)
    partner.answers = [500, 410]
    h.api('POST', '/tasks', key, {'title': 'Waits'})
    h.wait(lambda: h.one("select count(*) from jobs where kind = 'hook.post' and state = 'retry'") == '1', 'a post that waits for its next attempt', 30)
    h.sql("update jobs set run_at = now() + interval '1 hour' where kind = 'hook.post' and state = 'retry'")
    h.api('POST', '/tasks', key, {'title': 'Gone'})
    h.wait(lambda: posts('Program')[-1][0] == 'failed', 'the post to fail', 30)
    ok(h.sql("select error from hook_posts where state = 'failed' order by id desc limit 2")[1][0] == 'switched off (410)' and h.one("select count(*) from jobs where kind = 'hook.post'") == '0' and
       h.one("select count(*) from hook_posts where state = 'waiting'") == '0', 'what waits for an address that is gone has failed as well')
    ok(posts('Program')[-1][:2] == ('failed', '410') and h.one("select count(*) from notifications where kind = 'hook_failed'") == '2', 'refused for good: marked, a person is told')
    page = h.get('/channels/hooks/' + one, boss).text
    ok('410' in page and 'not reached' in page, 'and the page shows it')
    bad = h.one("select id from hook_posts where state = 'failed' order by id desc limit 1")
    off = h.form('/channels/hooks/' + one, '/channels/hooks/posts/%s/again' % bad, {}, boss)
    ok(h.one("select active from hooks where id = '%s'" % one) == 'f' and off.status == 409, 'who answers 410 hears no more, and nothing goes there until it is switched on', off.status)
    h.sql("update hooks set active = true where id = '%s'" % one)
    h.form('/channels/hooks/' + one, '/channels/hooks/posts/%s/again' % bad, {}, boss)
    h.wait(lambda: posts('Program')[-1][0] == 'sent', 'the post that goes again', 30)
    ok('not reached' not in h.get('/channels/hooks', boss).text, 'by a button it goes again')
    hook('Inside', url='http://127.0.0.1:%d/metadata' % inner.server_port)
    h.api('POST', '/tasks', key, {'title': 'Private'})
    h.wait(lambda: posts('Inside') and posts('Inside')[0][0] == 'failed', 'the private address', 30)
    said = h.one("select p.error from hook_posts p join hooks k on k.id = p.hook_id where k.name = 'Inside'")
    ok('private' in said and inner.got == [], 'a private address is never called, not even a service that the programs themselves may call', said)
    ok(hook('Odd', url='ftp://x.example/').status == 422 and hook('Empty', events=()).status == 422, 'other schemes, and hooks that hear nothing, are refused')
    h.sql("update hooks set active = false where name = 'Inside'")
    hook('Spelled', '/s', events=('intake:created', 'task.completed.v1', 'calendar:reminder_due'))
    ok(h.one("select array_to_string(events, ' ') from hooks where name = 'Spelled'") == 'intake.created task.completed reminder.due', 'the colon form, the form with a version and an alias are understood')
    h.sql("update hooks set active = false where name = 'Spelled'")
    hook('Chat', '/chat', 'chat', ['sla.breached', 'task.sla_breached'])
    hook('Pager', '/pager', 'pager', ['sla.warned', 'sla.breached', 'sla.escalated', 'task.sla_breached', 'task.created'])
    late = h.api('POST', '/tasks', key, {'title': 'Overdue', 'due': '2031-01-01T10:00:00Z'}).json['id']
    h.sql("update tasks set due_at = now() - interval '1 minute' where id = '%s'" % late)
    h.batch('run', 'sla')
    h.drained()
    by = {head['path']: body for head, body in partner.got if head['path'] != '/x'}
    ok(list(by['/chat']) == ['text'] and 'A task is late: Overdue' in by['/chat']['text'], 'a chat hears of a missed date', by.get('/chat'))
    ok((by['/pager']['event_action'], by['/pager']['routing_key'], by['/pager']['payload']['severity']) == ('trigger', SECRET, 'error') and
       by['/pager']['dedup_key'].startswith('task.sla_breached.%s.' % late), 'and a pager', by.get('/pager'))
    ok([body['payload']['severity'] for head, body in partner.got if head['path'] == '/pager'] == ['info', 'error'], 'that a task was made is for information')
    partner.got.clear()
    hook('Second pager', '/pager2', 'pager', ['sla.breached'])
    for kind, clock, more in (('warned', 'first', ''), ('breached', 'first', ''), ('breached', 'resolve', ''), ('escalated', 'first', ", 'after_min', 30"), ('escalated', 'first', ", 'after_min', 60")):
        h.sql("select set_config('app.current_org_id', (select id::text from organizations), false), set_config('app.actor', 'system', false); "
              "select fl_emit('sla.%s', jsonb_build_object('intake_id', '%s', 'clock', '%s', 'due_at', now()%s))" % (kind, late, clock, more))
        h.drained()
    paged = [(body['payload']['severity'], body['dedup_key']) for head, body in partner.got if head['path'] == '/pager']
    ok([(how, key.rpartition('.')[0]) for how, key in paged] == [(how, 'sla.%s.%s' % (what, late)) for how, what in
       (('warning', 'warned'), ('error', 'breached'), ('error', 'breached'), ('critical', 'escalated'), ('critical', 'escalated'))], 'its severity follows a promise that is near, missed, escalated', paged)
    ok(len({key for _, key in paged}) == 5, 'each an incident of its own: a resolution that is missed wakes who slept after the first answer was', paged)
    ok([body['dedup_key'] for head, body in partner.got if head['path'] == '/pager2'] == [key for how, key in paged if how == 'error'], 'and one event is one incident, whichever hook tells of it')
    h.sql("update hooks set active = false where name = 'Second pager'")
    hook('Progress', '/p', 'json', ['job.progress'])
    job = h.sql("select set_config('app.current_org_id', (select id::text from organizations), false); select fl_enqueue('sync', 'noop', '{}', 5, now() + interval '1 hour')")[-1][-1]
    h.sql("update jobs set state = 'active', worker = 'w', fence = 1, lease_until = now() + interval '1 hour', started_at = now() where id = '%s'; select fl_job_progress('w', '%s', 3, 12, 'page 3 of 12'); select fl_job_progress('w', '%s', 3, 12, 'page 3 of 12'); "
          "delete from jobs where id = '%s'" % (job, job, job, job))
    h.wait(lambda: partner.of('job.progress'), 'the progress', 20)
    h.drained()
    ok([b['data']['done'] for b in partner.of('job.progress', job)] == [3] and partner.of('job.progress')[0]['data']['text'] == 'page 3 of 12', 'how far a job is, once a step')
    told(h, partner, key, boss, here)
    ok(h.get('/channels/hooks/' + one, h.person('eve@aa.example', org='aa', role='member')).status == 403, 'members do not see where alerts go')
    rotation(h, partner, key, boss, one)
    stalled(h, partner, key, boss, hook)
    many(h, partner, one, key)


PAUSES = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


def signature(head, secret):
    key = base64.b64decode(secret[6:])
    return 'v1,' + base64.b64encode(hmac.new(key, b'%s.%s.%s' % (head['webhook-id'].encode(), head['webhook-timestamp'].encode(), head['raw']), hashlib.sha256).digest()).decode()


def schedule(h, partner, key, posts):
    """Promise 19, the clock moved forward at each pause: ten attempts over 75 hours, Retry-After when it is longer, one webhook-id, a fresh timestamp each."""
    partner.seen.clear()
    partner.answers = [503, (429, {'Retry-After': '1000'})] + [500] * 8
    h.api('POST', '/tasks', key, {'title': 'Patience'})
    pauses = []
    for n in range(1, 10):
        h.wait(lambda: h.one("select count(*) from jobs where kind = 'hook.post' and state = 'retry' and errors = %d" % n) == '1', 'attempt %d' % n, 60)
        pauses.append(float(h.one("select round(extract(epoch from run_at - updated_at)) from jobs where kind = 'hook.post' and state = 'retry'")))
        if n % 4 == 0:
            h.restart('worker')  # with the breakers of its processes: five failures in a row in one of them would hold the next attempt back
        h.sql("update jobs set run_at = now() where kind = 'hook.post' and state = 'retry'")
    h.wait(lambda: posts('Program')[-1][0] == 'failed', 'the last attempt', 60)
    want = [max(pause, 1000 if n == 1 else 0) for n, pause in enumerate(PAUSES)]
    ok(all(abs(a - b) <= 3 for a, b in zip(pauses, want)) and sum(PAUSES) >= 72 * 3600, 'ten attempts, the last after more than 72 hours; a longer Retry-After is respected', pauses)
    ok(len(partner.seen) == 10 and len({head['webhook-id'] for _, _, head in partner.seen}) == 1 and all(abs(at - int(head['webhook-timestamp'])) < 30 for _, at, head in partner.seen),
       'under one id, each with the time of its attempt', len(partner.seen))
    ok(posts('Program')[-1] == ('failed', '500', '10') and h.one("select count(*) from notifications where kind = 'hook_failed'") == '1', 'then it is given up, and a person is told', posts('Program')[-1])
    h.restart('worker')
    partner.answers = [503, 500]
    h.api('POST', '/tasks', key, {'title': 'Patience 2'})
    for n in (1, 2):
        h.wait(lambda: h.one("select count(*) from jobs where kind = 'hook.post' and state = 'retry' and errors = %d" % n) == '1', 'attempt %d' % n, 60)
        h.sql("update jobs set run_at = now() where kind = 'hook.post' and state = 'retry'")
    h.wait(lambda: posts('Program')[-1][0] == 'sent', 'the post after two failures', 60)
    ok(posts('Program')[-1] == ('sent', '200', '3'), 'tried again, and it shows how often', posts('Program')[-1])


def rotation(h, partner, key, boss, one):
    """Promise 18: while a secret is changed both sign."""
    other = 'whsec_' + base64.b64encode(b'another key of thirty-two bytes!').decode()
    now = dict(name='Program', url='http://127.0.0.1:%d/x' % partner.server_port, form='json', events=['task.created', 'task.status_changed'], active='true')
    h.form('/channels/hooks/' + one, '/channels/hooks/' + one, {**now, 'secret': other}, boss)

    def head():
        before = len(partner.of('task.created'))
        h.api('POST', '/tasks', key, {'title': 'Signed'})
        h.wait(lambda: len(partner.of('task.created')) > before, 'the signed post', 60)
        return [head for head, body in partner.got if body.get('type') == 'task.created' and head['path'] == '/x'][-1]

    both = head()
    ok(both['webhook-signature'] == signature(both, other) + ' ' + signature(both, SECRET), 'after a change the new and the old secret sign', both['webhook-signature'])
    h.sql("update hooks set secret_was_until = now() where id = '%s'" % one)
    alone = head()
    ok(alone['webhook-signature'] == signature(alone, other), 'a day later the new one alone', alone['webhook-signature'])

    def kept():
        return h.one("select secret_was is not null from hooks where id = '%s'" % one) == 't'

    h.batch('run', 'hook-posts')
    ok(not kept(), 'and the old one is kept no longer')
    h.form('/channels/hooks/' + one, '/channels/hooks/' + one, {**now, 'secret': SECRET}, boss)
    h.batch('run', 'hook-posts')
    ok(kept(), 'while it signs it is kept')
    h.form('/channels/hooks/' + one, '/channels/hooks/' + one, {**now, 'form': 'pager', 'secret': other}, boss)
    h.form('/channels/hooks/' + one, '/channels/hooks/' + one, {**now, 'secret': SECRET}, boss)
    plain = head()
    ok(not kept() and plain['webhook-signature'] == signature(plain, SECRET), 'the routing key of a pager signs nothing', plain['webhook-signature'])


def stalled(h, partner, key, boss, hook):
    """An address that does not answer holds up nobody else."""
    slow = hook('Stalled', '/stall', events=['task.created']).headers['Location'].split('/')[3].split('?')[0]
    of = "payload ->> 'hook_id' = '%s'" % slow

    def count(what):
        return int(h.one('select count(*) from ' + what))

    def held():
        return count("jobs where %s and state = 'active' and started_at < now() - interval '2 seconds'" % of)

    for n in range(30):
        h.api('POST', '/tasks', key, {'title': 'Beside %d' % n})
    h.wait(lambda: h.one("select count(*) from hook_posts p join hooks k on k.id = p.hook_id where k.name = 'Program' and p.state = 'waiting'") == '0', 'the good posts', 60)
    sent = count("hook_posts where hook_id = '%s' and state = 'sent'" % slow)
    ok(sent == 0 and held() <= 2, 'thirty posts arrive elsewhere while one address stalls, which takes two places at most', (sent, held()))
    h.wait(lambda: count("jobs where %s and state = 'retry' and errors = 1" % of) >= 2, 'two posts that ran out of time', 60)
    turns = count('job_history where ' + of)
    asked = count("jobs where %s and payload ? 'turn'" % of)
    ok(asked > 0 and turns <= 30, 'each post leaves one row, however often the others ask', (asked, turns))
    before, began = len(partner.stalled), time.time()
    h.sql("update jobs set errors = 3, run_at = now() where %s and state <> 'active'" % of)
    errors = count("jobs, generate_series(1, errors) where " + of)
    h.wait(lambda: held() == 2 and count("jobs where %s and (state = 'queued' or state <> 'active' and run_at <= now() or state = 'active' and started_at >= now() - interval '2 seconds')" % of) == 0,
           'two at most on their way at later attempts', 60)
    # Those two may run out of time meanwhile, and the next two: only what was really tried may count.
    left = h.sql("select state, errors, count(*) from jobs where %s group by 1, 2 order by 1, 2" % of)
    tried, delayed = len(partner.stalled) - before, sum(int(n) for state, _, n in left if state == 'delayed')
    ok(sum(int(n) for _, _, n in left) == 30 and sum(int(e) * int(n) for _, e, n in left) <= errors + tried + 2 and delayed >= 26 - tried and tried <= 4 + (time.time() - began) / 5,
       'nor do they at a later attempt; a place given back counts as none', left, errors, tried)
    now = dict(name='Stalled', url='http://127.0.0.1:%d/stall' % partner.server_port, form='json', events=['task.created'])
    h.form('/channels/hooks/' + slow, '/channels/hooks/' + slow, now, boss)
    waiting = count("hook_posts where hook_id = '%s' and state = 'waiting'" % slow)
    failed = count("hook_posts where hook_id = '%s' and state = 'failed' and error = 'switched off'" % slow)
    ok((waiting, failed) == (0, 30) and count("jobs where %s and state <> 'active'" % of) == 0, 'switched off by hand: what waits for it has failed, and no job is left', (waiting, failed))
    partner.released.set()
    h.drained(60)
    h.form('/channels/hooks/' + slow, '/channels/hooks/' + slow, {**now, 'active': 'true'}, boss)
    bad = h.one("select id from hook_posts where hook_id = '%s' and state = 'failed' order by id desc limit 1" % slow)
    h.form('/channels/hooks/' + slow, '/channels/hooks/posts/%s/again' % bad, {}, boss)
    h.wait(lambda: h.one("select state from hook_posts where id = '%s'" % bad) == 'sent', 'the post that goes again', 60)
    ok(count("hook_posts where hook_id = '%s' and state = 'waiting'" % slow) == 0, 'switched on, one goes again by its button')
    h.sql("update hooks set active = false where name = 'Stalled'")
    h.form('/channels/hooks/' + slow, '/channels/hooks/%s/try' % slow, {}, boss)
    h.wait(lambda: count("hook_posts where hook_id = '%s' and type = 'hook.test' and state = 'failed' and error = 'switched off'" % slow) == 1, 'the test of a hook that is off', 60)


def told(h, partner, key, boss, here):
    """QUE-08: the caller of a request gives an address that hears of its jobs."""
    def of(path):
        return [b for head, b in partner.got if head['path'] == path]

    partner.answers = [503]
    made = send(h, key, 'a.txt', b'Invoice 2291 of 3 March 2026\n', **{'X-Progress-Url': here + '/mine'})
    ok(made.status == 201, 'a document with an address for its progress', made.text)
    h.wait(lambda: {'document.read', 'document.chunk'} <= {b['kind'] for b in of('/mine')}, 'the ends of its jobs', 60)
    h.drained(60)
    got = of('/mine')
    ok(all(b['type'] == 'job.progress' and b['state'] in ('active', 'completed') and b['request_id'] == made.headers['X-Request-Id'] for b in got) and
       len({b['job_id'] for b in got}) == len([b for b in got if b['state'] == 'completed']), 'its jobs and those they make tell their end, once each, tried again after a 503', got)
    ok('hook.progress' not in {b['kind'] for b in got}, 'telling is not told')
    job = h.sql("select set_config('app.current_org_id', (select id::text from organizations), false), set_config('app.progress_url', '%s/step', false); "
                "select fl_enqueue('sync', 'noop', '{}', 5, now() + interval '1 hour')" % here)[-1][-1]
    h.sql("update jobs set state = 'active', worker = 'w', fence = 1, lease_until = now() + interval '1 hour', started_at = now() where id = '%s'; select fl_job_progress('w', '%s', 3, 12, 'page 3 of 12'); "
          "select fl_job_progress('w', '%s', 3, 12, 'page 3 of 12'); select fl_job_bury(org_id, id, 'dead') from jobs where id = '%s'" % (job, job, job, job))
    h.wait(lambda: len(of('/step')) == 2, 'step and end', 60)
    h.drained(60)
    ok(sorted((b['state'], b['done'], b['total'], b['text']) for b in of('/step')) == [('active', 3, 12, 'page 3 of 12'), ('dead', 3, 12, None)], 'each step once, then what became of it', of('/step'))
    ok(h.api('POST', '/tasks', key, {'title': 'Odd'}, headers={'X-Progress-Url': 'ftp://x.example/'}).status == 422, 'other schemes are refused')
    token = h.get('/documents', boss).token
    body, head = parts([('b.txt', b'By hand\n')], {'_token': token})
    ok(h.request('POST', '/documents', boss, body, {**head, 'X-Progress-Url': here + '/browser'}).status == 303, 'a browser may send the header')
    h.drained(60)
    ok(of('/browser') == [], 'and nobody is called for it')
    h.form('/channels/forms/new', '/channels/forms', {'name': 'Front door', 'title': 'How can we help?'}, boss)
    door = '/f/' + h.one('select public_key from intake_forms')
    sent = h.api('POST', door, None, {'field': {'email': 'eve@x.example', 'message': 'Help me'}}, headers={'X-Progress-Url': here + '/stranger', 'Authorization': 'Bearer x'})
    h.drained(60)
    ok(sent.status < 300 and h.one('select count(*) from intake_requests where form_id is not null') == '1' and of('/stranger') == [], 'a stranger at a form cannot make us call either', sent.status, sent.text)


def many(h, partner, one, key):
    """Promise 15: changes of one subject made at the same time, workers killed in between."""
    task = h.api('POST', '/tasks', key, {'title': 'Busy'}).json['id']
    h.drained()

    def steps(n):
        for _ in range(n):
            for status in ('IN_PROGRESS', 'NEEDS_REVIEW'):
                h.api('POST', '/tasks/%s/step' % task, key, {'status': status, 'feedback': 'again'})
    threads = [threading.Thread(target=steps, args=(125 if LONG else 8,)) for _ in range(4)]
    for t in threads:
        t.start()
    for _ in range(12 if LONG else 3):
        h.stop_one('worker', 9)
        h.start_program('worker')
        time.sleep(2 if LONG else 0)
    for t in threads:
        t.join()
    h.sql("update jobs set lease_until = now() where state = 'active'")
    h.batch('run', 'job-recover')
    h.drained(60)
    h.wait(lambda: h.one("select count(*) from hook_posts p where p.state = 'waiting' and p.hook_id = '%s'" % one) == '0', 'the posts', 600 if LONG else 120)
    made = int(h.one("select count(*) from audit_log where action = 'task.step' and subject_id = '%s'" % task))
    got = {b['sequence']: b['data']['to'] for b in partner.of('task.status_changed', task)}
    ok(made > 10 and [got.get(n + 2) for n in range(made)] == [('IN_PROGRESS', 'NEEDS_REVIEW')[n % 2] for n in range(made)],
       'changes by four at once, workers killed: every one arrives, numbered in the order in which the task went through them', (made, got))


partner, inner = Partner(), Partner()
# A run of a post gets 8 s here, less than the 20 s of its call: the address that does not answer costs the test less.
with House.temporary(conf={'JOB_TIMEOUTS': 'hook.post=8', 'TENANT_ALLOW': '127.0.0.1:%d' % partner.server_port, 'OUTSIDE_ALLOW': '127.0.0.1:%d' % inner.server_port}) as h:
    run(h, partner, inner)
done()
