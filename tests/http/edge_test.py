"""The edge by hostile and clumsy clients: bad input, limits, idempotency, sessions, headers, forms of other sites (promises 16, 17). doors.py tries sign-in by
guessing, tests/tools/edge what nginx answers alone. Prints TAP."""
import concurrent.futures, hmac, html, http.client, json, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD, Answer  # noqa: E402

JSON, FORM = {'Content-Type': 'application/json', 'Accept': 'application/json'}, {'Content-Type': 'application/x-www-form-urlencoded'}
# What an error may not tell: statements, sources, folders.
INSIDE = re.compile(r'select [a-z_.*, ]+ from |insert into|pg_|SQLSTATE|relation "|\.c:[0-9]|\.sql|/usr/|/tmp/|/home/|/run/|libpq', re.I)


class Desk:
    def __init__(self, h):
        self.h, self.seen = h, []
        for slug in ('aa', 'bb'):
            h.org(slug, 'House ' + slug, '--with-pipelines')
        self.ana, self.key, self.other_key = h.person('ana@aa.example', 'aa'), h.key('aa'), h.key('bb')
        h.person('eva@aa.example', 'aa')  # who signs in again and again: of many sessions the oldest end

    def ask(self, method, path, who=None, body=None, headers=None):
        a = self.h.request(method, path, who, body, headers)
        self.seen.append((method + ' ' + path[:80], a))
        return a

    def json(self, body, headers=None, path='/api/v1/intake'):
        return self.ask('POST', path, self.key, body, {**JSON, **(headers or {})})

    def form(self, body, who=None, path='/intake/new', headers=None):
        return self.ask('POST', path, who or self.ana, body, headers)

    def rows(self, subject):
        return self.h.one("select count(*) from intake_requests where subject = '%s'" % subject)


def parallel(n, threads, call):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda _: call(), range(n)))


# --- what cannot be read ---

BAD_JSON = {
    'NaN': '{"subject": NaN}', 'Infinity': '{"subject": -Infinity}', 'single quotes': "{'subject': 'x'}", 'a name twice': '{"subject":"a","subject":"b"}',
    'a name twice, once escaped': '{"subject":"a","s\\u0075bject":"b"}', '17 levels': '{"subject":"x","fields":%s1%s}' % ('{"a":' * 16, '}' * 16),
    'a raw control character': '{"subject":"a\tb"}', 'an escaped NUL': '{"subject":"a\\u0000b"}', 'a lone surrogate': '{"subject":"\\ud800"}',
    'a reversed pair': '{"subject":"\\udc00\\ud800"}', 'a tail': '{"subject":"x"} x', 'a second value': '{"subject":"x"}{}', 'a byte order mark': '\ufeff{"subject":"x"}',
    'half of it': '{"subject":"x', 'a comma too many': '{"subject":"x",}', 'a comment': '{"subject":"x"/**/}', 'a list': '[{"subject":"x"}]', 'a text': '"subject"',
    'null': 'null', 'a leading zero': '{"subject":"x","fields":{"a":01}}', 'a hex number': '{"subject":"x","fields":{"a":0x1}}', 'only blanks': '   ',
}


def bad_json(d):
    before = d.h.one('select count(*) from intake_requests')
    for name, text in BAD_JSON.items():
        a = d.json(text.encode())
        ok(a.status == 400 and a.headers['Content-Type'].startswith('application/problem+json'), 'JSON with %s: 400' % name, a.status, a.body)
    for name, raw in {'overlong UTF-8': b'{"subject":"\xc0\xaf"}', 'Latin-1': b'{"subject":"caf\xe9"}', 'an encoded surrogate': b'{"subject":"\xed\xa0\x80"}',
                      'UTF-16': '{"subject":"x"}'.encode('utf-16'), 'a raw NUL': b'{"subject":"a\x00b"}', '100,000 levels': b'[' * 100000}.items():
        a = d.json(raw)
        ok(a.status == 400, 'JSON with %s: 400' % name, a.status, a.body)
    ok(d.h.one('select count(*) from intake_requests') == before, 'and none of them is kept')
    deep = '{"subject":"Sixteen levels","fields":%s1%s}' % ('{"a":' * 15, '}' * 15)
    ok(d.json(deep).status == 202 and d.rows('Sixteen levels') == '1', '16 levels are taken')
    a = d.json({'subject': 5, 'nonsense': 'x'})
    told = {e['pointer'] for e in a.json.get('errors', [])}
    ok(a.status == 422 and {'/subject', '/nonsense'} <= told, 'another type and a name nobody asked for: 422, both told', a.body)


