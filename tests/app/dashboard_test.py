"""The first page (ux 1.1): counters, short lists, the trend, the first steps; the numbers of the frame. Prints TAP."""
import json, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402

count = failed = 0


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print('ok' if good else 'not ok', count, '-', name, flush=True)
    return good

def change(h, statement):
    """As somebody of the organisation: counters follow by triggers."""
    h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'demo'), false); " + statement)


def desk(h, who):
    return h.api('GET', '/dashboard', who).json


def counters(h, key, ana):
    seen = desk(h, key)
    ok(seen['desk']['open'] == 0 and seen['latest'] == [] and seen['days'] == [] and seen['unsure'] == [], 'a new house: everything is empty')
    ok(h.get('/dashboard', ana).status == 200 and '<details open>' in h.get('/dashboard', ana).text, 'and the first steps are open')
    ok('No day was counted yet.' in h.get('/dashboard', ana).text and '<b></b>' not in h.get('/dashboard', ana).text, 'an empty trend says so, and no figure is a blank')
    idents = [h.api('POST', '/intake', key, {'subject': 'Question %d' % n, 'body': 'How much is a logo?', 'email': 'bob@x.example'}).json['id'] for n in range(7)]
    seen = desk(h, key)
    ok(seen['desk']['open'] == 7 and len(seen['latest']) == 7 and seen['latest'][0]['subject'] == 'Question 6', 'requests are counted at once, the newest stands first')
    change(h, "update intake_requests set due_at = now() - interval '5 minutes' where id = '%s'" % idents[0])
    change(h, "update intake_requests set due_at = now() + interval '50 minutes' where id = '%s'" % idents[1])
    seen = desk(h, key)['desk']
    ok(seen['due_soon'] == 2 and seen['late'] == 1, 'due within an hour, and of those the late one')
    change(h, "update intake_requests set answered_at = now() where id = '%s'" % idents[0])
    ok(desk(h, key)['desk']['due_soon'] == 1, 'what was answered is not due any more')
    change(h, "update intake_requests set status = 'NEEDS_APPROVAL' where id = '%s'; update intake_requests set status = 'NEEDS_REVIEW' where id = '%s'" % tuple(idents[2:4]))
    seen = desk(h, key)
    ok(seen['desk']['approvals'] == 1 and seen['desk']['review'] == 1 and {r['id'] for r in seen['unsure']} == set(idents[2:4]), 'what needs a person is counted and listed')
    h.batch('run', 'counters')
    h.batch('run', 'request-days')
    ok(desk(h, key)['desk']['approvals'] == 1, 'and still is when the deltas are folded')
    org = h.one("select id from organizations where slug = 'demo'")
    message = "insert into intake_messages (org_id, intake_id, direction, body) values ('%s', '%s', '%s', 'text')"
    h.sql(message % (org, idents[4], 'in'))
    h.sql(message % (org, idents[4], 'in'))
    ok(desk(h, key)['desk']['replies'] == 1, 'two messages of one requester are one unread reply')
    h.sql(message % (org, idents[4], 'note'))
    ok(desk(h, key)['desk']['replies'] == 1, 'an internal note does not answer it')
    h.sql(message % (org, idents[4], 'out'))
    ok(desk(h, key)['desk']['replies'] == 0, 'an answer does')
    h.sql(message % (org, idents[5], 'in'))
    change(h, "update intake_requests set status = 'CLOSED' where id = '%s'" % idents[5])
    ok(desk(h, key)['desk']['replies'] == 0 and desk(h, key)['desk']['open'] == 6, 'closing a request settles it')
    change(h, "update intake_requests set assignee_id = (select id from users where email = 'ana@quayside.example') where id = '%s'" % idents[6])
    page = h.get('/dashboard', ana).text
    ok('Question 6' in page.split('id="lists"')[1].split('id="trend"')[0], 'what is mine is listed for me')


