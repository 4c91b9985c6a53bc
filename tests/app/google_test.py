"""Google Calendar both ways against tests/stub/google.py: consent with PKCE, a calendar chosen, kept in step; pages, 410, limits, clashes, a token that is withdrawn,
a calendar that is gone. Prints TAP."""
import json, os, pathlib, re, subprocess, sys, tempfile, urllib.parse, urllib.request

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from calhouse import Step  # noqa: E402
from dates import near  # noqa: E402
from house import House, free_port  # noqa: E402
from tap import done, ok  # noqa: E402

STUB = pathlib.Path(os.environ['top_srcdir']).resolve() / 'tests' / 'stub' / 'google.py'
CLIENT, SECRET, CAL = 'client-1.apps.googleusercontent.example', 'secret-of-the-client', 'ana@gmail.example'


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Google:
    def __init__(self):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        ready = os.path.join(self.folder.name, 'port')
        self.process = subprocess.Popen(['/usr/bin/python3', STUB, '--port', str(self.port), '--port-file', ready])
        House.wait(lambda: os.path.exists(ready), 'the stub of Google', 30)

    def call(self, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d%s' % (self.port, path), data), timeout=120) as answer:
            return json.load(answer)

    def set(self, **what):
        self.call('/_set', what)

    def event(self, ident, title, start, end, **more):
        self.set(event={'id': ident, 'summary': title, 'start': {'dateTime': start, 'timeZone': 'Europe/Madrid'}, 'end': {'dateTime': end, 'timeZone': 'Europe/Madrid'}, **more})

    def state(self):
        return self.call('/_state')

    def events(self):
        return self.state()['calendars'][CAL]

    def consent(self, url):
        """What a browser is led back to."""
        try:
            urllib.request.build_opener(NoRedirect).open(url, timeout=120)
        except urllib.error.HTTPError as e:
            return e.headers['Location']

    def close(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def way(h, ana, g):
    """To Google and back: the answer of the callback, and what it was called with."""
    start = h.get('/calendar/google/start', ana)
    back = g.consent(start.headers['Location'])
    path = back[len(h.url()):]
    cookie = start.headers['Set-Cookie'].split(';')[0]
    return h.get(path, ana + '; ' + cookie), path, cookie, start


def connect(s, g):
    h, ana = s.h, s.ana
    ok('/calendar/google/start' in h.get('/calendar/links', ana).text, 'the page offers Google')
    g.set(deny=True)
    ok(way(h, ana, g)[0].headers['Location'] == '/calendar/links?done=google_refused', 'no consent: nothing is connected')
    g.set(deny=False)
    back, path, cookie, start = way(h, ana, g)
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(start.headers['Location']).query))
    ok(asked['redirect_uri'] == h.url('/api/calendar/callback') and asked['code_challenge_method'] == 'S256' and len(asked['code_challenge']) == 43 and len(asked['state']) == 43
       and asked['access_type'] == 'offline' and 'calendar.events' in asked['scope'], 'asked with PKCE and state', asked)
    ok(h.get(path, ana).headers['Location'].endswith('google_refused') and h.get(re.sub('state=[^&]*', 'state=' + 'A' * 43, path), ana + '; ' + cookie).headers['Location'].endswith('google_refused'),
       'without its cookie or with another state: refused')
    page = h.get(back.headers['Location'], ana)
    claim = re.search('name="claim" value="([^"]*)"', page.text).group(1)
    ben = h.person('ben@mill.example', org='mill')
    ok(page.status == 200 and h.form('/calendar/links', '/calendar/google/connect', {'claim': claim, 'name': 'Mine'}, ben).status == 403, 'what one session brought is of no use to another')
    g.event('old', 'From there', near('2027-03-22T10:00:00+01:00'), near('2027-03-22T11:00:00+01:00'), location='There')
    made = h.form('/calendar/links', '/calendar/google/connect', {'claim': claim, 'name': 'Mine'}, ana)
    s.link = h.one('select id from calendar_links')
    s.rest()
    text = h.get('/calendar/links', ana).text
    ok(made.status == 303 and s.state() == 'choose' and '>Ana<' in text and '>Team<' in text, 'connected; its calendars are found', s.state(), h.one('select error from calendar_links'))
    kept = h.one("select encode(secret, 'escape') from calendar_links")
    ok('1//' not in kept and g.state()['refresh'][0] not in kept, 'the token is sealed')
    h.form('/calendar/links', '/calendar/links/%s/choose' % s.link, {'href': CAL}, ana)
    s.rest()
    ok(s.state() == 'ok' and s.here('old@google.com')[:3] == ['From there', 'CONFIRMED', near('2027-03-22 09:00')[8:]], 'what is there comes here', s.state(), s.here('old@google.com'))


