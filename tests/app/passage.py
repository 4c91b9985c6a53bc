"""Passages: documents cut, found by words, phrases and stems, narrowed, marked, never across tenants. Prints TAP."""
import os, sys, urllib.parse, uuid

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, Lock  # noqa: E402
from tap import done, ok  # noqa: E402

LEASE = '''1 Parties

The landlord lets the warehouse at the harbour to the tenant for storage of dry goods only.

2 Rent and deposit

The monthly rent is 1,250.00 EUR. A deposit of three months' rent is kept by the landlord on a separate account.

3 Ending the contract

Either party may end this lease with six months' notice in writing. The keys are returned to the office on the last day.
'''
CARTA = '''Aviso a los clientes: la factura de la reparación de la caldera se paga en treinta días. Para las reclamaciones
escriba a la oficina del puerto, que contesta en el plazo de una semana.'''


def send(h, key, name, text):
    mark = uuid.uuid4().hex
    body = ('--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n--%s--\r\n' % (mark, name, text, mark)).encode()
    made = h.request('POST', '/api/v1/documents', key, body, {'Content-Type': 'multipart/form-data; boundary=' + mark}).json
    h.wait(lambda: h.one("select chunked_at is not null from documents where id = '%s'" % made['id']) == 't', name + ' to be cut', 60)
    return made['id']


def find(h, key, q):
    return h.api('GET', '/search?q=' + q.replace(' ', '+').replace('"', '%22').replace("'", '%27'), key).json['passages']


def words(h, key, lease, carta):
    got = find(h, key, 'deposit rent')
    ok(len(got) >= 1 and got[0]['document_id'] == lease and got[0]['page'] == 1, 'all the words', got)
    ok('deposit' in got[0]['quote_marks'] and 'deposit' in got[0]['quote'], 'what was found is marked', got[0])
    at = h.one("select position('%s' in body) - 1 from document_pages where document_id = '%s'" % (got[0]['quote'].replace("'", "''"), lease))
    ok(int(at) == got[0]['from_char'] and got[0]['to_char'] - got[0]['from_char'] == len(got[0]['quote']), 'the quote stands where it says, in characters', got[0])
    ok([p['document_id'] for p in find(h, key, 'depos')] == [lease], 'the beginning of a word')
    ok(find(h, key, 'how many months of notice do we need for ending the lease?')[0]['document_id'] == lease, 'a whole question, by its rare words')
    ok(find(h, key, 'reclamar la factura de las calderas')[0]['document_id'] == carta, 'Spanish, by stems')
    ok(find(h, key, 'reparacion')[0]['document_id'] == carta, 'without its accent')
    ok(find(h, key, '"separate account"') and not find(h, key, '"account separate"'), 'words in order')
    ok(find(h, key, 'wombat') == [] and find(h, key, '') == [], 'nothing, and no words')
    for odd in ("'", '"', '" "', "a' | b:*", '!!', '& | !', '\\', ':*', 'x' * 200, '<b>'):
        if not ok(h.api('GET', '/search?q=' + ''.join('%%%02x' % b for b in odd.encode()), key).status == 200, 'odd question %r' % odd[:12]):
            break


def quotes(h, key):
    boiler = send(h, key, 'boiler.txt', """WARRANTY of the boiler. It ends when the yearly service is missed. Service is done by a registered engineer only, on a working day that both sides
agree upon, and is paid by the owner of the boiler. Error E4 means that the water pressure is below 0.8 bar: open the valve slowly until the gauge shows 1.5 bar.
Nobody may read the meter but the maker. Spare parts are kept for fifteen years.""")
    got = find(h, key, 'what does the error E4 mean?')[0]
    ok(got['document_id'] == boiler and got['quote'].startswith('Error E4 means') and '1.5 bar.' in got['quote'] and 'Error' in got['quote_marks'], 'the quote is the sentences that hold what was asked, whole', got)
    at = h.one("select position('Error E4' in body) - 1 from document_pages where document_id = '%s'" % boiler)
    ok(int(at) == got['from_char'], 'and stands where it says', got)
    ok(find(h, key, 'where is the bread') == [], 'bread is no slip of the finger for read')
    ok([p['document_id'] for p in find(h, key, 'enigneer')] == [boiler], 'two letters that changed places are')


