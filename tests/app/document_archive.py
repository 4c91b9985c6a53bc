"""Searchable PDFs of scans at the door: made on request, holding page and words, made anew after a correction, gone with the document. Prints TAP."""
import os, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import LINES, aged, changed, drawn, read, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def made(h, key, doc):
    """The searchable PDF of a document."""
    asked = h.api('POST', '/documents/%s/archive' % doc, key, {})
    assert asked.status == 202, (asked.status, asked.text)
    h.wait(lambda: h.api('GET', '/documents/' + doc, key).json['archive']['state'] in ('made', 'failed'), 'the PDF of ' + doc, 60)
    return h.get('/documents/%s/archive' % doc, key)


def box(page, word):
    return next(((w['x'], w['y'], w['w']) for w in page['words'] if w['text'].startswith(word)), None)


def near(a, b, by=12):
    return a and b and all(abs(x - y) <= by for x, y in zip(a, b))


def of(h, key, other, name, data, word='Invoice'):
    """Makes one and reads it as a document of another organisation."""
    doc = read(h, key, name, data)
    pdf = made(h, key, doc['document']['id'])
    ok(pdf.status == 200 and pdf.body[:5] == b'%PDF-' and 'application/pdf' in pdf.headers['Content-Type'], name + ': the PDF comes', pdf.status)
    ok('%20%28searchable%29.pdf' in pdf.headers['Content-Disposition'], 'under a name that says what it is', pdf.headers['Content-Disposition'])
    back = read(h, other, name + '.pdf', pdf.body)
    ok(back['document']['pages'] == doc['document']['pages'] and back['sheet'][0]['source'] == 'text', 'it has all pages and a text of its own', back['document'])
    ok(all(w in back['sheet'][0]['body'] for w in ('Invoice 2291', '1,250.00', 'billing@bakery.example')), 'with the words as they were read', back['sheet'])
    scale = back['sheet'][0]['width'] / doc['sheet'][0]['width']
    ok(near(box(back, word), tuple(v * scale for v in box(doc, word))), 'where they stand', (box(back, word), box(doc, word), scale))
    return doc['document']['id'], pdf.body


with House.temporary() as h:
    h.org('aa', 'House aa')
    h.org('bb', 'House bb')
    ana, key, other = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator'), h.key('bb', 'operator')
    png = drawn('scan.png', [LINES], '-sDEVICE=pnggray', '-r200')
    doc, _ = of(h, key, other, 'turned.png', changed(png, '-rotate', '90'))
    jpeg = changed(png, to='jpeg')
    _, pdf = of(h, key, other, 'scan.jpeg', jpeg)
    ok(jpeg[-2000:-10] in pdf, 'a JPEG goes in as it came')
    of(h, key, other, 'scan.tiff', changed(png, '(', '+clone', ')', to='tiff'))
    of(h, key, other, 'scan.pdf', drawn('scan.pdf', [LINES, LINES], '-sDEVICE=pdfimage24', '-r150'))
    first = h.one("select archive from documents where id = '%s'" % doc)
    word = next(w for w in h.api('GET', '/documents/' + doc, key).json['words'] if w['text'].startswith('harbour'))
    ok('>Searchable PDF</a>' in h.get('/documents/' + doc, ana).text, 'the viewer offers it')
    h.wait(lambda: h.one("select chunked_at is not null from documents where id = '%s'" % doc) == 't', 'the page to be cut', 60)
    ok(h.api('POST', '/documents/%s/correct' % doc, key, {'page': 1, 'word': word['n'], 'old': word['text'], 'text': 'lighthouse'}).status in (200, 201), 'a word is put right')
    ok('Make a searchable PDF' in h.get('/documents/' + doc, ana).text, 'then it is to be made anew')
    ok('lighthouse' in read(h, other, 'again.pdf', made(h, key, doc).body)['sheet'][0]['body'], 'and has the word')
    here = h.prefix / 'data/files' / h.one("select id from organizations where slug = 'aa'")
    gone = lambda hash_: not (here / hash_).exists()
    h.wait(lambda: aged(h) and gone(first), 'the one before to go', 60)
    ok(True, 'the one before is gone')
    last = h.one("select archive from documents where id = '%s'" % doc)
    ok(not gone(last), 'the new one is kept')
    ok(h.form('/documents/' + doc, '/documents/%s/delete' % doc, {}, ana).status == 303, 'the document is deleted')
    h.wait(lambda: aged(h) and gone(last), 'its searchable PDF to go', 60)
    text = read(h, key, 'letter.pdf', drawn('letter.pdf', [LINES], '-sDEVICE=pdfwrite'))
    at = '/documents/%s/archive' % text['document']['id']
    ok(text['archive']['state'] == 'none' and h.api('POST', at, key, {}).status == 404 and h.get(at, key).status == 404, 'what has a text of its own needs none', text['archive'])
    kept = h.one("select d.id from documents d join organizations o on o.id = d.org_id where o.slug = 'aa' and d.archive is not null limit 1")
    ok(h.get('/documents/%s/archive' % kept, key).status == 200 and h.get('/documents/%s/archive' % kept, other).status == 404, 'others ask in vain')
    ok(h.one("select count(*) from job_history where kind like 'document.%' and state = 'dead'") == '0', 'no job died over any of it')
done()
