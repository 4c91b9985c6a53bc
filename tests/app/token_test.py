"""API keys, access and refresh tokens, service tokens: what opens, what no longer does, and every forged token refused."""
import base64, hashlib, hmac, json, os, re, sys, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def parts(token):
    head, claims, _ = token.split('.')
    return json.loads(unb64(head)), json.loads(unb64(claims))


def forge(head, claims, key, digest='sha256'):
    signed = '%s.%s' % (b64(json.dumps(head).encode()), b64(json.dumps(claims).encode()))
    return '%s.%s' % (signed, b64(hmac.new(key, signed.encode(), digest).digest()) if key else '')


def signing_key(secret):
    return hmac.new(secret.encode(), b'jwt hs256', 'sha256').digest()


def make_key(h, who, **fields):
    page = h.form('/settings/keys/new', '/settings/keys', {'name': 'Export', **fields}, who)
    found = re.search(r'id="secret" readonly[^>]* value="(fl_[\w-]{43})"', page.text)
    return found.group(1) if found else None, page


def keys(h):
    owner, viewer = h.person('owner@a.example', org='one'), h.person('viewer@a.example', org='one', role='viewer')
    h.org('two')
    stranger = h.person('owner@b.example', org='two')
    key, page = make_key(h, viewer)
    ok(page.status == 200 and key, 'a viewer makes a personal key and sees it', page.status)
    ok(key and key not in h.get('/settings/keys', viewer).text, 'this once')
    ok(h.one("select count(*) from api_keys where encode(token_hash, 'hex') = '%s'" % hashlib.sha256(key.encode()).hexdigest()) == '1', 'kept as a hash only')
    ok(h.one("select count(*) from idempotency where result::text like '%%%s%%'" % key) == '0', 'nor with the idempotency record')
    ok(h.api('GET', '/intake', key).status == 200 and h.api('GET', '/channels', key).status == 403, 'it has the rights of its person, no more')
    ok(h.api('POST', '/settings/keys', key, {'name': 'child'}).status == 403, 'a key makes no key')
    ok(h.api('GET', '/settings/keys', viewer).json['keys'][0]['used_at'], 'the list says when it was used')
    _, page = make_key(h, viewer, owner='organization', role='viewer')
    ok(page.status == 422, 'only who manages the organisation makes keys for it', page.status)
    bad = h.api('POST', '/settings/keys', viewer, {'name': 'x', 'scopes': ['org.manage']}, {'X-Form-Token': h.get('/me', viewer).token})
    ok(bad.status == 422 and bad.json['errors'][0]['pointer'] == '/scopes', 'no scope beyond the role', bad.text)
    ok(h.form('/settings/keys/new', '/settings/keys', {'name': 'x', 'days': '731'}, viewer).status == 422, 'every key ends')
    h.sql("update principals set password_at = now() - interval '16 minutes'")
    asked, made = h.get('/settings/keys/new', viewer), h.form('/me', '/settings/keys', {'name': 'late'}, viewer)
    ok(asked.status == 303 and asked.headers['Location'].startswith('/me/confirm?next=') and made.status == 403 and h.one("select count(*) from api_keys where name = 'late'") == '0',
       'whoever makes a key gave his password lately', asked.status, made.status)
    h.sql('update principals set password_at = now()')
    narrow, _ = make_key(h, owner, owner='organization', role='admin', scopes='intake.read')
    ok(h.api('GET', '/intake', narrow).status == 200 and h.api('GET', '/channels', narrow).status == 403, 'scopes narrow a role')
    admin = h.person('admin@a.example', org='one', role='admin')
    org_key, _ = make_key(h, admin, owner='organization', role='operator')
    _, page = make_key(h, admin, owner='organization', role='owner')
    above = h.one("select count(*) from role_permissions o where role = 'owner' and not exists (select from role_permissions a where a.role = 'admin' and a.permission = o.permission)")
    ok((page.status == 422) == (above != '0'), 'no role above the maker', page.status, above)
    h.sql("update memberships set role = 'client' where email = 'viewer@a.example'")
    ok(h.api('GET', '/intake', key).status == 403, 'a personal key follows the role of its person at once')
    h.sql("delete from memberships where email = 'viewer@a.example'")
    ok(h.api('GET', '/me', key).status == 401, 'and ends with the membership')
    id = h.one("select id from api_keys where role = 'operator'")
    ok(h.form('/me', '/settings/keys/%s/end' % id, {}, stranger).status == 404, "another organisation's key cannot be ended")
    ok(h.form('/me', '/settings/keys/%s/end' % id, {}, owner).status == 303 and h.api('GET', '/intake', org_key).status == 401, 'an ended key opens nothing')
    h.sql("update principals set expires_at = now() - interval '1 second' where kind = 'key'")
    ok(h.api('GET', '/intake', narrow).status == 401, 'an expired key opens nothing')
    audited = h.sql("select action, count(*) from audit_log where action in ('key.add', 'key.revoke') group by 1 order by 1")
    ok(audited == [['key.add', h.one('select count(*) from api_keys')], ['key.revoke', '1']], 'makings and endings are in the audit log', audited)
    return owner


