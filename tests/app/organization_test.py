"""People of an organisation: invited by mail, accepted by known and new people, roles that count at once, never the last owner."""
import contextlib, html, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402


def link(h, email):
    """The path in the mail on its way to this address."""
    return h.one("select data ->> 'path' from email_messages where template = 'invite' and to_email = '%s' order by id desc limit 1" % email)


def join(h, path, **fields):
    return h.form(path, path, fields)


def invitations(h, org, boss):
    a = h.form('/members', '/members/invite', {'email': 'New@mill.example', 'role': 'viewer'}, boss)
    path = link(h, 'new@mill.example')
    ok(a.status == 303 and re.fullmatch('/invitations/[A-Za-z0-9_-]{43}', path), 'an invitation makes a link of more than 128 bits', a.status, path)
    token = path.split('/')[-1]
    ok(h.one("select count(*) from organization_invitations where token_hash = sha256('%s')" % token) == '1', 'of which the table holds the hash')
    ok(h.one("select extract(epoch from expires_at - created_at)::int / 86400 from organization_invitations") == '7', 'it works for seven days')
    short = join(h, path, name='Nia', password='short')
    ok(short.status == 422 and 'value="Nia"' in short.text and 'short' not in short.text.split('value="Nia"')[1][:200], 'a short password is refused, the name kept')
    ok(join(h, path, password=PASSWORD).status == 422, 'a newcomer has a name')
    a = join(h, path, name='Nia', password=PASSWORD)
    ok(a.status == 303 and a.headers['Location'] == '/signin?done=joined' and 'Set-Cookie' not in a.headers, 'a newcomer joins; nobody is signed in by a link', a.status)
    ok(h.get(path).status == 404, 'the link works once')
    nia = h.sign_in('new@mill.example')
    ok(h.get('/intake', nia).status == 200 and h.get('/channels', nia).status == 403, 'she has the role of the invitation')
    h.org('other')
    h.person('kim@mill.example', org='other', role='owner')
    h.form('/members', '/members/invite', {'email': 'kim@mill.example', 'role': 'operator'}, boss)
    first = link(h, 'kim@mill.example')
    h.form('/members', '/members/invite', {'email': 'kim@mill.example', 'role': 'pm'}, boss)
    path = link(h, 'kim@mill.example')
    ok(h.get(first).status == 404 and h.get(path).status == 200, 'a second invitation takes the place of the first')
    ok('name="password"' not in h.get(path).text, 'who has an account is not asked for a password')
    ok(join(h, path).status == 303, 'and joins with it')
    kim = h.sign_in('kim@mill.example')
    ok({o['role'] for o in h.api('GET', '/orgs', kim).json['items']} == {'owner', 'pm'}, 'with a role in each organisation')
    h.form('/members', '/members/invite', {'email': 'gone@mill.example', 'role': 'pm'}, boss)
    path = link(h, 'gone@mill.example')
    which = h.one("select id from organization_invitations where email = 'gone@mill.example'")
    ok(h.form('/members', '/members/invitations/%s/revoke' % which, {}, boss).status == 303 and h.get(path).status == 404, 'an invitation is taken back')
    h.form('/members', '/members/invite', {'email': 'late@mill.example', 'role': 'pm'}, boss)
    path = link(h, 'late@mill.example')
    h.sql("update organization_invitations set expires_at = now() where email = 'late@mill.example'; update principals set expires_at = now() - interval '1 second' where role = 'invite'")
    ok(h.get(path).status == 404, 'after its time it opens nothing')
    ok(h.form('/members', '/members/invite', {'email': 'new@mill.example'}, boss).status == 422, 'a member is not invited again')


