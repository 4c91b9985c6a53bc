"""Fields of documents at the door: found by rules with their place, lit, put right, confirmed, taken out, added; history, quality, rights. Prints TAP."""
import os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import drawn, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

BILL = ('Bakery at the Harbour', 'Invoice no: 2291', 'Date: 21 November 2026', 'IBAN: ES91 2100 0418 4502 0005 1332', 'Amount due: 1,250.00 EUR',
        'Questions to billing@bakery.example', '12 Harbour Street, Bristol BS1 4RN')


def sent(h, key, name, data):
    """Its id once passages and fields are made."""
    made = send(h, key, name, data).json['id']
    h.wait(lambda: h.one("select chunked_at is not null and fields_at is not null from documents where id = '%s'" % made) == 't', name + ' to be read', 60)
    return made


def fields(h, key, doc, at=''):
    return h.api('GET', '/documents/%s/fields%s' % (doc, at), key).json['fields']


def again(h, doc, work):
    """Does work and waits until fields were looked for after it."""
    ask = "select fields_at from documents where id = '%s'" % doc
    before = h.one(ask)
    work()
    h.wait(lambda: h.one(ask) != before, 'fields to be looked for again', 60)


def found(h, ana, key):
    doc = sent(h, key, 'bill.png', drawn('bill.png', [BILL], '-sDEVICE=pnggray', '-r200'))
    got = {f['kind']: f for f in fields(h, key, doc)}
    want = {'number': '2291', 'date': '2026-11-21', 'iban': 'ES9121000418450200051332', 'amount': '1250.00 EUR', 'email': 'billing@bakery.example'}
    ok({k: got.get(k, {}).get('normal') for k in want} == want, 'what a scan says is found and made normal', got)
    ok(got['iban']['checks'] == 'right' and got['date']['checks'] is None and got['amount']['label'] == 'Amount due', 'check digits are looked at, what it is called is kept', got)
    ok('Bristol' in got.get('address', {}).get('normal', ''), 'an address', got.get('address'))
    ok(all(0.3 < f['confidence'] < 1 and f['source'] == 'rule' for f in got.values()), 'each says how sure it is')
    words = h.api('GET', '/documents/' + doc, key).json['words']
    word = next(w for w in words if w['text'].startswith('1,250'))
    f = got['amount']
    ok((f['x'], f['y']) == (word['x'], word['y']) and f['w'] > word['w'], 'and where it stands: the rectangle of its words', (f, word))
    page = h.get('/documents/%s?page=1' % doc, ana).text
    spot = re.search(r'<rect class="spot" id="(f-[^"]*)" x="%d" y="%d"' % (f['x'], f['y']), page)
    row = re.search(r'<li id="l-[^"]*" data-spot="%s">.*?</li>' % spot.group(1), page, re.S).group(0)
    ok('value="1,250.00 EUR"' in row and 'page=1#%s"' % spot.group(1) in row, 'the viewer leads from the field to its rectangle', row)
    return doc


def text(h, ana, key):
    doc = sent(h, key, 'carta.txt', 'Estimada señora:\n\nLe debemos 1.250,50 € desde el 3 de marzo de 2026.\n'.encode())
    got = fields(h, key, doc)
    ok([(f['kind'], f['normal'], f['x']) for f in got] == [('amount', '1250.50 EUR', None), ('date', '2026-03-03', None)], 'a text in Spanish, which has no picture', got)
    page = h.get('/documents/%s?page=1&from=%d&to=%d' % (doc, got[0]['from_char'], got[0]['to_char']), ana).text
    ok('<mark>1.250,50 €</mark>' in page, 'there the field is marked in the text', page[-3000:])