def issue(h, who=None, **body):
    return h.api('POST', '/auth/token', who, body)


def tokens(h, owner):
    first = issue(h, owner, grant_type='session')
    ok(first.status == 200 and first.json['token_type'] == 'Bearer' and first.json['expires_in'] == 900, 'a session starts a pair of tokens', first.text)
    access, refresh = first.json['access_token'], first.json['refresh_token']
    head, claims = parts(access)
    ok(head == {'alg': 'HS256', 'typ': 'at+jwt', 'kid': '1'}, 'HS256 with type and key id', head)
    ok({'sub', 'org_id', 'org_role', 'iat', 'exp', 'jti'} <= set(claims) and claims['exp'] - claims['iat'] == 900, 'the claims of X-05', claims)
    ok(h.api('GET', '/intake', access).status == 200, 'the access token opens what its role may')
    ok(h.api('GET', '/intake', access, headers={'X-Org-Id': '00000000-0000-7000-8000-000000000000'}).status == 403, 'in its organisation only')
    ok(re.search(r'Path=/api/v1/auth/token; .*HttpOnly; SameSite=Strict', first.headers['Set-Cookie']), 'the refresh cookie is strict and bound to its path')
    ok(issue(h, None, grant_type='session').status == 401 and issue(h, access, grant_type='session').status == 401, 'only a session starts one')
    ok(h.api('POST', '/auth/token', None, {'grant_type': 'refresh_token', 'refresh_token': refresh}, {'User-Agent': 'another'}).status == 401, 'bound to the client')
    second = issue(h, grant_type='refresh_token', refresh_token=refresh)
    ok(second.status == 200 and second.json['refresh_token'] != refresh, 'a refresh token gives the next pair')
    third = h.api('POST', '/auth/token', None, {'grant_type': 'refresh_token'}, {'Cookie': second.headers['Set-Cookie'].split(';')[0]})
    ok(third.status == 200 and h.api('GET', '/intake', third.json['access_token']).status == 200, 'also from its cookie')
    other = issue(h, owner, grant_type='session').json
    ok(issue(h, grant_type='refresh_token', refresh_token=refresh).status == 401, 'a used one is refused')
    ok(issue(h, grant_type='refresh_token', refresh_token=third.json['refresh_token']).status == 401 and
       h.api('GET', '/intake', third.json['access_token']).status == 401, 'and ends its family, access tokens too')
    ok(h.one("select count(*) from audit_log where action = 'token.reused'") == '1', 'which the audit log tells')
    ok(h.api('GET', '/intake', other['access_token']).status == 200, 'other families live on')
    ok(h.api('POST', '/auth/logout', other['access_token']).status == 200, 'signing out with an access token')
    ok(h.api('GET', '/intake', other['access_token']).status == 401 and issue(h, grant_type='refresh_token', refresh_token=other['refresh_token']).status == 401 and
       h.get('/me', owner).status == 303, 'ends session, access and refresh tokens')


