"""Codes by text message as a second factor: set up, asked for at sign-in, limited, and no way to administer the platform. Prints TAP."""
import os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from smsstub import ACCOUNT, LINE, TOKEN, SmsStub  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402

PHONE = '+34600111222'


def code(h, stub, n):
    """The n-th code that went out."""
    h.wait(lambda: len(stub.ledger()) >= n, 'code %d' % n, 20)
    to, body = stub.ledger()[n - 1]
    found = re.fullmatch(r'Fairlead: (\d{6})', body)
    return found.group(1) if to == PHONE and found else None


def sooner(h):
    """A minute later."""
    h.sql("update account_sms set created_at = created_at - interval '61 seconds'")


def step(h):
    """Signs in by password; the cookie of the second step."""
    page = h.get('/signin')
    answer = h.post('/signin', {'email': 'ana@aa.example', 'password': PASSWORD, '_token': page.token})
    return answer.headers['Location'], re.search(r'fairlead-step=([^;]+)', answer.headers.get('Set-Cookie') or '')


def second(h, cookie, path, **fields):
    head = {'Cookie': 'fairlead-step=' + cookie}
    page = h.request('GET', '/signin/second', None, None, head)
    return h.post(path, {'_token': page.token, **fields}, None, headers=head)


def setup(h, stub, ana):
    h.sql('update principals set password_at = null')
    ok(h.form('/me/security', '/me/phone', {'phone': PHONE}, ana).status == 403, 'the password is asked first')
    ana = h.prove(ana)
    ok(h.form('/me/security', '/me/phone', {'phone': '12'}, ana).status == 422, 'a number must be one')
    ok(h.form('/me/security', '/me/phone', {'phone': '+34 600 111 222'}, ana).status == 303, 'a code goes to the number')
    ok(h.form('/me/security', '/me/phone', {'phone': PHONE}, ana).status == 422, 'the next not within a minute')
    sent = code(h, stub, 1)
    ok(sent and not h.one("select 1 from jobs where payload::text like '%%%s%%' union select 1 from job_history where payload::text like '%%%s%%' union "
                          "select 1 from account_sms s where s::text like '%%%s%%' union select 1 from sms_messages" % ((sent,) * 3)), 'six digits, which lie nowhere')
    wrong = '%06d' % ((int(sent) + 1) % 1000000)
    ok(h.form('/me/security', '/me/phone/confirm', {'sms_code': wrong}, ana).status == 422 and h.one('select count(*) from user_phones') == '0', 'a wrong one sets up nothing')
    a = h.form('/me/security', '/me/phone/confirm', {'sms_code': sent}, ana)
    page = h.get('/me/security', ana).text
    ok(a.status == 303 and PHONE not in page and '222' in page, 'the right one does; the number is not shown whole', a.status)
    return ana


def sign_in(h, stub):
    where, cookie = step(h)
    ok(where == '/signin/second' and cookie, 'the password alone does not open', where)
    cookie = cookie.group(1)
    page = h.request('GET', '/signin/second', None, None, {'Cookie': 'fairlead-step=' + cookie}).text
    ok('have one sent to your phone' in page and 'action="/signin/second/sms"' in page, 'the second step names both ways to a code')
    sooner(h)
    ok(second(h, cookie, '/signin/second/sms').status == 303, 'a code is asked for')
    ok(second(h, cookie, '/signin/second/sms').status == 422, 'not twice in a minute')
    sent = code(h, stub, 2)
    for n in range(3):
        ok(second(h, cookie, '/signin/second', code='%06d' % ((int(sent) + 1 + n) % 1000000)).status in (401, 422), 'a wrong one does not open')
    a = second(h, cookie, '/signin/second', code=sent)
    ok(a.status == 303 and a.headers['Location'] == '/', 'the right one does', a.status)
    ana = re.search(r'fairlead[^=]*=([^;]+)', a.headers['Set-Cookie'])
    ok(ana and h.one('select count(*) from sessions where second_factor_at is not null') == '0', 'as the weaker factor it is')
    _, again = step(h)
    ok(second(h, again.group(1), '/signin/second', code=sent).status in (401, 422), 'once')
    return step(h)[1].group(1)


def limits(h, stub, cookie):
    sooner(h)
    second(h, cookie, '/signin/second/sms')
    sent = code(h, stub, 3)
    h.sql("update account_sms set tries = 5 where expires_at > now()")
    ok(second(h, cookie, '/signin/second', code=sent).status in (401, 422), 'five tries end a code')
    sooner(h)
    second(h, cookie, '/signin/second/sms')
    sent = code(h, stub, 4)
    h.sql("update account_sms set expires_at = now() - interval '1 second' where expires_at > now()")
    ok(second(h, cookie, '/signin/second', code=sent).status in (401, 422), 'and so do five minutes')
    sooner(h)
    second(h, cookie, '/signin/second/sms')
    code(h, stub, 5)
    sooner(h)
    ok(second(h, cookie, '/signin/second/sms').status == 422 and len(stub.ledger()) == 5, 'five an hour')


def main():
    stub = SmsStub()
    try:
        with House.temporary(conf={'TWILIO_ACCOUNT_SID': ACCOUNT, 'TWILIO_AUTH_TOKEN': TOKEN, 'TWILIO_BASE_URL': 'http://127.0.0.1:%d' % stub.port, 'TWILIO_FROM': LINE,
                                   'OUTSIDE_ALLOW': '127.0.0.1:%d' % stub.port, 'ADMIN_SECOND_FACTOR_S': 900}) as h:
            h.org('aa', 'House aa')
            ana = h.person('ana@aa.example', org='aa', admin=True)
            ana = setup(h, stub, ana)
            page = h.get('/admin/orgs', ana)
            ok(page.status != 200, 'a number opens no administration', page.status)
            limits(h, stub, sign_in(h, stub))
            h.sql('delete from sign_in_failures')
            ok(h.form('/me/security', '/me/phone/off', {}, ana).status == 303 and step(h)[0] == '/', 'and it is given up')
    finally:
        stub.close()
    done()


main()
