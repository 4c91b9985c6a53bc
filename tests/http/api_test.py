"""Conventions of the API that clients build on: docs/api.md line by line. Prints TAP."""
import gzip, json, os, pathlib, re, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402

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
    tag = c.headers['ETag']
    d = h.api('GET', '/openapi.json', key, headers={'Accept-Encoding': 'gzip', 'If-None-Match': '"other", ' + tag})
    ok(len(c.body) > 10000 and tag.startswith('W/') and d.status == 304 and not d.body, 'large, compressed and unchanged: 304 for the weak tag it then has', len(c.body), tag, d.status)
    seen, path = [], '/intake?limit=2'
    while path and len(seen) < 20:
        page = h.api('GET', path, key).json
        seen += [i['id'] for i in page['items']]
        path = page.get('next', '').replace('/api/v1', '')
    ok(len(seen) == 5 == len(set(seen)), 'next leads through a list, each row once', seen)


def left(a):
    """What the answer says is left of this second; None when it does not say."""
    limit, left, reset = (a.headers[h] for h in LIMITS[:3])
    return int(left) if limit == '100' and reset == '1' else None


def budget(h, key):
    """API-06 asks for the headers at a refusal; here each answer to a key has them, so that a client slows down before."""
    first, second = h.key('one'), h.key('one')
    ok(left(h.api('GET', '/intake?limit=1', first)) == 99, 'a key is told what it has left of this second')
    ok(left(h.api('GET', '/intake?limit=1', second)) == 99, 'the first request of each is counted apart')
    answers = [h.api('GET', '/nowhere', key), h.api('POST', '/intake', key, {'nonsense': 1}), h.api('GET', '/intake', 'fl_nobody'), h.api('PUT', '/intake', key)]
    ok([a.status for a in answers] == [404, 422, 401, 405] and None not in map(left, answers), 'refusals too', [(a.status, left(a)) for a in answers])
    counts = [left(h.api('GET', '/intake?limit=1', key)) for _ in range(40)]
    ok(any(b == a - 1 for a, b in zip(counts, counts[1:])) and all(0 <= c < 100 for c in counts), 'it falls by one a request', counts)
    a = h.get('/intake', key)
    ok(a.status == 200 and left(a) is None, 'pages have none')


def together(h):
    """X-19: an organisation's people and keys share its hundred a second (here two, with bursts of four)."""
    one, two, ana, other = h.key('one'), h.key('one'), h.person('ana@one.example', 'one'), h.key('two')
    asks = [lambda who=who: h.api('GET', '/orgs', who) for who in (one, two, ana)]

    def refused():
        return next((a for i in range(600) for a in [asks[i % 3]()] if a.status != 200), None)
    a = refused()
    ok(a is not None and limited(a) and a.headers['X-RateLimit-Limit'] == '2' and a.headers['Retry-After'] == '1', 'too many of one organisation: 429', a and a.text)
    seen = set()
    for i in range(600):
        if asks[i % 3]().status == 429:
            seen.add(i % 3)
        if len(seen) == 3:
            break
    ok({0, 1, 2} <= seen, 'for each of its keys and people', seen)
    form = h.form('/signin', '/signin', {'email': 'nobody@one.example', 'password': 'wrong'})
    ok(h.api('GET', '/orgs', other).status == 200 and form.status == 401, 'others and strangers go on')
    refused()
    page = h.get('/orgs', ana)
    ok(page.status in (200, 429), 'a page is refused as a page', page.status)
    h.wait(lambda: h.api('GET', '/orgs', one).status == 200, 'the next seconds')
    ok(True, 'a second later it goes on')