def roles(h, org, boss):
    nia, id = h.sign_in('new@mill.example'), h.one("select user_id from memberships where email = 'new@mill.example'")
    at = '/members/' + id
    ok(h.get('/channels', nia).status == 403 and h.form(at, at + '/role', {'role': 'operator'}, boss).status == 303 and h.get('/channels', nia).status == 200,
       'a role counts at the next request')
    h.form(at, at + '/role', {'role': 'admin'}, boss)
    owner = h.one("select user_id from memberships where role = 'owner' and org_id = '%s'" % org)
    ok(h.form(at, '/members/%s/role' % owner, {'role': 'viewer'}, nia).status == 403, 'an administrator does not change an owner')
    ok(h.form(at, at + '/role', {'role': 'owner'}, nia).status == 403, 'nor become one')
    ok(h.form('/members', '/members/invite', {'email': 'x@y.example', 'role': 'owner'}, nia).status == 403, 'nor invite one')
    a = h.form('/members/' + owner, '/members/%s/role' % owner, {'role': 'viewer'}, boss)
    ok(a.status == 409 and 'last owner' in a.text, 'the last owner stays an owner', a.status)
    ok('last owner' in h.get('/members/%s/remove' % owner, boss).text, 'the page that asks says why she cannot be removed')
    ok(h.form(at, '/members/%s/remove' % owner, {}, boss).status == 409 and h.get('/members', boss).status == 200, 'and she is not')
    ok(h.form(at, at + '/scopes', {'scopes': 'strategy category.sales\nmodule.intake'}, boss).status == 303, 'scopes are granted')
    ok(h.sql("select scope from scope_grants order by 1") == [['category.sales'], ['module.intake'], ['strategy']], 'one row each')
    a = h.form(at, at + '/scopes', {'scopes': 'everything; please'}, boss)
    ok(a.status == 422 and 'everything; please' in a.text, 'others are refused and shown again', a.status)
    page = h.get(at + '/remove', boss)
    ok('Nia' in page.text and h.form(at + '/remove', at + '/remove', {}, boss).status == 303, 'a page with her name asks before she is removed')
    ok(h.get('/intake', nia).headers['Location'] == '/welcome' and h.api('GET', '/intake', nia).status == 400, 'removed, she opens nothing with the session she has')
    told = [r[0] for r in h.sql("select action from audit_log where org_id = '%s' and action like 'member.%%' order by id" % org)]
    ok({'member.invite', 'member.uninvite', 'member.join', 'member.role', 'member.scopes', 'member.remove'} <= set(told), 'all of it is in the audit', told)


def founding(h):
    h.person('fay@new.example')
    fay = h.sign_in('fay@new.example')
    h.sql("update users set onboarding_step = 'profile' where email = 'fay@new.example'")
    ok(h.get('/', fay).headers['Location'] == '/welcome' and 'action="/welcome/profile"' in h.get('/welcome', fay).text, 'without an organisation one comes to the first steps')
    ok([h.get(p, fay).headers['Location'] for p in ('/dashboard', '/intake')] == ['/welcome'] * 2, 'from every page of one as well')
    a = h.api('GET', '/intake', fay)
    ok(a.status == 400 and 'no organisation' in a.json['detail'] and 'reason' not in a.json, 'a program is told: 400 (X-06)', a.status, a.text)
    ok(h.form('/welcome', '/welcome/profile', {'name': 'Fay New'}, fay).status == 303 and 'action="/welcome/organization"' in h.get('/welcome', fay).text, 'the wizard goes on where it was left')
    a = h.form('/welcome', '/welcome/organization', {'org_name': 'Fay & Söhne', 'size': '2-10'}, fay)
    ok(a.status == 303 and 'action="/welcome/region"' in h.get('/welcome', fay).text, 'the organisation is there', a.status)
    ok(h.sql("select m.role, o.size from memberships m join organizations o on o.id = m.org_id where m.email = 'fay@new.example'") == [['owner', '2-10']], 'and hers')
    a = h.form('/welcome', '/welcome/region', {'language': 'es', 'zone': 'Mars/Olympus', 'currency': 'EUR'}, fay)
    ok(a.status == 422 and 'Mars/Olympus' in a.text, 'an unknown zone is refused and shown again', a.status)
    a = h.form('/welcome', '/welcome/region', {'language': 'es', 'zone': 'Europe/Madrid', 'currency': 'EUR'}, fay)
    ok(a.status == 303 and a.headers['Location'] == '/dashboard' and 'lang="es"' in h.get('/dashboard', fay).text, 'the language counts at once', a.status)
    ok(h.form('/settings/organization', '/settings/organization', {'name': 'Fay', 'size': '11-50', 'billing_email': 'bill@new.example'}, fay).status == 303
       and '· Fay ·' in h.get('/settings', fay).text, 'the new name shows at once')
    region = {'language': 'es', 'zone': 'Europe/Madrid', 'currency': 'EUR'}
    used, page = h.api('GET', '/settings/subscription', fay).json, h.get('/settings/subscription', fay)
    ok(used['organization']['plan'] == 'FREE' and used['usage']['people'] >= 1 and used['usage']['bytes'] == 0 and 'Gratuito' in page.text and '/settings/subscription' in h.get('/settings', fay).text,
       'the settings tell the plan and what is used of it', used)
    h.form('/settings/region', '/settings/region', {**region, 'date_format': 'DD.MM.YYYY'}, fay)
    ok(re.search(r'\d\d\.\d\d\.20\d\d', h.get('/members', fay).text), 'dates as the organisation writes them')
    h.form('/me', '/me', {'name': 'Fay New', 'theme': 'auto', 'date_format': 'YYYY-MM-DD'}, fay)
    ok(re.search(r'>20\d\d-\d\d-\d\d<', h.get('/members', fay).text), 'and as a person wants them')
    h.form('/settings/region', '/settings/region', region, fay)
    h.form('/me', '/me', {'name': 'Fay New', 'theme': 'auto'}, fay)
    ok(re.search(r'>\d+ \w+ 20\d\d<', h.get('/members', fay).text), 'else as the language does')
    ok(h.form('/settings/company', '/settings/company', {'summary': 'We bake.'}, fay).status == 303 and 'We bake.' in h.get('/settings/company', fay).text, 'the company profile is kept')


