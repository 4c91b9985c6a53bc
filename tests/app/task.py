"""Tasks at the doors (TSK): the exact table of transitions, dependencies, review, teams, blueprints, board, bulk, versions, tenants. Prints TAP."""
import os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

STATES = ('NEW', 'IN_PROGRESS', 'NEEDS_REVIEW', 'BLOCKED', 'DONE', 'CANCELLED')
TABLE = {('NEW', 'IN_PROGRESS'), ('NEW', 'CANCELLED'), ('IN_PROGRESS', 'NEEDS_REVIEW'), ('IN_PROGRESS', 'BLOCKED'), ('IN_PROGRESS', 'DONE'), ('IN_PROGRESS', 'CANCELLED'),
         ('BLOCKED', 'IN_PROGRESS'), ('NEEDS_REVIEW', 'IN_PROGRESS'), ('NEEDS_REVIEW', 'DONE')}
WAY = {'NEW': (), 'IN_PROGRESS': ('IN_PROGRESS',), 'NEEDS_REVIEW': ('IN_PROGRESS', 'NEEDS_REVIEW'), 'BLOCKED': ('IN_PROGRESS', 'BLOCKED'), 'DONE': ('IN_PROGRESS', 'DONE'),
       'CANCELLED': ('CANCELLED',)}


def add(h, who, title, **more):
    return h.api('POST', '/tasks', who, {'title': title, **more}).json['id']


def step(h, who, task, status, **more):
    return h.api('POST', '/tasks/%s/step' % task, who, {'status': status, **more})


def show(h, who, task):
    return h.api('GET', '/tasks/' + task, who).json


def browser(h, ana):
    page = h.get('/tasks/new', ana)
    answer = h.post('/tasks', {'title': 'Send the revised invoice', 'due': '2031-03-31T14:30', 'priority': 3, '_token': page.token}, ana)
    ok(answer.status == 303 and 'done=task_added' in answer.headers['Location'], 'a task is added in the browser')
    task = answer.headers['Location'].split('/')[2].split('?')[0]
    listed = h.get('/tasks', ana)
    ok(listed.status == 200 and 'Send the revised invoice' in listed.text, 'it is on the list')
    for status in ('IN_PROGRESS', 'NEEDS_REVIEW', 'DONE'):
        answer = h.form('/tasks/' + task, '/tasks/%s/step' % task, {'status': status, 'version': show(h, ana_key, task)['task']['version']}, ana)
        if answer.status != 303:
            break
    ok(show(h, ana_key, task)['task']['status'] == 'DONE', 'and is moved through its states by its buttons')
    text = h.get('/tasks/' + task, ana).text
    ok(text.count('State changed') == 3, 'the history tells each step')
    ok(h.one("select to_char(due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from tasks where id = '%s'" % task) == '2031-03-31 12:30', 'due is read in the zone of who writes it')
    answer = h.form('/tasks/new', '/tasks', {'title': 'Odd', 'due': '2031-02-31T10:00'}, ana)
    ok(answer.status == 422 and 'id="due-error"' in answer.text and 'value="Odd"' in answer.text, 'a day that is none is refused, what was written is kept',
       answer.status, answer.text[answer.text.find('<label for="title"'):][:900])


def transitions(h):
    wrong = []
    for a in STATES:
        for b in STATES:
            task = add(h, ana_key, '%s to %s' % (a, b))
            for s in WAY[a]:
                step(h, ana_key, task, s)
            got = step(h, ana_key, task, b, feedback='because').status
            now = show(h, ana_key, task)['task']['status']
            good = got == 200 and now == b if (a, b) in TABLE else got == 409 and now == a
            if not good:
                wrong.append((a, b, got, now))
    ok(not wrong, 'all 36 pairs: only the nine of X-57 change a state%s' % (wrong or ''))
    answer = h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'aa'), false); do $$ begin "
                   "insert into tasks (org_id, title, status) values (fl_org(), 'x', 'DONE'); raise notice 'came in'; exception when sqlstate 'FL409' then null; end $$; "
                   "select count(*) from tasks where title = 'x'")
    ok(answer[-1][-1] == '0', 'a task begins as NEW, held by the database')


