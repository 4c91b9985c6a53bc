"""Fields and tables of pages by a model that sees: over both wire formats, placed by the words of the page; invented, nonsense, away, slow, out of budget: what the
rules found stands. Tables by rules without any. Prints TAP."""
import base64, json, os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from house import House  # noqa: E402
from modelstub import Model  # noqa: E402
from tap import done, ok  # noqa: E402
from vision_lib import ROWS, again, doc_of, looked, script  # noqa: E402


def answer(number, **more):
    return {'fields': [{'kind': 'other', 'label': 'Supplier', 'value': 'Harbour Bakery', 'sure': 0.9},
                       {'kind': 'date', 'label': 'Due', 'value': '30 November 2026', 'sure': 0.9},
                       {'kind': 'amount', 'label': 'Total', 'value': '99,999.00 EUR', 'sure': 0.99},
                       {'kind': 'date', 'label': 'When', 'value': 'soon\u0007ish', 'sure': 0.8}],
            'tables': [{'title': 'Goods', 'columns': list(ROWS[0]), 'rows': [{'cells': list(r)} for r in ROWS[1:]]}], **more}


def by_rules(h, key):
    doc = doc_of(h, key, '1000')
    got = h.api('GET', '/documents/' + doc, key).json
    tables = got['tables']
    ok(len(tables) == 1 and tables[0]['source'] == 'rule' and tables[0]['columns'] == list(ROWS[0]) and tables[0]['rows'] == [list(r) for r in ROWS[1:]],
       'rules find the table of a page', tables)
    ok(tables and tables[0]['x'] > 0 and tables[0]['w'] > tables[0]['h'] > 0, 'and where it stands', tables)
    ok(h.one('select count(*) from document_visions') == '0', 'without a model configured none is asked')
    ana = h.person('ana@aa.example', org='aa')
    answer = h.get('/documents/%s?tab=text' % doc, ana)
    page = answer.text
    ok(re.search('<th scope="col"><a [^>]*>Number</a></th>', page) and re.search('<td><a [^>]*>180.50</a></td>', page) and 'found by rules' in page, 'the viewer shows it as a table', answer.status, page[page.find('<main'):][:2000])
    ok(re.search('<td><a [^>]*>180.50</a></td>', h.get('/documents/%s/fields' % doc, ana).text), 'so does the page of all fields')


def seen(h, model, key, number, wire):
    script(model, ['ok'], answer(number))
    doc = doc_of(h, key, number)
    looked(h, doc, 'SEEN')
    got = h.api('GET', '/documents/' + doc, key).json
    found = {f['label']: f for f in got['fields'] if f['source'] == 'model'}
    supplier, total, when = found.get('Supplier', {}), found.get('Total', {}), found.get('When', {})
    ok(supplier.get('value') == 'Harbour Bakery' and supplier['placed'] and supplier['w'] > 20 and supplier['confidence'] >= 0.8, wire + ': a field is placed by the words of the page', found)
    ok(total.get('placed') is False and total['confidence'] <= 0.3, wire + ': one that is not on the page is kept and doubted', total)
    ok(when.get('kind') == 'other' and when['value'] == 'soon ish' and not when['placed'], wire + ': a date that is none is some text', when)
    dates = [f for f in got['fields'] if f['kind'] == 'date']
    ok([d['source'] for d in dates] == ['rule'], wire + ': what the rules found too is there once', dates)
    ok([(t['source'], t['title'], t['rows'], t['confidence']) for t in got['tables']] == [('model', 'Goods', [list(r) for r in ROWS[1:]], 1)], wire + ': its table is shown', got['tables'])
    ask = [json.loads(line) for line in model.asked().splitlines()][-1]
    ok(ask['wire'] == wire, 'over ' + wire, ask['wire'])
    parts = ask['ask']['messages'][-1]['content']
    data = parts[0]['source']['data'] if wire == 'anthropic' else parts[0]['image_url']['url'].split(',', 1)[1]
    ok(base64.b64decode(data)[:3] == b'\xff\xd8\xff', wire + ': the picture went along')
    row = h.sql("select purpose, status, prompt_tokens > 0 and completion_tokens > 0, latency_ms >= 0, cost_micro > 0 from llm_calls order by id desc limit 1")[0]
    ok(list(row) == ['vision', 'ok', 't', 't', 't'], wire + ': the call is kept with tokens, cost and time', row)
    ok(h.one('select count(*) from llm_reservations') == '0', wire + ': and no tokens stay set aside')
    return doc


