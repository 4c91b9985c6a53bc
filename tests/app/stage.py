"""Tasks that follow their card, and the agent's answers to what happens to tasks (PIP-01, PIP-04, TSK-05, TSK-08, ORC-17). By the API, pages and real workers. Prints TAP."""
import os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


class Desk:
    def __init__(self, h):
        self.h = h
        h.org('aa', 'House aa', '--with-pipelines')
        self.boss, self.key = h.person('boss@aa.example', org='aa'), h.key('aa', 'owner')
        self.board = h.one("select id from pipelines where name = 'Support'")
        self.stages = dict((r[1], r[0]) for r in h.sql("select id, name from pipeline_stages where pipeline_id = '%s'" % self.board))
        self.n = 0

    def blueprint(self, name, stage, *titles):
        made = self.h.api('POST', '/task-templates', self.key, {'name': name}).json['id']
        for title in titles:
            self.h.api('POST', '/task-templates/%s/steps' % made, self.key, {'title': title, 'due_min': 2880})
        self.h.form('/task-templates/' + made, '/task-templates/%s/stage' % made, {'stage_id': self.stages[stage]}, self.boss)
        return made

    def card(self):
        """A request that a person sends to the board; its id and its card's number."""
        self.n += 1
        intake = self.h.api('POST', '/intake', self.key, {'subject': 'Broken lamp %d' % self.n, 'body': 'xyzzy', 'name': 'Kim', 'email': 'kim@mill.example'}, {'Idempotency-Key': 'c%d' % self.n}).json['id']
        self.h.drained()
        self.h.api('POST', '/intake/%s/assign' % intake, self.key, {'pipeline_id': self.board})
        self.h.drained()
        for (made,) in self.h.sql("select id from tasks where intake_id = '%s' and status = 'NEW'" % intake):  # of the decision, when there was one
            self.h.api('POST', '/tasks/%s/step' % made, self.key, {'status': 'CANCELLED'})
        self.h.drained()
        return intake, self.h.one("select number from pipeline_items where intake_id = '%s' and archived_at is null" % intake)

    def move(self, card, stage):
        return self.h.api('POST', '/boards/%s/move' % self.board, self.key, {'card': card, 'stage': self.stages[stage]}).status

    def tasks(self, intake):
        return [tuple(r) for r in self.h.sql("select t.title, t.status, s.name from tasks t left join pipeline_stages s on s.id = t.stage_id where t.intake_id = '%s' and t.template_id is not null "
                                             "order by t.title" % intake)]

    def stage_of(self, intake):
        return self.h.one("select s.name from pipeline_items i join pipeline_stages s on s.id = i.stage_id where i.intake_id = '%s' and i.archived_at is null" % intake)

    def done(self, intake, title):
        t = self.h.one("select id from tasks where intake_id = '%s' and title = '%s'" % (intake, title))
        for status in ('IN_PROGRESS', 'DONE'):
            self.h.api('POST', '/tasks/%s/step' % t, self.key, {'status': status})
        self.h.drained()
        return t

    def why(self, task):
        return [r[0] for r in self.h.sql("select code from decision_logs where task_id = '%s' and code is not null order by id" % task)]


def stages(d):
    d.blueprint('On site', 'In progress', 'Look at it', 'Repair it')
    d.blueprint('Afterwards', 'Waiting on client', 'Ask whether it works')
    intake, card = d.card()
    ok(d.tasks(intake) == [], 'no tasks before its stage')
    ok(d.move(card, 'In progress') == 200 and d.tasks(intake) == [('Look at it', 'NEW', 'In progress'), ('Repair it', 'NEW', 'In progress')], 'entering a stage makes the tasks of its blueprint', d.tasks(intake))
    ok(d.move(card, 'New') == 200 and d.move(card, 'In progress') == 200 and len(d.tasks(intake)) == 2, 'once, however often the card comes back')
    ok(d.move(card, 'Waiting on client') == 200 and d.tasks(intake) == [('Ask whether it works', 'NEW', 'Waiting on client'), ('Look at it', 'NEW', 'Waiting on client'), ('Repair it', 'NEW', 'Waiting on client')],
       'what is open follows the card', d.tasks(intake))
    d.h.form('/pipelines/' + d.board, '/pipelines/%s/stages/%s/tasks' % (d.board, d.stages['In progress']), {'needs_tasks': 'on', 'advances': 'on'}, d.boss)
    ok(d.h.one("select needs_tasks and advances from pipeline_stages where id = '%s'" % d.stages['In progress']) == 't', 'a stage may ask for its tasks')
    intake, card = d.card()
    d.move(card, 'In progress')
    ok(d.move(card, 'Solved') == 409 and d.stage_of(intake) == 'In progress', 'then a card does not go on before they are done')
    page = d.h.form('/boards/%s/move?card=%s' % (d.board, card), '/boards/%s/move' % d.board, {'card': card, 'stage': d.stages['Solved']}, d.boss)
    ok(page.status == 409 and 'still open' in page.text, 'and the page says why')
    ok(d.move(card, 'New') == 200 and d.move(card, 'In progress') == 200, 'back it may')
    d.done(intake, 'Look at it')
    ok(d.stage_of(intake) == 'In progress', 'one of two done: it stays')
    last = d.done(intake, 'Repair it')
    ok(d.stage_of(intake) == 'Waiting on client' and d.why(last) == ['card_on'], 'all done: the agent sends it on, and says so', d.why(last))
    ok(d.tasks(intake)[0] == ('Ask whether it works', 'NEW', 'Waiting on client') and d.tasks(intake)[1] == ('Look at it', 'DONE', 'In progress'), 'where the next tasks are made; what was done stays where it was done')
    ok('the card went on' in d.h.get('/tasks/' + last, d.boss).text, 'in words on the task')


