"""Search by meaning with an OpenAI-compatible endpoint: batches, the cache, a busy provider, questions, another model. Prints TAP."""
import json, os, subprocess, sys, tempfile, urllib.parse, urllib.request

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

TEXTS = ('A deposit of three months is kept on an account of its own by the landlord.', 'The boiler is looked at each spring, and its valve is replaced every second year.',
         'Goods are handed over at the gate against a signature.')


class Stub:
    def __init__(self, folder):
        self.ledger, port = os.path.join(folder, 'ledger'), os.path.join(folder, 'port')
        self.process = subprocess.Popen([sys.executable, os.path.join(os.environ['top_srcdir'], 'tests/stub/llm.py'), '--port-file', port, '--ledger', self.ledger])
        House.wait(lambda: os.path.exists(port) and os.path.getsize(port), 'the stub')
        with open(port) as f:
            self.place = '127.0.0.1:' + f.read().strip()

    def script(self, *steps):
        urllib.request.urlopen('http://%s/_script' % self.place, json.dumps({'steps': steps}).encode()).read()

    def calls(self):
        with open(self.ledger) as f:
            return [json.loads(line) for line in f]


def put(h, key, name, text):
    made = send(h, key, name, text.encode()).json['id']
    h.wait(lambda: h.one("select embedded_at is not null from documents where id = '%s'" % made) == 't', name + ' to be embedded', 40)
    return made


def asked(h, who, q):
    return h.api('GET', '/search/passages?' + urllib.parse.urlencode({'q': q}), who).json


def found(h, ana, key, lease, stub):
    got = asked(h, key, 'where is the bond')
    ok(got['passages'] == [] and not got['asked']['by_meaning'], 'a question the model has not seen is asked by words alone, and says so', got)
    page = h.get('/search/passages?q=where+is+the+bond', ana)
    ok('Search by meaning too' in page.text, 'the page offers more')
    sent = h.form('/search/passages?q=where+is+the+bond', '/search/passages', {'q': 'where is the bond'}, ana)
    ok(sent.status == 303 and 'q=where%20is%20the%20bond' in sent.headers['Location'], 'which leads back to it', sent.status, sent.headers['Location'])
    h.wait(lambda: asked(h, key, 'where is the bond')['passages'] != [], 'the answer by meaning')
    got = asked(h, key, 'where is the bond')
    ok([(p['document_id'], p['by_text'], p['by_vector']) for p in got['passages']] == [(lease, False, True)] and got['asked']['by_meaning'], 'another word of the same meaning finds it', got)
    before = len(stub.calls())
    h.form('/search/passages?q=new+words', '/search/passages', {'q': 'where is the bond'}, ana)
    h.drained(60)
    ok(len(stub.calls()) == before and h.one("select count(*) from job_history where kind = 'question.embed' and state = 'completed'") == '2', 'who asks for it once more is not charged once more')
    h.form('/settings/chat', '/settings/chat', {'general': 'on', 'near': '100'}, ana)
    ok(asked(h, key, 'where is the bond')['passages'] == [], 'unless the organisation wants it nearer')
    h.form('/settings/chat', '/settings/chat', {'general': 'on', 'near': '0'}, ana)
    ok('by likeness' in h.get('/search/passages?q=where+is+the+bond', ana).text, 'and the page says why')


