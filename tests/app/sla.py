"""Promised times at the doors: business hours over clock changes, pauses, breaches that do not depend on when somebody looked, alerts once. Prints TAP."""
import datetime, os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

SET = "select set_config('app.current_org_id', (select id::text from organizations where slug = 'aa'), false); "
WEEK = {'hours.%d' % d: '09:00-13:00, 14:00-18:00' if d < 6 else '' for d in range(1, 8)}


def arithmetic(h, policy):
    """(from, minutes, due) in UTC; Madrid changed to summer time on 2026-03-29 and back on 2026-10-25."""
    cases = (('2026-03-27 16:30', 60, '2026-03-30 07:30', 'Friday 17:30 local, over the weekend and the spring change'),
             ('2026-10-23 15:30', 60, '2026-10-26 08:30', 'the same over the autumn change'),
             ('2026-03-30 10:30', 60, '2026-03-30 12:30', 'over the lunch hour'),
             ('2026-03-30 02:00', 30, '2026-03-30 07:30', 'before hours: they begin at nine'),
             ('2026-12-24 16:00', 120, '2026-12-28 09:00', 'over a holiday and a weekend'),
             ('2026-03-30 07:00', 480 * 5, '2026-04-03 16:00', 'a week of eight hours a day'))
    for at, minutes, due, what in cases:
        got = h.sql(SET + "select to_char(sla_add('%s', '%s+00', %d * 60) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')" % (policy, at, minutes))[-1][-1]
        back = h.sql(SET + "select sla_worked('%s', '%s+00', '%s+00') / 60" % (policy, at, due))[-1][-1]
        ok(got == due and float(back) == minutes, what, got, back)


def ask(h, key, subject, hours_ago):
    """A request that came some hours ago, routed."""
    sent = h.api('POST', '/intake', key, {'subject': subject, 'body': 'x', 'email': 'kim@mill.example'}, {'Idempotency-Key': subject}).json['id']
    h.drained()
    h.sql("update intake_requests set created_at = now() - interval '%s hours' where id = '%s'; %s select sla_compute('%s')" % (hours_ago, sent, SET, sent))
    return sent


def clock(h, intake, kind='first'):
    rows = h.sql("select state, reason, extract(epoch from due_at), extract(epoch from breached_at), used_s from sla_clocks where intake_id = '%s' and kind = '%s'" % (intake, kind))
    return rows[0] if rows else None


def alerts(h, intake):
    return sorted(tuple(r) for r in h.sql("select kind, level from sla_alerts where subject_id = '%s'" % intake))


def life(h, ana, key):
    one = ask(h, key, 'The heating is cold', 0)
    ok(clock(h, one)[:2] == ['running', 'runs'], 'the first-answer clock runs')
    ok('First answer' in h.get('/intake/' + one, ana).text and 'runs since' in h.get('/intake/' + one, ana).text, 'and is on the page with its reason')
    h.form('/intake/' + one, '/intake/%s/reply' % one, {'text': 'We look at it.'}, ana)
    ok(clock(h, one)[:2] == ['stopped', 'answered'] and clock(h, one, 'resolve')[:2] == ['paused', 'waits_requester'], 'an answer stops it and pauses the resolution')
    ok('waits for the requester since' in h.get('/intake/' + one, ana).text, 'the page says why')
    h.sql(SET + "select intake_message_in('%s', 'Kim', 'Still cold.', null)" % one)
    ok(clock(h, one, 'next')[:2] == ['running', 'runs'] and clock(h, one, 'resolve')[0] == 'running', 'a word of the requester starts the next-answer clock and goes on with the resolution')
    h.form('/intake/' + one, '/intake/%s/close' % one, {}, ana)
    ok([clock(h, one, k)[:2] for k in ('next', 'resolve')] == [['stopped', 'closed']] * 2, 'closing stops all')
    h.form('/intake/' + one, '/intake/%s/reopen' % one, {}, ana)
    ok(clock(h, one, 'resolve')[0] == 'running', 'opening again goes on')


