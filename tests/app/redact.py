"""What an organisation hides of personal data before models elsewhere are asked: decisions, answers as they come, vectors, pictures; seen in its settings and in the
trace; the built-in reads everything. Prints TAP."""
import http.client, json, os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import send  # noqa: E402
from house import House  # noqa: E402
from modelstub import Model  # noqa: E402
from tap import done, ok  # noqa: E402

PERSONAL = ('ana.garcia@mill.example', '+34 600 123 456', '4111 1111 1111 1111', 'ES91 2100 0418 4502 0005 1332', '12345678Z', 'PAT-0042')
BODY = 'Invoice 2291 was charged twice on 2026-11-20. Please return the payment to %s or call %s. Card %s, account %s, DNI %s, case %s.' % PERSONAL
ALL = {'email': 'on', 'phone': 'on', 'card': 'on', 'account': 'on', 'identity': 'on', 'shapes': 'PAT-####'}


def asked(model, path):
    """What went to that address of the provider so far, as one text."""
    return ' '.join(json.dumps(line['ask'], ensure_ascii=False) for line in map(json.loads, model.asked().splitlines()) if line['wire'] == path)


def decided(h, key, subject):
    made = h.api('POST', '/intake', key, {'channel': 'api', 'subject': subject, 'body': BODY, 'name': 'Ana', 'email': PERSONAL[0]})
    path = '/intake/' + made.json['id']
    h.wait(lambda: h.one("select decision_id from intake_requests where id = '%s'" % made.json['id']), 'a decision', 60)
    return json.loads(h.one("select to_jsonb(d) from agent_decisions d where id = (select decision_id from intake_requests where id = '%s')" % made.json['id'])), path


def rules(h, ana):
    page = h.get('/agent/privacy', ana).text
    ok('href="/agent/privacy"' in h.get('/agent', ana).text and ' checked' not in page, 'beside the rules, off at first')
    for wrong in ('ab#', 'plain', 'AB-####\x01'):
        a = h.form('/agent/privacy', '/agent/privacy', {**ALL, 'shapes': wrong}, ana)
        ok(a.status == 422 and 'name="shapes"' in a.text, 'a shape that is none is refused: %r' % wrong, a.status)
    a = h.form('/agent/privacy', '/agent/privacy', ALL, ana)
    page = h.get('/agent/privacy', ana).text
    ok(a.status == 303 and page.count(' checked') == 5 and 'PAT-####' in page, 'the owner chooses', a.status)
    ok(h.one("select detail ->> 'kinds' from audit_log where action = 'llm.privacy'") == '["email", "phone", "card", "account", "identity"]', 'which is audited')
    mem = h.person('mem@aa.example', org='aa', role='member')
    ok(h.get('/agent/privacy', mem).status == 403, 'a member does not')


def decision(h, model, key, ana):
    model.does('ok', reason='[EMAIL_1] was charged twice.', evidence=['call [PHONE_1]', 'charged twice', '[CARD_1]'], entities=['[ACCOUNT_1]', '[EMAIL_7]'])
    before = len(asked(model, 'openai'))
    one, path = decided(h, key, 'Charged twice: ' + PERSONAL[0])
    sent = asked(model, 'openai')[before:]
    ok(sent and not any(p in sent for p in PERSONAL), 'nothing personal is sent', [p for p in PERSONAL if p in sent], sent[-900:])
    ok('Charged twice: [EMAIL_1]' in sent and 'payment to [EMAIL_1] or call [PHONE_1]' in sent, 'one value has one name', sent[-900:])
    ok('2291' in sent and '2026-11-20' in sent, 'what is not personal stays')
    ok(one['provider'] == 'openai' and one['fallback'] is None and one['reason'] == PERSONAL[0] + ' was charged twice.', 'the answer has the values again', one['reason'], one['fallback'])
    ok(one['evidence'] == ['call ' + PERSONAL[1], 'charged twice', PERSONAL[2]], 'so that its evidence is found in the request', one['evidence'])
    ok(one['entities'] == {'found': [PERSONAL[3], '[EMAIL_7]']}, 'a name that was never given stays', one['entities'])
    call = h.one("select id from llm_calls where decision_id = '%s'" % one['id'])
    page = h.get('/agent/calls/' + call, ana).text
    ok('[PHONE_1]' in page and '[EMAIL_1] was charged twice' in page and '<dt>Left out</dt><dd>7</dd>' in page, 'the trace shows what was sent and how much was left out', page[-2500:])
    ok(re.search(r'<dd><a href="/agent/calls">7</a>', h.get('/agent/privacy', ana).text), 'the settings tell the sum')
    box = h.form('/pipelines', '/pipelines', {'name': 'Billing@Mill.example'}, ana)
    assert box.status == 303, box.text[-2000:]
    model.does('ok', destination='[EMAIL_1]', reason='Write to [EMAIL_1].')
    before = len(asked(model, 'openai'))
    one, path = decided(h, key, 'For billing@mill.example')
    sent = asked(model, 'openai')[before:]
    ok('mill.example' not in sent.lower() and one['provider'] == 'openai' and one['fallback'] is None and h.one("select name from pipelines where id = '%s'" % one['pipeline_id']) == 'Billing@Mill.example',
       'a destination named as an address is hidden in the answer\'s form too, and found again', one, sent[-900:])
    model.does('503')
    one, path = decided(h, key, 'Charged twice once more')
    ok(one['provider'] == 'builtin' and one['evidence'], 'the built-in, which reads everything, decides where the model is away', one)
    model.does('ok')
    h.restart('worker')  # and with it the breaker


