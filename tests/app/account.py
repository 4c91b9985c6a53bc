"""Accounts of people over HTTP, with the mails kept and the links in them followed: sign-up, reset, second factor (oathtool), sessions, attacks."""
import hashlib, html, itertools, json, os, re, subprocess, sys, urllib.parse

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402

NEW = 'seven quiet herons at noon'


def words(page):
    return html.unescape(page.text)


class Post:
    """The mails that went out, read one after another."""

    def __init__(self, h, sink):
        self.h, self.sink, self.read = h, sink, 0

    def next(self, to):
        self.h.wait(lambda: len(self.sink.mails()) > self.read, 'a mail to ' + to)
        mail = self.sink.mails()[self.read]
        self.read += 1
        ok(to in mail['To'], 'the mail goes to ' + to, mail['To'])
        return mail

    def link(self, mail):
        """The path of the link, as the site's own address begins it."""
        text = mail.get_body(('plain',)).get_content()
        found = re.search(r'http://\S+', text).group(0)
        ok(found.startswith(self.h.url()) and 'href="%s"' % html.escape(found) in mail.get_body(('html',)).get_content(), 'the link leads to the configured site, in both parts', found)
        return found[len(self.h.url()):]

    def none(self):
        self.h.drained()
        return len(self.sink.mails()) == self.read


def sign_up(h, email, password=NEW, name='Mara', headers=None):
    token = h.get('/signup').token
    return h.post('/signup', {'name': name, 'email': email, 'password': password, '_token': token}, headers=headers)


def cookie(answer):
    return answer.headers['Set-Cookie'].split(';')[0]


def token_of(path):
    return urllib.parse.parse_qs(path.split('?')[1])['token'][0]


def joining(h, post):
    sent = sign_up(h, 'mara@a.example', headers={'Host': 'evil.example'})
    ok(sent.status == 303 and sent.headers['Location'] == '/signup/sent' and h.get('/signup/sent').status == 200, 'a sign-up is answered: look into your mail')
    mail = post.next('mara@a.example')
    path = post.link(mail)
    ok(mail['Subject'] == 'Finish signing up', 'its subject says what for', mail['Subject'])
    ok(h.one("select count(*) from users where email = 'mara@a.example'") == '0', 'nobody is there before the link was followed')
    token = token_of(path)
    kept = h.one("select string_agg(t::text, ' ') from account_tokens t") + h.one("select string_agg(m::text, ' ') from account_mails m") + \
        h.one("select coalesce(string_agg(j.payload::text, ' '), '') from job_history j")
    ok(token not in kept and len(token) == 43, 'the token is nowhere in the database')
    page = h.get(path)
    ok(page.status == 200 and h.one('select count(*) from users') == '0', 'to look at the link changes nothing')
    wrong = h.post('/verify-email', {'token': token, 'password': 'another password', '_token': page.token})
    ok(wrong.status == 422 and h.one('select count(*) from users') == '0', 'without the password it makes nobody')
    fixed = 'fairlead=' + 'A' * 43
    right = h.post('/verify-email', {'token': token, 'password': NEW, '_token': h.get(path, fixed).token}, fixed)
    ok(right.status == 303 and cookie(right) != fixed and h.get('/me', fixed).status == 303, 'with it the account is there, under a session id of its own', right.status)
    ok('Mara' in h.get('/me', cookie(right)).text, 'and signed in, of no organisation yet')
    again = h.post('/verify-email', {'token': token, 'password': NEW, '_token': h.get(path).token})
    ok(again.status == 422 and 'used or is too old' in words(again), 'the link works once', again.status)
    sign_up(h, 'late@a.example')
    path = post.link(post.next('late@a.example'))
    h.sql("update account_tokens set expires_at = now() - interval '1 second' where email = 'late@a.example'")
    late = h.post('/verify-email', {'token': token_of(path), 'password': NEW, '_token': h.get(path).token})
    ok(late.status == 422 and h.one("select count(*) from users where email = 'late@a.example'") == '0', 'after a day it does not')
    ok(h.one("select bool_and(expires_at between created_at + interval '23 hours 59 minutes' and created_at + interval '24 hours 1 minute') from account_tokens "
             "where kind = 'verify' and email = 'mara@a.example'") == 't', 'a day is a day')
    known = sign_up(h, 'mara@a.example')
    ok((known.status, known.headers['Location'], known.body) == (sent.status, sent.headers['Location'], sent.body), 'a known address is answered alike')
    mail = post.next('mara@a.example')
    ok(mail['Subject'] == 'You have an account already', 'but its owner is told the truth', mail['Subject'])


