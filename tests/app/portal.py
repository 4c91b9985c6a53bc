"""Who sees what: a client's own page, and people narrowed to pipelines, clients and teams, on every way to a row. Prints TAP."""
import concurrent.futures, os, re, sys, uuid

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, Lock  # noqa: E402
from tap import done, ok  # noqa: E402


def send(h, key, subject, email, pipeline=None):
    body = {'subject': subject, 'body': 'About ' + subject, 'name': email.split('@')[0].title(), 'email': email}
    ident = h.api('POST', '/intake', key, body, {'Idempotency-Key': subject}).json['id']
    h.wait(lambda: h.one("select status from intake_requests where id = '%s'" % ident) not in ('NEW', 'ROUTING'), subject + ' to be decided', 20)
    if pipeline:
        h.api('POST', '/intake/%s/assign' % ident, key, {'pipeline_id': pipeline})
    return ident


def upload(h, who, path, token, name, data):
    mark = uuid.uuid4().hex
    body = ('--%s\r\nContent-Disposition: form-data; name="_token"\r\n\r\n%s\r\n--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n--%s--\r\n'
            % (mark, token, mark, name, data, mark)).encode()
    return h.request('POST', path, who, body, {'Content-Type': 'multipart/form-data; boundary=' + mark})


def at_once(h, lock, query, *acts):
    """Both acts wait for the lock before either goes on; what they were answered. Told that Fairlead is busy, as whoever waits longer than a lock may take, they are
    done again."""
    for _ in range(20):
        held = Lock(h, lock)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = [pool.submit(act) for act in acts]
            h.wait(lambda: any(b.done() for b in both) or
                   h.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%s'" % query) == '2', 'both to wait')
            held.release()
        got = [b.result().status for b in both]
        if 503 not in got:
            break
    return got


def client(h, key, mine, other):
    kim = h.person('kim@mill.example', org='mill', role='client')
    ok(h.get('/', kim).headers['Location'] == '/portal', 'a client lands on an own page')
    page = h.get('/portal', kim)
    ok(page.status == 200 and 'Mine alone' in page.text and 'Of another' not in page.text and 'href="/intake"' not in page.text, 'with own requests only', page.status)
    listed = h.api('GET', '/portal', kim).json['requests']
    ok([r['id'] for r in listed] == [mine], 'by the API as well', listed)
    h.api('POST', '/intake/%s/note' % mine, key, {'text': 'INSIDE ONLY', 'version': 2})
    h.form('/intake/' + mine, '/intake/%s/reply' % mine, {'text': 'We look at it.'}, h.boss)
    page = h.get('/portal/' + mine, kim)
    ok(page.status == 200 and 'We look at it.' in page.text and 'INSIDE ONLY' not in page.text, 'messages of both sides, no notes', page.status)
    ok(h.get('/portal/' + other, kim).status == 404, "another's request is not there")
    token = page.token
    ok(h.post('/portal/' + other, {'body': 'x', '_token': token}, kim).status == 404, 'nor is it written to')
    ok([h.get(p, kim).status for p in ('/intake', '/boards', '/contacts', '/search?q=another', '/documents', '/tasks', '/members', '/audit')] == [403] * 8, 'nothing else opens')
    ok(h.form('/portal/' + mine, '/portal/' + mine, {'body': 'Thank you.'}, kim).status == 303 and 'Thank you.' in h.get('/intake/' + mine, h.boss).text, 'a word reaches the desk')
    a = h.form('/portal', '/portal', {'subject': 'One more thing', 'body': 'Please call.'}, kim)
    ok(a.status == 303 and 'One more thing' in h.get('/portal', kim).text and 'One more thing' in h.get('/intake', h.boss).text, 'a new request', a.status)
    ok(h.form('/portal', '/portal', {'subject': '', 'body': 'x'}, kim).status == 422, 'which needs a subject')
    a = upload(h, kim, '/portal/%s/documents' % mine, h.get('/portal/' + mine, kim).token, 'list.txt', 'A list of things')
    ok(a.status == 303 and 'list.txt' in h.get('/portal/' + mine, kim).text and 'list.txt' in h.get('/intake/' + mine, h.boss).text, 'a document, seen on both sides', a.status, a.text[:300])
    paper = h.one("select id from documents where name = 'list.txt'")
    got = h.get('/portal/documents/' + paper, kim)
    ok(got.status == 200 and got.text == 'A list of things', 'which is fetched again', got.status)
    before = h.one('select count(*) from documents')
    a = upload(h, kim, '/portal/%s/documents' % other, h.get('/portal/' + mine, kim).token, 'evil.txt', 'Not for you')
    ok(a.status == 404 and h.one('select count(*) from documents') == before, "nothing is put to another's", a.status)
    lee = h.person('lee@other.example', org='mill', role='client')
    ok(h.get('/portal/documents/' + paper, lee).status == 404 and 'Of another' in h.get('/portal', lee).text and h.get('/portal/' + mine, lee).status == 404, 'each client sees his own')
    a = upload(h, lee, '/portal/%s/documents' % other, h.get('/portal/' + other, lee).token, 'same.txt', 'A list of things')
    ok(a.status == 409, 'what is kept unseen is not handed out by bringing it again', a.status)


def grant(h, who, scopes):
    ident = h.one("select id from users where email = '%s'" % who)
    a = h.form('/members/' + ident, '/members/%s/scopes' % ident, {'scopes': scopes}, h.boss)
    if a.status != 303:
        raise AssertionError(a.text[:400])


def narrowed(h, key, sales, support, mine, other):
    pia = h.person('pia@mill.example', org='mill', role='operator')
    own = re.search(r'id="secret" readonly[^>]* value="(fl_[\w-]{43})"', h.form('/settings/keys/new', '/settings/keys', {'name': 'Export'}, pia).text).group(1)
    everything = h.get('/intake', pia)
    ok('Mine alone' in everything.text and 'Of another' in everything.text, 'without scopes a person sees all')
    task = h.api('POST', '/tasks', key, {'title': 'Task of support', 'pipeline_id': support}).json['id']
    grant(h, 'pia@mill.example', 'pipeline.' + sales)
    def sees(what, page, who=pia):
        text = h.get(page, who).text
        ok(('Mine alone' in text or 'One more' in text or '/' + sales in text) and 'Of another' not in text, 'narrowed to a pipeline: ' + what)
    def begins(where, why):
        at = h.get('/', pia).headers['Location']
        ok(at == where, 'begins at ' + why, at)
    begins('/boards/' + sales, 'its board')
    sees('the queue', '/intake')
    sees('its board', '/boards/' + sales)
    sees('the search', '/search?q=about')
    sees('the dashboard', '/dashboard')
    ok(h.get('/boards/' + support, pia).status == 404 and support not in h.get('/boards', pia).text, 'no other board is there')
    ok(h.get('/intake/' + other, pia).status == 404 and h.get('/intake/' + mine, pia).status == 200, 'no other request')
    ok(h.get('/tasks/' + task, pia).status == 404 and 'Task of support' not in h.get('/tasks', pia).text, 'no other task')
    contacts = h.get('/contacts', pia).text
    ok('kim@mill.example' in contacts and 'lee@other.example' not in contacts, 'no other contact')
    rows = h.api('GET', '/intake?limit=200', pia).json['items']
    ok(mine in [r['id'] for r in rows] and other not in [r['id'] for r in rows], 'no other row of the API')
    keyed = [r['id'] for r in h.api('GET', '/intake?limit=200', own).json['items']]
    ok(mine in keyed and other not in keyed, 'nor by a key of this person')
    seen = int(h.one("select count(*) from intake_requests where pipeline_id = '%s' and status not in ('CLOSED', 'REJECTED', 'QUARANTINED')" % sales))
    frame = re.search(r'href="/intake"[^>]*>.*?<span class="count">(\d+)<', h.get('/me', pia).text)
    ok(int(frame.group(1)) == seen and h.api('GET', '/dashboard', pia).json['desk']['open'] == seen, 'the counters count what is seen', seen, frame.group(0))
    a = h.form('/intake/' + mine, '/intake/%s/assign' % mine, {'pipeline_id': support}, pia)
    ok(a.status in (403, 422) and h.one("select pipeline_id from intake_requests where id = '%s'" % mine) == sales, 'nothing is sent out of the own sight', a.status)
    a = h.form('/intake/new', '/intake/new', {'subject': 'By Pia', 'body': 'x', 'name': 'Z', 'email': 'z@new.example'}, pia)
    ok(a.status == 303 and h.get(a.headers['Location'], pia).status == 200, 'what one adds oneself is one\'s own', a.status, a.text[-300:])
    ok(h.form('/intake/' + mine, '/intake/%s/reply' % mine, {'text': 'Pia here.'}, pia).status == 303, 'one works within it')
    many(h, key, pia, sales, task)
    team = h.api('POST', '/settings/teams', key, {'name': 'Callers', 'rule': 'turn', 'member': [h.one("select id from users where email = 'pia@mill.example'")]}).json['id']
    h.sql("update tasks set team_id = '%s' where id = '%s'" % (team, task))
    grant(h, 'pia@mill.example', 'team.%s client.%s' % (team, h.one("select id from contacts where email = 'lee@other.example'")))
    ok(h.get('/tasks/' + task, pia).status == 200 and h.get('/intake/' + other, pia).status == 200 and h.get('/intake/' + mine, pia).status == 404, 'a team and a client instead, at once')
    begins('/tasks/board', 'the tasks of its team, before a client')
    at = '/members/' + h.one("select id from users where email = 'pia@mill.example'")
    a = h.form(at, at + '/scopes', {'pipelines': [sales], 'clients': 'LEE@other.example'}, h.boss)
    page = h.get(at, h.boss).text
    ok(a.status == 303 and 'value="%s" checked' % sales in page and 'value="%s">' % support in page and '>lee@other.example</textarea>' in page, 'chosen in a form', a.status)
    ok(h.get('/intake/' + other, pia).status == 200 and h.get('/intake/' + mine, pia).status == 200, 'and they count')
    ok(h.form(at, at + '/scopes', {'clients': 'nobody@other.example'}, h.boss).status == 422, 'an address nobody has is named')
    grant(h, 'pia@mill.example', 'category.no-such')
    ok(h.get('/intake/' + mine, pia).status == 404 and h.get('/intake/' + other, pia).status == 404, 'a scope that names nothing shows nothing')
    begins('/dashboard', 'the dashboard, where a scope names nothing')
    slug = re.sub('[^a-z0-9]+', '-', h.one("select lower(name) from pipelines where id = '%s'" % support)).strip('-')
    grant(h, 'pia@mill.example', 'pipeline.%s subcategory.%s' % (sales, slug))
    begins('/boards/' + support, 'the highest of several: a subcategory before a pipeline')
    areas(h, pia, sales, support, mine, other, begins)
    grant(h, 'pia@mill.example', 'module.nothing strategy')
    ok(h.get('/intake/' + other, pia).status == 200, 'strategy is everything')
    begins('/dashboard', 'the dashboard with everything')
    grant(h, 'pia@mill.example', '')
    ok(h.get('/intake/' + mine, pia).status == 200 and h.get('/boards/' + support, pia).status == 200, 'and so is no scope at all')
    owner = 'boss@mill.example'
    grant(h, owner, 'category.no-such')
    ok(h.get('/intake/' + mine, h.boss).status == 200, 'an owner is never narrowed')


def areas(h, pia, sales, support, mine, other, begins):
    """An area holds its parts, a part its pipelines, a pipeline is the module of its name (ROL-05)."""
    at = '/members/' + h.one("select id from users where email = 'pia@mill.example'")

    def put(pipeline, category, part, who=None):
        return h.form('/pipelines/' + pipeline, '/pipelines/%s/area' % pipeline, {'category': category, 'subcategory': part}, who or h.boss)

    def sees():
        return [h.get('/intake/' + r, pia).status for r in (mine, other)]

    operator = h.person('ole@mill.example', org='mill', role='operator')
    refused = h.form('/me', '/pipelines/%s/area' % sales, {'category': 'Front'}, operator)
    ok(refused.status == 403 and 'id="area"' not in h.get('/pipelines/' + sales, operator).text, 'who gives no areas to people puts no pipeline in one', refused.status)
    ok(put(sales, 'Front Desk', 'New people').status == 303 and put(support, 'Front Desk', 'Old people').status == 303, 'pipelines are put in an area and its parts')
    ok(put(sales, '', 'New people').status == 422 and put(sales, '--', '').status == 422, 'a part needs its area, an area a name')
    ok(put(sales, 'Back Office', 'old people').status == 422, 'one part is not of two areas')
    both = at_once(h, 'select from pipelines for update', '%pipeline_area(%', lambda: put(sales, 'Front Desk', 'Twins'), lambda: put(support, 'Back Office', 'Twins'))
    ok(sorted(both) == [303, 422], 'nor by two people at once', both)
    put(sales, 'Front Desk', 'New people')
    put(support, 'Front Desk', 'Old people')
    page = h.get(at, h.boss).text
    ok(all('name="areas" value="%s"' % scope in page for scope in ('category.front-desk', 'subcategory.new-people', 'subcategory.old-people')), 'they are chosen at a member')

    def charge(*scopes):
        return h.form(at, at + '/scopes', {'areas': list(scopes)}, h.boss).status

    ok(charge('category.front-desk') == 303 and sees() == [200, 200], 'in charge of the area: what both parts hold')
    begins('/boards', 'the boards of its area')
    shown = h.get('/boards', pia).text
    ok('/boards/' + sales in shown and '/boards/' + support in shown, 'which are these', shown[-200:])
    page = h.get(at, h.boss).text
    ok('value="category.front-desk" checked' in page and '>category.front-desk</textarea>' not in page and 'Front Desk' in h.get('/members', h.boss).text, 'which the form and the list of people tell by name')
    ok(charge('subcategory.new-people') == 303 and sees() == [200, 404], 'of a part: what it holds alone')
    begins('/boards/' + sales, 'the board of its part')
    ok(put(support, 'Front Desk', 'New people').status == 303 and sees() == [200, 200], 'what is put there later is seen at once')
    ok(put(support, '', '').status == 303 and sees() == [200, 404], 'and what is taken out no more')
    slug = re.sub('[^a-z0-9]+', '-', h.one("select lower(name) from pipelines where id = '%s'" % sales)).strip('-')
    grant(h, 'pia@mill.example', 'module.' + slug)
    ok(sees() == [200, 404], 'of a module: the pipeline of that name')
    grant(h, 'pia@mill.example', 'category.' + slug)
    ok(sees() == [404, 404], 'which in an area is no area itself')
    changed = h.one("select count(*) from audit_log where action = 'pipeline.area'")
    ok(changed == '7', 'each change is in the audit', changed)
    put(sales, '', '')


def many(h, key, pia, sales, other):
    """What is ordered for all that match is done later: within the scopes of who ordered it, and with the rights he has by then."""
    ident = h.one("select id from users where email = 'pia@mill.example'")
    own = [h.api('POST', '/tasks', key, {'title': 'Call %d' % n, 'pipeline_id': sales, 'priority': 7}).json['id'] for n in range(3)]
    h.sql("update tasks set priority = 7 where id = '%s'" % other)
    states = lambda: sorted(r[0] for r in h.sql("select status from tasks where id in ('%s')" % "', '".join(own)))  # noqa: E731
    h.stop_one('worker')
    ok(h.form('/tasks/all?priority=7', '/tasks/all', {'act': 'cancel', 'priority': 7, 'count': 3}, pia).status in (202, 303), 'three of the own pipeline match')
    at = '/members/' + ident
    h.form(at, at + '/role', {'role': 'viewer'}, h.boss)
    h.start_program('worker')
    h.drained(60)
    ok(states() == ['NEW'] * 3 and h.one("select count(*) from audit_log where action = 'task.bulk_refused'") == '1', 'who may no longer do it has ordered in vain', states())
    h.form(at, at + '/role', {'role': 'operator'}, h.boss)
    ok(h.form('/tasks/all?priority=7', '/tasks/all', {'act': 'cancel', 'priority': 7, 'count': 3}, pia).status in (202, 303), 'again, as an operator')
    h.drained(60)
    ok(states() == ['CANCELLED'] * 3 and h.one("select status from tasks where id = '%s'" % other) == 'NEW', 'the three are done, the one out of sight is not', states())


def plain(h, key):
    """The role `user` (X-01): own profile, own tasks, own bookings."""
    uma = h.person('uma@mill.example', org='mill', role='user')
    ident = h.one("select id from users where email = 'uma@mill.example'")
    ok(h.get('/', uma).headers['Location'] == '/tasks/mine' and h.get('/tasks/mine', uma).status == 200, 'a user lands on own tasks')
    own, another = [h.api('POST', '/tasks', key, {'title': t, 'assignee_id': who}).json['id'] for t, who in (('Water the plants', ident), ('Pay rise of Pia', None))]
    looks = [h.get(p, uma).text for p in ('/tasks/mine', '/tasks', '/tasks/board')]
    ok(all('Water the plants' in t and 'Pay rise' not in t for t in looks), 'and sees those alone')
    ok([t['id'] for t in h.api('GET', '/tasks', uma).json['items']] == [own] and h.get('/tasks/' + another, uma).status == 404, 'by the API as well')
    page = h.get('/tasks/' + own, uma)
    ok('value="IN_PROGRESS"' in page.text and 'CANCELLED' not in page.text and '/assign"' not in page.text, 'works on them, and is offered nothing more')
    step = [h.form('/tasks/' + own, '/tasks/%s/%s' % (own, what), body, uma).status for what, body in (
        ('step', {'status': 'IN_PROGRESS'}), ('comment', {'text': 'Begun.'}), ('points', {'text': 'Ferns'}), ('step', {'status': 'CANCELLED'}), ('assign', {'assignee_id': ident}), ('step', {'status': 'NEEDS_REVIEW'}),
        ('step', {'status': 'DONE'}))]
    ok(step == [303, 303, 303, 403, 403, 303, 403], 'begins, says, lists; cancels, hands over and accepts nothing', step)
    ok(h.form('/tasks/' + own, '/tasks/%s/comment' % another, {'text': 'Hm.'}, uma).status == 404, "and says nothing to another's")
    ok([h.get(p, uma).status for p in ('/dashboard', '/intake', '/members', '/calendar', '/booking', '/documents', '/search?q=a')] == [403] * 7, 'nothing else opens')
    grant(h, 'uma@mill.example', 'strategy')
    ok(h.get('/tasks/' + another, uma).status == 200, 'strategy is everything here too')
    grant(h, 'uma@mill.example', '')
    ok(h.get('/tasks/' + another, uma).status == 404, 'at once')
    bookings(h, uma)


def moved(h, uma, mine, lees):
    """Another time for one's own booking, from one's own list."""
    path = '/me/bookings/%s/move' % mine
    ok('href="%s"' % path in h.get('/me/bookings', uma).text, 'it can be moved')
    page = h.get(path, uma)
    times = re.findall(r'name="start" value="([^"]+)"', page.text)
    ok(page.status == 200 and len(times) > 2 and h.get('/me/bookings/%s/move' % lees, uma).status == 404, 'to the free times of its page', page.status, times)
    ok(h.post(path, {'start': '2026-01-01T03:00:00Z', '_token': page.token}, uma).status in (409, 422), 'to none that is not offered')
    ok(h.post('/me/bookings/%s/move' % lees, {'start': times[-1], '_token': page.token}, uma).status == 404, "another's is not moved")
    a = h.post(path, {'start': times[-1], '_token': h.get(path, uma).token}, uma)
    at = h.one("select to_char(b.starts_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:00Z') || (select count(*) from calendar_occurrences o where o.event_id = b.event_id and o.starts_at = b.starts_at)"
               " from bookings b where b.id = '%s'" % mine)
    ok(a.status == 303 and at == times[-1] + '1', 'its time and that of its event are others', a.status, at, times[-1])
    told = h.one("select count(*) from email_messages where template = 'visit-moved' and to_email = 'uma@mill.example' and data ->> 'path' = '/me/bookings' and data ->> 'ics' like '%METHOD:REQUEST%'")
    ok(told == '1', 'a mail says so', told)
    ok(h.get('/me/bookings/%s/move' % mine, uma).status == 200, 'and again')


def bookings(h, uma):
    a = h.form('/booking/new', '/booking', {'name': 'Coffee', 'notice': '0', 'ahead': '60', 'hosts': h.one("select id from users where email = 'boss@mill.example'")}, h.boss)
    door = '/book/' + h.one("select public_key from booking_pages where id = '%s'" % a.headers['Location'].split('?')[0].rsplit('/', 1)[-1])
    page = h.get('/me/bookings', uma)
    ok('Nothing booked' in page.text and 'href="%s"' % door in page.text, 'no booking yet: where to book one')
    for name in ('Uma', 'Lee'):
        page = h.get(door)
        link = h.post(door, {'start': re.findall(r'name="start" value="([^"]+)"', page.text)[0], '_token': page.token}).headers['Location']
        h.post(link, {'name': name, 'email': '%s@mill.example' % name, '_token': h.get(link).token})
    mine, lees = [h.one("select id from bookings where email = '%s@mill.example'" % name) for name in ('uma', 'lee')]
    rows = h.api('GET', '/me/bookings', uma).json['bookings']
    ok([(r['id'], r['name'], r['state'], r['ahead']) for r in rows] == [(mine, 'Coffee', 'CONFIRMED', True)], 'what was booked with the own address, and nothing else', rows)
    ok(h.form('/me/bookings', '/me/bookings/%s/cancel' % lees, {}, uma).status == 404 and h.one("select state from bookings where id = '%s'" % lees) == 'CONFIRMED', "another's is not cancelled")
    moved(h, uma, mine, lees)
    both = at_once(h, "select from bookings where id = '%s' for update" % mine, '%', *[lambda: h.form('/me/bookings', '/me/bookings/%s/cancel' % mine, {}, uma)] * 2)
    ok(both == [303, 303] and h.one("select count(*) from email_messages where template = 'visit-off'") == '1', 'two clicks at once send one mail')
    ok(h.one("select state from bookings where id = '%s'" % mine) == 'CANCELLED' and 'Cancel the booking' not in h.get('/me/bookings', uma).text, 'the own one is')
    told = h.one("select data ->> 'path' || (data ->> 'ics' like '%METHOD:CANCEL%')::text from email_messages where template = 'visit-off' and to_email = 'uma@mill.example'")
    ok(told == '/me/bookingstrue' and h.one("select count(*) from calendar_occurrences o join bookings b on b.event_id = o.event_id where b.id = '%s'" % mine) == '0', 'its time is free again and a mail says so', told)
    ok(h.form('/me/bookings', '/me/bookings/%s/cancel' % mine, {}, uma).status == 303, 'twice is once')


def main():
    with House.temporary() as h:
        h.org('mill', 'Mill', '--with-pipelines')
        h.boss = h.person('boss@mill.example', org='mill', role='owner')
        key = h.key('mill', 'operator')
        sales, support = [h.one("select id from pipelines where intent = '%s'" % i) for i in ('SALES_INQUIRY', 'SUPPORT_REQUEST')]
        mine, other = send(h, key, 'Mine alone', 'kim@mill.example', sales), send(h, key, 'Of another', 'lee@other.example', support)
        h.batch()
        client(h, key, mine, other)
        narrowed(h, key, sales, support, mine, other)
        plain(h, key)
    done()


main()
