"""Vectors searched in pgvector and in Qdrant: the same answers as from files; what is deleted goes; a store that is away, lost or wrong. Prints TAP."""
import json, os, subprocess, sys, threading, urllib.parse

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app', 'stub')]
from document_lib import send  # noqa: E402
from house import House  # noqa: E402
from qdrant import Qdrant  # noqa: E402
from tap import done, ok  # noqa: E402

TEXTS = {'lease.txt': 'The landlord keeps the deposit of three months on a separate account until the tenant leaves the warehouse.',
         'boiler.txt': 'The technician looks at the boiler each spring and replaces its valve every second year.',
         'carta.txt': 'El técnico revisa la caldera cada primavera y cambia la válvula cada dos años.'}
NEAR = 'landlords keeping deposits on separated accounts until tenants left warehouses'


def asked(h, who, q, **more):
    return h.api('GET', '/search/passages?' + urllib.parse.urlencode({'q': q, **more}), who).json


def doctor(h):
    return subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'doctor'], text=True, capture_output=True, env=h.env).stdout


def near(h, who, **more):
    return [p['document_id'] for p in asked(h, who, NEAR, **more)['passages'] if p['by_vector']]


def filled(h, key):
    ids = {name: send(h, key, name, text.encode()).json['id'] for name, text in TEXTS.items()}
    h.wait(lambda: h.one('select count(*) from documents where embedded_at is null') == '0', 'the vectors', 60)
    return ids


def same(h, key, theirs, ids, store):
    h.wait(lambda: near(h, key), store + ' to follow', 60)
    h.drained(60)
    ok(near(h, key) == [ids['lease.txt']], store + ': the nearest passage is found', asked(h, key, NEAR))
    ok(near(h, theirs) == [] and near(h, key, document=ids['boiler.txt']) == [], store + ': not by others, and not in another document')
    ok(not os.path.exists(h.prefix / 'data' / 'vectors') or not os.listdir(h.prefix / 'data' / 'vectors'), store + ': no file is made')
    ok(h.one("select last = (select last from vector_stores) and last > 0 from vector_copies where store = '%s'" % store) == 't', store + ' is as far as the log')


def talked(h, key, ids, store):
    """A question to documents looks in the same store as a search."""
    turn = h.api('POST', '/chat', key, {'question': NEAR})
    ok(turn.status in (200, 201, 202), store + ': a question is taken', turn.text)
    h.wait(lambda: h.one("select count(*) from chat_turns where status = 'DONE'") == '1', 'the question to be answered', 60)
    near = h.one("select payload -> 'near' from job_history where kind = 'chat.answer'")
    chunk = h.one("select id from chunks where document_id = '%s'" % ids['lease.txt'])
    ok(near and [n['id'] for n in json.loads(near)] == [chunk], store + ': what lies near it goes on to be answered', near)


def gone(h, key, ids, store, count):
    before = count()
    h.sql("delete from documents where id = '%s'" % ids['boiler.txt'])
    more = send(h, key, 'more.txt', b'Keeping deposits on separated accounts is what landlords of warehouses do for tenants.').json['id']
    h.wait(lambda: more in near(h, key), store + ' to learn of another document', 60)
    h.wait(lambda: count() == before, 'the deleted document to leave ' + store, 60)
    ok(set(near(h, key)) == {ids['lease.txt'], more}, store + ': what came is found, what went is gone', near(h, key))


def postgres():
    with House.temporary(conf={'VECTOR_STORE': 'pgvector'}) as h:
        h.org('aa', 'House aa')
        h.org('bb', 'House bb')
        key, theirs = h.key('aa'), h.key('bb')
        out = doctor(h)
        ok('not ok pgvector is set up' in out and 'create extension vector' in out, 'without pgvector the doctor says what to do', out)
        ids = filled(h, key)
        ok(asked(h, key, 'landlord')['passages'] and near(h, key) == [], 'and documents are found by words')
        with open(os.path.join(os.environ['top_srcdir'], 'tests/data/vector_type.sql')) as f:
            h.sql(f.read())
        h.fairlead('migrate')
        ok('ok     pgvector is set up' in doctor(h), 'migrate sets it up')
        h.batch('run', 'vectors')
        same(h, key, theirs, ids, 'pgvector')
        talked(h, key, ids, 'pgvector')
        gone(h, key, ids, 'pgvector', lambda: h.one('select count(*) from chunk_vectors'))
        ok(h.one("select relforcerowsecurity from pg_class where relname = 'chunk_vectors'") == 't', 'its table is under row-level security')


