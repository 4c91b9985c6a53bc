"""Walks every row of the route table as everybody: nobody, each role in two organisations, an API key, other organisation's ids, without token, with fields
wrong, with and without a recent proof of password and second factor. What is expected comes from role_permissions and the table's flags, not from the pages (promises 33 to 36). Prints TAP."""
import html.parser, json, os, re, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, note, ok  # noqa: E402

ROLES = ('owner', 'admin', 'operator', 'pm', 'member', 'viewer', 'user', 'client')
CANARY = {'aa': 'canary-heron', 'bb': 'canary-plover'}
# Whose id stands in a path, by the path's beginning; the longest counts.
KINDS = {'/intake': 'intake_requests', '/intake/views': 'intake_views', '/approvals': 'agent_decisions', '/decisions': 'agent_decisions', '/agent/calls': 'llm_calls',
         '/channels/forms': 'intake_forms', '/channels/webhooks': 'webhook_sources', '/channels/mail': 'mailboxes', '/channels/mail/odd': 'mail_raw',
         '/channels/mail/out': 'email_messages', '/channels/mail/stops': 'mail_stops', '/channels/hooks': 'hooks', '/channels/hooks/posts': 'hook_posts', '/contacts': 'contacts', '/jobs': 'jobs', '/admin/jobs': 'jobs', '/events': 'system_events', '/boards': 'pipelines',
         '/pipelines': 'pipelines', '/settings/keys': 'api_keys', '/me/passkeys': 'user_passkeys',
         '/chat': 'conversations', '/chat/turns': 'chat_turns', '/chat/approved': 'approved_answers', '/settings/collections/snapshots': 'collection_snapshots', '/tasks': 'tasks', '/documents': 'documents', '/task-templates': 'task_templates', '/settings/teams': 'teams', '/settings/sla': 'sla_policies', '/calendar': 'calendar_events', '/calendar/imports': 'calendar_imports', '/scheduling-agent': 'intake_requests',
         '/booking': 'booking_pages', '/polls': 'polls', '/procedures': 'sops', '/onboarding': 'onboardings', '/onboarding/plans': 'onboarding_plans', '/me/bookings': 'bookings', '/booking/hours': 'availability_rules',
         '/admin/orgs': 'organizations', '/admin/users': 'users', '/admin/sessions': 'sessions', '/admin/incidents': 'incidents',
         '/portal': 'intake_requests', '/portal/documents': 'documents', '/exports': 'privacy_orders', '/me/exports': 'privacy_orders', '/members': 'memberships', '/members/invitations': 'organization_invitations'}
# Pages of one person's own things, and whose they are here; nobody else's.
OWN = {'/calendar/imports/{id}': 'owner', '/me/bookings/{id}/move': 'user'}
OF_PLATFORM = {'organizations', 'users', 'sessions', 'incidents', 'user_passkeys'}


# Fields whose value only who has the right is told, on whatever page (checklist 41).
TOLD = {'cost_cents': 'cost.read', 'cost_micro': 'cost.read', 'prompt_tokens': 'cost.read', 'completion_tokens': 'cost.read', 'tokens': 'cost.read',
        'raw_output': 'agent.manage', 'prompt': 'agent.manage', 'response': 'agent.manage'}
# What a session may do only when it gave its password lately; one line for each function that calls account_recent.
RECENT = {('POST', '/me/factor/begin'), ('GET', '/me/factor'), ('POST', '/me/factor'), ('POST', '/me/factor/off'), ('POST', '/me/codes'), ('POST', '/me/email/change'),
          ('GET', '/settings/keys/new'), ('POST', '/settings/keys'), ('POST', '/me/phone'), ('POST', '/me/phone/confirm'), ('POST', '/me/phone/off'), ('GET', '/me/passkeys/options'), ('POST', '/me/passkeys'), ('POST', '/me/passkeys/{id}/remove'), ('POST', '/me/data/export'), ('POST', '/me/data/erase'),
          ('POST', '/settings/danger/export'), ('POST', '/settings/danger/erase'), ('POST', '/contacts/{id}/erase'),
          ('GET', '/oidc/link'), ('POST', '/oidc/link')}


