"""Where documents lie, the same on a directory and on S3: kept, handed out, by links that end, read again, deleted; quota; and that files and rows agree.
Prints TAP."""
import base64, os, re, subprocess, sys, threading, time, urllib.parse, urllib.request

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'stub', 'app')]
from document_lib import LINES, aged, drawn, read, send, upload  # noqa: E402
from house import House, Lock  # noqa: E402
from s3 import S3  # noqa: E402
from tap import done, note, ok  # noqa: E402


def fetch(h, url, who=None):
    """Status, body and headers of an address, here or at the store; redirects are followed."""
    if url.startswith(h.url()) or url.startswith('/'):
        got = h.get(url.replace(h.url(), ''), who)
        return fetch(h, got.headers['Location']) if got.status == 303 else (got.status, got.body, got.headers)
    return outside(url)


def outside(url):
    try:
        with urllib.request.urlopen(url) as r:
            return r.status, r.read(), r.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read(), e.headers


def lies(h):
    return {p.name for p in (h.prefix / 'data/files').glob('*/*') if len(p.name) == 64}


def settled(h, stub):
    h.wait(lambda: aged(h) and h.one("select count(*) from jobs where kind in ('document.read', 'document.page', 'document.store', 'document.remove')") == '0', 'the files to come to rest', 60)


def both(h, key, ana, eve, stub, where):
    """where: what the test names say."""
    png = drawn('scan.png', [LINES], '-sDEVICE=pnggray', '-r120')
    got = read(h, key, 'sc\u00e4n.png', png)['document']
    path = '/documents/' + got['id']
    settled(h, stub)
    hashes = {r[0] for r in h.sql("select hash from documents union select image from document_pages where image is not null")}
    ok(got['status'] == 'COMPLETED' and len(hashes) == 2, '%s: a scan and its picture' % where, got)
    if stub:
        ok({k.split('/')[1][:64] for k in stub.objects} == hashes and not lies(h), '%s: both lie there and not here' % where, list(stub.objects), lies(h))
        ok(all(why is None for _, _, why in stub.calls), '%s: every request is signed as it must be' % where, stub.calls[:3])
    else:
        ok(lies(h) == hashes, '%s: both lie there' % where)
    status, body, head = fetch(h, path + '/file', ana)
    ok(status == 200 and body == png and 'sc%C3%A4n.png' in head['Content-Disposition'] and head['Content-Type'] == 'image/png', '%s: handed out byte for byte under its name' % where, status, dict(head))
    handed = h.api('GET', path + '/file', key)
    ok(handed.status == (303 if stub else 200) and (outside(handed.headers['Location'])[1] if stub else handed.body) == png, '%s: a program gets it too' % where, handed.status, handed.text[:99] if stub else '')
    status, body, head = fetch(h, path + '/image?page=1', ana)
    ok(status == 200 and body[:3] == b'\xff\xd8\xff' and head['Content-Type'] == 'image/jpeg', '%s: so is the picture' % where, status)
    link = h.api('GET', path + '/link', key).json
    ok(link['seconds'] == 900 and fetch(h, link['url'])[1] == png, '%s: a link needs no sign-in' % where, link)
    cut = len(link['url']) - 12
    odd = link['url'][:cut] + ('A' if link['url'][cut] != 'A' else 'B') + link['url'][cut + 1:]
    ok(fetch(h, odd)[0] in (403, 404), '%s: a changed one is refused' % where)
    ok(fetch(h, over(h, link['url'], stub))[0] in (403, 404), '%s: so is one that was made to last longer' % where)
    ok(h.api('GET', path + '/link', eve).status == 404 and h.get(path + '/file', eve).status == 404, '%s: another organisation gets none' % where)
    ok(h.form(path, path + '/again', {}, ana).status == 303, '%s: read again' % where)
    h.wait(lambda: h.one("select status from documents where id = '%s'" % got['id']) == 'COMPLETED', 'it to be read again', 60)
    settled(h, stub)
    ok(check(h)[0] == 0, '%s: files and rows agree' % where, check(h))
    same = send(h, eve, 'scan.png', png)
    ok(same.json['duplicate'] is False, '%s: the same file in another organisation is its own' % where)
    h.wait(lambda: h.one("select status from documents where id = '%s'" % same.json['id']) == 'COMPLETED', 'it to be read', 60)
    settled(h, stub)
    ok(h.api('POST', path + '/delete', h.key('aa', 'member')).status == 403, '%s: deleting needs the right' % where)
    ok(h.form(path, path + '/delete', {}, ana).status == 303 and h.get(path, ana).status == 404, '%s: deleted' % where)
    settled(h, stub)
    kept = {k for k in stub.objects} if stub else {str(p.relative_to(h.prefix / 'data/files')) for p in (h.prefix / 'data/files').glob('*/*') if len(p.name) == 64}
    ok(len(kept) == 2 and not [k for k in kept if h.aa in k], '%s: its files go, those of the other stay' % where, kept)
    ok(h.one("select count(*) from audit_log where action = 'document.delete' and subject_id = '%s'" % got['id']) == '1', '%s: the audit knows' % where)
    h.api('POST', '/documents/' + same.json['id'] + '/delete', eve)
    settled(h, stub)


