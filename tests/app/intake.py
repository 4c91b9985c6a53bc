"""The doors: form, API, webhook and the submitter's link, as strangers, programs and colleagues meet them."""
import base64, concurrent.futures, hashlib, hmac, json, os, pathlib, re, sys, time, uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
from house import House, HouseError

count = [0, 0]


def ok(cond, what, *why):
    count[0] += 1
    count[1] += not cond
    print('%sok %d - %s' % ('' if cond else 'not ', count[0], what))
    if not cond:
        print('#', *[str(w)[:600] for w in why])
    sys.stdout.flush()


def parallel(n, call):
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: call(), range(n)))


def api(h, key):
    good = {'subject': 'Invoice 2291', 'body': 'It was charged twice.', 'email': 'Owner@Mill.example', 'name': 'Bakery owner'}
    a = h.api('POST', '/intake', key, good)
    ok(a.status == 202 and a.json['status'] == 'NEW' and a.json['status_url'].startswith('http'), 'the API takes a request: 202', a.status, a.text)
    ok(h.one("select queue || ' ' || kind from jobs where payload ->> 'intake_id' = '%s'" % a.json['id']) == 'intake-routing intake.route',
       'with its job in the same commit')
    ok(h.one("select requester_email from intake_requests where id = '%s'" % a.json['id']) == 'owner@mill.example', 'addresses are lower case')
    bad = h.api('POST', '/intake', key, {'body': 'x', 'email': 'no address', 'extra': 1})
    told = {e['pointer']: e['detail'] for e in bad.json.get('errors', [])}
    ok(bad.status == 422 and {'/subject', '/email', '/extra'} <= set(told) and all(told.values()), 'wrong fields: 422 with a message each', bad.text)
    ok(bad.headers['Content-Type'].startswith('application/problem+json'), 'as a problem')
    ok(h.request('POST', '/api/v1/intake', key, '{"subject": NaN}', {'Content-Type': 'application/json'}).status == 400, 'malformed JSON: 400')
    ok(h.request('POST', '/api/v1/intake', key, '{"subject":"a","subject":"b"}', {'Content-Type': 'application/json'}).status == 400, 'a name given twice: 400')
    ok(h.api('POST', '/intake', key, {'subject': 'x', 'body': 'y' * (2 << 20)}).status == 413, 'too large: 413')
    ok(h.api('POST', '/intake', None, good).status == 401, 'nobody: 401')
    wrong_method = h.api('DELETE', '/intake', key)
    ok(wrong_method.status == 405 and 'POST' in wrong_method.headers.get('Allow', ''), 'wrong method: 405 with Allow', wrong_method.headers.get('Allow'))
    ok(h.request('POST', '/api/v1/intake', key, 'x', {'Content-Type': 'text/plain'}).status == 415, 'another kind of content: 415')


def idempotency(h, key):
    body, head = {'subject': 'Only once'}, {'Idempotency-Key': str(uuid.uuid4())}
    answers = [a for k in range(10) for a in parallel(20, lambda: h.api('POST', '/intake', key, body, head))]
    ok({a.status for a in answers} <= {202, 409}, '200 posts of one key: 202 or in flight', sorted({a.status for a in answers}))
    ok(h.one("select count(*) from intake_requests where subject = 'Only once'") == '1', 'and one row')
    ok(len({a.json['id'] for a in answers if a.status == 202}) == 1, 'with one answer')
    ok(h.api('POST', '/intake', key, {'subject': 'Another'}, head).status == 422, 'the key with another body: 422')
    gone, said = str(uuid.uuid4()), ''
    try:
        h.sql("select set_config('app.current_org_id', '%s', false), intake_create('api', 'x', null, null, null, null, null, null, null, null, null, null, 'en')" % gone)
    except HouseError as e:
        said = str(e)
    ok('null value' in said and h.one("select count(*) from system_events where org_id = '%s'" % gone) == '0', 'an organisation that was just erased gets neither request nor event', said)


FIELDS = [
    ({'label': 'What is it about?', 'kind': 'choice', 'required': 'on', 'choices': 'A bill\nA date'}, 'what_is_it_about'),
    ({'label': 'Since when', 'kind': 'date'}, 'since_when'),
    ({'label': 'How many', 'kind': 'number'}, 'how_many'),
    ({'label': 'Phone', 'kind': 'phone'}, 'phone'),
]