def older(h, key):
    a = h.request('GET', '/api/intake?limit=2', key, headers={'Accept': 'application/json'})
    ok(a.status == 200 and a.headers['Deprecation'] == '@1795219200' and a.headers['Link'] == '</api/v1/intake>; rel="successor-version"', 'an older address works and names the one that stays',
       a.status, a.headers['Deprecation'], a.headers['Link'])
    ok(h.api('GET', '/intake', key).headers['Deprecation'] is None, 'which is not deprecated')
    for path in ('brand', 'brand/sites', 'sales/x', 'ai/x', 'strategy/x', 'finance/x'):
        a = h.request('GET', '/api/' + path, key, headers={'Accept': 'application/json'})
        ok(a.status == 404 and a.headers['Link'].startswith('</api/v1/%s>' % path) and a.json['status'] == 404, 'the prefix %s leads to /api/v1' % path.split('/')[0], a.status, a.headers['Link'])
    one = h.api('GET', '/intake?limit=1', key).json['items'][0]['id']
    a = h.request('GET', '/api/intake/' + one, key, headers={'Accept': 'application/json'})
    ok(a.status == 200 and a.headers['Link'] == '</api/v1/intake/%s>; rel="successor-version"' % one, 'the whole family of an older address does', a.status, a.headers['Link'])
    for path, wanted in (('auth/token', 400), ('auth/logout', 400), ('auth/signout', 400), ('auth/nothing', 404)):
        a = h.request('POST', '/api/' + path, None, '[', {'Content-Type': 'application/json', 'Accept': 'application/json'})
        ok(a.status == wanted and a.headers['Deprecation'], 'so does ' + path, a.status, a.text[:300])
    a = h.request('POST', '/api/auth/signin', None, '{"email": "ana@a.example", "password": "no"}', {'Content-Type': 'application/json', 'Accept': 'application/json'})
    ok(a.status == 401 and a.headers['Deprecation'], 'signin under its older address', a.status)


def protected(h, key):
    """ROL-10: below these a stranger learns nothing without a session; who is known learns that there is nothing."""
    for path in ('/dashboard/x', '/engagements', '/engagements/1', '/api/protected/x'):
        a, b = h.get(path), h.get(path, headers={'Accept': 'application/json'})
        ok(a.status in (303, 401) and b.status == 401 and b.json['status'] == 401, path + ' wants a session', a.status, b.status)
        ok(h.request('GET', path, key, headers={'Accept': 'application/json'}).status == 404, 'and leads nowhere with one')
    ok([h.get(path).status for path in ('/dashboards', '/engagementsx', '/api/nothing')] == [404] * 3, 'their neighbours are as always')
    a = h.api('GET', '/intake', key, headers={'X-Org-Id': 'rubbish'})
    ok(a.status == 400 and a.headers['Content-Type'].startswith('application/problem+json') and a.json['type'].endswith('/problems/malformed'), 'a header that names no organisation is told as JSON', a.status, a.headers['Content-Type'])


def refusals(h, key):
    a = h.api('POST', '/intake', key, {'subject': 'x', 'nonsense': 1})
    ok(a.status == 422 and '/nonsense' in [e['pointer'] for e in a.json['errors']] and {'type', 'title', 'status', 'detail', 'trace_id'} <= set(a.json), 'a mistake is named by its pointer')
    broken = {'{"subject": "a", "subject": "b"}': 'twice', '{"subject": NaN}': 'byte 12', "{'subject': 1}": 'byte 1', '[' * 40: 'nested too deep', '{"subject": "\\u0000"}': 'NUL', '["subject"]': 'not an object',
              '{"subject": "a\nb"}': 'control', '{"subject": "a"} x': 'follows', '': None}
    for body, why in broken.items():
        a = h.api('POST', '/intake', key, body)
        ok(a.status == (400 if why else 422) and (not why or why in a.json['reason']), 'a body that is not JSON is told where: %r' % body[:40], a.status, a.text)
    names = {h.api(*ask).json['type'].replace(h.url('/problems/'), '') for ask in (('GET', '/nowhere', key), ('PUT', '/intake', key), ('POST', '/intake', key, '['), ('POST', '/intake', key, {}), ('GET', '/intake'))}
    page = h.get('/problems').text
    ok(names == {'not-found', 'method-not-allowed', 'malformed', 'invalid-fields', 'unauthenticated'} and all('id="%s"' % n in page for n in names), 'type leads to what /problems says of it', names)
    for path in ('/problems', '/problems/rate-limited'):
        a = h.get(path)
        ok(a.status == 200 and 'Retry-After' in a.text and all('>%d<' % s in a.text for s in (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)), path + ' lists them')
    a, one = h.api('GET', '/problems', headers={'Accept-Language': 'es'}), h.get('/problems/rate-limited', headers={'Accept': 'application/json'})
    ok([p['status'] for p in a.json['items']] == [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503] and h.url('/problems/not-found') in [p['type'] for p in a.json['items']] and
       'Corregir la petición' in a.text, 'to programs too, in their language', a.status, a.text[:300])
    ok([p['status'] for p in one.json['items']] == [429] and 'Retry-After' in one.json['items'][0]['remedy'] and h.api('GET', '/problems/nonsense').status == 404, 'one by one', one.text)
    for _ in range(90):  # more than twice as many as pass in a minute: one may end between them
        a = h.api('POST', '/auth/token', None, {'grant_type': 'refresh_token', 'refresh_token': 'x'})
        if a.status == 429:
            break
    ok(limited(a), 'too many from one address: 429 by the program', a.status, a.text)


