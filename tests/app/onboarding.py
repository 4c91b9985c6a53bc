"""Onboarding (ROL-14): plans that begin by themselves when somebody joins, is put in a team or gets a role; how far each newcomer is; how one ends. Prints TAP."""
import contextlib, os, re, subprocess, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402
from visit import PASSWORD  # noqa: E402

ORG = "(select id from organizations where slug = 'demo')"


def tail(answer):
    return answer.headers.get('Location', '').split('?')[0].rsplit('/', 1)[-1]


def uid(h, name):
    return h.one("select user_id from memberships where email = '%s@demo.example'" % name)


def of(h, name):
    """Plans, states and progress of a person, oldest first."""
    return [tuple(r) for r in h.sql("select p.name, o.state, (select count(done_at) || '/' || count(*) from onboarding_items i where i.onboarding_id = o.id) from onboardings o "
                                    "join onboarding_plans p on p.id = o.plan_id where o.user_id = (select id from users where email = '%s@demo.example') order by o.id" % name)]


def newest(h, name):
    return h.one("select max(id::text) from onboardings where user_id = (select id from users where email = '%s@demo.example')" % name)


@contextlib.contextmanager
def rings(h, what):
    """What is done inside rings for who sends mails; no worker runs here that would answer."""
    redis = lambda *words: subprocess.run(['redis-cli', '-s', h.run / 'redis.sock', *words, 'fl:q:email'], check=True, capture_output=True, text=True).stdout.strip()  # noqa: E731
    redis('del')
    yield
    h.wait(lambda: redis('llen') not in ('', '0'), 'the bell of mails after ' + what)
    ok(True, what + ' rings for who is asked something by it')


def tasks(h, name, more='true'):
    """Of the newest onboarding: id, title, who, status."""
    return h.sql("select t.id, t.title, coalesce(m.name, '-'), t.status from onboarding_items i join tasks t on t.id = i.task_id left join memberships m on m.org_id = t.org_id and m.user_id = t.assignee_id "
                 "where i.onboarding_id = '%s' and %s order by i.n" % (newest(h, name), more))


def step(h, who, task, *states):
    return [h.form('/tasks/' + task, '/tasks/%s/step' % task, {'status': s}, who).status for s in states]


def procedure(h, who, title, **more):
    ident = tail(h.form('/procedures/new', '/procedures', {'title': title, 'body': '1. Do it', 'must': 'on', **more}, who))
    h.form('/procedures/%s?v=0' % ident, '/procedures/%s/publish' % ident, {}, who)
    return ident


def plans(h, p):
    """What plans are made of, and what is refused."""
    blueprint = tail(h.form('/task-templates', '/task-templates', {'name': 'First week'}, p['ana']))
    at = '/task-templates/' + blueprint
    for body in ({'title': 'Say hello', 'due_min': '480'}, {'title': 'Prepare a desk', 'assignee_id': uid(h, 'ben'), 'due_min': '60'}, {'title': 'First request alone', 'after_n': '1', 'due_min': '4320'}):
        h.form(at, at + '/steps', body, p['ana'])
    reading = procedure(h, p['ana'], 'Privacy', roles='owner')
    new = lambda **body: h.form('/onboarding/plans/new', '/onboarding/plans', {'name': 'Everybody', **body}, p['ana'])  # noqa: E731
    for body, words in (({}, 'sops-error'), ({'sops': '0190aaaa-0000-7000-8000-000000000000'}, 'sops-error'), ({'template_id': uid(h, 'ana')}, 'template-error'), ({'name': '', 'sops': reading}, 'name-error'),
                        ({'sops': reading, 'roles': 'client'}, 'roles-error'), ({'sops': reading, 'places': 'category.nowhere'}, 'places-error')):
        got = new(**body)
        ok(got.status == 422 and words in got.text, 'a plan is refused', body, got.status)
    got = new(sops=reading, template_id=blueprint, by_itself='on')
    plan = h.one("select id from onboarding_plans where name = 'Everybody'")
    ok(got.status == 303 and 'Everybody' in h.get('/onboarding/plans', p['ben']).text, 'and made', got.status, got.text[-200:])
    ok(new(sops=reading).status == 422, 'a name once')
    ok(h.form('/onboarding/plans', '/onboarding/plans', {'name': 'X', 'sops': reading}, p['ben']).status == 403 and h.get('/onboarding', p['cli']).status == 403 and h.get('/onboarding', p['bea']).text.count('Everybody') == 0,
       'by owners and administrators; clients and other organisations see none')
    ok(h.one('select count(*) from onboardings') == '0', 'who is there already is not begun with')
    return plan, reading, blueprint