def correct(h, ana, key, doc, eve, vic):
    f = next(f for f in fields(h, key, doc) if f['kind'] == 'number')
    at = '/documents/%s/fields/%s' % (doc, f['field_id'])
    page = h.get('/documents/%s?page=1&field=%s' % (doc, f['field_id']), ana).text
    ok('name="old" value="2291"' in page and 'class="lit"' in page, 'a field opens its form, its place is lit')
    body = {'page': 1, 'kind': 'number', 'label': 'Invoice', 'old': '2291', 'value': '2297'}
    ok([h.api('POST', at, who, body).status for who in (eve, vic)] == [404, 403], 'not from another organisation, nor without the right')
    wrong = h.form('/documents/' + doc, at, {**body, 'kind': 'date', 'value': 'soonish'}, ana)
    ok(wrong.status == 422 and 'none of that kind' in wrong.text and 'value="soonish"' in wrong.text, 'what is no date is refused, and what was typed is kept', wrong.text[-3000:])
    again(h, doc, lambda: ok(h.form('/documents/' + doc, at, body, ana).status == 303, 'it is put right'))
    got = next(g for g in fields(h, key, doc) if g['field_id'] == f['field_id'])
    ok((got['value'], got['label'], got['confidence']) == ('2297', 'Invoice', 1) and got['touched_at'], 'it stays so when fields are looked for again', got)
    ok(len([g for g in fields(h, key, doc) if g['kind'] == 'number']) == 1, 'and is there once')
    older = h.one("select id from documents where id < '%s' order by id desc limit 1" % doc)
    went = h.form('/documents/' + doc, at, {**body, 'old': '2297', 'next': 'on'}, ana).headers['Location']
    ok(went.startswith('/documents/%s?page=1&' % (older or doc)), 'saved with the next document after it', went)
    shown = h.api('GET', '/documents/' + doc, key).json
    ok('2297' in shown['sheet'][0]['body'] and h.api('GET', '/documents?q=2297', key).json['hits'], 'the page says it too, and is found by it')
    ok(h.api('POST', at, key, body).status == 409, 'a field that changed meanwhile is not changed again')
    ok(h.api('POST', at, key, {**body, 'old': '2297', 'value': '2297', 'kind': 'zebra'}).status == 422, 'no kind of field')
    history = h.api('GET', '/documents/%s/fields' % doc, key).json['history']
    ok([(x['act'], x['old_value'], x['new_value']) for x in history] == [('confirm', '2297', None), ('change', '2291', '2297')], 'the history has both; one saved as it stands is called right', history)


def together(h, ana, key, eve, vic):
    """ux 1.4: the fields beside the page are saved together, all or none."""
    doc = sent(h, key, 'note.txt', b'Invoice no: 2291\nDate: 21 November 2026\nAmount due: 1,250.00 EUR\nQuestions to billing@bakery.example\n')
    got = fields(h, key, doc)
    number, date = (next(f for f in got if f['kind'] == kind) for kind in ('number', 'date'))
    amount = next(f for f in got if f['kind'] == 'amount')
    at, page = '/documents/%s/values' % doc, h.get('/documents/' + doc, ana).text
    ok(page.count('>Save fields<') == 1 and all('name="values.%s"' % f['field_id'] in page for f in got if f['page'] == 1), 'one button for all fields of the page', page[-6000:])
    body = {'page': 1, 'olds': {f['field_id']: f['value'] for f in got}, 'values': {f['field_id']: f['value'] for f in got}}
    put = lambda values, **more: {**body, **more, 'values': {**body['values'], **values}}
    ok([h.api('POST', at, who, put({number['field_id']: '1'})).status for who in (eve, vic)] == [404, 403], 'not from another organisation, nor without the right')
    form = lambda b: {'page': '1', **{'%s.%s' % (k, i): v for k in ('olds', 'values') for i, v in b[k].items()}, **({'right': b['right']} if 'right' in b else {})}
    wrong = h.form('/documents/' + doc, at, form(put({number['field_id']: '2298', date['field_id']: 'soonish'})), ana)
    ok(wrong.status == 422 and 'href="#v-%s"' % date['field_id'] in wrong.text and 'value="soonish"' in wrong.text and 'value="2298"' in wrong.text and wrong.text.count('>not saved<') == 2,
       'one that is none of its kind: nothing is saved, all that was typed is kept, and the way leads to it', wrong.status, wrong.text[-6000:])
    ok(not h.api('GET', '/documents/%s/fields' % doc, key).json['history'], 'really nothing')
    a = h.get('/documents/%s?values.%s=soonish' % (doc, date['field_id']), ana)
    ok(a.status == 422 and 'value="soonish"' not in a.text, 'an address fills nothing in', a.status)
    old = [f['value'] for f in fields(h, key, doc)]
    ok(h.api('POST', at, key, put({number['field_id']: '2299'}, olds={**body['olds'], number['field_id']: '1'})).status == 409 and [f['value'] for f in fields(h, key, doc)] == old, 'one that changed meanwhile: nothing')
    gone = '00000000-0000-7000-8000-000000000000'
    ok([h.api('POST', at, key, b).status for b in (put({gone: 'x'}), put({number['field_id']: 'x' * 501}), {**body, 'values': [1]}, {**body, 'right': ['nobody']})] == [409, 422, 422, 200], 'nor one that is not there; an id that is none calls nothing right')
    ok(h.form('/documents/' + doc, at, form(put({number['field_id']: '2298', date['field_id']: '2026-03-05'}, right=amount['field_id'])), ana).status == 303, 'two are put right and one is called right')
    now = {f['field_id']: f for f in fields(h, key, doc)}
    ok((now[number['field_id']]['value'], now[date['field_id']]['normal']) == ('2298', '2026-03-05') and all(now[f['field_id']]['touched_at'] for f in (number, date, amount)), 'as the fields say now', now)
    ok([f['kind'] for f in now.values() if not f['touched_at']] == ['email'], 'the others were not looked at', now)