def make_form(h, boss):
    a = h.form('/channels/forms/new', '/channels/forms', {'name': 'Front door', 'title': 'How can we help?'}, boss)
    ok(a.status == 303, 'a form is made by a form', a.status, a.text)
    page = a.headers['Location'].split('?')[0]
    for body, _ in FIELDS:
        a = h.form(page, page + '/fields', body, boss)
        ok(a.status == 303, 'field added: ' + body['label'], a.status)
    ok(h.form(page, page + '/fields', {'label': 'Bad', 'kind': 'choice', 'choices': 'one'}, boss).status == 422, 'a choice of one is refused')
    h.form(page, page + '/fields/move', {'field': 'phone', 'where': 'up'}, boss)
    names = h.one("select string_agg(x ->> 'name', ' ' order by i) from intake_forms, jsonb_array_elements(fields) with ordinality e(x, i)")
    ok(names == 'name email message what_is_it_about since_when phone how_many', 'fields in their order', names)
    stale = h.post(page, {'name': 'x', 'version': 1, '_token': h.get(page, boss).token}, boss)
    ok(stale.status == 409 and 'Someone changed this meanwhile' in stale.text, 'a stale form: 409 and the new state', stale.status)
    shown = h.get(page, boss).text
    ok('&lt;form method=' in shown and 'name="field.message"' in shown and 'website' in shown, 'the snippet to copy')
    ok('required&gt;\n    &lt;option value=""&gt;&lt;/option&gt;\n    &lt;option&gt;A bill' in shown, 'in it nobody has chosen who did not choose')
    ok('multipart' not in shown, 'without a file it is a plain form')
    h.form(page, page + '/fields', {'label': 'A picture', 'kind': 'file'}, boss)
    shown = h.get(page, boss).text
    ok('enctype="multipart/form-data"&gt;' in shown and 'name="field.a_picture" type="file"&gt;' in shown, 'with one it takes files')
    ok(h.form(page, page + '/fields/remove', {'field': 'a_picture'}, boss).status == 303, 'a field is removed')
    return '/f/' + h.one('select public_key from intake_forms'), page


FILLED = {'field.name': 'Ana', 'field.email': 'ana@mill.example', 'field.message': 'The gallery asks for a password.', 'field.what_is_it_about': 'A bill',
          'field.since_when': '2026-11-01', 'field.how_many': '12'}


