"""Passkeys over HTTP with an authenticator in software: made, used at all three doors, and every way to forge one."""
import html, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from authenticator import BE, BS, UP, UV, Passkey  # noqa: E402
from house import House  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402


def cookies(answer):
    return '; '.join(c.split(';')[0] for c in answer.headers.get_all('Set-Cookie') or ())


def words(page):
    return html.unescape(page.text)


def asked(h, path, who=None):
    """What a browser is asked, and the cookies it then has."""
    a = h.get(path, who, headers={'Accept': 'application/json'})
    if a.status != 200:
        return a, None
    return a.json['options'], '; '.join(filter(None, (who, cookies(a))))


def add(h, who, name='Laptop', make=None, at='/me/passkeys/options', **how):
    options, jar = asked(h, at, who)
    key = make or Passkey(options, h.url())
    return key, h.post('/me/passkeys', {'name': name, '_token': h.get('/me/passkeys', who).token, **key.register(options['challenge'], **how)}, jar)


def enter(h, key, door='/signin/passkey', who=None, page='/signin', next='', **how):
    """One answer at a door, with how it is to err."""
    options, jar = asked(h, door, who)
    return h.post(door, {'_token': h.get(page, who).token, 'next': next, **key.answer(options['challenge'], **how)}, jar)


def signed_in(h, answer, email):
    return answer.status == 303 and email in h.get('/me/security', cookies(answer)).text


def making(h, ana):
    h.sql("update sessions set password_at = now() - interval '16 minutes'; update principals set password_at = now() - interval '16 minutes'")
    old, _ = asked(h, '/me/passkeys/options', ana)
    ok(old.status == 403, 'without a recent proof nothing is asked of an authenticator', old.status)
    ana = h.prove(ana)
    options, jar = asked(h, '/me/passkeys/options', ana)
    ok(options['rp_id'] == '127.0.0.1' and len(options['challenge']) == 43 and options['email'] == 'ana@a.example' and len(options['handle']) == 22, 'then it is', options)
    key = Passkey(options, h.url())
    page = h.get('/me/passkeys', ana)

    def sent(what, jar=jar, **fields):
        return h.post('/me/passkeys', {'name': 'Laptop', '_token': h.get('/me/passkeys', ana).token, **fields}, jar)
    for why, how in (('another site', {'origin': 'https://evil.example'}), ('another challenge', {'challenge': 'A' * 43}), ('of another kind', {'type': 'webauthn.get'}),
                     ('in a frame', {'crossOrigin': True}), ('in a frame of', {'topOrigin': 'https://evil.example'}), ('another host', {'rp_id': 'evil.example'}),
                     ('nobody there', {'flags': UV}), ('nobody proven', {'flags': UP}), ('backed up without leave', {'flags': UP | UV | BS}), ('more behind', {'tail': b'\x00'}),
                     ('a weak key', {'cose': {1: 3, 3: -257, -1: b'\x01' * 64, -2: b'\x01\x00\x01'}}), ('a point off the curve', {'cose': {1: 2, 3: -7, -1: 1, -2: b'\x01' * 32, -3: b'\x02' * 32}}),
                     ('an algorithm unknown', {'cose': {1: 2, 3: -65535, -1: 1, -2: b'\x01' * 32, -3: b'\x02' * 32}})):
        a = sent(why, **{**key.register(options['challenge'], **{k: v for k, v in how.items() if k != 'challenge'}), **({} if 'challenge' not in how else key.register(how['challenge']))})
        ok(a.status == 422 and 'not right' in words(a), 'refused: ' + why, a.status)
    ok(h.one('select count(*) from user_passkeys') == '0', 'none is kept')
    other = h.sign_in('ana@a.example')
    good = key.register(options['challenge'], fmt='packed')
    a = h.post('/me/passkeys', {'name': 'Laptop', '_token': h.get('/me/passkeys', other).token, **good}, other + '; ' + jar.split('; ', 1)[1])
    ok(a.status == 422 and 'took too long' in words(a), 'a question put to one session is answered in it', a.status)
    a = sent('', **good)
    ok(a.status == 303 and a.headers['Location'] == '/me/passkeys?done=passkey_added' and h.get('/me', other).status == 303,
       'the right one is kept, whatever its statement says; other sessions end', a.status, words(a)[-900:])
    ok(sent('', **Passkey(options, h.url()).register(options['challenge'])).status == 422, 'a challenge is good for one')
    page = h.get('/me/passkeys', ana)
    ok('Laptop' in page.text and 'Make recovery codes' in words(page), 'it is listed, and recovery codes are spoken of')
    made = {name: add(h, ana, name, Passkey(asked(h, '/me/passkeys/options', ana)[0], h.url(), alg, count, UP | UV | BE | BS if count is None else UP | UV))
            for name, alg, count in (('Phone', -8, None), ('Tablet', -257, 7))}
    ok(all(a.status == 303 for _, a in made.values()), 'Ed25519 and RSA are kept too', [a.status for _, a in made.values()])
    again = add(h, ana, 'Twice', made['Phone'][0])[1]
    ok(again.status == 422 and 'already' in words(again), 'the same one twice is not')
    return key, made['Phone'][0], made['Tablet'][0]