def by_program(h, key, stub):
    """A question that no browser asks: taken in, and answered where Location says."""
    q = 'who keeps the bond'
    ok(not asked(h, key, q)['asked']['by_meaning'], 'a program is told that a question was asked by words alone')
    calls = len(stub.calls())
    sent = h.api('POST', '/search/passages', key, {'q': q, 'kind': 'text'}, {'Idempotency-Key': 'bond'})
    ok(sent.status == 202 and set(sent.json) == {'id'}, 'it has the model look at it', sent.status, sent.text)
    at = sent.headers['Location']
    look = lambda: h.request('GET', at, key, None, {'Accept': 'application/json'}).json
    h.wait(lambda: look()['asked']['by_meaning'], 'the question to be a vector')
    got = look()
    ok([p['by_vector'] for p in got['passages']] == [True] and got['asked']['kind'] == 'text', 'and finds the answer at the address it was told', at, got)
    again = h.api('POST', '/search/passages', key, {'q': q, 'kind': 'text'}, {'Idempotency-Key': 'bond'})
    ok(again.status == 202 and again.json == sent.json and again.headers['Idempotency-Replayed'] == 'true' and again.headers['Location'] == at, 'sent twice it is the same', again.text)
    ok([h.api('POST', '/search/passages', key, body).status for body in ({}, {'q': ''}, {'q': 'x' * 501}, {'q': 'x', 'kind': 'zebra'}, {'q': 'x', 'limit': 1})] == [422] * 5, 'nothing, or what is no question, is refused')
    h.drained(60)
    ok(len(stub.calls()) == calls + 1, 'the model was asked once', stub.calls()[calls:])


def answered(h, key, question):
    path = '/chat/' + h.api('POST', '/chat', key, {'question': question}).json['id']
    h.wait(lambda: not h.api('GET', path, key).json['conversation']['waiting'], 'an answer', 60)
    turn = h.api('GET', path, key).json['turns'][-1]
    return turn['kind'], [s['document_id'] for s in turn['cited'] + turn['read']]


def talked(h, key, lease, stub):
    got = answered(h, key, 'who has the bond')
    ok(got == ('quoted', [lease]), 'a question in chat finds by meaning what shares no word with it', got)
    before = len(stub.calls())
    answered(h, key, 'who has the bond')
    ok(len(stub.calls()) == before, 'its vector is kept')
    stub.script('500')
    kind, found = answered(h, key, 'and the boiler')
    ok(kind == 'quoted' and found and lease not in found, 'a model that is away leaves the words', kind, found)
    stub.script('ok')


def configured(h, **conf):
    h.extra.update(conf)
    h.write_conf()
    h.restart('worker')
    h.restart('web')


def files(h):
    return sorted(str(p.relative_to(h.prefix / 'data/vectors')) for p in (h.prefix / 'data/vectors').glob('*/*'))


def tended(h):
    """Looks after the vectors now, and waits until that is done."""
    count = "select count(*) from job_history where kind = 'vector.tend' and state = 'completed'"
    before = int(h.one(count))
    h.batch('run', 'vectors')
    h.wait(lambda: int(h.one(count)) > before, 'the vectors to be looked after', 60)
    h.drained(60)


