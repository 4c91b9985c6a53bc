"""Events from an iCalendar file over HTTP: bad files, what would come, duplicates by UID and SEQUENCE, clashes, series, the API. Prints TAP."""
import os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', 'lib'), os.path.join(os.environ['top_srcdir'], 'tests', 'app')]
from document_lib import parts  # noqa: E402
from dates import near  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def event(uid, start, end, title, *more, zone='Europe/Madrid'):
    at = ';TZID=' + zone if zone else ''
    return '\r\n'.join(['BEGIN:VEVENT'] + (['UID:' + uid] if uid else []) + ['DTSTAMP:20260101T000000Z', 'DTSTART%s:%s' % (at, start), 'DTEND%s:%s' % (at, end), 'SUMMARY:' + title, *more, 'END:VEVENT'])


def calendar(*events):
    return '\r\n'.join(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', *events, 'END:VCALENDAR', ''])


def send(h, who, data, name='mine.ics'):
    body, head = parts([(name, data if isinstance(data, bytes) else data.encode())], {'_token': h.get('/calendar/imports', who).token})
    return h.request('POST', '/calendar/imports', who, body, head)


def read(h, who, data):
    """Sends a file and waits until it is read: its id."""
    answer = send(h, who, data)
    ident = answer.headers['Location'].rsplit('/', 1)[-1]
    h.wait(lambda: h.one("select state from calendar_imports where id = '%s'" % ident) != 'READING', 'the file to be read', 60)
    return ident


def take(h, who, ident, clashes='skip'):
    answer = h.form('/calendar/imports/' + ident, '/calendar/imports/%s/take' % ident, {'clashes': clashes}, who)
    h.wait(lambda: h.one("select state from calendar_imports where id = '%s'" % ident) == 'DONE', 'the events to be taken', 60)
    return answer


def rows(h, ident):
    return {r[0]: r[1:] for r in h.sql("select uid, verdict, coalesce(outcome, ''), coalesce(wrong, ''), coalesce(clash, '') from calendar_import_rows where import_id = '%s'" % ident)}


def dates(h, uid):
    return [r[0] for r in h.sql("select to_char(o.starts_at at time zone e.zone, 'MM-DD HH24:MI') from calendar_occurrences o join calendar_events e on (e.org_id, e.id) = (o.org_id, o.event_id) where e.uid = '%s' order by 1" % uid)]


def bad_files(h, ana):
    for data, words in ((b'', 'not empty'), (b'name,date\r\n', 'does not begin with BEGIN:VCALENDAR'), (b'BEGIN:VCALENDAR\r\nX:\xff\xfe\r\nEND:VCALENDAR', 'no text in UTF-8'),
                        (calendar(event('a', near('20270301T100000'), near('20270301T110000'), 'A'))[:-20], 'is cut off'), (b'BEGIN:VCALENDAR' + b'\r\nX-A:' + b'a' * (4 << 20), 'over 4 MB')):
        answer = send(h, ana, data)
        ok(answer.status == 422 and words in answer.text, 'refused with the reason: ' + words, answer.status, answer.text[-300:])
    ident = read(h, ana, calendar('BEGIN:VTODO\r\nUID:todo\r\nEND:VTODO'))
    ok('There is no event in this file' in h.get('/calendar/imports/' + ident, ana).text, 'a file of tasks: no event in it')
    ident = read(h, ana, calendar(event('s', 'tomorrow', near('20270301T110000'), 'No start'), event('e', near('20270301T110000'), near('20270301T100000'), 'Backwards'),
                                  event('r', near('20270302T100000'), near('20270302T110000'), 'Bad rule', 'RRULE:FREQ=SOMETIMES'), event('u' * 256, near('20270303T100000'), near('20270303T110000'), 'Long name'),
                                  event('x', near('20270304T100000'), '', 'For ever').replace('DTEND;TZID=Europe/Madrid:', 'DURATION:P9999999W'),
                                  event('h', near('20270305T100000'), near('20270305T110000'), 'All the time', 'RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12,13;BYMINUTE=0,30')))
    got = sorted(v[2] for v in rows(h, ident).values())
    text = h.get('/calendar/imports/' + ident, ana).text
    ok(got == ['end', 'end', 'rule', 'rule', 'start', 'uid'] and 'does not say when it begins' in text and 'ends before it begins' in text and 'Nothing in this file is new' in text, 'each event that cannot be says why', rows(h, ident))


YEAR = int(near('2027-03-28')[:4])
SERIES = ('RRULE:FREQ=WEEKLY;COUNT=5', near('EXDATE;TZID=Europe/Madrid:20270315T090000'))


def comes(h, ana):
    h.form('/calendar/new', '/calendar', {'title': 'Dentist', 'day': near('2027-03-02'), 'from': '10:30', 'until': '11:30', 'zone': 'Europe/Madrid', 'people': h.me}, ana)
    moved = event('weekly', near('20270323T100000'), near('20270323T103000'), 'Weekly', near('RECURRENCE-ID;TZID=Europe/Madrid:20270322T090000'))
    dropped = event('weekly', near('20270329T090000'), near('20270329T093000'), 'Weekly', near('RECURRENCE-ID;TZID=Europe/Madrid:20270329T090000'), 'STATUS:CANCELLED')
    h.file = calendar(event('one', near('20270301T100000'), near('20270301T110000'), 'One, two\\; three', 'LOCATION:Café', 'SEQUENCE:2'), event('clash', near('20270302T100000'), near('20270302T110000'), 'Clashes'),
                      event('weekly', near('20270308T090000'), near('20270308T093000'), 'Weekly', *SERIES), moved, dropped, event('', near('20270310T100000'), near('20270310T110000'), 'No name'),
                      event('gone', near('20270311T100000'), near('20270311T110000'), 'Off', 'STATUS:CANCELLED'), event('utc', near('20270312T100000Z'), near('20270312T110000Z'), 'In UTC', zone=None),
                      event('twice', near('20270316T100000'), near('20270316T110000'), 'Old', 'SEQUENCE:1'), event('twice', near('20270316T100000'), near('20270316T110000'), 'Latest', 'SEQUENCE:3'),
                      event('inside', near('20270301T103000'), near('20270301T104500'), 'In the way of one'))
    ident = read(h, ana, h.file)
    got, text = rows(h, ident), h.get('/calendar/imports/' + ident, ana).text
    ok(got['one'] == ['new', '', '', ''] and got['clash'] == ['new', '', '', 'Dentist'] and got['gone'][0] == 'cancelled' and got['inside'][3] == 'One, two; three' and len(got) == 8, 'what would come, and what is in its way', got)
    ok('At the same time: Dentist' in text and 'every week, 5 times' in text and 'FREQ=' not in text and '1 date left out' in text and '2 dates differ' in text and 'Take 7 events?' in text, 'is shown before', text[-3000:])
    ok(h.one("select count(*) from calendar_events where uid in ('one', 'weekly')") == '0', 'nothing has come so far')
    ok(h.get('/calendar/imports/' + ident, h.ben).status == 404 and h.form('/calendar/imports', '/calendar/imports/%s/take' % ident, {}, h.ben).status == 404, 'a file is its person\'s alone')
    ok(take(h, ana, ident).status == 303, 'taken')
    got = rows(h, ident)
    ok(got['clash'][1] == 'skipped' and got['inside'][1] == 'skipped' and got['one'][1] == 'taken' and h.one("select count(*) from calendar_events where uid = 'clash'") == '0', 'what clashes is left out', got)
    ok(dates(h, 'weekly') == [near('2027-' + d)[5:] for d in ('03-08 09:00', '03-23 10:00', '04-05 09:00')], 'the series with EXDATE, a date moved and one cancelled', dates(h, 'weekly'))
    e = h.sql("select title, place, rule, sequence, to_char(starts_local, 'HH24:MI'), zone from calendar_events where uid in ('one', 'weekly', 'twice') order by uid")
    ok(e[0][:2] == ['One, two; three', 'Café'] and e[0][3] == '2' and e[1][0] == 'Latest' and e[2][2] == 'FREQ=WEEKLY;COUNT=5' and e[2][5] == 'Europe/Madrid', 'with its words, rule and the latest of its versions', e)
    ok('5 events of this file are in your calendar' in h.get('/calendar/imports/' + ident, ana).text and h.one("select count(*) from email_messages") == '0', 'it says so, and nobody is invited')
    ok(h.form('/calendar/imports', '/calendar/imports/%s/take' % ident, {}, ana).status == 409, 'not a second time')


def again(h, ana):
    ident = read(h, ana, h.file)
    got = rows(h, ident)
    ok([got[u][0] for u in ('one', 'weekly', 'utc', 'twice', 'clash')] == ['same', 'same', 'same', 'same', 'new'] and sum(v[0] == 'new' for v in got.values()) == 2, 'the same file again brings nothing twice', got)
    take(h, ana, ident, 'free')
    ok(rows(h, ident)['clash'][1] == 'free' and h.one("select busy from calendar_events where uid = 'clash'") == 'f', 'a clash taken all the same takes no time')
    ident = read(h, ana, calendar(event('one', near('20270301T120000'), near('20270301T130000'), 'One later', 'SEQUENCE:3'), event('twice', near('20270316T100000'), near('20270316T110000'), 'Older', 'SEQUENCE:2'),
                                  event('weekly', near('20270331T100000'), near('20270331T103000'), 'Alone', near('RECURRENCE-ID;TZID=Europe/Madrid:20270405T090000'))))
    got = rows(h, ident)
    ok([got[u][0] for u in ('one', 'twice', 'weekly')] == ['changed', 'older', 'lone'], 'a later SEQUENCE changes, an earlier one does not', got)
    take(h, ana, ident)
    ok(dates(h, 'one') == [near('2027-03-01 12:00')[5:]] and h.one("select title from calendar_events where uid = 'twice'") == 'Latest' and len(dates(h, 'weekly')) == 3, 'and so it is')
    ident = read(h, h.ben, h.file)
    got = rows(h, ident)
    ok(got['one'][0] == 'foreign' and h.sql("select count(*) from calendar_import_rows where import_id = '%s' and verdict = 'new'" % ident)[0][0] == '0', 'what is in somebody else\'s calendar does not come', got)


def colleague(h, ana):
    """An event of somebody else one takes part in is not rewritten by a file, also when it became theirs after it was shown."""
    ben = h.one("select user_id from memberships where email = 'ben@mill.example'")
    h.sql("update calendar_events set owner_id = '%s', organizer = 'ben@mill.example' where uid = 'one'" % ben)
    late = calendar(event('one', near('20270301T150000'), near('20270301T160000'), 'Taken over', 'SEQUENCE:9'), event('utc', near('20270312T100000Z'), near('20270312T110000Z'), 'Taken over', 'SEQUENCE:9', zone=None))
    ident = read(h, ana, late)
    got = rows(h, ident)
    h.sql("update calendar_events set owner_id = '%s' where uid = 'utc'" % ben)
    take(h, ana, ident)
    ok(got['one'][0] == 'foreign' and got['utc'][0] == 'changed' and rows(h, ident)['utc'][1] == 'skipped' and h.one("select count(*) from calendar_events where title = 'Taken over'") == '0',
       'a colleague\'s event stays as it is', got, rows(h, ident))


def large(h):
    """As many events as a file may have, half of them dates of one series that differ; a rule without any date."""
    def at(n):
        return '%d%02d%02dT%02d%02d' % (YEAR + 2, 1 + n % 12, 1 + n // 12 % 28, 6 + n // 336 % 12, n // 4032 * 30)
    single = [event('l%d' % n, at(n) + '00', at(n) + '20', 'L %d' % n) for n in range(2497)]
    moved = ['\r\n'.join(['BEGIN:VEVENT', 'UID:long', 'RECURRENCE-ID:%d0101T%02d%02d%02dZ' % (YEAR + 3, n // 3600, n // 60 % 60, n % 60), 'DTSTART:%d0102T100000Z' % (YEAR + 3), 'DTEND:%d0102T110000Z' % (YEAR + 3), 'END:VEVENT']) for n in range(2500)]
    text = calendar(event('long', '%d0101T050000' % (YEAR + 2), '%d0101T053000' % (YEAR + 2), 'Long', 'RRULE:FREQ=DAILY;COUNT=700'), event('never', '%d0102T050000' % (YEAR + 2), '%d0102T053000' % (YEAR + 2), 'Never', 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30'),
                    *moved, *single, event('late', at(0) + '10', at(0) + '30', 'In the way'))
    ident = read(h, h.ben, text)
    got = rows(h, ident)
    ok(len(got) == 2500 and sum(v[0] == 'new' for v in got.values()) == 2500 and [u for u, v in got.items() if v[3]] == ['late'] and got['late'][3] == 'L 0', 'five thousand events are looked at in parts',
       len(got), h.sql("select state, wrong from calendar_imports where id = '%s'" % ident), [v for v in got.items() if v[1][3]][:5])
    ok(h.one("select count(*) from calendar_import_times") == '0', 'and nothing of it stays behind')


def many(h):
    """By the API, more than one job takes at once."""
    key = h.key_of_ben
    text = calendar(*[event('m%d' % n, '%d%02d%02dT%02d0000' % (YEAR + 1, 1 + n % 12, 1 + n // 12 % 28, 8 + n // 336), '%d%02d%02dT%02d3000' % (YEAR + 1, 1 + n % 12, 1 + n // 12 % 28, 8 + n // 336), 'M %d' % n) for n in range(450)])
    made = h.api('POST', '/calendar/imports', key, {'name': 'many.ics', 'text': text})
    ident = made.json['id']
    h.wait(lambda: h.api('GET', '/calendar/imports/' + ident, key).json['file']['state'] == 'READY', 'the file to be read', 60)
    shown = h.api('GET', '/calendar/imports/%s?limit=200&after=199' % ident, key).json
    ok(made.status == 202 and shown['file']['fresh'] == 450 and len(shown['items']) == 200 and shown['items'][0]['n'] == 200, 'the API reads and shows page by page', made.status, shown['file'])
    ok(h.api('POST', '/calendar/imports/%s/take' % ident, key, {}).status == 202, 'and takes')
    h.wait(lambda: h.api('GET', '/calendar/imports/' + ident, key).json['file']['state'] == 'DONE', 'all to be taken', 60)
    ok(h.one("select count(*) from calendar_events where uid ~ '^m[0-9]+$'") == '450', 'all of them')
    ok(h.api('POST', '/calendar/imports', key, {'text': 'nothing'}).status == 422, 'a text that is none is refused there too')


def main():
    with House.temporary() as h:
        h.org('mill', 'Mill', '--zone', 'Europe/Madrid')
        ana, h.ben = h.person('ana@mill.example', org='mill'), h.person('ben@mill.example', org='mill', role='operator')
        h.me = h.one("select user_id from memberships where email = 'ana@mill.example'")
        h.key_of_ben = re.search('fl_[A-Za-z0-9_-]{43}', h.form('/settings/keys/new', '/settings/keys', {'name': 'Export'}, h.ben).text).group(0)
        bad_files(h, ana)
        comes(h, ana)
        again(h, ana)
        colleague(h, ana)
        many(h)
        large(h)
    done()


main()
