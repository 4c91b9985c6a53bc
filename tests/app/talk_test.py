"""Scheduling by message over several turns (ORC-19): by mail in its thread, booked, moved, cancelled, offered, asked; once a message; undone."""
import datetime, email, email.policy, os, re, subprocess, sys, zoneinfo

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402

DESK = 'desk@mill.example'
NOW = datetime.datetime.now(zoneinfo.ZoneInfo('Europe/Madrid'))
# On a Thursday "Thursday" may be today or is asked about: neither today nor, shortly before midnight, tomorrow is spoken of.
AVOID = {NOW.isoweekday(), (NOW + datetime.timedelta(minutes=10)).isoweekday()}
NAMES = [None, 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']
DIAS = [None, 'lunes', 'martes', 'miércoles', 'jueves', 'viernes']


def weekday(*wanted):
    """The first of these days of the week that can be named without doubt."""
    return next(day for day in wanted if day not in AVOID)


class Talk:
    """One person who writes mails and gets answers."""

    def __init__(self, h, sink, who):
        self.h, self.sink, self.who, self.n, self.last, self.first = h, sink, who, 0, None, None

    def send(self, text, subject='A meeting', fresh=False, times=1):
        self.n += 1
        ident = '<%s.%d@x.example>' % (self.who, self.n)
        head = 'From: %s <%s@x.example>\nTo: %s\nSubject: %s\nDate: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: %s\n' % (self.who.title(), self.who, DESK, subject, ident)
        if self.last is not None and not fresh:
            head += 'In-Reply-To: %s\nReferences: %s %s\n' % (self.last['Message-ID'], self.last['References'] or '', self.last['Message-ID'])
        self.sink.clear()
        for _ in range(times):
            subprocess.run([self.h.program('fairlead'), '--config', str(self.h.prefix / 'conf/fairlead.conf'), 'mail', 'receive', '--to', DESK], input=(head + '\n' + text + '\n').encode(),
                           check=True, env=self.h.env)
        self.settle()
        return ident

    def settle(self):
        self.h.wait(lambda: self.h.one("select count(*) from jobs where queue in ('ingest', 'intake-routing', 'events', 'scheduling-agent', 'email', 'sms')") == '0', 'the talk to rest', 40)

    def answers(self):
        mails = [m for m in self.sink.mails() if self.who + '@x.example' in m['To'] and not (m['Subject'] or '').startswith('We have')]
        if mails:
            self.last = mails[-1]
        return [m.get_body(('plain',)).get_content() for m in mails]

    def say(self, text, **more):
        self.send(text, **more)
        return (self.answers() or [''])[-1]

    def booking(self):
        return self.h.sql("select state, to_char(starts_at at time zone 'Europe/Madrid', 'ID HH24:MI'), (extract(epoch from ends_at - starts_at) / 60)::int from bookings"
                          " where email = '%s@x.example' order by created_at" % self.who)


def by_mail(h, sink, ana):
    kim = Talk(h, sink, 'kim')
    said = kim.say('Please schedule a meeting with Ana next Tuesday at 10am.')
    ok('Booked: Meet Ana, Tuesday' in said and '10:00–10:30 (Europe/Madrid, UTC+' in said and '/visit/' in said, 'a clear message is booked, and said so', said)
    ok(kim.booking() == [['CONFIRMED', '2 10:00', '30']], 'in the calendar', kim.booking())
    mail = kim.last
    ok(mail['In-Reply-To'] == '<kim.1@x.example>' and '<kim.1@x.example>' in mail['References'] and mail['Auto-Submitted'] == 'auto-replied', 'in the thread, marked as automatic')
    ics = [p for p in mail.walk() if p.get_content_type() == 'text/calendar']
    ok(len(ics) >= 1 and ics[0].get_param('method') == 'REQUEST' and 'BEGIN:VEVENT' in ics[0].get_content(), 'with the calendar')
    day = weekday(3, 4, 5)
    said = kim.say('Can we move it to ' + NAMES[day] + ' at 11?\n\nOn Sat, Mill wrote:\n> Booked: Tuesday 10:00')
    moved = [['CONFIRMED', '%d 11:00' % day, '30']]
    ok('Moved: ' in said and kim.booking() == moved, 'moved by an answer, whatever it quotes', said, kim.booking())
    ok(kim.say('Thank you!') == '' and kim.booking() == moved, 'thanks are not answered')
    said = kim.say('Sorry, please cancel the meeting.')
    ok('Cancelled: ' in said and kim.booking()[0][0] == 'CANCELLED' and h.one('select count(*) from calendar_claims') == '0', 'cancelled, and the time is free again', said)
    ok([p.get_param('method') for p in kim.last.walk() if p.get_content_type() == 'text/calendar'][:1] == ['CANCEL'], 'with a CANCEL')
    return kim


def offers(h, sink):
    lee = Talk(h, sink, 'lee')
    said = lee.say('Could we book an appointment next Tuesday?')
    listed = re.findall(r'^(\d)\. (\w+) .*?(\d\d:\d\d)–', said, re.M)
    ok('These times are free' in said and len(listed) == 3 and {x[1] for x in listed} == {'Tuesday'}, 'a day is answered with free times', said)
    said = lee.say('The second one, please.')
    ok('Booked' in said and lee.booking() == [['CONFIRMED', '2 ' + listed[1][2], '30']], 'the second of them is booked', said, lee.booking())
    max_ = Talk(h, sink, 'max')
    said = max_.say('Can we meet next Tuesday at %s?' % listed[1][2])
    near = re.findall(r'^\d\. (\w+) .*?(\d\d:\d\d)–', said, re.M)
    ok('not free' in said and near and listed[1][2] not in [n[1] for n in near] and near[0][0] == 'Tuesday', 'a taken time is answered with near ones', said)
    day = weekday(4, 5, 3)
    said = max_.say('None of these. %s at 3 is fine' % NAMES[day])
    ok('Booked' in said and max_.booking() == [['CONFIRMED', '%d 15:00' % day, '30']], 'another time in the answer is booked', said, max_.booking())
    eva = Talk(h, sink, 'eva')
    day, other = weekday(2, 3, 5), weekday(1, 4, 5)
    said = eva.say('¿Podemos agendar una reunión el %s por la tarde?' % DIAS[day], subject='Reunión')
    ok('Estas horas están libres' in said and DIAS[day] in said, 'in Spanish', said)
    said = eva.say('ninguno, ¿el %s?' % DIAS[other])
    ok(re.search(r'^1\. %s ' % DIAS[other], said, re.M), 'none of them, another day: that day', said)
    said = eva.say('la primera')
    ok('Reservado' in said and eva.booking()[0][1].startswith('%d ' % other), 'and the first of those', said)


def bounds(h, sink):
    """Before an hour is not at that hour, and before a day is not on it."""
    ida = Talk(h, sink, 'ida')
    day = weekday(3, 4, 2)
    said = ida.say('Could we book an appointment %s before 11?' % NAMES[day])
    listed = re.findall(r'^\d\. (\w+) .*?(\d\d:\d\d)–', said, re.M)
    ok(len(listed) > 0 and all(x[0] == NAMES[day] and x[1] < '11:00' for x in listed), 'before 11: free times of that day, all of them before', said)
    said = ida.say('None of these. %s after 15:00 then?' % NAMES[day])
    listed = re.findall(r'^\d\. (\w+) .*?(\d\d:\d\d)–', said, re.M)
    ok(len(listed) > 0 and all(x[0] == NAMES[day] and x[1] >= '15:00' for x in listed), 'after 15:00: from then on', said)
    gus = Talk(h, sink, 'gus')
    said = gus.say('Could we book an appointment %s?' % NAMES[day])
    listed = re.findall(r'^\d\. (\w+) .*?(\d\d:\d\d)–', said, re.M)
    said = gus.say('Great, I will come by at %s' % listed[-1][1])
    ok(len(listed) == 3 and 'Booked' in said and gus.booking() == [['CONFIRMED', '%d %s' % (day, listed[-1][1]), '30']], '"come by at" is at that time, and no earlier one', listed, said)
    hal = Talk(h, sink, 'hal')
    said = hal.say('Could we book an appointment %s?' % NAMES[day])
    first = re.findall(r'^\d\. (\w+) .*?(\d\d:\d\d)–', said, re.M)[0][1]
    said = hal.say('By %s, please.' % first)
    ok('Booked' in said and hal.booking() == [['CONFIRMED', '%d %s' % (day, first), '30']], 'by an hour: that hour is still by it', first, said)
    fay = Talk(h, sink, 'fay')
    said = fay.say('Can we arrange a meeting any day next week except Monday and Tuesday?')
    listed = re.findall(r'^\d\. (\w+) ', said, re.M)
    ok(len(listed) > 0 and not {'Monday', 'Tuesday'} & set(listed), 'a day that was left out is not offered', said)
    ivy = Talk(h, sink, 'ivy')
    out = next(d for d in range(1, 6) if (d - NOW.isoweekday()) % 7 > 3)  # there is a whole day of work before it
    said = ivy.say('Can we arrange a meeting before the week of 4 March 2050 except %ss?' % NAMES[out])
    listed = re.findall(r'^\d\. (\w+) ', said, re.M)
    ok(len(listed) > 0 and NAMES[out] not in listed, 'free times soon, on no day that was left out, however far the time reaches', said)
    eli = Talk(h, sink, 'eli')
    said = eli.say('¿Podemos agendar una reunión antes de la semana del 4 de marzo de 2050 excepto los %s?' % DIAS[out], subject='Reunión')
    listed = re.findall(r'^\d\. (\w+) ', said, re.M)
    ok(len(listed) > 0 and DIAS[out] not in listed, 'in Spanish', said)
    last = 5 if NOW.isoweekday() not in (4, 5) else 3
    uma = Talk(h, sink, 'uma')
    said = uma.say('Please arrange a meeting after next %s.' % NAMES[last])
    day = NOW.date() + datetime.timedelta(days=7 - NOW.weekday() + last - 1)
    listed = re.findall(r'^\d\. (\w+ \d+) ', said, re.M)
    ok(len(listed) > 0 and '%s %d' % (NAMES[last], day.day) not in listed, 'after a day: none of that day', said)


def doubts(h, sink):
    bob = Talk(h, sink, 'bob')
    said = bob.say('Let us schedule a meeting, please.')
    ok('When would suit you?' in said, 'no time named: asked when', said)
    said = bob.say('Whenever the moon is full.')
    said = bob.say('As I told you.')
    ok('did not understand' in said, 'not understood: asked again', said)
    said = bob.say('Hmm.')
    ok('A person will answer you' in said and h.one("select state from schedule_talks t join intake_requests r on r.id = t.intake_id where r.requester_email like 'bob%'") == 'NEEDS_REVIEW',
       'after three questions a person answers', said)
    ok(h.one("select count(*) from notifications where kind = 'schedule_person'") != '0' and bob.say('Friday at 10 then') == '' and bob.booking() == [], 'who is told so, and Fairlead is quiet')
    amy = Talk(h, sink, 'amy')
    said = amy.say('We are at the office next Friday at 9:30.', subject='Meeting')
    state = h.one("select d.state from agent_decisions d join schedule_turns s on s.decision_id = d.id join intake_requests r on r.id = s.intake_id where r.requester_email like 'amy%'")
    ok(state in ('AUTO_EXECUTED', 'PROPOSED', None) and len(amy.booking()) <= 1, 'what may not be meant as one is at most proposed', said, state)


def over(h):
    """What day it is where the talk is, not in the database's session: a weekday of the offered week that was yesterday there is not moved to it."""
    said = h.one("set timezone = 'Etc/GMT+12'; select schedule_spoken(p, null, null, date_trunc('week', y.day)::date, date_trunc('week', y.day)::date + 4, jsonb_build_object('times', jsonb_build_array("
                 "jsonb_build_object('weekday', true, 'has_day', true, 'start', y.day + 7, 'end', y.day + 8, 'doubt', 'which_day')))) -> 'times' -> 0 ->> 'doubt' "
                 "from jsonb_populate_record(null::booking_pages, '{\"zone\": \"Pacific/Kiritimati\"}') p, lateral (select (now() at time zone p.zone)::date - 1) y(day)")
    ok(said == 'which_day', 'a day that is over there is over', said)


def spoken(h, sink):
    """What is said of what was spoken of, by a busy client: with a subject of another thing and a signature below."""
    letter = '%s\n\nBest regards,\nPat Moor\n24 May Street, 3rd floor\nOffice hours: Tuesday 9:00-17:00'
    day, other, third = [d for d in (3, 4, 5, 2, 1) if d not in AVOID][:3]
    pat = Talk(h, sink, 'pat')
    said = pat.say(letter % ('Hi, could we meet on %s at 12:30 to go through the contract?' % NAMES[day]), subject='Contract and invoice')
    ok('Booked' in said and pat.booking() == [['CONFIRMED', '%d 12:30' % day, '30']], 'who asks for a meeting about something else is understood, whatever the signature says', said)
    said = pat.say(letter % ('Sorry, better %s.' % NAMES[other]))
    ok('Shall we move' in said and '12:30' in said and re.findall(r'^\d\. (\w+) ', said, re.M) == [NAMES[other]], 'another day alone: the same hour is asked about', said)
    said = pat.say('yes')
    ok('Moved' in said and pat.booking() == [['CONFIRMED', '%d 12:30' % other, '30']], 'and moved', said)
    said = pat.say('Could we make it an hour later?')
    ok('Moved' in said and pat.booking() == [['CONFIRMED', '%d 13:30' % other, '30']], 'an hour later than it was, and not than now', said)
    said = pat.say('Can we do the same time on %s instead?' % NAMES[third])
    ok('Moved' in said and pat.booking() == [['CONFIRMED', '%d 13:30' % third, '30']], 'the same time is that of the meeting', said)
    said = pat.say('Is there parking?')
    ok('A person will answer you' in said, 'a question about another thing is for a person', said)
    rob = Talk(h, sink, 'rob')
    said = rob.say('Could we book a meeting on %s? Not before 11.' % NAMES[day])
    listed = re.findall(r'^\d\. (\w+) .*?(\d\d:\d\d)\u2013', said, re.M)
    ok(len(listed) > 0 and all(x[0] == NAMES[day] and x[1] >= '11:00' for x in listed), 'a bound in the next sentence holds for the day', said)
    said = rob.say('12')
    ok(rob.booking() in ([], [['CONFIRMED', '%d 12:00' % day, '30']]), 'an hour alone is that hour of the day, and not the first of the list', said, rob.booking())
    zoe = Talk(h, sink, 'zoe')
    said = zoe.say('Could we have a 45 minute meeting the week after next?')
    listed = re.findall(r'^\d\. (\w+) (\d+) .*?(\d\d:\d\d)\u2013(\d\d:\d\d)', said, re.M)
    long = [(int(x[3][:2]) - int(x[2][:2])) * 60 + int(x[3][3:]) - int(x[2][3:]) for x in listed]
    ok(len(listed) == 3 and set(long) == {45}, 'a length beside a week: free times of that length', said)
    said = zoe.say('Tuesday')
    monday = NOW.date() + datetime.timedelta(days=14 - NOW.weekday())
    days = {(x[0], int(x[1])) for x in re.findall(r'^\d\. (\w+) (\d+) ', said, re.M)}
    ok(days == {('Tuesday', (monday + datetime.timedelta(days=1)).day)}, 'a day then is that of the week that was offered', said)
    said = zoe.say('The first one')
    ok('Booked' in said and zoe.booking()[0][2] == '45', 'booked for as long as was asked for', said, zoe.booking())
    said = zoe.say('cancélala por favor')
    ok('Anulado' in said and zoe.booking()[0][0] == 'CANCELLED', 'called off in the other language', said)
    tom = Talk(h, sink, 'tom')
    quiet = [tom.say(text, subject=subject, fresh=True) for subject, text in (('Slides', 'Thanks for the meeting on %s at 10. Please send me the slides.' % NAMES[day]),
             ('Calendar', 'The calendar on your site shows the wrong month.'), ('Bank', 'We have a meeting with the bank on %s at 10, please send the papers.' % NAMES[day]))]
    ok(quiet == ['', '', ''] and tom.booking() == [], 'who only tells of a meeting is not written to about one', quiet, tom.booking())


def once(h, sink):
    sue = Talk(h, sink, 'sue')
    sue.send('Please book a meeting next Friday at 12:00.', times=5)
    ok(len(sue.booking()) == 1 and len(sue.answers()) == 1, 'a mail delivered five times is one booking and one answer', sue.booking())
    said = sue.say('Next Friday at 12:00 is fine')
    ok('already booked' in said and len(sue.booking()) == 1, 'said again in other words it is still one', said)
    intake = h.one("select intake_id from schedule_turns s join intake_requests r on r.id = s.intake_id where r.requester_email like 'sue%' limit 1")
    turn = h.sql("select message_id, understood from schedule_turns where intake_id = '%s' and n = 2" % intake)[0]
    h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'mill'), false); select schedule_turn('%s', '%s', 2, '{}')" % (intake, turn[0]))
    ok(h.one("select count(*) from schedule_turns where intake_id = '%s'" % intake) == '2', 'a message that is read again does nothing')
    fresh = Talk(h, sink, 'sue')
    fresh.n = 50
    said = fresh.say('Please cancel my meeting on Friday.', subject='Cancel')
    ok('Shall we cancel' in said and sue.booking()[0][0] == 'CONFIRMED', 'a new mail with the same sender is asked before anything is cancelled', said)
    said = fresh.say('yes')
    ok('Cancelled' in said and sue.booking()[0][0] == 'CANCELLED', 'yes in the thread cancels', said)