def limits(d):
    big = json.dumps({'subject': 'x', 'body': 'y' * (1 << 20)})
    a = d.json(big)
    ok(a.status == 413 and a.json['status'] == 413, 'JSON over 1 MiB: 413', a.status, a.body[:200])
    a = d.form('subject=' + 'y' * (1 << 20), headers=FORM)
    ok(a.status == 413 and '<h1' in a.text, 'a form over 1 MiB: 413 as a page', a.status, a.body[:200])
    a = d.form('&'.join('f%d=1' % i for i in range(2000)), headers=FORM)
    ok(a.status == 413, '2,000 fields: 413', a.status)
    a = d.form('&'.join('a=1' for _ in range(100000)), headers=FORM)
    ok(a.status == 413, '100,000 fields: 413', a.status)
    a = d.json('{%s}' % ','.join('"f%d":1' % i for i in range(20000)))
    ok(a.status == 400, 'JSON of 20,000 members: 400', a.status)
    # by strangers, before it is known who asks: what a body costs does not grow faster than it
    a = d.ask('POST', '/api/v1/intake', None, '{"fields":[%s]}' % ','.join(['[%s]' % ','.join(['{"":0}'] * 9000)] * 14), JSON)
    ok(a.status == 400, 'JSON of 126,000 objects, by nobody: 400', a.status, a.body[:200])
    for what, pair in (('values of one list', 'ids=%s' % ('y' * 1000)), ('members of one object', 'field.%%d=%s' % ('y' * 990))):
        path = '/approvals/bulk' if 'ids' in pair else '/f/' + 'x' * 43
        a = d.ask('POST', path, None, '&'.join(pair % i if '%' in pair else pair for i in range(1000)), FORM)
        ok(a.status in (401, 403, 404, 422), '1,000 %s, by nobody: refused as others are' % what, a.status, a.body[:200])
    part = '--x\r\nContent-Disposition: form-data; name="subject"\r\n\r\ny\r\n'
    a = d.ask('POST', '/api/v1/contacts/import', d.key, part * 2000 + '--x--\r\n', {'Content-Type': 'multipart/form-data; boundary=x', 'Accept': 'application/json'})
    ok(a.status == 413, '2,000 parts: 413', a.status, a.body[:200])
    a = d.ask('GET', '/signin', None, None, {'X-Long': 'a' * 10240})
    ok(a.status == 400, 'a header of 10 KB: 400', a.status)
    a = d.ask('GET', '/signin?next=' + 'a' * 9000)
    ok(a.status == 414, 'an address of 9 KB: 414', a.status)
    d.ask('GET', '/contacts/' + '%3C' * 2600, d.key)
    lines = lambda: [x for x in (d.h.prefix / 'log' / 'web.log').read_text().splitlines() if '/contacts/\\u003c' in x]
    d.h.wait(lines, 'the line of the log')
    line = lines()[0]
    ok(json.loads(line)['statusCode'] == 404, 'the line of the log about a path of 2,600 signs that are escaped is JSON')
    for kind in ('text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx'):
        path = '/api/v1/contacts' if 'multipart' in kind else '/api/v1/intake'  # which takes files
        a = d.ask('POST', path, d.key, 'subject=x', {'Content-Type': kind, 'Accept': 'application/json'})
        ok(a.status == 415 and a.json['status'] == 415, 'a body of %s: 415' % kind, a.status)
    a = d.json('{"subject":"With a charset"}', {'Content-Type': 'Application/JSON; charset=utf-8'})
    ok(a.status == 202, 'a charset behind the type does not matter', a.status)
    ok(d.ask('GET', '/signin').status == 200, 'the program goes on')


