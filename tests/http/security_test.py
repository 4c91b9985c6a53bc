"""Lines of docs/security.md that no capability's own test shows: TLS and its headers, cookies of a production site, smuggling, sockets, memory, Redis, the ends of
sessions, names and content of files. Prints TAP."""
import http.client, os, re, socket, ssl, stat, subprocess, sys, urllib.parse

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import upload  # noqa: E402
from house import House, free_port  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD, Answer  # noqa: E402

SITE = 'desk.example.org'


class Production:
    """nginx/fairlead.conf as it is shipped, but for its ports and the places of files, beside the private one."""

    def __init__(self, h):
        self.h, self.tls, self.plain = h, free_port(), free_port()
        at, share = h.prefix / 'tls', h.share / 'nginx'
        (at / 'fairlead').mkdir(parents=True)
        for path in share.glob('*.conf'):
            (at / 'fairlead' / path.name).write_text(path.read_text())
        for name in ('files.conf', 'static.conf'):
            (at / 'fairlead' / name).write_text((h.prefix / 'nginx/fairlead' / name).read_text())
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=' + SITE, '-addext', 'subjectAltName=DNS:' + SITE,
                        '-days', '2', '-keyout', at / 'key.pem', '-out', at / 'cert.pem'], check=True, capture_output=True)
        site = share.joinpath('fairlead.conf').read_text()
        for old, new in (('listen 80;', 'listen 127.0.0.1:%d;' % self.plain), ('listen [::]:80;', ''), ('listen 443 ssl http2;', 'listen 127.0.0.1:%d ssl http2;' % self.tls),
                         ('listen [::]:443 ssl http2;', ''), ('127.0.0.1:8087', '127.0.0.1:%d' % free_port()), ('/etc/ssl/fairlead/fullchain.pem', str(at / 'cert.pem')),
                         ('/etc/ssl/fairlead/privkey.pem', str(at / 'key.pem')), ('/run/fairlead/', str(h.run) + '/'), ('/var/log/nginx/', str(h.prefix / 'log') + '/')):
            if old not in site:
                raise ValueError('nginx/fairlead.conf has no %s' % old)
            site = site.replace(old, new)
        head = h.share.joinpath('nginx/private.conf.in').read_text().split('include fairlead/http.conf;')[0].replace('pid nginx.pid', 'pid tls.pid').replace('access_log off;', '')
        known = h.prefix.joinpath('nginx/nginx.conf').read_text()
        head = head.replace('@USER@', re.search(r'^user .*;$', known, re.M).group(0) if os.geteuid() == 0 else '').replace('@PREFIX@', str(h.prefix))
        head = head.replace('@MODULES@', re.search(r'load_module (\S+)/ngx_nchan', known).group(1))
        (at / 'nginx.conf').write_text(head + site + '}\n')
        h.spawn('nginx-tls', ['nginx', '-p', str(at), '-c', 'nginx.conf', '-e', str(h.prefix / 'log/nginx-tls.log')])
        h.wait(lambda: socket.create_connection(('127.0.0.1', self.tls), 1).close() is None, 'nginx with TLS', alive=lambda: h.pid('nginx-tls'))
        self.trust = ssl.create_default_context(cafile=str(at / 'cert.pem'))

    def request(self, method, path, body=None, headers=None, context=None):
        raw = socket.create_connection(('127.0.0.1', self.tls), 10)
        with (context or self.trust).wrap_socket(raw, server_hostname=SITE) as s:
            self.version = s.version()
            c = http.client.HTTPConnection(SITE)
            c.sock = s
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return Answer(r, r.read())

    def form(self, path, values, cookie=''):
        page = self.request('GET', path, headers={'Cookie': cookie, 'Accept': 'text/html'})
        return self.request('POST', path, urllib.parse.urlencode({**values, '_token': page.token}), {'Content-Type': 'application/x-www-form-urlencoded', 'Cookie': cookie})


