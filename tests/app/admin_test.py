"""Administration of the platform (ADM-01 to 04, 08, 09; SEC-13): at the door, with what it does to those administered. Prints TAP."""
import csv, http.server, json, os, signal, subprocess, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, free_port  # noqa: E402
from tap import done, ok  # noqa: E402


def act(h, who, path, body=None, page='/admin/orgs'):
    return h.form(page, path, body or {}, who)


def audited(h, action):
    return h.sql("select count(*), max(detail::text) from audit_log where action = '%s'" % action)[0]


def orgs(h, root, ana, key):
    demo = h.one("select id from organizations where slug = 'demo'")
    page = h.get('/admin/orgs?q=dem', root)
    ok(page.status == 200 and '/admin/orgs/' + demo in page.text and 'other-house' not in page.text, 'organisations are found by part of their name', page.status)
    ok(h.get('/admin/orgs', ana).status == 403, 'an owner is no administrator of the platform')
    here = '/admin/orgs/' + demo
    one = h.get(here, root)
    ok(one.status == 200 and 'ana@demo.example' in one.text, 'an organisation shows its people and usage', one.status)
    ok(h.get('/', root).headers['Location'] == '/admin' and 'data-live="notes"' not in one.text, 'who is in no organisation and administers begins there')
    h.get(here, root)
    looks = h.sql("select a.detail ->> 'path', a.subject_id, u.email from audit_log a join users u on u.id = a.actor_id where a.action = 'admin.look' and a.detail ->> 'path' like '/admin/orgs%' order by a.id")
    ok(looks == [['/admin/orgs', '', 'root@platform.example'], [here, demo, 'root@platform.example']] and 'admin.look' in h.get('/admin/audit', root).text,
       'what an administrator looks at is audited, once in five minutes (X-69); who is refused saw nothing', looks)
    a = act(h, root, here + '/plan', {'plan': 'STARTER'})
    ok(a.status == 303 and h.one("select plan from organizations where slug = 'demo'") == 'STARTER' and audited(h, 'org.plan')[0] == '1', 'the plan is changed and audited', a.status)
    a = act(h, root, here + '/suspend', {'reason': ''})
    ok(a.status == 422, 'nobody is suspended without a reason', a.status)
    h.stop_one('worker')
    h.fairlead('jobs', 'test', '3', '--org', 'demo')
    a = act(h, root, here + '/suspend', {'reason': 'bill unpaid'})
    ok(a.status == 303 and '"bill unpaid"' in audited(h, 'org.suspend')[1], 'suspended with a reason, audited', a.status)
    told = h.get('/intake', ana)
    ok(told.status == 403 and 'suspended' in told.text and 'This was refused' in told.text and 'Your role does not' not in told.text, 'its people get a page that says so', told.status)
    ok(h.get('/orgs', ana).status == 200, 'they can still go to another of their organisations')
    ok(h.api('GET', '/intake', key).status in (401, 403), 'its keys are refused')
    ok(h.form('/orgs', '/signout', {}, ana).status == 303, 'and sign out')
    again = h.sign_in('ana@demo.example')
    ok(h.get('/intake', again).status == 403 and 'suspended' in h.get('/intake', again).text, 'a new sign-in is told the same')
    h.sql("select set_config('app.current_org_id', '%s', false); select fl_enqueue('sync', 'noop', '{}')" % demo)
    h.fairlead('jobs', 'test', '2', '--org', 'other')
    h.start_program('worker')
    h.wait(lambda: h.one("select count(*) from jobs j join organizations o on o.id = j.org_id where o.slug = 'other'") == '0', 'the jobs of the other organisation')
    ok(h.one("select count(*) from jobs where org_id = '%s'" % demo) == '4', 'its jobs wait, those of others are done', h.sql('select org_id, state, kind from jobs'))
    ok(act(h, root, here + '/suspend', {'reason': 'again'}).status == 409, 'suspending twice is told')
    a = act(h, root, here + '/resume', {'reason': 'paid'})
    ok(a.status == 303 and h.get('/intake', again).status == 200, 'open again at the next request', a.status)
    h.drained()
    ok(h.one("select count(*) from jobs where org_id = '%s'" % demo) == '0', 'and what waited is done')
    return again


