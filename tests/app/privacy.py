"""Export and erasure at the door: the archive against the database, table by table; a person, a contact and an organisation that are gone everywhere
afterwards; workers killed on the way. Prints TAP."""
import hashlib, json, os, signal, sys, tempfile

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from archive import fetch, last, opened, state, wait_for  # noqa: E402
from house import House, HouseError  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402


def upload(h, key, name, data):
    mark = 'xxxx1234'
    body = ('--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\nContent-Type: text/plain\r\n\r\n' % (mark, name)).encode() + data + \
        b'\r\n--%s--\r\n' % mark.encode()
    return h.request('POST', '/api/v1/documents', key, body, {'Content-Type': 'multipart/form-data; boundary=' + mark})


def furnish(h):
    """Two organisations with the same kinds of rows, so that a mix-up would show."""
    for slug in ('mill', 'other'):
        key = h.key(slug, 'owner')
        for n in range(3):
            h.api('POST', '/intake', key, {'subject': 'Quote for %s %d' % (slug, n), 'body': 'From Carla Prado, call +34 600 111 222', 'name': 'Carla Prado',
                                           'email': 'carla@%s.example' % slug, 'phone': '+34600111222'})
        upload(h, key, slug + '.txt', b'paper of ' + slug.encode())
        yield key
    h.drained(60)


def export_whole(h, key, org):
    ok(h.api('POST', '/settings/danger/export').status == 401, 'a stranger asks for nothing')
    asked = h.api('POST', '/settings/danger/export', key)
    ok(asked.status == 202 and wait_for(h, asked.json['id'], 'ready') == 'ready', 'the key of an owner asks for everything, a job makes it', asked.status, asked.text[:200])
    link, got = fetch(h, key, asked.json['id'])
    ok(got.status == 200 and got.headers['Content-Type'] == 'application/zip', 'a link opens it without an account', got.status, got.text[:200] if got.status != 200 else '')
    good, manifest, tables, files = opened(got.body)
    ok(good and manifest['subject'] == 'organization' and manifest['id'] == org, 'every entry has the size and hash the manifest says')
    wanted = [r[0] for r in h.sql("select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' where c.relkind in ('r', 'p') and not c.relispartition "
                                  "and c.relnamespace = 'public'::regnamespace and c.relforcerowsecurity order by 1")]
    ok(len(wanted) > 60 and all('mill/%s.jsonl' % t in tables for t in wanted), 'every table of organisations is in it',
       [t for t in wanted if 'mill/%s.jsonl' % t not in tables])
    moving = {'jobs', 'job_history', 'audit_log', 'audit_seals', 'counters', 'counter_deltas', 'email_messages', 'idempotency'}
    differ = []
    for t in set(wanted) - moving:
        left_out = next(e['left_out'] for e in manifest['entries'] if e['name'] == 'mill/%s.jsonl' % t).split()
        rows = [json.loads(r[0]) for r in h.sql("select to_jsonb(t) - '{%s}'::text[] from %s t where org_id = '%s'" % (','.join(left_out), t, org))]
        if sorted(map(str, rows)) != sorted(map(str, tables['mill/%s.jsonl' % t])):
            differ.append(t)
    ok(not differ, 'every row of them, as the database has it', differ)
    ok(len(tables['mill/intake_requests.jsonl']) == 3 and len(tables['mill/audit_log.jsonl']) > 3, 'requests and audit among them')
    ok(b'paper of mill' in files.values() and all(hashlib.sha256(d).hexdigest() == n for n, d in files.items()), 'the files too, under their hashes')
    text = json.dumps(tables)
    strange = [r[0] for r in h.sql("select id from organizations where slug = 'other' union select id from intake_requests where org_id <> '%s'" % org)]
    ok('carla@mill' in text and not [s for s in [*strange, 'carla@other', 'Quote for other'] if s in text], 'nothing of another organisation')
    ok('password_hash' not in text and 'token_hash' not in text and '/invitations/' not in text, 'no hash of a secret and no link that opens a door')
    ok(h.get('/exports/file?token=' + link['token'][:-1] + 'x').status == 422, 'a wrong link opens nothing')
    h.sql("update privacy_orders set token_until = now() where id = '%s'" % asked.json['id'])
    ok(h.get('/exports/file?token=' + link['token']).status == 422, 'nor one that is too old')
    told = [r[0] for r in h.sql("select action from audit_log where org_id = '%s' and action like 'privacy.%%' order by id" % org)]
    ok(told == ['privacy.export', 'privacy.exported', 'privacy.download'], 'asking, making and fetching are in the audit', told)
    ok(not os.path.exists('%s/files/exports/%s' % (h.prefix / 'data', asked.json['id'])) or h.drained() is None, 'the parts are removed')
    return asked.json['id']


