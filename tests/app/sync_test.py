"""Calendars elsewhere: what an iCalendar address says is busy is not offered; pulled again; gone, shut, private or no calendar: each a state one sees."""
import http.server, os, sys, threading

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

HEAD = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\n'
SERIES = ('BEGIN:VEVENT\r\nUID:s\r\nDTSTART;TZID=Europe/Madrid:20240101T100000\r\nDTEND;TZID=Europe/Madrid:20240101T110000\r\nRRULE:FREQ=DAILY\r\n%sEND:VEVENT\r\n')
FREE = 'BEGIN:VEVENT\r\nUID:f\r\nDTSTART;TZID=Europe/Madrid:20240101T090000\r\nDTEND;TZID=Europe/Madrid:20240101T180000\r\nTRANSP:TRANSPARENT\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n'


class Other:
    """Another calendar server: answers what the test puts here."""

    def __init__(self):
        outer = self
        self.status, self.body, self.etag, self.asked = 200, '', None, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, self.headers['If-None-Match']))
                same = outer.status == 200 and outer.etag and self.headers['If-None-Match'] == outer.etag
                body = b'' if same else outer.body.encode()
                self.send_response(304 if same else outer.status)
                self.send_header('Content-Type', 'text/calendar')
                self.send_header('Content-Length', str(len(body)))
                if outer.etag:
                    self.send_header('ETag', outer.etag)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def state(h):
    return h.sql("select state, coalesce(error, '') from calendar_links order by created_at desc limit 1")[0]


def pull(h, ana, ident):
    h.form('/calendar/links', '/calendar/links/%s/pull' % ident, {}, ana)
    h.wait(lambda: h.one("select count(*) from jobs where kind = 'sync.pull'") == '0', 'the pull', 30)
    return state(h)


def drawn(h, ana, me):
    """A week draws what is taken elsewhere, without a word of what it is; the list, which telephones see, says it too."""
    box = '<span class="q0 h1 m0 l0 n1 outside"><b>Busy</b> <time>10:00–11:00</time></span>'
    day = h.one("select (current_date + 14)::text")
    week = lambda who, more='': h.get('/calendar?view=week&day=%s%s' % (day, more), who).text
    ok(week(ana).count(box) == 7 and week(ana).count('Busy <small>in another calendar</small>') == 7, 'a week draws the hour of each day, the list says it', week(ana).count(box))
    ben = h.person('ben@mill.example', org='mill')
    ok(week(ben).count('Busy') == 0 and week(ben, '&who=' + me).count(box) == 7, 'to others when they look at whose it is')
    listed = h.api('GET', '/calendar?view=week&day=' + day, ana).json['items']
    ok([(i['outside'], i['title'], i['clock'], i['people']) for i in listed] == [(True, None, '10:00', 'Ana')] * 7, 'programs are told the same', listed)
    made = h.form('/calendar/new', '/calendar', {'title': 'Here too', 'day': day, 'from': '09:30', 'until': '11:00', 'people': me}, ana)
    ok(made.status == 303 and week(ana).count(box) == 6 and 'Here too' in week(ana), 'what an event here takes is not drawn twice', made.status, week(ana).count(box))
    h.form('/calendar/new', made.headers['Location'].split('?')[0] + '/do', {'what': 'cancel'}, ana)
    h.sql("update calendar_busy set during = tstzrange(date_trunc('day', lower(during) at time zone 'Europe/Madrid') at time zone 'Europe/Madrid', "
          "(date_trunc('day', lower(during) at time zone 'Europe/Madrid') + interval '1 day') at time zone 'Europe/Madrid')")
    ok(week(ana).count('<span class="outside">Busy</span>') == 7 and week(ana).count('Busy <small>') == 7, 'whole days stand above the hours', week(ana).count('Busy <small>'))


