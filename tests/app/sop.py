"""Procedures (ROL-14): drafts that nobody else reads, versions that count, whom they are for, and who acknowledged which version when. Prints TAP."""
import os, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError  # noqa: E402
from tap import done, ok  # noqa: E402

TEXT = '# Before\nRead the case.\n\n1. Open the request\n2. Answer <within> a day\n\n- never promise\n- ask when unsure'


def tail(answer):
    return answer.headers.get('Location', '').split('?')[0].rsplit('/', 1)[-1]


def add(h, who, title, **more):
    return h.form('/procedures/new', '/procedures', {'title': title, 'body': TEXT, 'must': 'on', **more}, who)


def act(h, who, ident, what, **body):
    return h.form('/procedures/' + ident, '/procedures/%s/%s' % (ident, what), body, who)


def publish(h, who, ident, **body):
    return h.form('/procedures/%s?v=0' % ident, '/procedures/%s/publish' % ident, body, who)


def write(h, who, ident, text, title='Refunds'):
    return h.form('/procedures/%s/edit' % ident, '/procedures/' + ident, {'title': title, 'body': text}, who)


def waiting(h, email):
    return [r[0] for r in h.sql("select s.title from sop_readers r join sops s on s.id = r.sop_id join memberships m on m.user_id = r.user_id and m.org_id = r.org_id "
                                "where m.email = '%s' and s.must and r.acked < s.asks order by 1" % email)]


def notes(h, kind, email='%'):
    return int(h.one("select count(*) from notifications n join memberships m on m.user_id = n.user_id and m.org_id = n.org_id where n.kind = '%s' and m.email like '%s'" % (kind, email)))


def drafts(h, p):
    for body, words in (({'title': ''}, 'title-error'), ({'title': 'x' * 201}, 'title-error'), ({'due_days': '0'}, 'days-error'), ({'due_days': '366'}, 'days-error'), ({'roles': 'client'}, 'roles-error'),
                        ({'places': 'team.0190aaaa-0000-7000-8000-000000000000'}, 'places-error'), ({'places': 'strategy'}, 'places-error'), ({'review_on': '2026-02-30'}, 'review-error'),
                        ({'document_id': '0190aaaa-0000-7000-8000-000000000000'}, 'document-error'), ({'owner_id': '0190aaaa-0000-7000-8000-000000000000'}, 'owner-error')):
        got = add(h, p['ana'], **{'title': 'Refunds', 'roles': 'member', **body})
        ok(got.status == 422 and words in got.text and 'ask when unsure' in got.text and ('value="member" checked' in got.text) == ('roles' not in body), 'refused, with what was typed and chosen', body, got.status, words in got.text)
    ok(h.one('select count(*) from sops') == '0', 'and nothing is kept')
    got = add(h, p['ana'], 'Refunds')
    ident = tail(got)
    page = h.get('/procedures/' + ident, p['ana'])
    ok(got.status == 303 and page.status == 200 and '<ol><li>Open the request</li><li>Answer &lt;within&gt; a day</li></ol>' in page.text and '<ul><li>never promise</li>' in page.text and '<h3>Before</h3>' in page.text,
       'a draft is shown as steps, points and headings', got.status, page.status)
    ok(all(h.get(path, p[who]).status == 404 for who in ('ben', 'cam', 'bea') for path in ('/procedures/' + ident, '/procedures/%s?v=0' % ident)) and 'Refunds' not in h.get('/procedures', p['ben']).text, 'nobody else reads it')
    ok(h.get('/procedures', p['cli']).status == 403 and h.get('/procedures/' + ident, p['cli']).status == 403, 'a client sees no procedures at all')
    empty = tail(add(h, p['ana'], 'Empty', body=''))
    got = publish(h, p['ana'], empty)
    ok(got.status == 422 and 'Write a text' in got.text, 'nothing is not published', got.status)
    ok(act(h, p['ana'], empty, 'archive').status == 303 and act(h, p['ana'], empty, 'archive').status == 409 and act(h, p['ana'], empty, 'restore').status == 303
       and h.one("select state from sops where id = '%s'" % empty) == 'draft', 'put away and taken out again it is a draft')
    return ident


def two_at_once(h, a, b):
    """Both at the same moment; their states in order."""
    got = []
    both = [threading.Thread(target=lambda f=f: got.append(f())) for f in (a, b)]
    [t.start() for t in both]
    [t.join() for t in both]
    return sorted(r.status for r in got), [r for r in got if r.status >= 400]


