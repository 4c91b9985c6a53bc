"""The logo: taken as a picture only, drawn anew, shown to strangers and in mails, taken away. Prints TAP."""
import os, struct, sys, uuid, zlib

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def png(width=120, height=40, note=b''):
    """A picture of one colour, with a note within (PNG, 11.3.4.3)."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + b'\x0b\x5f\x6e' * width for _ in range(height))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + (chunk(b'tEXt', b'Comment\0' + note) if note else b'')
            + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def send(h, who, name, data, **fields):
    mark = uuid.uuid4().hex.encode()
    fields['_token'] = h.get('/settings/organization', who).token
    body = b''.join(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, k.encode(), v.encode()) for k, v in fields.items())
    body += b'--%s\r\nContent-Disposition: form-data; name="logo"; filename="%s"\r\n\r\n%s\r\n--%s--\r\n' % (mark, name.encode(), data, mark)
    return h.request('POST', '/settings/logo', who, body, {'Content-Type': 'multipart/form-data; boundary=' + mark.decode()})


def main():
    with House.temporary() as h:
        h.org('aa', 'House aa', '--with-pipelines')
        ana, eve = h.person('ana@aa.example', org='aa'), h.person('eve@aa.example', org='aa', role='viewer')
        form = h.form('/channels/forms/new', '/channels/forms', {'name': 'Door', 'title': 'Ask'}, ana).headers['Location'].split('?')[0].rsplit('/', 1)[1]
        door = '/f/' + h.one("select public_key from intake_forms where id = '%s'" % form)
        for name, data in (('x.svg', b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), ('x.png', b'<svg/>'), ('x.pdf', b'%PDF-1.4\n'), ('x.png', b'')):
            a = send(h, ana, name, data)
            ok(a.status == 422 and 'id="logo-error"' in a.text, 'refused: %s %s' % (name, data[:6]), a.status)
        ok(send(h, ana, 'big.png', png(note=b'x' * (1 << 20))).status == 422, 'refused: more than a megabyte')
        ok(send(h, eve, 'x.png', png()).status == 403, 'who does not manage the organisation gives it no face')
        a = send(h, ana, 'logo.png', png(note=b'TRACE-OF-THE-FILE'))
        ok(a.status == 303 and a.headers['Location'].startswith('/settings/organization'), 'a picture is taken', a.status, a.text[:300])
        key = h.one("select logo_key from organizations where slug = 'aa'")
        h.wait(lambda: h.get('/logo/' + key).status == 200, 'the logo to be drawn', 60)
        shown = h.request('GET', '/logo/' + key)
        ok(shown.headers['Content-Type'] == 'image/jpeg' and shown.body[:2] == b'\xff\xd8' and b'TRACE' not in shown.body, 'what is shown is drawn anew')
        ok('src="/logo/%s"' % key in h.get(door).text, 'it stands on a form')
        ok('src="/logo/%s"' % key in h.get('/settings/organization', ana).text, 'and in the settings')
        ok(h.get('/logo/' + 'f' * 32).status == 404 and h.get('/logo/x').status == 404, 'other addresses show nothing')
        send(h, ana, 'next.png', png(60, 60), next='welcome')
        new = h.one("select logo_key from organizations where slug = 'aa'")
        ok(new != key and h.get('/logo/' + key).status == 404, 'another one has another address')
        ok(h.form('/settings/organization', '/settings/logo/remove', {}, ana).status == 303 and '/logo/' not in h.get(door).text and h.get('/logo/' + new).status == 404, 'it is taken away')
    done()


main()
