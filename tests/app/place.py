"""A session and the network it comes from (X-09): noted once by policy audit, refused by policy strict; the browser counts always. Prints TAP."""
import os, subprocess, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

NEAR, FAR, THIRD = '127.0.0.77', '127.0.9.9', '127.9.9.9'


def moved(h):
    return [r[0] for r in h.sql("select detail ->> 'to' from audit_log where action = 'session.moved' order by id")]


def tokens(h, who, source=None, **fields):
    return h.request('POST', '/api/v1/auth/token', who, fields, {'Accept': 'application/json', 'Content-Type': 'application/json'}, source=source)


def bearer(h, token, source=None):
    return h.request('GET', '/api/v1/me', headers={'Accept': 'application/json', 'Authorization': 'Bearer ' + token}, source=source)


def audit(h):
    ana = h.sign_in('ana@aa.example')
    ok(h.get('/me', ana, source=NEAR).status == 200 and moved(h) == [], 'another address of its network is nothing')
    ok(h.get('/me', ana, headers={'User-Agent': 'another'}).status == 303, 'another browser is refused in any case')
    ok(h.get('/me', ana, source=FAR).status == 200 and moved(h) == ['127.0.9.0/24'], 'another network is noted', moved(h))
    ok(h.one("select detail ->> 'from' from audit_log where action = 'session.moved' and actor_id = (select id from users where email = 'ana@aa.example') and subject_id in (select id from sessions)")
       == '127.0.0.0/24', 'with its session, person and where it was made')
    at_once = [threading.Thread(target=h.get, args=('/me', ana), kwargs={'source': THIRD}) for _ in range(6)]
    [t.start() for t in at_once], [t.join() for t in at_once]
    for source in (FAR, None, THIRD, FAR):
        h.get('/intake', ana, source=source)
        h.form('/me', '/me', {'name': 'Ana'}, ana)
    ok(moved(h) == ['127.0.9.0/24', '127.9.9.0/24'], 'once a network, however often and many at once', moved(h))
    fresh = tokens(h, ana, grant_type='session').json
    h.sql('update sessions set networks = networks[1:1]')
    a = tokens(h, None, FAR, grant_type='refresh_token', refresh_token=fresh['refresh_token'])
    ok(a.status == 200 and moved(h)[2:] == ['127.0.9.0/24'], 'a refresh token too', a.status, moved(h))
    h.sql('update sessions set networks = networks[1:1]')
    before = len(moved(h))
    a = tokens(h, ana, FAR, grant_type='session')
    ok(a.status == 200 and moved(h)[before:] == ['127.0.9.0/24'], 'tokens started elsewhere', a.status, moved(h)[before:])
    b = bearer(h, a.json['access_token'], THIRD)
    ok(b.status == 200 and moved(h)[before:] == ['127.0.9.0/24', '127.9.9.0/24'], 'an access token used elsewhere', b.status, moved(h)[before:])
    h.sql('update sessions set networks = networks[1:1] || array(select cidr (format(\'10.0.%s.0/24\', n)) from generate_series(1, 19) n)')
    h.get('/me', ana, source=FAR)
    ok(moved(h)[before + 2:] == ['127.0.9.0/24'], 'the twenty-first network is noted as well', moved(h)[before:])
    ok(h.one("select networks[1] = '127.0.0.0/24' and networks[2] = '10.0.2.0/24' and networks[20] = '127.0.9.0/24' and cardinality(networks) = 20 from sessions where '127.0.9.0/24' = any (networks)") == 't',
       'in the place of the oldest but the first', h.one('select networks from sessions'))
    ok(h.get('/intake', h.key('aa'), source=FAR).status == 200, 'an API key is of no network')
    h.sql("insert into blocked_addresses (network, reason) values ('%s', 'by hand')" % FAR)
    fresh = tokens(h, ana, grant_type='session').json['refresh_token']
    a, b = (tokens(h, None, source, grant_type='refresh_token', refresh_token=fresh) for source in (FAR, None))
    ok(a.status == 403 and b.status == 200, 'a blocked address refreshes nothing, and spends nothing', a.status, b.status)
    h.sql('delete from blocked_addresses')


def strict(h):
    ana = h.sign_in('ana@aa.example')
    before = len(moved(h))
    started = tokens(h, ana, grant_type='session').json
    fresh, access = started['refresh_token'], started['access_token']
    ok(h.get('/me', ana, source=NEAR).status == 200, 'its network opens')
    a, b = h.get('/me', ana, source=FAR), h.request('GET', '/api/v1/me', ana, headers={'Accept': 'application/json'}, source=FAR)
    ok(a.status == 303 and a.headers['Location'].startswith('/signin') and b.status == 401 and 'another network' in b.json['detail'], 'another is refused', a.status, b.status, b.body)
    token = h.get('/me', ana).token
    a = h.post('/me', {'name': 'Somebody else', '_token': token}, ana, source=FAR)
    ok(a.status in (303, 401) and h.one("select name from users where email = 'ana@aa.example'") == 'Ana', 'nothing is changed from there', a.status)
    ok(moved(h)[before:] == ['127.0.9.0/24'], 'and noted once', moved(h))
    ok(tokens(h, None, FAR, grant_type='refresh_token', refresh_token=fresh).status == 401, 'a refresh token is refused')
    ok(tokens(h, ana, FAR, grant_type='session').status == 401, 'no tokens are started from there')
    ok(bearer(h, access, FAR).status == 401 and bearer(h, access, NEAR).status == 200, 'an access token is refused there, and good where it belongs')
    a = tokens(h, ana, THIRD, grant_type='session')
    ok(a.status == 401 and moved(h)[before:] == ['127.0.9.0/24', '127.9.9.0/24'], 'such a refusal is noted too', moved(h)[before:])
    a, b = h.get('/no/such/page', ana, source=FAR), h.get('/no/such/page', ana)
    ok(a.status == b.status == 404 and 'Ana' in b.text and 'Ana' not in a.text, 'a page of a fault says nothing of the person either', a.status, b.status)
    ok(tokens(h, None, grant_type='refresh_token', refresh_token=fresh).status == 200 and h.get('/me', ana).status == 200, 'both are good again where they belong')
    page = h.get('/signin', source=FAR)
    a = h.post('/signin', {'email': 'ana@aa.example', 'password': 'correct horse battery staple', '_token': page.token}, source=FAR)
    ok(a.status == 303 and h.get('/me', a.headers['Set-Cookie'].split(';')[0], source=FAR).status == 200, 'a new session is made there')


def main():
    with House.temporary(conf={'RATE_LIMIT_MAX': '1000000'}) as h:
        h.org('aa')
        h.person('ana@aa.example', org='aa')
        audit(h)
        for policy in ('loose', 'strict'):
            h.extra['SESSION_ADDRESS'] = policy
            h.write_conf()
            said = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'org', 'list'], capture_output=True, text=True, env=h.env)
            ok((said.returncode == 0) == (policy == 'strict') and ('SESSION_ADDRESS: must be audit or strict' in said.stderr) == (policy == 'loose'), 'the policy is checked at start: ' + policy, said.stderr)
        h.restart('web')
        h.wait(lambda: h.get('/health/ready').status == 200, 'the web processes', 60)
        strict(h)
    done()


main()