def publishing(h, p, ident):
    page, page2 = h.get('/procedures/%s?v=0' % ident, p['ana']), h.get('/procedures/%s?v=0' % ident, p['adi'])
    version = h.one("select version from sops where id = '%s'" % ident)
    states, lost = two_at_once(h, lambda: h.post('/procedures/%s/publish' % ident, {'_token': page.token, 'version': version}, p['ana']),
                               lambda: h.post('/procedures/%s/publish' % ident, {'_token': page2.token, 'version': version}, p['adi']))
    ok(states == [303, 409] and h.one('select count(*) from sop_versions') == '1', 'two publish at once: one version, and the other is told', states)
    again = publish(h, p['ana'], ident)
    ok(again.status == 409 and 'published already' in again.text, 'the same text is not published twice', again.status)
    ok(waiting(h, 'ben@demo.example') == ['Refunds'] and waiting(h, 'cli@demo.example') == [] and notes(h, 'sop_asked', 'ben@%') == 1 and notes(h, 'sop_asked', 'cli@%') == 0, 'everybody but clients is asked, once', waiting(h, 'ben@demo.example'))
    ok('Refunds' in h.get('/tasks/mine', p['ben']).text and 'Refunds' in h.get('/procedures?view=mine', p['ben']).text and 'Refunds' in h.get('/search?q=unsure', p['ben']).text, 'it stands on his day, in his list, and is found by its words')
    ok(h.get('/procedures/%s?v=9' % ident, p['ben']).status == 404 and h.get('/procedures/%s?v=0' % ident, p['ben']).status == 404 and h.get('/procedures/%s/edit' % ident, p['ben']).status == 404 and h.get('/procedures/%s/edit' % ident, p['cam']).status == 403, 'a reader reads what was published')
    ok('Who has acknowledged' not in h.get('/procedures/' + ident, p['ben']).text and h.api('GET', '/procedures/' + ident, p['ben']).json['people'] == [], 'and is not told who else has')


def acknowledging(h, p, ident):
    page, page2 = h.get('/procedures/' + ident, p['ben']), h.get('/procedures/' + ident, p['ben'])
    states, _ = two_at_once(h, lambda: h.post('/procedures/%s/acknowledge' % ident, {'_token': page.token, 'n': '1'}, p['ben']),
                            lambda: h.post('/procedures/%s/acknowledge' % ident, {'_token': page2.token, 'n': '1'}, p['ben']))
    count = "select count(*) from %s where %s"
    ok(states == [303, 303] and h.one(count % ('sop_acknowledgements', "name = 'Ben'")) == '1' and h.one(count % ('audit_log', "action = 'sop.acknowledge'")) == '1'
       and h.one(count % ('system_events', "type = 'sop.acknowledged'")) == '1', 'acknowledged twice at once is acknowledged once', states)
    ok(h.post('/procedures/%s/acknowledge' % ident, {'n': '1'}, p['ben']).status == 403 and h.get('/procedures/%s/acknowledge' % ident, p['ben']).status in (404, 405), 'not without a form, nor by a link')
    ok(act(h, p['ben'], ident, 'acknowledge', n='7').status == 422 and act(h, p['ben'], ident, 'acknowledge', n='0').status == 422 and act(h, p['ben'], ident, 'acknowledge').status == 422, 'a version there is not cannot be acknowledged')
    key = h.api('POST', '/procedures/%s/acknowledge' % ident, h.key('demo', 'admin'), {'n': 1})
    ok(key.status == 403 and 'own name' in key.text, 'a key acknowledges for nobody', key.status, key.text[:200])
    ok(act(h, p['bea'], ident, 'acknowledge', n='1').status == 404, 'nor does another organisation')
    # a newer version comes between reading and acknowledging
    page = h.get('/procedures/' + ident, p['cam'])
    write(h, p['ana'], ident, TEXT + '\n- be kind')
    ok('be kind' not in h.get('/procedures/' + ident, p['cam']).text and 'unpublished changes' in h.get('/procedures', p['ana']).text and 'unpublished' not in h.get('/procedures', p['cam']).text, 'what is being written is nobody else\'s')
    publish(h, p['ana'], ident, note='Kindness')
    got = h.post('/procedures/%s/acknowledge' % ident, {'_token': page.token, 'n': '1'}, p['cam'])
    ok(got.status == 303 and 'acknowledged_old' in got.headers['Location'] and waiting(h, 'cam@demo.example') == ['Refunds'] and h.one(count % ('sop_acknowledgements', "name = 'Cam' and n = 1")) == '1',
       'what was read is acknowledged, and what is new still asked', got.headers.get('Location'))
    ok('read it' in h.get(got.headers['Location'], p['cam']).text and waiting(h, 'ben@demo.example') == ['Refunds'], 'who acknowledged the first is asked anew')
    ok(act(h, p['ben'], ident, 'acknowledge', n='2').status == 303 and waiting(h, 'ben@demo.example') == [], 'and acknowledges the second')
    write(h, p['ana'], ident, TEXT + '\n- be kind.')
    publish(h, p['ana'], ident, small='on')
    ok(waiting(h, 'ben@demo.example') == [] and h.one("select n || ' ' || asks from sops where id = '%s'" % ident) == '3 2' and 'version 2' in h.get('/procedures/' + ident, p['ben']).text, 'a small correction asks nobody again')
    show = h.api('GET', '/procedures/' + ident, p['ana']).json
    people = {x['name']: x for x in show['people']}
    ok(people['Ben']['acked_at'] and people['Ben']['acked_n'] == 2 and not people['Cam']['acked_at'] and people['Cam']['due_at'] and show['sop']['done'] == 1 and show['sop']['people'] == len(people) == 5, 'the writer sees who has and who has not', people)
    old = {x['name']: x for x in h.api('GET', '/procedures/%s?v=1' % ident, p['ana']).json['people']}
    ok(old['Ben']['acked_n'] == 1 and old['Cam']['acked_n'] == 1 and not old['Ana']['acked_at'], 'for every version', old)
    ok([v['n'] for v in show['versions']] == [3, 2, 1] and show['versions'][1]['note'] == 'Kindness' and show['versions'][0]['small'], 'and what changed in each', show['versions'])


