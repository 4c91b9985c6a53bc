"""Cells of tables at the door: each with its place, put right, called right, history, search, quality, rights; by rules and by a model that sees. Prints TAP."""
import os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from house import House  # noqa: E402
from modelstub import Model  # noqa: E402
from tap import done, ok  # noqa: E402
from vision_lib import again, doc_of, looked, script  # noqa: E402

# 12, 1 and 15.00 stand more than once: over the table, and in rows and columns of it.
PAPER = (('Item', 'Number', 'Price', 'Sum'), ('Bread of rye', '12', '2.00', '24.00'), ('Flour', '1', '15.00', '15.00'), ('Delivery', '1', '15.00', '15.00'))
OTHER = (('Rent of', 'Days', 'A day', 'Sum'), ('Oven', '2', '30.00', '60.00'), ('Mixer', '3', '11.00', '33.00'), ('Van', '4', '70.00', '280.00'))
COLUMNS = (72, 260, 340, 440)
# As a model reads it: one price wrongly, and one cell empty where something stands.
READ = (('Item', 'Number', 'Price', 'Sum'), ('Bread of rye', '12', '2.00', '24.00'), ('Flour', '1', '16.80', '15.00'), ('Delivery', '1', '15.00', ''))


def cells(h, key, doc):
    return {(c['row'], c['column']): c for c in h.api('GET', '/documents/' + doc, key).json['tables'][0]['cells']}


def lines(h, key, doc):
    """The words of the page by their line, from left to right."""
    out = {}
    for w in h.api('GET', '/documents/' + doc, key).json['words']:
        out.setdefault(next((y for y in out if abs(y - w['y']) < 6), w['y']), []).append(w)
    return [sorted(out[y], key=lambda w: w['x']) for y in sorted(out)]


def box(c):
    return (c['x'], c['y'], c['w'], c['h'])


def table_lines(h, key, doc):
    """Of each row of the table the words of each cell."""
    at = [line for line in lines(h, key, doc) if line[-1]['x'] > 900 or line[0]['text'] == 'Item'][-4:]
    return [[line[:-3], *([w] for w in line[-3:])] for line in at]


def about(words):
    x, y = min(w['x'] for w in words), min(w['y'] for w in words)
    return (x, y, max(w['x'] + w['w'] for w in words) - x, max(w['y'] + w['h'] for w in words) - y)


def placed(h, key, doc, but):
    """Every cell stands where its own words are, and those of `but` nowhere."""
    got, want = cells(h, key, doc), table_lines(h, key, doc)
    wrong = {at: (c['text'], c['placed'] and box(c)) for at, c in got.items() if (at in but and c['placed']) or (at not in but and (not c['placed'] or box(c) != about(want[at[0]][at[1] - 1])))}
    ok(len(got) == 16 and not wrong, 'each cell stands where its own words are', wrong, want)
    return got


def by_rules(h, key, ana):
    doc = doc_of(h, key, '12', rows=PAPER, columns=COLUMNS)
    got = placed(h, key, doc, ())
    table = got[1, 1]['table_id']
    ok(not any(c['doubted'] for c in got.values()), 'none is doubted')
    again(h, doc)
    ok(cells(h, key, doc)[1, 1]['table_id'] == table, 'a table that is found again as it was keeps its id')
    at = '/documents/%s/tables/%s' % (doc, table)
    ok(h.api('POST', at, key, {'row': 1, 'column': 1, 'old': 'Bread of rye', 'value': 'Bread of wholemeal spelt flour'}).status == 200, 'a cell the rules found is put right')
    h.wait(lambda: h.api('GET', '/documents?q=wholemeal', key).json['hits'], 'the search to follow', 60)
    again(h, doc)
    now = h.api('GET', '/documents/' + doc, key).json['tables']
    ok([(t['id'], t['rows'][0][0]) for t in now] == [(table, 'Bread of wholemeal spelt flour')], 'what the rules find again is not put over it', now)
    return doc


def beside(h, key):
    """Two tables on a page: somebody touched one, and the other is found again as it was."""
    doc = doc_of(h, key, '14', rows=PAPER + ((),) * 4 + OTHER, columns=COLUMNS)
    first, second = h.api('GET', '/documents/' + doc, key).json['tables']
    ok(h.api('POST', '/documents/%s/tables/%s' % (doc, first['id']), key, {'row': 2, 'column': 1, 'old': 'Flour', 'value': 'Flower'}).status == 200, 'a cell of the first of two tables is put right')
    again(h, doc)
    again(h, doc)
    now = [(t['id'], t['rows'][0][0]) for t in h.api('GET', '/documents/' + doc, key).json['tables']]
    ok(now == [(first['id'], 'Bread of rye'), (second['id'], 'Oven')], 'the other stands there once, as before', now)