def door(h, root, ana):
    """A hosted form of a suspended organisation."""
    h.form('/channels/forms/new', '/channels/forms', {'name': 'Door', 'title': 'Ask us'}, ana)
    path = '/f/' + h.one('select public_key from intake_forms')
    demo = h.one("select id from organizations where slug = 'demo'")
    ok(h.get(path).status == 200, 'its form is open')
    act(h, root, '/admin/orgs/%s/suspend' % demo, {'reason': 'a test of the door'})
    a = h.get(path)
    ok(a.status == 403 and 'suspended' in a.text, 'its form refuses politely', a.status)
    act(h, root, '/admin/orgs/%s/resume' % demo, {'reason': 'over'})
    ok(h.get(path).status == 200, 'and is open again')


def users(h, root, ana):
    uid = h.one("select id from users where email = 'ana@demo.example'")
    me = h.one("select id from users where email = 'root@platform.example'")
    here = '/admin/users/' + uid
    page = h.get('/admin/users?q=ana@', root)
    ok(page.status == 200 and here in page.text and me not in page.text, 'people are found by part of their address', page.status)
    ok(h.get(here, root).status == 200 and h.get('/admin/sessions', root).status == 200, 'a person and the sessions of all have their pages')
    for _ in range(5):
        h.post('/signin', {'email': 'ana@demo.example', 'password': 'wrong wrong wrong', '_token': h.get('/signin').token})
    h.sql("update users set locked_until = now() + interval '15 minutes' where id = '%s'" % uid)
    ok(here in h.get('/admin/users?state=locked', root).text, 'who is locked out is listed')
    a = act(h, root, here + '/release')
    ok(a.status == 303 and h.one("select locked_until is null from users where id = '%s'" % uid) == 't', 'a lock-out is released', a.status)
    sid = h.one("select id from sessions where user_id = '%s' limit 1" % uid)
    a = act(h, root, '/admin/sessions/%s/end' % sid)
    ok(a.status == 303 and a.headers['Location'].startswith(here), 'one session is ended', a.status)
    ana = h.sign_in('ana@demo.example')
    ok(act(h, root, here + '/sign-out').status == 303 and h.get('/me', ana).status == 303, 'all sessions of a person are ended')
    ana = h.sign_in('ana@demo.example')
    ok(act(h, root, here + '/disable', {'reason': 'left the firm'}).status == 303 and h.get('/me', ana).status == 303, 'a closed account is out at once')
    try:
        ok(not h.sign_in('ana@demo.example'), 'and cannot sign in')
    except Exception as e:
        ok('401' in str(e), 'and cannot sign in', str(e))
    ok(act(h, root, here + '/enable', {'reason': 'came back'}).status == 303 and bool(h.sign_in('ana@demo.example')), 'and in again when opened')
    ok(act(h, root, '/admin/users/%s/disable' % me, {'reason': 'oops'}).status == 422 and act(h, root, '/admin/users/%s/role' % me, {'platform_role': 'none'}).status == 422,
       'nobody closes or demotes himself')
    act(h, root, here + '/role', {'platform_role': 'platform_admin'})
    ok(h.get('/admin/orgs', h.sign_in('ana@demo.example')).status == 200, 'the platform role is given')
    act(h, root, here + '/role', {'platform_role': 'none'})
    ok(h.get('/admin/orgs', h.sign_in('ana@demo.example')).status == 403, 'and taken')


def visits(h, root):
    uid, demo = h.one("select id from users where email = 'ana@demo.example'"), h.one("select id from organizations where slug = 'demo'")
    a = act(h, root, '/admin/users/%s/visit' % uid, {'org': demo})
    ok(a.status == 422, 'no visit without a reason', a.status)
    a = act(h, root, '/admin/users/%s/visit' % uid, {'org': demo, 'reason': 'ticket 12: cannot see a request'})
    page = h.get('/intake', root)
    ok(a.status == 303 and page.status == 200 and '/support/end' in page.text, 'a visit shows the person\'s pages, with a banner', a.status, page.status)
    page = h.get('/admin/orgs', root)
    ok(page.status == 403, 'a visitor has the rights of the person, not his own')
    ok('/support/end' in page.text and '/support/end' in h.get('/nowhere', root).text, 'and the banner is on pages that tell so, too')
    a = h.form('/contacts/new', '/contacts', {'name': 'Visited', 'email': 'v@mill.example'}, root)
    row = h.sql("select a.actor_id = '%s', a.detail ? 'visit' from audit_log a where org_id = '%s' and action like 'contact%%' order by id desc limit 1" % (uid, demo))
    ok(a.status == 303 and row == [['t', 't']], 'what is done meanwhile is audited as a visit', a.status, row)
    a = h.form('/intake', '/support/end', {}, root)
    ok(a.status == 303 and h.get('/admin/orgs', root).status == 200, 'the visit ends by its button', a.status)
    ok([audited(h, 'support.begin')[0], audited(h, 'support.end')[0]] == ['1', '1'], 'begin and end are audited')
    act(h, root, '/admin/users/%s/visit' % uid, {'org': demo, 'reason': 'once more'})
    h.sql("update principals set expires_at = now() - interval '1 second' where kind = 'support'")
    ok(h.get('/admin/orgs', root).status == 200 and audited(h, 'support.end')[0] == '2', 'after half an hour the administrator is himself again')