def both_ways(s, g):
    h = s.h
    me = h.one("select user_id from memberships where email = 'ana@mill.example'")
    made = s.save('/calendar', title='From here', day=near('2027-03-23'), until='11:00', people=me, place='Here', **{'from': '10:00'})
    ident = made.headers['Location'].split('/')[2].split('?')[0]
    there = g.events().get(ident.replace('-', ''), {})
    ok(there.get('summary') == 'From here' and there['start'] == {'dateTime': near('2027-03-23T10:00:00+01:00'), 'timeZone': 'Europe/Madrid'} and there['location'] == 'Here', 'what is made here goes there at once', there)
    g.event('old', 'Moved there', near('2027-03-22T13:00:00+01:00'), near('2027-03-22T14:00:00+01:00'))
    ok(s.run() == 'ok' and s.here('old@google.com')[:3] == ['Moved there', 'CONFIRMED', near('2027-03-22 12:00')[8:]], 'changed there, changed here', s.here('old@google.com'))
    s.save('/calendar/' + s.here('old@google.com')[3], title='Renamed here', day=near('2027-03-22'), until='15:00', people=me, **{'from': '14:00'})
    e = g.events()['old']
    ok(e['summary'] == 'Renamed here' and e['start']['dateTime'] == near('2027-03-22T14:00:00+01:00'), 'changed here, changed there', e)
    version = h.one("select string_agg(version::text, ',' order by id) from calendar_events")
    ok(s.run() == 'ok' and s.run() == 'ok' and h.one("select string_agg(version::text, ',' order by id) from calendar_events") == version, 'nothing changed: nothing moves')
    day = s.save('/calendar', title='Fair', day=near('2027-03-25'), last_day=near('2027-03-26'), all_day='on', people=me).headers['Location'].split('/')[2].split('?')[0]
    e = g.events()[day.replace('-', '')]
    ok(e['start'] == {'date': near('2027-03-25')} and e['end'] == {'date': near('2027-03-27')}, 'whole days are dates there, the last one exclusive', e)
    h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'cancel', 'version': h.one("select version from calendar_events where id = '%s'" % ident)}, s.ana)
    s.rest()
    ok(g.events()[ident.replace('-', '')]['status'] == 'cancelled', 'cancelled here, gone there')
    g.set(delete='old')
    ok(s.run() == 'ok' and s.here('old@google.com')[1] == 'CANCELLED', 'deleted there, cancelled here', s.here('old@google.com'))


def dates(h, uid):
    return [r[0] for r in h.sql("select to_char(o.starts_at at time zone 'Europe/Madrid', 'MM-DD HH24:MI') from calendar_occurrences o join calendar_events e on e.id = o.event_id where e.uid = '%s' order by o.starts_at" % uid)]