def command(h, *args, stdin=b''):
    return subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'collection', *args], input=stdin, capture_output=True, env=h.env)


def snapshots():
    """A collection as a file and back: after its vectors are lost, after it was cut off, into an organisation that is none."""
    with House.temporary() as h:
        h.org('aa', 'House aa')
        key = h.key('aa')
        ids = filled(h, key)
        h.wait(lambda: near(h, key) == [ids['lease.txt']], 'the file of vectors', 60)
        made = command(h, 'snapshot', 'aa', 'builtin-1')
        lines = made.stdout.decode().splitlines()
        ok(made.returncode == 0 and lines[0].startswith('fairlead-vectors 1 builtin-1 ') and lines[-1] == 'end 3' and len(lines) == 5, 'a snapshot holds the vector of each passage', (lines[:1], made.stderr))
        sums = "select md5(string_agg(encode(vector, 'hex'), '' order by hash)) from embeddings"
        before, generation = h.one(sums), int(h.one('select generation from vector_stores'))
        h.sql("update embeddings set vector = decode(repeat('00', dims * 4), 'hex')")
        for what, data in (('cut off', b'\n'.join(made.stdout.splitlines()[:3]) + b'\n'), ('damaged', made.stdout.replace(b'end 3', b'end 4')), ('no snapshot', b'hello\n'), ('empty', b'')):
            got = command(h, 'restore', 'aa', stdin=data)
            ok(got.returncode == 1 and got.stderr, what + ': said so', got)
        ok(int(h.one('select generation from vector_stores')) == generation, 'and nothing is made anew')
        wrong = made.stdout.splitlines()
        got = command(h, 'restore', 'aa', stdin=wrong[0].rsplit(b' ', 1)[0] + b' 2\n' + wrong[1][:64] + b' ' + b'0' * 16 + b'\nend 1\n')
        ok(got.returncode == 1 and b'numbers' in got.stderr, 'vectors of another length are refused', got)
        got = command(h, 'restore', 'aa', stdin=made.stdout)
        ok(got.returncode == 0 and b'3 vectors taken; 3 passages' in got.stdout, 'a whole one is taken back', got)
        ok(h.one(sums) == before and int(h.one('select generation from vector_stores')) == generation + 1, 'with every vector as it was, files made anew')
        h.wait(lambda: near(h, key) == [ids['lease.txt']], 'the passage to be found again', 60)
        ok([command(h, 'restore', 'zz', stdin=made.stdout).returncode, command(h, 'snapshot', 'aa', 'nobody').returncode] == [1, 1], 'not for an organisation or a model that is none')
        ok(h.one("select count(*) from audit_log where action = 'collection.restore'") == '1', 'the audit has it')