def blocks(h, root):
    a = act(h, root, '/admin/blocked', {'network': 'nowhere', 'reason': 'a test'})
    ok(a.status == 422, 'what is no address is told', a.status)
    ok(act(h, root, '/admin/blocked', {'network': '127.0.0.1', 'reason': 'a test'}).status == 422, 'nobody blocks himself')
    a = act(h, root, '/admin/blocked', {'network': '203.0.113.0/24', 'reason': 'a flood'})
    row = h.sql("select extract(epoch from until - created_at)::int from blocked_addresses where network = '203.0.113.0/24'")
    ok(a.status == 303 and row == [['86400']], 'a network is blocked for a day', a.status, row)
    h.sql("insert into blocked_addresses (network, reason) values ('127.0.0.1', 'by hand')")
    seen = [h.get('/signin').status, h.get('/me', root).status, h.get('/health').status]
    ok(seen == [403, 403, 200], 'a blocked address is refused, signed in or not; health still answers', seen)
    h.sql("update blocked_addresses set until = now() where network = '127.0.0.1'")
    ok(h.get('/signin').status == 200, 'until its time is over')
    a = act(h, root, '/admin/blocked/remove', {'network': '203.0.113.0/24'}, '/admin/blocked')
    ok(a.status == 303 and h.one("select count(*) from blocked_addresses where until > now()") == '0', 'and is let in by hand', a.status)


def export(h, root, name, **body):
    a = h.form('/admin/audit', '/admin/audit/export', body, root)
    path = h.prefix / name
    path.write_bytes(a.body)
    return a, path


def verified(h, path, lines):
    """The exit code of the command on a file of those lines."""
    path.write_text('\n'.join(lines) + '\n')
    return subprocess.run([h.program('fairlead'), 'audit', 'verify', '--file', str(path)], capture_output=True, env=h.env).returncode


def audit(h, root):
    h.fairlead('audit', 'seal')
    page = h.get('/admin/audit?action=org', root)
    ok(page.status == 200 and 'org.suspend' not in page.text and 'address.block' not in page.text, 'what concerns an organisation is not in the platform\'s log', page.status)
    ok('org.suspend' in h.get('/admin/audit?org=demo&action=org', root).text, 'but in its own')
    ok('address.block' in h.get('/admin/audit?actor=root@platform.example', root).text, 'the platform\'s own acts are listed, by person')
    a, path = export(h, root, 'chain.ndjson', org='demo', format='ndjson')
    lines = a.text.splitlines()
    ok(a.status == 200 and 'attachment' in a.headers['Content-Disposition'] and len(lines) > 10, 'the chain is exported', a.status, a.text[:300])
    ok(verified(h, path, lines) == 0, 'and verified without a database')
    changed = [x.replace('bill unpaid', 'bill paid') for x in lines]
    ok(changed != lines and verified(h, path, changed) == 1, 'a changed row is found')
    ok(verified(h, path, lines[:4] + lines[5:]) == 1, 'a removed row is found')
    ok(verified(h, path, lines[:4] + [lines[5], lines[4]] + lines[6:]) == 1, 'a reordered row is found')
    ok(verified(h, path, lines[:-2] + lines[-1:]) == 1 and verified(h, path, lines[:-1]) == 1, 'a cut end is found')
    a, path = export(h, root, 'platform.ndjson', org='platform', format='ndjson')
    ok(verified(h, path, a.text.splitlines()) == 0 and 'platform: whole' in h.fairlead('audit', 'verify'), 'the platform has a chain of its own')
    h.sql("update users set email = '=cmd@platform.example' where email = 'root@platform.example'")
    a, _ = export(h, root, 'audit.csv', org='platform', format='csv')
    h.sql("update users set email = 'root@platform.example' where email = '=cmd@platform.example'")
    cells = [c for row in csv.reader(a.text.splitlines()) for c in row]
    ok(a.status == 200 and "'=cmd@platform.example" in cells and not [c for c in cells if c[:1] in ('=', '+', '-', '@')], 'no cell of the CSV is a formula', a.text[:300])
    ok(audited(h, 'audit.export')[0] == '3', 'each export is itself audited', audited(h, 'audit.export'))
    ok(h.form('/admin/audit', '/admin/audit/export', {'org': 'nobody'}, root).status == 422, 'an unknown organisation is told')