def cancelled(h):
    for state in ('NEW', 'IN_PROGRESS', 'BLOCKED', 'NEEDS_REVIEW'):
        task, other = add(h, ana_key, 'Drop ' + state), add(h, ana_key, 'In the way')
        for s in WAY[state]:
            step(h, ana_key, task, s)
        if state == 'BLOCKED':
            h.api('POST', '/tasks/%s/wait' % task, ana_key, {'blocker_id': other})
        got = h.api('POST', '/tasks/%s/cancel' % task, ana_key, {'feedback': 'No need.'})
        way = [r[0] for r in h.sql("select detail ->> 'to' from audit_log where subject_id = '%s' and action = 'task.step' order by at, detail ->> 'to' = 'CANCELLED'" % task)][len(WAY[state]):]  # rows of one transaction have no order of their own
        ok(got.status in (200, 201) and way == (['IN_PROGRESS'] if state in ('BLOCKED', 'NEEDS_REVIEW') else []) + ['CANCELLED'], 'cancelled from %s, through work where the table says so' % state, got.status, way)
    ok(h.api('POST', '/tasks/%s/cancel' % task, ana_key, {}).status == 409, 'once')


def stale(h):
    task = add(h, ana_key, 'Seen by two')
    ok(step(h, ana_key, task, 'IN_PROGRESS', version=1).status == 200 and step(h, ana_key, task, 'DONE', version=1).status == 409, 'a stale version is 409')


def dependencies(h, bob_id):
    first, second, third = (add(h, ana_key, t, assignee_id=bob_id) for t in ('Measure', 'Cut', 'Glue'))
    ok(h.api('POST', '/tasks/%s/wait' % second, ana_key, {'blocker_id': first}).status in (200, 201), 'a task waits for another')
    h.api('POST', '/tasks/%s/wait' % third, ana_key, {'blocker_id': second})
    ok(h.api('POST', '/tasks/%s/wait' % first, ana_key, {'blocker_id': third}).status == 422, 'a circle is refused')
    ok(h.api('POST', '/tasks/%s/wait' % first, ana_key, {'blocker_id': first}).status == 422, 'so is waiting for itself')
    ok(step(h, ana_key, second, 'IN_PROGRESS').status == 409, 'it cannot begin before')
    step(h, ana_key, third, 'IN_PROGRESS')
    other = add(h, ana_key, 'Paint')
    step(h, ana_key, other, 'IN_PROGRESS')
    h.api('POST', '/tasks/%s/wait' % other, ana_key, {'blocker_id': first})
    ok(show(h, ana_key, other)['task']['status'] == 'BLOCKED', 'work that gets a blocker is blocked')
    step(h, ana_key, first, 'IN_PROGRESS')
    step(h, ana_key, first, 'DONE')
    ok(show(h, ana_key, other)['task']['status'] == 'IN_PROGRESS' and show(h, ana_key, second)['task']['waits'] == 0, 'the end of the blocker unblocks')
    ok(h.one("select count(*) from notifications where kind = 'task_unblocked' and subject_id = '%s'" % second) == '1', 'and who has the waiting task is told')
    ok(step(h, ana_key, second, 'IN_PROGRESS').status == 200, 'now it can begin')


def review(h, bob, bob_id):
    task = add(h, ana_key, 'Draft the answer', assignee_id=bob_id)
    step(h, ana_key, task, 'IN_PROGRESS')
    step(h, ana_key, task, 'NEEDS_REVIEW')
    ok(step(h, ana_key, task, 'IN_PROGRESS').status == 422, 'a review that sends back has to say why')
    ok(step(h, ana_key, task, 'IN_PROGRESS', feedback='Name the price.').status == 200, 'with feedback it goes back')
    ok(any(c['kind'] == 'feedback' and c['body'] == 'Name the price.' for c in show(h, ana_key, task)['comments']), 'the feedback is among the comments')
    ok('A review sent your task back' in h.get('/notifications', bob).text, 'and told to who has it')
    h.api('POST', '/tasks/%s/points' % task, ana_key, {'text': 'Price named'})
    point = show(h, ana_key, task)['checklist'][0]['check']
    answer = h.form('/tasks/' + task, '/tasks/%s/tick' % task, {'check': point, 'ticked': 'true'}, bob)
    ok(answer.status == 303 and show(h, ana_key, task)['task']['ticked'] == 1, 'a point of the checklist is ticked')
    ok('Draft the answer' in h.get('/tasks/mine', bob).text, 'it is in my day')
    ok('<option value="%s" selected' % bob_id in h.get('/tasks/' + task, bob).text, 'who has it is chosen in the form')