def by_text(h, sink):
    someone = Talk(h, sink, 'text')

    def text(words, ident):
        said = h.one("select said from sms_receive(null, '+34600111222', '%s', '%s')" % (words, ident))
        someone.settle()
        return said, [r[0] for r in h.sql("select replace(body, E'\\n', ' ') from sms_messages where direction = 'out' and body not like 'We have your message%' order by created_at")]
    day = NAMES[weekday(5, 4, 3)]
    said, out = text('Please schedule a meeting on %s at 16:00' % day, 'SM1')
    ok(said == 'text' and len(out) == 1 and out[0].startswith('Booked: Meet Ana, ' + day), 'by text message: booked, answered by text message', said, out)
    said, out = text('Can we move it to 16:30?', 'SM2')
    ok(len(out) == 2 and out[1].startswith('Shall we move your meeting to this time?') and '16:30' in out[1], 'an hour without its day is asked about', out)
    said, out = text('Yes', 'SM3')
    ok(len(out) == 3 and out[2].startswith('Moved') and '16:30' in out[2], 'and moved with a yes', said, out)
    said, out = text('Yes', 'SM3')
    ok(said == 'again' and len(out) == 3 and h.one("select count(*) from bookings where name = '+34600111222'") == '1', 'the same message again does nothing')


