"""Sign-in with OpenID providers over HTTP: a real one (npm oidc-provider), and one that forges. Prints TAP."""
import http.cookies, json, os, re, subprocess, sys, urllib.parse, urllib.request

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, free_port  # noqa: E402
from tap import done, ok  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def serve(script, *args):
    """Starts a provider and waits for its word."""
    child = subprocess.Popen(['node', os.path.join(HERE, script), *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = child.stdout.readline().strip()
    while line and line != 'ready':
        line = child.stdout.readline().strip()
    if line != 'ready':
        raise RuntimeError('%s did not start: %s' % (script, child.stderr.read()))
    return child


def call(url, data=None):
    return urllib.request.urlopen(urllib.request.Request(url, data), timeout=120).read()


class Browser:
    """Follows the way to the provider and back, with the cookies of both sides."""

    def __init__(self, h, session=None):
        self.h, self.cookies, self.there = h, {}, {}
        if session:
            self.keep(session)

    def keep(self, line):
        name, value = line.split(';')[0].split('=', 1)
        self.cookies[name] = value

    def here(self, path):
        a = self.h.get(path, '; '.join('%s=%s' % kv for kv in self.cookies.items()) or None)
        for line in a.headers.get_all('Set-Cookie') or []:
            self.keep(line)
        return a

    def at_provider(self, url):
        """Redirects there until one leads back; answers that address."""
        opener = urllib.request.build_opener(NoRedirect)
        for _ in range(10):
            head = {'Cookie': '; '.join('%s=%s' % kv for kv in self.there.items())} if self.there else {}
            try:
                r = opener.open(urllib.request.Request(url, headers=head), timeout=120)
            except urllib.error.HTTPError as e:
                r = e
            for line in r.headers.get_all('Set-Cookie') or []:
                for name, morsel in http.cookies.SimpleCookie(line).items():
                    self.there[name] = morsel.value
            if not r.headers.get('Location'):
                raise RuntimeError('the provider answered %d: %s' % (r.status, r.read()[:500]))
            url = urllib.parse.urljoin(url, r.headers['Location'])
            if url.startswith(self.h.url('/')):
                return url[len(self.h.url()):]
        raise RuntimeError('no way back')

    def begin(self, provider, what='start', more=''):
        return self.here('/oidc/%s?provider=%s%s' % (what, provider, more)).headers['Location']

    def way(self, provider, what='start', more=''):
        """There and back; answers what the callback says."""
        return self.here(self.at_provider(self.begin(provider, what, more)))


def signed_in(h, b):
    return h.get('/me', '; '.join('%s=%s' % kv for kv in b.cookies.items())).status == 200


def link(h, session, provider):
    b = Browser(h, session)
    back = b.way(provider, 'link')
    page = b.here(back.headers['Location'])
    fields = dict(re.findall(r'name="(provider|email|claim)" value="([^"]*)"', page.text))
    return b, page, fields


def real(h, port, ana, ben):
    there = 'http://127.0.0.1:%d' % port
    ok('/oidc/start?provider=rsa' in h.get('/signin').text, 'the sign-in page offers the provider')
    start = Browser(h)
    url = urllib.parse.urlsplit(start.begin('rsa', more='&next=/intake'))
    asked = dict(urllib.parse.parse_qsl(url.query))
    ok(asked['response_type'] == 'code' and asked['code_challenge_method'] == 'S256' and len(asked['code_challenge']) == 43 and len(asked['state']) == 43 and
       len(asked['nonce']) == 43 and asked['redirect_uri'] == h.url('/oidc/callback'), 'code, PKCE S256, state, nonce', asked)
    a = Browser(h).way('rsa')
    ok(a.headers['Location'] == '/signin?done=not_linked', 'nobody is signed in who linked nothing, whatever address the provider says', a.headers['Location'])
    h.sql("update principals set password_at = now() - interval '16 minutes'")
    b = Browser(h, ana)
    ok(b.begin('rsa', 'link') == '/me/confirm?next=%2Foidc%2Flink%3Fprovider%3Drsa', 'linking asks for the password of just now, and goes on from there')
    h.sql('update principals set password_at = now()')
    b, page, fields = link(h, ana, 'rsa')
    h.sql("update principals set password_at = now() - interval '16 minutes'")
    late = h.form('/me', '/oidc/link', fields, ana)
    ok(late.status == 403 and h.one('select count(*) from user_identities') == '0', 'nor is it done with an older one', late.status)
    h.sql('update principals set password_at = now()')
    ok(page.status == 200 and 'ana@a.example' in page.text, 'linking asks first, and says which account', page.status)
    ok(h.one('select count(*) from user_identities') == '0', 'until then nothing is linked')
    other = h.form('/me', '/oidc/link', fields, ben)
    ok(other.status == 403 and h.one('select count(*) from user_identities') == '0', 'what one session proved is of no use to another', other.status)
    changed = h.form('/me', '/oidc/link', {**fields, 'email': 'ben@a.example'}, ana)
    ok(changed.status == 403, 'nor under another address', changed.status)
    ok(h.form('/me', '/oidc/link', fields, ana).status == 303 and h.one('select count(*) from user_identities') == '1', 'then it is linked')
    told = "select count(*) from account_mails where to_email = '%s' and what = '%s'"
    ok(h.one(told % ('ana@a.example', 'identity_linked')) == '1', 'and its person is told by mail')
    b = Browser(h)
    back = b.way('rsa', more='&next=/intake')
    ok(back.status == 303 and back.headers['Location'] == '/intake' and signed_in(h, b), 'and signs in, to where one was going', back.headers['Location'])
    b = Browser(h)
    ok(b.way('rsa', more='&next=//evil.example/').headers['Location'] == '/', 'but nowhere else')
    first = Browser(h)
    back = first.at_provider(first.begin('rsa'))
    ok(Browser(h).here(back).headers['Location'] == '/signin?done=provider_failed', 'a callback in another browser: refused')
    ok(first.here(re.sub('state=[^&]*', 'state=' + 'A' * 43, back)).headers['Location'] == '/signin?done=provider_failed', 'a changed state: refused')
    ok(first.here(back).headers['Location'] == '/', 'its own is taken')
    ok(first.here(back).headers['Location'] == '/signin?done=provider_failed', 'once')
    denied = Browser(h)
    denied.begin('rsa')
    ok(denied.here('/oidc/callback?error=access_denied&error_description=no&state=x').headers['Location'] == '/signin?done=provider_failed', 'a no there is a no here')
    call(there + '/control?rotate=1')
    b = Browser(h)
    ok(b.way('rsa').headers['Location'] == '/' and signed_in(h, b), 'new keys of the provider are found')
    b, _, fields = link(h, ben, 'rsa')
    taken = h.form('/me', '/oidc/link', fields, ben)
    ok(taken.status == 409, 'one account there is one person here', taken.status)
    call(there + '/control?account=ben-there&email=ben@a.example')
    for provider in ('ec', 'public'):
        b, _, fields = link(h, ben, provider)
        ok(h.form('/me', '/oidc/link', fields, ben).status == 303, 'linked: ' + provider)
        b = Browser(h)
        ok(b.way(provider).headers['Location'] == '/' and signed_in(h, b), {'ec': 'ES256 and a secret in the header', 'public': 'a client without secret'}[provider])
    listed = h.api('GET', '/settings/identities', ben).json['identities']
    ok([(i['key'], i['linked']) for i in listed if i['linked']] == [('ec', True), ('public', True)], 'the settings list what is linked', listed)
    ok(h.form('/settings/identities', '/settings/identities/end', {'provider': 'ec'}, ben).status == 303, 'the link is taken back')
    ok(Browser(h).way('ec').headers['Location'] == '/signin?done=not_linked' and h.one(told % ('ben@a.example', 'identity_unlinked')) == '1', 'and signs nobody in; that is told too')
    factor = "(user_id, sealed, confirmed_at) select id, '\\x0101', now() from users where email = 'ben@a.example'"
    h.sql('insert into user_factors ' + factor)
    b = Browser(h)
    where = b.way('public').headers['Location']
    ok(where.startswith('/signin/second') and 'fairlead' not in b.cookies, 'a second factor is asked for here too', where)
    h.sql('delete from user_factors')
    h.sql("update users set password_hash = null where email = 'ben@a.example'")
    ok(h.form('/settings/identities', '/settings/identities/end', {'provider': 'public'}, ben).status == 409, 'the last way in stays')
    h.sql("update users set disabled_at = now() where email = 'ben@a.example'")
    ok(Browser(h).way('public').headers['Location'] == '/signin?done=not_linked', 'who is disabled does not come in')
    sealed = h.one("select encode(client_secret, 'escape') from oidc_providers where key = 'ec'")
    ok('another-secret' not in sealed, 'the client secret lies sealed')
    h.fairlead('oidc', 'off', 'ec')
    ok(Browser(h).begin('ec') == '/signin?done=provider_unknown' and 'provider=ec' not in h.get('/signin').text, 'a provider that is off is gone')


def joining(h, port):
    """Who has no account makes one, when the provider vouches for an address that is free."""
    there = 'http://127.0.0.1:%d' % port
    call(there + '/control?account=cleo-there&email=Cleo@c.example&verified=no')
    people = h.one('select count(*) from users')
    ok(Browser(h).way('rsa').headers['Location'] == '/signin?done=not_linked', 'an address the provider does not vouch for makes no account')
    call(there + '/control?account=long-there&email=cleo@%sexample' % ('c.' * 124))
    long = Browser(h).way('rsa').headers['Location']
    ok(long == '/signin?done=not_linked', 'nor does one that is longer than addresses are: what it begins with is another', long)
    call(there + '/control?account=bell-there&email=bell@c.example&name=Ring%07Ring')
    b = Browser(h)
    where = b.way('rsa').headers['Location']
    ok(where.startswith('/oidc/join?') and b.here(where).status == 200 and 'Ring' not in where, 'a name that no field of ours takes is asked for', where)
    call(there + '/control?account=cleo-there&email=Cleo@c.example&name=Ana+There')
    # Somebody began a sign-up for her address, with a password of his own.
    h.sql("insert into account_tokens (id, token_hash, kind, email, data, expires_at) values (fl_uuid(), '\\x01', 'verify', 'cleo@c.example', '{}', now() + interval '1 day')")
    b = Browser(h)
    where = b.way('rsa', more='&next=/me/security').headers['Location']
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(where).query))
    ok(where.startswith('/oidc/join?') and asked == {'provider': 'rsa', 'email': 'Cleo@c.example', 'name': 'Ana There'}, 'an address nobody has: a page asks', where)
    page = b.here(where)
    ok('Harbour' in page.text and 'Cleo@c.example' in page.text and 'value="Ana There"' in page.text and h.one('select count(*) from users') == people,
       'which names provider and address; looking makes nothing')

    def post(browser, **changed):
        fields = {**asked, 'name': 'Cleo', '_token': page.token, **changed}
        return h.post('/oidc/join', fields, '; '.join('%s=%s' % kv for kv in browser.cookies.items()))

    refused = [post(x, **y).headers['Location'] for x, y in ((Browser(h), {}), (b, {'email': 'other@c.example'}), (b, {'provider': 'public'}))]
    ok(refused == ['/signin?done=provider_failed'] * 3, 'another browser, address or provider: refused', refused)
    empty = post(b, name='')
    ok(empty.status == 422 and 'Cleo@c.example' in empty.text, 'a name is asked for', empty.status)
    ok(h.one('select count(*) from users') == people, 'nobody was made by any of these')
    made = h.post('/oidc/join', {**asked, 'name': 'Cleo', '_token': b.here(where).token}, '; '.join('%s=%s' % kv for kv in b.cookies.items()))
    b.keep(made.headers['Set-Cookie'])
    row = h.sql("select email, name, password_hash is null from users where email = 'cleo@c.example'")
    ok(made.status == 303 and made.headers['Location'] == '/me/security' and row == [['cleo@c.example', 'Cleo', 't']] and signed_in(h, b), 'an account, a session, and where one was going', row)
    ok(h.one("select count(*) from account_tokens where email = 'cleo@c.example'") == '0', "somebody else's sign-up for that address is over")
    sets = [x for x in ('/me/confirm', '/me/security') if 'href="/password/forgot"' not in b.here(x).text]
    asked_for = h.form('/password/forgot', '/password/forgot', {'email': 'cleo@c.example'})
    ok(not sets and asked_for.status == 303 and h.one("select count(*) from account_tokens where email = 'cleo@c.example' and kind = 'reset'") == '1', 'who never had a password is led to one where it is asked for', sets)
    again = Browser(h)
    ok(again.way('rsa').headers['Location'] == '/' and signed_in(h, again), 'the provider opens it from then on')
    late = h.post('/oidc/join', {**asked, 'name': 'Eve', '_token': b.here('/signup').token}, '; '.join('%s=%s' % kv for kv in b.cookies.items()))
    ok(late.headers['Location'] == '/signin?done=not_linked' and h.one('select count(*) from users') == str(int(people) + 1), 'the same proof makes no second one', late.status)
    h.sql("update users set disabled_at = now() where email = 'cleo@c.example'")
    ok(Browser(h).way('rsa').headers['Location'] == '/signin?done=not_linked', 'who is closed makes no second account')
    ok('/oidc/start?provider=rsa' in h.get('/signup').text, 'sign-up offers the providers too')


