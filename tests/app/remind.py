"""Reminders (X-28, RES-04) by the real sweep and worker: once each, at their minute, late ones marked, past ones dropped, withdrawn ones never. Prints TAP."""
import os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

with House.temporary() as h:
    h.org('aa', 'House aa', '--with-pipelines')
    ana = h.person('ana@aa.example', org='aa')
    key = h.key('aa', 'owner')
    me = h.one("select user_id from memberships where email = 'ana@aa.example'")

    def task(minutes, **more):
        due = h.one("select to_char((now() + interval '%d minutes') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')" % minutes)
        return h.api('POST', '/tasks', key, {'title': 'In %d min' % minutes, 'due': due, 'assignee_id': me, **more}).json['id']

    def state(t):
        return [r[0] for r in h.sql("select state || case when late then ' late' else '' end from reminders where subject_id = '%s' order by at" % t)]

    def sent(t):
        return int(h.one("select count(*) from notifications where kind = 'task_reminder' and subject_id = '%s'" % t))

    far, near, soon = task(3000), task(90), task(30)
    ok((state(far), state(near), state(soon)) == (['waiting', 'waiting'], ['waiting'], []), '24 h and 1 h before, those already past left out', (state(far), state(near), state(soon)))
    gaps = [r[0] for r in h.sql("select round(extract(epoch from due_at - at) / 60) from reminders where subject_id = '%s' order by at" % far)]
    ok(gaps == ['1440', '60'], 'to the minute', gaps)
    h.batch('run', 'reminders')
    ok(state(near) == ['waiting'], 'not before its time')
    # time passes: the clock of these rows is moved, as a wait would
    h.sql("update reminders set at = now() + interval '4 minutes' where subject_id = '%s'" % near)
    h.batch('run', 'reminders')
    h.batch('run', 'reminders')
    waits = h.sql("select j.state, j.run_at = r.at from reminders r join jobs j on j.payload ->> 'reminder_id' = r.id::text where r.subject_id = '%s'" % near)
    ok(state(near) == ['queued'] and sent(near) == 0 and waits == [['delayed', 't']], 'the sweep looks ahead; nothing goes out early', state(near), waits)
    h.sql("with moved as (update reminders set at = now() + interval '2 seconds' where subject_id = '%s' returning id, at) "
          "update jobs set run_at = moved.at from moved where payload ->> 'reminder_id' = moved.id::text" % near)
    h.wait(lambda: state(near) == ['sent'], 'the reminder')
    ok(sent(near) == 1, 'sent once, though the sweep ran twice')
    ok(0 <= float(h.one("select extract(epoch from sent_at - at) from reminders where subject_id = '%s'" % near)) < 60, 'at its minute')
    down = task(120)
    h.sql("update reminders set at = now() - interval '40 minutes' where subject_id = '%s'" % down)
    h.batch('run', 'reminders')
    h.wait(lambda: state(down) == ['sent late'], 'the late reminder', 20)
    ok(sent(down) == 1, 'after a downtime: sent, and marked late')
    over = task(120)
    h.sql("update reminders set at = now() - interval '5 hours', due_at = now() - interval '4 hours' where subject_id = '%s'" % over)
    h.batch('run', 'reminders')
    h.wait(lambda: state(over) == ['dropped'], 'the dropped reminder', 20)
    ok(sent(over) == 0, 'of what is over: dropped')
    page = h.get('/settings/reminders', ana).text
    ok(page.count(' checked') == 3 and 'value="1440" checked' in page and 'value="60" checked' in page, 'an organisation sees 24 h and 1 h chosen, and that requests are acknowledged')
    saved = h.form('/settings/reminders', '/settings/reminders', {'remind': ['240', '15']}, ana)
    ok(saved.status == 303 and state(task(300)) == ['waiting', 'waiting'] and h.one("select string_agg(round(extract(epoch from r.due_at - r.at) / 60)::text, ' ' order by r.at) from reminders r join tasks t on t.id = r.subject_id "
       "where t.title = 'In 300 min'") == '240 15', 'chooses others, and these count (X-28)', saved.status)
    ok(h.one("select settings ->> 'acknowledge' from organizations where slug = 'aa'") == 'off' and h.get('/settings/reminders', ana).text.count(' checked') == 2, 'what was taken away is away')
    ok(h.form('/settings/reminders', '/settings/reminders', {'remind': ['x']}, ana).status == 422 and h.form('/settings/reminders', '/settings/reminders', {'remind': ['99999']}, ana).status == 422, 'what is no time before is refused')
    h.form('/settings/reminders', '/settings/reminders', {'acknowledge': 'on'}, ana)
    ok(state(task(301)) == [], 'none chosen: nobody is reminded')
    h.form('/settings/reminders', '/settings/reminders', {'remind': ['1440', '60'], 'acknowledge': 'on'}, ana)
    moved = task(3000)
    version = h.api('GET', '/tasks/' + moved, key).json['task']['version']
    h.api('POST', '/tasks/' + moved, key, {'title': 'Moved', 'due': '2031-01-01T10:00:00Z', 'version': version})
    ok(sorted(state(moved)) == ['waiting', 'waiting', 'withdrawn', 'withdrawn'], 'another date: the old ones are taken back', state(moved))
    h.api('POST', '/tasks/%s/step' % moved, key, {'status': 'CANCELLED'})
    ok(set(state(moved)) == {'withdrawn'}, 'cancelled: all are')
    h.sql("update reminders set state = 'queued' where subject_id = '%s'" % far)
    ids = [r[0] for r in h.sql("select id from reminders where subject_id = '%s' order by at" % far)]
    h.sql("select set_config('app.current_org_id', (select org_id::text from reminders limit 1), false); "
          + ''.join("select fl_enqueue('scheduling-reminders', 'remind.send', jsonb_build_object('reminder_id', '%s'::uuid)); " % ids[0] for _ in range(5)))
    h.drained()
    ok(sent(far) == 1, 'five jobs for one reminder: one notification')
    h.sql("select set_config('app.current_org_id', (select org_id::text from reminders limit 1), false); insert into reminders (org_id, user_id, kind, subject_kind, subject_id, at) "
          "select fl_org(), '%s', 'task_reminder', 'task', fl_uuid(), now() + interval '5 minutes' from generate_series(1, 2000)" % me)
    h.batch('run', 'reminders')
    ok(h.one("select count(*) from jobs where kind = 'remind.send' and state = 'delayed'") == '2000', 'two thousand of one minute are made ready in one sweep')
done()