def choosing(h):
    for password, why in (('short-one-1', 'Take at least 12'), ('password12345', 'guessed quickly'), ('P@ssw0rd!2024', 'guessed quickly'), ('abcabcabcabcabc', 'guessed quickly'),
                          ('123456789012', 'guessed quickly'), ('dragonmonkey', 'guessed quickly'), ('aaaaaaaaaaaaaaaa', 'guessed quickly'),
                          ('ines-ferreira', 'close to your name'), ('Ferreira2026!', 'close to your name'), ('fairlead-2026', 'close to your name')):
        a = sign_up(h, 'if@a.example', password, 'Ines Ferreira')
        ok(a.status == 422 and why in words(a) and password not in a.text, 'refused: ' + password, a.status)
    for password in ('x' * 3 + NEW * 12, 'жёлтый чайник у окна'):
        ok(sign_up(h, 'long@a.example', password).status == 303, 'taken: one of %d characters' % len(password))
    lines = [line for line in open(os.path.join(os.environ['top_srcdir'], 'share/common-passwords.txt')) if not line.startswith('#')]
    ok(len(lines) >= 3000, 'the list has %d' % len(lines))


def forgetting(h, post):
    mara = h.sign_in('mara@a.example', NEW)
    page = h.get('/password/forgot')
    a = h.post('/password/forgot', {'email': 'mara@a.example', '_token': page.token}, headers={'Host': 'evil.example', 'X-Forwarded-Host': 'evil.example'})
    b = h.post('/password/forgot', {'email': 'nobody@a.example', '_token': h.get('/password/forgot').token})
    ok((a.status, a.headers['Location'], a.body) == (b.status, b.headers['Location'], b.body) == (303, '/password/sent', a.body), 'known or not, the answer is the same')
    path = post.link(post.next('mara@a.example'))
    ok(post.none() and h.one("select string_agg(state, ' ') from account_mails where to_email = 'nobody@a.example'") == 'none', 'nobody gets nothing')
    page = h.get(path)
    ok(page.headers['Referrer-Policy'] == 'same-origin' and page.headers['Cache-Control'] and 'no-store' in page.headers['Cache-Control'], 'the link does not leak on',
       page.headers['Referrer-Policy'], page.headers['Cache-Control'])
    bad = h.post('/password/reset', {'token': token_of(path), 'password': 'password1234', '_token': page.token})
    ok(bad.status == 422, 'the rules hold here too')
    good = h.post('/password/reset', {'token': token_of(path), 'password': PASSWORD, '_token': page.token})
    ok(good.status == 303 and good.headers['Location'] == '/signin?done=password_new' and 'Set-Cookie' not in good.headers, 'a new password; to sign in is the next step', good.status)
    ok(h.get('/me', mara).status == 303, 'the sessions of the old one have ended')
    ok(h.post('/password/reset', {'token': token_of(path), 'password': NEW, '_token': page.token}).status == 422, 'the link works once')
    ok('changed' in post.next('mara@a.example')['Subject'], 'the owner is told')
    ok(h.sign_in('mara@a.example') and h.one("select count(*) from account_tokens where kind = 'reset' and expires_at > created_at + interval '61 minutes'") == '0', 'it opens; links live an hour')
    for _ in range(7):
        h.form('/password/forgot', '/password/forgot', {'email': 'mara@a.example'})
    h.drained()
    n = len(post.sink.mails()) - post.read
    ok(n <= 5, 'a mailbox is not flooded: %d of 7' % n)
    post.read += n


def solve(challenge):
    for n in itertools.count():
        digest = hashlib.sha256(('%s:%d' % (challenge, n)).encode()).digest()
        if digest[0] == digest[1] == 0 and digest[2] < 64:
            return str(n)


