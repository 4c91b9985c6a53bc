"""Who books is told (SCH-03, SCH-15, SCH-16; X-28): a text message is acknowledged, reminders go to visitors by mail or text message, once, late ones marked,
withdrawn with the booking; a meeting gets the length it is told with, and is not moved unasked (ORC-11). Prints TAP."""
import base64, datetime, hashlib, hmac, os, re, sys, urllib.parse

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from mailhouse import Sink  # noqa: E402
from smsstub import ACCOUNT, LINE, TOKEN, SmsStub  # noqa: E402
from tap import done, ok  # noqa: E402


def day(n):
    """A day of the week after the next, as people write it: 1 is Monday."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    d = today + datetime.timedelta(days=14 - today.weekday() + n - 1)
    return '%d %s %d' % (d.day, d.strftime('%B'), d.year)


class Phone:
    def __init__(self, h, stub, number):
        self.h, self.stub, self.number, self.n = h, stub, number, 0

    def got(self):
        return [body for to, body in self.stub.ledger() if to == self.number]

    def settle(self):
        self.h.wait(lambda: self.h.one("select count(*) from jobs where queue in ('intake-routing', 'events', 'scheduling-agent', 'email', 'sms') and state <> 'delayed'") == '0', 'the talk to rest', 60)

    def say(self, text):
        """Answers what came back."""
        before, self.n = len(self.got()), self.n + 1
        form = {'MessageSid': 'SM%s%d' % (self.number[1:], self.n), 'To': LINE, 'From': self.number, 'Body': text}
        signed = self.h.url('/webhooks/sms') + ''.join(k + form[k] for k in sorted(form))
        mac = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        self.h.request('POST', '/webhooks/sms', None, urllib.parse.urlencode(form), {'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': mac})
        self.settle()
        return self.got()[before:]


def reminders(h, booking):
    return [tuple(r) for r in h.sql("select state || case when late then ' late' else '' end, round(extract(epoch from due_at - at) / 60) from reminders where subject_id = '%s' and state <> 'withdrawn' "
                                    "order by at" % booking)]


def due(h, booking, minutes, ago):
    """The reminder of so many minutes before is due, so long ago; both sweeps of a minute run."""
    h.sql("update reminders set at = now() - interval '%s' where subject_id = '%s' and state = 'waiting' and due_at - at = interval '%d minutes'" % (ago, booking, minutes))
    for _ in range(2):
        h.batch('run', 'reminders')
    h.wait(lambda: h.one("select count(*) from jobs where queue in ('scheduling-reminders', 'sms', 'email') and state <> 'delayed'") == '0', 'the reminder', 60)


def length(h, booking):
    return h.one("select to_char(b.starts_at at time zone 'Europe/Madrid', 'ID HH24:MI') || ' ' || (extract(epoch from b.ends_at - b.starts_at) / 60)::int || ' ' || "
                 "(extract(epoch from e.ends_local - e.starts_local) / 60)::int from bookings b join calendar_events e on e.id = b.event_id where b.id = '%s'" % booking)


def talk(h, stub, ana):
    kim = Phone(h, stub, '+34600111222')
    for number, words, told in (('+34600111444', 'My lamp is broken and nobody comes.', 'We have your message: REQ-'), ('+34600111555', 'Hola, mi lámpara no funciona y necesito ayuda con ella.', 'Hemos recibido su mensaje: REQ-')):
        got = Phone(h, stub, number).say(words)
        ok(len(got) == 1 and got[0].startswith(told), 'a text message is acknowledged in its language', got)
    got = kim.say('Please schedule a meeting on %s at 10am.' % day(2))
    ok(any(g.startswith('Booked') for g in got), 'one that asks for a meeting is booked and answered', got)
    booking = h.one('select id from bookings')
    got = kim.say('Can we move it to %s at 11:00 for 45 minutes?' % day(3))
    ok(len(got) == 1 and '11:00–11:45' in got[0] and length(h, booking) == '3 11:00 45 45', 'moved with the length it is told with; acknowledged no second time', got, length(h, booking))
    got = kim.say('Schedule a meeting on %s at 12:00' % day(4))
    ok('move your meeting' in got[0] and length(h, booking) == '3 11:00 45 45', 'who has a meeting and asks for one is asked before it is moved', got, length(h, booking))
    got = kim.say('yes please')
    ok(length(h, booking) == '4 12:00 45 45' and got[0].startswith('Moved'), 'and says yes', got)
    decision = h.one("select decision_id from schedule_turns where act = 'move' and say = 'moved' order by n limit 1")
    ok(h.form('/intake/' + h.one('select intake_id from schedule_talks'), '/decisions/%s/undo' % decision, {}, ana).status == 409, 'what was moved since is not undone')
    h.form('/intake/' + h.one('select intake_id from schedule_talks'), '/decisions/%s/undo' % h.one("select decision_id from schedule_turns where say = 'moved' order by n desc limit 1"), {}, ana)
    kim.settle()
    ok(length(h, booking) == '3 11:00 45 45', 'the last one is: time and length', length(h, booking))
    lee = Phone(h, stub, '+34600111333')
    got = lee.say('Could we schedule a meeting on %s?' % day(2))
    ok('These times are free' in ' '.join(got), 'a day is answered with free times', got)
    got = lee.say('yes')
    ok(got and 'Which of these' in got[0], '"yes" to several is asked about', got)
    return kim, booking


def by_text(h, kim, booking):
    ok(reminders(h, booking) == [('waiting', '1440'), ('waiting', '60')], 'reminders 24 h and 1 h before, of the time it has now', reminders(h, booking))
    before = len(kim.got())
    due(h, booking, 1440, '10 seconds')
    ok([b.split(',')[0] for b in kim.got()[before:]] == ['Reminder: Consultation'] and 'UTC+1' in kim.got()[-1] and '11:00–11:45' in kim.got()[-1], 'who booked by text message gets one, once', kim.got()[before:])
    due(h, booking, 60, '3 hours')
    ok(kim.got()[-1].startswith('Late: ') and reminders(h, booking) == [('sent late', '180'), ('sent', '1440')] or sorted(r[0] for r in reminders(h, booking)) == ['sent', 'sent late'], 'a late one says so', kim.got()[-1], reminders(h, booking))


def by_mail(h, sink, ana):
    door = '/book/' + h.one('select public_key from booking_pages')
    page = h.get(door)
    start = re.findall(r'name="start" value="([^"]+)"', page.text)
    link = h.post(door, {'start': start[-1], 'zone': 'Europe/Madrid', '_token': page.token}).headers['Location']
    ok(h.one('select count(*) from reminders r join bookings b on b.id = r.subject_id where b.phone is null') == '0', 'a time that is only held reminds nobody')
    h.post(link, {'name': 'Rita', 'email': 'rita@mill.example', '_token': h.get(link).token})
    booking = h.one("select id from bookings where email = 'rita@mill.example'")
    ok(h.one("select count(distinct user_id) from notifications where kind = 'booking' and detail ->> 'subject' = 'Consultation, Rita'") == '2', 'each of the people who are booked is told, with what was booked')
    h.drained()  # the confirmation is not what is counted
    sink.clear()
    due(h, booking, 1440, '10 seconds')
    mails = [m for m in sink.mails() if 'rita@' in m['To']]
    text = mails[0].get_body(('plain',)).get_content() if mails else ''
    ok(len(mails) == 1 and mails[0]['Subject'] == 'Reminder: Consultation' and 'late' not in text and re.search(r'^[A-Z][a-z]+day \d+ [A-Z][a-z]+ 20\d\d, \d\d:\d\d–\d\d:\d\d Europe/Madrid, UTC\+', text, re.M), 'who booked by mail gets a mail, once', len(mails), text)
    way = re.search(r'/visit/\S+', text).group(0)
    ok(h.get(way).status == 200, 'with the way to change it', h.get(way).status)
    h.form(way, way + '/cancel', {})
    ok(h.one("select state from bookings where id = '%s'" % booking) == 'CANCELLED' and [r[0] for r in reminders(h, booking)] == ['sent'], 'cancelled: the other reminder is taken back', reminders(h, booking))
    ok(h.one("select count(*) from system_events where type = 'reminder.due' and payload ->> 'subject_kind' = 'booking'") == '3', 'each is an event')


def by_both(h, sink, stub, ana):
    """A visitor of the page who leaves a number, and the guests of an event."""
    door = '/book/' + h.one('select public_key from booking_pages')
    page = h.get(door)
    start = re.findall(r'name="start" value="([^"]+)"', page.text)
    link = h.post(door, {'start': start[-3], 'zone': 'Europe/Madrid', '_token': page.token}).headers['Location']
    who = {'name': 'Tim', 'email': 'tim@mill.example'}
    bad = h.post(link, {**who, 'phone': '600 222 333', '_token': h.get(link).token})
    ok(bad.status == 422 and 'id="phone-error"' in bad.text and 'value="600 222 333"' in bad.text, 'a number without its country is asked for again', bad.status)
    good = h.post(link, {**who, 'phone': '+34 600-222-333', '_token': h.get(link).token})
    booking = h.one("select id from bookings where email = 'tim@mill.example'")
    ok(good.status == 303 and '+34600222333' in h.get(link).text, 'a visitor may leave a number', good.status, good.text[-300:])
    h.drained()  # the confirmation is not what is counted
    sink.clear()
    due(h, booking, 60, '10 seconds')
    told = [body for to, body in stub.ledger() if to == '+34600222333']
    ok(len(told) == 1 and told[0].startswith('Reminder: Consultation') and [m['To'] for m in sink.mails()] == ['Tim <tim@mill.example>'], 'and is reminded by text message and mail, once each', told, [m['To'] for m in sink.mails()])
    sink.clear()
    when = datetime.date.today() + datetime.timedelta(days=3)
    h.form('/calendar/new', '/calendar', {'title': 'Site visit', 'day': when, 'from': '10:00', 'until': '11:00', 'zone': 'Europe/Madrid', 'guests': 'bob@x.example\neve@x.example'}, ana)
    event = h.one("select id from calendar_events where title = 'Site visit'")
    h.wait(lambda: len(sink.mails()) == 2, 'the invitations', 60)
    h.sql("update calendar_guests set answer = 'DECLINED' where email = 'eve@x.example'")
    sink.clear()
    ok(reminders(h, event) == [('waiting', '1440'), ('waiting', '60')], 'guests of an event have reminders', reminders(h, event))
    due(h, event, 60, '10 seconds')
    text = ''.join(m.get_body(('plain',)).get_content() for m in sink.mails())
    ok([m['To'] for m in sink.mails()] == ['bob@x.example'] and 'meeting with Ana' in text and datetime.date.fromisoformat(str(when)).strftime('%A %-d %B %Y, 10:00–11:00 Europe/Madrid') in text, 'who did not decline is reminded by mail', [m['To'] for m in sink.mails()], text)
    h.form('/calendar/' + event, '/calendar/%s/do' % event, {'what': 'cancel'}, ana)
    ok([r[0] for r in reminders(h, event)] == ['sent'], 'not of what is cancelled', reminders(h, event))
    h.sql("update organizations set settings = settings || '{\"reminder_min\": [2880, 1440]}'")
    twice = h.form('/calendar/new', '/calendar', {'title': 'Rounds', 'day': when, 'from': '09:00', 'until': '09:30', 'zone': 'UTC', 'repeat': 'rule', 'rrule': 'FREQ=DAILY;COUNT=3', 'guests': 'bob@x.example'}, ana)
    near = twice.status == 303 and reminders(h, h.one("select id from calendar_events where title = 'Rounds'"))
    ok(near == [('waiting', '2880'), ('waiting', '1440'), ('waiting', '1440'), ('waiting', '1440')], 'a series in a zone without summer time; where two reminders fall on one moment, that of the nearer day', twice.status, near)


sink, sms = Sink(), SmsStub()
try:
    with House.temporary(conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@aa.example', 'TWILIO_ACCOUNT_SID': ACCOUNT,
                               'TWILIO_AUTH_TOKEN': TOKEN, 'TWILIO_FROM': LINE, 'TWILIO_BASE_URL': 'http://127.0.0.1:%d' % sms.port,
                               'OUTSIDE_ALLOW': '127.0.0.1:%d,127.0.0.1:%d' % (sink.port, sms.port)}) as h:
        h.org('aa', 'House aa', '--with-pipelines', '--zone', 'Europe/Madrid')
        ana = h.person('ana@aa.example', org='aa')
        h.person('bob@aa.example', org='aa', role='member')
        hosts = [r[0] for r in h.sql('select user_id from memberships')]
        h.form('/booking/new', '/booking', {'name': 'Consultation', 'minutes': '30', 'zone': 'Europe/Madrid', 'notice': '0', 'mode': 'all_of', 'hosts': hosts}, ana)
        kim, booking = talk(h, sms, ana)
        by_text(h, kim, booking)
        by_mail(h, sink, ana)
        by_both(h, sink, sms, ana)
finally:
    sink.close()
    sms.close()
done()