def by_mail(h, sink, boss):
    """The invitation as its reader gets it, in the language of the organisation, and its link followed."""
    h.start_program('worker')  # not before: a link that has gone out is no longer in the database
    h.org('casa', 'Casa Núñez')
    h.sql("update organizations set default_language = 'es' where slug = 'casa'")
    eva = h.person('eva@casa.example', org='casa', role='owner')
    for email, who in (('post@mill.example', boss), ('correo@casa.example', eva)):
        h.form('/members', '/members/invite', {'email': email, 'role': 'operator'}, who)
    h.drained()
    mails = {m['To']: m for m in sink.mails()}
    ok(h.one("select count(*) from email_messages where template = 'invite' and data ? 'path'") == '0', 'sent, no link is left in the database')
    for to, subject, said in (('post@mill.example', 'You are invited to One', ('Ana invites you to work with One', 'operator')),
                              ('correo@casa.example', 'Le invitan a Casa Núñez', ('Eva le invita a trabajar con Casa Núñez',))):
        text, page = (mails[to].get_body((kind,)).get_content() for kind in ('plain', 'html'))
        path = re.search(re.escape(h.url()) + r'(/invitations/[A-Za-z0-9_-]{43})\s', text).group(1)
        ok(mails[to]['Subject'] == subject, 'its subject: ' + subject, mails[to]['Subject'])
        ok(all(w.lower() in text.lower() and w.lower() in html.unescape(page).lower() for w in said), 'who invites, where to', text)
        ok('href="%s"' % h.url(path) in page and '{' not in text, 'the same link in both parts', page)
        ok(h.get(path).status == 200 and h.get(path).status == 200, 'looking at it uses nothing up, whatever scans the mail')
        ok(join(h, path, name='Pia', password=PASSWORD).headers['Location'] == '/signin?done=joined', 'and leads in')
        ok(h.get('/intake', h.sign_in(to)).status == 200 and h.get(path).status == 404, 'once')