def bad_parts(d):
    """Forms in parts: what is wrong with them is said, and an empty one is no request."""
    head, part, many = 'multipart/form-data', '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nPart %s\r\n', 'b' * 200
    tries = {'no boundary': (head, part + '--x--', 'boundary'), 'no boundary and no body': (head, '', 'boundary'), 'an empty boundary': (head + '; boundary=', part + '--x--', 'boundary'),
             'a boundary of 200': (head + '; boundary=' + many, part.replace('--x', '--' + many) + '--' + many + '--', '70'), 'no body': (head + '; boundary=x', '', 'begin'),
             'another boundary': (head + '; boundary=y', part + '--x--', 'begin'), 'words before': (head + '; boundary=x', 'words\r\n' + part + '--x--', 'begin'),
             'an end in a head': (head + '; boundary=x', part[:30], 'ends'), 'an end in a value': (head + '; boundary=x', part, 'ends'), 'an end without its mark': (head + '; boundary=x', part + '--x\r\n', 'ends'),
             'a part without a head': (head + '; boundary=x', '--x\r\n\r\ny\r\n--x--', 'head'), 'Latin-1 in a value': (head + '; boundary=x', (part + '--x--').encode().replace(b'Part', b'caf\xe9'), 'UTF-8')}
    before = d.h.one('select count(*) from contacts')
    for name, (kind, body, why) in tries.items():
        a = d.ask('POST', '/api/v1/intake', d.key, body, {'Content-Type': kind})
        ok(a.status == 400 and why in a.json.get('reason', ''), 'parts with %s: 400, and why' % name, a.status, a.text)
    a = d.ask('POST', '/api/v1/intake', d.key, (part + '--x--').replace('"name"', '"subject"'), {'Content-Type': 'Multipart/Form-Data; charset=utf-8; Boundary="x"'})
    ok(a.status == 202 and before == d.h.one('select count(*) from contacts'), 'a boundary in quotes behind a charset is one', a.status, a.text)
    a = d.json('{"subject": "x"}', {'Content-Encoding': 'gzip'})
    ok(a.status == 415 and 'Content-Encoding' in a.json['reason'], 'a packed body: 415, and why', a.status, a.text)
    a = d.json('{"subject": "As it is"}', {'Content-Encoding': 'Identity'})
    ok(a.status == 202, 'a body in the coding identity is not packed', a.status, a.text)
    a = d.ask('GET', '/api/v1/%ff', None, None, {'Origin': 'http://elsewhere.example'})
    ok(a.status == 400 and a.headers['Content-Type'].startswith('application/problem+json') and a.json['reason'], 'an address of the API that cannot be read is told to a program', a.status, a.text[:200])
    two = raw(d, 'POST /api/v1/intake HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd')
    ok(two.status == 400, 'two lengths: 400', two.status)


def bad_escapes(d):
    for name, what in (('NUL', '%00'), ('half an escape', '%4'), ('no hex', '%zz'), ('overlong UTF-8', '%c0%af'), ('an overlong of three', '%e0%80%af'),
                       ('an encoded surrogate', '%ed%a0%80'), ('a byte alone', '%ff')):
        places = {'path': ('GET', '/intake/x' + what, None), 'query': ('GET', '/intake?q=x' + what, None), "query's name": ('GET', '/intake?x%s=1' % what, None),
                  'form': ('POST', '/intake/new', 'subject=x' + what), "form's name": ('POST', '/intake/new', 'x%s=1' % what)}
        saw = {place: d.ask(method, path, d.ana, body, FORM if body else None).status for place, (method, path, body) in places.items()}
        ok(set(saw.values()) == {400}, '%s in path, query and form: 400' % name, saw)


def raw(d, text):
    """A request as written, for what http.client will not send."""
    c = http.client.HTTPConnection('127.0.0.1', d.h.port, timeout=120)
    c.connect()
    c.sock.sendall(text.encode('latin-1'))
    r = http.client.HTTPResponse(c.sock, method=text.split(' ')[0])
    r.begin()
    a = Answer(r, r.read())
    c.close()
    return a