def opened(h, ana, doc, got):
    """The viewer: a cell leads to its form and its place; one without a place to its form alone."""
    page = h.get('/documents/%s?tab=text' % doc, ana).text
    link = {at: re.search('<a[^>]*row=%d&amp;column=%d#value"[^>]*>' % at, page).group(0) for at in got}
    spots = {at: re.search('data-spot="(c-[^"]*)"', a) for at, a in link.items()}
    ok({at for at, s in spots.items() if s} == {at for at, c in got.items() if c['placed']}, 'only what stands on the page leads there', spots)
    ok(all('<rect class="spot" id="%s" x="%d" y="%d" width="%d" height="%d"/>' % (s.group(1), *box(got[at])) in page for at, s in spots.items() if s), 'to its rectangle')
    ok('class="doubt"' in link[2, 3] and 'class="doubt"' not in link[1, 3] + link[3, 4], 'one that does not stand there is marked')
    ok('id="c-' not in h.get('/documents/' + doc, ana).text, 'beside the fields no cell lies in the way')
    open_at = lambda at: h.get('/documents/%s?tab=text&table=%s&row=%d&column=%d' % (doc, got[at]['table_id'], *at), ana).text
    form = open_at((1, 2))
    ok('name="old" value="12"' in form and '<rect class="lit" x="%d" y="%d"' % box(got[1, 2])[:2] in form and 'row 1, column 2' in form, 'a cell opens its form, its place is lit')
    form = open_at((2, 3))
    ok('name="old" value="16.80"' in form and 'class="lit"' not in form and 'no place is shown' in form, 'one that stands nowhere opens its form alone')
    for at in ('row=9&column=1', 'row=1&column=9', 'row=1', 'row=1000000&column=1'):
        a = h.get('/documents/%s?tab=text&table=%s&%s' % (doc, got[1, 1]['table_id'], at), ana)
        ok(a.status in (200, 422) and 'id="cell"' not in a.text, 'there is no cell at ' + at, a.status)


def looks(h, vic, doc, got):
    page = h.get('/documents/%s?tab=text' % doc, vic).text
    ok('#value"' not in page and page.count('#c-1-') == sum(c['placed'] for c in got.values()) and '/confirm"' not in page, 'who may only read is led to the place of a cell, and to no form')
    ok('<td>16.80</td>' in page, 'one without a place is mere text')


def correct(h, model, key, ana, eve, vic, doc, got):
    at = '/documents/%s/tables/%s' % (doc, got[1, 1]['table_id'])
    body = {'row': 2, 'column': 3, 'old': '16.80', 'value': '15.00'}
    ok([h.api('POST', at, who, body).status for who in (eve, vic)] == [404, 403] and h.api('POST', at, eve, {'row': 2, 'column': 3}).status == 404, 'not from another organisation, nor without the right')
    ok([h.api('POST', at, key, {**body, **more}).status for more in ({'value': ''}, {'row': 9}, {'column': 9}, {'old': 'x'}, {'row': -1}, {'value': 'x' * 2001})] == [422, 404, 404, 409, 422, 422],
       'nor nothing, nor where no cell is, nor one that changed meanwhile')
    stale = h.form('/documents/%s?tab=text' % doc, at, {**body, 'old': 'x', 'page': 1}, ana)
    ok(stale.status == 409 and 'id="tables"' in stale.text, 'in the browser the page comes again', stale.status)
    words = h.api('GET', '/documents/' + doc, key).json['words']
    went = h.form('/documents/%s?tab=text' % doc, at, {**body, 'page': 1, 'next': 'on'}, ana)
    ok(went.status == 303 and 'row=2&column=4#value' in went.headers['Location'], 'it is put right, and the next cell is opened', went.headers.get('Location'))
    now = placed(h, key, doc, ((3, 4),))
    ok(now[2, 3]['text'] == '15.00' and now[2, 3]['by'] == 'Ana' and now[2, 3]['touched_at'] and not now[2, 3]['doubted'], 'now it has its place, and says who and when', now[2, 3])
    ok(h.api('GET', '/documents/' + doc, key).json['words'] == words, 'the page said so already')
    ok(h.api('POST', at, key, {'row': 3, 'column': 4, 'old': '', 'value': '15.00'}).status == 200 and placed(h, key, doc, ())[3, 4]['text'] == '15.00', 'an empty cell is filled, and stands where its own words are')
    again(h, doc)
    ok(h.api('POST', at, key, {'row': 1, 'column': 1, 'old': 'Bread of rye', 'value': 'Bread of emmer'}).status == 200, 'one that was read wrongly on the page too is put right')
    shown = h.api('GET', '/documents/' + doc, key).json
    ok('Bread of emmer' in shown['sheet'][0]['body'] and shown['tables'][0]['rows'][0][0] == 'Bread of emmer', 'the page says it then')
    h.wait(lambda: h.api('GET', '/search/passages?q=emmer', key).json['passages'], 'its passages to follow', 60)
    again(h, doc)
    ok(h.api('POST', at, key, {'row': 0, 'column': 2, 'old': 'Number', 'value': 'Pieces'}).status == 200 and h.api('GET', '/documents/' + doc, key).json['tables'][0]['columns'][1] == 'Pieces', 'a head too')
    ok(h.api('POST', at, key, {'row': 3, 'column': 4, 'empty': True}).status == 200 and cells(h, key, doc)[3, 4]['text'] == '', 'that nothing stands there can be said')