def kept():
    """The same at the page of the organisation: taken, brought back, forgotten; for owners and administrators."""
    with House.temporary() as h:
        h.org('aa', 'House aa')
        h.org('bb', 'House bb')
        key, ana, ben, eve = h.key('aa'), h.person('ana@aa.example', org='aa', role='owner'), h.person('ben@aa.example', org='aa', role='member'), h.person('eve@bb.example', org='bb', role='owner')
        ids = filled(h, key)
        h.wait(lambda: near(h, key) == [ids['lease.txt']], 'the file of vectors', 60)
        seen = lambda who=ana: h.request('GET', '/api/v1/settings/collections', who, headers={'Accept': 'application/json'}).json
        at = '/settings/collections'
        one = seen()['collections'][0]
        ok((one['model'], one['passages'], one['vectors'], one['vector_bytes']) == ('builtin-1', 3, 3, 3 * (384 * 9 + 44)) and one['passage_bytes'] > 3500, 'an owner sees what there is and the room a passage takes', one)
        ok(h.get(at, ben).status == 403 and seen(eve)['collections'] == [], 'others do not')
        ok(h.form(at, at + '/snapshots', {'model': 'nobody'}, ana).status == 404 and h.form(at, at + '/snapshots', {'model': 'builtin-1'}, ana).status == 303, 'a snapshot is taken')
        h.wait(lambda: seen()['snapshots'][0]['status'] == 'READY', 'the snapshot', 60)
        snap = seen()['snapshots'][0]
        ok(snap['vectors'] == 3 and 'ready</span>' in h.get(at, ana).text, 'of each vector', snap)
        sums = "select md5(string_agg(encode(vector, 'hex'), '' order by hash)) from embeddings where org_id = (select id from organizations where slug = 'aa')"
        before, generation = h.one(sums), int(h.one('select generation from vector_stores'))
        h.sql("update embeddings set vector = decode(repeat('00', dims * 4), 'hex'); delete from embeddings where hash = (select hash from embeddings order by hash limit 1)")
        ok(h.post(at + '/snapshots/%s/restore' % snap['id'], {'_token': h.get('/documents', eve).token}, eve).status == 404, 'not by another house')
        ok(h.form(at, at + '/snapshots/%s/restore' % snap['id'], {}, ana).status == 303, 'it is brought back')
        h.wait(lambda: seen()['snapshots'][0]['restored_at'], 'the vectors to be back', 60)
        ok(h.one(sums) == before and int(h.one('select generation from vector_stores')) == generation + 1, 'with every vector as it was, files made anew')
        h.wait(lambda: near(h, key) == [ids['lease.txt']], 'the passage to be found again', 60)
        ok(h.form(at, at + '/reindex', {'model': 'builtin-1'}, ana).status == 303 and int(h.one('select generation from vector_stores')) == generation + 2, 'or only the files')
        h.sql("insert into collection_snapshots (org_id, model, dims) select org_id, model, 2 from collection_snapshots, generate_series(1, 4)")
        ok(h.form(at, at + '/snapshots', {'model': 'builtin-1'}, ana).status == 422, 'five are enough')
        busy = h.one("select id from collection_snapshots where status = 'MAKING' limit 1")
        ok(h.form(at, at + '/snapshots/%s/restore' % busy, {}, ana).status == 409, 'one that is being taken is not brought back')
        h.sql("update collection_snapshots set status = 'READY'")
        ok(h.form(at, at + '/snapshots/%s/restore' % busy, {}, ana).status == 409, 'nor one of another length')
        ok(h.form(at, at + '/snapshots/%s/remove' % snap['id'], {}, ana).status == 303 and h.one('select count(*) from collection_snapshot_vectors') == '0', 'one is forgotten with its vectors')
        # in parts: as many vectors as two jobs take
        h.sql("insert into collection_snapshots (org_id, model, dims, status) select id, 'builtin-1', 384, 'RESTORING' from organizations where slug = 'aa'")
        h.sql("insert into collection_snapshot_vectors (org_id, snapshot_id, hash, vector) select s.org_id, s.id, sha256(n::text::bytea), decode(repeat('01', 384 * 4), 'hex') from collection_snapshots s, generate_series(1, 5001) n where s.status = 'RESTORING'")
        h.sql("insert into jobs (org_id, queue, kind, payload) select org_id, 'document-embedding', 'collection.restore', jsonb_build_object('snapshot_id', id) from collection_snapshots where status = 'RESTORING'")
        h.wait(lambda: h.one("select count(*) from collection_snapshots where status = 'RESTORING'") == '0', 'a large one', 120)
        ok(h.one('select count(*) from embeddings where vector = decode(repeat(\'01\', 384 * 4), \'hex\')') == '5001' and h.one("select count(*) from job_history where kind = 'collection.restore'") == '3', 'a large one comes in parts')


def configured(h, **conf):
    h.extra.update(conf)
    h.write_conf()
    h.restart('worker')
    h.restart('web')


