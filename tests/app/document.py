"""Documents at the door: uploaded, sniffed, kept once, read by text layer or OCR in jobs, shown with words, found again, refused. Prints TAP."""
import os, re, subprocess, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import LINES, changed, drawn, parts, read, send, upload  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

def scan(h, ana):
    png = drawn('scan.png', [LINES], '-sDEVICE=pnggray', '-r200')
    answer = upload(h, ana, ('scan.png', png))
    where = (answer.headers['Location'] or '').split('?')[0]
    ok(answer.status == 303 and re.fullmatch('/documents/[0-9a-f-]{36}', where), 'a picture is taken from the browser', answer.status, answer.text[:300])
    h.wait(lambda: h.one("select status from documents where '/documents/' || id = '%s'" % where) in ('COMPLETED', 'FAILED'), 'OCR', 60)
    page = h.get(where + '?tab=text', ana).text
    ok('Invoice 2291' in page and '1,250.00' in page, 'its words are read and shown', page[-2000:])
    ok(re.search(r'<text x="\d+" y="\d+" font-size="\d+"[^>]*>Invoice </text>', page), 'each word lies over the picture')
    image = h.get(where + '/image?page=1', ana)
    ok(image.status == 200 and image.body[:3] == b'\xff\xd8\xff' and image.headers['Content-Type'] == 'image/jpeg', 'the picture comes through nginx', image.status)
    file = h.get(where + '/file', ana)
    ok(file.body == png and "filename*=UTF-8''scan.png" in file.headers['Content-Disposition'], 'the original comes back byte for byte')
    again = upload(h, ana, ('copy.png', png))
    ok(again.headers['Location'] == where + '?done=document_known', 'the same content is kept once', again.headers['Location'])
    ok(h.get('/_files/x/y', ana).status == 404, 'the folder itself is not open')
    return png, where


def layers(h, key, png):
    got = read(h, key, 'letter.pdf', drawn('letter.pdf', [LINES, ('Second page about marmalade',)], '-sDEVICE=pdfwrite'))
    ok(got['document']['status'] == 'COMPLETED' and got['document']['pages'] == 2, 'a PDF is read', got['document'])
    image = h.request('GET', '/api/v1/documents/%s/image?page=1' % got['document']['id'], key).body
    dark = subprocess.run(['convert', '-', '-colorspace', 'Gray', '-format', '%[fx:minima]', 'info:'], input=image, capture_output=True, text=False).stdout
    ok(float(dark) < 0.5, 'its picture shows words in a font it does not bring', dark)
    ok(got['sheet'][0]['source'] == 'text' and LINES[0] in got['sheet'][0]['body'], 'by its text layer', got.get('sheet'))
    boxes = [w for w in got['words'] if w['text'] == 'Invoice']
    ok(boxes and 100 < boxes[0]['x'] < 220 and boxes[0]['w'] > 50, 'its words have boxes', boxes)
    got = read(h, key, 'scan.pdf', drawn('scan.pdf', [LINES, LINES], '-sDEVICE=pdfimage24', '-r150'))
    ok(got['document']['status'] == 'COMPLETED' and got['sheet'][0]['source'] == 'ocr' and 'Invoice 2291' in got['sheet'][0]['body'], 'a scanned PDF by OCR', got['document'])
    for turn in (90, 180, 270):
        got = read(h, key, 'turned%d.png' % turn, changed(png, '-rotate', str(turn)))
        ok('Invoice 2291' in got['sheet'][0]['body'], 'a page turned by %d is turned upright' % turn, got['sheet'])
    for kind in ('jpeg', 'tiff', 'webp'):
        got = read(h, key, 'scan.' + kind, changed(png, to=kind))
        ok(got['document']['type'] == 'image/' + kind and 'Invoice 2291' in got['sheet'][0]['body'], kind, got['document'])
    for name, data in (('latin.txt', 'La cancin de maana'.replace('cancin', 'canci\xf3n').encode('latin-1')), ('wide.txt', 'La canci\xf3n'.encode('utf-16')),
                       ('page.html', '<p>La <b>canci\xf3n</b></p>'.encode())):
        got = read(h, key, name, data)
        ok('La canci\xf3n' in got['sheet'][0]['body'], name, got)