def attempt(h, email, password, **more):
    return h.post('/signin', {'email': email, 'password': password, '_token': h.get('/signin').token, **more})


def puzzle_of(page):
    """The challenge and the sum it asks for without a script."""
    found = re.search(r'name="challenge" value="([^"]+)"', page.text)
    a, b = re.search(r'How much is (\d+) plus (\d+)', words(page)).groups()
    return found.group(1), str(int(a) + int(b))


def guessing(h):
    for email in ('mara@a.example', 'nobody@a.example'):
        seen = [attempt(h, email, 'wrong password %d' % i) for i in range(3)]
        ok([a.status for a in seen] == [401] * 3 and 'name="challenge"' in seen[2].text, email + ': after three mistakes a puzzle', [a.status for a in seen])
        refused = attempt(h, email, PASSWORD)
        ok(refused.status == 401 and 'sum as well' in words(refused), email + ': without its solution not even the right password is looked at')
    challenge, answer = puzzle_of(refused)
    ok(attempt(h, 'mara@a.example', PASSWORD, challenge=challenge[:-1] + ('0' if challenge[-1] != '0' else '1'), answer=answer).status == 401, 'a puzzle not of ours is none')
    ok(attempt(h, 'mara@a.example', PASSWORD, challenge=challenge, answer=str(int(answer) + 1)).status == 401, 'nor a wrong sum')
    once = attempt(h, 'mara@a.example', 'still wrong', challenge=challenge, answer=answer)
    ok('do not fit together' in words(once), 'the right sum lets the password be looked at')
    ok('sum as well' in words(attempt(h, 'mara@a.example', PASSWORD, challenge=challenge, answer=answer)), 'once')
    challenge = h.api('GET', '/auth/puzzle?email=mara@a.example').json['puzzle'][0]['challenge']
    fifth = attempt(h, 'mara@a.example', 'wrong again', challenge=challenge, solution=solve(challenge))
    ok('do not fit together' in words(fifth), 'so does work of the machine')
    challenge, answer = puzzle_of(fifth)
    rests = attempt(h, 'mara@a.example', PASSWORD, challenge=challenge, answer=answer)
    ok(rests.status == 401 and 'do not fit together' in words(rests), 'after five the right one does not open here')
    ok(h.one("select extract(epoch from max(locked_until) - now()) between 800 and 900 from sign_in_failures") == 't', 'for a quarter of an hour')
    ok(h.one("select locked_until > now() from users where email = 'mara@a.example'") == 't', 'administrators see it')
    h.sql("update sign_in_failures set address = '10.1.1.1/32' where account = sha256('mara@a.example')")
    challenge, answer = puzzle_of(h.get('/signin?email=mara@a.example'))
    ok(attempt(h, 'mara@a.example', PASSWORD, challenge=challenge, answer=answer).status == 303, 'her owner gets in from elsewhere, with the puzzle')
    h.sql("update users set password_hash = password_hash where email = 'mara@a.example'")
    ok(h.one("select count(*) from sign_in_failures where account = sha256('mara@a.example')") == '0', 'a new password forgives')
    h.sql('delete from sign_in_failures')


def same_work(h):
    """Known and unknown addresses cost the same statements and the same hash: what the log says of each request."""
    def cost(path, fields):
        h.sql('delete from sign_in_failures')
        a = h.post(path, {**fields, '_token': h.get('/signin').token})
        log = (h.prefix / 'log/web.log').read_text().splitlines()
        line = next(x for x in reversed([json.loads(x) for x in log if x.startswith('{')]) if x.get('method') == 'POST' and x.get('url') == path)
        return a.status, line['queries'], line['duration'] > 50
    for path, fields in (('/signin', {'password': 'wrong password'}), ('/signup', {'password': NEW, 'name': 'Kim'}), ('/password/forgot', {})):
        known, unknown = (cost(path, {**fields, 'email': email}) for email in ('mara@a.example', 'nobody-%s@a.example' % path[1:4]))
        # A hash takes longer than that on any machine; what takes none may, on a slow one.
        ok(known[:2] == unknown[:2] and (path == '/password/forgot' or known[2] and unknown[2]), path + ': the same status, statements and hashing for known and unknown', known, unknown)
    h.drained()