def changed(h, ana, key, lease, stub):
    """Another model: everything gets vectors of it; going back costs nothing; what nobody wants for thirty days goes."""
    q, old, new = 'where is the bond', 'openai:stub-embed', 'openai:other-embed'
    passages = int(h.one('select count(*) from chunks'))
    kept = lambda model: tuple(int(h.one("select count(*) from %s where model = '%s'" % (t, model))) for t in ('vector_log', 'vector_stores'))
    was = kept(old)
    ok(was == (passages, 1) and len(files(h)) == 1, 'one model, one file', was, files(h))
    configured(h, LLM_EMBEDDING=new)
    got = asked(h, key, q)
    ok(got['passages'] == [] and asked(h, key, 'landlord')['passages'], 'after a change of the model words alone find at first', got)
    # A thousand documents are asked for at a time, and the rest ten minutes later.
    org = h.one("select id from organizations where slug = 'aa'")
    h.sql("with d as (insert into documents (org_id, name, type, size_bytes, hash, status, scan, pages, chunked_at, superseded) select '%s', 'old ' || n, 'text/plain', 9, md5(n::text) || md5(n::text), 'COMPLETED', 'clean', 1, now(), false "
          "from generate_series(1, 1000) n returning org_id, id), p as (insert into document_pages (org_id, document_id, page, source, width, height, confidence, body, words, found) select org_id, id, 1, 'text', 9, 9, 1, 'valve', '[]', '' from d returning org_id, document_id) "
          "insert into chunks (org_id, document_id, page, from_char, to_char, body, hash, found) select org_id, document_id, 1, 0, 5, 'valve', sha256('valve'), '' from p" % org)
    tended(h)
    ok(kept(new)[0] >= 1000 and h.one("select count(*) from jobs where kind = 'vector.tend' and state = 'delayed'") == '1', 'a thousand documents get vectors of the new model, and the rest follows', kept(new))
    h.sql("delete from documents where name like 'old %'")
    h.hurry('vector.tend')
    h.wait(lambda: kept(new)[0] - int(h.one("select count(*) from vector_log where model = '%s' and gone" % new)) == passages, 'every passage to have a vector of the new model', 60)
    h.form('/search/passages?q=where+is+the+bond', '/search/passages', {'q': q}, ana)
    h.wait(lambda: asked(h, key, q)['passages'], 'the answer by the new model')
    ok([p['document_id'] for p in asked(h, key, q)['passages']] == [lease] and stub.calls()[-1]['ask']['model'] == 'other-embed', 'the new model answers')
    ok(len(files(h)) == 2 and kept(old)[1] == 1, 'what the old one made is kept', files(h))
    h.drained(60)
    calls = len(stub.calls())
    configured(h, LLM_EMBEDDING=old)
    ok([p['document_id'] for p in asked(h, key, q)['passages']] == [lease], 'back at the old one it finds at once')
    tended(h)
    ok(len(stub.calls()) == calls, 'and nothing is paid twice', stub.calls()[calls:])
    h.sql("update vector_stores set wanted_at = now() - interval '29 days'")
    tended(h)
    ok(kept(new)[1] == 1 and len(files(h)) == 2, 'a model that was wanted a month ago is kept')
    h.sql("update vector_stores set wanted_at = now() - interval '31 days'")
    tended(h)
    ok(kept(new) == (0, 0) and h.one("select count(*) from embeddings where model = '%s'" % new) == '0' and kept(old)[1] == 1, 'then what it made goes, and what is configured stays', kept(new))
    tended(h)
    ok(len(files(h)) == 1 and [p['document_id'] for p in asked(h, key, q)['passages']] == [lease], 'and its file', files(h))


with tempfile.TemporaryDirectory(prefix='flmean') as folder:
    stub = Stub(folder)
    try:
        with House.temporary(conf={'OPENAI_API_KEY': 'key', 'OPENAI_BASE_URL': 'http://' + stub.place, 'OUTSIDE_ALLOW': stub.place, 'LLM_EMBEDDING': 'openai:stub-embed'}) as h:
            h.org('aa', 'House aa')
            h.org('bb', 'House bb')
            ana, key = h.person('ana@aa.example', org='aa'), h.key('aa')
            stub.script('429:1', 'ok')
            lease = put(h, key, 'lease.txt', TEXTS[0])
            ok([c['step'] for c in stub.calls()] == ['429:1', 'ok'] and stub.calls()[0]['ask']['model'] == 'stub-embed', 'a busy provider is asked again', stub.calls())
            put(h, key, 'boiler.txt', TEXTS[1])
            before = len(stub.calls())
            put(h, key, 'copy.txt', TEXTS[1] + '\n')
            ok(len(stub.calls()) == before, 'a text that was embedded before is not sent again')
            found(h, ana, key, lease, stub)
            by_program(h, key, stub)
            talked(h, key, lease, stub)
            ok(asked(h, h.key('bb'), 'where is the bond')['passages'] == [], 'another tenant finds nothing of it')
            ok(h.one('select distinct model || dims from embeddings') == 'openai:stub-embed48', 'model and length are kept with each vector')
            changed(h, ana, key, lease, stub)
            for bad in ('empty', 'extra', 'garbage'):
                stub.script(bad)
                made = send(h, key, bad + '.txt', (TEXTS[2] + bad).encode()).json['id']
                h.wait(lambda: h.one("select count(*) from job_attempts where error like 'unparsable%%'") != '0', 'an answer that is none', 30)
                h.wait(lambda: h.api('GET', '/search?q=signature', key).json['passages'], 'it to be found by its words all the same', 30)
                ok(h.one("select embedded_at is null from documents where id = '%s'" % made) == 't', 'nothing is kept of an answer that is %s' % bad)
    finally:
        stub.process.terminate()
done()