def teams(h, people):
    for rule in ('turn', 'load'):
        team = h.api('POST', '/settings/teams', ana_key, {'name': 'By ' + rule, 'rule': rule, 'member': people}).json['id']
        busy = [add(h, ana_key, 'Busy', assignee_id=people[0]) for _ in range(3)] if rule == 'load' else []
        got = [show(h, ana_key, add(h, ana_key, 'Team work', team_id=team))['task']['assignee_id'] for _ in range(6)]
        if rule == 'turn':
            ok(sorted(got[:3]) == sorted(people) and got[:3] == got[3:], 'by turn: each of three, then again in the same order')
        else:
            counts = [int(h.one("select count(*) from tasks where assignee_id = '%s' and status not in ('DONE', 'CANCELLED')" % p)) for p in people]
            ok(len(busy) == 3 and got[0] != people[0] and max(counts) - min(counts) <= 1, 'by load: who has fewer gets more, until all have the same', counts)


def blueprint(h, ana):
    pipeline = h.api('GET', '/pipelines', ana_key).json['pipelines'][0]['id']
    made = h.api('POST', '/task-templates', ana_key, {'name': 'Welcome', 'pipeline_id': pipeline}).json['id']
    ok(h.api('POST', '/task-templates/%s/use' % made, ana_key, {}).status == 422, 'a blueprint without steps makes nothing')
    h.api('POST', '/task-templates/%s/steps' % made, ana_key, {'title': 'Call', 'due_min': 60, 'checklist': 'Ask the name\nAsk the date'})
    h.api('POST', '/task-templates/%s/steps' % made, ana_key, {'title': 'Offer', 'due_min': 1440, 'after_n': 1})
    ok(h.api('POST', '/task-templates/%s/steps' % made, ana_key, {'title': 'Never', 'after_n': 9}).status == 422, 'a step waits only for an earlier one')
    answer = h.api('POST', '/task-templates/%s/use' % made, ana_key, {'start': '2031-01-01T00:00:00Z'})
    ok(answer.status == 201, 'tasks made of a blueprint are told as new', answer.status)
    made_one = show(h, ana_key, answer.json.get('first'))['task']
    ok({'id', 'org_id', 'status', 'priority', 'assignee_id', 'pipeline_id', 'pipeline', 'stage_id', 'stage', 'template_id', 'template', 'created_at', 'updated_at'} <= set(made_one)
       and made_one['template_id'] == made and made_one['stage'] and made_one['updated_at'].startswith('20'), 'a task says all that TSK-01 names', made_one)
    rows = h.sql("select title, to_char(due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), (select count(*) from task_checks c where c.task_id = t.id), "
                 "(select count(*) from task_dependencies d where d.task_id = t.id) from tasks t where template_id = '%s' order by id" % made)
    ok(answer.json.get('made') == 2 and [list(r) for r in rows] == [['Call', '2031-01-01 01:00', '2', '0'], ['Offer', '2031-01-02 00:00', '0', '1']],
       'it makes linked tasks with due dates from the start %s' % rows)
    sent = h.api('POST', '/intake', ana_key, {'subject': 'Hello there', 'body': 'x'}, {'Idempotency-Key': 'k1'}).json['id']
    h.drained()
    for _ in range(2):
        h.api('POST', '/intake/%s/assign' % sent, ana_key, {'pipeline_id': pipeline})
    ok(h.one("select count(*) from tasks where intake_id = '%s' and template_id = '%s'" % (sent, made)) == '2', 'a request that reaches its pipeline gets them once')
    text = h.get('/intake/' + sent, ana).text
    ok('>Call<' in text and '>Offer<' in text, 'and shows them on its page')
    stage = h.one("select s.name from tasks t join pipeline_stages s on s.id = t.stage_id where t.intake_id = '%s' limit 1" % sent)
    ok(bool(stage), 'they stand in a stage of the pipeline (PIP-01)')


def board_and_bulk(h, ana, bob_id):
    a, b = add(h, ana_key, 'Carry'), add(h, ana_key, 'Stack')
    page = h.get('/tasks/board', ana)
    ok(page.status == 200 and 'data-stage="IN_PROGRESS"' in page.text and 'c-' + a in page.text, 'the board shows the states as lanes')
    answer = h.post('/tasks/board', {'card': a, 'version': 1, 'stage': 'IN_PROGRESS', '_token': page.token}, ana)
    ok(answer.status == 303 and show(h, ana_key, a)['task']['status'] == 'IN_PROGRESS', 'a card is moved')
    answer = h.form('/tasks/board', '/tasks/board', {'card': b, 'version': 1, 'stage': 'DONE'}, ana)
    ok(answer.status == 409 and show(h, ana_key, b)['task']['status'] == 'NEW', 'and not where the table does not lead')
    answer = h.form('/tasks', '/tasks/bulk', {'act': 'assign', 'assignee_id': bob_id, 'id': [a, b]}, ana)
    ok(answer.status == 303 and all(show(h, ana_key, t)['task']['assignee_id'] == bob_id for t in (a, b)), 'several are assigned at once')
    ok(h.api('POST', '/tasks/bulk', ana_key, {'act': 'cancel', 'id': [a, b, 'nonsense']}).json['done'] == 2, 'and cancelled at once; what is no id is passed over')


