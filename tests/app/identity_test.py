"""Sign-in, profile and organisations over HTTP."""
import base64, crypt, fcntl, hmac, os, signal, sys, threading, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def cheaper(h, password):
    """As a site of earlier years kept it: cost 10."""
    form = base64.b64encode(hmac.digest(b'fairlead password', password.encode(), 'sha256')).decode()
    old = crypt.crypt(form, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 10))
    ana = h.sign_in('ana@a.example', password)
    h.sql("update users set password_hash = '%s' where email = 'ana@a.example'" % old)
    ok(h.api('POST', '/auth/login', None, {'email': 'ana@a.example', 'password': 'no'}).status == 401 and h.one("select password_hash from users where email = 'ana@a.example'") == old, 'a wrong password renews no hash')
    ok(old.startswith('$2b$10$') and h.get('/me', h.sign_in('ana@a.example', password)).status == 200, 'a hash of cost 10 opens')
    kept = h.one("select password_hash from users where email = 'ana@a.example'")
    ok(kept.startswith('$2b$12$') and h.get('/me', h.sign_in('ana@a.example', password)).status == 200, 'and is of cost 12 from then on', kept[:7])
    ok(h.get('/me', ana).status == 200, 'other sessions stay')


def hashing(h):
    """Whether somebody has the turn of hashing: its lock is asked for, and given back."""
    for path in h.run.glob('hash.*.lock'):
        with open(path) as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


def slowly(h, password):
    """A processor that takes longer for a hash than a page may wait for the database."""
    def ask():
        got.append(h.api('POST', '/auth/login', None, {'email': 'ana@a.example', 'password': password}))

    got, met = [], False
    with open('/proc/%d/task/%d/children' % ((h.pid('web'),) * 2)) as f:
        children = [int(pid) for pid in f.read().split()]
    while not met:
        got.clear()
        asks = threading.Thread(target=ask)
        asks.start()
        while asks.is_alive() and not met:
            met = hashing(h)
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(5.2)
    for pid in children:
        os.kill(pid, signal.SIGCONT)
    asks.join()
    ok(got[0].status == 200, 'who waits for a slow processor signs in', got[0].status, got[0].text)


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('one')
        h.org('two')
        ana = h.person('ana@a.example', org='one')
        h.fairlead('user', 'add', 'ana@a.example', 'Ana', '--org', 'two', '--role', 'viewer', stdin='correct horse battery staple\n')
        ok(h.get('/me', ana).status == 303, 'a password set anew ends the sessions of the old one')
        ana = h.sign_in('ana@a.example')
        page = h.get('/signin')
        wrong = h.post('/signin', {'email': 'ana@a.example', 'password': 'no', '_token': page.token})
        ok(wrong.status == 401 and 'ana@a.example' in wrong.text and 'role="alert"' in wrong.text, 'a wrong password is 401 with the address kept')
        nobody = h.api('POST', '/auth/login', None, {'email': 'nobody@a.example', 'password': 'no'})
        known = h.api('POST', '/auth/login', None, {'email': 'ana@a.example', 'password': 'no'})
        ok(nobody.status == known.status == 401 and nobody.json['detail'] == known.json['detail'], 'the same answer for an unknown address')
        right = h.api('POST', '/auth/login', None, {'email': 'ANA@a.example', 'password': 'correct horse battery staple'})
        ok(right.status == 200 and 'HttpOnly' in right.headers['Set-Cookie'] and 'SameSite=Lax' in right.headers['Set-Cookie'], 'JSON sign-in sets the cookie')
        names = [o['name'] for o in h.api('GET', '/orgs', ana).json['items']]
        ok(sorted(names) == ['One', 'Two'], 'a person sees the organisations she is in')
        other = next(o['id'] for o in h.api('GET', '/orgs', ana).json['items'] if not o['current'])
        ok(h.form('/orgs', '/orgs/switch', {'org_id': other}, ana).status == 303, 'she goes to the other one')
        ok(h.get('/channels', ana).status == 403, 'where she is a viewer')
        ok(h.api('GET', '/intake', ana, headers={'X-Org-Id': other}).status == 200, 'the header names an organisation for one request')
        ok(h.form('/orgs', '/orgs/switch', {'org_id': '00000000-0000-7000-8000-000000000000'}, ana).status == 403, 'not to one she is not in')
        bad = h.form('/me', '/me', {'name': '', 'zone': 'Mars/Base', 'theme': 'dark'}, ana)
        ok(bad.status == 422 and 'Mars/Base' in bad.text, 'a profile with mistakes is shown again')
        ok(h.form('/me', '/me', {'name': 'Ana Two', 'zone': 'Europe/Madrid', 'preferred_language': 'es', 'theme': 'dark'}, ana).status == 303, 'saved')
        me = h.get('/me', ana).text
        ok('lang="es"' in me and 'data-theme="dark"' in me and 'Ana Two' in me, 'and at work at the next page')
        for path in ('/f/nonsense', '/status/nonsense'):
            ok(h.get(path).status == 404, path + ' is no door')
        out = h.form('/me', '/signout', {}, ana)
        ok(out.status == 303 and h.get('/me', ana).status == 303, 'after sign-out the old cookie opens nothing')
        cheaper(h, 'correct horse battery staple')
        slowly(h, 'correct horse battery staple')
    return done()


if __name__ == '__main__':
    sys.exit(main())