LISTED, CALLER = 'https://app.example.org', {'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type'}


def allows(a):
    """The headers by which a script of another site may read the answer."""
    return {k.lower(): v for k, v in a.headers.items() if k.lower().startswith('access-control-')}


def other_sites(h, key, ana):
    """ALLOWED_ORIGINS (SEC-14, X-52) as a browser asks; Origin is set by the browser and cannot be forged by a script."""
    a = h.request('OPTIONS', '/api/v1/intake', headers={'Origin': LISTED, **CALLER})
    said = allows(a)
    ok(a.status == 204 and not a.body and said['access-control-allow-origin'] == LISTED and set(said['access-control-allow-methods'].split(', ')) == {'GET', 'POST'} and
       {'authorization', 'content-type', 'idempotency-key'} <= set(said['access-control-allow-headers'].lower().split(', ')), 'a listed site is told before it asks', a.status, said)
    ok('Origin' in a.headers.get_all('Vary') and 'access-control-allow-credentials' not in said, 'for this origin only, and without credentials')
    a = h.api('POST', '/intake', key, {'subject': 'From a script', 'name': 'Kim', 'email': 'kim@a.example'}, {'Origin': LISTED, 'Sec-Fetch-Site': 'cross-site'})
    ok(a.status == 202 and allows(a)['access-control-allow-origin'] == LISTED and 'X-RateLimit-Remaining' in allows(a)['access-control-expose-headers'], 'its script calls with a key', a.status, allows(a))
    a = h.api('GET', '/nowhere', key, headers={'Origin': LISTED})
    ok(a.status == 404 and allows(a)['access-control-allow-origin'] == LISTED, 'and may read a refusal')
    login = {'email': 'ana@one.example', 'password': PASSWORD}
    a = h.api('POST', '/auth/login', None, login, {'Origin': LISTED, 'Sec-Fetch-Site': 'cross-site'})
    ok(a.status == 200 and a.headers['Set-Cookie'] is None, 'no cookie is set for it', a.status, a.headers['Set-Cookie'])
    ok(h.api('POST', '/auth/login', None, login).headers['Set-Cookie'], 'as one is without an origin')
    before = h.one('select count(*) from intake_requests')
    a = h.api('POST', '/intake', ana, {'subject': 'With her cookie'}, {'Origin': LISTED})
    ok(a.status == 403 and h.one('select count(*) from intake_requests') == before, 'nor does one count: with a session 403', a.status)
    for origin in (LISTED + '.evil.example', 'https://evil.example', 'http://app.example.org', LISTED + ':8443', LISTED + '/', LISTED.upper(), 'https://app.example', 'null', '*', '', 'https://two.example,' + LISTED):
        a, b = (h.request(m, '/api/v1/intake', None if m == 'OPTIONS' else key, headers={'Origin': origin, **CALLER}) for m in ('OPTIONS', 'GET'))
        ok(a.status == 405 and b.status == 200 and not allows(a) and not allows(b), 'not listed: %s' % origin, a.status, b.status, allows(a), allows(b))
        a = h.api('POST', '/auth/login', None, login, {'Origin': origin})
        ok(not origin or a.status == 403, 'and it signs nobody in', a.status)
    for path in ('/intake', '/signin', '/api/v1/admin/users', '/api/v1/admin'):
        a, b = (h.request(m, path, ana if m == 'GET' else None, headers={'Origin': LISTED, **CALLER}) for m in ('OPTIONS', 'GET'))
        ok(a.status in (405, 403) and not allows(a) and not allows(b), 'pages and administration are for no other site: %s' % path, a.status, b.status)
    a = h.request('OPTIONS', '/api/v1/nowhere', headers={'Origin': LISTED, **CALLER})
    ok(a.status == 404, 'nothing is promised for an address that is none', a.status)
    a = h.request('OPTIONS', '/api/v1/intake', headers={'Origin': 'https://two.example:8443', **CALLER})
    ok(allows(a).get('access-control-allow-origin') == 'https://two.example:8443', 'the second of the list')


