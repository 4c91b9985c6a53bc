"""Drafts of replies (LLM-03, copilot): asked for by a person, written by a model or put together from documents, shown to that person, never sent. Prints TAP."""
import json, os, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import send  # noqa: E402
from house import House  # noqa: E402
from modelstub import Model  # noqa: E402
from tap import done, ok  # noqa: E402

RENT = 'The monthly rent of the warehouse is 1,250.00 EUR. A deposit of three months of rent is kept by the landlord.\n'


def desk(h):
    h.org('aa', 'House aa')
    h.org('bb', 'House bb')
    ana, ben, vic, eve = h.person('ana@aa.example', org='aa', role='owner'), h.person('ben@aa.example', org='aa', role='operator'), h.person('vic@aa.example', org='aa', role='viewer'), h.person('eve@bb.example', org='bb', role='owner')
    key = h.key('aa', 'operator')
    for k, text in ((key, RENT), (h.key('bb', 'operator'), 'The rent is a secret canary of the neighbours, 1 EUR.\n')):
        made = send(h, k, 'lease.txt', text.encode()).json['id']
        h.wait(lambda: h.one("select chunked_at is not null from documents where id = '%s'" % made) == 't', 'the lease to be cut', 60)
    asked = h.api('POST', '/intake', key, {'subject': 'Rent', 'body': 'How much is the monthly rent of the warehouse?', 'email': 'kim@mill.example', 'name': 'Kim Mill'})
    assert asked.status in (201, 202), asked.text
    h.drained(60)
    return ana, ben, vic, eve, key, asked.json['id']


def asks(h, who, at, text=''):
    page = '/intake/' + at
    answer = h.form(page, page + '/draft', {'text': text, 'version': '1'}, who)
    h.drained(60)
    return answer, h.api('GET', page, who).json


def without(h, ana, at):
    answer, got = asks(h, ana, at)
    ok(answer.status == 303 and got['draft']['status'] == 'DONE' and got['draft']['note'] == 'no_model', 'without a model a draft is put together, and it is said so', (answer.status, got.get('draft')))
    text = got['draft']['text']
    ok(text.startswith('Hello Kim Mill,') and '> The monthly rent of the warehouse is 1,250.00 EUR.' in text and text.endswith('Ana'), 'from a greeting, the passage and a name', text)
    page = h.get('/intake/' + at, ana).text
    ok('1,250.00 EUR' in page.split('<textarea id="text"')[1].split('</textarea>')[0] and 'lease.txt, page 1</a>' in page, 'it stands in the reply, with its source', page[-6000:])
    ok(h.one("select count(*) from email_messages where template = 'reply'") == '0' and h.one("select count(*) from intake_messages where direction = 'out'") == '0', 'nothing was sent')


def written(h, model, ana, ben, at):
    model.says('Hello Kim,\n\nthe rent is 1,250.00 EUR a month, <b>we</b> waive the deposit.\x07\n\nAna')
    answer, got = asks(h, ana, at, 'we waive the deposit')
    ok((got['draft']['status'], got['draft']['model'], got['draft']['note']) == ('DONE', 'copilot-1', None), 'a model writes it', got['draft'])
    ask = json.loads(model.asked().splitlines()[-1])['ask']
    prompt = ask['messages'][-1]['content']
    ok(ask['model'] == 'copilot-1' and 'we waive the deposit' in prompt and 'How much is the monthly rent' in prompt and 'kept by the landlord' in prompt and 'canary' not in prompt,
       'it is told the request, what its person wants said and passages, nothing of a neighbour', prompt)
    page = h.get('/intake/' + at, ana).text
    ok('&lt;b&gt;we&lt;/b&gt; waive' in page and '\x07' not in page and 'Draft by copilot-1' in page, 'what it says is text in the reply field', page[-6000:])
    ok(h.one("select count(*) from llm_calls where purpose = 'copilot' and status = 'ok' and prompt_tokens > 0") == '1' and h.one('select count(*) from llm_reservations') == '0', 'the call is traced, what was set aside given back')
    ok(h.api('GET', '/intake/' + at, ben).json['draft']['id'] is None, 'a draft is for who asked')
    ok('Draft asked for' in page, 'history tells that one was asked for')
    ok(h.one("select count(*) from email_messages where template = 'reply'") == '0', 'nothing was sent')
    model.says('unused', '500')
    _, got = asks(h, ana, at)
    ok((got['draft']['status'], got['draft']['note']) == ('DONE', 'away') and '1,250.00' in got['draft']['text'], 'a model that fails leaves what the documents say', got['draft'])
    h.sql("insert into llm_calls (org_id, purpose, provider, model, prompt, response, status, prompt_tokens) select id, 'chat', 'openai', 'm', '', '', 'ok', 10000000 from organizations where slug = 'aa'")
    calls = len(model.asked())
    _, got = asks(h, ana, at)
    ok(got['draft']['note'] == 'budget' and len(model.asked()) == calls, 'without budget nobody is asked', got['draft'])


def ends(h, ana, vic, eve, key, at):
    ok([h.form('/intake', '/intake/%s/draft' % at, {}, who).status for who in (vic, eve)] == [403, 404], 'who may not answer, or is of another house, gets none')
    ok(h.form('/intake/' + at, '/intake/%s/draft/forget' % at, {'text': 'x'}, ana).status == 303 and h.api('GET', '/intake/' + at, ana).json['draft']['id'] is None, 'a draft is thrown away')
    answer = h.api('POST', '/intake/%s/draft' % at, key, {'text': 'short'})
    h.drained(60)
    got = h.api('GET', '/intake/' + at, key).json
    ok(answer.status == 202 and got['draft']['ready'] and [s['name'] for s in got['draft_sources']] == ['lease.txt'], 'a program asks for one', (answer.text, got.get('draft')))
    asks(h, ana, at)
    ok(h.form('/intake/' + at, '/intake/%s/reply' % at, {'text': 'It is 1,250.00 EUR.', 'version': h.one("select version from intake_requests where id = '%s'" % at)}, ana).status == 303, 'a reply is sent')
    ok(h.api('GET', '/intake/' + at, ana).json['draft']['id'] is None and h.one("select body from intake_messages where direction = 'out'") == 'It is 1,250.00 EUR.', 'as its person wrote it; the draft is no more')


model = Model()
place = '127.0.0.1:%d' % model.port
try:
    with House.temporary(conf={'OPENAI_API_KEY': 'key-of-openai', 'OPENAI_BASE_URL': 'http://' + place, 'OUTSIDE_ALLOW': place}) as h:
        ana, ben, vic, eve, key, at = desk(h)
        without(h, ana, at)
        h.extra['LLM_COPILOT'] = 'openai:copilot-1'
        h.write_conf()
        h.restart('worker')
        written(h, model, ana, ben, at)
        ends(h, ana, vic, eve, key, at)
        ok(h.one("select count(*) from job_history where kind = 'draft.write' and state = 'dead'") == '0', 'no job died')
finally:
    model.stop()
done()