def undone(h, sink, ana):
    joe = Talk(h, sink, 'joe')
    day = weekday(4, 3, 5)
    joe.say('Please schedule a meeting on %s at 10:00.' % NAMES[day])
    ok(joe.booking()[:1] == [['CONFIRMED', '%d 10:00' % day, '30']], 'booked', joe.booking())
    intake, decision = h.sql("select s.intake_id, s.decision_id from schedule_turns s join intake_requests r on r.id = s.intake_id where r.requester_email like 'joe%'")[0]
    ok(h.sql("select d.state, a.type, d.provider from agent_decisions d join decision_actions a on a.decision_id = d.id where d.id = '%s'" % decision) == [['AUTO_EXECUTED', 'CREATE_EVENT', 'builtin']],
       'the turn is a decision with its action')
    ok(h.one("select count(*) from audit_log where subject_id = '%s'" % decision) == '1', 'and in the audit')
    page = h.get('/intake/' + intake, ana).text
    ok('Undo' in page and 'Meet Ana' in page, 'the request shows what was done')
    sink.clear()
    answer = h.form('/intake/' + intake, '/decisions/%s/undo' % decision, {}, ana)
    joe.settle()
    ok(answer.status == 303 and joe.booking()[0][0] == 'CANCELLED', 'undone by a person', answer.status, answer.text[-200:])
    ok('Cancelled' in (joe.answers() or [''])[-1], 'and the requester is told')


