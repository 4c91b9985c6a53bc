"""CalDAV both ways with a real Radicale: found, chosen, kept in step; changed on both sides, deleted, a bad password, an expired token, a calendar that is gone."""
import base64, os, pathlib, re, shutil, subprocess, sys, tempfile, urllib.error, urllib.request

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from calhouse import Step  # noqa: E402
from dates import near  # noqa: E402
from house import House, free_port  # noqa: E402
from tap import done, ok  # noqa: E402

CONF = '[server]\nhosts = 127.0.0.1:%d\n[auth]\ntype = htpasswd\nhtpasswd_filename = %s/users\nhtpasswd_encryption = plain\n[storage]\nfilesystem_folder = %s/data\n[logging]\nlevel = error\n'
EVENT = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20261121T100000Z\r\nDTSTART:%s\r\nDTEND:%s\r\nSUMMARY:%s\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n'


class Radicale:
    def __init__(self):
        self.dir, self.port = pathlib.Path(tempfile.mkdtemp(prefix='flcal')), free_port()
        (self.dir / 'users').write_text('ana:secret\n')
        (self.dir / 'conf').write_text(CONF % (self.port, self.dir, self.dir))
        self.process = subprocess.Popen(['radicale', '--config', str(self.dir / 'conf')], stderr=subprocess.DEVNULL)
        House.wait(lambda: self.call('PROPFIND', '/')[0] == 207, 'radicale', 20)

    def call(self, method, path, body=None, **headers):
        head = {'Authorization': 'Basic ' + base64.b64encode(b'ana:secret').decode(), 'Depth': '1', **headers}
        try:
            with urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d%s' % (self.port, path), body.encode() if body else None, head, method=method), timeout=120) as a:
                return a.status, a.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, ''
        except OSError:
            return 0, ''

    def calendar(self, name):
        return self.call('MKCALENDAR', '/ana/%s/' % name, '<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>%s</displayname></prop></set></C:mkcalendar>' % name.title())[0]

    def put(self, path, uid, start, end, title, more=''):
        return self.call('PUT', path, EVENT % (uid, start, end, title, more), **{'Content-Type': 'text/calendar'})[0]

    def events(self, name):
        """{UID: text} of a calendar."""
        text = re.sub(r'\r?\n ', '', self.call('GET', '/ana/%s/' % name)[1])
        return {re.search(r'UID:(\S+)', e).group(1): e for e in re.findall(r'BEGIN:VEVENT.*?END:VEVENT', text, re.S)}

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def connect(s, cal):
    h = s.h
    cal.calendar('work'), cal.calendar('home')
    cal.put('/ana/work/one.ics', 'one@there', near('20270322T090000Z'), near('20270322T100000Z'), 'From there')
    h.form('/calendar/links', '/calendar/links', {'name': 'Wrong', 'kind': 'caldav', 'url': 'http://127.0.0.1:%d/' % cal.port, 'user': 'ana', 'password': 'wrong'}, s.ana)
    s.link = h.one('select id from calendar_links order by id desc limit 1')
    s.rest()
    ok(s.state() == 'denied' and 'No entry' in h.get('/calendar/links', s.ana).text, 'a bad password is said', s.state())
    h.form('/calendar/links', '/calendar/links/%s/remove' % s.link, {}, s.ana)
    made = h.form('/calendar/links', '/calendar/links', {'name': 'Radicale', 'kind': 'caldav', 'url': 'http://127.0.0.1:%d/' % cal.port, 'user': 'ana', 'password': 'secret'}, s.ana)
    s.link = h.one('select id from calendar_links order by id desc limit 1')
    s.rest()
    page = h.get('/calendar/links', s.ana).text
    ok(made.status == 303 and s.state() == 'choose' and '>Work<' in page and '>Home<' in page, 'its calendars are found, and one is to be chosen', s.state(), h.one('select error from calendar_links limit 1'))
    ok('secret' not in h.one("select encode(secret, 'escape') from calendar_links"), 'the password is sealed')
    ok(h.form('/calendar/links', '/calendar/links/%s/choose' % s.link, {'href': '/bob/x/'}, s.ana).status == 404, 'only one of those found can be')
    h.form('/calendar/links', '/calendar/links/%s/choose' % s.link, {'href': '/ana/work/'}, s.ana)
    s.rest()
    ok(s.state() == 'ok' and s.here('one@there')[:3] == ['From there', 'CONFIRMED', near('2027-03-22 09:00')[8:]], 'what is there comes here', s.state(), s.here('one@there'))