def takes_back(h, ana, bob_id, viewer):
    """What was done a moment ago is taken back, by who did it, once, and not when something came after it."""
    def told(answer):
        return answer.headers.get('Location', '').partition('&of=')[2]

    def undo(path, request, who=ana):
        return h.form('/tasks', path + '/undo', {'request': request}, who)

    task, other = add(h, ana_key, 'Take back'), add(h, ana_key, 'Take back too')
    at = '/tasks/' + task
    request = told(h.form(at, at + '/step', {'status': 'IN_PROGRESS'}, ana))
    page = h.get(at + '?done=task_moved&of=' + request, ana).text
    ok(request and 'action="%s/undo"' % at in page and 'value="%s"' % request in page, 'a step offers its undo', page[page.find('data-toast'):][:900])
    ok(undo(at, request, viewer).status == 403, 'not to who may not')
    answer = undo(at, request)
    ok(answer.status == 303 and show(h, ana_key, task)['task']['status'] == 'NEW' and undo(at, request).status == 409, 'a step is taken back once', answer.status)
    request = told(h.form(at, at + '/assign', {'assignee_id': bob_id}, ana))
    ok(undo(at, request).status == 303 and not show(h, ana_key, task)['task']['assignee_id'], 'and an assignment')
    request = told(h.form('/tasks', '/tasks/bulk', {'act': 'cancel', 'id': [task, other]}, ana))
    ok(undo('/tasks', 'f' * 32).status == 409 and show(h, ana_key, task)['task']['status'] == 'CANCELLED', 'another number takes nothing back')
    ok(undo('/tasks', request).status == 303 and [show(h, ana_key, t)['task']['status'] for t in (task, other)] == ['NEW', 'NEW'], 'and an act on many')
    request = told(h.form(at, at + '/step', {'status': 'IN_PROGRESS'}, ana))
    ok(undo(at, request).status == 303, 'a step of the page')
    moved = h.form('/tasks/board', '/tasks/board', {'card': task, 'version': show(h, ana_key, task)['task']['version'], 'stage': 'IN_PROGRESS'}, ana)
    page = h.get(moved.headers.get('Location', ''), ana).text
    ok('action="/tasks/board/undo"' in page and undo('/tasks/board', told(moved), viewer).status == 403 and undo('/tasks/board', told(moved)).status == 303
       and show(h, ana_key, task)['task']['status'] == 'NEW', 'and a move on the board', moved.headers.get('Location'))
    desk = h.one("select id from pipelines where org_id = (select org_id from tasks where id = '%s') limit 1" % task)
    moved = h.form('/tasks/board', '/tasks/board', {'card': task, 'version': show(h, ana_key, task)['task']['version'], 'stage': 'IN_PROGRESS', 'pipeline_id': desk}, ana)
    page = h.get(moved.headers.get('Location', ''), ana).text
    back = h.form('/tasks', '/tasks/board/undo', {'request': told(moved), 'pipeline_id': desk}, ana)
    ok(re.search(r'(?s)action="/tasks/board/undo">.{0,400}name="pipeline_id" value="%s"' % desk, page) and 'pipeline_id=%s&' % desk in back.headers.get('Location', ''),
       'which leads back to the pipeline the board was cut to', back.headers.get('Location'))
    request = told(h.form(at, at + '/step', {'status': 'IN_PROGRESS'}, ana))
    step(h, ana_key, task, 'DONE')
    ok(undo(at, request).status == 409 and show(h, ana_key, task)['task']['status'] == 'DONE', 'not when the task has gone on')
    ok('change: <del>in progress</del> new' in h.get('/audit?action=task', ana).text, 'the log tells it')