def again(h, key, lease):
    ids = h.one("select array_agg(id order by id) from chunks where document_id = '%s'" % lease)
    h.sql("select fl_work(org_id, null, null, ''), document_rechunk(id) from documents where id = '%s'" % lease)
    h.drained()
    ok(h.one("select array_agg(id order by id) from chunks where document_id = '%s'" % lease) == ids, 'cut again, passages that did not change stay')
    h.sql("update document_pages set body = replace(body, 'deposit', 'surety'), updated_at = now() where document_id = '%s'" % lease)
    h.sql("select fl_work(org_id, null, null, ''), document_rechunk(id) from documents where id = '%s'" % lease)
    h.wait(lambda: find(h, key, 'surety') != [], 'the corrected text to be found')
    ok(find(h, key, 'deposit') == [], 'a corrected word is found instead of the old one')
    ok(h.one("select count(*) from chunk_words w where w.chunks <> (select count(*) from chunks c where c.org_id = w.org_id and w.word = any (tsvector_to_array(c.found)))")
       == '0', 'the counts of words stay true')


def asked(h, who, q, **more):
    return h.api('GET', '/search/passages?' + urllib.parse.urlencode({'q': q, **more}), who).json


def vectors(h, key, theirs, lease, carta):
    h.wait(lambda: h.one("select count(*) from documents where embedded_at is null and status = 'COMPLETED'") == '0', 'the vectors')
    ok(h.one("select count(*) = (select count(*) from chunks) from vector_log where not gone") == 't', 'each passage has a vector')
    near = 'The landlord lets the warehouse at the harbour to the tenant for storage of goods, the deposit is kept by the landlord'
    h.wait(lambda: asked(h, key, near)['passages'][0]['by_vector'], 'the file of this machine')
    got = asked(h, key, near)['passages']
    ok([(p['document_id'], p['by_text'], p['by_vector']) for p in got][0] == (lease, True, True), 'what both lists hold is first', got)
    ok(asked(h, key, 'wombat') ['passages'] == [] and asked(h, key, '')['passages'] == [], 'what is like nothing finds nothing')
    ok(asked(h, theirs, near)['passages'] == [] and asked(h, theirs, 'deposit')['passages'] == [], 'nor does another tenant')
    ok(asked(h, key, near, document=carta)['passages'] == [] and asked(h, key, 'deposit', document=carta)['passages'] == [], 'one document only')
    ok(asked(h, key, 'deposit', kind='text')['passages'] and not asked(h, key, 'deposit', kind='pdf')['passages'], 'one kind only')
    ok(asked(h, key, 'deposit', until='2020-01-01')['passages'] == [] and asked(h, key, 'deposit', since='2020-01-01')['passages'], 'by the day it came')
    ok(h.api('GET', '/search/passages?q=x&since=yesterday', key).status == 422 and h.api('GET', '/search/passages?limit=51', key).status == 422, 'what is no date or too much is refused')


def narrowed(h, key, eve):
    """Who may see one document finds it among many passages that would come first."""
    send(h, key, 'many.txt', '\n\n'.join('Wharf berth %d. ' % n + 'The wharf has a berth for each barge of the fleet. ' * 18 for n in range(30)))
    own = send(h, key, 'own.txt', 'One barge leaves the wharf on Monday with all of the crew and some of the freight.')
    h.wait(lambda: h.one("select count(*) from documents where embedded_at is null and status = 'COMPLETED'") == '0', 'the vectors', 60)
    h.sql("insert into scope_grants (org_id, user_id, scope) select org_id, user_id, 'pipeline.' || fl_uuid() from memberships where email = 'eve@aa.example'")
    ok(asked(h, eve, 'wharf barge', limit=1)['passages'] == [], 'who may see no document finds none')
    h.sql("update documents set uploaded_by = (select user_id from memberships where email = 'eve@aa.example') where id = '%s'" % own)
    ok(asked(h, key, 'wharf barge', limit=1)['passages'][0]['document_id'] != own, 'others find the better passage')
    strange = 'bargges leaving the wharff Mondays with crews and some freights'
    h.wait(lambda: any(p['by_vector'] for p in asked(h, eve, strange, limit=1)['passages']), 'its vector in the file of this machine')
    for q in ('wharf barge', strange):
        got = asked(h, eve, q, limit=1)['passages']
        ok([p['document_id'] for p in got] == [own], 'who may see one document finds it: %s' % q, got)
    ok(got[0]['by_vector'], 'also by its vector')