def confirm(h, who, password=PASSWORD, next='/me/security', **more):
    return h.form('/me/confirm', '/me/confirm', {'password': password, 'next': next, **more}, who)


def totp(key, *more):
    return subprocess.check_output(['oathtool', '--totp', '-b', *more, key.replace(' ', '')], text=True).strip()


def second(h, post):
    mara = h.sign_in('mara@a.example')
    other = h.sign_in('mara@a.example')
    h.sql("update sessions set password_at = now() - interval '16 minutes'; update principals set password_at = now() - interval '16 minutes'")
    token = h.get('/me/security', mara).token
    ok(h.post('/me/factor/begin', {'_token': token}, mara).status == 403, 'an old proof of the password does not do')
    asked = h.get('/me/factor', mara)
    ok(asked.status == 303 and asked.headers['Location'] == '/me/confirm?next=%2Fme%2Ffactor', 'it is asked again', asked.status, asked.headers.get('Location'))
    ok(confirm(h, mara, 'not the one I have').status == 422, 'a wrong one does not do')
    a, before = confirm(h, mara, next='//evil.example/x'), mara
    mara = cookie(a)
    ok(a.headers['Location'] == '/me/security', 'the right one does, and leads to no other host')
    ok(mara != before and h.get('/me', before).status == 303 and h.get('/me', mara).status == 200, 'under another token, the one before opens nothing')
    ok(h.form('/me/security', '/me/factor/begin', {}, mara).headers['Location'] == '/me/factor', 'a key is made')
    page = h.get('/me/factor', mara)
    key = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text).group(1)
    ok('otpauth://totp/Fairlead:mara%40a.example?secret=' + key.replace(' ', '') in words(page), 'and shown, also as an address')
    ok(key.replace(' ', '').encode().hex() not in h.one('select encode(sealed, $$hex$$) from user_factors'), 'it is sealed')
    ok(h.form('/me/factor', '/me/factor', {'code': '000000'}, mara).status == 422, 'a wrong code turns nothing on')
    shown = h.form('/me/factor', '/me/factor', {'code': totp(key, '-N', 'now - 30 seconds')}, mara)
    codes = re.findall(r'<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>', shown.text)
    ok(shown.status == 200 and len(set(codes)) == 10, 'a code of half a minute ago turns it on, and ten recovery codes are shown', shown.status, len(codes))
    ok(codes[0] not in h.get('/me/factor', mara).text + h.get('/me/security', mara).text, 'once')
    ok(h.get('/me', other).status == 303 and 'second factor was turned on' in post.next('mara@a.example').get_body(('plain',)).get_content(), 'other sessions end, the owner is told')
    return key, codes


def step(h, email='mara@a.example', password=PASSWORD, next='/jobs'):
    a = attempt(h, email, password, next=next)
    ok(a.status == 303 and a.headers['Location'].startswith('/signin/second'), 'after the password the second step', a.headers.get('Location'))
    return cookie(a)


def give(h, half, code, next='/jobs'):
    return h.post('/signin/second', {'code': code, 'next': next, '_token': h.get('/signin/second', half).token}, half)