def series(s, g):
    h = s.h
    me = h.one("select user_id from memberships where email = 'ana@mill.example'")
    g.event('weekly', 'Weekly', near('2027-04-05T09:00:00+02:00'), near('2027-04-05T09:30:00+02:00'), recurrence=[near('EXDATE;TZID=Europe/Madrid:20270412T090000'), 'RRULE:FREQ=WEEKLY;COUNT=5'])
    s.run()
    ok(dates(h, 'weekly@google.com') == [near('2027-' + d)[5:] for d in ('04-05 09:00', '04-19 09:00', '04-26 09:00', '05-03 09:00')], 'a series with a date left out', dates(h, 'weekly@google.com'))
    g.set(page=1)
    at = {'timeZone': 'Europe/Madrid'}
    g.set(event={'id': near('weekly_20270419T070000Z'), 'recurringEventId': 'weekly', 'originalStartTime': {'dateTime': near('2027-04-19T09:00:00+02:00'), **at}, 'summary': 'Weekly',
                 'start': {'dateTime': near('2027-04-20T10:00:00+02:00'), **at}, 'end': {'dateTime': near('2027-04-20T10:30:00+02:00'), **at}})
    g.set(event={'id': near('weekly_20270426T070000Z'), 'recurringEventId': 'weekly', 'originalStartTime': {'dateTime': near('2027-04-26T09:00:00+02:00'), **at}, 'status': 'cancelled'})
    s.run()
    want = [near('2027-' + d)[5:] for d in ('04-05 09:00', '04-20 10:00', '05-03 09:00')]
    ok(dates(h, 'weekly@google.com') == want, 'one date moved and one cancelled there, over several pages', dates(h, 'weekly@google.com'))
    g.event('weekly', 'Weekly round', near('2027-04-05T09:00:00+02:00'), near('2027-04-05T09:30:00+02:00'), recurrence=[near('EXDATE;TZID=Europe/Madrid:20270412T090000'), 'RRULE:FREQ=WEEKLY;COUNT=5'])
    s.run()
    ok(s.here('weekly@google.com')[0] == 'Weekly round' and dates(h, 'weekly@google.com') == want, 'renamed, it keeps them', dates(h, 'weekly@google.com'))
    g.set(page=250)
    own = s.save('/calendar', title='Ours', day=near('2027-06-07'), until='09:30', repeat='weekly', repeat_until=near('2027-06-28'), people=me, **{'from': '09:00'}).headers['Location'].split('/')[2].split('?')[0]
    there = own.replace('-', '')
    ok(g.events()[there]['recurrence'] == [near('RRULE:FREQ=WEEKLY;UNTIL=20270628T215959Z')], 'a series of ours, its end in UTC', g.events()[there])
    for what in ({'what': 'move', 'at': near('2027-06-14T09:00'), 'day': near('2027-06-15'), 'from': '11:00', 'until': '12:00'}, {'what': 'leave_out', 'at': near('2027-06-21T09:00')}):
        h.form('/calendar/' + own, '/calendar/%s/do' % own, {**what, 'version': h.one("select version from calendar_events where id = '%s'" % own)}, s.ana)
        s.rest()
    moved = g.events().get(there + near('_20270614T070000Z'), {})
    ok(moved.get('start', {}).get('dateTime') == near('2027-06-15T11:00:00+02:00') and moved['end']['dateTime'] == near('2027-06-15T12:00:00+02:00'), 'a date moved here is moved there', moved)
    ok(near('EXDATE;TZID=Europe/Madrid:20270621T090000') in g.events()[there]['recurrence'], 'one left out here is left out there', g.events()[there]['recurrence'])
    before = dates(h, own + '@fairlead')
    ok(s.run() == 'ok' and dates(h, own + '@fairlead') == before == [near('2027-' + d)[5:] for d in ('06-07 09:00', '06-15 11:00', '06-28 09:00')], 'and comes back as it went', dates(h, own + '@fairlead'))


def zones(s, g):
    """The same series in the clock of another place: what is known of its dates stays."""
    h = s.h
    at = {'timeZone': 'Europe/Madrid'}
    g.event('round', 'Round', near('2027-09-06T09:00:00+02:00'), near('2027-09-06T09:30:00+02:00'), recurrence=['RRULE:FREQ=WEEKLY;COUNT=4'])
    s.run()
    g.set(event={'id': near('round_20270913T070000Z'), 'recurringEventId': 'round', 'originalStartTime': {'dateTime': near('2027-09-13T09:00:00+02:00'), **at}, 'summary': 'Round',
                 'start': {'dateTime': near('2027-09-14T11:00:00+02:00'), **at}, 'end': {'dateTime': near('2027-09-14T11:30:00+02:00'), **at}})
    g.set(event={'id': near('round_20270920T070000Z'), 'recurringEventId': 'round', 'originalStartTime': {'dateTime': near('2027-09-20T09:00:00+02:00'), **at}, 'status': 'cancelled'})
    s.run()
    want = [near('2027-' + d)[5:] for d in ('09-06 09:00', '09-14 11:00', '09-27 09:00')]
    ok(dates(h, 'round@google.com') == want, 'a date moved, a date called off', dates(h, 'round@google.com'))
    london = {'timeZone': 'Europe/London'}
    g.set(event={'id': 'round', 'summary': 'Round again', 'start': {'dateTime': near('2027-09-06T08:00:00+01:00'), **london}, 'end': {'dateTime': near('2027-09-06T08:30:00+01:00'), **london}, 'recurrence': ['RRULE:FREQ=WEEKLY;COUNT=4']})
    s.run()
    ok(s.here('round@google.com')[0] == 'Round again' and h.one("select zone from calendar_events where uid = 'round@google.com'") == 'Europe/London' and dates(h, 'round@google.com') == want,
       'written by the clock of London, the same moments: its dates stay', dates(h, 'round@google.com'))