class Page(html.parser.HTMLParser):
    """What every page has to have, and must not."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.faults, self.open = [], [], []
        self.feed(text)
        for need in ('main', 'title', 'h1'):
            if need not in self.tags:
                self.faults.append('no <%s>' % need)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        names = [n for n, _ in attrs]
        if tag == 'script' and 'src' not in names or tag == 'style' or 'style' in names or any(n.startswith('on') for n in names):
            self.faults.append('inline style or script in <%s>' % tag)
        if len(names) != len(set(names)):
            self.faults.append('<%s> has an attribute twice' % tag)
        if tag not in ('meta', 'link', 'img', 'br', 'hr', 'input', 'col', 'source', 'wbr', 'path', 'use', 'circle', 'rect', 'line', 'polyline'):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag in self.open and tag not in ('p', 'li'):
            self.faults.append('</%s> closes <%s>' % (tag, self.open[-1]))
            del self.open[len(self.open) - 1 - self.open[::-1].index(tag):]


class Org:
    """An organisation with one object of every kind; both have the same texts but for the canary."""

    def __init__(self, h, slug):
        self.h, self.slug, self.canary = h, slug, CANARY[slug]
        h.org(slug, 'House of ' + self.canary, '--with-pipelines')
        self.id = h.one("select id from organizations where slug = '%s'" % slug)
        self.people = {role: h.person('%s@%s.example' % (role, slug), org=slug, role=role) for role in ROLES}
        self.key = h.key(slug, 'operator')
        self.door = {}

    def fill(self):
        h, boss, c = self.h, self.people['owner'], self.canary
        self.sent = h.api('POST', '/intake', self.key, {'subject': 'Invoice charged twice ' + c, 'body': 'Please refund. ' + c, 'name': 'Kim ' + c,
                                                        'email': 'client@%s.example' % self.slug}, {'Idempotency-Key': 'the-same-key'})
        made = [self.sent, h.form('/channels/forms/new', '/channels/forms', {'name': 'Door ' + c, 'title': 'Ask ' + c}, boss),
                h.form('/channels/webhooks/new', '/channels/webhooks', {'name': 'Hook ' + c, 'scheme': 'token', 'secret': 'a-secret-of-twenty-and-more-letters'}, boss),
                h.form('/channels/mail/new', '/channels/mail', {'name': 'Box ' + c, 'address': 'help@%s.example' % self.slug, 'active': 'on'}, boss),
                h.form('/contacts/new', '/contacts', {'name': 'Lee ' + c, 'email': 'lee@mill.example'}, boss),
                h.api('POST', '/chat', self.key, {'question': 'What of ' + c}), h.form('/tasks/new', '/tasks', {'title': 'Task ' + c}, boss), h.form('/task-templates', '/task-templates', {'name': 'Blueprint ' + c}, boss),
                h.form('/settings/sla', '/settings/sla', {'name': 'Promise ' + c, 'first_min': 60}, boss), h.form('/settings/teams', '/settings/teams', {'name': 'Team ' + c}, boss),
                h.form('/calendar/new', '/calendar', {'title': 'Visit ' + c, 'day': '2026-11-21', 'from': '09:00', 'until': '09:30'}, boss),
                h.form('/calendar/imports', '/calendar/imports', {'name': 'File ' + c, 'text': 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20270101T100000Z\r\nSUMMARY:Entry %s\r\nEND:VEVENT\r\nEND:VCALENDAR' % c}, boss),
                h.form('/booking/new', '/booking', {'name': 'Talk ' + c, 'hosts': h.one("select user_id from memberships where org_id = '%s' limit 1" % self.id)}, boss),
                h.form('/polls/new', '/polls', {'title': 'Meet ' + c, 'starts': '2099-01-01T10:00'}, boss),
                h.form('/booking/hours', '/booking/hours', {'weekday': '1', 'from': '08:00', 'until': '18:00'}, boss)]
        h.sql("insert into documents (org_id, name, type, size_bytes, hash, archive, status, scan, pages) values ('{0}', 'Paper {1}', 'application/pdf', 9, repeat('a', 64), repeat('a', 64), 'COMPLETED', 'clean', 1); "
              "insert into document_pages (org_id, document_id, page, source, width, height, confidence, body, words, image, found) select org_id, id, 1, 'text', 9, 9, 1, "
              "'Paper {1}', '[]', hash, document_words('Paper {1}') from documents where org_id = '{0}'; "
              "insert into document_fields (org_id, document_id, page, kind, value, confidence, source) select org_id, id, 1, 'other', 'Paper {1}', 1, 'rule' from documents where org_id = '{0}'; "
              "insert into document_tables (org_id, document_id, page, n, source, columns, rows, confidence) select org_id, id, 1, 1, 'rule', '[]', '[[\"Paper {1}\"]]', 1 from documents where org_id = '{0}'; "
              "insert into document_notes (org_id, document_id, page, body) select org_id, id, 1, 'Paper {1}' from documents where org_id = '{0}'".format(self.id, c))
        kept = h.prefix / 'data/files' / self.id
        kept.mkdir(parents=True)
        (kept / ('a' * 64)).write_bytes(b'%PDF-1.4\n')
        h.sql("insert into mail_raw (org_id, dedupe, raw, state) values ('{0}', 'same', 'odd', 'failed'); insert into intake_views (org_id, name, query) values "
              "('{0}', 'View {1}', 'status=NEW'); insert into llm_calls (org_id, purpose, provider, model, prompt, response, status) values "
              "('{0}', 'intake.decide', 'builtin', 'v0', 'asked {1}', 'said', 'ok'); insert into email_messages (org_id, to_email, template, message_id, state) values "
              "('{0}', 'kim@mill.example', 'received', '<same@{2}.example>', 'failed'); insert into mail_stops (org_id, email) values ('{0}', 'gone@mill.example'); insert into hooks (org_id, name, url, form, events) values ('{0}', 'Chat {1}', 'https://chat.example/x', 'chat', '{{task.completed}}'); "
              "insert into hook_posts (org_id, hook_id, type, subject_id, seq, payload, state) select org_id, id, 'hook.test', id, 1, '{{}}', 'failed' from hooks where org_id = '{0}'".format(self.id, c, self.slug))
        made = [a.status for a in made] + self.newcomers()
        # What the role `user` sees is its own.
        h.sql("update tasks t set assignee_id = m.user_id from memberships m where t.org_id = '{0}' and m.org_id = '{0}' and m.role = 'user'; "
              "insert into bookings (org_id, page_id, state, starts_at, ends_at, host_ids, name, email, zone, visit_hash) select p.org_id, p.id, 'CONFIRMED', now() + interval '1 day', "
              "now() + interval '1 day 1 hour', array[m.user_id], 'Uma {1}', m.email, 'UTC', sha256('{1}') from booking_pages p join memberships m on m.org_id = p.org_id and m.role = 'user' where p.org_id = '{0}'".format(self.id, c))
        h.sql("insert into organization_invitations (org_id, email, role, token_hash) values ('{0}', 'ida@mill.example', 'viewer', sha256('{1}'))".format(self.id, c))
        h.sql("insert into privacy_orders (what, subject, subject_id, org_id, state) select 'export', 'contact', id, org_id, 'gone' from contacts where org_id = '%s' limit 1" % self.id)
        h.sql("insert into collection_snapshots (org_id, model, dims, status) values ('%s', 'builtin-1', 384, 'READY')" % self.id)
        h.sql("insert into approved_answers (org_id, turn_id, question, said) select org_id, id, question, chat_said(question) from chat_turns where org_id = '%s' limit 1" % self.id)
        return made

    def newcomers(self):
        """A procedure for a team that holds everybody, and the onboarding of the role `user`, which sees its own."""
        h, boss, c = self.h, self.people['owner'], self.canary
        people = dict(h.sql("select role, user_id from memberships where org_id = '%s'" % self.id))
        team = h.one("select id from teams where org_id = '%s'" % self.id)
        made = [h.form('/settings/teams/' + team, '/settings/teams/' + team, {'name': 'Team ' + c, 'member': list(people.values())}, boss),
                h.form('/procedures/new', '/procedures', {'title': 'Procedure ' + c, 'body': 'Do it. ' + c, 'places': 'team.' + team, 'must': 'on'}, boss)]
        sop = h.one("select id from sops where org_id = '%s'" % self.id)
        made += [h.form('/procedures/' + sop, '/procedures/%s/publish' % sop, {}, boss), h.form('/onboarding/plans/new', '/onboarding/plans', {'name': 'Plan ' + c, 'sops': sop}, boss)]
        plan = h.one("select id from onboarding_plans where org_id = '%s'" % self.id)
        return [a.status for a in made] + [h.form('/members/' + people['user'], '/members/%s/onboarding' % people['user'], {'plan_id': plan}, boss).status]

    def rest(self):
        """What the worker has left, and a job that stays."""
        self.h.sql("insert into jobs (org_id, queue, kind, payload, state, run_at) values ('%s', 'events', 'learner.train', '{}', 'delayed', now() + interval '1 day')" % self.id)
        self.ids = {t: self.h.one("select %s from %s where org_id = '%s' order by 1 limit 1" % ('user_id' if t == 'memberships' else 'id', t, self.id)) for t in {*KINDS.values(), 'pipeline_stages', 'document_fields', 'document_tables', 'document_notes'} - OF_PLATFORM}
        self.h.sql("update agent_decisions set raw_output = 'said' where org_id = '{0}'; update llm_calls set decision_id = '{1}' where org_id = '{0}'".format(self.id, self.ids['agent_decisions']))
        # The client's page shows what belongs to his own request.
        self.h.sql("insert into intake_files (org_id, intake_id, document_id, name) values ('%s', '%s', '%s', 'paper')" % (self.id, self.ids['intake_requests'], self.ids['documents']))
        self.ids['organizations'] = self.id
        self.ids['users'] = self.h.one("select id from users where email = 'viewer@%s.example'" % self.slug)
        self.ids['sessions'] = self.h.one("select id from sessions where user_id = '%s' limit 1" % self.ids['users'])
        self.picture = self.h.one("select md5('%s')" % self.slug)
        self.h.sql("insert into user_avatars (user_id, state, image) values ('%s', 'shown', '\\xffd8'); update users set avatar = '%s' where id = '%s'" % (self.ids['users'], self.picture, self.ids['users']))
        self.ids['user_passkeys'] = self.h.one("insert into user_passkeys (user_id, credential, public_key, eligible, backed_up, name) select id, uuid_send(id), '', true, true, 'Key of %s' from users "
                                               "where email = 'viewer@%s.example' returning id" % (self.canary, self.slug))
        self.ids['incidents'] = self.h.one("insert into incidents (title, words, whose, known_at) values ('Incident %s', 'What people are told.', '%s', now()) returning id" % (self.canary, self.id))
        self.ids['pipeline_stages'] = self.h.one("select id from pipeline_stages where org_id = '%s' and pipeline_id = '%s' limit 1" % (self.id, self.ids['pipelines']))
        self.item = self.h.one("select number from pipeline_items where org_id = '%s' limit 1" % self.id) or '1'
        self.door = {'/poll/': self.h.one("select public_key from polls where org_id = '%s'" % self.id), '/book/': self.h.one("select public_key from booking_pages where org_id = '%s'" % self.id), '/f/': self.h.one("select public_key from intake_forms where org_id = '%s'" % self.id),
                     '/webhooks/': self.h.one("select public_key from webhook_sources where org_id = '%s'" % self.id), '/status/': self.sent.json['status_url'].rsplit('/', 1)[1]}

    def print(self):
        """A fingerprint of all its rows, but for when somebody was last there."""
        tables = [r[0] for r in self.h.sql("select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' where relkind in ('r', 'p') "
                                           "and not relispartition and c.relname not in ('principals', 'sessions', 'form_visits', 'search_entries') and relnamespace = 'public'::regnamespace order by 1")]
        return {t: self.h.one("select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from %s t where org_id = '%s'" % (t, self.id)) for t in tables}


def kind_of(path):
    return KINDS[max((k for k in KINDS if path.startswith(k + '/')), key=len)]


def address(route, org):
    path = route['path']
    if '{token}' in path:
        return path.replace('{token}', next((v for k, v in org.door.items() if path.startswith(k)), 'none'))
    if '{id}' in path:
        path = path.replace('{id}', org.ids[kind_of(path)])
    return path.replace('{stage}', org.ids['pipeline_stages']).replace('{name}', 'events').replace('{session}', org.id).replace('{field}', org.ids['document_fields']).replace('{table}', org.ids['document_tables']).replace('{note}', org.ids['document_notes']).replace('{key}', org.picture)


def sample(f, org):
    known = {'zone': 'UTC', 'stage': org.ids['pipeline_stages'], 'card': org.item, 'id': org.ids['intake_requests'], 'pipeline_id': org.ids['pipelines'], 'org_id': org.id,
             'name': 'events', 'topics': 'intake', 'after': None}
    if f['name'] in known:
        return known[f['name']]
    return {'text': 'text'[:f['max'] or 4], 'long': 'text', 'secret': 'a-secret-of-twenty-and-more', 'int': max(1, f['min']), 'number': '0.9', 'bool': 'true', 'email': 'x@y.example', 'phone': '+34 600 000 000',
            'date': '2026-11-21', 'uuid': org.id, 'list': org.ids['agent_decisions'], 'choice': (f['choices'] or '').split('|')[0]}.get(f['kind'])


def body_of(route, org):
    values = {f['name']: sample(f, org) for f in route['fields'] if f['required'] and f['in'] != 'path'}
    if route['method'] == 'POST' and route['path'] in ('/contacts', '/contacts/{id}'):
        values['name'] = 'Somebody'  # one of several that must be there
    if route['method'] == 'POST' and route['path'] == '/contacts/import':
        values['text'] = 'email\nlead@table.example'
    if route['method'] == 'POST' and route['path'] == '/tasks/board':
        values.update(card=org.ids['tasks'], stage='IN_PROGRESS')  # the cards of this board are tasks, its stages states
    return {k: v for k, v in values.items() if v is not None}


class Walk:
    def __init__(self, h, routes, rights):
        self.h, self.routes, self.rights = h, routes, rights
        self.visits = self.pages = 0
        self.bad, self.tokens, self.seen = {}, {}, set()

    def expect(self, good, what, route, who, saw):
        self.visits += 1
        if not good:
            self.bad.setdefault(what, []).append('%s %s as %s: %s' % (route['method'], route['path'], who, saw))

    def may(self, role, route):
        return route['permission'] in self.rights[role]

    def ask(self, route, org, who, json_face=False, body=None, token=None, headers=None):
        path, post = address(route, org), route['method'] == 'POST'
        if post:
            body = dict(body_of(route, org) if body is None else body)
            if token:
                body['_token'] = token
        else:
            query = '&'.join('%s=%s' % kv for kv in body_of(route, org).items())
            path += '?' + query if query else ''
        head = dict(headers or {})
        if json_face:
            path, head['Accept'] = '/api/v1' + path, 'application/json'
        return self.h.request(route['method'], path, who, body if post else None, head)

    def others(self, a, who, org, route):
        """Nothing of another organisation shows."""
        strange = [c for slug, c in CANARY.items() if slug != org.slug]
        self.expect(not any(c.encode() in a.body for c in strange), 'shows nothing of another organisation', route, who, 'a canary')
        self.expect(a.status < 500, 'never a fault', route, who, a.status)

    def told(self, a, who, route):
        """No field is told to who lacks the right to it; the fields are there."""
        def walk(v):
            for name, x in v.items() if isinstance(v, dict) else enumerate(v):
                if name in TOLD and x is not None and not isinstance(x, (dict, list)):
                    self.seen.add(name)
                    self.expect(TOLD[name] in self.rights[who], 'a field is told to who has the right to it', route, who, name)
                if isinstance(x, (dict, list)):
                    walk(x)
        if a.status == 200 and a.headers['Content-Type'].startswith('application/json') and 'admin' not in route['flags'] and not route['path'].startswith('/openapi'):
            walk(a.json)

    def face(self, route):
        return 'json_only' in route['flags'] or not route['view'] and route['method'] == 'GET' and not route['run']

    def nobody(self, org):
        for r in self.routes:
            closed = r['permission'] and 'token_in_path' not in r['flags']
            a = self.ask(r, org, None, self.face(r))
            if closed:
                good = a.status == 401 or a.status == 303 and a.headers['Location'].startswith('/signin')
                self.expect(good, 'strangers are sent to sign in', r, 'nobody', a.status)
            else:
                self.expect('public' in r['flags'] or 'token_in_path' in r['flags'], 'a page without permission is marked public', r, 'nobody', r['flags'])
            self.others(a, 'nobody', org, r)

    def reads(self, role, org, who):
        for r in (r for r in self.routes if r['method'] == 'GET' and r['permission'] and 'token_in_path' not in r['flags']):
            if r['path'].endswith('/live'):
                continue
            for face in (False, True):
                if face and 'html_only' in r['flags'] or not face and self.face(r):
                    continue
                a = self.ask(r, org, who, face)
                self.others(a, role, org, r)
                self.told(a, role, r)
                if not self.may(role, r):
                    self.expect(a.status == 403, 'without the right: 403', r, role, a.status)
                    continue
                if a.headers.get('Content-Type', '').startswith('text/html'):
                    self.expect('no-store' in a.headers.get('Cache-Control', ''), 'no page behind sign-in is kept', r, role, a.headers.get('Cache-Control'))
                self.expect(a.status in ((404,) if OWN.get(r['path'], role) != role else (200, 303)), 'with the right: the page', r, role, a.status)
                if not face and a.status == 200 and a.headers['Content-Type'].startswith('text/html'):
                    self.pages += 1
                    faults = Page(a.text).faults
                    self.expect(not faults, 'pages are well formed, with main and title, nothing inline', r, role, faults)

    def strange(self, role, org, other, who, token):
        """Ids of the other organisation."""
        for r in (r for r in self.routes if ('{id}' in r['path'] or '{stage}' in r['path']) and 'admin' not in r['flags']):
            for face in (False, True):
                if face and ('html_only' in r['flags'] or r['method'] == 'POST') or not face and self.face(r):
                    continue
                a = self.ask(r, other, who, face, token=token)
                self.expect(a.status == (404 if self.may(role, r) else 403), "another organisation's id: 404, without the right 403", r, role, a.status)
                self.others(a, role, org, r)

    def writes(self, role, org, who):
        for r in (r for r in self.routes if r['method'] == 'POST' and r['permission'] and 'token_in_path' not in r['flags'] and 'json_only' not in r['flags']):
            a = self.ask(r, org, who)
            self.expect(a.status == 403, 'without a token: 403', r, role, a.status)
            a = self.ask(r, org, who, headers={'Origin': 'http://evil.example'})
            self.expect(a.status == 403, 'from another site: 403', r, role, a.status)
            if not self.may(role, r):
                a = self.ask(r, org, who, token=self.token(who))
                self.expect(a.status == 403, 'without the right: 403', r, role, a.status)
                self.others(a, role, org, r)

    def token(self, who):
        """One a person: it stands for one use at each address, and what is refused uses nothing up."""
        if who not in self.tokens:
            self.tokens[who] = self.h.get('/me', who).token
        return self.tokens[who]

    def wrong(self, org, who):
        for r in (r for r in self.routes if r['method'] == 'POST' and 'raw_body' not in r['flags'] and r['permission'] and r['permission'] in self.rights['owner']):
            a = self.ask(r, org, who, self.face(r), body={**body_of(r, org), 'no_such_field': '1'}, token=self.token(who))
            self.expect(a.status == 422, 'an unknown field: 422', r, 'owner', a.status)
            for f in (f for f in r['fields'] if f['in'] == 'body' and f['kind'] not in ('list', 'object', 'bool')):
                v = sample(f, org) or 'x'
                pairs = [(k, x) for k, x in body_of(r, org).items() if k != f['name']] + [(f['name'], v)] * 2 + [('_token', self.token(who))]
                path = ('/api/v1' if self.face(r) else '') + address(r, org)
                a = self.h.request('POST', path, who, pairs)
                self.expect(a.status == 422, 'a field twice: 422', r, 'owner', (f['name'], a.status))
                break
            need = [f['name'] for f in r['fields'] if f['in'] == 'body' and f['required']]
            if need:
                a = self.h.request('POST', ('/api/v1' if self.face(r) else '') + address(r, org), who, {'_token': self.token(who)}, {'Accept': 'application/json'})
                told = {e.get('pointer', '').strip('/') for e in a.json.get('errors', [])} if a.status == 422 else None
                self.expect(told is not None and set(need) <= told, 'each missing field is named, with a message', r, 'owner', (a.status, told, need))

    def methods(self, org, who):
        known = {}
        for r in self.routes:
            known.setdefault(r['path'], set()).add(r['method'])
        for path, methods in known.items():
            r = {'method': 'DELETE', 'path': path}
            a = self.h.request('DELETE', address(r, org), who)
            self.expect(a.status == 405 and methods <= set(re.split(', *', a.headers.get('Allow', ''))), 'an unknown method: 405 with Allow', r, 'owner', (a.status, a.headers.get('Allow')))
            if 'GET' in methods and not path.endswith('/live'):
                a = self.h.request('HEAD', address(r, org), who)
                self.expect(a.status in (200, 303, 401, 403, 404, 422) and a.body == b'', 'HEAD answers without a body', {'method': 'HEAD', 'path': path}, 'owner', a.status)

    def key(self, org, other):
        for r in (r for r in self.routes if r['permission'] and 'token_in_path' not in r['flags'] and 'html_only' not in r['flags']):
            if r['method'] == 'GET' or not self.may('operator', r):
                a = self.ask(r, org, org.key, True)
                good = a.status == 403 if not self.may('operator', r) else a.status in (200, 303, 404) if r['permission'] == 'app.use' or r['path'] in OWN else a.status == 200
                self.expect(good, 'a key has its role, no more', r, 'key', a.status)
                self.others(a, 'key', org, r)
            if ('{id}' in r['path']) and self.may('operator', r):
                a = self.ask(r, other, org.key, True)
                self.expect(a.status == 404, "a key cannot reach another organisation's id", r, 'key', a.status)
                self.others(a, 'key', org, r)

    def bearer(self, role, org):
        """An access token of this person: the same rights as the session it was made from, and no form token to send."""
        who = self.h.api('POST', '/auth/token', org.people[role], {'grant_type': 'session'}).json['access_token']
        for r in (r for r in self.routes if r['permission'] and 'token_in_path' not in r['flags'] and 'html_only' not in r['flags']):
            if self.may(role, r) and (r['method'] != 'GET' or 'admin' in r['flags']):
                continue  # what it may do is done by the tests of each page
            a = self.ask(r, org, who, True)
            self.others(a, role, org, r)
            self.expect(a.status in (200, 303, 404) if self.may(role, r) else a.status == 403, "an access token has its person's rights, no more", r, role + ' with a token', a.status)

    def unproven(self, r, who, org, label):
        """Refused for want of a proof: a page leads to where it is given, a program is told, and nothing is done."""
        a = self.ask(r, org, who, self.face(r), token=None if r['method'] == 'GET' else self.token(who))
        good = a.status == 403 or r['method'] == 'GET' and a.status == 303 and a.headers['Location'].startswith('/me/confirm?next=')
        self.expect(good, 'without a recent proof: to where it is given, or 403', r, label, (a.status, a.headers.get('Location')))

    def factor(self, root, org, token):
        """Administration without a second factor, with one of an hour ago, with a new one; the session's token itself as a bearer proves nothing."""
        mine = "kind = 'session' and user_id = (select id from users where email = 'root@platform.example')"
        closed = [r for r in self.routes if 'admin' in r['flags']]
        for label, at in (('root without a factor', 'null'), ('root with an old factor', "now() - interval '1 hour'")):
            self.h.sql('update principals set second_factor_at = %s where %s' % (at, mine))
            for r in closed:
                self.unproven(r, root, org, label)
        self.h.sql('update principals set second_factor_at = now() where ' + mine)
        strange = {**org.ids, 'organizations': '00000000-0000-7000-8000-000000000000'}
        strange = {t: strange['organizations'] for t in strange}
        for r in closed:
            if r['method'] == 'GET':
                a = self.ask(r, org, root, self.face(r))
                self.expect(a.status in (200, 303) and '/me/confirm' not in a.headers.get('Location', ''), 'with a recent proof: the page', r, 'root', a.status)
            elif '{id}' in r['path']:
                kept, org.ids = org.ids, strange
                a = self.ask(r, org, root, self.face(r), token=self.token(root))
                org.ids = kept
                self.expect(a.status in (404, 409, 422), 'with a recent proof: the page', r, 'root', a.status)
            if 'html_only' not in r['flags']:
                a = self.ask(r, org, token, True)
                self.expect(a.status == 403, 'a token proves no second factor', r, 'root with a token', a.status)

    def password(self, org, who, role):
        """What asks for a password given within a quarter of an hour."""
        session = "kind = 'session' and user_id = (select user_id from memberships where email = '%s@%s.example')" % (role, org.slug)
        self.h.sql("update principals set password_at = now() - interval '16 minutes' where " + session)
        before = self.h.one("select md5(string_agg(u::text, '|')) from users u")
        for r in (r for r in self.routes if (r['method'], r['path']) in RECENT):
            self.unproven(r, who, org, role)
        self.expect(before == self.h.one("select md5(string_agg(u::text, '|')) from users u"), 'without a recent proof: to where it is given, or 403', {'method': 'POST', 'path': '/me'}, role, 'changed')
        self.h.sql('update principals set password_at = now() where ' + session)
        a = self.ask(next(r for r in self.routes if r['path'] == '/me/factor/begin'), org, who, token=self.token(who))
        self.expect(a.status == 303 and a.headers['Location'] == '/me/factor', 'with a recent proof: the page', {'method': 'POST', 'path': '/me/factor/begin'}, role, a.status)

    def report(self):
        for what in ('strangers are sent to sign in', 'a page without permission is marked public', 'without the right: 403', 'with the right: the page',
                     'pages are well formed, with main and title, nothing inline', "another organisation's id: 404, without the right 403",
                     'shows nothing of another organisation', 'never a fault', 'without a token: 403', 'from another site: 403', 'an unknown field: 422', 'a field twice: 422',
                     'each missing field is named, with a message', 'an unknown method: 405 with Allow', 'HEAD answers without a body', 'a key has its role, no more',
                     "a key cannot reach another organisation's id", "an access token has its person's rights, no more", 'without a recent proof: to where it is given, or 403',
                     'with a recent proof: the page', 'a token proves no second factor', 'a field is told to who has the right to it', 'no page behind sign-in is kept'):
            ok(what not in self.bad, what, *self.bad.get(what, [])[:12])
        ok(self.seen == set(TOLD), 'and each of these fields was told to somebody', set(TOLD) - self.seen)