def breaches(h, key):
    late = ask(h, key, 'Nobody answers', 5)
    h.batch('run', 'sla')
    first = clock(h, late)
    started = float(h.one("select extract(epoch from created_at) from intake_requests where id = '%s'" % late))
    ok(first[3] and abs(float(first[3]) - started - 3600) < 0.001, 'a sweep that comes four hours late notes the breach at its own time', first)
    ok(('first', 'breach') in alerts(h, late), 'told')
    ok(('first', 'escalation') in alerts(h, late), 'and escalated: the escalation time is over as well')
    before = int(h.one("select count(*) from notifications where subject_id = '%s'" % late))
    for _ in range(3):
        h.batch('run', 'sla')
        h.sql(SET + "select sla_compute('%s')" % late)
    h.batch('run', 'sla')
    ok(int(h.one("select count(*) from notifications where subject_id = '%s'" % late)) == before and before > 0, 'once, however often swept and computed anew')
    ok(h.one("select count(*) from system_events where type = 'sla.breached' and payload ->> 'intake_id' = '%s' and payload ->> 'clock' = 'first'" % late) == '1', 'one event')
    told = lambda r: [x[0] for x in h.sql("select type from system_events where type like 'sla.%%' and payload ->> 'intake_id' = '%s' and payload ->> 'clock' = 'first' order by type" % r)]
    soon = ask(h, key, 'Nearly late', '0.9')
    h.batch('run', 'sla')
    ok(told(soon) == ['sla.warned'] and told(late) == ['sla.breached', 'sla.escalated'], 'each level is an event: a warning, a breach, an escalation', told(soon), told(late))
    ok(h.one("select bool_and((n.detail ->> 'due_at')::timestamptz = c.due_at) and count(distinct n.kind) = 2 from notifications n join sla_clocks c on c.intake_id = n.subject_id and c.kind = n.detail ->> 'clock'"
             " where n.subject_id = '%s' and c.kind = 'first'" % late) == 't', 'what is said of it says when it was due', h.sql("select kind, detail from notifications where subject_id = '%s'" % late))
    ok(alerts(h, soon) == [('first', 'warning')], 'a warning before', alerts(h, soon))
    paused = ask(h, key, 'We wait', 30)
    h.sql(SET + "insert into intake_messages (org_id, intake_id, direction, author_name, body, created_at) select org_id, id, 'out', 'Ana', 'When?', created_at + interval '30 minutes' "
          "from intake_requests where id = '%s'" % paused)
    h.batch('run', 'sla')
    c = clock(h, paused, 'resolve')
    ok(c[:2] == ['paused', 'waits_requester'] and not c[3] and c[4] == '1800' and alerts(h, paused) == [], 'a day of waiting for the requester breaks no promise', c, alerts(h, paused))


def chain(h, ana, key):
    """A missed promise climbs: 30 minutes after the breach all operators, 60 Bo, 300 all again."""
    h.person('bo@aa.example', org='aa', role='member')
    bo = h.one("select user_id from memberships where email = 'bo@aa.example'")
    policy = '/settings/sla/' + h.one("select id from sla_policies where name = 'Always'")
    for minutes, person in ((60, bo), (300, '')):
        h.form(policy, policy + '/steps', {'after_min': minutes, 'user_id': person}, ana)
    ok(h.form(policy, policy + '/steps', {'after_min': 60}, ana).status == 422, 'two steps at one time are refused')
    page, name = h.get(policy, ana).text, h.one("select name from memberships where user_id = '%s'" % bo)
    ok('after 60 min of business time to <b>%s</b>' % name in page and 'after 300 min' in page, 'the chain is on the page of the policy', name)
    steps = lambda r: [x[0] for x in h.sql("select step from sla_alerts where subject_id = '%s' and kind = 'first' and level = 'escalation' order by step" % r)]
    told = lambda r: h.one("select count(*) from notifications where kind = 'sla_escalation' and subject_id = '%s' and user_id = '%s'" % (r, bo))
    high = ask(h, key, 'Up it goes', 3)
    h.batch('run', 'sla')
    ok(steps(high) == ['30', '60'] and told(high) == '1', 'two hours after the breach: the steps that are due, each to whom it says', steps(high), told(high))
    h.sql("update intake_requests set created_at = created_at - interval '4 hours' where id = '%s'" % high)
    h.sql(SET + "select sla_compute('%s')" % high)
    low = ask(h, key, 'Not so high', '1.75')
    h.batch('run', 'sla')
    wait = float(h.one("select extract(epoch from next_at - breached_at) from sla_clocks where intake_id = '%s' and kind = 'first'" % low))
    ok(steps(low) == ['30'] and told(low) == '0' and wait == 3600, '45 minutes after it: the first, and the sweep comes back for the next', steps(low), wait)
    for _ in range(2):
        h.batch('run', 'sla')
    ok(told(high) == '2' and told(low) == '0', 'once a deadline and step', told(high))
    h.form(policy, policy + '/steps/remove', {'step': h.one('select id from sla_escalations where after_min = 300')}, ana)
    ok(h.one('select count(*) from sla_escalations') == '1', 'a step is taken away')


def seen(h, ana, key):
    """Every clock on one page, with its reason."""
    text = h.get('/sla', ana).text
    ok('Not so high' in text and 'runs since' in text, 'clocks that run')
    ok('We wait' in h.get('/sla?view=paused', ana).text and 'waits for the requester since' in h.get('/sla?view=paused', ana).text, 'those that wait, and for whom')
    missed = h.get('/sla?view=missed', ana).text
    ok('Up it goes' in missed and 'escalated 2 times' in missed, 'those missed, and how far they climbed')
    for view in ('running', 'missed'):
        rows, url = [], '/api/v1/sla?limit=1&view=' + view
        while url:
            page = h.get(url, key, headers={'Accept': 'application/json'}).json
            rows += [(c['intake_id'], c['kind']) for c in page['clocks']]
            url = page.get('next')
        want = int(h.one('select count(*) from sla_clocks where ' + ("state = 'running'" if view == 'running' else 'breached_at is not null')))
        ok(len(rows) == len(set(rows)) == want > 2, 'page by page each %s clock once' % view, len(rows), want)