def faces(d):
    a = d.ask('BREW', '/intake', d.ana)
    ok(a.status == 405 and a.headers['Allow'], 'an unknown method: 405 with Allow', a.status, a.headers['Allow'])
    for method, path, allow in (('DELETE', '/intake', {'GET', 'HEAD', 'POST'}), ('PUT', '/signin', {'GET', 'HEAD', 'POST'}), ('GET', '/orgs/switch', {'POST'}), ('POST', '/dashboard', {'GET', 'HEAD'})):
        for face in ('', '/api/v1'):
            if face and path == '/signin':
                continue
            a = d.ask(method, face + path, d.ana)
            ok(a.status == 405 and set(re.split(', ?', a.headers['Allow'] or '')) == allow, '%s %s: 405 with what is allowed' % (method, face + path), a.status, a.headers['Allow'])
    a = d.ask('GET', '/intake?limit=abc&status=nonsense', d.ana)
    ok(a.status == 422 and all('<code>%s</code>' % name in a.text for name in ('limit', 'status')) and 'class="btn primary" href="/intake"' in a.text,
       'a filter that is none: the page names it and leads to the list without it', a.status, a.text[-2500:])
    back = {'Referer': d.h.url('/intake?mine=true')}
    a = d.ask('POST', '/orgs/switch', d.ana, {'_token': d.h.get('/orgs', d.ana).token, 'org_id': 'zz'}, back)
    ok(a.status == 422 and '<code>org_id</code>' in a.text and 'href="/intake?mine=true"' in a.text, 'a form without a page of its own: what is wrong, and the way back', a.status, a.text[-2500:])
    for of, headers in (('another site', {'Referer': 'https://evil.example/intake'}), ('one that begins like ours', {'Referer': d.h.url('.evil.example/')}), ('nothing', {})):
        a = d.ask('POST', '/orgs/switch', d.ana, {'org_id': d.h.one('select id from organizations limit 1')}, headers)
        ok(a.status == 403 and 'This form has to be opened anew' in a.text and 'class="btn primary"' not in a.text.split('<main')[1], 'a form without its key, from %s: no way back is made up' % of, a.status, a.text[-2500:])
    for who in (None, d.ana):
        a = d.ask('GET', '/no/such/page', who)
        ok(a.status == 404 and a.headers['Content-Type'].startswith('text/html') and '<h1' in a.text and '<main' in a.text, 'nowhere: 404 as a page', a.status)
    for path, accept in (('/api/v1/no/such', 'text/html'), ('/api/v1/no/such', '*/*'), ('/no/such', 'application/json')):
        a = d.ask('GET', path, d.key, None, {'Accept': accept})
        ok(a.status == 404 and a.headers['Content-Type'].startswith('application/problem+json') and a.json['status'] == 404, '%s for %s: 404 as a problem' % (path, accept), a.body)
    for path in ('/api/v1/intake?nonsense=1', '/api/v1/intake?status=NEW&status=NEW', '/api/v1/intake?status=nonsense', '/api/v1/intake?limit=0', '/api/v1/intake?limit=1e3'):
        a = d.ask('GET', path, d.key)
        ok(a.status == 422 and len(a.json['errors']) == 1, '%s: 422 with what is wrong' % path, a.status, a.body)
    # What is wrong with the fields is told to who may send them, and to nobody else.
    vic = d.h.person('vic@aa.example', 'aa', role='viewer')
    for who, status in ((None, 401), ('fl_' + 'A' * 43, 401), (vic, 403), (d.ana, 422)):
        a = d.h.request('POST', '/api/v1/members/invite', who, {'nonsense': 1}, {'Accept': 'application/json', 'Content-Type': 'application/json'})
        ok(a.status == status and ('nonsense' in a.text) == (status == 422), 'wrong fields of %s: %d' % ('nobody' if not who else 'a bad key' if status == 401 else 'a person', status), a.status, a.body)
    a = d.ask('GET', '/intake?limit=none')
    ok(a.status == 303 and a.headers['Location'] == '/signin?next=%2Fintake%3Flimit%3Dnone', 'a stranger signs in before a wrong filter is told', a.status)
    for accept, kind in (('text/html', 'text/html'), ('*/*', 'text/html'), ('', 'text/html'), ('application/json', 'application/json'),
                         ('text/html,application/xhtml+xml,application/json;q=0.1', 'text/html'), ('application/nonsense', 'text/html')):
        a = d.ask('GET', '/orgs', d.ana, None, {'Accept': accept})
        ok(a.status == 200 and a.headers['Content-Type'].startswith(kind), 'Accept: %s gets %s' % (accept or 'nothing', kind), a.status, a.headers['Content-Type'])
    for path, who in (('/signin', None), ('/orgs', d.ana), ('/api/v1/orgs', d.ana), ('/no/such', None), ('/api/v1/no/such', None)):
        get = d.ask('GET', path, who)
        a = raw(d, 'HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: text/html\r\n%s\r\n' % (path, 'Cookie: %s\r\n' % who if who else ''))
        ok(a.status == get.status and a.body == b'' and a.headers['Content-Type'] == get.headers['Content-Type'], 'HEAD %s is GET without a body' % path, a.status, a.body)