def corrected(h, model, key, doc):
    calls = model.calls()
    told = {f['label']: f for f in h.api('GET', '/documents/' + doc, key).json['fields']}
    field = told['Total']
    lea = h.person('lea@aa.example', org='aa')
    page = h.get('/documents/%s?page=1' % doc, lea).text
    shown = {label: 'Show on the page' in re.search('<li id="l-%s".*?</li>' % told[label]['field_id'], page, re.S).group(0) for label in ('Supplier', 'Total')}
    ok(shown == {'Supplier': True, 'Total': False}, 'only what stands on the page is offered to be shown there', shown)
    ok('from=&' not in page + h.get('/documents/%s/fields' % doc, lea).text, 'no link leads to a place that is none')
    ok(h.api('POST', '/documents/%s/fields/%s' % (doc, field['field_id']), key, {'page': 1, 'kind': 'amount', 'label': 'Total', 'old': field['value'], 'value': '219.50 EUR'}).status == 200,
       'a person puts it right')
    again(h, doc)
    ok(model.calls() == calls, 'a page that was seen is not looked at twice')
    h.sql("update document_visions set status = 'ASKED' where document_id = '%s'" % doc)
    h.sql("set app.current_org_id = '%s'; select fl_enqueue('document-vision', 'document.vision', '{\"document_id\": \"%s\", \"page\": 1}')" % (h.one("select org_id from documents where id = '%s'" % doc), doc))
    looked(h, doc, 'SEEN')
    got = [f for f in h.api('GET', '/documents/' + doc, key).json['fields'] if f['label'] == 'Total']
    ok('219.50 EUR' in [f['value'] for f in got if f['touched_at']], 'and it stays right when a model looks again', got)


def allowed(h, model, key):
    """No picture goes outside before the organisation says so."""
    doc_of(h, key, '1001')
    ok(h.one('select count(*) from document_visions') == '0' and model.calls() == 0, 'a model that is configured is not asked for an organisation that did not allow it')
    owner = h.person('olga@aa.example', org='aa', role='owner')
    ok('name="vision" id="vision">' in h.get('/settings/chat', owner).text, 'the switch is off at first')
    ok(h.form('/settings/chat', '/settings/chat', {'general': 'on', 'vision': 'on'}, owner).status == 303 and 'name="vision" id="vision" checked>' in h.get('/settings/chat', owner).text, 'it is turned on')


def thrifty(h, model, key):
    """Half of the budget is for decisions and answers."""
    calls = model.calls()
    h.sql('update llm_calls set prompt_tokens = 100000 where id = (select id from llm_calls order by id desc limit 1)')
    doc = doc_of(h, key, '2999')
    looked(h, doc, 'ASKEDbudget')
    ok(model.calls() == calls, 'no model looks once half of the budget is used')
    h.sql("delete from documents where id = '%s'" % doc)
    h.sql("delete from jobs where kind = 'document.vision'")
    h.sql("delete from llm_calls")


def failing(h, model, key):
    """Whatever a model does, the document ends readable with what the rules found."""
    value = answer('x')
    cases = (('nonsense', 'garbage', 'FAILEDwrong'), ('a page', 'html', 'FAILEDaway'), ('a table that is none', 'labels', 'FAILEDwrong'), ('a member too many', 'extra', 'FAILEDwrong'),
             ('cut off', 'cut', 'FAILEDwrong'), ('a letter that is none', 'ok', 'FAILEDwrong'), ('refused', '400', 'FAILEDaway'), ('down', '503', 'ASKEDaway'), ('gone', 'gone', 'ASKEDaway'))
    for n, (what, step, end) in enumerate(cases):
        script(model, [step], {**value, 'tables': 'none'} if step == 'labels' else answer(chr(0), fields=[{**value['fields'][0], 'value': 'a' + chr(0)}]) if step == 'ok' else value)
        doc = doc_of(h, key, str(3000 + n))
        h.wait(lambda: h.one("select note is not null from document_visions where document_id = '%s'" % doc) == 't', what, 60)
        state = h.one("select status || note from document_visions where document_id = '%s'" % doc)
        got = h.api('GET', '/documents/' + doc, key).json
        ok(state == end and got['document']['status'] == 'COMPLETED' and [t['source'] for t in got['tables']] == ['rule'] and {f['source'] for f in got['fields']} == {'rule'},
           what + ': the rules stand', (state, got['tables'], got['fields']))
        h.sql("delete from documents where id = '%s'" % doc)
        h.sql("delete from jobs where kind = 'document.vision'")
        h.sql("delete from llm_calls")  # the breaker of a provider is told by them


def configured(h, **conf):
    h.extra.update(conf)
    h.write_conf()
    h.restart('worker')