def tls(site):
    for path in ('/signin', '/nowhere', '/api/v1/intake', '/static/app.css', '/.git/config'):
        a = site.request('GET', path)
        hsts = a.headers['Strict-Transport-Security'] or ''
        ok(int((re.search(r'max-age=(\d+)', hsts) or [0, '0'])[1]) >= 31536000 and 'includeSubDomains' in hsts, 'a year of HSTS on %s (%d)' % (path, a.status), hsts)
        ok(a.headers['X-Content-Type-Options'] == 'nosniff' and a.headers['Referrer-Policy'] and 'charset=' in a.headers['Content-Type'], 'nosniff, Referrer-Policy and a charset too',
           a.headers['Content-Type'])
    ok(site.version == 'TLSv1.3', 'TLS 1.3', site.version)
    for coding in ('gzip', 'br'):
        said = subprocess.run(['curl', '-sD', '-', '-o', '/dev/null', '--cacert', site.h.prefix / 'tls/cert.pem', '--resolve', '%s:%d:127.0.0.1' % (SITE, site.tls), '-H', 'Accept-Encoding: ' + coding,
                               'https://%s:%d/signin' % (SITE, site.tls)], capture_output=True, text=True).stdout.lower()
        ok(said.startswith('http/2 200') and 'content-encoding: ' + coding in said and 'content-security-policy: default-src' in said, 'HTTP/2 and %s' % coding, said)
    for path, kind in (('/api/v1/tasks', 'application/problem+json'), ('/tasks', 'text/html; charset=utf-8')):
        said = subprocess.run(['curl', '-si', '--cacert', site.h.prefix / 'tls/cert.pem', '--resolve', '%s:%d:127.0.0.1' % (SITE, site.tls), '-H', 'Content-Length: 9999999', '-d', 'x',
                               'https://%s:%d%s' % (SITE, site.tls, path)], capture_output=True, text=True).stdout
        ok(said.startswith('HTTP/2 413') and 'content-type: %s\n' % kind in said and 'That was too large' in said, 'a body over 2 MB by HTTP/2 to %s: 413 as %s' % (path, kind), said)
    old = ssl.create_default_context(cafile=str(site.h.prefix / 'tls/cert.pem'))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        refused = site.request('GET', '/', context=old).status
    except (ssl.SSLError, ConnectionError):
        refused = True
    ok(refused is True, 'nothing older unless it is configured', refused)
    c = http.client.HTTPConnection('127.0.0.1', site.plain)
    c.request('GET', '/intake?view=all', headers={'Host': SITE})
    r = c.getresponse()
    ok('/' not in r.headers['Server'], 'no version of nginx there', r.headers['Server'])
    ok(r.status == 301 and r.headers['Location'] == 'https://%s/intake?view=all' % SITE, 'plain HTTP leads to TLS', r.status, r.headers['Location'])
    ok('This site is found by https' in r.read().decode(), 'in words of ours')
    c.request('GET', '/intake', headers={'Host': 'evil.example'})
    r = c.getresponse()
    ok(r.headers['Location'] == 'https://%s/intake' % SITE, 'of this site, whatever name was asked for', r.headers['Location'])
    r.read()
    for path, headers, status, words in (('/.well-known/acme-challenge/none', {}, 404, 'There is nothing here'), ('/.well-known/acme-challenge/none', {'Accept-Language': 'es'}, 404, 'Aquí no hay nada'),
                                         ('/x', {'X-Long': 'x' * 9000}, 400, 'That was not a request')):
        c = http.client.HTTPConnection('127.0.0.1', site.plain)
        c.request('GET', path, headers={'Host': SITE, **headers})
        r = c.getresponse()
        text = r.read().decode()
        ok(r.status == status and words in text and 'nginx' not in text and 'utf-8' in r.headers['Content-Type'] and not r.headers['Strict-Transport-Security'],
           'what plain HTTP refuses is said in our words too: %d' % status, r.status, text)


def logged(h, site):
    """The access log tells who asked what, without the keys of links and without what people searched for."""
    for path in ('/password/reset?token=SECRET-1', '/status/SECRET-2?done=added', '/api/v1/webhooks/SECRET-3', '/feed/SECRET-4/calendar.ics', '/intake?q=SECRET-5', '/visit/SECRET-6'):
        site.request('GET', path, headers={'Referer': 'https://%s/verify-email?token=SECRET-7' % SITE})
    c = http.client.HTTPConnection('127.0.0.1', site.plain)
    c.request('GET', '/verify-email?token=SECRET-8', headers={'Host': SITE})
    c.getresponse().read()
    site.request('GET', '/signin?next=last-of-these')
    log = h.prefix / 'log/fairlead.access.log'
    # A line is written when its request is over, which the client may know before; the last of them stands after the others, for one process writes them.
    h.wait(lambda: '/signin ' in log.read_text(), 'the last line')
    text = log.read_text()
    ok(all(' "GET %s HTTP/1.1" ' % path in text for path in ('/password/reset', '/status/-', '/api/v1/webhooks/-', '/feed/-/calendar.ics', '/intake', '/visit/-', '/verify-email')),
       'the access log names the pages', text[-1500:])
    ok('SECRET' not in text and 'last-of-these' not in text, 'and neither keys, nor queries, nor where somebody came from', [s for s in text.splitlines() if 'SECRET' in s])