def late(h, p, ident):
    """A month later."""
    h.sql("update sops set asked_at = asked_at - interval '30 days'; update sop_readers set created_at = created_at - interval '30 days'")
    h.batch('run', 'procedures')
    ok(notes(h, 'sop_overdue', 'cam@%') == 1 and notes(h, 'sop_overdue', 'ben@%') == 0, 'who is late is told, who has acknowledged is not')
    mail = h.sql("select template, locale, data ->> 'subject' from email_messages where to_email = 'cam@demo.example' and data ->> 'kind' = 'sop_overdue'")
    ok(len(mail) == 1 and mail[0][1] == 'es' and mail[0][2] == 'Refunds', 'by mail too, in his language', mail)
    h.batch('run', 'procedures')
    ok(notes(h, 'sop_overdue', 'cam@%') == 1, 'once')
    ok('class="late"' in h.get('/procedures/' + ident, p['cam']).text, 'and his page says so')
    h.sql("update sops set review_on = (now() at time zone 'Europe/Lisbon')::date where id = '%s'" % ident)
    h.batch('run', 'procedures')
    h.batch('run', 'procedures')
    ok(notes(h, 'sop_review') == 1 == notes(h, 'sop_review', 'ana@%') and 'look at it again' in h.get('/procedures', p['ana']).text, 'who looks after it is told when it is to be looked at again, once')


def places(h, p):
    """Only for a team and a role; who is in charge of an area writes its own."""
    uid = {n: h.one("select user_id from memberships where email = '%s@demo.example'" % n) for n in ('ben', 'cam', 'pia')}
    h.form('/settings/teams', '/settings/teams', {'name': 'Front desk', 'member': [uid['cam']]}, p['ana'])
    team = h.one("select id from teams where name = 'Front desk'")
    h.sql("update pipelines set category = 'Money', subcategory = 'Refunds' where org_id = (select id from organizations where slug = 'demo') and id = (select min(id::text)::uuid from pipelines where org_id = (select id from organizations where slug = 'demo'))")
    desk = tail(add(h, p['ana'], 'Greeting', places='team.' + team, roles=['member', 'operator']))
    publish(h, p['ana'], desk)
    ok(waiting(h, 'cam@demo.example') == ['Greeting', 'Refunds'] and waiting(h, 'ben@demo.example') == [] and h.get('/procedures/' + desk, p['eva']).status == 404, 'for a team: nobody else reads it')
    h.form('/settings/teams/' + team, '/settings/teams/' + team, {'name': 'Front desk', 'member': [uid['cam'], uid['ben']]}, p['ana'])
    ok(waiting(h, 'ben@demo.example') == ['Greeting'] and notes(h, 'sop_asked', 'ben@%') == 3, 'who comes to the team is asked, and told', waiting(h, 'ben@demo.example'), notes(h, 'sop_asked', 'ben@%'))
    act(h, p['ben'], desk, 'acknowledge', n='1')
    h.form('/settings/teams/' + team, '/settings/teams/' + team, {'name': 'Front desk', 'member': [uid['cam']]}, p['ana'])
    ok(h.get('/procedures/' + desk, p['ben']).status == 200 and 'Greeting' not in str(waiting(h, 'ben@demo.example')), 'who left it reads what he acknowledged')
    got = act(h, p['ben'], desk, 'acknowledge', n='1')
    ok(got.status == 409 and 'not for you' in got.text, 'and acknowledges nothing any more', got.status)
    # pia manages the area Money
    ok(h.form('/members/' + uid['pia'], '/members/%s/scopes' % uid['pia'], {'areas': 'category.money'}, p['ana']).status == 303, 'a manager of an area')
    refused = [add(h, p['pia'], 'All'), add(h, p['pia'], 'Team', places='team.' + team), add(h, p['pia'], 'Mixed', places=['category.money', 'team.' + team])]
    ok([r.status for r in refused] == [422] * 3 and all('in charge of' in r.text for r in refused), 'writes nothing for others', [r.status for r in refused])
    own = tail(add(h, p['pia'], 'Money matters', places='subcategory.refunds'))
    ok(publish(h, p['pia'], own).status == 303 and h.get('/procedures/%s/edit' % desk, p['pia']).status == 404 and act(h, p['pia'], desk, 'archive').status == 404, 'but her own, and touches no other')
    ok(h.form('/procedures/%s/rules' % own, '/procedures/%s/rules' % own, {'must': 'on'}, p['pia']).status == 422, 'nor widens it')
    ok(h.get('/procedures/' + own, p['eva']).status == 404 and h.get('/procedures/' + own, p['ana']).status == 200, 'her part is not for all')
    ok(add(h, p['cam'], 'Mine').status == 403, 'a member writes none')
    got = h.form('/procedures/%s/rules' % desk, '/procedures/%s/rules' % desk, {'roles': 'owner', 'version': '1', 'must': 'on'}, p['ana'])
    ok(got.status == 409 and 'value="owner" checked' in got.text, 'rules somebody changed meanwhile: told, and what was chosen kept', got.status)
    h.form('/procedures/%s/rules' % desk, '/procedures/%s/rules' % desk, {'must': '', 'due_days': '3'}, p['ana'])
    ok(waiting(h, 'ben@demo.example') == [] and h.get('/procedures/' + desk, p['eva']).status == 200, 'for all, to be read only: at once')
    return desk