def form_sites(h, ana):
    """The sites a form lists for itself (X-52): they may show it, and send to it by form and by script; with ALLOWED_ORIGINS, and nobody else."""
    framed = lambda path: h.get(path).headers['Content-Security-Policy'].split('frame-ancestors ')[1].split(';')[0]
    page = h.form('/channels/forms/new', '/channels/forms', {'name': 'Door'}, ana).headers['Location'].split('?')[0]
    key = h.one('select public_key from intake_forms')
    door, count, words = '/f/' + key, lambda: h.one('select count(*) from intake_requests'), {'field': {'email': 'v@shop.example', 'message': 'The lift stands still.'}}
    shop, asks = 'https://shop.example', {'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type'}
    preflight = lambda origin, at=None: h.request('OPTIONS', '/api/v1' + (at or door), headers={'Origin': origin, **asks})
    send = lambda origin, **more: h.api('POST', door, None, {'field': {**words['field'], **more}}, {'Origin': origin, 'Sec-Fetch-Site': 'cross-site'})
    plain = lambda origin, n: h.post(door, {'field.email': 'v@shop.example', 'field.message': 'Lift %d' % n}, headers={'Origin': origin, 'Sec-Fetch-Site': 'cross-site'})
    ok(framed(door) == '*' and preflight(shop).status == 405 and not allows(h.api('GET', door, headers={'Origin': shop})), 'without a list any site may show a form, and no script may read it')
    a = plain(shop, 1)
    ok(a.status == 303 and framed(a.headers['Location']) == '*', 'or send to it; what follows is shown in the same frame', a.status)
    mail = h.api('POST', '/intake', h.key('one'), {'subject': 'By key', 'email': 'k@shop.example'}).json['status_url'].split('/status/')[1]
    status = h.get(a.headers['Location'])
    ok('no-referrer' not in status.text and status.headers['Referrer-Policy'] == 'same-origin', 'a browser names our own origin when something is sent from the page that follows (Fetch, 3.2)')
    ok(framed('/status/' + mail) == "'none'", 'the page of a request that came by no form is shown in none')
    keep = lambda origins: h.form(page, page, {'name': 'Door', 'version': h.one('select version from intake_forms'), 'embed_origins': origins}, ana)
    for bad in ('*', 'https://*.shop.example', 'https://shop.example/path', 'shop.example', "https://shop.example; script-src *", "'self'", 'https://a@shop.example', 'javascript:alert(1)',
                '\n'.join('https://s%d.example' % n for n in range(21))):
        a = keep(bad)
        ok(a.status == 422 and 'Give at most 20 sites' in a.text and h.one('select embed_origins from intake_forms') == '', 'no site: ' + bad[:30], a.status)
    a = keep('https://Shop.example:443/\r\nhttp://localhost:3000')
    ok(a.status == 303 and h.one('select embed_origins from intake_forms') == shop + ' http://localhost:3000' and shop + '\nhttp://localhost:3000' in h.get(page, ana).text, 'kept as browsers write them', a.status)
    ok(framed(door) == "'self' %s http://localhost:3000 %s https://two.example:8443" % (shop, LISTED), 'they alone show it, with those of the configuration', framed(door))
    wrong = h.post(door, {'field.email': 'nowhere'}, headers={'Origin': h.url()})
    ok(wrong.status == 422 and shop in wrong.headers['Content-Security-Policy'] and wrong.headers['X-Framed-By'] is None, 'with its mistakes too', wrong.status)
    before = count()
    for origin in ('https://evil.example', 'null', shop + '.evil.example', 'http://shop.example', shop + ':8443', shop + ' http://localhost:3000', shop.upper()):
        a, b, c = preflight(origin), send(origin), plain(origin, 2)
        ok(a.status == 405 and b.status == c.status == 403 and not allows(a) and not allows(b), 'another site: 403 ' + origin, a.status, b.status, c.status)
    ok(count() == before and 'open the form at its own address' in c.text, 'nothing is kept of it, and it is said', before, count())
    for origin in (shop, 'http://localhost:3000', LISTED):
        a, b = preflight(origin), send(origin, message='From ' + origin)
        ok(a.status == 204 and allows(a)['access-control-allow-origin'] == origin and b.status == 202 and allows(b)['access-control-allow-origin'] == origin and
           'access-control-allow-credentials' not in allows(b), 'its own: a script asks and sends, ' + origin, a.status, b.status, allows(b))
    h.sql('delete from form_visits')  # else it asks a sum by now
    a = plain(shop, 3)
    ok(a.status == 303 and shop in framed(a.headers['Location']), 'and a plain form of it', a.status)
    ok(plain(h.url(), 4).status == 303 and h.post(door, {'field.email': 'v@shop.example', 'field.message': 'By hand'}).status == 303, 'so do our own page, and who names no site')
    a = preflight(shop, '/f/' + key[:-1] + ('A' if key[-1] != 'A' else 'B'))
    ok(a.status == 405 and not allows(a), 'a made-up form lists nobody', a.status)
    ok(h.request('OPTIONS', '/api/v1/intake', headers={'Origin': shop, **asks}).status == 405, 'it is for the form, not for the rest of the API')


