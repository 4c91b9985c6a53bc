"""Calendars over HTTP: events, series across a clock change, dates of a series, and that nobody is taken twice."""
import datetime, os, re, sys, zoneinfo
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from dates import near  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def last_friday(year, month):
    end = datetime.date(year, month + 1, 1) - datetime.timedelta(1)
    return end - datetime.timedelta((end.weekday() - 4) % 7)


def starts(h, ident, more=''):
    return [r[0] for r in h.sql("select to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from calendar_occurrences where event_id = '%s' %s order by 1" % (ident, more))]


def add(h, who, **fields):
    answer = h.form('/calendar/new', '/calendar', fields, who)
    return answer, answer.headers.get('Location', '').split('?')[0].rsplit('/', 1)[-1]


def ahead(h, ana, ben, me):
    """Asked before anything else is planned."""
    add(h, ana, title='Soon with Ana', day=h.one("select (now() + interval '3 days')::date"), **{'from': '11:00'}, until='11:30', people=me, free='on')
    mine, his = [h.get('/calendar?view=week', who).text.partition('id="up-next"')[2] for who in (ana, ben)]
    ok('<time>11:00</time>' in mine and '>Soon with Ana</a>' in mine and 'until 11:30' in mine, 'beside the week stands what comes next', mine[:600])
    ok(his and 'Soon with Ana' not in his and 'Nothing in the next two weeks' in his, 'for who is in it', his[:600])


def events(h, ana, ben, me, room):
    answer, ident = add(h, ana, title='Stand-up <1>', day=near('2027-03-22'), **{'from': '10:00'}, until='10:30', repeat='workdays', repeat_until=near('2027-04-02'), people=me, resources=room)
    ok(answer.status == 303, 'a series is made', answer.status, answer.text[-500:])
    at = starts(h, ident)
    ok(len(at) == 10 and at[4] == near('2027-03-26 10:00') and at[5] == near('2027-03-29 09:00'), 'ten o\'clock stays ten o\'clock when the clocks change', at)
    for view in ('week', 'month', 'list'):
        page = h.get(near('/calendar?view=%s&day=2027-03-26') % view, ana)
        ok(page.status == 200 and 'Stand-up &lt;1&gt;' in page.text and 'Europe/Lisbon' in page.text and '<th scope="col"' in page.text, 'the %s is a table that names its zone' % view, page.status)
    page = h.get(near('/calendar?view=week&day=2027-03-26'), ana)
    ok('Clock change UTC → UTC+1' in page.text and '>10:00</time>' in page.text.replace('10:00–10:30', '10:00'), 'the clock change is named on its day')
    for clock in ('10:00', '12:00'):
        add(h, ana, title='Sunday at ' + clock, day=near('2027-03-28'), **{'from': clock}, until=clock[:3] + '30')
    add(h, ana, title='Open house', day=near('2027-03-28'), **{'from': '10:15'}, until='13:45')
    add(h, ana, title='Late shift', day=near('2027-03-27'), **{'from': '19:30'}, until='22:00')
    week = h.get(near('/calendar?view=week&day=2027-03-26'), ana).text
    box = dict((title, name) for name, title in re.findall(r'<a href="/calendar/[^"]+" class="([^"]+)"><b>([^<]+)</b>', week))
    ok(box.get('Stand-up &lt;1&gt;') == 'q0 h0 m2 l0 n1' and box.get('Late shift') == 'q2 h2 m2 l0 n1', 'a week draws how long each lasts', box)
    ok([box.get(t) for t in ('Sunday at 10:00', 'Open house', 'Sunday at 12:00')] == ['q0 h0 m2 l0 n2', 'q1 h3 m2 l1 n2', 'q0 h0 m2 l0 n2'], 'what is at one time lies side by side', box)
    his = dict((title, name) for name, title in re.findall(r'<a href="/calendar/[^"]+" class="([^"]+)"><b>([^<]+)</b>', h.get(near('/calendar?view=week&day=2027-03-26'), ben).text))
    ok(all(name == box[title] + ' theirs' for title, name in his.items()) and his.keys() == box.keys(), 'what is of others looks so to who is not in it', his)
    hours = re.findall(r'<th scope="row">(\d\d:00)</th>', week)
    ok(hours[0] == '08:00' and hours[-1] == '21:00' and len(hours) == 14, 'it reaches to where the last one ends', hours)
    listed = h.get(near('/calendar?view=list&day=2027-03-26'), ana).text
    ok(listed.count('Clock change UTC → UTC+1') == 1 and listed.index('Clock change') < listed.index('Sunday at 10:00'), 'in the list too, once, where something is planned on it', listed.count('Clock change'))
    page = h.get('/calendar/' + ident, ana)
    ok(page.status == 200 and 'UTC+1' in page.text, 'each date with its offset')
    answer = h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'leave_out', 'at': near('2027-03-24T10:00')}, ana)
    ok(answer.status == 303 and len(starts(h, ident)) == 9, 'one date is left out (EXDATE)', answer.status, answer.text[-300:])
    answer = h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'move', 'at': near('2027-03-25T10:00'), 'day': near('2027-03-25'), 'from': '16:00', 'until': '16:45'}, ana)
    ok(answer.status == 303 and near('2027-03-25 16:00') in starts(h, ident), 'one is moved (RECURRENCE-ID)', answer.status, starts(h, ident))
    answer = h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'add', 'day': near('2027-04-10'), 'from': '10:00', 'until': '10:30'}, ana)
    ok(answer.status == 303 and near('2027-04-10 09:00') in starts(h, ident), 'one is added (RDATE)', answer.status)
    answer, _ = add(h, ana, title='Clash', day=near('2027-03-29'), **{'from': '10:15'}, until='11:00', people=me)
    ok(answer.status == 409 and 'Somebody or something is taken' in answer.text and 'value="Clash"' in answer.text, 'who is taken is taken: 409, what was typed is kept', answer.status)
    answer, _ = add(h, ana, title='Beside it', day=near('2027-03-24'), **{'from': '10:15'}, until='11:00', people=me)
    ok(answer.status == 303, 'a date left out is free', answer.status)
    answer, _ = add(h, ana, title='By the way', day=near('2027-03-29'), **{'from': '10:15'}, until='11:00', people=me, free='on')
    ok(answer.status == 303, 'what takes nobody\'s time may lie beside it', answer.status)
    answer = h.form('/calendar/' + ident, '/calendar/' + ident, {'title': 'Late', 'day': near('2027-03-22'), 'from': '12:00', 'until': '12:30', 'version': 1}, ana)
    ok(answer.status == 409 and 'Someone changed this' in answer.text, 'a stale version: 409', answer.status)
    answer = h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'cancel'}, ana)
    ok(answer.status == 303 and not starts(h, ident) and h.one("select count(*) from calendar_claims where event_id = '%s'" % ident) == '0', 'cancelled: nothing is taken any more')