def by_door(h, sink):
    """The scheduling agent's own door: chat and text messages brought by a program with a key."""
    key = h.key('mill')

    def settle():
        h.wait(lambda: h.one("select count(*) from jobs where queue in ('intake-routing', 'events', 'scheduling-agent', 'email', 'sms') and run_at < now() + interval '1 second'") == '0', 'the talk to rest', 60)

    def post(body, path='/api/scheduling-agent'):
        return h.request('POST', path, key, body, {'Accept': 'application/json', 'Content-Type': 'application/json'})
    first = post({'channel': 'chat', 'name': 'Lia', 'email': 'lia@x.example', 'text': 'Could I meet Ana on Thursday of next week, please?'})
    ok(first.status == 200 and first.json['status'] == 'PENDING' and first.json['number'] > 0, 'a chat message is taken at once', first.status, first.text[:300])
    ident = first.json['id']
    settle()
    shown = h.api('GET', '/scheduling-agent/' + ident, key).json
    ok(shown['task']['status'] == 'AWAITING_INPUT' and shown['turns'][0]['act'] == 'offer' and len(shown['turns'][0]['offers']) >= 2 and shown['messages'][-1]['direction'] == 'out', 'free times are offered, the state and answer can be read', shown)
    again = post({'intake_id': ident, 'text': 'The first one, please.'})
    settle()
    shown = h.api('GET', '/scheduling-agent/' + ident, key).json
    ok(again.status == 200 and shown['task']['status'] == 'SCHEDULED' and shown['task']['starts_at'] == shown['turns'][0]['offers'][0].replace('+00:00', 'Z') and len(shown['turns']) == 2, 'the next message goes on and books', shown)
    ok(h.one("select channel from intake_requests where id = '%s'" % ident) == 'chat', 'as a request by chat')
    sms = post({'channel': 'sms', 'phone': '+34600555666', 'text': 'Reunión con Ana el viernes de la semana que viene a las 10:30'}, '/api/v1/scheduling-agent')
    settle()
    said = h.sql("select body from sms_messages where direction = 'out' and peer = '+34600555666' and body not like 'Hemos recibido%'")
    ok(sms.status == 200 and len(said) == 1 and '10:30' in said[0][0] and h.api('GET', '/scheduling-agent/' + sms.json['id'], key).json['task']['status'] == 'SCHEDULED', 'by text message: booked, answered there', said)
    eve = post({'channel': 'chat', 'name': 'Eve', 'email': 'eve@x.example', 'phone': '+34600555666', 'text': 'Please cancel my appointment with Ana.'})
    settle()
    turns = h.api('GET', '/scheduling-agent/' + eve.json['id'], key).json['turns']
    ok([t['say'] for t in turns] == ['nothing'], 'a number somebody only writes down opens nobody\'s booking', turns)
    pau = post({'channel': 'chat', 'name': 'Pau', 'phone': '600 12 34 56', 'text': 'Reunión con Ana el viernes de la semana que viene a las 12:30'})
    settle()
    ok(pau.status == 200 and h.api('GET', '/scheduling-agent/' + pau.json['id'], key).json['task']['status'] == 'SCHEDULED', 'a number that cannot be written to makes a booking all the same', pau.text[:300])
    ok([post(b).status for b in ({'channel': 'sms', 'text': 'x'}, {'text': 'no address'}, {'channel': 'chat'}, {'text': 'x', 'intake_id': '0190b0b0-0000-7000-8000-000000000001'})] == [422, 422, 422, 404]
       and h.request('POST', '/api/scheduling-agent', None, {'text': 'x'}, {'Accept': 'application/json', 'Content-Type': 'application/json'}).status == 401, 'nobody to answer, nothing said, no such talk, no key')