# --- twice ---

def keys(d):
    body, head = {'subject': 'Once by key'}, {'Idempotency-Key': 'one-and-the-same'}
    answers = parallel(200, 50, lambda: d.json(body, head))
    taken = [a for a in answers if a.status == 202]
    ok({a.status for a in answers} <= {202, 409} and taken, '200 posts of one key at once: 202 or 409', sorted({a.status for a in answers}))
    ok(d.rows('Once by key') == '1' and len({a.json['id'] for a in taken}) == 1, 'one row, one id', d.rows('Once by key'))
    ok(sum(a.headers['Idempotency-Replayed'] != 'true' for a in taken) <= 1, 'all but one say that they are a replay')
    ok(all((a.headers['Retry-After'] or '').isdigit() for a in answers if a.status == 409), 'what is in flight says when to come again')
    a = d.json(body, head)
    ok(a.status == 202 and a.headers['Idempotency-Replayed'] == 'true' and {t.body for t in taken} == {a.body}, 'later the same answer, marked', a.body, {t.body for t in taken})
    a = d.json({'subject': 'Another by key'}, head)
    ok(a.status == 422 and d.rows('Another by key') == '0', 'the key with another body: 422', a.status)
    other = d.ask('POST', '/api/v1/intake', d.other_key, body, {**JSON, **head})
    ok(other.status == 202 and other.json['id'] != taken[0].json['id'] and not other.headers['Idempotency-Replayed'], 'the same key of somebody else is another', other.status)
    ok(d.rows('Once by key') == '2', 'with a row of its own')
    ok(d.json({'subject': 'Long key'}, {'Idempotency-Key': 'k' * 256}).status == 422 and d.rows('Long key') == '0', 'a key of 256 characters: 422')
    ok(d.json({'subject': 'Long key'}, {'Idempotency-Key': 'k' * 255}).status == 202, 'of 255: taken')
    a = d.json({'subject': ''}, {'Idempotency-Key': 'mended'})
    ok(a.status == 422 and d.json({'subject': 'Mended by key'}, {'Idempotency-Key': 'mended'}).status == 202, 'what was refused may be mended under its key')


def forms(d):
    token = d.ask('GET', '/intake/new', d.ana).token
    sent = parallel(10, 10, lambda: d.form({'subject': 'Once by form', '_token': token}))
    ok({a.status for a in sent} <= {303, 409} and d.rows('Once by form') == '1', 'a form sent ten times at once: one row', [a.status for a in sent], d.rows('Once by form'))
    ok(len({a.headers['Location'] for a in sent if a.status == 303}) == 1, 'all lead to the same page')
    a = d.form({'subject': 'Once by form', '_token': token})
    ok(a.status == 303 and d.rows('Once by form') == '1', 'and again later', a.status)
    token = d.ask('GET', '/intake/new', d.ana).token
    a = d.form({'subject': '', 'body': 'typed <text>', '_token': token})
    ok(a.status == 422 and 'typed &lt;text&gt;' in a.text, 'a form with a mistake: 422, what was typed is kept', a.status)
    a = d.form({'subject': 'Mended by form', 'body': 'typed', '_token': token})
    ok(a.status == 303 and d.rows('Mended by form') == '1', 'mended with the same token: taken', a.status)


# --- who it is ---

def sign_in(d, headers=None, **fields):
    page = d.ask('GET', '/signin', None, None, headers)
    return d.ask('POST', '/signin', None, {'email': 'eva@aa.example', 'password': PASSWORD, '_token': page.token, **fields}, headers)


