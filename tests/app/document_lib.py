"""Documents for tests: drawn by Ghostscript, changed by ImageMagick, sent as a browser or a program sends them."""
import contextlib, os, subprocess, tempfile, time, uuid

FOLDER = tempfile.TemporaryDirectory(prefix='flpaper')
LINES = ('Invoice 2291 for the bakery at the harbour', 'The amount due is 1,250.00 EUR and it is payable', 'by the end of the month to the account below.',
         'Questions go to billing@bakery.example in time.')


def drawn(name, pages, *options):
    """Pages of lines as Ghostscript draws them: a PDF with text, or a picture."""
    path = os.path.join(FOLDER.name, name)
    text = '%!PS\n' + ''.join(''.join('/Helvetica findfont 14 scalefont setfont 72 %d moveto (%s) show\n' % (700 - 24 * n, line)
                                       for n, line in enumerate(lines)) + 'showpage\n' for lines in pages)
    subprocess.run(['gs', '-q', '-dNOPAUSE', '-dBATCH', '-sPAPERSIZE=a4', *options, '-sOutputFile=' + path, '-'], input=text.encode(), check=True,
                   capture_output=True)
    with open(path, 'rb') as f:
        return f.read()


def changed(data, *options, to='png'):
    return subprocess.run(['convert', '-', *options, to + ':-'], input=data, check=True, capture_output=True).stdout


def parts(files, fields=None):
    mark = uuid.uuid4().hex
    body = b''.join(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark.encode(), k.encode(), v.encode()) for k, v in (fields or {}).items())
    body += b''.join(b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n'
                     % (mark.encode(), name.encode(), data) for name, data in files)
    return body + b'--%s--\r\n' % mark.encode(), {'Content-Type': 'multipart/form-data; boundary=' + mark}


def upload(h, who, *files):
    body, head = parts(files, {'_token': h.get('/documents', who).token})
    return h.request('POST', '/documents', who, body, head)


def send(h, key, name, data, **more):
    body, head = parts([(name, data)])
    return h.request('POST', '/api/v1/documents', key, body, {**head, **more})


ON_ITS_WAY = ('SCANNING', 'QUEUED', 'PROCESSING', 'EXTRACTED', 'EMBEDDING')


def read(h, key, name, data):
    """Sends a file and waits for its end; the document with its first page."""
    sent = send(h, key, name, data)
    if sent.status != 201:
        return {'document': {'status': sent.status}}
    h.wait(lambda: h.api('GET', '/documents/' + sent.json['id'], key).json['document']['status'] not in ON_ITS_WAY, name + ' to be read', 60)
    return h.api('GET', '/documents/' + sent.json['id'], key).json


def aged(h):
    """All files put some time ago, and what waits for that due."""
    for p in (h.prefix / 'data/files').glob('*/*'):
        with contextlib.suppress(FileNotFoundError):
            os.utime(p, (time.time() - 7200,) * 2)
    h.sql("update jobs set run_at = now() where kind in ('document.remove', 'document.store') and run_at > now()")
    return True