def reworded(h, key, doc):
    """One word becomes three, three become one; the page, its search and its boxes follow."""
    find = lambda: next(g for g in fields(h, key, doc) if g['kind'] == 'number')
    f = find()
    at = '/documents/%s/fields/%s' % (doc, f['field_id'])
    n = len(h.api('GET', '/documents/' + doc, key).json['words'])
    for old, new in ((f['value'], 'AB 22 97'), ('AB 22 97', '7722')):
        body = {'page': 1, 'kind': 'number', 'label': 'Invoice', 'old': old, 'value': new}
        again(h, doc, lambda: ok(h.api('POST', at, key, body).status == 200, '%s is put right as %s' % (old, new)))
        shown = h.api('GET', '/documents/' + doc, key).json
        ok('no: ' + new in ' '.join(shown['sheet'][0]['body'].split()) and h.api('GET', '/documents?q=' + new.split()[-1], key).json['hits'], 'the page says so and is found by it', shown['sheet'][0]['body'])
        ok(len(shown['words']) == n, 'its words keep their numbers')
    ok(find()['value'] == '7722', 'and it stays')


def judge(h, ana, key, doc):
    amount = next(f for f in fields(h, key, doc) if f['kind'] == 'amount')['field_id']
    mail = next(f for f in fields(h, key, doc) if f['kind'] == 'email')['field_id']
    ok(h.form('/documents/' + doc, '/documents/%s/fields/%s/confirm' % (doc, amount), {}, ana).status == 303, 'a field is called right')
    ok(h.form('/documents/' + doc, '/documents/%s/fields/%s/remove' % (doc, mail), {}, ana).status == 303, 'another is none')
    page = h.get('/documents/%s?page=1' % doc, ana).text
    ok('id="f-' + amount in page and 'id="f-' + mail not in page, 'what was taken out is not shown on the page')
    again(h, doc, lambda: h.sql("set app.current_org_id = '%s'; select document_fields_again('%s')" % (h.one("select org_id from documents where id = '%s'" % doc), doc)))
    ok([f['removed'] for f in fields(h, key, doc) if f['kind'] == 'email'] == [True], 'nor found again')
    ok(h.form('/documents/' + doc, '/documents/%s/fields/%s/confirm' % (doc, mail), {}, ana).status == 303, 'it can be put back')
    added = h.api('POST', '/documents/%s/fields' % doc, key, {'page': 1, 'kind': 'other', 'label': 'Who', 'value': 'bakery at the harbour'})
    got = next((f for f in fields(h, key, doc) if f['source'] == 'person'), {})
    ok(added.status == 201 and got.get('x') and got['w'] > 200, 'one that was missed is added where the page says it', (added.text, got))
    ok(h.api('POST', '/documents/%s/fields' % doc, key, {'page': 9, 'kind': 'other', 'value': 'x'}).status == 404, 'not on a page that is not there')
    rows = {r['kind']: r for r in h.api('GET', '/documents/quality', key).json['fields']}
    ok((rows['number']['seen'], rows['number']['good'], rows['amount']['good'], rows['email']['good'], rows['other']['missed']) == (1, 0, 1, 1, 1), 'people\'s word is the measure', rows)
    ok('How well fields and cells of tables are found' in h.get('/documents/quality', ana).text and h.get('/documents/%s/fields' % doc, ana).status == 200, 'and is shown')