def judged(h, model, key, ana, doc):
    table = cells(h, key, doc)[1, 1]['table_id']
    at = '/documents/%s/tables/%s' % (doc, table)
    ok(h.form('/documents/%s?tab=text' % doc, at, {'row': 1, 'column': 2, 'old': '12', 'value': '12', 'page': 1}, ana).status == 303, 'a cell saved as it stands is right')
    ok(h.form('/documents/%s?tab=text' % doc, at + '/confirm', {}, ana).status == 303, 'so is all the rest')
    got = h.api('GET', '/documents/%s/fields' % doc, key).json
    ok(all(c['touched_at'] for c in got['tables'][0]['cells']) and got['tables'][0]['unseen'] == 0, 'every cell was looked at', got['tables'][0]['unseen'])
    page = h.get('/documents/%s?tab=text' % doc, ana).text
    ok('all looked at' in page and at + '/confirm' not in page, 'the viewer says so')
    past = [(c['row'], c['column'], c['act'], c['old_value'], c['new_value'], c['by']) for c in got['history'] if c['kind'] == 'cell' and c['act'] == 'change']
    ok(past[-1] == (2, 3, 'change', '16.80', '15.00', 'Ana') and [p[:2] for p in past] == [(3, 4), (0, 2), (1, 1), (3, 4), (2, 3)], 'the history has what was read, what it is now, who and when', past)
    ok('<del>16.80</del> <ins>15.00</ins>' in h.get('/documents/%s?tab=history' % doc, ana).text, 'and is shown')
    h.sql("update document_visions set status = 'ASKED' where document_id = '%s'" % doc)
    script(model, ['ok'], said(READ))
    h.sql("set app.current_org_id = '%s'; select fl_enqueue('document-vision', 'document.vision', '{\"document_id\": \"%s\", \"page\": 1}')" % (h.one("select org_id from documents where id = '%s'" % doc), doc))
    looked(h, doc, 'SEEN')
    now = h.api('GET', '/documents/' + doc, key).json['tables']
    ok([(t['id'], t['rows'][1][2]) for t in now] == [(table, '15.00')], 'a model that looks again puts nothing over it', now)
    row = next(r for r in h.api('GET', '/documents/quality', key).json['fields'] if r['kind'] == 'cell')
    ok((row['seen'], row['good']) == (18, 12), 'people\'s word is the measure of cells too: of three tables 18 were looked at, 12 were right', row)
    ok('Cell of a table' in h.get('/documents/quality', ana).text, 'and is shown')
    acts = dict(h.sql("select action, count(*) from audit_log where subject_id = '%s' and (action like 'document.cell.%%' or action like 'document.table.%%') group by 1" % doc))
    ok(acts == {'document.cell.change': '5', 'document.cell.confirm': '1', 'document.table.confirm': '1'}, 'the audit has each', acts)


def said(rows):
    return {'fields': [], 'tables': [{'title': 'Goods', 'columns': list(rows[0]), 'rows': [{'cells': list(r)} for r in rows[1:]]}]}


with House.temporary() as h:
    model = Model()
    try:
        h.org('aa', 'House aa')
        h.org('bb', 'House bb')
        key, ana = h.key('aa', 'operator'), h.person('ana@aa.example', org='aa')
        eve, vic = h.key('bb', 'operator'), h.key('aa', 'viewer')
        by_rules(h, key, ana)
        beside(h, key)
        base = 'http://127.0.0.1:%d' % model.port
        h.extra.update({'OPENAI_BASE_URL': base, 'OPENAI_API_KEY': 'test-key', 'OUTSIDE_ALLOW': '127.0.0.1:%d' % model.port, 'LLM_VISION': 'openai:gpt-4o'})
        h.write_conf()
        h.restart('worker')
        h.form('/settings/chat', '/settings/chat', {'general': 'on', 'vision': 'on'}, h.person('olga@aa.example', org='aa', role='owner'))
        script(model, ['ok'], said(READ))
        doc = doc_of(h, key, '12', rows=PAPER, columns=COLUMNS)
        looked(h, doc, 'SEEN')
        ok([t['source'] for t in h.api('GET', '/documents/' + doc, key).json['tables']] == ['model'], 'what the model saw is shown')
        got = placed(h, key, doc, ((2, 3), (3, 4)))
        opened(h, ana, doc, got)
        looks(h, h.person('vera@aa.example', org='aa', role='viewer'), doc, got)
        correct(h, model, key, ana, eve, vic, doc, got)
        judged(h, model, key, ana, doc)
    finally:
        model.stop()
done()
