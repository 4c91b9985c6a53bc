"""The picture of a person: sniffed, drawn anew small and square, upright, shown where initials were; in the export, gone with the person. Prints TAP."""
import io, json, os, struct, subprocess, sys, uuid, zipfile

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402


def drawn(*how, to='jpg'):
    return subprocess.run(['convert', *how, to + ':-'], check=True, capture_output=True).stdout


def pixels(picture, size=None):
    """(width, height) and the colours of the corners, clockwise from the left above."""
    w, h = map(int, subprocess.run(['identify', '-format', '%w %h', '-'], input=picture, check=True, capture_output=True).stdout.split())
    raw = subprocess.run(['convert', '-', '-depth', '8', 'rgb:-'], input=picture, check=True, capture_output=True).stdout
    def at(x, y):
        r, g, b = raw[3 * (y * w + x):][:3]
        return 'red' if r > 180 and g < 90 else 'green' if g > 90 and r < 90 and b < 90 else 'blue' if b > 150 and r < 90 else 'white' if min(r, g, b) > 200 else 'other'
    return (w, h), [at(9, 9), at(w - 9, 9), at(w - 9, h - 9), at(9, h - 9)]


def exif(jpeg, orientation, secret):
    """The same JPEG as a camera writes it: which way is up, and where it was."""
    tiff = b'II*\0' + struct.pack('<I', 8) + struct.pack('<H', 2) + struct.pack('<HHIHH', 0x0112, 3, 1, orientation, 0) + struct.pack('<HHII', 0x010e, 2, len(secret), 38) + struct.pack('<I', 0) + secret
    head = b'Exif\0\0' + tiff
    return jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(head) + 2) + head + jpeg[2:]


def send(h, who, name, data):
    mark = uuid.uuid4().hex.encode()
    body = b'--%s\r\nContent-Disposition: form-data; name="_token"\r\n\r\n%s\r\n' % (mark, h.get('/me', who).token.encode())
    body += b'--%s\r\nContent-Disposition: form-data; name="avatar"; filename="%s"\r\n\r\n%s\r\n--%s--\r\n' % (mark, name.encode(), data, mark)
    return h.request('POST', '/me/avatar', who, body, {'Content-Type': 'multipart/form-data; boundary=' + mark.decode()})


def key_of(h):
    return h.one("select coalesce(avatar, '') from users where email = 'ana@aa.example'")


def shown(h, who, name, data):
    """Sends a picture and waits for what is made of it."""
    was = key_of(h)
    a = send(h, who, name, data)
    ok(a.status == 303 and a.headers['Location'] == '/me?done=avatar_sent', 'taken: ' + name, a.status, a.text[-900:])
    h.wait(lambda: key_of(h) != was, 'the picture to be drawn', 60)
    return h.get('/avatar/' + key_of(h), who)


def refusing(h, ana):
    ok('class="face big" aria-hidden="true">' in h.get('/me', ana).text, 'without one there are initials')
    for name, data in (('x.svg', b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), ('x.png', b'<svg/>'), ('x.pdf', b'%PDF-1.4\n'), ('x.tiff', b'II*\0' + bytes(99)), ('x.png', b'')):
        a = send(h, ana, name, data)
        ok(a.status == 422 and 'id="avatar-error"' in a.text, 'refused: %s %s' % (name, data[:6]), a.status)
    a = send(h, ana, 'big.png', b'\x89PNG\r\n\x1a\n' + bytes(5 << 20))
    ok(a.status == 422 and 'larger than 5 MB' in a.text, 'refused: more than five megabytes', a.status)
    broken = drawn('-size', '40x40', 'xc:red', to='png')[:60]
    ok(send(h, ana, 'broken.png', broken).status == 303, 'a broken one is found out by the reader')
    h.wait(lambda: 'not readable as a picture' in h.get('/me', ana).text, 'it to be refused', 60)
    ok(key_of(h) == '' and h.one('select sent is null from user_avatars') == 't', 'nothing of it is shown or kept')
    bomb = b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + b'IHDR' + struct.pack('>IIBBBBB', 60000, 60000, 8, 2, 0, 0, 0) + bytes(40)
    h.sql("update user_avatars set reason = null")
    send(h, ana, 'bomb.png', bomb)
    h.wait(lambda: 'not readable as a picture' in h.get('/me', ana).text, 'too many pixels to be refused', 60)
    ok(key_of(h) == '', 'nor is one of three thousand million pixels')


def dying(h, ana):
    """A job that is buried before it has loaded anything ends the wait as well."""
    h.sql("update user_avatars set state = 'waits', reason = null, type = 'image/png', sent = 'x'; select set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', false); "
          "with j as (select fl_uuid() as id) insert into jobs (org_id, id, queue, kind, payload, priority, kills) "
          "select fl_org(), j.id, 'document-processing', 'account.avatar', jsonb_build_object('user_id', u.user_id), 5, 3 from j, user_avatars u")
    h.wait(lambda: 'could not be looked at' in h.get('/me', ana).text, 'the wait to end', 60)
    ok(h.one("select state = 'refused' and sent is null from user_avatars") == 't', 'a dead job leaves neither a wait nor the file')