def over(h, url, stub):
    """The link with a later end, as somebody would who does not know the secret."""
    if stub:
        return url.replace('X-Amz-Expires=900', 'X-Amz-Expires=9000')
    payload, mac = url.rsplit('/', 1)[1].split('.')
    text = base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)).decode().split(' ')
    text[2] = str(int(text[2]) + 8100)
    return h.url('/files/' + base64.urlsafe_b64encode(' '.join(text).encode()).decode().rstrip('=') + '.' + mac)


def cdn(h, key, who):
    """Static files and links to documents by a CDN: another name of the same nginx here, which is what one that fetches from the site amounts to."""
    name = 'http://localhost:%d' % h.port
    before = h.get('/documents', who)
    h.extra['S3_CDN_URL'] = name + '/'
    h.write_conf()
    h.restart('web')
    h.restart('nginx')
    h.wait(lambda: h.get('/documents', who).status == 200, 'the programs to be back', 60)
    page = h.get('/documents', who)
    style, sprite = re.search(r'<link rel="stylesheet" href="([^"]+)"', page.text)[1], re.search(r'<use href="([^"#]+)', page.text)[1]
    ok(style.startswith(name + '/static/') and sprite.startswith('/static/'), 'style and scripts come by the CDN, drawings made of parts stay here', style, sprite)
    rules = page.headers['Content-Security-Policy']
    ok(all("%s 'self'%s %s" % (what, ' data:' if what == 'img-src' else '', name) in rules for what in ('script-src', 'style-src', 'img-src', 'font-src')) and rules.count(name) == 4, 'the policy lets them in, and nothing else', rules)
    ok(name not in before.headers['Content-Security-Policy'] and name not in before.text, 'without it all is of the site')
    status, body, head = outside(style)
    ok(status == 200 and 'immutable' in head['Cache-Control'] and head['Cross-Origin-Resource-Policy'] == 'cross-origin' and head['Access-Control-Allow-Origin'] == '*', 'kept for a year, for any page', dict(head))
    got = read(h, key, 'far.txt', b'handed out far from here')['document']
    link = h.api('GET', '/documents/%s/link' % got['id'], key).json['url']
    status, body, head = outside(link)
    age = int(re.fullmatch(r'public, max-age=(\d+)', head['Cache-Control'])[1])
    ok(link.startswith(name + '/files/') and body == b'handed out far from here' and 0 < age <= 900, 'a link leads there and is kept no longer than it lasts', link, dict(head))
    ok(h.get('/documents/%s/file' % got['id'], key).headers['Cache-Control'] == 'no-store', 'what needs a sign-in is kept nowhere')
    h.drained(60)
    del h.extra['S3_CDN_URL']
    h.write_conf()
    h.restart('web')
    h.restart('nginx')


def check(h, *args):
    got = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'files', 'check', *args], capture_output=True, text=True, env=h.env)
    return got.returncode, got.stdout