def only_origins(h):
    """What cannot be an origin stops the program before it starts."""
    for bad in ('*', 'https://*.example.org', 'https://app.example.org/', 'app.example.org', 'https://App.example.org', 'https://a.example,,https://b.example', 'null', 'https://'):
        done = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, 'ALLOWED_ORIGINS': bad}, capture_output=True, text=True)
        ok(done.returncode != 0 and 'ALLOWED_ORIGINS: must be' in done.stderr, 'refused in the configuration: %s' % bad, done.returncode, done.stderr)


def only_good(h):
    """Neither does any other value that cannot be meant; what is wrong and what to write is said by its name."""
    bad = {'DATABASE_URL': 'hots=x user=y', 'DATABASE_SWEEP_URL': 'nonsense', 'REDIS_URL': 'redis://:6379', 'LLM_DECISION': 'antropic:x', 'LLM_CHAT': 'anthropic:x', 'LLM_EMBEDDING': 'openai', 'LIVE_PUBLISH_URL': 'nginx',
           'SMTP_FROM_EMAIL': 'desk', 'CLAMD_SOCKET': 'yes', 'S3_ENDPOINT': 'https://s3.example', 'TWILIO_ACCOUNT_SID': 'AC1', 'TWILIO_FROM': 'Harbour Desk', 'FAIRLEAD_URL': 'https://a.example/desk', 'FAIRLEAD_SECRET_OLD': 'short',
           'SHARE_DIR': 'share', 'QDRANT_URL': 'http://', 'SMTP_PORT': '0', 'FAIRLEAD_ENV': 'test', 'FAIRLEAD_SECRET': 'short', 'LOG_LEVEL': 'loud', 'ENABLE_METRICS': 'yes', 'SMTP_USER': 'desk', 'GOOGLE_CALENDAR_CLIENT_ID': 'x'}
    said = {'LLM_CHAT': 'ANTHROPIC_API_KEY', 'S3_ENDPOINT': 'S3_SECRET_KEY', 'TWILIO_ACCOUNT_SID': 'TWILIO_AUTH_TOKEN', 'SMTP_USER': 'SMTP_PASSWORD', 'GOOGLE_CALENDAR_CLIENT_ID': 'GOOGLE_CALENDAR_CLIENT_SECRET'}
    for name, value in bad.items():
        ran = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, name: value}, capture_output=True, text=True)
        ok(ran.returncode == 2 and said.get(name, name) + ': ' in ran.stderr, 'no %s=%s' % (name, value), ran.returncode, ran.stderr)
    run = lambda value: subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, 'TWILIO_FROM': value}, capture_output=True, text=True)
    for value in ('+34600000000', '217', '217000', 'Fairlead', 'Desk 24', '4Seasons'):
        ok(run(value).returncode == 0, 'text messages may come from %s' % value)
    for value in ('34600000000', '12', '1234567', 'Desk+24', '+346', '   '):
        ok(run(value).returncode == 2, 'not from "%s"' % value)
    said = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, 'JOB_TIMEOUTS': 'hook.post'}, capture_output=True, text=True).stderr
    source = pathlib.Path(os.environ['top_srcdir'])
    kinds = re.findall(r'([a-z.]+)=[0-9]+', said.split('for example')[1])
    limited = (source / 'docs/man/fairlead.conf.5').read_text().split('limit of its own')[1].split('.It Ev')[0]
    known = ''.join(p.read_text() for p in source.glob('src/app/*/*.c'))
    ok(kinds and all('.kind = "%s"' % k in known and k not in limited for k in kinds), 'the example of JOB_TIMEOUTS names kinds that more time helps', kinds)
    good = {'REDIS_URL': 'redis://user:pass@127.0.0.1:6379/3', 'LLM_DECISION': 'openai:some-model, builtin', 'OPENAI_API_KEY': 'sk-test', 'CLAMD': '127.0.0.1:3310', 'FAIRLEAD_URL': h.url('/'), 'S3_URL': ''}
    ran = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], env={**h.env, **good}, capture_output=True, text=True)
    ok(ran.returncode == 0, 'others it takes, two of them by the names they had before', ran.returncode, ran.stderr)
    odd = h.prefix / 'conf/odd.conf'
    odd.write_text((h.prefix / 'conf/fairlead.conf').read_text() + 'RATE_LMIT_MAX=5\n')
    ran = subprocess.run([h.program('fairlead'), '--config', str(odd), 'org', 'list'], env=h.env, capture_output=True, text=True)
    ok(ran.returncode == 2 and 'RATE_LMIT_MAX is no known name' in ran.stderr, 'nor a misspelled name', ran.returncode, ran.stderr)
    odd.write_text((h.prefix / 'conf/fairlead.conf').read_text() + 'DATA_DIR=%s\n' % (h.prefix / 'nowhere'))
    odd.chmod(0o644)
    for program in ('web', 'worker'):
        ran = subprocess.run(h.as_account([h.program(program), '--config', str(odd)]), env=h.env, capture_output=True, text=True, timeout=120)
        ok(ran.returncode == 2 and 'DATA_DIR: ' in ran.stderr, '%s does not start without a place for files' % program, ran.returncode, ran.stderr)