def trend(h, key, ana):
    days = desk(h, key)['days']
    ok(len(days) == 14 and days[-1]['today'] and sum(d['requests'] for d in days[-2:]) == 7, 'fourteen days, the last one is today; midnight may have been since')
    h.sql("insert into request_days (org_id, day, requests, alone, person, checked, wrong, answer_p95_s) select org_id, day, 20, 15, 4, 10, 1, 600 from request_days where org_id = (select id from organizations where slug = 'demo') "
          "on conflict (org_id, day) do update set requests = 20, alone = 15, person = 4, checked = 10, wrong = 1, answer_p95_s = 600")
    h.sql("insert into request_days (org_id, day, requests, alone, person, checked, wrong) select id, current_date - 30, 900, 900, 0, 0, 0 from organizations where slug = 'demo'")
    seen = desk(h, key)
    ok({(d['top'], d['half'], d['alone_h'], d['person_h']) for d in seen['days']} == {(20, 10, 90, 24)}, 'drawn to the round number above the most of these days')
    ok(seen['desk']['share'] == 0.75 and seen['desk']['wrong_share'] == 0.1 and seen['desk']['answer_min'] == 10, 'shares, with what waits for a person among all, and the time to the first answer')
    ok(all(d['alone_y'] + d['alone_h'] == 158 and d['person_y'] + d['person_h'] == d['alone_y'] for d in seen['days']), 'bars stand on the ground line, one on the other')
    page = h.get('/dashboard', ana).text
    ok(page.count('<rect class="bar"') == 14 and page.count('data-label="Day"') == 14, 'the drawing and the table show the same days')
    ok('style=' not in page.split('<main')[1].split('</main>')[0], 'without inline styles')
    demo = "org_id = (select id from organizations where slug = 'demo')"

    def counted(day):
        """What the newest day counted says when it is that day, in the organisation's zone."""
        h.sql("update request_days set counted_at = '2026-11-20T10:00:00.25Z', day = %s where %s and day = (select max(day) from request_days where %s)" % (day, demo, demo))
        return desk(h, key)['desk']['counted_at'] or '', h.get('/dashboard', ana).text
    today = "(now() at time zone (select zone from organizations where slug = 'demo'))::date"
    saw = []
    h.wait(lambda: saw.append(counted(today)) or saw[-1][0].startswith('2026-11-20T10:00:00') and 'id="asof" data-live="intake">As of ' in saw[-1][1], 'a page on the day that was counted')
    ok(True, 'the page says when its day was counted')
    h.sql('delete from request_days where %s and day > %s - 2' % (demo, today))
    h.sql("insert into request_days (org_id, day, requests, alone, person, checked, wrong) select id, %s - 1, 20, 15, 4, 10, 1 from organizations where slug = 'demo'" % today)
    figures, page = desk(h, key)['desk'], h.get('/dashboard', ana).text
    ok(figures['today'] == 0 and figures['counted_at'] is None and 'id="asof" data-live="intake"></p>' in page, "yesterday's figures are not today's")
    h.sql("delete from request_days where org_id = (select id from organizations where slug = 'demo')")
    ok('id="asof" data-live="intake"></p>' in h.get('/dashboard', ana).text, 'and of a day that nobody counted yet it says nothing')


def frame(h, ana):
    page = h.get('/dashboard', ana).text
    ok(re.search(r'href="/intake".*?class="count">6<', page, re.S) is not None, 'open requests stand in the frame')
    org = h.one("select id from organizations where slug = 'demo'")
    h.sql("insert into notifications (org_id, user_id, kind, subject_kind) select '%s', id, 'assigned', 'intake' from users where email = 'ana@quayside.example'" % org)
    ok('class="badge">1<' in h.get('/dashboard', ana).text, 'unread notifications as well')
    h.sql("insert into job_history (org_id, id, queue, kind, priority, state, runs, errors, kills, replays, max_attempts, request_id, created_at) "
          "values ('%s', fl_uuid(), 'sync', 'noop', 5, 'dead', 1, 1, 0, 0, 1, 'test', now())" % org)

    def numbers(path):
        return [re.findall(r'href="%s"(?:(?!</a>).)*?class="(?:count|badge)">(\d+)<' % to, h.get(path, ana).text, re.S) for to in ('/intake', '/approvals', '/jobs', '/notifications')]
    first, other = numbers('/dashboard'), numbers('/contacts')
    ok(first == other and all(first), 'the first page, which counts them itself, has the numbers that every other page has: %s, %s' % (first, other))