def faults(h, root, service):
    h.sql("select program_error('/x', 'a.c:1', 'masked', 500, '', '', '', 'r1')")
    h.sql('alter function admin_blocked() rename to admin_blocked_gone')
    a = h.get('/admin/blocked', root)
    h.sql('alter function admin_blocked_gone() rename to admin_blocked')
    h.wait(lambda: h.one("select count(*) from program_errors where route = '/admin/blocked'") == '1', 'the fault to be noted')
    page = h.get('/admin/errors', root)
    ok(a.status == 500 and 'admin_blocked' not in a.text and '/admin/blocked' in page.text and page.status == 200, 'a fault of the program is kept for administrators, not shown to readers', a.status)
    row = h.sql("select role <> '' or user_id is not null, request_id <> '' from program_errors where route = '/admin/blocked'")
    ok(row[0][1] == 't', 'with the request it was in', row)
    h.wait(lambda: any(json.loads(body.split(b'\n')[2])['transaction'] == '/admin/blocked' for _, _, body in service.got), 'the service to be told', 60)
    path, headers, body = next(x for x in service.got if b'"/admin/blocked"' in x[2])
    head, item, event = (json.loads(line) for line in body.rstrip(b'\n').split(b'\n'))
    ok(path == '/api/42/envelope/' and 'sentry_key=0123abcd' in headers['X-Sentry-Auth'] and head['event_id'] == event['event_id'] and item == {'type': 'event', 'length': len(body.split(b'\n')[2])},
       'SENTRY_DSN: an envelope with its key', path, head, item)
    ok(event['level'] == 'error' and event['tags']['status'] == '500' and event['user']['id'] and 'root@' not in body.decode() and isinstance(event['breadcrumbs']['values'], list),
       'who by id alone, status, place and what went before', event)
    for bad in ('https://x.example/1', 'https://key@x.example', 'https://0123abcd@x.example/project', 'ftp://0123abcd@x.example/1'):
        done = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, 'SENTRY_DSN': bad}, capture_output=True, text=True)
        ok(done.returncode != 0 and 'SENTRY_DSN: must be' in done.stderr, 'refused in the configuration: ' + bad, done.stderr)
    for value, good in (('mail.lan', False), ('mail.lan:99999', False), (':25', False), ('mail.lan:25,,x:1', False), ('mail.lan:25, 10.0.0.5:587', True), ('[fd00::5]:443', True)):
        done = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, 'OUTSIDE_ALLOW': value}, capture_output=True, text=True)
        ok((done.returncode == 0) == good and ('OUTSIDE_ALLOW: must be' in done.stderr) != good, 'private hosts in the configuration: %s' % value, done.stderr)


def told(service, route):
    return [event for event in (json.loads(body.split(b'\n')[2]) for _, _, body in service.got) if event['transaction'] == route]