def join(h, p):
    """By invitation: the plan is there at the first look."""
    h.form('/members', '/members/invite', {'email': 'nia@demo.example', 'role': 'member'}, p['ana'])
    path = h.one("select data ->> 'path' from email_messages where to_email = 'nia@demo.example'")
    with rings(h, 'an accepted invitation'):
        got = h.post(path, {'name': 'Nia', 'password': PASSWORD, '_token': h.get(path).token})
    ok(got.status in (200, 303) and of(h, 'nia') == [('Everybody', 'open', '0/4')], 'who accepts an invitation has the plan at once', got.status, of(h, 'nia'))
    nia = h.sign_in('nia@demo.example')
    ok([t[1:3] for t in tasks(h, 'nia')] == [['Say hello', 'Nia'], ['Prepare a desk: Nia', 'Ben'], ['First request alone', 'Nia']], 'its tasks are hers, or of whom the blueprint names, who reads for whom', tasks(h, 'nia'))
    ok(h.one("select count(*) from task_dependencies") == '1', 'linked as in the blueprint')
    told = h.sql("select n.kind, m.name from notifications n join memberships m on m.user_id = n.user_id and m.org_id = n.org_id where n.kind in ('onboarding_begun', 'task_assigned', 'sop_asked') order by 1, 2")
    ok(told == [['onboarding_begun', 'Nia'], ['task_assigned', 'Ben']], 'she is told once, he of his task', told)
    day = h.get('/tasks/mine', nia)
    ok('0 of 4 done' in day.text and 'Privacy' in day.text and 'Say hello' in day.text, 'her day says what is left', re.findall(r'\d of \d[^<]*', day.text))
    first = h.get('/dashboard', nia)
    ok('0 of 4 done' in first.text and 'Your onboarding' in first.text and 'Your onboarding' not in h.get('/dashboard', p['ana']).text, 'as does her first page', first.status)
    page = h.get('/onboarding/' + newest(h, 'nia'), nia)
    ok(page.status == 200 and 'Ben does it' in page.text, 'and a page of it')
    ok('Nia' in h.get('/onboarding', p['eva']).text and '0 of 4' in h.get('/members/' + uid(h, 'nia'), p['ana']).text, 'others see how far she is')
    return nia


def goes_on(h, p, nia, reading):
    rows = tasks(h, 'nia')
    ok(step(h, nia, rows[0][0], 'IN_PROGRESS', 'DONE') == [303, 303] and of(h, 'nia')[0][2] == '1/4', 'a task done counts', of(h, 'nia'))
    ok(h.form('/procedures/' + reading, '/procedures/%s/acknowledge' % reading, {'n': '1'}, nia).status == 303 and of(h, 'nia')[0][2] == '2/4', 'so does a procedure, though its roles are others', of(h, 'nia'))
    h.form('/procedures/%s/edit' % reading, '/procedures/' + reading, {'title': 'Privacy', 'body': '1. Do it twice'}, p['ana'])
    h.form('/procedures/%s?v=0' % reading, '/procedures/%s/publish' % reading, {}, p['ana'])
    ok(of(h, 'nia')[0][2] == '1/4', 'a new version of it is to be acknowledged anew')
    h.form('/procedures/' + reading, '/procedures/%s/acknowledge' % reading, {'n': '2'}, nia)
    step(h, p['ben'], rows[1][0], 'IN_PROGRESS', 'DONE')
    got = h.form('/tasks/' + rows[2][0], '/tasks/%s/step' % rows[2][0], {'status': 'IN_PROGRESS'}, nia)
    last = h.form('/tasks/' + rows[2][0], '/tasks/%s/step' % rows[2][0], {'status': 'DONE'}, nia)
    ok((got.status, last.status) == (303, 303) and of(h, 'nia') == [('Everybody', 'done', '4/4')], 'it ends by itself when all is done', of(h, 'nia'))
    ok('Your onboarding' not in h.get('/tasks/mine', nia).text and h.one("select count(*) from notifications where kind = 'onboarding_done' and user_id = '%s'" % uid(h, 'ana')) == '1', 'and who made the plan is told')
    undo = re.search(r'of=([^&#]+)', last.headers['Location']).group(1)
    back = h.form('/tasks/' + rows[2][0], '/tasks/%s/undo' % rows[2][0], {'request': undo}, nia)
    ok(back.status == 303 and of(h, 'nia') == [('Everybody', 'open', '3/4')], 'a task that is taken back opens it again', back.status, of(h, 'nia'))
    step(h, nia, rows[2][0], 'DONE')
    ok(of(h, 'nia') == [('Everybody', 'done', '4/4')], 'until it is done', of(h, 'nia'))
    told = [r[0] for r in h.sql("select type from system_events where type like 'onboarding.%' order by id")]
    ok(told == ['onboarding.started', 'onboarding.ended', 'onboarding.ended'], 'every act is an event', told)