def odd(h, key, png, who):
    letter = drawn('odd.pdf', [LINES, ('x',)], '-sDEVICE=pdfwrite')
    locked = drawn('locked.pdf', [LINES], '-sDEVICE=pdfwrite', '-sOwnerPassword=a', '-sUserPassword=b', '-dEncryptionR=3', '-dKeyLength=128')
    huge = changed(b'P1 1 1 0', '-scale', '7000x7000!')
    for name, data, reason in (('locked.pdf', locked, 'encrypted'), ('bad.pdf', b'%PDF-1.4 nothing', 'damaged'), ('huge.png', huge, 'too_large'),
                               ('cut.png', png[:60] , 'damaged')):
        got = read(h, key, name, data)['document']
        ok(got['status'] == 'FAILED' and got['reason'] == reason, '%s ends as %s' % (name, reason), got)
    got = read(h, key, 'cut.pdf', letter[:len(letter) // 2])['document']
    ok(got['status'] in ('FAILED', 'COMPLETED'), 'a PDF cut off ends', got)
    ok(send(h, key, 'x.exe', b'MZ\0\0').status == 422 and send(h, key, 'x.txt', b'').status == 422, 'other kinds and empty files are refused')
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    ok([send(h, key, name, drawing).status for name in ('x.svg', 'x.png', 'x')] == [422] * 3, 'a drawing with a script is no kind that is taken')
    got = read(h, key, 'drawing.html', drawing)['document']
    a = h.request('GET', '/api/v1/documents/%s/file' % got['id'], key)
    ok(a.status == 200 and 'svg' not in got['type'] and a.headers['Content-Disposition'].startswith('attachment') and any("sandbox; default-src 'none'" == rule for rule in a.headers.get_all('Content-Security-Policy'))
       and a.headers['X-Content-Type-Options'] == 'nosniff', 'called a page it goes out as an attachment in a sandbox', got['type'], dict(a.headers))
    many = upload(h, who, ('good.txt', b'some words'), ('tool <b>.exe', b'MZ\0\0'), ('blank.txt', b''), ('other.bin', b'\0\1\2\3' * 9))
    ok(many.status == 422 and 'tool &lt;b&gt;.exe, other.bin: of a kind that is not taken' in many.text and 'good.txt' not in many.text and h.one("select count(*) from documents where name = 'good.txt'") == '0',
       'a form without scripts is told which files were refused', many.text[-3000:])
    body, head = parts([('tool.exe', b'MZ\0\0')])
    got = h.request('POST', '/api/v1/documents', key, body, head).json
    ok([(e['pointer'], e['detail']) for e in got['errors']] == [('/files', 'tool.exe: of a kind that is not taken. It was not kept.')], 'a program too, and of no others where one came alone', got)
    ok('Nothing was kept; choose the others again' in many.text, 'as is who sent others with it')
    ok(send(h, key, 'big.txt', b'x' * (26 << 20)).status == 413, 'more than 25 MB is refused by nginx')
    got = send(h, key, 'big.txt', b'x' * (21 << 20))
    ok(got.status == 413 and got.json['status'] == 413, 'more than is set by the program', got.status, got.text[:300])
    got = send(h, key, 'film.mp4', b'\0\0\0\x18ftypisom' + b'\0' * 50)
    h.wait(lambda: h.one("select status from documents where id = '%s'" % got.json['id']) == 'STORED', 'the video to be stored')
    ok(got.status == 201, 'a video is stored only', got.text)
    page, of = h.get('/documents/' + got.json['id'], who).text, h.get('/documents/' + h.one("select id from documents where status = 'COMPLETED' limit 1"), who).text
    ok('kept and handed out as it came' in page and 'Download original' in page and 'no such page' not in page, 'its page says so')
    ok([('chat?documents=' in p, 'id="find" name="find"' in p) for p in (page, of)] == [(False, False), (True, True)], 'and offers neither to ask about it nor to search in it, as that of one that was read does')
    page = h.get('/documents/' + h.one("select id from documents where status = 'FAILED' limit 1"), who).text
    ok('chat?documents=' not in page and 'Download original' in page, 'one that could not be read is not asked about either')
    ok('Nothing could be read here. Why, and what can be done, stands above.' in page and '/again"' in page and '?tab=versions">New version' in page, 'and says where the reason stands, with the ways on beside it', page[-6000:])
    page = h.get('/documents/%s?page=7' % h.one("select id from documents where status = 'COMPLETED' limit 1"), who).text
    ok('There is no such page in this document' in page, 'a page beyond the last is none')
    for name, start in (('photo.heic', b'\0\0\0\x18ftypheic'), ('photo.avif', b'\0\0\0\x18ftypavif'), ('sound.m4a', b'\0\0\0\x18ftypM4A ')):
        got = send(h, key, name, start + b'\0' * 50)
        ok(got.status == 422 and 'kind that is not taken' in got.text, '%s is no video, though a file of the same family: refused' % name, got.text)
    for name, start, kind in (('film.mov', b'\0\0\0\x14ftypqt  ', 'quicktime'), ('film.avi', b'RIFF\0\0\0\0AVI LIST', 'x-msvideo'), ('film.mpg', b'\0\0\1\xba', 'mpeg')):
        got = send(h, key, name, start + b'\1' * 50)
        ok(got.status == 201 and h.one("select type from documents where id = '%s'" % got.json['id']) == 'video/' + kind, '%s is one' % name, got.text)
    for body in (b'', b'--x', b'--x\r\n', b'--x\r\n\r\n', b'--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--', b'--x--', b'\0' * 100):
        got = h.request('POST', '/api/v1/documents', key, body, {'Content-Type': 'multipart/form-data; boundary=x'})
        ok(got.status in (400, 422), 'a broken form %r' % body[:12], got.status)
    ok(send(h, key, '../../etc/passwd\x01.txt', b'a name with a path').json['status'] == 'QUEUED', 'an odd name')
    ok(h.one("select name from documents where name like '%passwd%'") == 'passwd.txt', 'is cut to its last part')
    send(h, key, 'minutes; second draft.txt', b'a name with a semicolon')
    ok(h.one("select name from documents where name like '%minutes%'") == 'minutes; second draft.txt', 'one with a semicolon is kept whole', h.one("select name from documents where name like '%minutes%'"))


def found(h, key, ana, eve, where):
    hits = h.api('GET', '/documents?q=marmal', key).json['hits']
    ok([(x['name'], x['page']) for x in hits] == [('letter.pdf', 2)] and 'marmalade' in hits[0]['quote'], 'a page is found by a beginning', hits)
    ok(h.api('GET', '/documents?q=%22second+page%22', key).json['hits'] and not h.api('GET', '/documents?q=%22page+second%22', key).json['hits'], 'words in order')
    ok('Not in your documents' in h.get('/documents?q=wombat', ana).text, 'what is in no document is said so')
    ok('<mark>marmalade</mark>' in h.get('/documents?q=marmalade', ana).text, 'the quote is marked')
    ok(not h.api('GET', '/documents?q=marmalade', eve).json['hits'], 'nothing is found for another organisation')
    ok([h.get(where + end, eve).status for end in ('', '/file', '/image?page=1')] == [404] * 3, 'nor opened')


def turns(h, key):
    h.stop_one('worker')
    book = send(h, key, 'book.pdf', drawn('book.pdf', [('Page %d of a book' % n,) for n in range(1, 41)], '-sDEVICE=pdfwrite')).json['id']
    letter = send(h, key, 'letter.txt', b'A letter of one page that came after the book').json['id']
    h.start_program('worker')
    h.wait(lambda: h.one("select count(*) from documents where id in ('%s', '%s') and status = 'COMPLETED'" % (book, letter)) == '2', 'book and letter to be read')
    before = h.one("select count(*) from document_pages b join document_pages l on l.created_at > b.created_at where b.document_id = '%s' and l.document_id = '%s'" % (book, letter))
    ok(int(before) < 40, 'a letter waits for some pages of the book before it, not for its forty', before)
    ok(h.one("select count(*) from job_history where kind = 'document.page' and payload ->> 'document_id' = '%s'" % book) == '40', 'each of which is read once')


with House.temporary(conf={'UPLOAD_MAX_MB': '20'}) as h:
    h.org('aa', 'House aa')
    h.org('bb', 'House bb')
    ana, key, eve = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator'), h.key('bb', 'operator')
    png, where = scan(h, ana)
    layers(h, key, png)
    odd(h, key, png, ana)
    found(h, key, ana, eve, where)
    turns(h, key)
    ok(h.one("select count(*) from job_history where kind like 'document.%' and state = 'dead'") == '0', 'no job died over any of it')
done()
