"""Conventions of the API that clients build on: docs/api.md line by line. Prints TAP."""
import gzip, json, os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

LIMITS = ('X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After')


def limited(a):
    """A refusal in the form of API-06."""
    p = a.json
    return (a.status == 429 and a.headers['Content-Type'].startswith('application/problem+json') and p['type'].endswith('/problems/rate-limited') and
            {'retry_after', 'limit', 'remaining', 'reset', 'trace_id'} <= set(p) and p['remaining'] == 0 and all(a.headers[h] is not None for h in LIMITS))


def reading(h, key):
    a = h.api('GET', '/intake', key)
    ok(a.headers['ETag'] and a.headers['Cache-Control'] == 'private, no-cache', 'a GET has an ETag and may be kept by its reader only')
    b = h.api('GET', '/intake', key, headers={'If-None-Match': a.headers['ETag']})
    ok(b.status == 304 and b.body == b'', 'unchanged: 304', b.status)
    c = h.api('GET', '/openapi.json', key, headers={'Accept-Encoding': 'gzip'})
    ok(c.headers['Content-Encoding'] == 'gzip' and 'Accept-Encoding' in c.headers['Vary'] and json.loads(gzip.decompress(c.body))['openapi'] == '3.1.0', 'gzip for who accepts it')
    seen, path = [], '/intake?limit=2'
    while path and len(seen) < 20:
        page = h.api('GET', path, key).json
        seen += [i['id'] for i in page['items']]
        path = page.get('next', '').replace('/api/v1', '')
    ok(len(seen) == 5 == len(set(seen)), 'next leads through a list, each row once', seen)


def older(h, key):
    a = h.request('GET', '/api/intake?limit=2', key, headers={'Accept': 'application/json'})
    ok(a.status == 200 and a.headers['Deprecation'] == '@1795219200' and a.headers['Link'] == '</api/v1/intake>; rel="successor-version"', 'an older address works and names the one that stays',
       a.status, a.headers['Deprecation'], a.headers['Link'])
    ok(h.api('GET', '/intake', key).headers['Deprecation'] is None, 'which is not deprecated')
    for path in ('brand/sites', 'sales/x', 'ai/x', 'strategy/x', 'finance/x'):
        a = h.request('GET', '/api/' + path, key, headers={'Accept': 'application/json'})
        ok(a.status == 404 and a.headers['Link'].startswith('</api/v1/%s>' % path) and a.json['status'] == 404, 'the prefix %s leads to /api/v1' % path.split('/')[0], a.status, a.headers['Link'])
    a = h.request('POST', '/api/auth/signin', None, '{"email": "ana@a.example", "password": "no"}', {'Content-Type': 'application/json', 'Accept': 'application/json'})
    ok(a.status == 401 and a.headers['Deprecation'], 'signin under its older address', a.status)


def refusals(h, key):
    a = h.api('POST', '/intake', key, {'subject': 'x', 'nonsense': 1})
    ok(a.status == 422 and '/nonsense' in [e['pointer'] for e in a.json['errors']] and {'type', 'title', 'status', 'detail', 'trace_id'} <= set(a.json), 'a mistake is named by its pointer')
    for path in ('/problems', '/problems/rate-limited'):
        a = h.get(path)
        ok(a.status == 200 and 'Retry-After' in a.text and all('>%d<' % s in a.text for s in (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)), path + ' lists them')
    for _ in range(12):
        a = h.api('POST', '/auth/token', None, {'grant_type': 'refresh_token', 'refresh_token': 'x'})
    ok(limited(a), 'too many from one address: 429 by the program', a.status, a.text)


def main():
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '40'}) as h:
        h.org('one', 'One', '--with-pipelines')
        key = h.key('one')
        for n in range(5):
            h.api('POST', '/intake', key, {'subject': 'Request %d' % n, 'body': 'x', 'name': 'Kim', 'email': 'kim@a.example'})
        reading(h, key)
        older(h, key)
        for _ in range(30):
            h.get('/problems')
        refusals(h, key)
    with House.temporary(programs=('web',), rate=1) as h:
        answers = [h.api('POST', '/auth/token', None, {'grant_type': 'refresh_token', 'refresh_token': 'x'}) for _ in range(40)]
        ok(limited(answers[-1]) and answers[0].status == 401, 'too many for nginx: 429 in the same form', answers[-1].status, answers[-1].text, dict(answers[-1].headers))
    return done()


if __name__ == '__main__':
    sys.exit(main())