def saved(h, key, ana, bea):
    """Views of the queue that a person saved stand on his first page, four at most."""
    h.api('POST', '/intake', key, {'subject': 'A quote for the Café & bar', 'body': 'x', 'name': 'Bob', 'email': 'bob@x.example'})
    for name, query in (('Café', 'q=Caf%C3%A9+%26&view=open'), ('Text', 'channel=sms'), ('Odd', 'q=%ff'), ('Four', 'view=mine'), ('Five', 'view=open')):
        h.form('/intake', '/intake/views', {'name': name, 'query': query}, ana)
    seen = json.loads(h.api('GET', '/dashboard', ana).text)['views']
    ok([(v['name'], [r['subject'] for r in v['rows']]) for v in seen] == [('Café', ['A quote for the Café & bar']), ('Text', []), ('Odd', []), ('Four', ['Question 6'])], 'four of them, each with its own rows')
    page = h.get('/dashboard', ana).text
    ok('/intake?q=Caf%C3%A9+%26&amp;view=open&amp;saved=' + seen[0]['id'] in page and json.loads(h.api('GET', '/dashboard', bea).text)['views'] == [], 'they lead to the whole view, and are nobody else\'s')


def order(h, ana, bea):
    def parts(who):
        main = h.get('/dashboard', who).text.split('<main')[1]
        return [p for _, p in sorted((main.index('id="%s"' % p), p) for p in ('tiles', 'lists', 'trend', 'latest'))]

    def move(who, what):
        return h.form('/dashboard', '/dashboard/order', {'move': what}, who)
    ok(parts(ana) == ['tiles', 'lists', 'trend', 'latest'], 'the parts in their usual order')
    ok(move(ana, 'latest.up').headers['Location'] == '/dashboard?done=desk_order#arrange' and move(ana, 'latest.up').status == 303, 'one goes up, twice')
    ok(parts(ana) == ['tiles', 'latest', 'lists', 'trend'] and parts(bea) == ['tiles', 'lists', 'trend', 'latest'], 'for who did it and nobody else')
    move(ana, 'tiles.up')
    ok(move(ana, 'tiles.down').status == 303 and parts(ana) == ['latest', 'tiles', 'lists', 'trend'], 'at the end it stays, down it goes')
    ok(move(ana, 'other.up').status == 422 and h.api('POST', '/dashboard/order', h.key('demo'), {'move': 'tiles.up'}).status == 403, 'no other part, and no program')
    move(bea, 'lists.up')
    gone = "delete from memberships where user_id = '{0}'; delete from users where id = '{0}'".format(h.one("select id from users where email = 'bea@quayside.example'"))
    ok(h.sql('select count(*) from desk_orders; begin; %s; select count(*) from desk_orders; rollback' % gone) == [['2'], ['1']], 'it goes with the person')


with House.temporary(programs=('web',)) as house:
    house.org('demo', 'Quayside Studio', '--with-pipelines')
    house.org('other', 'Other')
    owner, operator = house.person('ana@quayside.example', org='demo', role='owner'), house.key('demo')
    counters(house, operator, owner)
    trend(house, operator, owner)
    frame(house, owner)
    bea = house.person('bea@quayside.example', org='demo', role='viewer')
    saved(house, operator, owner, bea)
    order(house, owner, bea)
    empty = desk(house, house.key('other'))
    ok(empty['desk']['open'] == 0 and empty['latest'] == [] and all(d['requests'] == 0 for d in empty['days']), 'another tenant sees nothing of it')
print('1..%d' % count)
sys.exit(failed > 0)
