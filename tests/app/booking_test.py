"""Booking by strangers: hold, confirm, move, cancel; what is offered and why not; and that a time is booked once, however many want it."""
import datetime, os, re, sys, zoneinfo
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

FAR = datetime.date.today() + datetime.timedelta(160)  # days on which nothing else is booked


def offered(page):
    return re.findall(r'name="start" value="([^"]+)"', page.text)


def make(h, who, **fields):
    answer = h.form('/booking/new', '/booking', {'zone': 'Europe/Lisbon', 'notice': '0', 'ahead': '365', **fields}, who)
    ident = answer.headers.get('Location', '').split('?')[0].rsplit('/', 1)[-1]
    return ident, '/book/' + (h.one("select public_key from booking_pages where id = '%s'" % ident) if ident else '')


def visit(h, ana, ident, door):
    page = h.get(door + '?zone=Europe/Madrid')
    start = offered(page)
    ok(page.status == 200 and len(start) > 20 and page.text.count(' checked') == 1 and 'Europe/Madrid' in page.text and 'UTC+' in page.text, 'free times, the first one chosen, zone and offset named')
    hold = h.post(door, {'start': start[0], 'zone': 'Europe/Madrid', '_token': page.token})
    link = hold.headers.get('Location', '')
    ok(hold.status == 303 and link.startswith('/visit/'), 'a time is held', hold.status, hold.text[-300:])
    second = h.post(door, {'start': start[0], '_token': h.get(door).token})
    ok(second.status == 409 and 'no longer free' in second.text and start[0] not in offered(second) and start[1] in offered(second), 'the next one who wants it: 409, with what is free', second.status)
    ok(h.post(door, {'start': '2026-02-30T10:00:00Z', '_token': h.get(door).token}).status == 409, 'a day that does not exist is not free')
    bad = h.post(link, {'name': '', 'email': 'kim', '_token': h.get(link).token})
    ok(bad.status == 422 and 'id="email-error"' in bad.text, 'without name and address: 422', bad.status)
    good = h.post(link, {'name': 'Kim <1>', 'email': 'kim@mill.example', 'note': 'Books, two years;', '_token': h.get(link).token})
    ok(good.status == 303 and h.one("select state from bookings where email = 'kim@mill.example'") == 'CONFIRMED', 'booked', good.status, good.text[-300:])
    event = h.one("select event_id from bookings where email = 'kim@mill.example'")
    ok(h.get('/calendar/' + event, ana).status == 200 and 'Kim &lt;1&gt;' in h.get('/calendar?view=list', ana).text, 'it is an event in the calendar')
    ics = h.get(link + '/calendar.ics')
    at = start[0].replace('-', '').replace(':', '')
    ok(ics.headers['Content-Type'].startswith('text/calendar') and 'DTSTART:%s\r\n' % at in ics.text and 'DESCRIPTION:Books\\, two years\\;\r\n' in ics.text and ics.text.endswith('END:VCALENDAR\r\n'),
       'and a file for other calendars', ics.text[:400])
    ok(all(len(line.encode()) <= 75 for line in ics.text.split('\r\n')), 'with lines of at most 75 bytes')
    ok(h.one("select count(*) from email_messages where to_email = 'kim@mill.example' and template = 'visit' and data ->> 'ics' like '%METHOD:REQUEST%'") == '1', 'and a mail with it')
    page = h.get(link + '/move')
    moved = h.post(link + '/move', {'start': offered(page)[4], '_token': page.token})
    ok(moved.status == 303 and start[0] in offered(h.get(door)) and offered(page)[4] not in offered(h.get(door)), 'moved: the old time is free again, the new one is not', moved.status)
    ok(h.get(link + '/cancel').status in (404, 405) and h.one("select state from bookings where email = 'kim@mill.example'") == 'CONFIRMED', 'a look at an address cancels nothing')
    gone = h.post(link + '/cancel', {'_token': h.get(link).token})
    ok(gone.status == 303 and 'This booking is cancelled' in h.get(link).text and offered(page)[4] in offered(h.get(door)), 'cancelled, and free again', gone.status)
    told = h.sql("select template, substring(data ->> 'ics' from 'SEQUENCE:([0-9]+)') from email_messages where to_email = 'kim@mill.example' order by created_at, id")
    ok([t[0] for t in told] == ['visit', 'visit-moved', 'visit-off'] and [int(t[1]) for t in told] == sorted({int(t[1]) for t in told}), 'told of each: booked, moved, cancelled, each newer than the one before', told)
    ok(h.get(link[:-1] + ('A' if link[-1] != 'A' else 'B')).status == 404, 'a guessed key opens nothing')


def holds(h, door):
    page = h.get(door)
    start = offered(page)[2]
    link = h.post(door, {'start': start, '_token': page.token}).headers['Location']
    ok(start not in offered(h.get(door)), 'what is held is not offered')
    h.sql("update bookings set hold_until = now() - interval '1 second' where state = 'HELD'; update calendar_claims set hold_until = now() - interval '1 second' where hold_until is not null")
    ok(start in offered(h.get(door)), 'after five minutes it is')
    other = h.post(door, {'start': start, '_token': h.get(door).token})
    late = h.post(link, {'name': 'Late', 'email': 'late@x.example', '_token': h.get(link).token})
    ok(other.status == 303 and late.status == 409, 'who comes too late and finds it taken is told', other.status, late.status)