def drawing(h, ana, bob):
    corners = ['-size', '60x60', 'xc:red', 'xc:green', '+append', '(', 'xc:blue', 'xc:white', '+append', ')', '-append']
    a = shown(h, ana, 'face.png', drawn(*corners, '-set', 'comment', 'TRACE-OF-THE-FILE', to='png') + b'<script>TRACE</script>')
    ok(a.headers['Content-Type'] == 'image/jpeg' and b'TRACE' not in a.body and len(a.body) < 65536, 'it is drawn anew, with nothing else of the file', a.headers['Content-Type'], len(a.body))
    ok(pixels(a.body) == ((128, 128), ['red', 'green', 'white', 'blue']), 'small and square', pixels(a.body))
    ok('immutable' in a.headers['Cache-Control'] and a.headers['Cache-Control'].startswith('private') and a.headers['X-Content-Type-Options'] == 'nosniff', 'a browser keeps it', a.headers['Cache-Control'])
    first = key_of(h)
    jpeg = drawn(*corners, '-quality', '95')
    for way, want in ((3, ['white', 'blue', 'red', 'green']), (6, ['blue', 'red', 'green', 'white']), (8, ['green', 'white', 'blue', 'red']), (2, ['green', 'red', 'blue', 'white']),
                      (5, ['red', 'blue', 'white', 'green']), (7, ['white', 'green', 'red', 'blue'])):
        a = shown(h, ana, 'phone.jpg', exif(jpeg, way, b'52.37 N 4.89 E\0'))
        ok(pixels(a.body)[1] == want and b'52.37' not in a.body and b'Exif' not in a.body, 'a telephone held another way (%d), without where it was' % way, pixels(a.body))
    ok(h.get('/avatar/' + first, ana).status == 404, 'another one has another address')
    wide = shown(h, ana, 'wide.webp', drawn('-size', '300x100', 'xc:blue', '-fill', 'red', '-draw', 'rectangle 0,0 99,99', '-draw', 'rectangle 200,0 299,99', to='webp'))
    ok(pixels(wide.body)[1] == ['blue'] * 4, 'of a wide one the middle', pixels(wide.body))
    clear = shown(h, ana, 'clear.png', drawn('-size', '50x50', 'xc:none', to='png'))
    ok(pixels(clear.body)[1] == ['white'] * 4, 'what is seen through is white', pixels(clear.body))
    tag = 'src="/avatar/%s"' % key_of(h)
    ok(tag in h.get('/dashboard', ana).text and tag not in h.get('/dashboard', bob).text, 'it stands in the top bar of hers')
    ok(tag in h.get('/members', bob).text and tag in h.get('/me', ana).text, 'and in the list of members, for all of them')
    key, me = h.key('aa', 'operator'), h.one("select id from users where email = 'ana@aa.example'")
    task = h.api('POST', '/tasks', key, {'title': 'Paint', 'assignee_id': me}).json['id']
    asked = h.api('POST', '/intake', key, {'subject': 'Hello', 'body': 'Hm', 'email': 'kim@mill.example', 'name': 'Kim'}).json['id']
    h.sql("update intake_requests set assignee_id = '%s' where id = '%s'" % (me, asked))
    ok(all(tag in h.get(p, bob).text for p in ('/tasks', '/tasks/board', '/tasks/' + task, '/intake/' + asked)), 'and beside what is hers to do')
    ok(h.get('/avatar/' + key_of(h)).status == 303 and h.get('/avatar/' + 'f' * 32, ana).status == 404, 'strangers and other addresses see nothing')
    h.org('bb')
    h.sql("insert into memberships (org_id, user_id, role, name, email) select o.id, u.id, 'member', u.name, u.email from organizations o, users u where o.slug = 'bb' and u.email = 'ana@aa.example'")
    ok(h.one("select count(distinct avatar) from memberships where email = 'ana@aa.example'") == '1', 'who joins another organisation brings it along')


def leaving(h, ana):
    ana = h.prove(ana)
    h.form('/me/data', '/me/data/export', {}, ana)
    h.wait(lambda: h.one("select state from privacy_orders where what = 'export'") == 'ready', 'the export', 60)
    a = h.form('/me/data', '/me/exports/%s/link' % h.one("select id from privacy_orders where what = 'export'"), {}, ana)
    a = h.get(a.headers['Location'], ana)
    with zipfile.ZipFile(io.BytesIO(a.body)) as z:
        name = next((n for n in z.namelist() if 'user_avatars' in n), None)
        row = json.loads(z.read(name).splitlines()[0]) if name else {}
    ok(bytes.fromhex(row.get('image', '\\x')[2:])[:2] == b'\xff\xd8' and 'sent' not in row, 'the archive of the person holds it', list(row))
    key = key_of(h)
    ok(h.form('/me', '/me/avatar/remove', {}, ana).status == 303 and h.get('/avatar/' + key, ana).status == 404 and '/avatar/' not in h.get('/members', ana).text, 'it is taken away')
    shown(h, ana, 'face.png', drawn('-size', '50x50', 'xc:red', to='png'))
    h.sql("update memberships set role = 'owner' where email = 'bob@aa.example'")
    a = h.form('/me/data', '/me/data/erase', {'confirm': 'ana@aa.example'}, ana)
    h.wait(lambda: h.one('select count(*) from user_avatars') == '0', 'it to go with the person', 60)
    ok(h.one("select count(*) from memberships where avatar is not null") == '0', 'nothing of it stays')


def main():
    with House.temporary() as h:
        h.org('aa', 'House aa')
        ana, bob = h.person('ana@aa.example', org='aa'), h.person('bob@aa.example', org='aa', role='viewer')
        refusing(h, ana)
        dying(h, ana)
        drawing(h, ana, bob)
        leaving(h, ana)
    done()


main()