def there_and_back(h, key, q):
    """As operations.md says: another store at any time, and back."""
    had = set(near(h, key))
    points = lambda: sum(len(c['points']) for c in q.collections.values())
    held = points()
    configured(h, VECTOR_STORE='file')
    h.wait(lambda: set(near(h, key)) == had, 'the file to be made', 60)
    ok(list((h.prefix / 'data/vectors').glob('*/*')), 'from Qdrant to a file: the same is found')
    more = send(h, key, 'third.txt', b'Landlords keep deposits on separated accounts until tenants leave their warehouse.').json['id']
    h.wait(lambda: more in near(h, key), 'the file to learn of another document', 60)
    ok(points() == held, 'Qdrant is not told of it meanwhile')
    configured(h, VECTOR_STORE='qdrant')
    h.batch('run', 'vectors')
    h.wait(lambda: set(near(h, key)) == had | {more}, 'Qdrant to follow', 60)
    ok(points() == held + 1, 'back at Qdrant it follows from where it stood', points())
    h.wait(lambda: not list((h.prefix / 'data/vectors').glob('*/*')), 'the files to go', 60)
    ok(True, 'and the files go')


def erased(h, q):
    """An organisation is erased while its first vectors are on their way: no copy is left, elsewhere or on a machine."""
    cc = h.org('cc', 'House cc')
    cora, key = h.person('cora@cc.example', org='cc'), h.key('cc')
    there = lambda: [c for name, c in q.collections.items() if cc in name]
    q.hold = threading.Event()
    send(h, key, 'lease.txt', TEXTS['lease.txt'].encode())
    h.wait(lambda: q.held, 'the points to be on their way')
    files = h.prefix / 'data/vectors' / cc
    files.mkdir(parents=True)
    h.give(files)
    h.form('/settings/danger', '/settings/danger/erase', {'confirm': 'cc', 'when': 'now'}, cora)
    h.wait(lambda: h.one("select count(*) from vector_stores where org_id = '%s'" % cc) == '0' and h.one("select name from organizations where id = '%s'" % cc) == '[erased]', 'the organisation to go')
    q.hold.set()
    h.wait(lambda: not q.held, 'the points to come')
    q.hold = None
    h.hurry('vector.drop')
    h.wait(lambda: not there(), 'the collection to go')
    h.batch('run', 'vectors')
    h.wait(lambda: not files.exists(), 'the files of this machine to go')
    ok(True, 'of an organisation that was erased while its vectors were brought elsewhere nothing stays')


def elsewhere():
    with Qdrant() as q, House.temporary(conf=q.conf()) as h:
        h.org('aa', 'House aa')
        h.org('bb', 'House bb')
        key, theirs, ana = h.key('aa'), h.key('bb'), h.person('ana@aa.example', org='aa')
        ok('ok     Qdrant answers' in doctor(h), 'the doctor asks Qdrant')
        ids = filled(h, key)
        same(h, key, theirs, ids, 'qdrant')
        name = 'workspace_' + h.one("select id from organizations where slug = 'aa'")
        ok([n.rsplit('_', 1)[0] for n in q.collections] == [name], 'one collection for the organisation', list(q.collections))
        points = next(iter(q.collections.values()))
        ok(points['index'] == {('document_id', 'keyword')} and all(set(payload) == {'document_id'} for _, payload in points['points'].values()),
           'no word of a document is in it, and its filter has an index')
        talked(h, key, ids, 'qdrant')
        gone(h, key, ids, 'qdrant', lambda: len(points['points']))
        q.away = True
        got = asked(h, key, NEAR + ' landlord')
        ok(got['asked']['away'] and got['passages'] and not any(p['by_vector'] for p in got['passages']), 'while it is away words find', got)
        ok('does not answer at the moment' in h.get('/search/passages?q=landlord', ana).text, 'and the page says so')
        ok('not ok Qdrant answers' in doctor(h), 'so does the doctor')
        q.away = False
        points['points'].popitem()
        h.batch('run', 'vectors')
        h.wait(lambda: sum(len(c['points']) for c in q.collections.values()) == 3, 'the collection to be made anew', 60)
        h.wait(lambda: len(near(h, key)) == 2, 'what was lost there to be found again', 60)
        there_and_back(h, key, q)
        erased(h, q)
        h.wait(lambda: h.one("select count(*) from jobs where kind in ('vector.sync', 'document.embed') or kind = 'vector.tend' and state <> 'delayed'") == '0', 'all that brings vectors to end', 60)
        h.sql("delete from vector_copies")
        h.wait(lambda: not q.collections, 'the collection of an organisation that went to go', 60)
        ok(True, 'a collection that lost points is made anew, one of an organisation that went goes')


postgres()
elsewhere()
snapshots()
kept()
done()