def main():
    other = Other()
    with House.temporary(conf={'TENANT_ALLOW': '127.0.0.1:%d' % other.port}) as h:
        h.org('mill', 'Mill', '--zone', 'Europe/Madrid')
        ana = h.person('ana@mill.example', org='mill')
        me = h.one("select user_id from memberships where email = 'ana@mill.example'")
        page = h.form('/booking/new', '/booking', {'name': 'Meet', 'hosts': me, 'zone': 'Europe/Madrid', 'minutes': '30', 'step': '30', 'notice': '0'}, ana).headers['Location'].split('/')[2].split('?')[0]

        def offered(clock):
            return int(h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'mill'), false); select count(*) from booking_slots('%s', current_date + 1, current_date + 14)"
                             " s where to_char(s.starts_at at time zone 'Europe/Madrid', 'HH24:MI') = '%s'" % (page, clock))[-1][-1])
        ok('No calendar connected' in h.get('/calendar/links', ana).text and '/calendar/links' in h.get('/calendar', ana).text, 'the page says what to do, and is found from the calendar')
        before = offered('10:00')
        other.body, other.etag = HEAD + SERIES % '' + FREE + 'END:VCALENDAR\r\n', '"one"'
        made = h.form('/calendar/links', '/calendar/links', {'name': 'Mine', 'url': 'http://127.0.0.1:%d/private-key-123/basic.ics' % other.port}, ana)
        h.wait(lambda: state(h)[0] != 'new', 'the first pull', 30)
        ident = h.one('select id from calendar_links')
        ok(made.status == 303 and state(h) == ['ok', ''] and before > 5, 'connected and read', made.status, state(h))
        ok(offered('10:00') == 0 and offered('10:30') == 0 and offered('11:00') == before, 'its daily hour is no longer offered, what is marked free is', offered('10:00'), offered('11:00'), before)
        text = h.get('/calendar/links', ana).text
        ok('Up to date' in text and 'private-key-123' not in text and 'private-key' not in h.one("select encode(secret, 'escape') || place from calendar_links"), 'the page shows it without its key, which is kept sealed')
        why = h.get('/booking/%s?day=%s&clock=10:00' % (page, h.one("select (current_date + case when extract(isodow from current_date + 1) > 5 then 4 else 1 end)::text")), ana).text
        ok('Busy in another calendar' in why and 'Mine' in why, 'why a time is not offered names it')
        ok(pull(h, ana, ident) == ['ok', ''] and other.asked[-1][1] == '"one"' and offered('10:00') == 0, 'asked again with its ETag, unchanged stays', other.asked[-1])
        drawn(h, ana, me)
        other.body, other.etag = HEAD + 'END:VCALENDAR\r\n', '"two"'
        ok(pull(h, ana, ident) == ['ok', ''] and offered('10:00') == before, 'emptied there, free here')
        other.body, other.etag = HEAD + SERIES % 'STATUS:CANCELLED\r\n' + SERIES.replace('RRULE:FREQ=DAILY', 'RRULE:FREQ=NONSENSE') % '' + 'END:VCALENDAR\r\n', None
        ok(pull(h, ana, ident) == ['ok', ''] and offered('10:00') == before, 'a cancelled series and a rule that is none take nothing')
        other.body = '<html>Sign in</html>'
        ok(pull(h, ana, ident)[0] == 'failed' and h.one("select count(*) from notifications where kind = 'calendar_link'") == '1', 'no calendar: said, and its person told once', state(h))
        other.status = 410
        ok(pull(h, ana, ident)[0] == 'gone' and 'Gone' in h.get('/calendar/links', ana).text, 'deleted there: gone', state(h))
        other.status = 401
        ok(pull(h, ana, ident)[0] == 'denied', 'no entry', state(h))
        other.status, other.body = 200, HEAD + 'X' * (5 << 20)
        ok(pull(h, ana, ident)[0] == 'failed', 'over the bound: said', state(h))
        other.body = HEAD + SERIES % '' + 'END:VCALENDAR\r\n'
        h.sql("update calendar_links set last_run_at = now() - interval '2 days'")
        h.batch('run', 'calendar-links')
        h.wait(lambda: state(h)[0] == 'ok', 'the sweep', 30)
        ok(offered('10:00') == 0, 'back again by the sweep')
        h.form('/calendar/links', '/calendar/links', {'name': 'Inside', 'url': 'http://127.0.0.1:1/x.ics'}, ana)
        h.wait(lambda: state(h)[0] != 'new', 'the private one', 30)
        ok(state(h)[0] == 'refused', 'a private address is refused', state(h))
        bad = h.form('/calendar/links', '/calendar/links', {'name': 'Bad', 'url': 'ftp://x.example/a'}, ana)
        ok(bad.status == 422 and 'id="url-error"' in bad.text, 'what is no address is said beside it', bad.status)
        gone = h.form('/calendar/links', '/calendar/links/%s/remove' % ident, {}, ana)
        ok(gone.status == 303 and offered('10:00') == before, 'disconnected: forgotten')
    done()


main()