def everything(h, *orgs):
    """Fingerprints of the rows of the organisations, and of the tables of the platform."""
    found = {(o.slug, t): p for o in orgs for t, p in o.print().items()}
    return found | {t: h.one("select md5(string_agg(t::text, '|' order by t::text)) from %s t" % t) for t in ('users', 'organizations', 'role_permissions', 'queues')}


def twins(h, a, b):
    """The same texts and keys in both houses."""
    ok(a.sent.status == b.sent.status == 202 and a.sent.json['id'] != b.sent.json['id'], 'the same idempotency key in two organisations makes two requests', a.sent.status, b.sent.status)
    for org, other in ((a, b), (b, a)):
        for path in ('/search?q=canary', '/search?q=refund', '/search?q=' + other.canary, '/intake', '/intake?q=' + other.canary, '/contacts?q=' + other.canary, '/jobs', '/events', '/audit'):
            page = h.get(path, org.people['owner'])
            # The page says what was asked for, so the canary alone proves nothing there.
            strange = [x for x in ('twice ' + other.canary, 'Kim ' + other.canary, 'Lee ' + other.canary, *other.ids.values()) if x in page.text]
            ok(page.status == 200 and not strange, '%s of %s finds nothing of %s' % (path.replace('canary-', ''), org.slug, other.slug), page.status, strange)