def export_person(h, ana, bob):
    """By the page, and the same by the command line: a person's own, and not what others gave the person to do."""
    me = h.one("select id from users where email = 'bob@mill.example'")
    h.form('/tasks/new', '/tasks', {'title': 'Mine to do'}, bob)
    h.sql("update intake_requests set assignee_id = '%s' where subject = 'Quote for mill 1'" % me)
    asked = h.form('/me/data', '/me/data/export', {}, bob)
    id = last(h, 'export')
    ok(asked.status == 303 and wait_for(h, id, 'ready') == 'ready', 'a person asks for what is kept of him', asked.status)
    ok('Download' in h.get('/me/data', bob).text, 'and finds it on the page')
    to = h.form('/me/data', '/me/exports/%s/link' % id, {}, bob).headers['Location']
    good, manifest, tables, files = opened(h.get(to).body)
    text = json.dumps(tables)
    ok(good and tables['account/users.jsonl'][0]['email'] == 'bob@mill.example' and len(tables['account/sessions.jsonl']) == 1, 'the account and its sessions')
    ok(tables['mill/tasks.jsonl'][0]['title'] == 'Mine to do' and [m['role'] for m in tables['mill/memberships.jsonl']] == ['member'], 'tasks and memberships')
    ok('mill/intake_requests.jsonl' not in tables and 'ana@mill' not in text and 'carla' not in text.lower() and not files, 'nobody else')
    ok(h.one("select count(*) from account_mails where to_email = 'bob@mill.example' and what = 'export_ready'") == '1', 'a mail says that it is ready')
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 'bob.zip')
        said = h.fairlead('export', '--person', 'bob@mill.example', path)
        data = open(path, 'rb').read()
        ok(said.split()[0] == hashlib.sha256(data).hexdigest() and opened(data)[2]['mill/tasks.jsonl'] == tables['mill/tasks.jsonl'], 'fairlead export makes the same', said)


def export_rules(h, ana, bob, id):
    ok(h.form('/me/data', '/settings/danger/export', {}, bob).status == 403, 'a member does not export the organisation')
    ok(h.api('GET', '/exports/' + id, bob).status == 403 and h.form('/me/data', '/me/exports/%s/link' % id, {}, bob).status == 404, 'nor see or fetch its archive')
    h.sql("update sessions set password_at = now() - interval '1 hour'; update principals set password_at = now() - interval '1 hour' where kind = 'session'")
    ok(h.form('/settings/danger', '/settings/danger/export', {}, ana).status == 403 and h.form('/me/data', '/me/data/export', {}, ana).status == 403, 'a password proven an hour ago is asked for again')
    h.sql("update sessions set password_at = now(); update principals set password_at = now() where kind = 'session'")


def texts(h, *words, besides=None):
    """Where a word stands, in any letter case: tables and columns of every kind of text, of tenants (but of organisation `besides`) and of the platform; and
    the bytes of files."""
    parts = []
    for table, column, kind, of_org in h.sql("select c.relname, a.attname, format_type(a.atttypid, null), exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id') "
                                       "from pg_class c join pg_attribute a on a.attrelid = c.oid where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped "
                                       "and c.relnamespace = 'public'::regnamespace and format_type(a.atttypid, null) in "
                                       "('text', 'character varying', 'jsonb', 'text[]', 'bytea', 'tsvector')"):
        said = "encode(kept.%s, 'escape')" % column if kind == 'bytea' else 'kept."%s"::text' % column
        parts.append("select '%s.%s', sought.word from %s kept, unnest(array[%s]) sought(word) where %s ilike '%%' || sought.word || '%%'%s" % (
            table, column, table, ', '.join("'%s'" % w for w in words), said, " and kept.org_id <> '%s'" % besides if besides and of_org == 't' else ''))
    found = sorted(row for n in range(0, len(parts), 100) for row in h.sql(' union '.join(parts[n:n + 100])))
    for folder, _, names in os.walk(h.prefix / 'data' / 'files'):
        for name in names:
            data = open(os.path.join(folder, name), 'rb').read().lower()
            found += [(name, w) for w in words if w.lower().encode() in data]
    return found