def changed(h, ana, key):
    """A policy that changes reaches all open requests."""
    policy = '/settings/sla/' + h.one("select id from sla_policies where name = 'Always'")
    h.sql("update sla_policies set active = false where name = 'Mill'; " + SET + "insert into intake_requests (org_id, number, channel, subject, body, status) select fl_org(), 10000 + n, 'api', 'Bulk ' || n, '', 'NEW' "
          "from generate_series(1, 450) n")
    save = lambda **more: h.form(policy, policy, {'name': 'Always', 'first_min': 90, 'zone': 'UTC', **more}, ana)
    save(active='true')
    h.drained(60)
    ok(h.one("select count(*) from sla_clocks c join intake_requests r on r.id = c.intake_id where r.subject like 'Bulk %' and c.target_s = 5400") == '450', 'all 450 open requests, by jobs of sla-monitor')
    ok(h.one("select count(*) > 1 and bool_and(state = 'completed') from job_history where queue = 'sla-monitor'") == 't', 'which are done')
    kept = h.one("select count(*) from sla_clocks where state = 'stopped' and kind = 'first'")
    save()
    h.drained(60)
    ok(h.one("select count(*) from sla_clocks where state <> 'stopped'") == '0' and h.one("select count(*) from sla_clocks where state = 'stopped' and kind = 'first'") == kept, 'nothing promised: no clock runs; what was is kept')


def tasks(h, key):
    bo = h.one("select user_id from memberships where email = 'bo@aa.example'")
    t = h.api('POST', '/tasks', key, {'title': 'Of a member', 'due': '2030-01-01T00:00:00Z', 'assignee_id': bo}).json['id']
    h.sql("update tasks set due_at = now() - interval '1 minute' where id = '%s'" % t)
    h.batch('run', 'sla')
    ok(h.one("select count(*) from notifications where kind = 'task_late' and subject_id = '%s' and user_id = '%s'" % (t, bo)) == '1', 'who has a late task is told as well as the operators')
    t = h.api('POST', '/tasks', key, {'title': 'Due', 'due': '2030-01-01T00:00:00Z'}).json['id']
    h.sql("update tasks set due_at = now() - interval '1 minute' where id = '%s'" % t)
    h.batch('run', 'sla')
    h.batch('run', 'sla')
    ok(h.one("select count(*) from system_events where type = 'task.sla_breached' and payload ->> 'task_id' = '%s'" % t) == '1', 'a late task is told once (TSK-06)')


def particular(h, ana, key):
    contact = h.one("select id from contacts where email = 'kim@mill.example'")
    h.form('/settings/sla', '/settings/sla', {'name': 'Mill', 'first_min': 15, 'contact_id': contact, 'zone': 'UTC', 'active': 'true'}, ana)
    mine = ask(h, key, 'From the mill', 0)
    ok(h.one("select p.name from sla_clocks c join sla_policies p on p.id = c.policy_id where c.intake_id = '%s' and kind = 'first'" % mine) == 'Mill', "the client's own policy comes first")
    day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)
    h.form('/settings/sla', '/settings/sla', {'name': 'Shut', 'first_min': 90, 'contact_id': contact, 'zone': 'UTC', 'active': 'true',
                                              'hours.%d' % day.isoweekday(): '09:00-13:00'}, ana)
    h.sql("update sla_policies set active = false where name = 'Mill'")
    text = h.get('/intake/' + ask(h, key, 'Is anybody there?', 0), ana).text
    ok('0\u00a0min of 1\u00a0h\u00a030\u00a0min used; outside business hours, counts again' + day.strftime(' %a 09:00') in text,
       'a clock that rests says when it counts again', text[text.find('used;') - 80:][:300])
    h.sql("update sla_policies set active = name = 'Mill' where name in ('Mill', 'Shut')")


with House.temporary() as h:
    h.org('aa', 'House aa', '--with-pipelines')
    ana, key = h.person('ana@aa.example', org='aa'), h.key('aa', 'owner')
    madrid = h.form('/settings/sla', '/settings/sla', {'name': 'Madrid', 'first_min': 60, 'zone': 'Europe/Madrid', 'holidays': '2026-12-25', **WEEK}, ana)
    ok(madrid.status == 303, 'a policy with business hours is made in the browser', madrid.text[-800:] if madrid.status != 303 else '')
    policy = h.one("select id from sla_policies where name = 'Madrid'")
    arithmetic(h, policy)
    bad = h.form('/settings/sla', '/settings/sla', {'name': 'Odd', 'first_min': 60, 'zone': 'UTC', 'hours.1': '13:00-09:00'}, ana)
    ok(bad.status == 422, 'hours that end before they begin are refused')
    h.sql("update sla_policies set active = false where id = '%s'" % policy)
    h.form('/settings/sla', '/settings/sla', {'name': 'Always', 'first_min': 60, 'next_min': 60, 'resolve_min': 600, 'escalate_min': 30, 'zone': 'UTC', 'active': 'true'}, ana)
    life(h, ana, key)
    breaches(h, key)
    chain(h, ana, key)
    seen(h, ana, key)
    tasks(h, key)
    particular(h, ana, key)
    changed(h, ana, key)
done()