def main():
    with House.temporary(conf={'RATE_LIMIT_MAX': '1000000'}) as h:
        routes = json.loads(subprocess.check_output([h.program('web'), '--config', str(h.prefix / 'conf/fairlead.conf'), '--routes'], env=h.env))
        routes = [r for r in routes if r['path'] != '/gate']  # only nginx asks it
        rights = {}
        for role, permission in h.sql('select role, permission from role_permissions'):
            rights.setdefault(role, set()).add(permission)
        a, b = Org(h, 'aa'), Org(h, 'bb')
        root = h.person('root@platform.example', admin=True)
        made = a.fill() + b.fill()
        ok(set(made) <= {202, 303}, 'one object of every kind in both organisations', made)
        h.drained()
        h.stop_one('worker')
        a.rest(), b.rest()
        twins(h, a, b)
        w = Walk(h, routes, rights)
        loose = [r['path'] for r in routes if ('admin' in r['flags']) != r['path'].startswith('/admin') or r['permission'] == 'platform.admin' and 'admin' not in r['flags']]
        ok(loose == ['/system/status'], 'administration is under /admin and marked so, but for the figures a monitor reads', loose)
        w.nobody(a)
        before = everything(h, a, b)
        for org, other in ((a, b), (b, a)):
            for role in ROLES:
                w.reads(role, org, org.people[role])
        after = everything(h, a, b)
        ok(before == after, 'looking at pages changes nothing', [t for t in before if before[t] != after[t]])
        for org, other in ((a, b), (b, a)):
            there = other.print()
            for role in ROLES:
                who = org.people[role]
                w.strange(role, org, other, who, w.token(who))
                w.writes(role, org, who)
            w.key(org, other)
            w.wrong(org, org.people['owner'])
            w.methods(org, org.people['owner'])
            after = other.print()
            ok(there == after, 'no row of %s was touched by the people of %s' % (other.slug, org.slug), [t for t in there if there[t] != after[t]])
        for r in (r for r in routes if r['method'] == 'GET' and r['permission'] and 'token_in_path' not in r['flags'] and not r['path'].endswith('/live')):
            face = w.face(r)
            answer = w.ask(r, a, root, face)
            want = (200, 303, 404) if r['permission'] in rights['platform_admin'] else (403,)
            w.expect(answer.status in want, 'with the right: the page' if len(want) > 1 else 'without the right: 403', r, 'platform_admin', answer.status)
            w.expect(answer.status < 500, 'never a fault', r, 'platform_admin', answer.status)
        for role in ('owner', 'viewer'):
            w.bearer(role, a)
        ok(h.one("select count(*) from pg_proc where prosrc like '%account_recent(%'") == str(len(RECENT)), 'every page that wants a recent password is known here')
        w.password(a, a.people['member'], 'member')
        token = h.api('POST', '/auth/token', root, {'grant_type': 'session'}).json['access_token']
        h.extra['ADMIN_SECOND_FACTOR_S'] = 900
        h.write_conf()
        h.restart('web')
        before = everything(h, a, b)
        w.factor(root, a, token)
        after = everything(h, a, b)
        ok(before == after, 'nothing of administration is done without it', [t for t in before if before[t] != after[t]])
        w.report()
        note('%d routes x %d roles x 2 organisations, %d pages read, %d judgements' % (len(routes), len(ROLES) + 4, w.pages, w.visits))
    done()


if __name__ == '__main__':
    main()