def deaths(h, root, service):
    """Jobs given up and processes that crash are faults as well."""
    org = h.one("select id from organizations where slug = 'demo'")
    h.sql("select set_config('app.current_org_id', '%s', false); select fl_enqueue('events', 'no.such', '{}')" % org)
    h.wait(lambda: h.one("select count(*) from job_history where kind = 'no.such' and state = 'dead'") == '1', 'a job to be given up', 60)
    h.batch('run', 'faults')
    ok(h.sql("select org_id, place from program_errors where route = 'job no.such'") == [[org, 'events bug']], 'a job that was given up, with its organisation and how it ended')

    def buried(kind, rc, error):
        h.sql("with j as (insert into job_history (org_id, id, queue, kind, payload, priority, state, runs, errors, kills, replays, max_attempts, last_error, request_id, created_at, finished_at) "
              "values ('%s', fl_uuid(), 'email', '%s', '{}', 5, 'dead', 3, 3, 0, 0, 3, '%s', 'r', now(), now()) returning org_id, id) "
              "insert into job_attempts (org_id, job_id, run, outcome, rc) select org_id, id, 3, 'failed', '%s' from j" % (org, kind, error, rc))
    for kind, rc in (('mail.send', 'later'), ('mail.send', 'later'), ('mail.send', 'bug'), ('mail.send', 'invalid'), ('mail.send', 'denied'), ('hook.post', 'later'), ('hook.progress', 'later')):
        buried(kind, rc, '550 <kim@mill.example> of 4111111111111111')
    h.sql("insert into program_errors (fingerprint, route, place, message, status, request_id, last_at) values ('old', '/old', 'a', 'm', 500, '', now() - interval '91 days')")
    h.batch('run', 'faults'), h.batch('run', 'faults')
    ok(h.sql("select place, times from program_errors where route = 'job mail.send' order by 1") == [['email bug', '1'], ['email later', '2']], 'one fault a kind and end, counted once',
       h.sql("select place, times from program_errors where route like 'job %'"))
    ok(h.one("select count(*) from program_errors where route like 'job hook.%' or route = '/old'") == '0', 'what a partner or a person got wrong is none, and an old one is forgotten')
    ok(h.one("select min(message) = max(message) and max(message) = '550 <[e-mail]> of [number]' from program_errors where route = 'job mail.send'") == 't', 'masked')

    def children(name):
        return [int(p) for p in subprocess.run(['pgrep', '-P', str(h.pid(name))], capture_output=True, text=True).stdout.split()]
    for name, route in (('web', 'fairlead-web'), ('worker', 'fairlead-worker')):
        os.kill(children(name)[0], signal.SIGSEGV)
        h.wait(lambda: h.one("select count(*) from program_errors where route = '%s' and place like '%%signal 11'" % route) == '1', 'the crash to be noted', 60)
        ok('signal 11' in h.one("select message from program_errors where route = '%s'" % route), 'a crash of ' + route)
        h.wait(lambda: told(service, route), 'the service to be told of it', 60)
    h.wait(lambda: told(service, 'job no.such'), 'the service to be told of the job', 60)
    page = h.get('/admin/errors', root).text
    ok('fairlead-worker' in page and 'job mail.send' in page, 'administrators see them')


class Service(http.server.ThreadingHTTPServer):
    """Keeps what faults are told to it."""

    def __init__(self):
        self.got = []
        super().__init__(('127.0.0.1', free_port()), Told)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Told(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers['Content-Length']))))
        self.send_response(200)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *_):
        pass


def leaving(h):
    who = h.person('leo@demo.example', org='demo', role='member')
    a = h.form('/me', '/signout', {}, who)
    ok('cache' in a.headers.get('Clear-Site-Data', ''), 'sign-out clears what the browser kept', dict(a.headers))
    a = h.request('POST', '/csp-report', None, '{"csp-report":{"blocked-uri":"inline","by":"kim@mill.example +34 600 123 456 4111 1111 1111 1111 CUST-2291 ab1234567"}}', {'Content-Type': 'application/csp-report'})
    log = [line.split('csp: ')[1] for line in (h.prefix / 'log/web.log').read_text().splitlines() if 'csp: ' in line]
    ok(a.status == 200 and len(log) == 1 and not [w for w in ('kim@mill', '123 456', '4111', 'CUST-2291', 'ab1234567') if w in log[0]],
       'a browser\'s report of a broken policy is logged, with address, phone, card and the shapes of LOG_MASK masked', a.status)
    ok('report-uri /csp-report' in h.get('/signin').headers['Content-Security-Policy'], 'and every page asks for it')