def by_api(h):
    """POST /auth/onboarding: the second step of the wizard for programs."""
    gus = h.person('gus@new.example')
    h.sql("update users set onboarding_step = 'organization' where email = 'gus@new.example'")

    def found(body, who=gus, token=None):
        return h.api('POST', '/auth/onboarding', who, body, {'X-Form-Token': token} if token else {})

    ok(found({'org_name': 'Gus'}, None).status == 401, 'nobody founds nothing')
    ok(found({'org_name': 'Gus'}).status == 403, 'a session alone does not either: another site could use it')
    token = h.get('/welcome', gus).token
    bad = found({'size': 'huge', 'colour': 'red'}, token=token)
    ok(bad.status == 422 and {e['pointer'] for e in bad.json['errors']} == {'/org_name', '/size', '/colour'}, 'mistakes are named', bad.text)
    a = found({'org_name': 'Gus & Töchter', 'industry': 'Bakery', 'size': 'Solo'}, token=token)
    ok(a.status in (200, 201), 'with its form token it founds', a.status, a.text)
    ok(h.sql("select m.role, o.name, o.industry, o.size from memberships m join organizations o on o.id = m.org_id where m.email = 'gus@new.example'") == [['owner', 'Gus & Töchter', 'Bakery', 'Solo']],
       'one organisation, and its owner')
    ok(h.api('GET', '/settings/organization', gus).json['organization']['name'] == 'Gus & Töchter', 'which the same session is in at once')
    ok(h.one("select count(*) from audit_log a join organizations o on o.id = a.org_id where o.name like 'Gus%' and a.action = 'org.found'") != '0', 'and its audit begins with it')


def integrations(h, org, boss):
    """What an organisation is connected to: eight sections of settings, and one list with state, last use and last error."""
    page = h.get('/settings', boss).text.split('<main')[1].split('</main>')[0]
    heads = re.findall(r'<h2>(?:<a href="([^"]+)">)?([^<]+)', page)
    ok([html.unescape(name) for _, name in heads] == ['Profile', 'Organisation', 'Subscription', 'Language & region', 'Notifications', 'Team', 'Integrations', 'Danger zone'],
       'the settings have eight sections', heads)
    ok(all(h.get(path, boss).status == 200 for path, _ in heads), 'each leads to its page')

    def found(kind):
        return [i for i in h.api('GET', '/settings/integrations', boss).json['integrations'] if i['kind'] == kind]
    ok(found('webhook')[0]['name'] is None and found('webhook')[0]['state'] == 'none' and found('webhook')[0]['path'] == '/channels/webhooks/new', 'what is not there says where to begin', found('webhook'))
    ok(found('model')[0]['state'] == 'own' and found('store')[0]['state'] == 'own', 'what is built in says so')
    h.form('/channels/webhooks/new', '/channels/webhooks', {'name': 'Shop', 'scheme': 'token', 'secret': 'a-secret-of-twenty-and-more-letters'}, boss)
    key = h.key('one')
    h.api('GET', '/intake', key)
    h.sql("insert into hooks (org_id, name, url, form, events, failing) values ('{0}', 'Room', 'https://chat.example/x', 'chat', '{{task.completed}}', true); "
          "insert into hook_posts (org_id, hook_id, type, subject_id, seq, payload, state, error) select org_id, id, 'hook.test', id, 1, '{{}}', 'failed', '503 gone' from hooks; "
          "insert into mailboxes (org_id, name, address, last_error) values ('{0}', 'Box', 'desk@a.example', 'it does not answer')".format(org))
    ok(found('webhook')[0]['name'] == 'Shop' and found('webhook')[0]['state'] == 'on' and h.get(found('webhook')[0]['path'], boss).status == 200, 'a webhook leads to its page', found('webhook'))
    ok((found('hook')[0]['state'], found('hook')[0]['error']) == ('failing', '503 gone'), 'one that fails says why', found('hook'))
    ok((found('mailbox')[0]['state'], found('mailbox')[0]['error']) == ('failing', 'it does not answer'), 'a mail address too', found('mailbox'))
    ok(found('key')[0]['state'] == 'on' and found('key')[0]['used_at'], 'a key says when it was used', found('key'))
    ok(found('smtp')[0]['state'] == 'waiting', 'a service nobody asked yet is not known', found('smtp'))
    h.sql("select health_note(jsonb_build_array(jsonb_build_object('name', 'smtp', 'at', '%s:%s', 'state', 'away', 'ms', 1)))" % (h.conf['SMTP_HOST'], h.conf['SMTP_PORT']))
    ok(found('smtp')[0]['state'] == 'failing', 'one that does not answer fails', found('smtp'))
    shown = h.get('/settings/integrations', boss).text
    ok('503 gone' in shown and 'Shop' in shown and str(h.conf['SMTP_PORT']) not in shown, 'the page tells it, without addresses of the house')


