"""An address that guesses at many accounts is blocked for a day by the program itself (SEC-13); an office behind one address is not, for one browser that does not know its password. Prints TAP."""
import json, os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

GUESSER, OFFICE, TRUSTED, HOME = '127.0.8.8', '127.0.9.9', '127.0.7.7', '127.0.0.1'


def refused_before(h, address, n):
    h.sql("insert into sign_in_failures (account, address, failures) select sha256(n::text::bytea), '%s', 1 from generate_series(1, %d) n" % (address, n))


def guess(h, name, address):
    """One wrong password at the door, the puzzle solved."""
    page = h.get('/signin', source=address)
    if page.status != 200:
        return page.status
    asked = h.request('GET', '/api/v1/auth/puzzle?email=' + name, headers={'Accept': 'application/json'}, source=address).json['puzzle']
    fields = {'email': name, 'password': 'a wrong password', '_token': page.token}
    if asked:
        fields.update(challenge=asked[0]['challenge'], answer=asked[0]['first'] + asked[0]['second'])
    return h.request('POST', '/signin', None, fields, source=address).status


def blocked(h):
    return [r[0] for r in h.sql('select network from blocked_addresses where until > now() order by 1')]


def guessing(h, root):
    refused_before(h, GUESSER, 18)
    ok(guess(h, 'nineteenth@x.example', GUESSER) == 401 and blocked(h) == [], 'nineteen accounts are not enough')
    for _ in range(3):
        guess(h, 'nineteenth@x.example', GUESSER)
    ok(blocked(h) == [], 'however often one of them is tried')
    ok(guess(h, 'ana@aa.example', GUESSER) == 401 and blocked(h) == [GUESSER + '/32'], 'the twentieth blocks the address', blocked(h))
    a = h.get('/signin', source=GUESSER)
    ok(a.status == 403 and 'refused for a time' in a.text and h.get('/signin', source=HOME).status == 200, 'what comes from there next is refused, what comes from elsewhere is not', a.status)
    ok(h.one('select extract(epoch from until - created_at)::int from blocked_addresses') == '86400', 'for a day')
    row = h.sql("select org_id, actor_type, detail ->> 'network', detail ->> 'accounts', request_id <> '' from audit_log where action = 'address.block'")
    ok(row == [['00000000-0000-0000-0000-000000000000', 'system', GUESSER + '/32', '20', 't']], 'it is in the audit log of the platform', row)
    page = h.get('/admin/blocked', root)
    ok(page.status == 200 and GUESSER + '/32' in page.text and 'Sign-ins of 20 accounts were refused' in page.text and 'By the program' in page.text, 'administrators see who, why and until when')
    ok(GUESSER + '/32' in h.fairlead('address', 'list') and 'by the program' in h.fairlead('address', 'list'), 'so does the command line', h.fairlead('address', 'list'))
    a = h.form('/admin/blocked', '/admin/blocked/remove', {'network': GUESSER + '/32'}, root)
    ok(a.status == 303 and h.get('/signin', source=GUESSER).status == 200, 'they let it in again', a.status)
    ok(guess(h, 'ana@aa.example', GUESSER) == 401 and blocked(h) == [], 'and the next wrong password does not block it anew')
    refused_before(h, GUESSER, 20)
    guess(h, 'ana@aa.example', GUESSER)
    ok(blocked(h) == [GUESSER + '/32'] and h.fairlead('address', 'unblock', GUESSER) == GUESSER and blocked(h) == [], 'the command line lets it in too')
    ok(h.one("select count(*) from audit_log where action = 'address.unblock'") == '2' and h.fairlead('audit', 'seal') is not None and 'platform' in h.fairlead('audit', 'verify'), 'both are in the chain')


def office(h):
    h.sql("with u as (insert into users (email, name) select format('p%%s@aa.example', n), 'P' from generate_series(1, 6) n returning id) insert into sessions (token_hash, user_id, address, created_at) "
          "select sha256(id::text::bytea), id, '%s', now() - interval '2 days' from u" % OFFICE)
    h.sql("delete from sessions where token_hash in (select sha256(id::text::bytea) from users where email in ('p1@aa.example', 'p2@aa.example'))")
    refused_before(h, OFFICE, 22)
    ok(guess(h, 'ana@aa.example', OFFICE) == 401 and blocked(h) == [], 'where six people sign in 23 accounts are not enough, also when two of them have left')
    h.sql("insert into sessions (token_hash, user_id, address) select sha256(id::text::bytea), id, '%s' from users where email = 'p1@aa.example'" % OFFICE)
    ok(guess(h, 'bob@aa.example', OFFICE) == 401 and blocked(h) == [OFFICE + '/32'], 'the twenty-fourth is, and who got in this very hour does not count', blocked(h))
    h.sql('delete from blocked_addresses; delete from sign_in_failures')
    refused_before(h, OFFICE, 40)
    before = h.one("select count(*) from sign_in_failures where address = '%s'" % OFFICE)
    h.sign_in('ana@aa.example')
    ok(before == '40' and blocked(h) == [], 'to get in blocks nobody')
    h.sql('delete from sign_in_failures')


def others(h):
    refused_before(h, TRUSTED, 60)
    ok(guess(h, 'ana@aa.example', TRUSTED) == 401 and blocked(h) == [], 'a network of BLOCK_NEVER is not blocked')
    h.sql("select sign_in_refused('one@x.example', '198.51.100.7', '', 'r') from generate_series(1, 60)", 'fl_app')
    ok(blocked(h) == [], 'sixty mistakes with one account are one account')
    h.sql("select sign_in_refused(format('g%s@x.example', n), format('2001:db8:0:1::%s', n), '', 'r') from generate_series(1, 20) n", 'fl_app')
    ok(blocked(h) == ['2001:db8:0:1::/64'], 'of IPv6 it is the /64', blocked(h))
    h.sql("select sign_in_refused(format('h%s@x.example', n), '2001:db8:0:2::1', '2001:db8::/32', 'r') from generate_series(1, 30) n", 'fl_app')
    ok(blocked(h) == ['2001:db8:0:1::/64'], 'and a network that is trusted may be one of those', blocked(h))
    h.sql("select sign_in_refused(format('i%s@x.example', n), '2001:db8:0:3::1', '::1, 2001:db8:0:3::7', 'r') from generate_series(1, 30) n", 'fl_app')
    ok(blocked(h) == ['2001:db8:0:1::/64'], 'nor one with a trusted address in it', blocked(h))
    h.sql('delete from blocked_addresses; delete from sign_in_failures')
    h.sql("insert into sign_in_failures (account, address, failures, last_at) select sha256(n::text::bytea), '198.51.100.8', 1, now() - interval '61 minutes' from generate_series(1, 40) n")
    h.sql("select sign_in_refused('late@x.example', '198.51.100.8', '', 'r')", 'fl_app')
    ok(blocked(h) == [], 'what was an hour ago is over')


with House.temporary(conf={'RATE_LIMIT_MAX': '1000000', 'BLOCK_NEVER': '192.0.2.1, %s/32' % TRUSTED, 'ADMIN_SECOND_FACTOR_S': '0'}, programs=('web',)) as h:
    h.org('aa')
    root = h.person('ana@aa.example', 'aa', admin=True)
    h.person('bob@aa.example', 'aa')
    guessing(h, root)
    office(h)
    others(h)
done()
