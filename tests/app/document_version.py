"""Versions of a document and notes on its pages at the door. Prints TAP."""
import os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import LINES, drawn, parts, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def next_of(h, key, doc, name, data):
    body, head = parts([(name, data)])
    return h.request('POST', '/api/v1/documents/%s/versions' % doc, key, body, head)


def cut(h, doc):
    h.wait(lambda: h.one("select chunked_at is not null from documents where id = '%s'" % doc) == 't', 'the document to be cut', 60)


def names(h, key):
    return sorted(d['name'] for d in h.api('GET', '/documents', key).json['items'])


def found(h, key, word):
    return ({x['name'] for x in h.api('GET', '/documents?q=' + word, key).json['hits']}, {x['name'] for x in h.api('GET', '/search?q=' + word, key).json['passages']},
            {x['name'] for x in h.api('GET', '/search?q=lease', key).json['documents']})


def versions(h, ana, key, eve, vic):
    one = send(h, key, 'lease-1.txt', b'The rent of the warehouse is nine hundred.').json['id']
    cut(h, one)
    ok([next_of(h, who, one, 'x.txt', b'something').status for who in (eve, vic)] == [404, 403], 'not from another organisation, nor without the right')
    made = next_of(h, key, one, 'lease-2.txt', b'The rent of the warehouse is one thousand.')
    ok(made.status == 201 and made.json['version'] == 2, 'a new version is taken', made.text)
    two = made.json['id']
    cut(h, two)
    h.wait(lambda: h.one("select superseded from documents where id = '%s'" % one) == 't', 'the new version to count', 60)
    ok(names(h, key) == ['lease-2.txt'], 'the list has the newest')
    ok(found(h, key, 'warehouse') == ({'lease-2.txt'}, {'lease-2.txt'}, {'lease-2.txt'}), 'and so has the search', found(h, key, 'warehouse'))
    page = h.get('/documents/' + one, ana).text
    ok('This is an old version' in page and '/documents/%s"' % two in page and 'nine hundred' in page, 'the old one can be opened, says what it is and leads on', page[-3000:])
    ok(h.get('/documents/%s/file' % one, ana).body == b'The rent of the warehouse is nine hundred.', 'its file is kept')
    ok([v['version'] for v in h.api('GET', '/documents/' + two, key).json['versions']] == [2, 1], 'both are named')
    again = next_of(h, key, two, 'lease-3.txt', b'The rent of the warehouse is nine hundred.')
    ok(again.status == 409, 'what is kept already is no new version', again.text)
    body, head = parts([('bad.exe', b'MZ\0\0')], {'_token': h.get('/documents/' + two, ana).token})
    bad = h.request('POST', '/documents/%s/versions' % two, ana, body, head)
    ok(bad.status == 422 and 'of a kind that is not taken' in bad.text, 'a kind that is not taken is refused where it was chosen', bad.text[-2000:])
    bad = next_of(h, key, one, 'lease-3.pdf', b'%PDF-1.4 nothing')
    h.wait(lambda: h.one("select status from documents where id = '%s'" % bad.json['id']) == 'FAILED', 'a broken one to fail', 60)
    ok(bad.json['version'] == 3 and 'lease-2.txt' in names(h, key) and found(h, key, 'warehouse')[0] == {'lease-2.txt'}, 'one that cannot be read takes nobody\'s place')
    ok(h.form('/documents/' + two, '/documents/%s/delete' % two, {}, ana).status == 303, 'the one that counts is deleted')
    h.wait(lambda: found(h, key, 'warehouse')[:2] == ({'lease-1.txt'}, {'lease-1.txt'}), 'the one before to be found again', 60)
    ok('This is an old version' not in h.get('/documents/' + one, ana).text, 'then the one before counts again')


def notes(h, ana, key, eve, vic):
    doc = send(h, key, 'letter.pdf', drawn('letter.pdf', [LINES], '-sDEVICE=pdfwrite')).json['id']
    cut(h, doc)
    at = '/documents/%s/notes' % doc
    word = next(w for w in h.api('GET', '/documents/' + doc, key).json['words'] if w['text'] == 'bakery')
    ok([h.api('POST', at, who, {'page': 1, 'body': 'x'}).status for who in (eve, vic)] == [404, 403], 'no note from another organisation, nor without the right')
    page = h.get('/documents/%s?page=1&tab=notes&word=%d' % (doc, word['n']), ana).text
    ok('It is pinned to “bakery”' in page, 'a word that was chosen is where a note goes', page[-5000:])
    ok(h.form('/documents/' + doc, at, {'page': 1, 'word': word['n'], 'body': 'Is that <b>ours</b>?'}, ana).status == 303, 'a note is pinned')
    ok(h.api('POST', at, key, {'page': 1, 'x': 99999, 'y': 5, 'body': 'at the edge'}).status == 201 and h.api('POST', at, key, {'page': 1, 'body': 'all of it'}).status == 201, 'to a place, or to the page')
    shown = h.api('GET', '/documents/' + doc, key).json
    got = {n['body']: n for n in shown['notes']}
    ok((got['Is that <b>ours</b>?']['x'], got['Is that <b>ours</b>?']['y']) == (word['x'], word['y']) and got['at the edge']['x'] == shown['sheet'][0]['width'] and not got['all of it']['pinned'],
       'each has its place', got)
    page = h.get('/documents/%s?page=1&tab=notes' % doc, ana).text
    ok(len(re.findall('<circle class="pin"', page)) == 2 and '&lt;b&gt;ours&lt;/b&gt;' in page and '<b>ours' not in page, 'pins stand on the page, what they say is text')
    ok(h.api('POST', at, key, {'page': 1, 'body': ''}).status == 422 and h.api('POST', at, key, {'page': 7, 'body': 'x'}).status == 404, 'no empty note, none on a page that is not there')
    gone = '%s/%s/remove' % (at, got['all of it']['note_id'])
    ok([h.api('POST', gone, who, {}).status for who in (eve, vic)] == [404, 403] and h.form('/documents/' + doc, gone, {}, ana).status == 303, 'a note is taken away')
    ok(len(h.api('GET', '/documents/' + doc, key).json['notes']) == 2, 'and is gone')
    acts = h.one("select string_agg(action, ' ' order by action) from audit_log where subject_id = '%s' and action like 'document.note%%'" % doc)
    ok(acts == 'document.note document.note document.note document.note.remove', 'all of it is in the audit', acts)


with House.temporary() as h:
    h.org('bb', 'House bb')
    h.org('aa', 'House aa')
    ana, key = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator')
    eve, vic = h.key('bb', 'operator'), h.key('aa', 'viewer')
    versions(h, ana, key, eve, vic)
    notes(h, ana, key, eve, vic)
    ok(h.one("select count(*) from job_history where kind like 'document.%' and state = 'dead'") == '0', 'no job died over any of it')
done()