def sessions(d):
    first, second = sign_in(d), sign_in(d)
    parts = [p.strip() for p in first.headers['Set-Cookie'].split(';')]
    ok({'HttpOnly', 'SameSite=Lax', 'Path=/'} <= set(parts) and not any(p.startswith('Domain') for p in parts), 'the cookie is HttpOnly, SameSite=Lax, of this host', parts)
    ok(len(parts[0].split('=', 1)[1]) >= 40 and parts[0] != second.headers['Set-Cookie'].split(';')[0], 'with a new, long token at each sign-in')
    token = parts[0].split('=', 1)[1]
    keyed = hmac.new(b'', token.encode(), 'sha256').hexdigest()  # by the User-Agent, which these calls do not send
    kept = d.h.one("select count(*) from sessions where token_hash = '\\x%s'" % keyed)
    ok(kept == '1' and token not in d.h.one("select string_agg(s::text, ' ') from sessions s"), 'of which the database holds the hash', kept)
    old = parts[0]
    page = d.ask('GET', '/me', old)
    fixed = d.ask('POST', '/signin', old, {'email': 'eva@aa.example', 'password': PASSWORD, '_token': d.ask('GET', '/signin', old).token})
    ok(fixed.status == 303 and fixed.headers['Set-Cookie'].split(';')[0] != old, 'nor is a cookie that came along taken over')
    a = d.ask('POST', '/signout', old, {'_token': page.token})
    ok(a.status == 303 and 'Max-Age=0' in a.headers['Set-Cookie'], 'sign-out takes the cookie back', a.status)
    a = d.ask('GET', '/dashboard', old)
    ok(a.status == 303 and a.headers['Location'].startswith('/signin?next='), 'and ends the session on the server', a.status)
    ok(d.ask('GET', '/api/v1/orgs', old).status == 401, 'for programs: 401')
    ok(d.ask('GET', '/dashboard', second.headers['Set-Cookie'].split(';')[0]).status == 200, 'the other session goes on')


def next_pages(d):
    for to in ('//evil.example', '/\\evil.example', '\\\\evil.example', 'https://evil.example', 'evil.example', '/\t/evil.example', ' //evil.example', 'javascript:alert(1)', '/',
               '/\r\nSet-Cookie: x=1'):
        a = sign_in(d, next=to)
        # A line of text with a line's end in it is no line: refused as a field.
        fine = a.status == 422 if '\r' in to or '\t' in to else a.status == 303 and a.headers['Location'] == '/'
        ok(fine and 'evil' not in (a.headers['Location'] or '') and 'x=1' not in str(a.headers.get_all('Set-Cookie')), 'sign-in leads not to %r' % to, a.status, a.headers['Location'])
    a = sign_in(d, next='/%0d%0aSet-Cookie:x=1')
    ok((a.headers['Location'] or '').startswith(('/dashboard', '/%0d%0a')) and len(a.headers.get_all('Set-Cookie')) == 1, 'nor makes it a header', a.headers.items())
    ok(sign_in(d, next='/intake?view=mine').headers['Location'] == '/intake?view=mine', 'but to a page of ours')
    a = d.ask('GET', '/intake?view=mine&q=a%26b')
    ok(a.headers['Location'] == '/signin?next=%2Fintake%3Fview%3Dmine%26q%3Da%2526b', 'who has to sign in first comes back with the filters of the page', a.headers['Location'])
    ok(d.ask('GET', '/intake?view=mine&q=' + '%26' * 100 + '&after=' + 'a' * 200).headers['Location'] == '/signin?next=%2Fintake', 'as far as the address can be carried')


def guesses(d):
    d.h.fairlead('user', 'add', 'kim@aa.example', 'Kim', '--org', 'aa', '--role', 'member', stdin=PASSWORD + '\n')
    saw = []
    for email in ('kim@aa.example', 'nobody@aa.example'):
        a = sign_in(d, email=email, password='wrong')
        text = re.sub(r'name="_token" value="[^"]+"', '', a.text).replace(email, 'ADDRESS')
        saw.append((a.status, sorted(k for k, _ in a.headers.items()), re.sub(r'[0-9a-f]{32}|\d+(\.\d+)? ?(ms|KB)', '', text)))
    ok(saw[0][0] == 401 and saw[0] == saw[1], 'a wrong password and an unknown address get the same answer', [x[:2] for x in saw])


# --- what a client claims ---