def many(h, folder, named):
    """As many files as make several pages, looked up by the hundred: a transaction for each was one too many."""
    files = [folder / ('%064x' % n) for n in range(4000)] + [folder / ('.part-%d' % n) for n in range(600)]
    for file in files:
        file.touch()
        os.utime(file, (time.time() - 8 * 86400,) * 2)
    status, said = check(h)
    ok(status == 1 and ', 4601 files: 0 missing, 0 changed, 4600 loose' in said and str(named.name) not in said, 'thousands that no row names are all told, the one that a row names is not', said[-200:])
    before = commits(h)
    got = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'files', 'tidy'], capture_output=True, text=True, env={**h.env, 'DATABASE_OWNER_URL': ''})
    ok(got.returncode == 0, 'what cron runs each night needs no more than the role of the sweeps', got.returncode, got.stderr)
    asked = commits(h) - before
    ok([p for p in folder.iterdir()] == [named], 'and cleared away', len(list(folder.iterdir())))
    ok(asked < 2000, 'not asked for one by one', asked)


def commits(h):
    return int(h.one("select xact_commit from pg_stat_database where datname = 'fairlead'"))


def agree(h, key):
    got = read(h, key, 'kept.txt', b'a file that is changed behind our back')['document']
    folder = h.prefix / 'data/files' / h.aa
    loose = folder / ('0' * 64)
    loose.write_bytes(b'nobody names me')
    ok(check(h)[0] == 0, 'a file of this hour may be on its way')
    os.utime(loose, (time.time() - 4000,) * 2)
    ok(check(h)[0] == 0, 'as may one that a job of an hour wrote')
    os.utime(loose, (time.time() - 7200,) * 2)
    status, said = check(h)
    ok(status == 1 and 'loose' in said and '1 loose' in said, 'later it is loose', said)
    ok(check(h, '--remove')[0] == 0 and not loose.exists() and check(h)[0] == 0, 'and cleared away')
    path = folder / got['hash']
    loose.write_bytes(b'nobody names me')
    newer = folder / ('1' * 64)
    newer.write_bytes(b'the database of the backup does not know me')
    for file, days in ((loose, 8), (path, 8), (newer, 6)):
        os.utime(file, (time.time() - days * 86400,) * 2)
    h.fairlead('files', 'tidy')
    ok(not loose.exists() and newer.exists() and path.exists(), 'as every night by cron after a week: what is newer than a restored database stays')
    newer.unlink()
    many(h, folder, path)
    path.write_bytes(b'another text')
    ok(check(h)[0] == 1 and 'changed' in check(h)[1], 'a changed file is found')
    h.api('POST', '/documents/%s/again' % got['id'], key)
    h.wait(lambda: h.one("select status from documents where id = '%s'" % got['id']) == 'FAILED', 'it to be looked at')
    ok(h.one("select reason from documents where id = '%s'" % got['id']) == 'damaged', 'and is not read')
    path.unlink()
    ok(check(h)[0] == 1 and 'missing' in check(h)[1], 'so is a missing one')
    h.api('POST', '/documents/%s/delete' % got['id'], key)
    settled(h, None)


def brought_again(h, key, data):
    """Removes the document of this content and sends the content anew; the upload that has put its file waits until the job that clears up has been. Its answer."""
    first = read(h, key, 'again.txt', data)['document']
    settled(h, None)
    path = h.prefix / 'data/files' / h.aa / first['hash']
    h.fairlead('jobs', 'pause', 'document-processing')
    h.api('POST', '/documents/%s/delete' % first['id'], key)
    since = h.one('select clock_timestamp()')
    held = Lock(h, 'lock table documents in share mode')
    came = []
    second = threading.Thread(target=lambda: came.append(send(h, key, 'again.txt', data)))
    second.start()
    h.wait(lambda: h.one("select count(*) from pg_locks where not granted and relation = 'documents'::regclass") == '1' or came, 'the upload to wait')
    os.utime(path, (time.time() - 3600,) * 2)  # it waits as long as a job may take
    h.fairlead('jobs', 'resume', 'document-processing')
    h.wait(lambda: h.one("select count(*) from job_history where kind = 'document.remove' and finished_at > '%s'" % since) != '0' or came, 'the job that clears up')
    held.release()
    second.join()
    return came[0], path