def by_hand(h, p, plan):
    """For one who was there; two at once; stopped with a reason."""
    ben = '/members/' + uid(h, 'ben')
    pages, got = [h.get(ben, p['ana']), h.get(ben, p['adi'])], []
    both = [threading.Thread(target=lambda t=t, w=w: got.append(h.post(ben + '/onboarding', {'plan_id': plan, '_token': t.token}, p[w]))) for t, w in zip(pages, ('ana', 'adi'))]
    [t.start() for t in both]
    [t.join() for t in both]
    ok(sorted(a.status for a in got) == [303, 409] and of(h, 'ben') == [('Everybody', 'open', '0/4')], 'two begin it at once: once', [a.status for a in got], of(h, 'ben'))
    ok('under way already' in [a.text for a in got if a.status == 409][0], 'and the other is told')
    ok(h.form(ben, ben + '/onboarding', {'plan_id': uid(h, 'ben')}, p['ana']).status == 422 and h.form('/members/' + uid(h, 'cli'), '/members/%s/onboarding' % uid(h, 'cli'), {'plan_id': plan}, p['ana']).status == 404
       and h.form('/onboarding', ben + '/onboarding', {'plan_id': plan}, p['eva']).status == 403, 'no other plan, not for a client, not by a viewer')
    one = newest(h, 'ben')
    at = '/onboarding/' + one
    ok(h.form(at, at + '/stop', {'why': ' '}, p['ana']).status == 422 and h.form(at, at + '/stop', {'why': 'No'}, p['ben']).status == 403 and h.form(at, at + '/stop', {'why': 'No'}, p['bea']).status in (403, 404), 'stopped with a reason, by who manages members')
    reader = "select count(*) from sop_readers where user_id = '%s'" % uid(h, 'ben')
    before = h.one(reader)
    ok(h.form(at, at + '/stop', {'why': 'Knows it all'}, p['ana']).status == 303 and of(h, 'ben') == [('Everybody', 'stopped', '0/4')] and {t[3] for t in tasks(h, 'ben')} == {'CANCELLED'}, 'its tasks go with it', of(h, 'ben'), tasks(h, 'ben'))
    ok((before, h.one(reader)) == ('1', '0') and 'Knows it all' in h.get('/onboarding?view=over', p['eva']).text + h.get(at, p['eva']).text and h.form(at, at + '/stop', {'why': 'again'}, p['ana']).status == 409, 'and what it asked for; once')
    h.sql("update memberships set role = 'pm' where email = 'ben@demo.example'")
    ok(len(of(h, 'ben')) == 1, 'it does not begin by itself after that')
    ok(h.form(ben, ben + '/onboarding', {'plan_id': plan}, p['ana']).status == 303 and [o[1] for o in of(h, 'ben')] == ['stopped', 'open'], 'by hand it does')
    h.sql("update memberships set role = 'operator' where email = 'ben@demo.example'")