def forged(h, who):
    pair = issue(h, who, grant_type='session').json
    head, claims = parts(pair['access_token'])
    secret, now = signing_key(h.conf['FAIRLEAD_SECRET']), int(time.time())

    def opens(token):
        return h.api('GET', '/intake', token).status

    ok(opens(forge(head, claims, secret)) == 200, 'the test signs as the program does')
    ok(opens(forge(head, {**claims, 'iat': now - 800, 'exp': now + 100}, secret)) == 200, 'and changes claims')
    for what, token in {
            'alg none': forge({**head, 'alg': 'none'}, claims, None), 'alg None with a signature': forge({**head, 'alg': 'None'}, claims, secret),
            'alg HS512': forge({**head, 'alg': 'HS512'}, claims, secret, 'sha512'), 'key confusion: RS256 signed with HMAC': forge({**head, 'alg': 'RS256'}, claims, secret),
            'no alg': forge({'typ': 'at+jwt', 'kid': '1'}, claims, secret), 'a service type on no service key': forge({**head, 'typ': 'JWT'}, claims, secret),
            'an unknown key id': forge({**head, 'kid': '2'}, claims, secret), 'a key id that is a path': forge({**head, 'kid': '../1'}, claims, secret),
            'a critical extension': forge({**head, 'crit': ['b64']}, claims, secret), 'another key': forge(head, claims, signing_key('x' * 40)),
            'the secret itself as key': forge(head, claims, h.conf['FAIRLEAD_SECRET'].encode()), 'expired': forge(head, {**claims, 'iat': now - 1000, 'exp': now - 1}, secret),
            'made in the future': forge(head, {**claims, 'iat': now + 120, 'exp': now + 600}, secret), 'too long a life': forge(head, {**claims, 'exp': now + 86400}, secret),
            'no expiry': forge(head, {k: v for k, v in claims.items() if k != 'exp'}, secret), 'another site': forge(head, {**claims, 'iss': 'https://evil.example'}, secret),
            'a jti of nobody': forge(head, {**claims, 'jti': 'A' * 43}, secret), 'claims changed': '.'.join([forge(head, {**claims, 'org_role': 'owner', 'x': 1}, secret).rsplit('.', 1)[0], pair['access_token'].split('.')[2]]),
            'cut off': pair['access_token'][:-3], 'the jti alone': claims['jti'], 'not base64': 'a.b.c', 'empty parts': '..',
            'claims given twice': '.'.join((lambda s: [s, b64(hmac.new(secret, s.encode(), 'sha256').digest())])(b64(json.dumps(head).encode()) + '.' + b64(json.dumps(claims)[:-1].encode() + b',"exp":9999999999}')))}.items():
        status = opens(token)
        ok(status == 401, 'refused: ' + what, status)
    h.sql("update memberships set role = 'owner' where email = 'admin@a.example'; update memberships set role = 'client' where email = 'owner@a.example'")  # never without an owner
    ok(opens(pair['access_token']) == 403, 'rights come from the row, not from the token: a new role counts at once')


def services(h):
    token = h.fairlead('token', 'service', 'one')
    head, claims = parts(token)
    ok(head['typ'] == 'service+jwt' and claims['exp'] - claims['iat'] == 300 and re.fullmatch('[0-9a-f]{32}', claims['trace_id']), 'a service token: five minutes, org and trace', claims)
    made = h.api('POST', '/intake', token, {'subject': 'From a service', 'body': 'x', 'name': 'S', 'email': 's@a.example'})
    ok(made.status == 202, 'it opens what the role service may', made.text)
    refused = h.api('GET', '/audit', token)
    ok(refused.status == 403 and refused.json['trace_id'] == claims['trace_id'], 'and nothing else; its trace goes along', refused.text)


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('one', 'One', '--with-pipelines')
        owner = keys(h)
        tokens(h, owner)
        forged(h, h.sign_in('owner@a.example'))
        services(h)
    return done()


if __name__ == '__main__':
    sys.exit(main())