def chain(h, slug=None):
    h.fairlead('audit', 'seal')
    return h.fairlead('audit', 'verify', *(['--org', slug] if slug else []))


def certificate(h, answer):
    page = h.get(answer.headers['Location'])
    return page, h.api('GET', answer.headers['Location']).json


def erase_contact(h, ana):
    """A client asks to be forgotten: texts, mails, documents, search."""
    id = h.one("select c.id from contacts c join organizations o on o.id = c.org_id where c.email = 'carla@mill.example' and o.slug = 'mill'")
    if not id:
        h.sql("insert into contacts (org_id, name, email, phone) select id, 'Carla Prado', 'carla@mill.example', '+34600111222' from organizations where slug = 'mill'")
        id = h.one("select id from contacts where email = 'carla@mill.example'")
    key = h.key('mill', 'owner')
    upload(h, key, 'Contract Carla Prado.txt', b'Between the mill and Carla Prado')
    h.form('/tasks/new', '/tasks', {'title': 'Call Carla Prado on 600 111 222', 'description': 'or write to Carla@Mill.example'}, ana)
    h.form('/contacts/new', '/contacts', {'name': 'Luis', 'email': 'luis@mill.example', 'notes': 'Brother of Carla  Prado'}, ana)
    h.drained(60)
    chain(h)
    others = h.one("select id from organizations where slug = 'other'")
    theirs = texts(h, 'carla@other.example', '600111222')
    before = int(h.one("select count(*) from intake_requests"))
    page = h.get('/contacts/%s/data' % id, ana).text
    ok('1 document names' in page and 'among the newest' not in page, 'the page says how many documents name her')
    h.sql("with d as (insert into documents (org_id, name, type, size_bytes, hash, status, scan) select id, 'ledger.txt', 'text/plain', 9, repeat('ab', 32), 'STORED', 'off' from organizations where slug = 'mill' "
          "returning org_id, id) insert into document_pages (org_id, document_id, page, source, width, height, confidence, body, words, found) select d.org_id, d.id, n, 'text', 9, 9, 1, 'x', '[]', '' "
          "from d, generate_series(1, 1001) n")
    page = h.get('/contacts/%s/data' % id, ana).text
    ok('1 document names' in page and 'among the newest' in page, 'of very many it looks at the newest, and says so')
    h.sql("delete from documents where name = 'ledger.txt'")
    wrong = h.form('/contacts/%s/data' % id, '/contacts/%s/erase' % id, {'confirm': 'Carla'}, ana)
    ok(wrong.status == 422 and 'Nothing was erased' in wrong.text, 'the address has to be typed', wrong.status)
    asked = h.form('/contacts/%s/data' % id, '/contacts/%s/erase' % id, {'confirm': 'carla@mill.example', 'documents': 'true'}, ana)
    ok(asked.status == 303 and wait_for(h, last(h, 'erase'), 'done') == 'done', 'then a job erases her', asked.status, asked.text[:300])
    h.drained(60)
    left = texts(h, 'carla@mill', 'Carla Prado', 'Carla  Prado', '600111222', '600 111 222', besides=others)
    ok(not left, 'no text, no index and no file of the organisation names her any more', *left[:8])
    ok(int(h.one("select count(*) from intake_requests")) == before, 'her requests stay as numbers')
    ok(h.one("select count(*) from tasks where title = 'Call [erased] on [erased]'") == '1' and h.one("select notes from contacts where name = 'Luis'") == 'Brother of [erased]',
       'what others wrote stays, without her')
    ok(theirs == texts(h, 'carla@other.example', '600111222') and theirs, "the other organisation's client of that name is as before")
    page, told = certificate(h, asked)
    c = json.loads(told['order']['certificate'])
    ok(page.status == 200 and c['found'] == 0 and c['searched'] > 50 and told['order']['hash'] in page.text, 'the certificate says what was searched and that nothing was found', c)
    ok({(d['table'], d['did']) for d in c['did']} >= {('intake_requests', 'blank'), ('tasks', 'mask'), ('documents', 'documents'), ('files', 'files')}, 'and what was done', c['did'])
    ok('BROKEN' not in chain(h, 'mill'), 'the chain of the audit is whole')