def places(h, p, blueprint):
    """A team's plan, a role's plan; a blueprint whose person has left must keep nobody out."""
    new = lambda **body: h.form('/onboarding/plans/new', '/onboarding/plans', {'template_id': blueprint, 'by_itself': 'on', **body}, p['ana']).status  # noqa: E731
    h.form('/settings/teams', '/settings/teams', {'name': 'Front desk'}, p['ana'])
    team = h.one("select id from teams where name = 'Front desk'")
    ok(new(name='Desk', places='team.' + team) == 303 and new(name='Operators', roles='operator') == 303 and new(name='Only by hand', by_itself='', roles='viewer') == 303, 'plans for a team, for a role, for nobody by itself')
    members = lambda *names: h.form('/settings/teams/' + team, '/settings/teams/' + team, {'name': 'Front desk', 'member': [uid(h, n) for n in names]}, p['ana'])  # noqa: E731
    members('eva')
    ok(of(h, 'eva') == [('Desk', 'open', '0/3')], 'who comes to the team has its plan, and not those for newcomers', of(h, 'eva'))
    members()
    members('eva')
    ok(of(h, 'eva') == [('Desk', 'open', '0/3')], 'once')
    at = '/members/' + uid(h, 'eva')
    with rings(h, 'another role'):
        h.form(at, at + '/role', {'role': 'operator'}, p['ana'])
    with rings(h, 'another charge'):
        h.form(at, at + '/scopes', {'scopes': ''}, p['ana'])
    with rings(h, 'another team'):
        members('eva')
    ok(of(h, 'eva') == [('Desk', 'open', '0/3'), ('Operators', 'open', '0/3')], 'who gets the role has its plan', of(h, 'eva'))
    h.form('/members/' + uid(h, 'ben'), '/members/%s/remove' % uid(h, 'ben'), {}, p['ana'])
    ok(of(h, 'ben')[-1][1] == 'left' and h.one("select count(*) from onboarding_items i join tasks t on t.id = i.task_id join onboardings o on o.id = i.onboarding_id where o.name = 'Ben' and t.status not in ('DONE', 'CANCELLED')") == '0',
       'who is removed has nothing left to do', of(h, 'ben'))
    h.person('gus@demo.example', org='demo', role='viewer')
    ok(of(h, 'gus') == [('Everybody', 'open', '0/4')] and [t[2] for t in tasks(h, 'gus')] == ['Gus', '-', 'Gus'], 'a step of somebody who has left is nobody\'s, and keeps nobody out', of(h, 'gus'), tasks(h, 'gus'))
    ben = h.person('ben@demo.example', org='demo', role='operator')
    ok([o[:2] for o in of(h, 'ben')[-2:]] == [('Everybody', 'open'), ('Operators', 'open')], 'who comes back begins again', of(h, 'ben'))
    return ben


def narrowed(h, p, plan):
    """A user sees his own; who is narrowed to a team sees those in it."""
    uma = h.person('uma@demo.example', org='demo', role='user')
    at = '/onboarding/' + newest(h, 'uma')
    page = h.get(at, uma)
    ok(page.status == 200 and 'Prepare a desk: Uma' in page.text and h.get('/tasks/mine', uma).text.count('0 of 4') and h.get('/onboarding', uma).status == 403 and h.get('/onboarding/' + newest(h, 'gus'), uma).status == 404,
       'the least role sees its own and no other', page.status)
    rows = tasks(h, 'uma')
    ok(step(h, uma, rows[0][0], 'IN_PROGRESS', 'DONE') == [303, 303] and of(h, 'uma')[0][2] == '1/4', 'and does it; what is not in sight counts as not done', of(h, 'uma'))
    h.sql("insert into scope_grants (org_id, user_id, scope) select org_id, '%s', 'team.' || id from teams where name = 'Front desk'" % uid(h, 'nia'))
    nia = h.sign_in('nia@demo.example')
    text = h.get('/onboarding', nia).text
    ok('Eva' in text and 'Gus' not in text and h.get(at, nia).status == 404, 'who is narrowed to a team sees its people')
    h.sql("update onboarding_plans set archived_at = now() where name = 'Everybody'")
    h.person('zoe@demo.example', org='demo', role='viewer')
    ok(of(h, 'zoe') == [], 'a plan that is put away begins no more')


with House.temporary(programs=('web',)) as h:
    h.org('demo', 'Demo', '--zone', 'Europe/Lisbon')
    h.org('bb', 'Other', '--zone', 'Europe/Lisbon')
    roles = {'ana': 'owner', 'adi': 'admin', 'ben': 'operator', 'eva': 'viewer', 'cli': 'client'}
    p = {n: h.person(n + '@demo.example', org='demo', role=r) for n, r in roles.items()}
    p['bea'] = h.person('bea@bb.example', org='bb')
    plan, reading, blueprint = plans(h, p)
    nia = join(h, p)
    goes_on(h, p, nia, reading)
    by_hand(h, p, plan)
    p['ben'] = places(h, p, blueprint)
    narrowed(h, p, plan)
done()