def spans(h, sink, ana, me):
    """Several days are one wish: all of them are looked through, and what was left out of them is not offered instead."""
    today = datetime.datetime.now(NOW.tzinfo).date()
    monday = today + datetime.timedelta(days=7 - today.weekday())

    def busy(*days):
        for day in days:
            made = h.form('/calendar/new', '/calendar', {'title': 'Away', 'day': str(monday + datetime.timedelta(days=day)), 'from': '00:00', 'until': '23:59', 'zone': 'Europe/Madrid', 'people': me}, ana)
            ok(made.status == 303, 'she is away on a day', made.status, made.text[-300:])

    def listed(who, text, **more):
        said = Talk(h, sink, who).say(text, **more)
        return said, re.findall(r'^\d\. (\w+) (\d+) .*?(\d\d:\d\d)–', said, re.M)
    h.sql("update bookings set state = 'CANCELLED'; delete from calendar_claims")
    busy(0, 1)
    said, times = listed('noa', 'Can we arrange a meeting any day next week except Wednesday?')
    ok('These times are free' in said and {t[0] for t in times} <= {'Thursday', 'Friday'} and len(times) == 3, 'the days behind the one that was left out are looked through too', said)
    said, times = listed('ned', 'Could we arrange a meeting next week, preferably in the morning?')
    ok('These times are free' in said and len({t[0] for t in times}) > 1 and all(t[0] not in ('Monday', 'Tuesday') and t[2] < '12:00' for t in times), 'the mornings of a week are those of all its days', said)
    said, times = listed('nil', 'Could we arrange a meeting on Tuesday or Thursday afternoon next week?')
    ok('These times are free' in said and {t[0] for t in times} == {'Thursday'} and all('12:00' <= t[2] < '18:00' for t in times), 'two afternoons are named, one is free: it is offered', said)
    busy(2, 3, 4)
    said, times = listed('nan', 'Can we arrange a meeting any day next week except Monday?')
    ok('There is no free time then' in said, 'a full week', said)
    ok(len(times) > 0 and 'Monday' not in {t[0] for t in times}, 'and what is offered instead is no Monday', said)


def main():
    sink = Sink()
    try:
        with House.temporary(conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': str(sink.port), 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': DESK}) as h:
            h.fairlead('org', 'add', 'mill', 'Mill', '--with-pipelines', '--zone', 'Europe/Madrid')
            h.fairlead('user', 'add', 'ana@mill.example', 'Ana', '--org', 'mill', '--role', 'owner', stdin='correct horse battery staple\n')
            ana = h.sign_in('ana@mill.example', 'correct horse battery staple')
            h.form('/channels/mail/new', '/channels/mail', {'name': 'Desk', 'address': DESK, 'active': 'on'}, ana)
            me = h.one("select id from users where email = 'ana@mill.example'")
            made = h.form('/booking/new', '/booking', {'name': 'Meet Ana', 'hosts': me, 'zone': 'Europe/Madrid'}, ana)
            ok(made.status == 303, 'a booking page', made.status)
            by_mail(h, sink, ana)
            offers(h, sink)
            bounds(h, sink)
            doubts(h, sink)
            over(h)
            spoken(h, sink)
            once(h, sink)
            undone(h, sink, ana)
            by_text(h, sink)
            by_door(h, sink)
            spans(h, sink, ana, me)
    finally:
        sink.close()
    done()


main()