def main():
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '40', 'RATE_LIMIT_ORG': '100'}) as h:
        h.org('one', 'One', '--with-pipelines')
        key = h.key('one')
        for n in range(5):
            h.api('POST', '/intake', key, {'subject': 'Request %d' % n, 'body': 'x', 'name': 'Kim', 'email': 'kim@a.example'})
        reading(h, key)
        budget(h, key)
        older(h, key)
        protected(h, key)
        for _ in range(30):
            h.get('/problems')
        refusals(h, key)
    with House.temporary(programs=('web',), conf={'ALLOWED_ORIGINS': LISTED + ', https://two.example:8443'}) as h:
        h.org('one', 'One', '--with-pipelines')
        other_sites(h, h.key('one'), h.person('ana@one.example', 'one'))
        form_sites(h, h.sign_in('ana@one.example'))
        only_origins(h)
        only_good(h)
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_ORG': '2'}) as h:
        h.org('one')
        h.org('two')
        together(h)
    with House.temporary(programs=('web',), rate=1) as h:
        answers = [h.api('POST', '/auth/token', None, {'grant_type': 'refresh_token', 'refresh_token': 'x'}) for _ in range(40)]
        ok(limited(answers[-1]) and answers[0].status == 401, 'too many for nginx: 429 in the same form', answers[-1].status, answers[-1].text, dict(answers[-1].headers))
    return done()


if __name__ == '__main__':
    sys.exit(main())