def store(h, key, lease):
    """The file of this machine: made anew when it is damaged or gone; a deleted document leaves it."""
    files = [os.path.join(at, name) for at, _, names in os.walk(h.prefix / 'data' / 'vectors') for name in names]
    near = 'The landlord lets the warehouse at the harbour to the tenant for storage of goods, the surety is kept by the landlord'
    ok(len(files) == 1, 'one file for the organisation and model', files)
    for how, change in (('gone', lambda: os.unlink(files[0])), ('cut off', lambda: os.truncate(files[0], 5000)), ('damaged', lambda: spoil(files[0]))):
        change()
        asked(h, key, near)
        h.wait(lambda: asked(h, key, near)['passages'][0]['by_vector'], 'the file to be made anew')
        ok(os.path.getsize(files[0]) > 100000, 'a file that is %s is made anew' % how)
    h.sql("delete from documents where id = '%s'" % lease)
    ok(asked(h, key, near)['passages'] == [], 'a deleted document is not found')
    ok(h.one('select count(*) from vector_log where gone') == '2', 'its passage is logged as gone, beside the one that was corrected')
    h.batch('run', 'vectors')
    h.drained()
    ok(h.one("select count(*) from job_history where kind = 'vector.tend' and state = 'completed'") == '1', 'the sweep looks after the organisation that has documents')


def long(h, key):
    """A document of 60 full pages is cut in parts, as the text of hundreds would not fit in what a job may use; the pages' rows are made by SQL, for time."""
    doc = send(h, key, 'long.txt', '# Terms\n\nThe first page of many.\n')
    h.drained(60)
    h.sql("insert into document_pages (org_id, document_id, page, source, width, height, confidence, body, words, found) select p.org_id, p.document_id, n, p.source, p.width, p.height, p.confidence, "
          "(select string_agg('w' || (n * k % 977), ' ' order by k) from generate_series(1, 9000) k), (select jsonb_agg(jsonb_build_array(1, 2, 3, 4, 5, 'w' || (n * k % 977)) order by k) from generate_series(1, 9000) k), p.found "
          "from document_pages p, generate_series(2, 61) n where p.document_id = '" + doc + "' and p.page = 1")
    h.sql("begin; select fl_work((select org_id from documents where id = '" + doc + "'), null, null, 'test'); select document_rechunk('" + doc + "'); commit")
    h.wait(lambda: h.one("select count(*) from jobs where kind = 'document.chunk'") == '0', 'the parts to be cut', 120)
    parts = h.one("select count(*) from job_history where kind = 'document.chunk' and state = 'completed' and payload ->> 'document_id' = '" + doc + "'")
    ok(int(parts) >= 15, 'a long document is cut in short parts, as others wait while one is kept', parts)
    ok(h.one("select count(distinct page) || ' ' || count(*) filter (where heading <> 'Terms') from chunks where document_id = '" + doc + "'") == '61 0', 'each page has its passages, under the heading of the first')
    ok(h.one("select count(*) from page_places where document_id = '" + doc + "' and array_length(places, 1) = 9000") == '60', 'and the places of its words')
    gone = h.api('POST', '/documents/' + doc + '/delete', key)
    ok(gone.status == 200, 'and deleted while its vectors are made', gone.status, gone.text)