def erase_person(h, ana):
    """A member leaves for good: account, traces in two organisations and in the platform; the worker is killed on the way."""
    name, email = 'Quirina Zaldívar', 'quirina@zald.example'
    h.fairlead('user', 'add', email, name, '--org', 'mill', '--role', 'operator', stdin=PASSWORD + '\n')
    h.fairlead('user', 'add', email, name, '--org', 'other', '--role', 'viewer', stdin=PASSWORD + '\n')
    her = h.sign_in(email)
    me = h.one("select id from users where email = '%s'" % email)
    h.sql("update users set phone = '+34 655 443 322' where id = '%s'" % me)
    first = h.one("select r.id from intake_requests r join organizations o on o.id = r.org_id where o.slug = 'mill' order by r.id limit 1")
    h.form('/intake/' + first, '/intake/%s/note' % first, {'body': 'Asked Quirina Zaldívar'}, ana)
    h.form('/tasks/new', '/tasks', {'title': 'By Quirina Zaldívar', 'description': 'phone 655443322'}, her)
    h.form('/intake', '/intake/views', {'name': 'Hers', 'query': 'status=NEW'}, her)
    h.sql("insert into program_errors (fingerprint, route, place, message, status, request_id) values ('x', '/', 'a', 'mail to quirina@zald.example refused', 500, '')")
    h.sql("insert into audit_log (org_id, actor_type, action, subject_kind, detail) select id, 'user', 'task.step', 'task', '{\"why\": \"Quirina Zaldívar asked\"}' "
          "from organizations where slug = 'mill'")
    h.form('/me/data', '/me/data/export', {}, her)
    wait_for(h, last(h, 'export'), 'ready')
    h.post('/password/forgot', {'email': email, '_token': h.get('/password/forgot').token})
    ok(h.one("select count(*) from account_tokens where email = '%s' and user_id is null" % email) == '1', 'a link she asked for names her address')
    h.drained(60)
    chain(h)
    kept = h.one("select count(*) from audit_log where actor_id = '%s'" % me)
    was = h.one('select count(*) from intake_requests'), h.one('select count(*) from tasks')
    views = h.one("select count(*) from intake_views where user_id = '%s'" % me)
    asked = h.form('/me/data', '/me/data/erase', {'confirm': 'Quirina@zald.example'}, her)
    id = last(h, 'erase')
    ok(asked.status == 303 and h.get('/me', her).status in (303, 401), 'she types her address; her session ends with the same click', asked.status, asked.text[-900:])
    kills(h, id)
    ok(wait_for(h, id, 'done', 120) == 'done', 'killed on the way, the erasure is carried out to its end')
    h.drained(60)
    left = texts(h, email, 'Quirina Zald', 'quirina', '655443322', '655 443 322')
    ok(not left, 'no table and no file names her', *left[:8])
    ok(h.one("select count(*) from users where id = '%s'" % me) == '0' and h.one("select count(*) from sessions where user_id = '%s'" % me) == '0', 'account and sessions are gone')
    ok(h.one("select count(*) from tasks where title = 'By [erased]' and created_by = '%s'" % me) == '1', 'what she wrote stays under her number')
    ok(was == (h.one('select count(*) from intake_requests'), h.one('select count(*) from tasks')), 'no work is lost')
    ok(int(h.one("select count(*) from audit_log where actor_id = '%s'" % me)) >= int(kept) > 0, 'nor a row of the audit')
    ok(h.post('/signin', {'email': email, 'password': PASSWORD, '_token': h.get('/signin').token}).status != 303, 'she cannot sign in')
    page, told = certificate(h, asked)
    c = json.loads(told['order']['certificate'])
    ok(c['found'] == 0 and c['organizations'] == 2 and told['order']['hash'] == hashlib.sha256(told['order']['certificate'].encode()).hexdigest(), 'a certificate with its hash',
       c['found'], c['organizations'])
    ok(h.one("select detail ->> 'hash' from audit_log where action = 'privacy.erased' and subject_id = '%s'" % id) == told['order']['hash'], 'which the audit keeps')
    counted = {(d['table'], d['did']): d['rows'] for d in c['did']}
    ok((counted.get(('users', 'account')), counted.get(('memberships', 'leave')), counted.get(('intake_views', 'leave')), counted.get(('tasks', 'mask'))) == (1, 2, int(views), 1) and views != '0',
       'it counts what went', c['did'])
    ok('BROKEN' not in chain(h), 'the chains of the audit are whole')