def away(h, p, ident, desk):
    act(h, p['ana'], ident, 'archive')
    ok(waiting(h, 'cam@demo.example') == [] and h.get('/procedures/' + ident, p['eva']).status == 404 and h.get('/procedures/' + ident, p['ben']).status == 200, 'put away: nobody is asked; who acknowledged it still reads it')
    ok(act(h, p['ben'], ident, 'acknowledge', n='3').status == 409 and publish(h, p['ana'], ident).status == 409, 'nor acknowledged, nor published')
    ok(act(h, p['ana'], ident, 'restore').status == 303 and waiting(h, 'cam@demo.example') == ['Refunds'] and waiting(h, 'ben@demo.example') == [], 'taken out again it asks whom it asked')
    for bad in ("update sops set state = 'draft' where state = 'published'", "update sop_versions set body = 'other'", "delete from sop_acknowledgements"):
        try:
            h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'demo'), false); " + bad, 'fl_app' if 'sop_' in bad else 'fl_super')
            ok(False, 'the database holds it', bad)
        except HouseError as e:
            ok('error.transition' in str(e) or 'permission denied' in str(e), 'the database holds it', bad, str(e)[:200])
    h.sql("delete from memberships where email = 'ben@demo.example'")
    page = h.api('GET', '/procedures/%s?v=2' % ident, p['ana']).json
    ok([(x['name'], x['gone']) for x in page['people'] if x['acked_at'] and x['name'] == 'Ben'] == [('Ben', True)], 'who has left stands in the list with what was acknowledged', page['people'])


with House.temporary(programs=('web',)) as h:
    h.org('demo', 'Demo', '--zone', 'Europe/Lisbon', '--with-pipelines')
    h.org('bb', 'Other', '--zone', 'Europe/Lisbon')
    roles = {'ana': 'owner', 'adi': 'admin', 'ben': 'operator', 'cam': 'member', 'eva': 'viewer', 'cli': 'client'}
    p = {n: h.person(n + '@demo.example', org='demo', role=r) for n, r in roles.items()}
    p['bea'] = h.person('bea@bb.example', org='bb')
    h.sql("update users set preferred_language = 'es' where email = 'cam@demo.example'")
    ident = drafts(h, p)
    publishing(h, p, ident)
    acknowledging(h, p, ident)
    late(h, p, ident)
    p['pia'] = h.person('pia@demo.example', org='demo', role='pm')
    ok(waiting(h, 'pia@demo.example') == ['Refunds'] and h.one("select sop_due(s, r) > now() + interval '6 days' from sops s join sop_readers r on r.sop_id = s.id join memberships m on m.user_id = r.user_id where m.email like 'pia@%'") == 't',
       'who comes later has the days from then on')
    desk = places(h, p)
    away(h, p, ident, desk)
done()