def hours(h, ana, ident, door):
    monday = datetime.date.today() + datetime.timedelta(days=7 - datetime.date.today().weekday() + 7)
    why = lambda day, clock: h.get('/booking/%s?day=%s&clock=%s' % (ident, day, clock), ana).text  # noqa: E731
    ok('This time is offered' in why(monday, '10:00') and 'Outside working hours' in why(monday, '20:00'), 'why a time is not offered: hours')
    ok('No start of an offered time' in why(monday, '10:07'), 'the step')
    answer = h.form('/calendar/new', '/calendar', {'title': 'Dentist', 'day': monday, 'from': '10:00', 'until': '11:00', 'zone': 'Europe/Lisbon', 'people': h.one('select user_id from memberships where role = \'owner\' limit 1')}, ana)
    ok(answer.status == 303 and 'Dentist, 10:00–11:00' in why(monday, '10:30'), 'an event')
    answer = h.form('/booking/hours', '/booking/hours', {'day': monday, 'closed': 'on'}, ana)
    ok(answer.status == 303 and 'Other hours on this day' in why(monday, '15:00'), 'an exception', answer.status)
    h.form('/booking/hours', '/booking/hours', {'weekday': '7', 'from': '22:00', 'until': '24:00'}, ana)
    sunday = next(d for d in (datetime.date.today() + datetime.timedelta(n) for n in range(10, 364)) if d.weekday() == 6 and d.day > 24 and d.month in (3, 10))
    free = offered(h.get(door + '?day=%s&zone=Europe/Lisbon' % (sunday - datetime.timedelta(2))))
    evening = datetime.datetime(sunday.year, sunday.month, sunday.day, 22, tzinfo=zoneinfo.ZoneInfo('Europe/Lisbon')).astimezone(datetime.timezone.utc)
    want = [(evening + datetime.timedelta(minutes=30 * n)).strftime('%Y-%m-%dT%H:%M:00Z') for n in range(4)]
    ok(free[:4] == want, 'hours are of the wall clock also on the day the clocks change', free[:5], want)


def race(h, ana, me):
    ident, door = make(h, ana, name='Race', hosts=me)
    pages = [h.get(door + '?day=%s' % FAR) for _ in range(80)]
    start = offered(pages[0])[:10]

    def one(n):
        return h.post(door, {'start': start[n % 10], '_token': pages[n].token}).status
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(one, range(80)))
    ok(len(start) == 10 and sorted(got) == [303] * 10 + [409] * 70, '80 at once for 10 times: 10 have one, 70 are told', sorted(got))
    ok(h.one('select count(*) from calendar_claims a join calendar_claims b on a.party_id = b.party_id and a.during && b.during and a.ctid < b.ctid') == '0', 'nothing overlaps')


def turns(h, ana, me, ben):
    ident, door = make(h, ana, name='Turns', mode='round_robin', hosts=[me, ben])
    start = offered(h.get(door + '?day=%s' % (FAR + datetime.timedelta(35))))[0]
    got = [h.post(door, {'start': start, '_token': h.get(door).token}).status for _ in range(3)]
    ok(got == [303, 303, 409], 'two people by turns: the same time twice, not three times', got)
    ident, door = make(h, ana, name='All', mode='all_of', hosts=[me, ben])
    ok(start not in offered(h.get(door + '?day=%s' % (FAR + datetime.timedelta(35)))), 'all of them: not when one is taken')


def beside(h, ana, me, door):
    """What: pages of the organisation that are offered beside each other."""
    ident, audit = make(h, ana, name='Business audit', minutes='60', hosts=me, listed='on')
    make(h, ana, name='Private talk', hosts=me)
    text = h.get(door + '?zone=Europe/Madrid').text
    ok('href="%s?zone=Europe%%2FMadrid"' % audit in text and 'Business audit · 60' in text and 'Private talk' not in text, 'a visitor may choose what to book among the pages that are offered')
    ok('Business audit · 60' not in h.get(audit).text and ' checked> Offer this page' in h.get('/booking/' + ident, ana).text, 'the page itself is no choice beside it')
    version = h.one("select version from booking_pages where id = '%s'" % ident)
    h.form('/booking/' + ident, '/booking/' + ident, {'name': 'Business audit', 'zone': 'Europe/Lisbon', 'hosts': me, 'active': 'on', 'version': version}, ana)
    ok('Business audit' not in h.get(door).text and 'Something else' not in h.get(door).text, 'taken back: offered to nobody')


def main():
    with House.temporary(programs=('web',), conf={'RATE_LIMIT_MAX': '1000000'}) as h:
        h.org('demo', 'Demo', '--zone', 'Europe/Lisbon')
        ana = h.person('ana@demo.example', org='demo')
        h.person('ben@demo.example', org='demo', role='operator')
        me, ben = (h.one("select user_id from memberships where email = '%s@demo.example'" % n) for n in ('ana', 'ben'))
        nobody = h.form('/booking/new', '/booking', {'name': 'Empty'}, ana)
        ok(nobody.status == 422 and 'Choose at least one person' in nobody.text, 'a page without people is refused', nobody.status)
        ident, door = make(h, ana, name='Consultation', hosts=me)
        visit(h, ana, ident, door)
        holds(h, door)
        beside(h, ana, me, door)
        race(h, ana, me)
        turns(h, ana, me, ben)
        hours(h, ana, ident, door)
        feed = h.form('/calendar', '/calendar/feed', {}, ana).headers['Location']
        again = h.form('/calendar', '/calendar/feed', {}, ana).headers['Location']
        ok(h.get(feed + '/calendar.ics').status == 404 and 'SUMMARY:Dentist' in h.get(again + '/calendar.ics').text, 'a feed by its key; a new key ends the old one')
    done()


main()