def leftovers(site):
    """Nothing of how it is made is handed out: no folder, no dotfile, no source, no configuration."""
    paths = ['/static/', '/static', '/.git/config', '/.env', '/.htaccess', '/static/.gitignore', '/static/.hidden.css', '/sql/bootstrap.sql', '/fairlead.conf', '/conf/fairlead.conf', '/nginx.conf',
             '/templates/signin.html', '/Makefile', '/static/../conf/fairlead.conf', '/static/%2e%2e/conf/fairlead.conf', '/static/..%2f..%2fconf%2ffairlead.conf', '/_files/', '/_files/../conf/fairlead.conf']
    saw = {path: site.request('GET', path) for path in paths}
    ok({a.status for a in saw.values()} <= {400, 403, 404} and not [p for p, a in saw.items() if b'FAIRLEAD_' in a.body or b'Index of' in a.body], 'no folder, dotfile, source or configuration is handed out',
       {p: a.status for p, a in saw.items()})
    ok([site.request(m, p).status for m in ('TRACE', 'CONNECT', 'PROPFIND') for p in ('/signin', '/static/app.css')] == [405] * 6, 'no TRACE, CONNECT or PROPFIND')


def cookies(site):
    a = site.form('/signin', {'email': 'ana@one.example', 'password': PASSWORD})
    made = a.headers['Set-Cookie'] or ''
    parts = {p.strip().lower() for p in made.split(';')[1:]}
    ok(made.startswith('__Host-fairlead=') and {'secure', 'httponly', 'path=/'} <= parts and parts & {'samesite=lax', 'samesite=strict'} and not any(p.startswith('domain') for p in parts),
       'the cookie of a production site: __Host-, Secure, HttpOnly, SameSite, no Domain', made)
    token = made.split(';')[0].split('=', 1)[1]
    ok(site.request('GET', '/intake', headers={'Cookie': '__Host-fairlead=' + token, 'Accept': 'text/html'}).status == 200, 'opens the desk')
    ok(site.request('GET', '/intake', headers={'Cookie': 'fairlead=' + token, 'Accept': 'text/html'}).status == 303, 'under no other name')
    return token


def ends(h, site, token):
    """Idle and absolute limits of a session, by the clock."""
    def alive():
        return site.request('GET', '/intake', headers={'Cookie': '__Host-fairlead=' + token, 'Accept': 'text/html'}).status == 200

    both = "update sessions set {0}; update principals set {0} where kind = 'session'"
    h.sql(both.format("last_seen_at = now() - interval '29 days', expires_at = now() + interval '1 day'"))
    days = "select extract(epoch from expires_at - now())::int / 86400 from sessions order by last_seen_at desc limit 1"
    ok(alive() and int(h.one(days)) >= 29, 'used within thirty days it slides on', h.one(days))
    h.sql(both.format("expires_at = now() - interval '1 second'"))
    ok(not alive(), 'idle for longer it is over')
    h.sql(both.format("expires_at = now() + interval '30 days'") + "; update sessions set created_at = now() - interval '89 days'")
    h.batch('run', 'sessions')
    ok(alive(), 'in use it lives for ninety days')
    h.sql("update sessions set created_at = now() - interval '91 days'")
    h.batch('run', 'sessions')
    ok(not alive(), 'and no longer')


# What two servers in a row might read differently; {P} is a second request that must never be answered.
SMUGGLED = {
    'both lengths': 'Content-Length: {n}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{P}',
    'two lengths': 'Content-Length: 0\r\nContent-Length: {n}\r\n\r\n{P}',
    'a list of lengths': 'Content-Length: 0, {n}\r\n\r\n{P}',
    'a signed length': 'Content-Length: +0\r\n\r\n{P}',
    'a negative length': 'Content-Length: -1\r\n\r\n{P}',
    'a length in hex': 'Content-Length: 0x0\r\n\r\n{P}',
    'another encoding': 'Transfer-Encoding: xchunked\r\n\r\n{P}',
    'two encodings': 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{P}',
    'chunked twice': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{P}',
    'a blank before the colon': 'Content-Length : {n}\r\n\r\n{P}',
    'a folded header': 'X-A: b\r\n Content-Length: {n}\r\n\r\n{P}',
    'a chunk size that overflows': 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{P}',
    'a chunk size that is none': 'Transfer-Encoding: chunked\r\n\r\nzz\r\n{P}',
    'a NUL in a header': 'X-A: b\0c\r\nContent-Length: 0\r\n\r\n{P}',
}