def chat(h, model, key, ana):
    made = send(h, key, 'porter.txt', ('The porter of the warehouse is reached at %s, or by telephone on %s.\n' % PERSONAL[:2]).encode()).json['id']
    h.wait(lambda: h.one("select embedded_at is not null from documents where id = '%s'" % made) == 't', 'the document to be embedded', 60)
    vectors = asked(model, 'embedding')
    ok('[EMAIL_1]' in vectors and not any(p in vectors for p in PERSONAL), 'vectors are made of the redacted text', vectors[-600:])
    model.says('Call [PHONE_1] or write to [EMAIL_1] please [1].', 'slow:250')
    path = h.form('/chat', '/chat', {'question': 'How is the porter reached? I am %s' % PERSONAL[0]}, ana).headers['Location'].split('#')[0]
    live = re.search(r'data-stream="([^"]+)"', h.get(path, ana).text)
    heard = []
    if live:
        c = http.client.HTTPConnection('127.0.0.1', h.port, timeout=120)
        c.request('GET', live.group(1), headers={'Cookie': ana, 'Accept': 'text/event-stream'})
        stream = c.getresponse()
        while len(heard) < 2:
            line = stream.readline().decode()
            if not line:
                break
            if line.startswith('data:'):
                heard.append(json.loads(line[5:])['text'])
        c.close()
    ok(heard and not any('[P' in t or '[E' in t for t in heard), 'who reads along sees no half names', heard)
    h.wait(lambda: not h.api('GET', path, ana).json['conversation']['waiting'], 'the answer', 60)
    turn = h.api('GET', path, ana).json['turns'][-1]
    ok(turn['answer'] == 'Call %s or write to %s please [1].' % (PERSONAL[1], PERSONAL[0]), 'an answer in chat has the values again', turn)
    sent = asked(model, 'openai')
    ok('telephone on [PHONE_1]' in sent and not any(p in sent for p in PERSONAL), 'neither passages nor question say them', sent[-900:])


def pictures(h, ana):
    a = h.form('/settings/chat', '/settings/chat', {'general': 'on', 'vision': 'on', 'chain': 'openai'}, ana)
    ok(a.status == 303 and h.sql("select set_config('app.current_org_id', id::text, true) from organizations; select document_vision_allowed()")[-1] == ['f'],
       'a picture cannot be redacted: none is sent')
    ok('no picture is sent' in h.get('/settings/chat', ana).text, 'as its switch says')


def off(h, model, key, ana):
    h.form('/agent/privacy', '/agent/privacy', {}, ana)
    model.does('ok')
    decided(h, key, 'Charged a third time')
    ok(PERSONAL[1] in asked(model, 'openai'), 'with nothing chosen everything is sent as it is')


model = Model()
place = '127.0.0.1:%d' % model.port
try:
    with House.temporary(conf={'OPENAI_API_KEY': 'key', 'OPENAI_BASE_URL': 'http://' + place, 'OUTSIDE_ALLOW': place, 'LLM_EMBEDDING': 'openai:stub-embed', 'LLM_CHAT': 'openai',
                               'LLM_VISION': 'openai:gpt-4o'}) as h:
        h.org('aa', 'House aa', '--with-pipelines')
        ana, key = h.person('ana@aa.example', org='aa', role='owner'), h.key('aa')
        body = {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 10000, 'per_hour': 10000, 'tokens_per_window': 10000000, 'may_notify': 'on', 'may_escalate': 'on',
                'chain': 'openai,builtin'}
        assert h.form('/agent', '/agent', body, ana).status == 303
        rules(h, ana)
        decision(h, model, key, ana)
        chat(h, model, key, ana)
        pictures(h, ana)
        off(h, model, key, ana)
finally:
    model.stop()
done()