def form(h, door):
    page = h.get(door)
    ok(page.status == 200 and 'How can we help?' in page.text and 'noindex' in page.text, 'the form is there for strangers')
    time.sleep(3.2)
    wrong = h.post(door, {'_token': page.token, 'field.name': 'Ana <b>', 'field.email': 'nowhere', 'field.what_is_it_about': 'Else', 'field.since_when': '2026-02-30',
                          'field.how_many': 'ten', 'field.phone': 'call me'})
    ok(wrong.status == 422 and wrong.text.count('aria-invalid="true"') == 5, 'wrong fields: 422, each marked', wrong.status, wrong.text.count('aria-invalid'))
    ok('Ana &lt;b&gt;' in wrong.text and 'value="nowhere"' in wrong.text and 'Choose one of those listed' in wrong.text, 'what was typed is kept, escaped')
    ok(h.one('select count(*) from intake_requests where form_id is not null') == '0', 'nothing is half written')
    sent = parallel(10, lambda: h.post(door, {'_token': page.token, **FILLED}))
    ok({a.status for a in sent} <= {303, 409} and h.one('select count(*) from intake_requests where form_id is not null') == '1',
       'sent ten times at once: one request', sorted({a.status for a in sent}))
    row = h.sql("select status, subject, body, requester_email, fields ->> 'how_many' from intake_requests where form_id is not null")
    ok(row[0][0] == 'NEW' and row[0][1] == 'The gallery asks for a password.' and 'Since when: 2026-11-01' in row[-2][0] + row[-1][0] and 'ana@mill.example' in str(row),
       'subject, text and labelled values', row)
    link = [a for a in sent if a.status == 303][0].headers['Location']
    ok(link.startswith('/status/') and link.endswith('?done=received'), 'then the page that tells where it stands', link)
    j = h.api('POST', door, None, {'field': {'message': 'x'}})
    told = {e['pointer'] for e in j.json.get('errors', [])}
    ok(j.status == 422 and told == {'/field/email', '/field/what_is_it_about'}, 'JSON is told all that is wrong', j.text)
    asked = """select subject from form_read('[{"name": "m", "label": "M", "kind": "long"}, {"name": "a", "label": "Order number", "kind": "text"}, {"name": "b", "label": "%s", "kind": "text"}]',
        '{"m": "The lift stands still", "a": "5512", "b": "A lift"}', 'Form')"""
    ok([h.one(asked % label) for label in ('Company', 'Subject', 'El asunto')] == ['The lift stands still', 'A lift', 'A lift'], 'the subject is the line that asks for it, else how the text begins')
    ok(h.one("""select subject from form_read('[{"name": "a", "label": "Order number", "kind": "text"}]', '{"a": "5512"}', 'Form')""") == '5512', 'without a text, the line there is')
    subject = "select subject from form_read('[{\"name\": \"m\", \"label\": \"M\", \"kind\": \"long\"}]', jsonb_build_object('m', '%s'), 'Form')"
    told = [h.one(subject % text) for text in ('The lift stands still. ' + 'Nobody comes. ' * 9, 'one two three ' * 9, 'x' * 140, 'Short and whole')]
    ok(told[0] == 'The lift stands still.' and told[1].endswith(' two…') and len(told[1]) <= 80 and len(told[2]) == 80 and told[3] == 'Short and whole',
       'a long first line ends at a sentence, at a word, or at 80 characters', told)
    for nowhere in ('/f/no-such-form', '/status/no-such-link'):
        a = h.get(nowhere)
        ok(a.status == 404 and 'This link leads nowhere' in a.text and 'sign' not in a.text.lower(), 'an unknown link leads nowhere, and says so: ' + nowhere, a.status, a.text)
    return link.split('?')[0]


def embedded(h, door):
    """The form on another site: no token of ours."""
    count = lambda: int(h.one('select count(*) from intake_requests where form_id is not null'))
    before, there = count(), {**FILLED, 'field.message': 'The bell does not ring.'}
    sent = parallel(10, lambda: h.post(door, there))
    ok({a.status for a in sent} <= {303, 409} and count() == before + 1, 'a snippet sent ten times at once: one request', sorted({a.status for a in sent}))
    shown = {a.headers['Location'] for a in [*sent, h.post(door, there)] if a.status == 303}
    ok(len(shown) == 1 and count() == before + 1, 'sent again: its page is shown again', shown)
    ok(h.post(door, {**there, 'field.name': 'Bo'}).status == 303 and count() == before + 2, 'other words are another request')
    h.sql("update idempotency set created_at = created_at - interval '3 minutes'")
    ok(h.post(door, there).headers['Location'] not in shown and count() == before + 3, 'and the same words later may be meant')


def guard(h, door, boss):
    def send(**more):
        return h.post(door, {**FILLED, **more})

    fast = send(_token=h.get(door).token)
    ok(fast.status == 303 and fast.headers['Location'].startswith('/status/'), 'sent within three seconds: the same friendly answer', fast.status)
    ok(h.one("select quarantine_reason from intake_requests order by number desc limit 1") == 'fast', 'but put aside')
    ok(h.one("select count(*) from jobs j join intake_requests r on j.payload ->> 'intake_id' = r.id::text where r.status = 'QUARANTINED'") == '0', 'without a job')
    ok('Put aside' not in h.get(fast.headers['Location']).text, 'and the sender is not told')
    ok(send(website='http://x.example').status == 303 and h.one("select quarantine_reason from intake_requests order by number desc limit 1") == 'bait',
       'the field nobody sees')
    asked = send()
    ok(asked.status == 422 and 'id="answer"' in asked.text, 'after two the form asks a sum', asked.status)
    a, b = re.search(r'What is (\d+) plus (\d+)', asked.text).groups()
    ok(send(answer=str(int(a) + int(b))).status == 303 and h.one('select status from intake_requests order by number desc limit 1') == 'NEW', 'whoever answers it is heard')
    ok(send(answer='99').status == 422, 'a wrong sum is not')
    rid, = h.sql("select id from intake_requests where quarantine_reason = 'fast'")[0]
    ok('within three seconds' in h.get('/intake?view=quarantined', boss).text, 'colleagues see what was put aside and why')
    ok(h.form('/intake/' + rid, '/intake/%s/release' % rid, {}, boss).status == 303 and h.one("select status from intake_requests where id = '%s'" % rid) == 'NEW',
       'and let it in')
    ok(h.one("select count(*) from jobs where payload ->> 'intake_id' = '%s'" % rid) == '1', 'which makes its job')