def theirs(s, g):
    """An event of Ben's that Ana takes part in: her calendar at Google neither changes it nor calls it off; the copy is put right once a version."""
    h = s.h
    ben = h.sign_in('ben@mill.example')
    both = [h.one("select user_id from memberships where email = '%s@mill.example'" % name) for name in ('ben', 'ana')]
    told = lambda: h.one("select count(*) from notifications where kind = 'calendar_theirs' and user_id = '%s'" % both[1])
    made = h.form('/calendar/new', '/calendar', {'zone': 'Europe/Madrid', 'title': "Ben's", 'day': near('2027-10-05'), 'from': '10:00', 'until': '11:00', 'people': both}, ben)
    s.rest()
    ident = made.headers['Location'].split('/')[2].split('?')[0]
    there, uid = ident.replace('-', ''), ident + '@fairlead'
    ok(g.events().get(there, {}).get('summary') == "Ben's", 'an event somebody else made goes to who takes part', sorted(g.events()))
    taken = lambda title: g.event(there, title, near('2027-10-05T16:00:00+02:00'), near('2027-10-05T17:00:00+02:00'), iCalUID=uid)
    taken('Taken over')
    ok(s.run() == 'ok' and s.here(uid)[:3] == ["Ben's", 'CONFIRMED', near('2027-10-05 08:00')[8:]], 'her copy does not rewrite it', s.here(uid))
    ok(told() == '1' and g.events()[there]['summary'] == "Ben's", 'she is told, and the copy is put right', told(), g.events()[there])
    ok(s.run() == 'ok' and told() == '1', 'and then both stand still')
    taken('Taken again')
    ok(s.run() == 'ok' and s.run() == 'ok' and told() == '1' and g.events()[there]['summary'] == 'Taken again' and s.here(uid)[0] == "Ben's", 'taken over again: left there, told once', told(), g.events()[there])
    h.form('/calendar/' + ident, '/calendar/' + ident, {'zone': 'Europe/Madrid', 'title': "Ben's, later", 'day': near('2027-10-05'), 'from': '11:00', 'until': '12:00', 'people': both}, ben)
    s.rest()
    ok(g.events()[there]['summary'] == "Ben's, later", 'a change here goes there', g.events()[there])
    taken('Mine')
    ok(s.run() == 'ok' and told() == '2' and g.events()[there]['summary'] == "Ben's, later", 'the next version is put right and told anew', told(), g.events()[there])
    g.set(delete=there)
    left = h.one("select string_agg(m.email, ',') from calendar_parties p join memberships m on m.user_id = p.party_id where p.event_id = '%s'" % ident) if s.run() == 'ok' else s.state()
    ok(s.here(uid)[1] == 'CONFIRMED' and left == 'ben@mill.example' and 'declined' in h.one("select detail::text from notifications where kind = 'event_answer' and user_id = '%s'" % both[0]),
       'deleted there: she no longer takes part, the event stays, its owner is told', s.here(uid), left)