def batches(h, key):
    """The vectors of a document come in batches of a hundred, each from where the one before ended."""
    doc = send(h, key, 'batches.txt', ' '.join('m%d' % (n * n % 7919) for n in range(45000)))
    h.drained(120)
    left = "select count(*) filter (where l.chunk_id is null) || ' of ' || (count(*) > 200) from chunks c left join vector_log l on l.chunk_id = c.id and not l.gone where c.document_id = '" + doc + "'"
    ok(h.one(left) == '0 of true', 'no passage is left out', h.one(left))
    begun = h.sql("select payload ->> 'after' from job_history where kind = 'document.embed' and payload ->> 'document_id' = '" + doc + "' order by id")
    ok(len(begun) >= 3 and len({b[0] for b in begun}) == len(begun), 'each batch begins where the one before ended', begun)
    held = Lock(h, "select from documents where id = '%s' for update" % doc)
    h.sql("delete from vector_log where chunk_id in (select id from chunks where document_id = '" + doc + "' and from_char < 3000)")
    h.sql("begin; select fl_work((select org_id from documents where id = '" + doc + "'), null, null, 'test'); "
          "select fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', '" + doc + "')); commit")
    h.wait(lambda: h.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%embed_save%'") == '1', 'a batch to wait for its document')
    free = h.sql("set lock_timeout = '2s'; update vector_stores set updated_at = now() returning 'free'")
    held.release()
    ok(free, 'it holds nothing meanwhile that those need who delete a document: they would wait for each other', free)
    h.drained(60)
    ok(h.one(left) == '0 of true', 'passages that lost their vector have one again', h.one(left))
    h.api('POST', '/documents/' + doc + '/delete', key)


def spoil(path):
    with open(path, 'r+b') as f:
        f.seek(4096 + 1024 + 8)
        f.write(b'damage')


def collections(h, root, ana, key):
    """RAG-14, RAG-15: what there is, how much room it takes, made and made anew."""
    page = h.get('/admin/collections', root)
    ok(page.status == 200 and 'builtin-1' in page.text and 'House aa' in page.text, 'collections are listed', page.status)
    ok(h.get('/admin/collections', ana).status == 403, 'for administrators of the platform only')
    one = h.request('GET', '/api/v1/admin/collections', root, headers={'Accept': 'application/json'}).json['collections'][0]
    ok(one['passages'] == one['vectors'] > 0 and one['vector_bytes'] == one['vectors'] * (384 * 9 + 44) and one['passage_bytes'] > 3500, 'with the room a passage takes', one)
    h.drained(60)
    made = h.form('/admin/collections', '/admin/collections/reindex', {'org': 'aa', 'model': 'builtin-1'}, root)
    ok(made.status == 303 and h.one("select generation from vector_stores where model = 'builtin-1'") == '2', 'made anew', made.status)
    h.wait(lambda: (p := asked(h, key, 'One bargge leaves the wharff on Mondays with creww and frieght')['passages']) and p[0]['by_vector'], 'the file of the next generation', 60)
    ok(h.form('/admin/collections', '/admin/collections/reindex', {'org': 'aa', 'model': 'other'}, root).status == 404, 'one that is not there is not')
    made = h.form('/admin/collections', '/admin/collections/create', {'org': 'bb', 'model': 'openai:m', 'dims': '1536'}, root)
    again = h.form('/admin/collections', '/admin/collections/create', {'org': 'bb', 'model': 'openai:m', 'dims': '1536'}, root)
    lost = h.form('/admin/collections', '/admin/collections/create', {'org': 'zz', 'model': 'openai:m', 'dims': '1536'}, root)
    ok((made.status, again.status, lost.status) == (303, 422, 422) and h.one("select dims from vector_stores where model = 'openai:m'") == '1536', 'made once, for an organisation that exists')
    ok(h.one("select count(*) from audit_log where action like 'collection.%'") == '2', 'and audited')


with House.temporary() as house:
    house.org('aa', 'House aa')
    house.org('bb', 'House bb')
    ours, theirs, ana = house.key('aa'), house.key('bb'), house.person('ana@aa.example', org='aa')
    lease_id, carta_id = send(house, ours, 'lease.txt', LEASE), send(house, ours, 'carta.txt', CARTA)
    words(house, ours, lease_id, carta_id)
    page = house.get('/search?q=deposit', ana).text
    ok('<mark>deposit</mark>' in page and '/documents/%s?page=1&amp;from=' % lease_id in page, 'the page marks it and leads to the place')
    ok(find(house, theirs, 'deposit') == [], 'another tenant finds nothing of it')
    vectors(house, ours, theirs, lease_id, carta_id)
    again(house, ours, lease_id)
    store(house, ours, lease_id)
    long(house, ours)
    batches(house, ours)
    narrowed(house, ours, house.person('eve@aa.example', org='aa', role='operator'))
    collections(house, house.person('root@platform.example', admin=True), ana, ours)
    house.org('cc', 'House cc')
    quotes(house, house.key('cc'))
    ok(house.one("select count(*) from job_history where state = 'dead'") == '0', 'no job died over it')
done()