def claims(d):
    evil = {'Host': 'evil.example', 'X-Forwarded-Host': 'evil.example', 'Forwarded': 'host=evil.example'}
    pages = [d.ask('GET', path, who, None, evil) for path, who in (('/signin', None), ('/me', d.ana), ('/intake', d.ana), ('/no/such', None), ('/dashboard', None), ('/', d.ana))]
    pages += [d.json({'subject': 'By another host'}, evil), d.ask('GET', '/intake/', d.ana, None, evil)]
    ok(not [a.status for a in pages if b'evil' in a.body or 'evil' in str(a.headers.items())], 'the Host of a request reaches no link')
    ok(pages[6].status == 202 and pages[6].json['status_url'].startswith(d.h.url('/status/')), 'links are to the address of the settings', pages[6].body)
    lies = {'X-Forwarded-For': '10.9.8.7', 'X-Real-IP': '10.9.8.7', 'Forwarded': 'for=10.9.8.7', 'X-Request-Id': 'f' * 32, 'X-Accel-Redirect': '/_fault/html',
            'X-Accel-Buffering': 'no', 'Remote-Addr': '10.9.8.7', 'Remote_Addr': '10.9.8.7', 'X_Real_IP': '10.9.8.7'}
    a = sign_in(d, lies)
    ok(a.status == 303 and d.h.one("select count(*) from sessions where address <> '127.0.0.1'") == '0', 'the address of a session is that of its connection', a.status)
    ok(a.headers['X-Request-Id'] != 'f' * 32 and 'f' * 32 not in (d.h.prefix / 'log' / 'web.log').read_text(), 'a request id of the client is nowhere')
    a = d.ask('GET', '/orgs', d.ana, None, lies)
    ok(a.status == 200 and 'X-Accel-Redirect' not in a.headers and 'House aa' in a.text, 'nor leads a header of his nginx elsewhere', a.status)


def other_sites(d):
    mine, other = d.ask('GET', '/me', d.ana).token, d.ask('GET', '/me', d.h.sign_in('ana@aa.example')).token
    name = d.h.one("select name from users where email = 'ana@aa.example'")
    body = {'name': 'Changed', '_token': mine}
    cases = {'without a token': ({'name': 'Changed'}, {}), 'with a token of another session': ({**body, '_token': other}, {}),
             'with a token of no session': ({**body, '_token': d.ask('GET', '/signin').token}, {}), 'with a changed token': ({**body, '_token': mine[:-1] + ('A' if mine[-1] != 'A' else 'B')}, {}),
             'from another site': (body, {'Sec-Fetch-Site': 'cross-site'}), 'from another origin': (body, {'Origin': 'https://evil.example'}),
             'from no origin': (body, {'Origin': 'null'}), 'from our name as a part': (body, {'Origin': d.h.url() + '.evil.example'})}
    for what, (fields, headers) in cases.items():
        a = d.ask('POST', '/me', d.ana, fields, headers)
        ok(a.status == 403 and d.h.one("select name from users where email = 'ana@aa.example'") == name, 'a form %s: 403' % what, a.status)
    for path in ('/api/v1/me', '/me'):
        a = d.ask('POST', path, d.ana, '{"name":"Changed"}', JSON)
        ok(a.status == 403 and a.json['status'] == 403, 'JSON to %s by cookie without X-Form-Token: 403' % path, a.status)
    a = d.ask('POST', '/api/v1/me', d.ana, '{"name":"Changed"}', {**JSON, 'X-Form-Token': other})
    ok(a.status == 403, 'with that of another session: 403', a.status)
    a = d.ask('POST', '/api/v1/me', d.ana, '{"name":"Changed"}', {**JSON, 'X-Form-Token': mine})
    ok(a.status == 200 and d.h.one("select name from users where email = 'ana@aa.example'") == 'Changed', 'with its own: done, and 200, for nothing new was made', a.status, a.body)
    ok(d.ask('POST', '/api/v1/contacts', d.key, '{"name":"Somebody new"}', JSON).status == 201, 'who makes something is told 201')
    ok(d.ask('POST', '/me', d.ana, {**body, 'name': name}, {'Origin': d.h.url(), 'Sec-Fetch-Site': 'same-origin'}).status == 303, 'as is a form of ours')


# --- what every answer has ---

