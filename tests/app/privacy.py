"""Export and erasure at the door: the archive against the database, table by table; a person, a contact and an organisation that are gone everywhere
afterwards; workers killed on the way. Prints TAP."""
import hashlib, io, json, os, sys, tempfile, zipfile

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def state(h, id):
    return h.one("select state from privacy_orders where id = '%s'" % id)


def wait_for(h, id, wanted, within_s=60):
    h.wait(lambda: state(h, id) in (wanted, 'failed'), 'order to be ' + wanted, within_s, lambda: h.pid('worker'))
    return state(h, id)


def last(h, what):
    return h.one("select id from privacy_orders where what = '%s' order by id desc limit 1" % what)


def fetch(h, who, id):
    link = h.api('POST', '/exports/%s/link' % id, who).json
    return link, h.get('/exports/file?token=' + link['token'])


def opened(data):
    """The archive: its manifest, and a table's name to its rows; every entry is held against its hash."""
    z = zipfile.ZipFile(io.BytesIO(data))
    manifest = json.loads(z.read('manifest.json'))
    good = z.testzip() is None and {e['name'] for e in manifest['entries']} == set(z.namelist()) - {'manifest.json', 'README.txt'}
    tables = {}
    for e in manifest['entries']:
        body = z.read(e['name'])
        good = good and hashlib.sha256(body).hexdigest() == e['sha256'] and len(body) == e['bytes']
        if e['name'].endswith('.jsonl'):
            tables[e['name']] = [json.loads(line) for line in body.decode().splitlines()]
            good = good and len(tables[e['name']]) == e['rows']
    return good, manifest, tables, {n.split('/')[1]: z.read(n) for n in z.namelist() if n.startswith('files/')}


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
    wanted = [r[0] for r in h.sql("select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' where c.relkind = 'r' "
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
    for table, column, of_org in h.sql("select c.relname, a.attname, exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id') "
                                       "from pg_class c join pg_attribute a on a.attrelid = c.oid where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped "
                                       "and c.relnamespace = 'public'::regnamespace and format_type(a.atttypid, null) in "
                                       "('text', 'character varying', 'jsonb', 'text[]', 'bytea', 'tsvector')"):
        said = "encode(%s, 'escape')" % column if column in ('raw', 'bytes') else '"%s"::text' % column
        parts.append("select '%s.%s', w from %s, unnest(array[%s]) w where %s ilike '%%' || w || '%%'%s" % (
            table, column, table, ', '.join("'%s'" % w for w in words), said, " and org_id <> '%s'" % besides if besides and of_org == 't' else ''))
    found = h.sql(' union '.join(parts))
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
    ok('1 documents name' in page, 'the page says how many documents name her')
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


def main():
    with House.temporary() as h:
        orgs = {slug: (h.org(slug), h.one("select id from organizations where slug = '%s'" % slug))[1] for slug in ('mill', 'other')}
        ana, bob = h.person('ana@mill.example', 'mill'), h.person('bob@mill.example', 'mill', 'member')
        keys = list(furnish(h))
        export_person(h, ana, bob)
        export_rules(h, ana, bob, export_whole(h, keys[0], orgs['mill']))
        erase_contact(h, ana)
    done()


main()