def status(h, link, boss):
    page = h.get(link)
    ok(page.status == 200 and 'noindex' in page.text and page.headers['Referrer-Policy'] == 'same-origin' and 'Received' in page.text, 'the link shows where it stands')
    ok(h.get(link[:-1] + ('A' if link[-1] != 'A' else 'B')).status != 200, 'a guessed link shows nothing')
    ok(h.post(link, {'body': '', '_token': page.token}).status == 422, 'an empty word: 422')
    ok(h.post(link, {'body': 'It is urgent <now>', '_token': page.token}).status == 303 and 'It is urgent &lt;now&gt;' in h.get(link).text, 'a word is added')
    rid = h.one("select intake_id from intake_messages where body = 'It is urgent <now>'")
    note = h.form('/intake/' + rid, '/intake/%s/note' % rid, {'text': 'Only for us'}, boss)
    reply = h.form('/intake/' + rid, '/intake/%s/reply' % rid, {'text': 'We look into it.'}, boss)
    shown = h.get(link).text
    ok(note.status == reply.status == 303 and 'We look into it.' in shown and 'Only for us' not in shown, 'answers are shown, notes are not', note.status, reply.status)
    ok(h.one("select count(*) from email_messages where intake_id = '%s' and template = 'reply'" % rid) == '1', 'the answer is mailed')
    ok(h.post(link + '/withdraw', {'_token': page.token}).status == 303 and h.one("select status from intake_requests where id = '%s'" % rid) == 'CLOSED', 'withdrawn')
    ages = []
    for days in (89, 91):
        h.sql("update intake_requests set closed_at = now() - interval '%d days' where id = '%s'" % (days, rid))
        ages.append(h.get(link).status)
    ok(ages == [200, 404], 'the link ends 90 days later', *ages)


SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'


def signed(body, at, mid):
    mac = hmac.new(base64.b64decode(SECRET[6:]), b'%s.%d.' % (mid.encode(), at) + body, hashlib.sha256).digest()
    return {'Content-Type': 'application/json', 'webhook-id': mid, 'webhook-timestamp': str(at), 'webhook-signature': 'v1,' + base64.b64encode(mac).decode()}