def every_answer(d):
    nameless = [what for what, a in d.seen if not re.fullmatch('[0-9a-f]{32}', a.headers['X-Request-Id'] or '')]
    ok(not nameless and len(d.seen) > 300, 'each of %d answers has a request id' % len(d.seen), nameless)
    ids = [a.headers['X-Request-Id'] for _, a in d.seen]
    ok(len(set(ids)) == len(ids), 'of its own')
    problems = [(what, a) for what, a in d.seen if (a.headers['Content-Type'] or '').startswith('application/problem+json') and a.body]
    ok(len(problems) > 30 and not [what for what, a in problems if a.json['instance'] != a.headers['X-Request-Id']], 'which is the one in its problem')
    log = (d.h.prefix / 'log' / 'web.log').read_text()
    lines = {}
    for line in log.splitlines():
        with_id = re.search(r'"reqId":"([0-9a-f]{32})"', line)
        if with_id and '"statusCode"' in line:
            lines[with_id.group(1)] = json.loads(line)['statusCode']
    met = [(what, a.status, lines[a.headers['X-Request-Id']]) for what, a in d.seen if a.headers['X-Request-Id'] in lines]
    ok(len(met) > 250 and not [m for m in met if m[1] != m[2]], 'and the one in its log line', len(met), [m for m in met if m[1] != m[2]])
    # tokens, keys and nonces are random letters, wherever they stand: any word may be in one
    said = [(what, re.sub(r'(?<=["/=])[A-Za-z0-9_.-]{20,}(?=["/?&])', '', a.body.decode(errors='replace'))) for what, a in d.seen if a.status >= 400]
    telling = [(what, INSIDE.search(text).group()) for what, text in said if INSIDE.search(text)]
    ok(not telling, 'no error tells of statements, sources or folders', telling)
    ok(not [what for what, a in d.seen if a.status >= 500], 'none is 5xx', [what for what, a in d.seen if a.status >= 500])


def ways_out(d):
    """What a person who is refused is told and can do: nothing that was written is lost."""
    url = d.h.url()
    again = d.h.form('/intake/new', '/intake/new', {'subject': ''}, d.ana)
    back = lambda a: re.findall(r'name="next" value="([^"]*)"', a.text)  # noqa: E731
    ok(again.status == 422 and not back(again) and set(back(d.h.get('/intake/new?pipeline=x', d.ana))) == {'/intake/new?pipeline=x'},
       'a form shown again is no place to come back to', again.status, (back(again), back(d.h.get('/intake/new?pipeline=x', d.ana))))
    a = d.form({'subject': 'Kept', 'body': 'A letter of some length'}, headers={**FORM, 'Referer': url + '/intake/new'})
    ok(a.status == 403 and 'open for too long' in a.text and 'href="/intake/new"' in a.text, 'a form without its key: how to go back, and nothing of rights', a.status, a.text[-900:])
    ok('<p class="text">A letter of some length</p>' in a.text, 'what was written is shown')
    a = d.form({'subject': 'Kept', 'body': '<b>x'}, headers={**FORM, 'Referer': 'http://elsewhere.example/intake/new'})
    ok('elsewhere.example' not in a.text and '&lt;b&gt;x' in a.text, 'another site is no way back')
    a = d.ask('GET', '/intake?limit=many', d.ana)
    ok('name="q"' in a.text, 'a page of an error can be searched from')
    a = d.form({'title': 'Board meets', 'day': '31 June', 'from': '10:00', 'until': '11:00', '_token': d.h.get('/calendar/new', d.ana).token}, path='/calendar')
    ok(a.status == 422 and 'value="Board meets"' in a.text and 'id="day-error"' in a.text, 'a date that is none: the form again, as it was typed', a.status, a.text[-900:])
    for n in range(3):
        d.json({'subject': 'Page %d' % n, 'body': 'x', 'name': 'Lou', 'email': 'lou@adler.example'}, {'Idempotency-Key': 'page%d' % n})
    first = d.ask('GET', '/intake?view=open&limit=1', d.ana).text
    second = d.ask('GET', html.unescape(re.search(r'href="([^"]+)" rel="next"', first).group(1)), d.ana)
    begin = [html.unescape(x) for x in re.findall(r'href="([^"]+)">From the beginning', second.text)]
    ok('From the beginning' not in first and begin == ['/intake?view=open&limit=1'], 'a later page leads to the beginning, with the filters', second.status, begin)


PARTS = [bad_json, limits, bad_parts, bad_escapes, faces, keys, forms, ways_out, sessions, next_pages, guesses, claims, other_sites]


def main():
    wanted = sys.argv[1:]
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '1000000'}) as h:
        d = Desk(h)
        for part in PARTS:
            if not wanted or part.__name__ in wanted:
                part(d)
        if not wanted:
            every_answer(d)
    done()


main()