def forged(h, port, ana):
    there = 'http://127.0.0.1:%d' % port

    def attempt(**mode):
        call(there + '/control', json.dumps(mode).encode())
        return Browser(h).way('forged').headers['Location']

    b, _, fields = link(h, ana, 'forged')
    ok(h.form('/me', '/oidc/link', fields, ana).status == 303 and attempt() == '/', 'the forger can be honest')
    ok(attempt(key='ec') == '/', 'with ES256 too')
    for what, mode in {
            'within the skew: expired 30 s ago': {'claims': {'exp': 'now-30'}}, 'within the skew: made in 30 s': {'claims': {'iat': 'now+30', 'nbf': 'now+30'}},
            'several audiences with azp': {'claims': {'aud': ['other', 'forged'], 'azp': 'forged'}}}.items():
        ok(attempt(**mode) == '/', 'taken: ' + what)
    for what, mode in {
            'alg none': {'head': {'alg': 'none'}, 'raw': 'unsigned'}, 'RS256 without signature': {'raw': 'unsigned'}, 'HS256 with the public key (key confusion)': {'key': 'mac', 'head': {'alg': 'HS256', 'kid': 'rsa'}},
            'RS256 said, MAC made': {'key': 'mac', 'head': {'kid': 'rsa'}}, 'RS384': {'head': {'alg': 'RS384'}}, 'another key under a known id': {'key': 'other', 'head': {'kid': 'rsa'}},
            'an unknown key id': {'key': 'other'}, 'an RSA key of 1,024 bits': {'key': 'small'}, 'ES256 said, RSA made': {'head': {'alg': 'ES256'}}, 'ES256 in DER': {'key': 'ec', 'der': True},
            'a critical extension': {'head': {'crit': ['x'], 'x': 1}}, 'another issuer': {'claims': {'iss': 'https://evil.example'}}, 'another audience': {'claims': {'aud': 'somebody'}},
            'several audiences without azp': {'claims': {'aud': ['forged', 'other']}}, 'another azp': {'claims': {'azp': 'other'}}, 'no audience': {'drop': ['aud']},
            'expired': {'claims': {'exp': 'now-120'}}, 'no expiry': {'drop': ['exp']}, 'not yet valid': {'claims': {'nbf': 'now+300'}}, 'made in the future': {'claims': {'iat': 'now+300'}},
            'no iat': {'drop': ['iat']}, 'another nonce': {'claims': {'nonce': 'x'}}, 'no nonce': {'drop': ['nonce']}, 'no subject': {'drop': ['sub']}, 'an empty subject': {'claims': {'sub': ''}},
            'a subject that is no text': {'claims': {'sub': 1}}, 'no token': {'raw': ''}, 'no JWT': {'raw': 'x.y.z'}, 'two parts': {'raw': 'a.b'}}.items():
        where = attempt(**mode)
        ok(where == '/signin?done=provider_failed', 'refused: ' + what, where)
    before = json.loads(call(there + '/asked'))['keys']
    attempt(key='other')
    ok(json.loads(call(there + '/asked'))['keys'] == before + 1, 'an unknown key id makes one more question, not many')
    where = attempt(silent=True)
    ok(where == '/signin?done=provider_away', 'a provider that does not answer: said so within the time of a page', where)
    ok(Browser(h).begin('forged') == '/signin?done=provider_away', 'and it rests')
    h.sql("update oidc_providers set rests_until = null, discovered_at = null where key = 'forged'")
    call(there + '/control', json.dumps({'issuer': 'https://evil.example'}).encode())
    ok(Browser(h).begin('forged') == '/signin?done=provider_away', 'a description in the name of another issuer is not taken')
    h.fairlead('oidc', 'set', 'inside', 'x', '--issuer', 'http://127.0.0.1:%d' % free_port())
    ok(Browser(h).begin('inside') == '/signin?done=provider_away', 'a private address that is not allowed is not called')


def main():
    ports = free_port(), free_port()
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '100000', 'OUTSIDE_ALLOW': ','.join('127.0.0.1:%d' % p for p in ports)}) as h:
        children = [serve('provider.js', ports[0], h.url('/oidc/callback')), serve('forger.js', ports[1])]
        try:
            h.org('one')
            ana, ben = h.person('ana@a.example', org='one'), h.person('ben@a.example', org='one')
            issuer = 'http://127.0.0.1:%d' % ports[0]
            h.fairlead('oidc', 'set', 'rsa', 'rsa', '--issuer', issuer, '--label', 'Harbour', stdin='a secret: with & odd + characters\n')
            h.fairlead('oidc', 'set', 'ec', 'ec', '--issuer', issuer, stdin='another-secret\n')
            h.fairlead('oidc', 'set', 'public', 'public', '--issuer', issuer)
            h.fairlead('oidc', 'set', 'forged', 'forged', '--issuer', 'http://127.0.0.1:%d' % ports[1], stdin='x\n')
            real(h, ports[0], ana, ben)
            joining(h, ports[0])
            forged(h, ports[1], ana)
        finally:
            for child in children:
                child.kill()
                child.wait()
    return done()


if __name__ == '__main__':
    sys.exit(main())