def opening(h, keys):
    for key, name in zip(keys, ('ES256', 'EdDSA', 'RS256')):
        a = enter(h, key, next='/jobs')
        ok(a.status == 303 and a.headers['Location'] == '/jobs' and signed_in(h, a, 'ana@a.example'), 'it signs in without a password: ' + name, a.status, words(a)[-700:])
    ok(h.one("select bool_and(second_factor_at > now() - interval '1 minute') from sessions where id in (select id from sessions order by created_at desc limit 3)") == 't', 'which counts as a second factor')
    ok(enter(h, keys[0], next='//evil.example').headers['Location'] == '/', 'and leads to no other host')
    h.sql("update users set disabled_at = now() where email = 'ana@a.example'")
    ok(enter(h, keys[0]).status == 401, 'not for a closed account')
    h.sql("update users set disabled_at = null where email = 'ana@a.example'")


def forging(h, key, phone, bob_key):
    before = h.one('select count(*) from sessions')
    for why, how in (('another site', {'origin': 'https://evil.example'}), ('a port of ours', {'origin': h.url() + '0'}), ('another host', {'rp_id': 'evil.example'}),
                     ('a changed word', {'spoil': True}), ('of another kind', {'type': 'webauthn.create'}), ('in a frame', {'crossOrigin': True}), ('nobody there', {'flags': UV}),
                     ('nobody proven', {'flags': UP}), ('eligible all at once', {'flags': UP | UV | BE}), ('with a credential', {'flags': UP | UV | 64}),
                     ('without saying whose', {'handle': False}), ('saying it is somebody else\'s', {'handle': bob_key.handle})):
        a = enter(h, key, **how)
        ok(a.status == 401 and 'fairlead=' not in cookies(a), 'refused: ' + why, a.status)
    mine, key.key = key.key, bob_key.key
    ok(enter(h, key).status == 401, 'refused: signed with another key')
    key.key = mine
    mine, key.id = key.id, os.urandom(32)
    a = enter(h, key)
    ok(a.status == 401 and 'not one of this account' in words(a), 'refused: a credential nobody has')
    key.id = mine
    options, jar = asked(h, '/signin/passkey')
    fields = key.answer(options['challenge'])
    ok(h.post('/signin/passkey', {'_token': h.get('/signin').token, **fields}).status == 401, 'refused: without the question')
    elsewhere = asked(h, '/signin/passkey')[1]
    ok(h.post('/signin/passkey', {'_token': h.get('/signin').token, **fields}, elsewhere).status == 401, 'refused: the answer to another question')
    ok(h.one('select count(*) from sessions') == before, 'no session came of it')
    fields = key.answer(options['challenge'])
    first = h.post('/signin/passkey', {'_token': h.get('/signin').token, **fields}, jar)
    again = h.post('/signin/passkey', {'_token': h.get('/signin').token, **fields}, jar)
    ok(first.status == 303 and again.status == 401 and 'sent before' in words(again), 'an answer sent again is refused', first.status, again.status)
    options, jar = asked(h, '/signin/passkey')
    ok(h.post('/signin/passkey', {'_token': h.get('/signin').token, **key.answer(options['challenge'], spoil=True)}, jar).status == 401
       and h.post('/signin/passkey', {'_token': h.get('/signin').token, **key.answer(options['challenge'])}, jar).status == 401, 'a wrong answer spends its question')
    for field in ('credential', 'client_data', 'auth_data', 'signature', 'user_handle'):
        options, jar = asked(h, '/signin/passkey')
        a = h.post('/signin/passkey', {'_token': h.get('/signin').token, **key.answer(options['challenge']), field: '!!'}, jar)
        ok(a.status == 401, 'refused: %s that is no base64url' % field, a.status)


def counting(h, key, phone, post):
    kept = int(h.one("select sign_count from user_passkeys where name = 'Laptop'"))
    key.count = kept - 2
    a = enter(h, key)
    ok(a.status == 401 and 'a copy of it' in words(a), 'a count that goes back is refused', a.status)
    key.count = kept - 1
    ok(enter(h, key).status == 401, 'one that stays too')
    ok(h.one("select count(*) from audit_log where action = 'account.passkey_copied' and detail ->> 'kept' = '%d'" % kept) == '2', 'both are in the audit')
    h.wait(lambda: any('there seems to be a copy' in m.get_body(('plain',)).get_content() for m in post.mails()), 'the owner to be told', 60)
    ok(int(h.one("select sign_count from user_passkeys where name = 'Laptop'")) == kept, 'the count that is kept stays')
    ok(enter(h, key).status == 303, 'the true one still opens')
    ok(enter(h, phone).status == 303 and enter(h, phone).status == 303, 'one that counts nothing opens each time')
    phone.count = 5
    ok(enter(h, phone).status == 303, 'one that begins to count does')
    phone.count = None
    ok(enter(h, phone).status == 401, 'and is held to it')
    phone.count = 100