def entering(h, post, key, codes):
    half = step(h)
    ok(h.get('/me', half).status == 303, 'half a sign-in opens nothing')
    ok(give(h, half, '123456').status == 401, 'a wrong code is refused')
    code = totp(key)
    right = give(h, half, code)
    ok(right.status == 303 and right.headers['Location'] == '/jobs' and h.get('/me', cookie(right)).status == 200, 'the code of now opens', right.status)
    ok(h.one("select count(*) from sessions where second_factor_at > now() - interval '1 minute'") != '0', 'the session says when the factor was proven')
    ok(give(h, half, totp(key, '-N', 'now + 30 seconds')).headers['Location'] == '/signin?done=again', 'the step is over')
    half = step(h)
    ok(give(h, half, code).status == 401, 'a code opens once')
    ok(give(h, half, totp(key, '-N', 'now + 5 minutes')).status == 401, 'one of another time never')
    ok(give(h, half, codes[0].lower().replace('-', ' '), '//evil.example').headers['Location'] == '/', 'a recovery code opens too, and leads to no other host')
    ok('recovery code' in post.next('mara@a.example').get_body(('plain',)).get_content(), 'the owner is told')
    half = step(h)
    ok(give(h, half, codes[0]).status == 401, 'once')
    api = {'email': 'mara@a.example', 'password': PASSWORD}
    ok(h.api('POST', '/auth/login', None, api).status == 401, 'a program needs it as well')
    ok(h.api('POST', '/auth/login', None, {**api, 'code': codes[1]}).status == 200, 'and gives it along')
    post.next('mara@a.example')
    half = step(h)
    seen = [give(h, half, '00000%d' % i) for i in range(6)]
    ok([a.status for a in seen[:4]] == [401] * 4 and seen[5].status == 303 and seen[5].headers['Location'] == '/signin?done=again', 'five wrong codes end the step',
       [a.status for a in seen])
    ok(h.one("select max(failures) >= 5 from sign_in_failures") == 't', 'and count as mistakes at the door')
    h.sql('delete from sign_in_failures')
    # a reset does not skip the second factor
    h.form('/password/forgot', '/password/forgot', {'email': 'mara@a.example'})
    h.sql("update account_tokens set created_at = now() - interval '2 hours' where kind = 'reset'")
    h.form('/password/forgot', '/password/forgot', {'email': 'mara@a.example'})
    mail = post.next('mara@a.example')
    path = post.link(mail)
    h.post('/password/reset', {'token': token_of(path), 'password': NEW, '_token': h.get(path).token})
    h.drained()
    post.read = len(post.sink.mails())
    step(h, password=NEW)


def sessions(h, post):
    ana = h.person('ana@a.example', 'one')
    phone = {'User-Agent': 'Phone of Ana'}
    page = h.get('/signin', headers=phone)
    there = cookie(h.post('/signin', {'email': 'ana@a.example', 'password': PASSWORD, '_token': page.token}, headers=phone))
    ok(h.get('/me', there, headers=phone).status == 200 and h.get('/me', there).status == 303, 'a session opens in its browser only (X-09)')
    ok('Phone of Ana' in h.get('/me/security', ana).text, 'she sees it among hers')
    items = h.api('GET', '/me/security', ana).json['sessions']
    ok(len(items) == 2 and items[0]['current'] and items[1]['address'] == '127.0.0.1' and items[1]['created_at'] and items[1]['last_seen_at'], 'with address, agent and times', items)
    strange = h.person('bob@a.example', 'one')
    ok(h.form('/me/security', '/me/sessions/%s/end' % items[1]['id'], {}, strange).status == 404, 'nobody ends those of others')
    ok(h.form('/me/security', '/me/sessions/%s/end' % items[1]['id'], {}, ana).status == 303 and h.get('/me', there, headers=phone).status == 303, 'she ends it')
    many = [h.sign_in('ana@a.example') for _ in range(10)]
    ok(h.get('/me', ana).status == 303 and all(h.get('/me', m).status == 200 for m in many), 'of eleven sessions the oldest has ended')
    ok(h.form('/me/security', '/me/sessions/end', {}, many[0]).status == 303 and [h.get('/me', m).status for m in many] == [200] + [303] * 9, 'all others end at once')
    ana, old = many[0], h.sign_in('ana@a.example')
    wrong = h.form('/me/security', '/me/password', {'old': 'not this one at all', 'password': NEW}, ana)
    ok(wrong.status == 422 and 'not right' in words(wrong), 'the old password is asked')
    ok(h.form('/me/security', '/me/password', {'old': PASSWORD, 'password': 'qwertyuiop12'}, ana).status == 422, 'the new one must be a good one')
    a, copied = h.form('/me/security', '/me/password', {'old': PASSWORD, 'password': NEW}, ana), ana
    ana = cookie(a)
    ok(a.status == 303, 'then it is changed')
    ok(h.get('/me', old).status == 303 and h.get('/me', copied).status == 303 and h.get('/me', ana).status == 200 and h.sign_in('ana@a.example', NEW), 'other sessions have ended')
    ok('changed' in post.next('ana@a.example')['Subject'], 'she is told')
    h.sql("update sessions set expires_at = now() - interval '1 second'; update principals set expires_at = now() - interval '1 second' where kind = 'session'")
    ok(h.get('/me', ana).status == 303, 'an expired session opens nothing')
    h.sql("update account_tokens set expires_at = now() - interval '2 days'; update sign_in_failures set last_at = now() - interval '2 hours', locked_until = null")
    h.batch('run', 'sessions'), h.batch('run', 'accounts')
    ok(h.one('select (select count(*) from sessions) + (select count(*) from account_tokens) + (select count(*) from sign_in_failures)') == '0', 'the sweep takes what is over')
    past = "select count(*) from session_history where user_id = (select id from users where email = 'ana@a.example')"
    kept, shown = int(h.one(past)), h.api('GET', '/me/security', h.sign_in('ana@a.example', NEW)).json['past']
    ok(kept > 10 and len(shown) == 10 and shown[0]['address'] == '127.0.0.1' and 'browser' in shown[0] and shown[0]['ended_at'] >= shown[-1]['ended_at'] >= shown[-1]['created_at'],
       'but what it was stays: when, from where, with what', kept, shown[:2])
    h.sql("update session_history set ended_at = now() - interval '366 days' where id = '%s'" % shown[0]['id'])
    h.batch('run', 'sessions')
    ok(int(h.one(past)) == kept - 1, 'for a year')