def clashes(s, g):
    h = s.h
    g.event('two', 'Two', near('2027-03-24T10:00:00+01:00'), near('2027-03-24T11:00:00+01:00'))
    s.run()
    h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'mill'), false), set_config('app.syncing', '%s', false); " % s.link
          + "update calendar_events set title = 'Here first', version = version + 1 where id = '%s'" % s.here('two@google.com')[3])
    g.event('two', 'There first', near('2027-03-24T12:00:00+01:00'), near('2027-03-24T13:00:00+01:00'))
    ok(s.run() == 'ok' and s.here('two@google.com')[:3] == ['There first', 'CONFIRMED', near('2027-03-24 11:00')[8:]] and g.events()['two']['summary'] == 'There first', 'changed on both sides: theirs stays', s.here('two@google.com'))
    ok(h.one("select count(*) from notifications where kind = 'calendar_clash'") == '1' and h.one("select count(*) from audit_log where action = 'calendar.clash'") == '1', 'and its person is told')
    g.set(expire=True)
    g.event('three', 'Three', near('2027-03-30T10:00:00+02:00'), near('2027-03-30T11:00:00+02:00'))
    g.set(delete='two')
    ok(s.run() == 'ok' and s.here('three@google.com') is not None and s.here('two@google.com')[1] == 'CANCELLED', '410: everything is looked at anew', s.state(), s.here('two@google.com'))
    token = h.one('select sync_token from calendar_links')
    ok(dates(h, 'weekly@google.com') == [near('2027-' + d)[5:] for d in ('04-05 09:00', '04-20 10:00', '05-03 09:00')] and int(token) >= g.state()['oldest'], 'with a new token, and nothing lost', token)
    g.set(limit=1)
    g.event('three', 'Three later', near('2027-03-30T10:00:00+02:00'), near('2027-03-30T11:00:00+02:00'))
    h.form('/calendar/links', '/calendar/links/%s/pull' % s.link, {}, s.ana)
    h.wait(lambda: s.here('three@google.com')[0] == 'Three later', 'the run after the limit', 60)
    ok(s.state() == 'ok', 'over the limit of calls: tried again')


def push(h, channel, token, what='exists'):
    request = urllib.request.Request(h.url('/webhooks/google-calendar'), b'', {'X-Goog-Channel-ID': channel, 'X-Goog-Channel-Token': token, 'X-Goog-Resource-State': what, 'X-Goog-Message-Number': '9'})
    try:
        with urllib.request.urlopen(request, timeout=120) as a:
            return a.status
    except urllib.error.HTTPError as e:
        return e.code


def pushed(s, g):
    """Google tells of changes: channels, their tokens, their end."""
    h = s.h
    ok(g.state()['channels'] == {} and 'push.webhookUrlUnauthorized' in h.one('select channel_error from calendar_links') and 'quarter of an hour' in h.get('/calendar/links', s.ana).text,
       'refused, a channel is no failure: looked into every quarter of an hour', s.state())
    g.set(unwatched=False, channel_limit='watch', week=3600)
    again = "update calendar_links set channel_tried_at = now() - interval '1 day'"
    token = h.one('select sync_token from calendar_links')
    h.sql(again)
    g.event('late', 'Late', near('2027-06-30T10:00:00+02:00'), near('2027-06-30T11:00:00+02:00'))
    s.run()
    ok(s.here('late@google.com') and h.one('select sync_token from calendar_links') != token and 'rateLimitExceeded' in h.one('select channel_error from calendar_links')
       and h.one("select channel_tried_at > now() - interval '1 hour' from calendar_links") == 't', 'too many calls for a channel: what the run found is kept', s.state(), h.sql('select * from calendar_links'))
    g.set(channel_limit='')
    h.sql(again)
    s.run()
    channel = h.one('select channel_id from calendar_links')
    c = g.state()['channels'].get(channel, {})
    ok(c and c['address'] == h.url('/webhooks/google-calendar') and len(c['token']) == 43 and c['token'] not in h.one('select l::text from calendar_links l'), 'a channel with a token that is kept nowhere', c)
    h.wait(lambda: ['sync', 200] in g.state()['told'], 'the first message of the channel', 60)
    g.event('told', 'Told', near('2027-07-01T10:00:00+02:00'), near('2027-07-01T11:00:00+02:00'))
    h.wait(lambda: s.here('told@google.com') is not None, 'what Google tells of', 60)
    ok(s.here('told@google.com')[0] == 'Told' and ['exists', 200] in g.state()['told'], 'changed there: here without being asked')
    before = h.one("select count(*) from jobs") + h.one("select count(*) from job_history")
    ok([push(h, channel, 'A' * 43), push(h, channel, ''), push(h, '0190b0b0-0000-7000-8000-000000000001', c['token']), push(h, 'x', c['token'])] == [401] * 4
       and h.one("select count(*) from jobs") + h.one("select count(*) from job_history") == before, 'another token, none, another channel: refused, nothing is done')
    s.rest()
    h.sql(again)
    g.set(channel_limit='stop')
    s.run()
    kept = h.one('select channel_id from calendar_links')
    ok(s.state() == 'ok' and kept != channel and set(g.state()['channels']) == {channel, kept}, 'the old one cannot be ended now: the new one is kept all the same', s.state(), g.state()['channels'])
    g.set(channel_limit='', week=604800)
    stays, channel, c = channel, kept, g.state()['channels'][kept]
    h.sql(again)
    s.run()
    state = g.state()
    ok(state['stopped'] == [channel] and set(state['channels']) == {stays, h.one('select channel_id from calendar_links')} and push(h, channel, c['token']) == 404,
       'within a day of its end: a new one, and the old one is ended', state['stopped'], state['channels'])
    s.run()
    ok(len(g.state()['channels']) == 2 and h.one("select channel_until > now() + interval '6 days' from calendar_links") == 't' and 'told at once' in h.get('/calendar/links', s.ana).text, 'one that lasts is kept')