def by_command(h):
    """What the command line is given wrong is told in words, and nothing is made of it."""
    wrong = {('org', 'add', 'a', 'A'): 'a short name has', ('org', 'add', 'one', 'A'): 'has this short name already', ('org', 'add', 'zz', 'A', '--zone', 'Nowhere'): 'no time zone has the name Nowhere',
             ('org', 'add', 'zz', 'A', '--language', 'xx'): 'the language is en or es', ('org', 'add', 'zz', 'A', '--currency', 'euro'): 'three capital letters',
             ('user', 'add', 'nomail', 'A'): 'no e-mail address', ('user', 'add', 'q@q.example', 'Q', '--org', 'one', '--role', 'boss'): 'a role is one of owner',
             ('key', 'add', 'one', 'K', '--role', 'boss'): 'no role has the name boss', ('key', 'revoke', 'zzz'): 'this is no id'}
    before = h.sql('select (select count(*) from organizations), (select count(*) from users), (select count(*) from api_keys)')
    for args, words in wrong.items():
        try:
            said = 'went: ' + h.fairlead(*args, stdin=PASSWORD + '\n')
        except HouseError as e:
            said = str(e).split('fairlead: ')[-1]
        ok(words in said and '_check' not in said and not re.search(r'\b[0-9A-Z]{5}\b', said), ' '.join(args) + ': ' + words, said)
    ok(h.sql('select (select count(*) from organizations), (select count(*) from users), (select count(*) from api_keys)') == before, 'nothing is left of them')


def many(h, org, boss):
    """More people than one page holds (API-11): each once, whoever leaves meanwhile; and what an invitation says without a role (ROL-02)."""
    h.sql("with u as (insert into users (email, name) select 'p' || n || '@many.example', case when n %% 3 = 0 then 'Same Name' else 'Person ' || n end from generate_series(1, 120) n returning id, name, email) "
          "insert into memberships (org_id, user_id, role, name, email) select '%s', id, 'member', name, email from u" % org)
    count, seen, path, pages = int(h.one("select count(*) from memberships where org_id = '%s'" % org)), [], '/members', 0
    while path:
        page = h.api('GET', path.replace('/api/v1', '', 1) if path.startswith('/api/v1') else path, boss).json
        if pages == 1:
            h.sql("delete from memberships where email = '%s'" % [m['email'] for m in page['items'] if m['email'].endswith('@many.example')][-1])
        seen, path, pages = seen + [m['id'] for m in page['items']], page.get('next'), pages + 1
    ok(pages == 3 and len(seen) == len(set(seen)) == count, 'members come in pages, each once', pages, len(seen), count)
    first = h.get('/members', boss).text
    ok(first.count('class="who"') == 50 and 'rel="next"' in first and h.get('/members?after=%27%22%3Cx', boss).status == 200, 'a page leads to the next one')
    wrong = h.form('/members', '/members/invite', {'email': 'nowhere'}, boss)
    ok(wrong.status == 422 and wrong.text.count('class="who"') == 50 and 'rel="next"' not in wrong.text, 'a form shown again does not lead on', wrong.status)
    h.sql("delete from memberships where email like '%@many.example'; delete from users where email like '%@many.example'")
    h.form('/members', '/members/invite', {'email': 'plain@mill.example', 'role': ''}, boss)
    ok(h.one("select role from organization_invitations where email = 'plain@mill.example'") == 'user', 'without a role it is the least')


def main():
    sink = Sink()
    with contextlib.closing(sink), House.temporary(programs=('web',), conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@fairlead.example',
                                                         'OUTSIDE_ALLOW': '127.0.0.1:%d' % sink.port}) as h:
        h.org('one')
        boss = h.person('ana@a.example', org='one', role='owner')
        org = h.one("select id from organizations where slug = 'one'")
        by_command(h)
        invitations(h, org, boss)
        roles(h, org, boss)
        integrations(h, org, boss)
        many(h, org, boss)
        founding(h)
        by_api(h)
        by_mail(h, sink, boss)
    return done()


if __name__ == '__main__':
    sys.exit(main())