def kills(h, id):
    """Kills the worker whenever another fifth of the steps is done."""
    for n in range(1, 5):
        h.wait(lambda: h.one("select count(*) > 0 and (count(ended_at) * 5 >= count(*) * {0} or bool_and(ended_at is not null)) from privacy_steps where order_id = '{1}'".format(n, id)) == 't',
               'a fifth of the steps', 60, lambda: h.pid('worker'))
        h.stop_one('worker', signal.SIGKILL)
        h.start_program('worker')


def redacted(h, org):
    """What a redaction may not hide: a row changed behind it, or the seal before it."""
    seq = h.one("select max(seq) from privacy_redactions where org_id = '%s'" % org)
    ok(seq is not None, 'rows of the audit were redacted')

    def tampered(change, back):
        h.sql("alter table audit_log disable trigger immutable; alter table audit_seals disable trigger immutable; " + change)
        try:
            h.fairlead('audit', 'verify', '--org', 'mill')
            found = False
        except HouseError:
            found = True
        h.sql(back + "; alter table audit_log enable trigger immutable; alter table audit_seals enable trigger immutable")
        return found
    row = "org_id = '{0}' and id = (select audit_id from audit_seals where org_id = '{0}' and seq = {1})".format(org, seq)
    ok(tampered("create table was as select detail from audit_log where {0}; update audit_log set detail = '{{}}' where {0}".format(row),
                "update audit_log set detail = (select detail from was) where %s; drop table was" % row), 'what is left of a redacted row cannot be changed')
    before = "org_id = '{0}' and seq = {1}".format(org, int(seq) - 1)
    ok(tampered("create table was as select hash from audit_seals where {0}; update audit_seals set hash = sha256('x') where {0}".format(before),
                "update audit_seals set hash = (select hash from was) where %s; drop table was" % before), 'nor the seal before it')
    ok('BROKEN' not in chain(h, 'mill'), 'put back, it is whole')
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 'chain.jsonl')
        lines = [r[0] for r in h.sql("set app.user_id = ''; select line from admin_audit_export('mill', 'ndjson', null, null, 1) as line") if r[0].startswith('{')]
        open(path, 'w').write('\n'.join(lines))
        told = h.fairlead('audit', 'verify', '--file', path)
        at = next(i for i, line in enumerate(lines) if '"redacted"' in line)
        lines[at] = lines[at].replace('[erased]', '[altered]')
        open(path, 'w').write('\n'.join(lines))
        try:
            bad = h.fairlead('audit', 'verify', '--file', path)
        except HouseError as e:
            bad = 'found: %s' % e
        ok('whole' in told and bad.startswith('found'), 'an export of the chain is verified without the database, redacted rows too', told, bad)
    try:
        h.sql("select set_config('app.erasing', 'audit_log', false); update audit_log set detail = '{}' where org_id = '%s'" % org)
        refused = False
    except HouseError:
        refused = True
    ok(refused, 'the ledger takes no change but by an erasure')


def counts(h, org):
    """Rows of an organisation, by table."""
    tables = [r[0] for r in h.sql("select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' where c.relkind in ('r', 'p') and not c.relispartition and c.relforcerowsecurity "
                                  "and not a.attisdropped and c.relnamespace = 'public'::regnamespace order by 1")]
    return {t: int(n) for t, n in h.sql(' union all '.join("select '{0}', count(*) from {0} where org_id = '{1}'".format(t, org) for t in tables))}