def gate():
    """nginx asks first, and the program demands a second factor proven lately."""
    with House.temporary(conf={'ADMIN_SECOND_FACTOR_S': 600}) as h:
        h.org('demo')
        root, ana = h.person('root@platform.example', admin=True), h.person('ana@demo.example', org='demo')
        a = h.get('/admin/orgs', root)
        ok(a.status == 303 and a.headers['Location'].startswith('/me/confirm?next=%2Fadmin'), 'without a second factor administration leads to its proof', a.status, a.headers.get('Location'))
        ok(h.api('GET', '/admin/orgs', root).status == 403, 'and refuses a program')
        ok(h.get('/admin/orgs', ana).status == 403 and h.get('/admin/orgs').status == 303, 'others as ever')
        ok(h.get('/gate', root).status == 404 and h.get('/_gate', root).status == 404, 'nobody but nginx asks the gate')
        h.sql("update principals set second_factor_at = now() - interval '9 minutes'")
        ok(h.get('/admin/orgs', root).status == 200 and h.get('/admin', root).status == 200, 'with one it opens')
        a = h.form('/admin/orgs', '/admin/blocked', {'network': '203.0.113.7', 'reason': 'a body goes through the gate'}, root)
        ok(a.status == 303, 'forms go through the gate whole', a.status)
        h.sql("update principals set second_factor_at = now() - interval '11 minutes'")
        ok(h.get('/admin/orgs', root).status == 303, 'and closes again')
        h.sql('update principals set second_factor_at = now()')
        (h.prefix / 'nginx/fairlead/admin-allow.conf').write_text('deny all;\n')
        os.kill(h.pid('nginx'), signal.SIGHUP)
        seen = []
        h.wait(lambda: seen.append(h.get('/admin/orgs', root)) or seen[-1].status == 403, 'nginx to close administration')
        ok('certain addresses' in seen[-1].text and h.get('/me', root).status == 200, 'an address off the list never reaches the program', seen[-1].text)


def incidents(h, root):
    """CMP-04: 72 hours from knowing; everybody it concerns gets one mail, the authority is noted, administrators are warned."""
    words = 'A copy of a list of addresses was sent to the wrong customer. It was deleted there. Ask desk@demo.example.'
    a = act(h, root, '/admin/incidents', {'title': 'List sent astray', 'words': words, 'org': 'nowhere'}, '/admin/incidents/new')
    ok(a.status == 422 and words in a.text, 'an organisation that is none: told, words kept', a.status)
    a = act(h, root, '/admin/incidents', {'title': 'List sent astray', 'words': words, 'known': '2031-01-01T10:00'}, '/admin/incidents/new')
    ok(a.status == 422, 'nor is it known before it happened', a.status)
    a = act(h, root, '/admin/incidents', {'title': 'List sent astray', 'words': words, 'org': 'demo', 'known': '2026-01-01T10:00:00Z'}, '/admin/incidents/new')
    here = a.headers['Location'].split('?')[0]
    ok(h.one("select due_at = known_at + interval '72 hours' and known_at = '2026-01-01T10:00:00Z' from incidents") == 't', 'its time is 72 hours from then')
    listed = h.get('/admin/incidents', root)
    ok('List sent astray' in listed.text and 'late' in listed.text, 'it is listed, and marked when that is over')
    h.batch('run', 'incidents')
    h.batch('run', 'incidents')
    ok(h.sql("select to_email, what from account_mails where what = 'incident_due'") == [['root@platform.example', 'incident_due']], 'administrators are warned, once', h.sql('select to_email, what from account_mails'))
    members = h.one("select count(*) from memberships m join users u on u.id = m.user_id and u.disabled_at is null join organizations o on o.id = m.org_id where o.slug = 'demo'")
    a = act(h, root, here + '/tell')
    told = h.sql("select count(*), count(distinct to_email) from account_mails where template = 'incident'")[0]
    ok(a.status == 303 and told == [members, members] and h.one('select people from incidents') == members, 'each member gets one mail', a.status, told, members)
    ok(act(h, root, here + '/tell').status == 409, 'once')
    ok(act(h, root, here + '/report').status == 303 and audited(h, 'incident.report')[0] == '1' and audited(h, 'incident.tell')[0] == '1' and audited(h, 'incident.note')[0] == '1', 'all of it is audited')
    h.drained()
    ok(h.one("select string_agg(distinct state, ' ') from account_mails where template = 'incident'") == 'held', 'and written by the job', h.sql("select state, error from account_mails where template = 'incident'"))


def main():
    service = Service()
    with House.temporary(conf={'LOG_MASK': 'CUST-####, @@#######', 'SENTRY_DSN': 'http://0123abcd@127.0.0.1:%d/42' % service.server_port,
                               'OUTSIDE_ALLOW': '127.0.0.1:%d' % service.server_port}) as h:
        h.org('demo')
        h.org('other', 'other-house')
        root = h.person('root@platform.example', admin=True)
        ana = h.person('ana@demo.example', org='demo')
        key = h.key('demo')
        ana = orgs(h, root, ana, key)
        door(h, root, ana)
        users(h, root, ana)
        visits(h, root)
        blocks(h, root)
        audit(h, root)
        faults(h, root, service)
        deaths(h, root, service)
        incidents(h, root)
        leaving(h)
    gate()
    done()


if __name__ == '__main__':
    main()
