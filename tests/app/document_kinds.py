"""Documents of every kind and every oddity: Word, e-mail, Markdown, HTML and texts of any encoding are read whole; locked, cut, empty, enormous and hostile files
each end in a named state; names are made fit to be shown. Prints TAP."""
import io, os, random, struct, subprocess, sys, zipfile
from email.message import EmailMessage

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import FOLDER, LINES, drawn, read, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body, more=(), prolog=''):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('[Content_Types].xml', '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        z.writestr('word/document.xml', '<?xml version="1.0" encoding="UTF-8"?>%s<w:document %s><w:body>%s</w:body></w:document>' % (prolog, W, body))
        for name, data in more:
            z.writestr(name, data)
    return out.getvalue()


def para(*runs):
    return '<w:p>%s</w:p>' % ''.join('<w:r><w:t xml:space="preserve">%s</w:t></w:r>' % r for r in runs)


def body_of(got, page=0):
    return (got.get('sheet') or [{'body': ''}])[page]['body']


def word(h, key):
    table = '<w:tbl><w:tr><w:tc>%s</w:tc><w:tc>%s</w:tc></w:tr></w:tbl>' % (para('Amount'), para('1,250.00 EUR'))
    text = docx(para('Contract with the ', 'bakery &amp; mill') + para('canci\u00f3n \u4e2d\u6587') + table + '<w:p><w:r><w:delText>struck out</w:delText><w:instrText>PAGE</w:instrText></w:r></w:p>',
                [('word/footnotes.xml', '<w:footnotes %s>%s</w:footnotes>' % (W, para('A note at the foot')))])
    got = read(h, key, 'contract.docx', text)
    body = body_of(got)
    ok(got['document']['status'] == 'COMPLETED' and 'Contract with the bakery & mill\ncanci\u00f3n \u4e2d\u6587' in body, 'a Word document is read', got)
    ok('Amount\t1,250.00 EUR' in body and 'A note at the foot' in body, 'with tables and notes', body)
    ok('struck out' not in body and 'PAGE' not in body, 'without what was struck out and fields')
    strict = text.replace(b'schemas.openxmlformats.org/wordprocessingml/2006/main', b'purl.oclc.org/ooxml/wordprocessingml/main')
    ok(read(h, key, 'no-ending', text + b'')['document']['type'].endswith('wordprocessingml.document') and strict, 'known by what is in it, not by its name')
    for name, data, reason in (
            ('empty.docx', docx(''), 'empty'), ('cut.docx', text[:len(text) // 2], 'damaged'), ('other.docx', b'PK\3\4' + b'\0' * 60, 'damaged'),
            ('bomb.docx', docx('<w:p><w:r><w:t>%s</w:t></w:r></w:p>' % ('A' * (70 << 20))), 'unpacks'),
            ('laughs.docx', docx(para('&a;'), prolog='<!DOCTYPE x [<!ENTITY a "lol">]>'), 'damaged'),
            ('outside.docx', docx(para('&a;'), prolog='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), 'damaged'),
            ('deep.docx', docx('<w:x>' * 100000 + '</w:x>' * 100000), 'damaged'),
            ('locked.docx', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\0' * 500 + 'EncryptedPackage'.encode('utf-16-le') + b'\0' * 500, 'encrypted'),
            ('locked-parts.docx', locked(text), 'encrypted')):
        got = read(h, key, name, data)['document']
        ok((got['status'], got.get('reason')) == ('FAILED', reason), '%s ends as %s' % (name, reason), got)


def locked(data):
    """The same archive with the bit set that says its parts need a password."""
    out = bytearray(data)
    for mark, at in ((b'PK\3\4', 6), (b'PK\1\2', 8)):
        i = out.find(mark)
        while i >= 0:
            out[i + at] |= 1
            i = out.find(mark, i + 4)
    return bytes(out)


def mail(h, key):
    text = ('From: =?utf-8?q?J=C3=B6rg?= <j@x.example>\nTo: Ana <a@y.example>\nSubject: =?utf-8?q?Angebot_f=C3=BCr_Kuchen?=\nMIME-Version: 1.0\n'
            'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\n\nzw\xf6lf Torten\n'
            '--b\nContent-Type: application/pdf; name="preise.pdf"\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n').encode('latin-1')
    body = body_of(read(h, key, 'offer.eml', text))
    ok(all(x in body for x in ('J\u00f6rg <j@x.example>', 'Angebot f\u00fcr Kuchen', 'zw\u00f6lf Torten', 'preise.pdf')), 'an e-mail is read', body)
    inner = EmailMessage()
    inner['Subject'] = 'Six anchors'
    inner.set_content('Please order them for the quay.')
    inner.add_attachment(docx(para('The rent is 450 euros.')), maintype='application', subtype='octet-stream', filename='Lease.DOCX')
    for n in range(12):
        outer = EmailMessage()
        outer['Subject'] = 'wrapped %d' % n
        outer.set_content('See the letter.')
        outer.add_attachment(inner)
        if n == 0:
            body = body_of(read(h, key, 'forwarded.eml', outer.as_bytes()))
            ok(all(x in body for x in ('wrapped 0', 'Attachments: mail.eml', 'Six anchors', 'order them for the quay', 'Lease.DOCX', 'rent is 450 euros')),
               'so are a mail and a Word document attached to it', body)
        inner = outer
    def with_files(*files):
        m = EmailMessage()
        m.set_content('See these.')
        for n, data in enumerate(files):
            m.add_attachment(data, maintype='text', subtype='plain', filename='%d.txt' % n)
        return m.as_bytes()
    body = body_of(read(h, key, 'many.eml', with_files(*(b'note %d says so' % n for n in range(25)))))
    ok(body.count('says so') == 20 and ', 24.txt' in body, 'of many attachments the first are read, all are named', body[-300:])
    big = send(h, key, 'big.eml', with_files(*[b'a line of a log of a day\n' * 120000] * 3)).json['id']
    pages = "select coalesce(pages, 0) from documents where id = '%s'" % big
    h.wait(lambda: int(h.one(pages)) > 0, 'a mail with 9 MB of logs to be opened')
    ok(40 < int(h.one(pages)) < 60, 'as long as they say no more than 4 MB', h.one(pages))
    h.sql("delete from documents where id = '%s'" % big)
    wide = docx(para('Wide spread.').replace('</w:p>', ' ' * (40 << 20) + '</w:p>'))
    m = EmailMessage()
    m.set_content('Three drawings.')
    for name in ('one.docx', 'two.docx', 'three.docx'):
        m.add_attachment(wide, maintype='application', subtype='octet-stream', filename=name)
    body = body_of(read(h, key, 'drawings.eml', m.as_bytes()))
    ok(body.count('Wide spread.') == 1 and 'three.docx' in body, 'Word files attached to a mail unpack to no more together than one alone', body)
    got = read(h, key, 'matryoshka.eml', inner.as_bytes())
    ok(got['document']['status'] == 'COMPLETED' and 'wrapped 4' in body_of(got) and 'anchors' not in body_of(got), 'mails in mails down to a depth', body_of(got))


def papers(h, key):
    """PDFs and pictures in a mail that is uploaded: documents of their own, like those of a mail that came."""
    m = EmailMessage()
    m['Subject'] = 'The papers of the barge'
    m.set_content('Two papers and a song.')
    m.add_attachment(drawn('barge.pdf', [['Certificate of the barge Heron', 'good until 4 May 2031']], '-sDEVICE=pdfwrite'), maintype='application', subtype='octet-stream', filename='Heron.pdf')
    m.add_attachment(drawn('barge.png', [LINES], '-sDEVICE=pnggray', '-r150'), maintype='image', subtype='png', filename='photo.png')
    m.add_attachment(b'ID3' + bytes(500), maintype='audio', subtype='mpeg', filename='song.mp3')
    got = read(h, key, 'barge.eml', m.as_bytes())
    named = [(x['attached_name'], x['of']) for x in got['attached']]
    ok(got['document']['status'] == 'COMPLETED' and named == [('Heron.pdf', False), ('photo.png', False)] and 'song.mp3' in body_of(got), 'PDFs and pictures attached to a mail become documents', named)
    for x, said in zip(got['attached'], ('barge Heron', 'Invoice 2291')):
        path = '/documents/' + x['attached_id']
        h.wait(lambda: h.api('GET', path, key).json['document']['status'] == 'COMPLETED', 'the paper to be read')
        one = h.api('GET', path, key).json
        ok(said in body_of(one) and [(y['attached_id'], y['of']) for y in one['attached']] == [(got['document']['id'], True)], 'each is read and leads back to its mail', body_of(one)[:80])
    page = h.get('/documents/' + got['document']['id'], h.ana).text
    ok(all('/documents/' + x['attached_id'] in page for x in got['attached']), 'the viewer leads to them')
    h.api('POST', '/documents/%s/again' % got['document']['id'], key)
    h.wait(lambda: h.api('GET', '/documents/' + got['document']['id'], key).json['document']['status'] == 'COMPLETED', 'the mail to be read again')
    ok(h.one('select count(*) from document_attachments') == '2', 'read again, it has no more of them')


def texts(h, key):
    said = {'en': 'The ca\u00f1on was \u201cbuilt\u201d in 1890 \u2013 na\u00efvely.', 'es': 'El ni\u00f1o comi\u00f3 pi\u00f1a y cant\u00f3 una canci\u00f3n al \u00faltimo \u00e1rbol del jard\u00edn. ' * 3,
            'ru': '\u0411\u0443\u043b\u043e\u0447\u043d\u0430\u044f \u0443 \u0433\u0430\u0432\u0430\u043d\u0438 \u043e\u043f\u043b\u0430\u0442\u0438\u043b\u0430 \u0441\u0447\u0451\u0442 \u0434\u0432\u0430 \u0440\u0430\u0437\u0430. ' * 4,
            'ja': '\u6e2f\u306e\u30d1\u30f3\u5c4b\u306f\u8acb\u6c42\u66f8\u3092\u4e8c\u56de\u652f\u6255\u3044\u307e\u3057\u305f\u3002' * 4,
            'el': '\u039f \u03c6\u03bf\u03cd\u03c1\u03bd\u03bf\u03c2 \u03c3\u03c4\u03bf \u03bb\u03b9\u03bc\u03ac\u03bd\u03b9 \u03c0\u03bb\u03ae\u03c1\u03c9\u03c3\u03b5 \u03b4\u03cd\u03bf \u03c6\u03bf\u03c1\u03ad\u03c2. ' * 4}
    for lang, codec in (('en', 'utf-8'), ('en', 'utf-8-sig'), ('en', 'cp1252'), ('es', 'latin-1'), ('es', 'utf-16'), ('es', 'utf-16-le'), ('es', 'utf-16-be'), ('ru', 'cp1251'), ('ru', 'koi8-r'),
                        ('ja', 'shift_jis'), ('ja', 'euc-jp'), ('el', 'iso-8859-7')):
        got = body_of(read(h, key, '%s-%s.txt' % (lang, codec), (said[lang] + ' ' + codec).encode(codec)))
        ok(said[lang].strip() in got, 'a text in %s' % codec, got[:120])
    html = '<html><head><meta charset="windows-1251"><title>x</title></head><body><p>%s</p><script>alert(1)</script></body></html>' % said['ru'][:20]
    got = body_of(read(h, key, 'short.html', html.encode('cp1251')))
    ok(said['ru'][:20].strip() in got and 'alert' not in got, 'an HTML page in the encoding it names', got)
    ok('# Head' in body_of(read(h, key, 'notes.md', b'# Head\n\n* one\n* two\n')), 'Markdown')
    got = read(h, key, 'blank.txt', b' \n\t\n')['document']
    ok((got['status'], got['reason']) == ('FAILED', 'empty'), 'white space is empty', got)


def enormous(h, key):
    lines = ''.join('line %06d of a very long text\n' % n for n in range(24000))
    got = read(h, key, 'long.txt', lines.encode())['document']
    ok(got['status'] == 'COMPLETED' and got['pages'] > 10, 'a long text becomes pages', got)
    rows = h.sql("select body from document_pages where document_id = '%s' order by page" % got['id'])
    last = h.api('GET', '/documents/%s?page=%d' % (got['id'], got['pages']), key).json
    ok('line 023999' in body_of(last), 'and loses nothing')
    hit = h.api('GET', '/documents?q=012345', key).json['hits']
    ok(hit and hit[0]['page'] > 1 and rows, 'each page is found', hit)
    got = read(h, key, 'one-line.txt', ('caf\xe9 ' * 100000).encode('latin-1'))['document']
    ok(got['status'] == 'COMPLETED' and got['pages'] > 5, 'half a megabyte in one line', got)
    got = read(h, key, 'endless.txt', ('caf\xe9' * (6 << 20)).encode('latin-1'))['document']
    ok((got['status'], got['reason']) == ('FAILED', 'too_many_pages'), '24 MB of one word end as too many pages', got)


def hostile(h, key):
    rng = random.Random(4)
    base = {'a.docx': docx(para('x' * 200)), 'b.eml': b'From: a@b.c\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n',
            'c.html': b'<p>one <b>two</b><table><tr><td>three', 'd.txt': 'canci\u00f3n'.encode('utf-16')}
    sent = []
    for n in range(32):
        name, data = rng.choice(sorted(base.items()))
        data = bytearray(data)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        got = send(h, key, '%d-%s' % (n, name), bytes(data[:rng.randrange(8, len(data) + 1)]))
        ok(got.status in (201, 422), 'a changed file is taken or refused', got.status) if got.status not in (201, 422) else None
        if got.status == 201:
            sent.append(got.json['id'])
    h.wait(lambda: h.one("select count(*) from documents where status in ('QUEUED', 'READING')") == '0', 'all to end', 60)
    ok(len(sent) > 8, '%d files with random bytes changed: each ends' % len(sent), h.sql('select status, reason, count(*) from documents group by 1, 2'))


def meta(h, key):
    """What a file says of itself is kept: title, author, subject, keywords, when it was made, and its language by its words."""
    core = ('<?xml version="1.0"?>%s<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:t="http://purl.org/dc/terms/"><dc:title>Lease &amp; deposit</dc:title><dc:creator>Ana P\u00e9rez</dc:creator><c:keywords>lease, deposit</c:keywords><t:created>%s</t:created></c:coreProperties>')
    words = para('El arrendador guarda la fianza en una cuenta de las del banco y la devuelve con los intereses.')
    take = lambda name, core: read(h, key, name, docx(words, [('docProps/core.xml', core)]))['document']
    got = take('meta.docx', core % ('', '2026-03-01T10:00:00Z'))
    ok((got['title'], got['author'], got['keywords'], got['made_at'], got['language']) == ('Lease & deposit', 'Ana P\u00e9rez', 'lease, deposit', '2026-03-01T10:00:00Z', 'es'),
       'what a Word document says of itself', got)
    got = take('meta2.docx', core % ('', '2026-13-99T10:00:00Z'))
    ok(got['status'] == 'COMPLETED' and got['made_at'] is None and got['title'], 'a time that is none is left out', got)
    got = take('meta4.docx', core % ('', '2024-01-01T10:00:00+99:99'))
    ok(got['status'] == 'COMPLETED' and got['made_at'] is None and got['title'], 'so is one of a zone that is none', got)
    got = take('meta3.docx', core % ('<!DOCTYPE x [<!ENTITY a "b">]>', '2026-03-01'))
    ok(got['status'] == 'COMPLETED' and got['title'] is None, 'a document type in it is refused, the words are read', got)
    page = '<html><head><TITLE>Harbour &amp; fees</TITLE><meta name="author" content=\'Eva P\u00e9rez\'><meta content="fees, boats" name=keywords><meta name="date" content="2026-02-03"></head><body>It is 12 EUR</body></html>'
    got = read(h, key, 'fees.html', page.encode())['document']
    ok((got['title'], got['author'], got['keywords'], got['made_at'][:10]) == ('Harbour & fees', 'Eva P\u00e9rez', 'fees, boats', '2026-02-03'), 'what a page of HTML says of itself', got)
    got = read(h, key, 'notes.md', b'---\ntitle: "Quay rules"\ntags: [quay, rules]\n---\n\n# Another heading\n\nText of it.\n')['document']
    ok((got['title'], got['keywords']) == ('Quay rules', 'quay, rules'), 'a Markdown text by what stands before it', got)
    ok(read(h, key, 'plain.md', b'Some words.\n\n# The first heading\n\nMore.\n')['document']['title'] == 'The first heading', 'or by its first heading')
    got = read(h, key, 'asked.eml', b'From: Kim Mill <kim@mill.example>\r\nTo: a@b.example\r\nSubject: When is it due?\r\nDate: Tue, 03 Feb 2026 10:00:00 +0000\r\nContent-Type: text/plain\r\n\r\nThe bill, please.\r\n')['document']
    ok((got['title'], got['author'], got['made_at']) == ('When is it due?', 'Kim Mill', '2026-02-03T10:00:00Z'), 'a mail by its head', got)
    info = '%!PS\n[ /Title (Invoice 17) /Author (Harbour Bakery) /Subject (Bread) /Keywords (bread, rye) /DOCINFO pdfmark\n/Helvetica findfont 12 scalefont setfont 72 700 moveto (The bread of the bakery is for the port) show showpage\n'
    path = os.path.join(FOLDER.name, 'meta.pdf')
    subprocess.run(['gs', '-q', '-dNOPAUSE', '-dBATCH', '-sDEVICE=pdfwrite', '-sOutputFile=' + path, '-'], input=info.encode(), check=True, capture_output=True)
    with open(path, 'rb') as f:
        got = read(h, key, 'meta.pdf', f.read())['document']
    ok([got[k] for k in ('title', 'author', 'subject', 'keywords', 'language')] == ['Invoice 17', 'Harbour Bakery', 'Bread', 'bread, rye', 'en'] and got['made_at'], 'and what a PDF says', got)
    ok('Harbour Bakery' in h.get('/documents/' + got['id'], h.ana).text, 'the viewer says so too')


def names(h, key):
    for n, (sent, kept) in enumerate((('..\\..\\a/b/c.txt', 'c.txt'), ('gpj.\u202etxt.exe.txt', 'gpj.txt.exe.txt'), ('\u2066x\u2069\u200f.txt', 'x.txt'), ('a\x00b.txt', None), ('\u6e2f \U0001f35e.txt', '\u6e2f \U0001f35e.txt'),
                                      ('<script>alert(1)</script>.txt', 'script>.txt'), ('x' * 400 + '.txt', 'x' * 196 + '.txt'), ('\u00f1' * 200 + '.txt', '\u00f1' * 98 + '.txt'), ('tab\there.txt', 'tabhere.txt'))):
        got = send(h, key, sent, b'name %d' % n)
        name = h.one("select name from documents where id = '%s'" % got.json['id']) if got.status == 201 else None
        ok(name == kept if kept else got.status in (201, 400, 422), 'the name %r' % sent[:24], got.status, name)
    ok('alert(1)' not in h.get('/documents', h.ana).text, 'and shown as text')


with House.temporary() as h:
    h.org('aa', 'House aa')
    key, h.ana = h.key('aa', 'operator'), h.person('ana@aa.example', org='aa')
    word(h, key)
    mail(h, key)
    papers(h, key)
    texts(h, key)
    enormous(h, key)
    hostile(h, key)
    meta(h, key)
    names(h, key)
    ok(h.one("select count(*) from job_history where kind like 'document.%' and state = 'dead'") == '0', 'no job died over any of it')
done()