def moving(h, post):
    """A new e-mail address, and what would be headers."""
    ana = h.sign_in('ana@a.example', NEW)
    bad = h.form('/me/security', '/me/email/change', {'email': 'x@a.example\r\nBcc: all@a.example'}, ana)
    ok(bad.status == 422, 'an address with a line end is none', bad.status)
    evil = sign_up(h, 'kim@a.example', name='Kim\r\nBcc: all@a.example')
    ok(evil.status == 422, 'nor is such a name one')
    ok(h.form('/me/security', '/me/email/change', {'email': 'ana@b.example'}, ana).status == 303, 'a link to the new address is asked for')
    path = post.link(post.next('ana@b.example'))
    bob = h.sign_in('bob@a.example')
    ok(h.post('/me/email', {'token': token_of(path), '_token': h.get(path, bob).token}, bob).status == 422, 'it is hers alone')
    ok(h.post('/me/email', {'token': token_of(path), '_token': h.get(path, ana).token}, ana).status == 303, 'she follows it')
    ok('changed' in post.next('ana@a.example')['Subject'] and h.sign_in('ana@b.example', NEW), 'the old address is told, the new one signs in')
    saved = h.form('/me', '/me', {'name': 'Ana', 'currency': 'COP', 'date_format': 'DD/MM/YYYY', 'phone': '+57 300 000 0000', 'preferred_language': 'es'}, ana)
    ok(saved.status == 303 and h.api('GET', '/me', ana).json['me']['currency'] == 'COP', 'the profile keeps currency and date format', saved.status)
    h.form('/password/forgot', '/password/forgot', {'email': 'ana@b.example'})
    ok(post.next('ana@b.example')['Subject'] == 'Su enlace para una contraseña nueva', 'mail is in her language')
    h.sql("with i as (insert into incidents (title, words, known_at) values ('Lost list', 'A list was lost. It is <sealed>.', now()) returning id) select account_mail_add('ana@b.example', null, 'incident', id::text, null) from i")
    mail = post.next('ana@b.example')
    ok(mail['Subject'] == 'Un incidente de seguridad que le afecta' and 'It is <sealed>.' in mail.get_body(('plain',)).get_content() and '&lt;sealed&gt;' in mail.get_body(('html',)).get_content(),
       'an incident is told in its words', mail['Subject'])


def main():
    sink = Sink()
    try:
        with House.temporary(conf={'RATE_LIMIT_MAX': '1000000', 'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@fairlead.example'}) as h:
            post = Post(h, sink)
            joining(h, post)
            choosing(h)
            h.drained()
            post.read = len(sink.mails())
            forgetting(h, post)
            guessing(h)
            same_work(h)
            post.read = len(sink.mails())
            entering(h, post, *second(h, post))
            h.org('one')
            sessions(h, post)
            moving(h, post)
    finally:
        sink.close()
    return done()


if __name__ == '__main__':
    sys.exit(main())
