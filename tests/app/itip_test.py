"""Invitations by mail (RFC 5546, 6047), both ways: REQUEST and CANCEL to guests, REPLY kept, invitations of others tentative; strangers and old versions refused."""
import os, re, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from dates import near  # noqa: E402
from house import House  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402

DESK = 'desk@mill.example'


class Post:
    def __init__(self, h, sink, ana):
        self.h, self.sink, self.ana, self.n = h, sink, ana, 0

    def rest(self):
        self.h.wait(lambda: self.h.one("select count(*) from jobs where queue in ('ingest', 'intake-routing', 'events', 'calendar-sync', 'email')") == '0', 'the mail', 40)

    def came(self):
        """{recipient: (method, the calendar's lines)} of what went out since."""
        out = {}
        for m in self.sink.mails():
            for p in m.walk():
                if p.get_content_type() == 'text/calendar':
                    out[m['To']] = (p.get_param('method'), re.sub(r'\r?\n ', '', p.get_content()).split('\n'))
        self.sink.clear()
        return {k.split('<')[-1].strip('>'): (m, [x.strip() for x in lines]) for k, (m, lines) in out.items()}

    def save(self, path, **more):
        answer = self.h.form(path if path != '/calendar' else '/calendar/new', path, more, self.ana)
        self.rest()
        return answer

    def send(self, sender, method, lines):
        self.n += 1
        text = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nDTSTAMP:20261121T100000Z\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' % (method, '\r\n'.join(lines))
        mail = ('From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <i%d@x.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n'
                '--b\r\nContent-Type: text/plain\r\n\r\nSee the calendar.\r\n--b\r\nContent-Type: text/calendar; method=%s; charset=utf-8\r\n\r\n%s--b--\r\n' % (sender, DESK, method, self.n, method, text))
        subprocess.run([self.h.program('fairlead'), '--config', str(self.h.prefix / 'conf/fairlead.conf'), 'mail', 'receive', '--to', DESK], input=mail.encode(), check=True, env=self.h.env)
        self.rest()
        return self.h.sql("select state, coalesce(reason, '') from mail_raw where dedupe = '<i%d@x.example>'" % self.n)[0]


def line(lines, name):
    return next((x for x in lines if x.startswith(name)), '')


def outward(p):
    fields = {'title': 'Site visit', 'day': near('2027-03-22'), 'from': '10:00', 'until': '11:00', 'zone': 'Europe/Madrid', 'guests': 'bob@x.example\neve@x.example', 'place': 'Hall 2'}
    made = p.save('/calendar', **fields)
    ident = made.headers['Location'].split('/')[2].split('?')[0]
    out = p.came()
    ok(sorted(out) == ['bob@x.example', 'eve@x.example'] and out['bob@x.example'][0] == 'REQUEST', 'each guest is asked', made.status, out.keys())
    lines = out['bob@x.example'][1]
    ok('METHOD:REQUEST' in lines and 'SEQUENCE:0' in lines and 'ORGANIZER;CN="Ana":mailto:' + DESK in lines, 'METHOD, SEQUENCE, ORGANIZER', lines)
    ok(near('DTSTART;TZID=Europe/Madrid:20270322T100000') in lines and 'BEGIN:VTIMEZONE' in lines and 'TZID:Europe/Madrid' in lines and 'TZOFFSETTO:+0200' in lines, 'in its zone, which comes along')
    ok(sum(x.startswith('ATTENDEE') for x in lines) == 2 and 'LOCATION:Hall 2' in lines, 'who and where')
    uid = line(lines, 'UID:')
    p.save('/calendar/' + ident, **{**fields, 'note': 'x', 'from': '12:00', 'until': '13:00', 'guests': 'bob@x.example'})
    out = p.came()
    ok(out['bob@x.example'][0] == 'REQUEST' and 'SEQUENCE:1' in out['bob@x.example'][1] and uid in out['bob@x.example'][1], 'a change is told, one sequence on', out)
    ok(out['eve@x.example'][0] == 'CANCEL' and 'STATUS:CANCELLED' in out['eve@x.example'][1] and uid in out['eve@x.example'][1], 'who is no longer asked gets a CANCEL')
    return ident, uid


