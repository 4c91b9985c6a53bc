"""Orders of exports and erasures, and the archives they make."""
import hashlib, io, json, zipfile


def state(h, id):
    return h.one("select state from privacy_orders where id = '%s'" % id)


def wait_for(h, id, wanted, within_s=60):
    h.wait(lambda: state(h, id) in (wanted, 'failed'), 'order to be ' + wanted, within_s, lambda: h.pid('worker'))
    return state(h, id)


def last(h, what):
    return h.one("select id from privacy_orders where what = '%s' order by id desc limit 1" % what)


def fetch(h, who, id):
    link = h.api('POST', '/exports/%s/link' % id, who).json
    return link, h.get('/exports/file?token=' + link['token'])


def opened(data):
    """The archive: its manifest, and a table's name to its rows; every entry is held against its hash."""
    z = zipfile.ZipFile(io.BytesIO(data))
    manifest = json.loads(z.read('manifest.json'))
    good = z.testzip() is None and {e['name'] for e in manifest['entries']} == set(z.namelist()) - {'manifest.json', 'README.txt'}
    tables = {}
    for e in manifest['entries']:
        body = z.read(e['name'])
        good = good and hashlib.sha256(body).hexdigest() == e['sha256'] and len(body) == e['bytes']
        if e['name'].endswith('.jsonl'):
            tables[e['name']] = [json.loads(line) for line in body.decode().splitlines()]
            good = good and len(tables[e['name']]) == e['rows']
    return good, manifest, tables, {n.split('/')[1]: z.read(n) for n in z.namelist() if n.startswith('files/')}