def within(h, key, doc):
    """A value that stands in its boxes more than once is put right where it stands first; where the places of the words are not known, the field alone."""
    f = next(g for g in fields(h, key, doc) if g['kind'] == 'number')
    at = '/documents/%s/fields/%s' % (doc, f['field_id'])
    put = lambda old, new: h.api('POST', at, key, {'page': 1, 'kind': 'number', 'label': 'Page', 'old': old, 'value': new}).status
    said = lambda: h.api('GET', '/documents/' + doc, key).json['sheet'][0]['body']
    again(h, doc, lambda: ok(put(f['value'], '71 of 711') == 200, 'a field is put right'))
    h.sql("update document_fields set value = '71' where id = '%s'" % f['field_id'])
    again(h, doc, lambda: ok(put('71', '72') == 200, 'a part of what its box says is put right'))
    ok('72 of 711' in said(), 'what else holds the same letters stays', said())
    h.sql("delete from page_places where document_id = '%s'" % doc)
    ok(put('72', '73') == 200, 'so is a field whose words have no places yet')
    ok(next(g['value'] for g in fields(h, key, doc) if g['field_id'] == f['field_id']) == '73' and '72 of 711' in said(), 'and the page is left as it was', said())


def enormous(h, key):
    """A book of figures: what its job looks at has an end."""
    doc = sent(h, key, 'book.pdf', drawn('book.pdf', [('Total: 12.00 EUR',), ('Total: 13.00 EUR',), ('Total: 14.00 EUR',)], '-sDEVICE=pdfwrite'))
    ok([f['value'] for f in fields(h, key, doc)] == ['12.00 EUR', '13.00 EUR', '14.00 EUR'], 'fields of all pages', fields(h, key, doc))
    h.sql("update document_pages set body = body || repeat(E'\\n', 4300000) where document_id = '%s' and page = 2" % doc)
    again(h, doc, lambda: h.sql("select fl_work(org_id, null, null, ''), fl_enqueue('document-processing', 'document.field', jsonb_build_object('document_id', id)) from documents where id = '%s'" % doc))
    ok([f['value'] for f in fields(h, key, doc)] == ['12.00 EUR', '13.00 EUR'], 'those beyond four million letters are not looked for', fields(h, key, doc))


with House.temporary() as h:
    h.org('bb', 'House bb')
    h.org('aa', 'House aa')
    ana, key = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator')
    doc = found(h, ana, key)
    text(h, ana, key)
    correct(h, ana, key, doc, h.key('bb', 'operator'), h.key('aa', 'viewer'))
    reworded(h, key, doc)
    judge(h, ana, key, doc)
    together(h, ana, key, h.key('bb', 'operator'), h.key('aa', 'viewer'))
    within(h, key, doc)
    enormous(h, key)
    ok(h.one("select count(*) from job_history where kind like 'document.%' and state = 'dead'") == '0', 'no job died over any of it')
done()