def smuggling(h):
    second = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
    for name, what in SMUGGLED.items():
        with socket.create_connection(('127.0.0.1', h.port), 20) as s:
            s.sendall(('POST /csp-report HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/csp-report\r\n' + what.format(n=len(second), P=second)).encode('latin-1'))
            s.shutdown(socket.SHUT_WR)
            got = b''.join(iter(lambda: s.recv(65536), b''))
        answers = re.findall(rb'HTTP/1\.1 (\d+)', got)
        ok(answers in ([b'400'], [b'501']), name + ': refused, and nothing after it is heard', answers, got[:200])
    ok('/smuggled' not in (h.prefix / 'log/web.log').read_text(), 'nothing hidden in a body reaches the program')
    ok(h.get('/signin').status == 200, 'and the site goes on')


def doors(h):
    for name in ('web.sock', 'slow.sock'):
        ok(stat.S_IMODE(os.stat(h.run / name).st_mode) == 0o660, 'only its owner and its group connect to ' + name, oct(os.stat(h.run / name).st_mode))
    if 'libasan' not in subprocess.run(['ldd', h.program('web')], capture_output=True, text=True).stdout:
        for name in ('web', 'worker'):
            looked = subprocess.run(h.as_account(['cat', '/proc/%d/environ' % h.pid(name)]), capture_output=True)
            ok(looked.returncode != 0 and b'denied' in looked.stderr, 'no other process of the same account looks into fairlead-' + name, looked.stderr)
    for command in (['flushall'], ['config', 'get', '*'], ['eval', 'return 1', '0'], ['keys', '*'], ['get', 'other:key'], ['set', 'fl:x', '1'], ['shutdown']):
        said = subprocess.run(['redis-cli', '-s', str(h.run / 'redis.sock'), *command], capture_output=True, text=True).stdout
        ok('NOPERM' in said, 'Redis does not let the programs ' + ' '.join(command), said)


def files(h):
    ana = h.person('files@one.example', org='one')
    for name, kept in (('a\tb.txt', None), ('"; filename=evil.exe; x=".txt', None), ('../../etc/passwd.txt', None), ('Übersicht – Q3 (final).txt', 'Übersicht'), ('x' * 300 + '.txt', None)):
        sent = upload(h, ana, (name.replace('"', '%22'), ('Notes of ' + name).encode()))
        where = (sent.headers['Location'] or '').split('?')[0]
        if sent.status == 422:
            ok('<h1' in sent.text, 'a name is refused in words: %r' % name[:30])
            continue
        a = h.get(where + '/file', ana)
        said = a.headers.get_all('Content-Disposition') or []
        ok(sent.status == 303 and a.status == 200 and len(said) == 1 and re.fullmatch(r"attachment; filename\*=UTF-8''[A-Za-z0-9._~%-]+", said[0]) and '%2F' not in said[0] * (name[0] == '.'),
           'a name leaves as RFC 6266 has it: %r' % name[:30], sent.status, a.status, said)
        rules = ' / '.join(a.headers.get_all('Content-Security-Policy') or [])
        ok('sandbox' in rules and a.headers['X-Content-Type-Options'] == 'nosniff', 'in a sandbox', rules)
    h.drained(60)
    made = [p for part in ('files', 'vectors') for p in (h.prefix / 'data' / part).rglob('*')]
    ok({stat.S_IMODE(p.stat().st_mode) & 0o777 for p in made} == {0o770, 0o660}, 'under the mask of the units programs of one group may change each other\'s files, and nobody else reads them',
       [(p.name, oct(p.stat().st_mode)) for p in made])


def main():
    with House.temporary(conf={'FAIRLEAD_ENV': 'prod', 'FAIRLEAD_URL': 'https://' + SITE, 'ADMIN_SECOND_FACTOR_S': '900'}) as h:
        ok(h.one('select count(*) from users') == '0' and h.one("select count(*) from principals where kind <> 'service'") == '0', 'a new house has no account and opens no door')
        h.org('one')
        h.fairlead('user', 'add', 'ana@one.example', 'Ana', '--org', 'one', '--role', 'owner', stdin=PASSWORD + '\n')
        site = Production(h)
        tls(site)
        logged(h, site)
        leftovers(site)
        ends(h, site, cookies(site))
    with House.temporary(programs=()) as h:
        os.umask(0o007)
        h.start_program('web')
        h.start_program('worker')
        h.org('one')
        smuggling(h)
        doors(h)
        files(h)
    return done()


if __name__ == '__main__':
    sys.exit(main())