def reactions(d):
    h = d.h
    intake, card = d.card()
    h.sql("update intake_requests set priority = 2 where id = '%s'" % intake)
    t = h.api('POST', '/tasks', d.key, {'title': 'About it', 'intake_id': intake}).json['id']
    h.drained()
    ok(h.one("select priority from tasks where id = '%s'" % t) == '2' and d.why(t) == ['request'], 'a new task is as urgent as its request')
    soon = h.api('POST', '/tasks', d.key, {'title': 'Soon', 'due': h.one("select to_char((now() + interval '3 hours') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")}).json['id']
    h.drained()
    ok(h.one("select priority from tasks where id = '%s'" % soon) == '3' and d.why(soon) == ['due_soon'], 'or as its date')
    h.sql("update tasks set due_at = now() - interval '1 minute' where id = '%s'" % soon)
    h.batch('run', 'sla')
    h.batch('run', 'sla')
    h.drained()
    ok(h.one("select priority from tasks where id = '%s'" % soon) == '2' and h.one("select count(*) from notifications where kind = 'escalated' and subject_id = '%s'" % soon) == '1', 'late: more urgent, and operators are told once')
    waits = h.api('POST', '/tasks', d.key, {'title': 'Waits'}).json['id']
    h.api('POST', '/tasks/%s/wait' % waits, d.key, {'blocker_id': t})
    h.api('POST', '/tasks/%s/step' % t, d.key, {'status': 'CANCELLED'})
    h.drained()
    ok('blocker_cancelled' in d.why(waits), 'who waited for a cancelled task learns it')
    job = h.one("select id from job_history where kind = 'task.react' and payload ->> 'task_id' = '%s' limit 1" % soon)
    before = h.one("select count(*) from decision_logs")
    h.sql("select set_config('app.current_org_id', (select id::text from organizations), false); select task_react('%s', '%s', 'created', 'NEW')" % (job, soon))
    ok(h.one("select count(*) from decision_logs") == before, 'the same job again answers nothing again')


def agent(d):
    h = d.h
    intake, card = d.card()
    t = h.api('POST', '/tasks', d.key, {'title': 'Call them', 'intake_id': intake}).json['id']
    h.api('POST', '/tasks/%s/points' % t, d.key, {'text': 'Ask for the model'})
    h.drained()
    h.form('/tasks/' + t, '/tasks/%s/agent' % t, {}, d.boss)
    ok('Fairlead' in h.get('/tasks/' + t, d.boss).text, 'a task may be given to the agent')
    h.drained()
    ok(h.one("select status from tasks where id = '%s'" % t) == 'NEEDS_REVIEW', 'it comes back for review')
    text = h.one("select replace(body, E'\\n', '|') from task_comments where task_id = '%s'" % t)
    ok('Broken lamp' in text and 'Kim' in text and 'Ask for the model' in text and 'Earlier requests' in text, 'with what is known', text)
    ok(h.one("select count(*) from notifications where kind = 'task_review' and subject_id = '%s'" % t) == '1', 'and who gave it is told')
    made = h.api('POST', '/task-templates', d.key, {'name': 'Prepared'}).json['id']
    ok(h.api('POST', '/task-templates/%s/steps' % made, d.key, {'title': 'Both', 'to_agent': True, 'assignee_id': h.one('select user_id from memberships limit 1')}).status == 422, 'a step is for the agent or for a person')
    h.api('POST', '/task-templates/%s/steps' % made, d.key, {'title': 'First a person'})
    h.api('POST', '/task-templates/%s/steps' % made, d.key, {'title': 'Then Fairlead', 'after_n': 1, 'to_agent': True})
    ok('>Fairlead' in h.get('/task-templates/' + made, d.boss).text, 'a blueprint may give a step to the agent')
    h.api('POST', '/task-templates/%s/use' % made, d.key, {'intake_id': intake})
    h.drained()
    ok(h.one("select status || ' ' || to_agent from tasks where title = 'Then Fairlead'") == 'NEW true', 'which waits as anybody would')
    d.done(intake, 'First a person')
    ok(h.one("select status from tasks where title = 'Then Fairlead'") == 'NEEDS_REVIEW', 'and begins when it may')
    h.sql("insert into orchestration_agents (org_id, active) select id, false from organizations")
    plain = h.api('POST', '/tasks', d.key, {'title': 'By hand', 'intake_id': intake}).json['id']
    ok(h.api('POST', '/tasks/%s/agent' % plain, d.key).status == 409, 'an agent that is switched off takes none')
    ok(all(h.api('POST', '/tasks/%s/step' % plain, d.key, {'status': s}).status in (200, 201) for s in ('IN_PROGRESS', 'DONE')), 'and tasks work without it (RES-01)')
    h.drained()
    ok(d.why(plain) == [], 'nothing is answered')


with House.temporary() as h:
    d = Desk(h)
    stages(d)
    reactions(d)
    agent(d)
done()