def webhook(h, boss):
    a = h.form('/channels/webhooks/new', '/channels/webhooks', {'name': 'Building', 'scheme': 'standard', 'secret': SECRET, 'map_subject': 'data.title'}, boss)
    ok(a.status == 303 and SECRET not in h.get(a.headers['Location'], boss).text, 'a source is made; its secret is not shown again', a.status, a.text)
    door = '/api/webhooks/' + h.one('select public_key from webhook_sources')
    if h.request('POST', door, None, b'{}').status == 404:
        door = door.replace('/api/', '/api/v1/')
    ok(h.one("select position('%s' in encode(secret, 'escape')) from webhook_sources" % SECRET[6:20]) == '0', 'the secret is sealed')
    body = json.dumps({'data': {'title': 'Permit QB-14', 'body': 'It expires.', 'email': 'b@house.example'}}).encode()

    def post(at=None, mid='msg_1', **more):
        return h.request('POST', door, None, more.get('body', body), {**signed(body, at or int(time.time()), mid), **more.get('head', {})})

    first = post()
    ok(first.status == 202 and h.one("select subject || requester_email || channel from intake_requests where id = '%s'" % first.json.get('id')) ==
       'Permit QB-14b@house.examplewebhook', 'a signed one becomes a request: 202', first.status, first.text)
    again = parallel(10, post)
    ok({a.status for a in again} == {200} and all(a.json == {**first.json, 'status': a.json['status']} for a in again), 'the same id ten times at once: 200, one record',
       [a.status for a in again])
    new = parallel(10, lambda: post(mid='msg_2'))
    ok(sorted(a.status for a in new) == [200] * 9 + [202] and h.one("select count(*) from intake_requests where subject = 'Permit QB-14'") == '2',
       'a new one ten times at once: one record', sorted(a.status for a in new))
    now = int(time.time())
    ok(post(at=now - 301, mid='msg_3').status == 401 and post(at=now + 302, mid='msg_3').status == 401, '301 s off: 401')
    ok(post(at=now - 290, mid='msg_4').status == 202, '290 s old is taken')
    ok(post(mid='msg_5', body=body + b' ').status == 401, 'another body: 401')
    ok(post(mid='msg_5', body=b'{broken', head={}).status == 401, 'a bad signature is refused before the body is read')
    broken = b'{"a":NaN}'
    ok(h.request('POST', door, None, broken, signed(broken, now, 'msg_6')).status == 400 and h.one("select count(*) from webhook_receipts where provider_id = 'msg_6'") == '0',
       'signed nonsense: 400, and it may be sent again')
    ok(h.one("select count(*) from system_events where type = 'webhook.form_submitted'") == '3', 'each has its event')


def taken_back(h, boss, rid, pid):
    """Send on, give, close: each can be taken back by who did it, with what came of it."""
    def state():
        return h.sql("select status, pipeline_id = '%s', assignee_id is not null, (select count(*) from pipeline_items i where i.intake_id = r.id and i.archived_at is null), "
                     "(select count(*) from leads l where l.intake_id = r.id), (select pipeline_id from labelled_cases c where c.intake_id = r.id) from intake_requests r where id = '%s'"
                     % (two, rid))[0]

    def act(path, form, undo):
        answer = h.post(path, {**form, '_token': h.get('/intake', boss).token}, boss)
        after = state()
        request = answer.headers.get('Location', '').partition('&of=')[2]
        return after, h.post(undo, {'request': request, '_token': h.get('/intake', boss).token}, boss).status

    two = h.one("insert into pipelines (org_id, name) select org_id, 'Elsewhere' from pipelines where id = '%s' returning id" % pid)
    h.sql("insert into pipeline_stages (org_id, pipeline_id, name) select org_id, id, 'New' from pipelines where id = '%s'" % two)
    before = state()
    after, status = act('/intake/bulk', {'act': 'assign', 'to': two, 'id': rid}, '/intake/undo')
    ok(after[1] == 't' and status == 303 and state()[:5] == before[:5], 'sent elsewhere with others, and back', after, status, state())
    after, status = act('/intake/bulk', {'act': 'mine', 'id': rid}, '/intake/undo')
    ok(after[2] == 't' and status == 303 and state()[:5] == before[:5], 'taken by somebody, and left again', after, status, state())
    after, status = act('/intake/bulk', {'act': 'close', 'id': rid}, '/intake/undo')
    ok(after[0] == 'CLOSED' and status == 303 and state()[:5] == before[:5], 'closed, and open again', after, status, state())
    fresh = h.one("insert into intake_requests (org_id, channel, status, subject, body) select org_id, 'api', 'NEEDS_REVIEW', 'Fresh', '' from pipelines where id = '%s' returning id" % pid)
    rid = fresh
    before = state()
    after, status = act('/intake/%s/assign' % rid, {'pipeline_id': two}, '/intake/%s/undo' % rid)
    ok(after[:4] == ['ASSIGNED', 't', 'f', '1'] and status == 303 and state() == before, 'what lay nowhere lies nowhere again, and teaches nothing', after, status, state(), before)
    h.sql("delete from intake_requests where id = '%s'" % rid)