def all_matching(h, ana, bob_id, viewer, eve, bob_key):
    """One act on everything a filter matches: counted, confirmed, done by a chain of jobs."""
    h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'aa'), false); "
          "insert into tasks (org_id, title, priority) select fl_org(), 'Many ' || n, 8 from generate_series(1, 450) n")
    page = h.get('/tasks/all?view=open&priority=8&limit=50', ana)
    ok('/tasks/all?' in h.get('/tasks?priority=8', ana).text and page.status == 200 and '450 tasks match' in page.text and 'Do it to 450 tasks' in page.text, 'the list leads to a page that says how many match', page.status)
    body = {'view': 'open', 'priority': 8, 'act': 'assign', 'count': 450}
    ok(h.form('/tasks/all?priority=8', '/tasks/all', body, ana).status == 422, 'assigned to nobody: refused')
    ok(h.form('/tasks/all?priority=8', '/tasks/all', {**body, 'to_assignee_id': bob_id, 'count': 449}, ana).status == 409, 'others in number by now: asked again')
    answer = h.form('/tasks/all?priority=8', '/tasks/all', {**body, 'to_assignee_id': bob_id}, ana)
    newer = add(h, ana_key, 'Newer', priority=8)
    h.wait(lambda: h.one("select count(*) from notifications where kind = 'task_bulk'") == '1', 'the end of it', 60)
    ok(answer.status == 303 and h.one("select count(*) from tasks where title like 'Many %%' and assignee_id = '%s'" % bob_id) == '450', 'done to all of them, whoever asked is told', answer.status)
    ok(show(h, ana_key, newer)['task']['assignee_id'] is None, 'and not to one that came later')
    ok(h.one("select count(*) from job_history where kind = 'task.bulk' and state = 'completed'") in ('3', '2'), 'by a chain of jobs of 200 each', h.one("select count(*) from job_history where kind = 'task.bulk'"))
    board, mine = h.get('/tasks/board', ana).text, h.get('/tasks/mine', bob_key).text
    ok(board.count('<article') <= 500 and '/tasks?view=open&amp;status=NEW"' in board and h.get('/tasks?view=open&status=NEW', ana).text.count('data-row') == 50, 'a lane of more than a hundred leads to the list of its state')
    ok('href="/tasks?view=mine"' in mine, 'and a day of more than two hundred to all of mine')
    ok(h.get('/tasks/all', viewer).status == 403 and h.form('/tasks/all', '/tasks/all', {'act': 'cancel', 'count': 451}, eve).status == 409, 'not for a viewer, and never of another organisation')
    ok(h.api('POST', '/tasks/all', ana_key, {'act': 'cancel', 'priority': 8, 'count': 451}).status == 202, 'by the API')
    h.wait(lambda: h.one("select count(*) from tasks where priority = 8 and status = 'CANCELLED'") == '451', 'all to be cancelled', 60)


def others(h, eve, viewer):
    task = add(h, ana_key, 'Secret of aa')
    ok(h.get('/tasks/' + task, eve).status == 404 and 'Secret of aa' not in h.get('/tasks', eve).text, 'another organisation does not see it')
    ok(h.form('/tasks/board', '/tasks/%s/step' % task, {'status': 'IN_PROGRESS'}, eve).status == 404, 'nor move it')
    page = h.get('/tasks/' + task, viewer)
    ok(page.status == 200 and '/step"' not in page.text, 'a viewer reads and has no buttons')


with House.temporary() as h:
    h.org('aa', 'House aa', '--with-pipelines')
    h.org('bb', 'House bb', '--with-pipelines')
    h.sql("update organizations set zone = 'Europe/Madrid' where slug = 'aa'")
    ana, bob = h.person('ana@aa.example', org='aa'), h.person('bob@aa.example', org='aa', role='member')
    h.person('cleo@aa.example', org='aa', role='member')
    viewer, eve = h.person('vic@aa.example', org='aa', role='viewer'), h.person('eve@bb.example', org='bb')
    ana_key = h.key('aa', 'owner')
    ids = {r[0]: r[1] for r in h.sql("select email, user_id from memberships")}
    people = [ids[e + '@aa.example'] for e in ('ana', 'bob', 'cleo')]
    browser(h, ana)
    transitions(h)
    cancelled(h)
    stale(h)
    dependencies(h, people[1])
    review(h, bob, people[1])
    teams(h, people)
    blueprint(h, ana)
    board_and_bulk(h, ana, people[1])
    takes_back(h, ana, people[1], viewer)
    all_matching(h, ana, people[1], viewer, eve, bob)
    others(h, eve, viewer)
done()