def reminders(h, ana, me):
    day = h.one("select (now() at time zone 'Europe/Lisbon')::date + 3")
    _, ident = add(h, ana, title='Near', day=day, **{'from': '23:00'}, until='23:30', people=me)
    left = "select string_agg(extract(epoch from due_at - at)::int::text, ' ' order by at) from reminders where subject_id = '%s' and state = 'waiting'" % ident
    ok(h.one(left) == '86400 3600', 'reminders a day and an hour before', h.sql('select * from reminders'))
    h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'cancel'}, ana)
    ok(h.one(left) == '', 'none for what is cancelled')


def wrong(h, ana):
    for field, more in (('until', {'from': '11:00', 'until': '10:00'}), ('from', {'from': '25:00', 'until': '10:00'}), ('zone', {'from': '09:00', 'until': '10:00', 'zone': 'Mars/Olympus'}),
                        ('rrule', {'from': '09:00', 'until': '10:00', 'repeat': 'rule', 'rrule': 'FREQ=SECONDLY'}), ('guests', {'from': '09:00', 'until': '10:00', 'guests': 'nobody'})):
        answer, _ = add(h, ana, title='Odd', day=near('2027-05-03'), **more)
        ok(answer.status == 422 and 'id="%s-error"' % field in answer.text, 'a wrong %s is said beside it' % field, answer.status)
    ok(h.one("select count(*) from calendar_events where title = 'Odd'") == '0', 'and nothing was written')
    fridays = [last_friday(int(near('2027-03-28')[:4]), month) for month in (1, 2, 3, 4)]
    utc = [datetime.datetime(d.year, d.month, d.day, 9, tzinfo=zoneinfo.ZoneInfo('Europe/Lisbon')).astimezone(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M') for d in fridays]
    answer, ident = add(h, ana, title='Last Friday', day=str(fridays[0]), **{'from': '09:00'}, until='10:00', repeat='rule', rrule='FREQ=MONTHLY;BYDAY=-1FR;COUNT=4', guests='Kim@Mill.example')
    ok(starts(h, ident) == utc, 'a rule of RFC 5545', starts(h, ident))
    page = h.get('/calendar/' + ident, ana).text
    ok('kim@mill.example' in page, 'with a guest')
    ok('every month on the last Friday, 4 times' in page, 'its rule is said in words')
    _, weekly = add(h, ana, title='Round', day=near('2027-02-01'), **{'from': '16:00'}, until='16:30', repeat='weekly', repeat_until=near('2027-03-01'))
    page = h.get('/calendar/' + weekly, ana).text
    _, odd = add(h, ana, title='Odd end', day=near('2027-02-20'), **{'from': '16:00'}, until='16:30', repeat='rule', rrule=near('FREQ=DAILY;UNTIL=20270231'))
    seen = h.get('/calendar/' + odd, ana)
    ok(seen.status == 200 and '<option value="rule" selected' in seen.text and near('value="FREQ=DAILY;UNTIL=20270231"') in seen.text, 'an end on a day there is not stays a rule, and the event opens', seen.status)
    ok(near('every week, until 1 Mar 2027') in page and '<option value="weekly" selected' in page and near('name="repeat_until" class="w-d" value="2027-03-01"') in page, 'and the form has the choice it was made with')


def race(h, key, room):
    def one(n):
        return h.api('POST', '/calendar', key, {'title': 'Race %d' % n, 'day': near('2027-06-%02d' % (1 + n % 5)), 'from': '09:00', 'until': '10:00', 'resources': [room]},
                     {'Idempotency-Key': 'race-%d' % n}).status
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(one, range(40)))
    ok(got.count(409) == 35 and got.count(201) + got.count(200) == 5, '40 at once for 5 times of one room: 5 have it, 35 are told', sorted(got))
    ok(h.one("select count(*) from calendar_claims a join calendar_claims b on a.party_id = b.party_id and a.during && b.during and a.ctid < b.ctid") == '0', 'nothing overlaps')


def origin(h, ana, key, me):
    """An event leads to the task it is for and to its reminders, the task to its events (SCH-18)."""
    task = h.api('POST', '/tasks', key, {'title': 'Paint <the> fence'}).json['id']
    ok('/calendar/new?task=' + task in h.get('/tasks/' + task, ana).text and 'value="Paint &lt;the&gt; fence"' in h.get('/calendar/new?task=' + task, ana).text, 'time for a task is planned from its page')
    day = datetime.date.today() + datetime.timedelta(3)
    both = [add(h, ana, title=title, day=str(day), **{'from': clock}, until=clock[:3] + '30', people=me, task=task)[1] for title, clock in (('Fence, front', '10:00'), ('Fence, back', '15:00'))]
    page, events = h.get('/calendar/' + both[0], ana).text, h.get('/tasks/' + task, ana).text
    ok('href="/tasks/%s">Paint &lt;the&gt; fence' % task in page and page.count('Ana, waits') == 2, 'the event names its task and its reminders', page[page.find('Reminders'):][:600])
    ok(all('/calendar/' + e in events for e in both), 'the task its events')
    version = h.one("select version from calendar_events where id = '%s'" % both[0])
    h.form('/calendar/' + both[0], '/calendar/' + both[0], {'title': 'Fence', 'day': str(day), 'from': '11:00', 'until': '11:30', 'people': me, 'version': version}, ana)
    ok(h.one("select task_id from calendar_events where id = '%s'" % both[0]) == task, 'a change keeps it')
    odd = h.api('POST', '/calendar', key, {'title': 'Odd', 'day': str(day), 'from': '20:00', 'until': '20:30', 'task': both[1]})
    ok(odd.status == 422, 'for a task that is none', odd.status)


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('demo', 'Demo', '--zone', 'Europe/Lisbon')
        h.org('other')
        ana, key = h.person('ana@demo.example', org='demo'), h.key('demo')
        eve = h.person('eve@other.example', org='other')
        ok(h.form('/calendar/resources', '/calendar/resources', {'name': 'Room 1', 'kind': 'room'}, ana).status == 303, 'a room')
        again = h.form('/calendar/resources', '/calendar/resources', {'name': 'Room 1', 'kind': 'room'}, ana)
        ok(again.status == 422 and 'one of this name already' in again.text, 'not twice', again.status)
        me, room = h.one("select user_id from memberships where email = 'ana@demo.example'"), h.one('select id from resources')
        answer, _ = add(h, eve, title='Theirs', day=near('2027-03-22'), **{'from': '10:00'}, until='10:30', resources=room)
        ok(answer.status == 422, 'a room of another organisation is none', answer.status)
        ben = h.person('ben@demo.example', org='demo', role='operator')
        ahead(h, ana, ben, me)
        events(h, ana, ben, me, room)
        reminders(h, ana, me)
        wrong(h, ana)
        origin(h, ana, key, me)
        race(h, key, room)
    done()


main()