def erase_org(h, ana, org):
    """The whole organisation: first stopped in its week, then at once."""
    week = h.form('/settings/danger', '/settings/danger/erase', {'confirm': 'mill', 'when': 'week'}, ana)
    ok(week.status == 303 and state(h, last(h, 'erase')) == 'waiting' and h.get('/intake', ana).status == 200, 'a week to think: everything goes on', week.status, week.text[-500:])
    ok(h.one("select count(*) from account_mails where what = 'erase_asked'") != '0', 'its owners are told')
    kept = h.form('/settings/danger', '/settings/danger/keep', {}, ana)
    ok(kept.status == 303 and state(h, last(h, 'erase')) == 'cancelled', 'and can stop it', kept.status)
    ok(h.form('/settings/danger', '/me/data/erase', {'confirm': 'ana@mill.example'}, ana).status == 409, 'the only owner cannot erase her account before')
    ok(h.form('/settings/danger', '/settings/danger/erase', {'confirm': 'mil', 'when': 'now'}, ana).status == 422, 'the short name has to be typed')
    other = h.one("select id from organizations where slug = 'other'")
    h.drained(60)
    ours, theirs = counts(h, org), counts(h, other)
    asked = h.form('/settings/danger', '/settings/danger/erase', {'confirm': 'MILL', 'when': 'now'}, ana)
    id = last(h, 'erase')
    kills(h, id)
    ok(asked.status == 303 and wait_for(h, id, 'done', 120) == 'done', 'at once: killed on the way, it ends all the same', asked.status)
    h.drained(60)
    left, ledgers = counts(h, org), {'audit_log', 'audit_seals', 'system_events', 'counters', 'counter_deltas', 'request_days'}
    ok({t for t, n in left.items() if n} <= ledgers, 'no row is left but ledgers and counts', {t: n for t, n in left.items() if n})
    ok(not (h.prefix / 'data/files' / org).exists(), 'nor a file')
    words = texts(h, 'mill.example', 'Quote for mill', 'paper of mill', besides=other)
    ok({w[0] for w in words} <= {'users.email', 'account_mails.to_email', 'account_tokens.email'}, 'nor a word, but the addresses of accounts, which people keep', words)
    ok(left['audit_log'] >= ours['audit_log'] and left['audit_seals'] >= ours['audit_seals'], 'the audit keeps every row', left['audit_log'], ours['audit_log'])
    told = chain(h)
    ok('BROKEN' not in told and 'erased-' + org[-12:] in told, 'and its chain is whole', told)
    now, moving = counts(h, other), {'audit_seals', 'counters', 'counter_deltas', 'job_history', 'jobs', 'search_entries'}
    ok({t: n for t, n in theirs.items() if t not in moving} == {t: n for t, n in now.items() if t not in moving}, 'the other organisation has what it had',
       [(t, theirs[t], now[t]) for t in now if now[t] != theirs[t]])
    page, told = certificate(h, asked)
    c = json.loads(told['order']['certificate'])
    rows = {d['table']: d['rows'] for d in c['did'] if d['did'] == 'remove'}
    ok(page.status == 200 and all(rows.get(t) == ours[t] for t in ('intake_requests', 'memberships', 'tasks', 'contacts')), 'the certificate counts the rows of each table', rows)
    ok(h.get('/dashboard', ana).status in (303, 403), 'nobody is in it any more', h.get('/dashboard', ana).status)
    ok(h.get('/erasures?token=nonsense').status == 404, 'a wrong link shows nothing')


def main():
    with House.temporary() as h:
        orgs = {slug: (h.org(slug), h.one("select id from organizations where slug = '%s'" % slug))[1] for slug in ('mill', 'other')}
        ana, bob = h.person('ana@mill.example', 'mill'), h.person('bob@mill.example', 'mill', 'member')
        keys = list(furnish(h))
        export_person(h, ana, bob)
        export_rules(h, ana, bob, export_whole(h, keys[0], orgs['mill']))
        erase_contact(h, ana)
        erase_person(h, ana)
        redacted(h, orgs['mill'])
        erase_org(h, ana, orgs['mill'])
    done()


main()