def desk(h, boss, key, other):
    rid = h.api('POST', '/intake', key, {'subject': 'Move Tuesday', 'email': 'c@x.example', 'phone': '+34 600 000 000'}).json['id']
    page = h.get('/intake/' + rid, boss)
    version = re.search(r'name="version" value="(\d+)"', page.text).group(1)
    mine = h.one('select user_id from memberships limit 1')
    a = h.post('/intake/%s/assign' % rid, {'assignee_id': mine, 'version': version, '_token': page.token}, boss)
    ok(a.status == 303, 'given to a person', a.status, a.text)
    made = h.api('POST', '/intake', key, {'subject': 'Ours by card'}).json['id']
    pipeline = h.one("insert into pipelines (org_id, name) select org_id, 'Owned' from intake_requests where id = '%s' returning id" % made)
    h.sql("insert into pipeline_stages (org_id, pipeline_id, name, position, kind) select org_id, id, 'New', 1, 'open' from pipelines where id = '%s'" % pipeline)
    sent = [h.api('POST', '/intake/%s/assign' % made, boss, what, {'X-Form-Token': h.get('/intake/' + made, boss).token}).status
            for what in ({'pipeline_id': pipeline}, {'assignee_id': mine})]
    ok(h.one("select owner_id from pipeline_items where intake_id = '%s' and archived_at is null" % made) == mine, 'whose request it is, his is the card', sent)
    b = h.post('/intake/%s/reply' % rid, {'text': 'My long answer', 'version': version, '_token': h.get('/intake/' + rid, boss).token}, boss)
    ok(b.status == 409 and 'My long answer' in b.text and 'Someone changed this meanwhile' in b.text, 'overtaken: 409, the new state, what was typed', b.status)
    ok(h.api('POST', '/intake/%s/close' % rid, key, {'version': 1}).status == 409, 'the same for programs')
    for path in ('', '/assign', '/reply', '/note', '/close', '/reopen', '/release', '/reject', '/wrong'):
        a = h.api('POST' if path else 'GET', '/intake/%s%s' % (rid, path), other, {'text': 'x', 'assignee_id': mine} if path in ('/reply', '/note') else {} if path else None)
        ok(a.status == 404 or (a.status == 422 and path in ('/reply', '/note')), 'another organisation sees nothing of it: %s' % (path or 'itself'), a.status, a.text)
    pid = h.one("insert into pipelines (org_id, name, makes_lead) select org_id, 'Dates', true from intake_requests where id = '%s' returning id" % rid)
    h.sql("insert into pipeline_stages (org_id, pipeline_id, name) select org_id, id, 'New' from pipelines where id = '%s'" % pid)
    a = h.api('POST', '/intake/%s/assign' % rid, key, {'pipeline_id': pid})
    ok(a.status == 200 and h.one("select status from intake_requests where id = '%s'" % rid) == 'ASSIGNED', 'sent to a pipeline', a.text)
    ok(h.one("select count(*) from pipeline_items where intake_id = '%s'" % rid) == '1', 'it lies on the board')
    ok(h.one("select c.email from contacts c join intake_requests r on r.contact_id = c.id where r.id = '%s'" % rid) == 'c@x.example', 'the requester is a contact')
    ok(h.one("select status from leads where intake_id = '%s'" % rid) == 'New', 'and a lead, as the pipeline says')
    taken_back(h, boss, rid, pid)
    a = h.api('POST', '/intake/%s/wrong' % rid, key, {'reason': 'none fits'})
    ok(a.status == 200 and h.one("select status || coalesce(pipeline_id::text, '') from intake_requests where id = '%s'" % rid) == 'NEEDS_REVIEW', 'said to be wrong: a person looks', a.text)
    a = h.post('/intake/bulk', {'act': 'close', 'id': rid, '_token': h.get('/intake', boss).token}, boss)
    ok(a.status == 303 and h.one("select status from intake_requests where id = '%s'" % rid) == 'CLOSED', 'closed with the others chosen', a.status)
    open_before = h.one("select count(*) from intake_requests where status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') and channel = 'api'")
    a = h.post('/intake/bulk', {'act': 'close', 'all': 'on', 'channel': 'api', '_token': h.get('/intake', boss).token}, boss)
    ok(int(open_before) > 0 and a.status == 303 and
       h.one("select count(*) from intake_requests where status not in ('CLOSED', 'REJECTED', 'QUARANTINED') and channel = 'api'") == '0', 'all that match the filter', a.status)
    for name, states in (('open', "'NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW'"), ('closed', "'CLOSED', 'REJECTED'"), ('quarantined', "'QUARANTINED'")):
        counted = h.one("select coalesce(sum(delta), 0) from (select delta from counter_deltas where name = 'intake.%s' union all select value from counters where name = 'intake.%s') x"
                        % (name, name))
        ok(counted == h.one('select count(*) from intake_requests where status in (%s)' % states), 'the counter of %s ones is right' % name, counted)
    for path in ('/intake', '/intake?view=closed', '/intake?view=mine&q=Tuesday', '/intake?view=review', '/intake/new', '/contacts', '/contacts?q=x', '/channels',
                 '/contacts/' + (h.one('select id from contacts limit 1') or '')):
        a = h.get(path, boss)
        ok(a.status == 200, 'page ' + path.split('/')[1] + path[len(path.split('/')[1]) + 1:][:20], a.status)
    h.form('/intake?channel=email', '/intake/views', {'name': 'Only mail', 'query': 'channel=email&done=x'}, boss)
    view = h.one("select id || ' ' || query from intake_views where name = 'Only mail'").split()
    page = h.get('/intake?channel=email&saved=' + view[0], boss).text
    tabs = page[page.index('id="views"'):page.index('id="queue"')]
    ok(view[1] == 'channel=email' and tabs.count('aria-current') == 1 and 'aria-current="page">Only mail' in tabs and '/intake/views/%s/remove' % view[0] in tabs, 'a saved view is a tab, the current one when open', view)
    ok(h.form('/intake', '/intake/views/%s/remove' % view[0], {}, boss).status == 303 and 'Only mail' not in h.get('/intake', boss).text, 'and can be removed')
    ok('Move Tuesday' in h.get('/intake?view=mine', boss).text or h.get('/intake?view=closed', boss).text.count('Move Tuesday') > 0, 'and finds it')
    seen = re.search(r'<noscript>.*?name="since" value="([^"]+)"', h.get('/intake', boss).text, re.S)[1]
    h.api('POST', '/intake', key, {'subject': 'After the look', 'body': 'Is there room on Friday?', 'email': 'a@b.example'})
    page = h.get('/intake?since=' + seen, boss).text
    ok('<b>1 new since you looked</b>' in page and 'name="since" value="%s"' % seen not in page, 'without scripts a press shows what is new and says how much')
    a = h.api('GET', '/intake?limit=2', key)
    ok(len(a.json['items']) == 2 and 'body' not in a.json['items'][0] and a.json['next'].startswith('/api/v1/intake?after='), 'the list for programs is lean and goes on')
    ok(h.get(a.json['next'], key, headers={'Accept': 'application/json'}).json['items'][0]['id'] < a.json['items'][1]['id'], 'to the next page')


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('demo')
        h.org('other')
        boss, key, other = h.person('ana@demo.example', org='demo', role='owner'), h.key('demo'), h.key('other')
        h.fairlead('user', 'add', 'eve@other.example', 'Eve', '--org', 'other', '--role', 'owner', stdin='correct horse battery staple\n')
        api(h, key)
        idempotency(h, key)
        door, page = make_form(h, boss)
        link = form(h, door)
        embedded(h, door)
        guard(h, door, boss)
        status(h, link, boss)
        h.form(page, page + '/switch', {}, boss)
        ok(h.get(door).status != 200, 'a shut form is not there')
        webhook(h, boss)
        desk(h, boss, key, other)
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '5'}) as h:
        h.org('demo')
        for _ in range(16):  # more than twice as many as pass in a minute: one may end between them
            last = h.post('/signin', {'email': 'x@y.example', 'password': 'z'})
            if last.status == 429:
                break
        ok(last.status == 429 and last.headers.get('Retry-After'), 'too many from one address: 429 with Retry-After', last.status)
        for _ in range(16):
            last = h.request('OPTIONS', '/api/v1/f/none', headers={'Origin': 'https://shop.example', 'Access-Control-Request-Method': 'POST'})
            if last.status == 429:
                break
        ok(last.status == 429 and last.headers.get('Retry-After'), 'a preflight of a form is under the same budget', last.status)
    print('1..%d' % count[0])
    return count[1] > 0


sys.exit(main())