def meanwhile(h, key):
    """The same content comes in again while its document goes: between its file and its commit the job that clears up may look."""
    for n in range(20):
        came, path = brought_again(h, key, b'here, gone, and here again, %d' % n)
        if came.status != 503:  # as it is told on a machine where the job takes longer than an upload may wait
            break
        settled(h, None)
    ok(came.status == 201 and path.exists(), 'content that comes in again while its document goes keeps its file', came.text)
    settled(h, None)
    ok(h.one("select status from documents where id = '%s'" % came.json['id']) == 'COMPLETED' and check(h)[0] == 0, 'and is read; files and rows agree', check(h))
    h.api('POST', '/documents/%s/delete' % came.json['id'], key)
    settled(h, None)
    ok(not path.exists(), 'until it goes too')


def quota(h, key, ana):
    h.sql("update organizations set settings = settings || '{\"document_quota_mb\": 1}' where slug = 'aa'")
    ok(send(h, key, 'fits.txt', b'x ' * 300000).status == 201, 'under the quota')
    got = send(h, key, 'too-much.txt', b'y ' * 300000)
    ok(got.status == 422 and 'no room' in got.text, 'over it: 422 with the reason', got.text)
    ok('no room' in upload(h, ana, ('too-much.txt', b'y ' * 300000)).text, 'also said on the page')
    intake = h.api('POST', '/intake', key, {'subject': 'x'}).json['id']
    h.sql("update organizations set settings = settings - 'document_quota_mb' where slug = 'aa'")
    ok(send(h, key, 'too-much.txt', b'y ' * 300000).status == 201 and intake, 'with more room it is taken')


def away(h, key, stub):
    stub.away = True
    got = read(h, key, 'meanwhile.txt', b'read while the store is away')['document']
    ok(got['status'] == 'COMPLETED' and lies(h), 'with the store away documents are read, and wait here', got)
    ok(fetch(h, '/documents/%s/file' % got['id'], key)[1] == b'read while the store is away', 'and are handed out')
    stub.away = False
    h.batch()
    h.wait(lambda: aged(h) and not lies(h), 'the file to reach the store', 60)
    ok(len(stub.objects) == 1, 'when it is back they go there')
    h.api('POST', '/documents/%s/delete' % got['id'], key)
    settled(h, stub)


def late(h, key, stub):
    """A removal that the store carries out late, after the same content came in again and lies there once more."""
    data = b'gone, and here again before the store knew'
    first = read(h, key, 'late.txt', data)['document']
    h.wait(lambda: len(stub.objects) == 1, 'the file to reach the store', 60)
    ok(lies(h), 'a file is in the store at once, and here as long as somebody may be bringing it again')
    settled(h, stub)
    stub.slow_removals = []
    h.api('POST', '/documents/%s/delete' % first['id'], key)
    settled(h, stub)
    ok(len(stub.slow_removals) == 1 and len(stub.objects) == 1, 'its removal is asked for, and takes its time', stub.objects.keys())
    again = read(h, key, 'late.txt', data)['document']
    settled(h, stub)
    ok(len(stub.objects) == 2 and not lies(h), 'what comes in again has a name of its own', stub.objects.keys())
    stub.catch_up()
    ok(len(stub.objects) == 1 and fetch(h, '/documents/%s/file' % again['id'], key)[1] == data and fetch(h, h.api('GET', '/documents/%s/link' % again['id'], key).json['url'])[1] == data, 'so the removal takes the old one alone')
    ok(h.api('POST', '/documents/%s/again' % again['id'], key).status == 200, 'it is read again')
    h.wait(lambda: h.one("select status from documents where id = '%s'" % again['id']) == 'COMPLETED', 'it to be read again', 60)
    settled(h, stub)
    h.api('POST', '/documents/%s/delete' % again['id'], key)
    settled(h, stub)
    ok(not stub.objects and not lies(h), 'and goes in its turn', stub.objects.keys())