def answers(p, ident, uid):
    h = p.h

    def answer():
        return h.one("select answer from calendar_guests where event_id = '%s' and email = 'bob@x.example'" % ident)
    got = p.send('Bob <bob@x.example>', 'REPLY', [uid, 'SEQUENCE:1', 'ORGANIZER:mailto:' + DESK, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@x.example'])
    ok(got == ['done', 'itip_kept'] and answer() == 'ACCEPTED', 'an answer is kept', got, answer())
    ok(h.one("select count(*) from intake_requests") == '0', 'and is no request')
    got = p.send('Eve <eve@x.example>', 'REPLY', [uid, 'SEQUENCE:1', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@x.example'])
    ok(got == ['ignored', 'itip_stranger'] and answer() == 'ACCEPTED', 'nobody answers for another', got)
    got = p.send('Bob <bob@x.example>', 'REPLY', [uid, 'SEQUENCE:0', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@x.example'])
    ok(got == ['ignored', 'itip_old'] and answer() == 'ACCEPTED', 'an answer to an earlier version is refused', got)
    ok(p.send('Bob <bob@x.example>', 'REPLY', ['UID:none@x', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@x.example']) == ['ignored', 'itip_unknown'], 'and one to no event of ours')
    ok('accepted' in h.get('/calendar/' + ident, p.ana).text, 'the page shows it')
    p.came()
    version = h.one("select version from calendar_events where id = '%s'" % ident)
    h.form('/calendar/' + ident, '/calendar/%s/do' % ident, {'what': 'cancel', 'version': version}, p.ana)
    p.rest()
    out = p.came()
    ok(out.get('bob@x.example', ('',))[0] == 'CANCEL' and 'SEQUENCE:2' in out['bob@x.example'][1], 'a cancelled event is cancelled for its guests', out)


def inward(p):
    h = p.h
    body = ['UID:theirs@y.example', 'SEQUENCE:3', 'SUMMARY:Kick-off', 'LOCATION:Their office', 'ORGANIZER:mailto:pat@y.example', 'ATTENDEE;RSVP=TRUE:mailto:ana@mill.example']
    at = [near('DTSTART;TZID=W. Europe Standard Time:20270323T100000'), near('DTEND;TZID=W. Europe Standard Time:20270323T110000')]
    ok(p.send('Pat <pat@y.example>', 'REQUEST', body + at)[0] == 'done', 'an invitation is read')

    def event():
        return h.sql("select status, busy, sequence, zone, starts_local::text, organizer, id from calendar_events where uid = 'theirs@y.example'")[0]
    ok(event()[:6] == ['TENTATIVE', 'f', '3', 'Europe/Berlin', near('2027-03-23 10:00:00'), 'pat@y.example'], 'and is a tentative event that takes no time', event())
    ok(h.one("select count(*) from calendar_parties where event_id = '%s'" % event()[6]) == '1' and h.one("select count(*) from intake_requests where requester_email = 'pat@y.example'") == '1',
       'of who is asked; the mail is a request as well')
    p.send('Mallory <mallory@z.example>', 'REQUEST', [x.replace('pat@y', 'mallory@z') for x in body] + [at[0].replace('T100000', 'T150000'), at[1].replace('T110000', 'T160000')])
    p.send('Mallory <mallory@z.example>', 'REQUEST', body + [at[0].replace('T100000', 'T150000'), at[1].replace('T110000', 'T160000')])
    p.send('Mallory <mallory@z.example>', 'CANCEL', body)
    p.send('Pat <pat@y.example>', 'REQUEST', [x.replace(':3', ':2') for x in body] + at)
    ok(event()[:5] == ['TENTATIVE', 'f', '3', 'Europe/Berlin', near('2027-03-23 10:00:00')], 'neither a stranger nor an earlier version changes it', event())
    ok(h.one("select count(*) from audit_log where action = 'itip.refused'") >= '3', 'which the audit shows')
    page = '/calendar/' + event()[6]
    p.came()
    ok('Invitation from pat@y.example' in h.get(page, p.ana).text, 'its page asks for an answer')
    answer = h.form(page, page + '/answer', {'answer': 'ACCEPTED'}, p.ana)
    p.rest()
    out = p.came()
    ok(answer.status == 303 and event()[:2] == ['CONFIRMED', 't'] and out['pat@y.example'][0] == 'REPLY' and 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@mill.example' in out['pat@y.example'][1],
       'accepted: it takes time, and the organizer gets the REPLY', answer.status, out)
    p.send('Pat <pat@y.example>', 'REQUEST', [x.replace(':3', ':4') for x in body] + [at[0].replace('T100000', 'T150000'), at[1].replace('T110000', 'T160000')])
    ok(event()[0] == 'TENTATIVE' and event()[4] == near('2027-03-23 15:00:00'), 'moved by its organizer it is tentative again')
    ok(p.send('Pat <pat@y.example>', 'CANCEL', [x.replace(':3', ':5') for x in body]) == ['done', 'itip_kept'] and event()[0] == 'CANCELLED', 'and cancelled by him')
    ours = h.one("select uid from calendar_events where organizer is null limit 1")
    p.send('Pat <pat@y.example>', 'REQUEST', ['UID:' + ours, 'SEQUENCE:99', 'SUMMARY:Mine now', 'ORGANIZER:mailto:pat@y.example'] + at)
    ok(h.one("select title from calendar_events where uid = '%s'" % ours) == 'Site visit', 'nobody takes over an event of ours')


def series(p):
    h = p.h
    p.send('Pat <pat@y.example>', 'REQUEST', ['UID:weekly@y.example', 'SUMMARY:Weekly', 'ORGANIZER:mailto:pat@y.example', 'ATTENDEE:mailto:ana@mill.example',
                                              near('DTSTART;TZID=Europe/Madrid:20270104T090000'), 'DURATION:PT30M', 'RRULE:FREQ=WEEKLY', near('EXDATE;TZID=Europe/Madrid:20270111T090000')])

    def dates(uid):
        return int(h.one("select count(*) from calendar_occurrences o join calendar_events e on e.id = o.event_id where e.uid = '%s'" % uid))
    h.wait(lambda: dates('weekly@y.example') > 90, 'the dates of the series', 20)
    ok(h.one(near("select count(*) from calendar_occurrences o join calendar_events e on e.id = o.event_id where e.uid = 'weekly@y.example' and o.original_local = '2027-01-11 09:00'")) == '0',
       'a series we are invited to has its dates, but for those left out')
    made = p.save('/calendar', title='Stand-up', day='2015-01-05', until='09:15', zone='Europe/Madrid', repeat='workdays', **{'from': '09:00'})
    ident = made.headers['Location'].split('/')[2].split('?')[0]

    def last():
        return h.one("select to_char(max(starts_at), 'YYYY') from calendar_occurrences where event_id = '%s'" % ident)
    ok(last() < '2019', 'a series from long ago ends before today at first', last())
    h.batch('run', 'calendar-series')
    h.wait(lambda: h.one("select count(*) from jobs where kind = 'calendar.series'") == '0', 'the sweep', 20)
    ahead = h.one("select count(*) from calendar_occurrences where event_id = '%s' and starts_at between now() and now() + interval '23 months'" % ident)
    ok(int(ahead) > 450 and h.one("select count(*) from calendar_occurrences where event_id = '%s' and starts_at < '2017-01-01'" % ident) > '400', 'the sweep carries it two years ahead and keeps what was', ahead)
    h.batch('run', 'calendar-series')
    ok(h.one("select count(*) from jobs where kind = 'calendar.series'") == '0', 'and then has nothing to do')


def main():
    sink = Sink()
    try:
        with House.temporary(conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': str(sink.port), 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'noreply@mill.example'}) as h:
            h.fairlead('org', 'add', 'mill', 'Mill', '--with-pipelines', '--zone', 'Europe/Madrid')
            h.fairlead('user', 'add', 'ana@mill.example', 'Ana', '--org', 'mill', '--role', 'owner', stdin='correct horse battery staple\n')
            ana = h.sign_in('ana@mill.example', 'correct horse battery staple')
            h.form('/channels/mail/new', '/channels/mail', {'name': 'Desk', 'address': DESK, 'active': 'on'}, ana)
            p = Post(h, sink, ana)
            answers(p, *outward(p))
            inward(p)
            series(p)
    finally:
        sink.close()
    done()


main()