def second(h, key, bob_key):
    a = h.form('/signin', '/signin', {'email': 'ana@a.example', 'password': PASSWORD, 'next': '/jobs'})
    ok(a.headers['Location'].startswith('/signin/second'), 'the password alone opens no more', a.headers.get('Location'))
    step = cookies(a)
    options = h.get('/signin/second/passkey', step, headers={'Accept': 'application/json'}).json
    ok(len(options['known']) == 3 and not h.get('/signin/second/passkey', headers={'Accept': 'application/json'}).json['known'], 'who gave it learns which passkeys to look for, nobody else')
    a = enter(h, bob_key, '/signin/second/passkey', step, '/signin/second')
    ok(a.status == 401 and 'not one of this account' in words(a), "another person's passkey does not do", a.status)
    a = enter(h, key, '/signin/second/passkey', step, '/signin/second', '/jobs', handle=False)
    ok(a.status == 303 and a.headers['Location'] == '/jobs' and signed_in(h, a, 'ana@a.example'), 'her own does', a.status, words(a)[-700:])
    ok(enter(h, key, '/signin/second/passkey', step, '/signin/second').headers['Location'] == '/signin?done=again', 'the step is over')
    return cookies(a)


def proving(h, ana, key, bob_key):
    h.sql("update sessions set password_at = now() - interval '16 minutes', second_factor_at = null; "
          "update principals set password_at = now() - interval '16 minutes', second_factor_at = null")
    ok(h.get('/admin', ana).status in (303, 403), 'administration asks for a recent second factor')
    a = enter(h, bob_key, '/me/confirm/passkey', ana, '/me/confirm')
    ok(a.status == 422 and h.get('/settings/keys/new', ana).status == 303, "another person's passkey proves nothing", a.status)
    page = h.get('/me/confirm', ana)
    ok('data-passkey="/me/confirm/passkey"' in page.text and 'name="code"' in page.text, 'the proof offers the passkey and a code')
    ok(h.form('/me/confirm', '/me/confirm', {'password': PASSWORD}, ana).status == 422, 'the password alone is no proof for who has one')
    a = enter(h, key, '/me/confirm/passkey', ana, '/me/confirm', '/settings/keys/new')
    before, ana = ana, cookies(a)
    ok(a.status == 303 and a.headers['Location'] == '/settings/keys/new' and h.get('/settings/keys/new', ana).status == 200, 'her own passkey proves both', a.status)
    ok(h.get('/me', before).status == 303, 'under another token, the one before opens nothing')
    ok(h.get('/admin', ana).status == 200, 'and opens administration', h.get('/admin', ana).status)
    return ana


def keeping(h, ana, key):
    shown = h.form('/me/passkeys', '/me/codes', {}, ana)
    ok(shown.status == 200 and len(re.findall(r'<code>[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}</code>', shown.text)) == 10 and 'Make recovery codes' not in words(h.get('/me/passkeys', ana)), 'recovery codes are made', shown.status)
    ids = dict(h.sql("select name, id from user_passkeys where name in ('Laptop', 'Phone', 'Tablet')"))
    ok(h.form('/me/passkeys', '/me/passkeys/%s/name' % ids['Laptop'], {'name': 'Old laptop'}, ana).status == 303 and 'Old laptop' in h.get('/me/passkeys', ana).text, 'one gets another name')
    bob = h.sign_in('bob@a.example')
    bob = h.prove(bob)
    ok(h.form('/me/passkeys', '/me/passkeys/%s/remove' % ids['Laptop'], {}, bob).status == 404, 'nobody removes what is not his')
    for i in ids.values():
        ok(h.form('/me/passkeys', '/me/passkeys/%s/remove' % i, {}, ana).status == 303, 'one is removed')
    ok(enter(h, key).status == 401, 'and opens nothing')
    ok(h.one("select count(*) from user_recovery_codes c join users u on u.id = c.user_id where u.email = 'ana@a.example'") == '0', 'with the last the recovery codes go')
    ok(h.get('/me', h.sign_in('ana@a.example')).status == 200 and 'No passkey yet' in h.get('/me/passkeys', ana).text, 'the password opens again')


def main():
    sink = Sink()
    try:
        with House.temporary(conf={'RATE_LIMIT_MAX': '1000000', 'ADMIN_SECOND_FACTOR_S': '900', 'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none',
                                   'SMTP_FROM_EMAIL': 'desk@fairlead.example'}) as h:
            h.org('one')
            ana = h.person('ana@a.example', org='one', admin=True)
            keys = making(h, ana)
            bob = h.person('bob@a.example', org='one', role='member')
            bob_key, kept = add(h, bob, 'His')
            ok(kept.status == 303, 'another person keeps one of his own')
            opening(h, keys)
            forging(h, keys[0], keys[1], bob_key)
            counting(h, keys[0], keys[1], sink)
            ana = second(h, keys[0], bob_key)
            ana = proving(h, ana, keys[0], bob_key)
            h.sql("delete from user_passkeys where name = 'His'")
            keeping(h, ana, keys[0])
    finally:
        sink.close()
    return done()


if __name__ == '__main__':
    sys.exit(main())