def both_ways(s, cal):
    h = s.h
    made = s.save('/calendar', title='From here', day=near('2027-03-23'), until='11:00', people=h.one("select user_id from memberships where email = 'ana@mill.example'"), **{'from': '10:00'})
    ident = made.headers['Location'].split('/')[2].split('?')[0]
    uid = ident + '@fairlead'
    ok('SUMMARY:From here' in cal.events('work').get(uid, '') and near('DTSTART;TZID=Europe/Madrid:20270323T100000') in cal.events('work')[uid], 'what is made here goes there at once', cal.events('work').keys())
    cal.put('/ana/work/one.ics', 'one@there', near('20270322T120000Z'), near('20270322T130000Z'), 'Moved there')
    ok(s.run() == 'ok' and s.here('one@there')[:3] == ['Moved there', 'CONFIRMED', near('2027-03-22 12:00')[8:]], 'changed there, changed here', s.here('one@there'))
    one = s.here('one@there')[3]
    s.save('/calendar/' + one, title='Renamed here', day=near('2027-03-22'), until='15:00', people=h.one("select user_id from memberships where email = 'ana@mill.example'"), **{'from': '14:00'})
    text = cal.events('work')['one@there']
    ok('SUMMARY:Renamed here' in text and 'T140000' in text, 'changed here, changed there', text)
    runs = h.one('select count(*) from calendar_copies')
    version = h.one("select string_agg(version::text, ',' order by id) from calendar_events")
    ok(s.run() == 'ok' and s.run() == 'ok' and h.one("select string_agg(version::text, ',' order by id) from calendar_events") == version and runs == '2', 'nothing changed: nothing moves')
    h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'cancel', 'version': h.one("select version from calendar_events where id = '%s'" % ident)}, s.ana)
    s.rest()
    ok(uid not in cal.events('work'), 'cancelled here, gone there')
    cal.call('DELETE', '/ana/work/one.ics')
    ok(s.run() == 'ok' and s.here('one@there')[1] == 'CANCELLED', 'deleted there, cancelled here', s.here('one@there'))
    cal.put('/ana/work/series.ics', 'series@there', near('20270405T080000Z'), near('20270405T083000Z'), 'Series', near('RRULE:FREQ=WEEKLY;COUNT=5\r\nEXDATE:20270412T080000Z\r\n'))
    ok(s.run() == 'ok' and h.one("select count(*) from calendar_occurrences o join calendar_events e on e.id = o.event_id where e.uid = 'series@there'") == '4', 'a series with a date left out')


def theirs(s, cal):
    """An event of Ben's that Ana takes part in: her calendar elsewhere neither changes it nor calls it off."""
    h = s.h
    ben = h.person('ben@mill.example', org='mill')
    both = [h.one("select user_id from memberships where email = '%s@mill.example'" % name) for name in ('ben', 'ana')]
    made = h.form('/calendar/new', '/calendar', {'zone': 'Europe/Madrid', 'title': "Ben's", 'day': near('2027-03-30'), 'from': '10:00', 'until': '11:00', 'people': both}, ben)
    s.rest()
    ident = made.headers['Location'].split('/')[2].split('?')[0]
    uid = ident + '@fairlead'
    ok("SUMMARY:Ben's" in cal.events('work').get(uid, ''), 'an event somebody else made goes to who takes part', sorted(cal.events('work')))
    cal.put('/ana/work/%s.ics' % ident, uid, near('20270330T140000Z'), near('20270330T150000Z'), 'Taken over')
    ok(s.run() == 'ok' and s.here(uid)[:3] == ["Ben's", 'CONFIRMED', near('2027-03-30 08:00')[8:]], 'her copy does not rewrite it', s.here(uid))
    ok(h.one("select count(*) from notifications where kind = 'calendar_theirs' and user_id = '%s'" % both[1]) == '1' and "SUMMARY:Ben's" in cal.events('work')[uid], 'she is told, and the copy is put right', cal.events('work')[uid])
    ok(s.run() == 'ok' and h.one("select count(*) from notifications where kind = 'calendar_theirs'") == '1', 'and then both stand still')
    echo(s, cal, ident, both, ben)
    cal.call('DELETE', '/ana/work/%s.ics' % ident)
    left = "select string_agg(m.email, ',') from calendar_parties p join memberships m on m.user_id = p.party_id where p.event_id = '%s'"
    ok(s.run() == 'ok' and s.here(uid)[1] == 'CONFIRMED' and h.one(left % ident) == 'ben@mill.example', 'deleted there: she no longer takes part, the event stays', s.here(uid), h.one(left % ident))
    ok('declined' in h.one("select detail::text from notifications where kind = 'event_answer' and user_id = '%s'" % both[0]) and uid not in cal.events('work'), 'and its owner is told')

    ident = h.api('POST', '/calendar', h.key('mill'), {'zone': 'Europe/Madrid', 'title': "Nobody's", 'day': near('2027-03-31'), 'from': '10:00', 'until': '11:00', 'people': both}).json['id']
    uid = ident + '@fairlead'
    s.rest()
    ok(h.one("select owner_id is null from calendar_events where id = '%s'" % ident) == 't' and uid in cal.events('work'), 'an event made by a key has no owner', sorted(cal.events('work')))
    cal.put('/ana/work/%s.ics' % ident, uid, near('20270331T140000Z'), near('20270331T150000Z'), 'Taken over')
    ok(s.run() == 'ok' and s.here(uid)[:3] == ["Nobody's", 'CONFIRMED', near('2027-03-31 08:00')[8:]] and "SUMMARY:Nobody's" in cal.events('work')[uid], 'one of two does not rewrite it either', s.here(uid))
    cal.call('DELETE', '/ana/work/%s.ics' % ident)
    ok(s.run() == 'ok' and s.here(uid)[1] == 'CONFIRMED' and h.one(left % ident) == 'ben@mill.example', 'nor call it off', s.here(uid), h.one(left % ident))