def ends(s, g):
    h = s.h
    g.set(revoke=True)
    ok(s.run() == 'denied' and 'No entry' in h.get('/calendar/links', s.ana).text and 'invalid_grant' in h.one('select error from calendar_links'), 'a token that was withdrawn is said', s.state())
    ok(h.one("select count(*) from notifications where kind = 'calendar_link'") == '1' and s.run() == 'denied' and h.one("select count(*) from notifications where kind = 'calendar_link'") == '1', 'its person is told once')
    back = way(h, s.ana, g)[0].headers['Location']
    claim = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)['claim'][0]
    h.form('/calendar/links', '/calendar/links/%s/remove' % s.link, {}, s.ana)
    s.rest()
    ok(h.one('select count(*) from calendar_copies') == '0' and s.here('three@google.com')[1] == 'CONFIRMED', 'disconnected: the events stay')
    h.form('/calendar/links', '/calendar/google/connect', {'claim': claim, 'name': 'Again'}, s.ana)
    s.link = h.one('select id from calendar_links')
    s.rest()
    h.form('/calendar/links', '/calendar/links/%s/choose' % s.link, {'href': CAL}, s.ana)
    s.rest()
    ok(s.state() == 'ok' and h.one("select count(*) from calendar_events where uid = 'three@google.com'") == '1', 'connected again: nothing comes twice', s.state(), h.sql('select kind, state, last_error from job_history order by finished_at desc limit 6'), h.sql('select * from calendar_links'), g.state()['calls'][-6:])
    g.set(gone=CAL)
    ok(s.run() == 'gone' and s.here('three@google.com')[1] == 'CONFIRMED', 'a calendar that is gone is said, and takes nothing with it', s.state())
    token, channel = g.state()['refresh'][-1], h.one('select channel_id from calendar_links')
    h.form('/calendar/links', '/calendar/links/%s/remove' % s.link, {}, s.ana)
    s.rest()
    ok(g.state()['revoked'][-1:] == [token], 'disconnected: the consent is taken back there')
    ok(channel in g.state()['stopped'], 'and its channel ended')


def main():
    g = Google()
    try:
        with House.temporary(conf={'OUTSIDE_ALLOW': '127.0.0.1:%d' % g.port, 'GOOGLE_CALENDAR_URL': 'http://127.0.0.1:%d' % g.port, 'GOOGLE_CALENDAR_CLIENT_ID': CLIENT,
                                   'GOOGLE_CALENDAR_CLIENT_SECRET': SECRET}) as h:
            h.org('mill', 'Mill', '--zone', 'Europe/Madrid')
            g.set(unwatched=True)
            s = Step(h, h.person('ana@mill.example', org='mill'))
            connect(s, g)
            both_ways(s, g)
            series(s, g)
            zones(s, g)
            theirs(s, g)
            clashes(s, g)
            pushed(s, g)
            ends(s, g)
    finally:
        g.close()
    done()


main()