def chain(h, model, key):
    """The second provider is asked when the first fails."""
    configured(h, LLM_VISION='anthropic:claude-sonnet-4-5-20250929,openai:gpt-4o', WORKER_IO_PROCESSES='1')
    script(model, ['503', 'ok'], answer('4001'))
    doc = doc_of(h, key, '4001')
    looked(h, doc, 'SEEN')
    rows = dict(h.sql('select provider, status from llm_calls'))
    ok(rows == {'anthropic': 'error', 'openai': 'ok'}, 'with the first away the second looks, and both calls are kept', rows)
    ok([t['source'] for t in h.api('GET', '/documents/' + doc, key).json['tables']] == ['model'], 'what it saw is shown')
    script(model, ['503', 'garbage'])
    doc = doc_of(h, key, '4002')
    h.wait(lambda: h.one("select note is not null from document_visions where document_id = '%s'" % doc) == 't', 'both to fail', 60)
    ok({f['source'] for f in h.api('GET', '/documents/' + doc, key).json['fields']} == {'rule'}, 'with both failing the rules stand')


def breaker(h, model, key):
    """A provider that keeps failing is left alone, whatever waits for it."""
    configured(h, LLM_VISION='openai:gpt-4o')
    script(model, ['503'] * 12)
    before = model.calls()
    doc = doc_of(h, key, '5001', pages=9)
    h.wait(lambda: h.one("select count(*) from document_visions where document_id = '%s' and note is not null" % doc) == '9', 'every page to be tried', 60)
    asked = model.calls() - before
    ok(asked == 5, 'after five failures the provider is not asked for the other pages', asked)
    got = h.api('GET', '/documents/' + doc, key).json
    ok(got['document']['status'] == 'COMPLETED' and h.one("select count(*) from document_visions where document_id = '%s' and status = 'ASKED'" % doc) == '9', 'each page waits to be looked at later', got['document'])
    h.sql("delete from documents where id = '%s'" % doc)
    h.sql("delete from jobs where kind = 'document.vision'")
    h.sql('delete from llm_calls')


def slow(h, model, key):
    """A model that hangs holds nobody up, and no transaction."""
    configured(h, WORKER_IO_PROCESSES='3')
    script(model, ['timeout'] * 4)
    before = model.calls()
    docs = [doc_of(h, key, str(6001 + n)) for n in range(2)]
    h.wait(lambda: model.calls() - before == 2, 'the model to be asked twice', 60)
    since = h.one('select clock_timestamp()')
    docs.append(doc_of(h, key, '6003'))
    got = [h.api('GET', '/documents/' + d, key).json for d in docs]
    ok([g['document']['status'] for g in got] == ['COMPLETED'] * 3 and all({f['source'] for f in g['fields']} == {'rule'} and g['tables'] for g in got), 'with two pages hanging the third document is read', got[2]['document'])
    # On a slow machine the first two have run out of time by now, and others are asked.
    asked = model.calls() - before
    over = int(h.one("select count(*) from document_visions where note is not null and document_id in ('%s')" % "', '".join(docs)))
    ok(2 <= asked <= over + 2, 'no more than two pages wait for a model at once', asked, over)
    ok(h.one("select count(*) from pg_stat_activity where state like 'idle in transaction%%' and xact_start < '%s'" % since) == '0', 'and none of them holds a transaction')
    model.stop()
    h.wait(lambda: h.one("select count(*) from document_visions where document_id = any('{%s}') and note = 'away'" % ','.join(docs)) == '3', 'the calls to end and the third page to be tried', 60)


with House.temporary() as h:
    model = Model()
    try:
        h.org('aa', 'House aa')
        key = h.key('aa', 'operator')
        by_rules(h, key)
        base = {'ANTHROPIC_BASE_URL': 'http://127.0.0.1:%d' % model.port, 'OPENAI_BASE_URL': 'http://127.0.0.1:%d' % model.port, 'ANTHROPIC_API_KEY': 'test-key', 'OPENAI_API_KEY': 'test-key',
                'OUTSIDE_ALLOW': '127.0.0.1:%d' % model.port}
        h.extra.update({**base, 'LLM_VISION': 'anthropic:claude-sonnet-4-5-20250929'})
        h.write_conf()
        h.restart('worker')
        allowed(h, model, key)
        doc = seen(h, model, key, '2001', 'anthropic')
        corrected(h, model, key, doc)
        h.extra['LLM_VISION'] = 'openai:gpt-4o'
        h.write_conf()
        h.restart('worker')
        seen(h, model, key, '2002', 'openai')
        thrifty(h, model, key)
        failing(h, model, key)
        chain(h, model, key)
        breaker(h, model, key)
        slow(h, model, key)
        ok(h.one("select count(*) from job_history where kind like 'document.%' and state = 'dead'") == '0', 'no job died over any of it')
    finally:
        model.stop()
done()
