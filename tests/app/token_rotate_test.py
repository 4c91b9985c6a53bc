"""Rotation of the site's secret: old values open, new ones are sealed with the new key, the command seals the rest anew and may be run again."""
import os, secrets, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError, read_conf  # noqa: E402
from tap import done, ok  # noqa: E402

SECRET = 'a-secret-of-twenty-and-more-letters'


def configure(h, **values):
    h.extra.update(values)
    h.write_conf()
    h.restart('web')
    h.wait(lambda: h.get('/health/ready').status == 200, 'the web processes to answer', 15)


def sealed_with(h):
    return [int(r[0]) for r in h.sql("select get_byte(secret, 1) from webhook_sources union all select get_byte(imap_password, 1) from mailboxes where imap_password is not null order by 1")]


def hook(h, key):
    return h.request('POST', '/api/v1/webhooks/' + key, None, b'{"subject": "x", "message": "y"}', {'X-Webhook-Token': SECRET, 'Content-Type': 'application/json'}).status


def make_hook(h, who):
    h.form('/channels/webhooks/new', '/channels/webhooks', {'name': 'Hook', 'scheme': 'token', 'secret': SECRET}, who)
    return h.one('select public_key from webhook_sources order by id desc limit 1')


def started_again(h):
    """What somebody wrote into fairlead.conf outlives the next ./quickstart, which brings its own values up to date."""
    path = h.prefix / 'conf' / 'fairlead.conf'
    path.write_text('# mine\n' + path.read_text().replace('ENABLE_METRICS=true', 'ENABLE_METRICS=false') + 'BLOCK_NEVER=192.0.2.7\n')
    before = read_conf(path)
    next_one = House(h.prefix, h.build)
    next_one.keeps, next_one.run = True, h.run / 'elsewhere'
    next_one.write_conf()
    after, moved = read_conf(path), {'DATABASE_URL', 'DATABASE_SWEEP_URL', 'DATABASE_OWNER_URL', 'REDIS_URL', 'RUN_DIR'}
    ok(path.read_text().startswith('# mine\n') and {k: v for k, v in before.items() if k not in moved} == {k: v for k, v in after.items() if k not in moved} and after['FAIRLEAD_SECRET_ID'] == '2',
       'a second start keeps what was written by hand', {k for k in before if before[k] != after.get(k)})
    ok(after['RUN_DIR'] == str(next_one.run) and next_one.conf['FAIRLEAD_SECRET_ID'] == '2', 'and follows where things are', after['RUN_DIR'])


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('one', 'One', '--with-pipelines')
        h.org('two', 'Two', '--with-pipelines')
        ana, ben = h.person('ana@a.example', org='one'), h.person('ben@b.example', org='two')
        doors = [make_hook(h, ana), make_hook(h, ben)]
        h.form('/channels/mail/new', '/channels/mail', {'name': 'Box', 'address': 'help@a.example', 'active': 'on', 'imap_url': 'imaps://mail.a.example/INBOX',
                                                        'imap_user': 'help', 'imap_password': 'sesame'}, ana)
        access = h.api('POST', '/auth/token', ana, {'grant_type': 'session'}).json['access_token']
        ok(sealed_with(h) == [1, 1, 1], 'three sealed values under key 1', sealed_with(h))
        first, open_form = h.conf['FAIRLEAD_SECRET'], h.get('/tasks/new', ana).token

        configure(h, FAIRLEAD_SECRET=secrets.token_urlsafe(48), FAIRLEAD_SECRET_ID='2')
        ok(hook(h, doors[0]) == 500, 'without the old secret its values do not open')
        try:
            h.fairlead('secrets', 'rotate')
            ok(False, 'and cannot be sealed anew')
        except HouseError as e:
            ok('FAIRLEAD_SECRET_OLD' in str(e) and sealed_with(h) == [1, 1, 1], 'and are left alone, with a word on what to do', e)

        configure(h, FAIRLEAD_SECRET_OLD=first)
        ok([hook(h, d) for d in doors] == [202, 202], 'with it they do')
        ok(h.api('GET', '/intake', access).status == 200, 'an access token of before is still good')
        ok(h.get('/tasks', ana).status == 200 and h.form('/tasks/new', '/tasks', {'title': 'After it'}, ana).status == 303, 'who was signed in stays so, and goes on')
        again = h.post('/tasks', {'title': 'Of before', '_token': open_form}, ana)
        ok(again.status == 403 and h.one("select count(*) from tasks where title = 'Of before'") == '0', 'a form that was open is to be sent again', again.status)
        doors.append(make_hook(h, ana))
        ok(sealed_with(h) == [1, 1, 1, 2], 'new values are sealed with the new key', sealed_with(h))
        h.sql("update webhook_sources set secret = set_byte(secret, 20, get_byte(secret, 20) # 1) where public_key = '%s'" % doors[1])
        try:
            h.fairlead('secrets', 'rotate')
            ok(False, 'a spoilt value makes the command fail')
        except HouseError as e:
            ok('webhook_sources.secret' in str(e) and sealed_with(h) == [1, 2, 2, 2], 'a spoilt value is named, the others are done', e, sealed_with(h))
        h.sql("update webhook_sources set secret = set_byte(secret, 20, get_byte(secret, 20) # 1) where public_key = '%s'" % doors[1])
        ok(h.fairlead('secrets', 'rotate').startswith('1 values') and sealed_with(h) == [2, 2, 2, 2], 'run again it does what is left')
        ok(h.fairlead('secrets', 'rotate').startswith('0 values'), 'and then nothing')
        ok(h.one("select count(*) from audit_log where action = 'secrets.rotate'") == '2', 'noted once in the audit log of each organisation')

        configure(h, FAIRLEAD_SECRET_OLD='')
        ok([hook(h, d) for d in doors] == [202, 202, 202], 'then the old secret is needed no more')
        ok(h.api('GET', '/intake', access).status == 401, 'nor good for tokens')
        ok(h.fairlead('config', 'show').count(h.conf['FAIRLEAD_SECRET']) == 0, 'config show masks it')
        started_again(h)
    return done()


if __name__ == '__main__':
    sys.exit(main())