def echo(s, cal, ident, both, ben):
    """A server that alters what it stores: the same moments are no change, and anything else is put right once for each version of the event."""
    h, uid, at = s.h, ident + '@fairlead', '/ana/work/%s.ics' % ident
    told = lambda: h.one("select count(*) from notifications where kind = 'calendar_theirs'")
    cal.put(at, uid, near('20270330T080000Z'), near('20270330T090000Z'), 'Stored anew')
    ok(s.run() == 'ok' and s.run() == 'ok' and told() == '1' and 'SUMMARY:Stored anew' in cal.events('work')[uid], 'altered again: left there, and told once', told())
    h.form('/calendar/' + ident, '/calendar/' + ident, {'zone': 'America/New_York', 'title': "Ben's", 'day': near('2027-03-30'), 'from': '11:00', 'until': '12:00', 'people': both}, ben)
    s.rest()
    ok(near('DTSTART;TZID=America/New_York:20270330T110000') in cal.events('work')[uid], 'a change here goes there', cal.events('work')[uid])
    cal.put(at, uid, near('20270330T150000Z'), near('20270330T160000Z'), "Ben's")
    ok(s.run() == 'ok' and told() == '1' and near('DTSTART:20270330T150000Z') in cal.events('work')[uid], 'the same moment in another zone is no change', told(), cal.events('work')[uid])
    cal.put(at, uid, near('20270330T150000Z'), near('20270330T160000Z'), 'Mine')
    ok(s.run() == 'ok' and told() == '2' and "SUMMARY:Ben's" in cal.events('work')[uid], 'the next version is put right and told anew', told(), cal.events('work')[uid])


def clashes(s, cal):
    h = s.h
    cal.put('/ana/work/two.ics', 'two@there', near('20270324T090000Z'), near('20270324T100000Z'), 'Two')
    s.run()
    two = s.here('two@there')[3]
    h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'mill'), false), set_config('app.syncing', '%s', false); " % s.link
          + "update calendar_events set title = 'Here first', version = version + 1 where id = '%s'" % two)  # as a change whose run has not come yet
    cal.put('/ana/work/two.ics', 'two@there', near('20270324T110000Z'), near('20270324T120000Z'), 'There first')
    ok(s.run() == 'ok' and s.here('two@there')[:3] == ['There first', 'CONFIRMED', near('2027-03-24 11:00')[8:]] and 'There first' in cal.events('work')['two@there'], 'changed on both sides: theirs stays', s.here('two@there'))
    ok(h.one("select count(*) from notifications where kind = 'calendar_clash'") == '1' and h.one("select count(*) from audit_log where action = 'calendar.clash'") == '1', 'and its person is told')
    h.sql("update calendar_links set sync_token = 'http://radicale.org/ns/sync/" + 'f' * 64 + "'")
    cal.put('/ana/work/three.ics', 'three@there', near('20270325T090000Z'), near('20270325T100000Z'), 'Three')
    cal.call('DELETE', '/ana/work/two.ics')
    ok(s.run() == 'ok' and s.here('three@there') is not None and s.here('two@there')[1] == 'CANCELLED', 'a token nobody knows: everything is looked at anew', s.state(), s.here('two@there'))
    ok(h.one("select sync_token from calendar_links where id = '%s'" % s.link).startswith('http'), 'with a new token')
    cal.call('DELETE', '/ana/work/')
    ok(s.run() == 'gone' and 'Gone' in h.get('/calendar/links', s.ana).text and s.here('three@there')[1] == 'CONFIRMED', 'a deleted calendar is said, and takes nothing with it', s.state())
    ok(h.one("select count(*) from notifications where kind = 'calendar_link'") == '2', 'its person is told once')
    gone = h.form('/calendar/links', '/calendar/links/%s/remove' % s.link, {}, s.ana)
    ok(gone.status == 303 and h.one('select count(*) from calendar_copies') == '0' and s.here('three@there')[1] == 'CONFIRMED', 'disconnected: the events stay')


def main():
    cal = Radicale()
    try:
        with House.temporary(conf={'TENANT_ALLOW': '127.0.0.1:%d' % cal.port}) as h:
            h.org('mill', 'Mill', '--zone', 'Europe/Madrid')
            s = Step(h, h.person('ana@mill.example', org='mill'))
            connect(s, cal)
            both_ways(s, cal)
            theirs(s, cal)
            clashes(s, cal)
    finally:
        cal.close()
    done()


main()
