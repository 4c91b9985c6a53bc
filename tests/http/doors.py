"""The doors strangers try: sign-in by guessing, from another site's form, past the limits; metrics by another name. Prints TAP."""
import http.client, os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402


def signs_in(h, email, password=PASSWORD):
    return h.post('/signin', {'email': email, 'password': password, '_token': h.get('/signin').token}).status == 303


def guessing(h):
    """Five wrong passwords rest for a quarter of an hour, each time anew. (With the puzzle in between: tests/app/account.py.)"""
    h.person('guessed@a.example', 'aa')
    mine = "account = sha256('guessed@a.example')"
    for turn in ('first', 'second', 'third'):
        h.sql("insert into sign_in_failures (account, address, failures) values (sha256('guessed@a.example'), '127.0.0.1/32', 2) on conflict (account, address) do update set "
              "failures = 2, locked_until = null, last_at = now()")
        for _ in range(2):
            h.sql("select sign_in_failed('guessed@a.example', '127.0.0.1')")
        ok(h.one('select locked_until is null from sign_in_failures where ' + mine) == 't', turn + ' time: four mistakes do not lock')
        h.sql("select sign_in_failed('guessed@a.example', '127.0.0.1')")
        h.sql("update sign_in_failures set last_at = now() - interval '16 minutes'")
        ok(not signs_in(h, 'guessed@a.example'), turn + ' time: after five the right password does not open either')
    h.sql("update sign_in_failures set locked_until = now() - interval '1 second', last_at = now() - interval '16 minutes'")
    ok(signs_in(h, 'guessed@a.example'), 'when the lock is over the right one does')
    ok(h.one('select count(*) from sign_in_failures where ' + mine) == '0', 'and forgets the mistakes')


def other_site(h):
    """A form of another site must not sign its reader in as somebody else."""
    form, away = {'email': 'guessed@a.example', 'password': PASSWORD}, {'Sec-Fetch-Site': 'cross-site'}
    for headers in (away, {'Origin': 'https://elsewhere.example'}):
        a = h.post('/api/v1/auth/login', form, headers=headers)
        ok(a.status == 403 and 'Set-Cookie' not in a.headers, 'sign-in sent by another site is refused', a.status, headers)
    ok(h.post('/api/v1/auth/login', form).status == 200, 'a program signs in without a token')


def limits(h):
    for name, who in (('nobody', None), ('a made-up cookie', 'fairlead=x'), ('a made-up key', 'fl_x')):
        ok(h.get('/signin', who).headers['X-RateLimit-Limit'], 'the sign-in page counts ' + name)


def names(h):
    """What nginx keeps to an address list it keeps under every name the program answers to. 127.0.0.2 is not on the list."""
    for path in ('/api/v1/observability/metrics', '/observability/metrics', '/api/v1/observability/metrics/', '/observability/metrics/'):
        c = http.client.HTTPConnection('127.0.0.1', h.port, source_address=('127.0.0.2', 0))
        c.request('GET', path)
        status = c.getresponse().status
        c.close()
        ok(status == 403 and h.get(path).status == 200, path + ' is for those on the list', status)


def alone(h):
    """A person of no organisation."""
    who = h.person('alone@a.example')
    page = h.get('/me', who)
    a = h.post('/me', {'name': 'Alone', 'theme': 'dark', '_token': page.token}, who)
    ok(a.status == 303 and h.one("select theme from users where email = 'alone@a.example'") == 'dark', 'saves the profile', a.status)


def beyond(h):
    """What a page's permission does not say by itself."""
    keys = [h.key('aa'), h.key('aa')]
    made = [h.api('POST', '/intake', k, {'subject': 'Leak', 'body': 'Under the sink'}, {'Idempotency-Key': 'one'}) for k in (keys[0], keys[0], keys[1])]
    ok([a.json['id'] == made[0].json['id'] for a in made] == [True, True, False], 'a kept result is shown again to who made it, to nobody else', [a.text for a in made])
    member, path = h.person('member@a.example', 'aa', 'member'), '/intake/' + made[0].json['id']
    page = h.get(path, member)
    theirs = h.one("insert into pipelines (org_id, name) select id, 'Theirs' from organizations where slug = 'bb' returning id")
    a = h.form('/intake/new', '/intake/new', {'subject': 'Leak', 'channel': 'phone', 'pipeline_id': theirs}, member)
    ok(a.status == 422 and h.one("select count(*) from intake_requests where pipeline_id = '%s'" % theirs) == '0', 'no request goes to a pipeline of others', a.status)
    form = {'text': 'It is fixed', 'version': '1', '_token': page.token}
    ok('name="close"' not in page.text and h.post(path + '/reply', {**form, 'close': 'true'}, member).status == 403, 'who may only answer cannot close by answering')
    ok(h.post(path + '/reply', form, member).status == 303, 'but answer')


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('aa')
        h.org('bb')
        for part in (guessing, other_site, limits, alone, beyond, names):
            part(h)
    done()


main()