def full(h, key, ana):
    """The volume of the files is full (promise 30); where mounting is not permitted nothing can be shown."""
    folder = str(h.prefix / 'data/files' / h.aa)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m,mode=777', 'tmpfs', folder], capture_output=True).returncode:
        return note('no volume may be mounted here')
    try:
        first = send(h, key, 'first.txt', b'1 ' * 600000)
        ok(first.status == 201, 'a volume of 2 MB takes a file')
        got = send(h, key, 'second.txt', b'2 ' * 600000)
        ok(got.status == 503 and got.headers['Retry-After'] == '60', 'full: 503 with Retry-After', got.status)
        ok(got.json['title'] == 'The storage is full' and 'no room' in got.json['detail'], 'and says that there is no room', got.text)
        page = upload(h, ana, ('second.txt', b'2 ' * 600000))
        ok(page.status == 503 and 'a disk has to be given room' in page.text and 'busy' not in page.text, 'to people too', page.status)
        ok(h.one("select count(*) from documents where name = 'second.txt'") == '0' and send(h, key, 'small.txt', b'3').status == 201, 'no row without its file, and small ones go on')
        settled(h, None)
        room = os.statvfs(folder)
        with open(os.path.join(folder, 'filler'), 'wb') as f:
            f.write(b'x' * (room.f_bavail * room.f_frsize - 12000))
        scan = send(h, key, 'scan.png', drawn('scan.png', [LINES], '-sDEVICE=pngmono', '-r120')).json['id']
        often = "select runs from jobs where kind = 'document.page' and payload ->> 'document_id' = '%s' and last_error like '%%No space left%%'" % scan
        h.wait(lambda: h.hurry('document.page') or int(h.one(often) or 0) > 3, 'a page whose picture finds no room to be tried more often than a job that fails', 300)
        page = "from jobs where kind = 'document.page' and payload ->> 'document_id' = '%s'" % scan
        h.sql("update jobs set created_at = created_at - interval '30 hours' where id in (select id %s)" % page)
        runs = int(h.one('select runs ' + page))
        h.wait(lambda: int(h.one('select runs ' + page)) > runs + 1 or h.hurry('document.page'), 'it to be tried again', 300)
        h.wait(lambda: h.one("select state = 'retry' and run_at > updated_at + interval '20 s' " + page) == 't', 'it to wait', 300)
        ok(h.one('select run_at < updated_at + interval \'1 hour\' ' + page) == 't', 'how long it waits is told from its first try, not from when it was asked for', h.sql('select created_at, updated_at, run_at ' + page))
        os.unlink(os.path.join(folder, 'filler'))
        h.wait(lambda: h.hurry('document.page') or h.one("select status from documents where id = '%s'" % scan) == 'COMPLETED', 'it to be read', 300)
        ok(check(h)[0] == 0, 'a page waits for room, and is read when there is some', check(h))
        gone = [h.api('POST', '/documents/%s/delete' % i, key) for i in (scan, first.json['id'])]
        ok([g.status for g in gone] == [200, 200], 'both may be deleted', [(g.status, g.text) for g in gone])
        settled(h, None)
        got = send(h, key, 'second.txt', b'2 ' * 600000)
        ok(got.status == 201, 'with room again it is taken', got.status, os.listdir(folder), h.sql("select kind, state, errors from job_history where kind = 'document.remove'"))
        settled(h, None)
        ok(check(h)[0] == 0, 'files and rows agree', check(h))
    finally:
        subprocess.run(['umount', '-l', folder], check=True)


with House.temporary() as h:
    h.aa = h.org('aa', 'House aa')
    h.org('bb', 'House bb')
    h.aa = h.one("select id from organizations where slug = 'aa'")
    ana, key, eve = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator'), h.key('bb', 'operator')
    both(h, key, ana, eve, None, 'directory')
    agree(h, key)
    meanwhile(h, key)
    full(h, key, ana)
    h.drained(120)  # no passages of theirs are being kept
    h.sql("delete from documents; delete from counters where name = 'document.bytes'; delete from counter_deltas where name = 'document.bytes'")
    quota(h, key, ana)
    cdn(h, key, ana)
    h.drained(120)
    h.sql("delete from documents")
    stub = S3('/behind/it')
    h.extra.update(stub.conf())
    h.extra['OUTSIDE_ALLOW'] = '127.0.0.1:%d,127.0.0.1:%d' % (stub.port, h.ports['live'])
    h.write_conf()
    h.restart('web')
    h.restart('worker')
    for p in (h.prefix / 'data/files').glob('*/*'):
        p.unlink()
    both(h, key, ana, eve, stub, 'S3')
    away(h, key, stub)
    late(h, key, stub)
    stub.close()
done()
