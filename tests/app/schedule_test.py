"""Scheduling by message: a request that asks for a meeting is read for its times, and a person puts one in the calendar."""
import json, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def ask(h, key, body, subject='Meeting'):
    ident = h.api('POST', '/intake', key, json.dumps({'subject': subject, 'body': body, 'email': 'kim@mill.example', 'name': 'Kim'})).json['id']
    h.drained()
    h.wait(lambda: h.one("select count(*) from jobs where kind = 'schedule.read'") == '0', 'the reading', 20)
    return ident


def readings(h, ident):
    return h.sql("select phrase, to_char(starts_local - date_trunc('day', r.created_at at time zone s.zone), 'DD HH24:MI'), to_char(ends_local - starts_local, 'HH24:MI'), doubt, timed"
                 " from schedule_readings s join intake_requests r on r.org_id = s.org_id and r.id = s.intake_id where s.intake_id = '%s' order by n" % ident)


def main():
    with House.temporary() as h:
        h.fairlead('org', 'add', 'mill', 'Mill', '--with-pipelines', '--zone', 'Europe/Madrid')
        h.fairlead('user', 'add', 'ana@mill.example', 'Ana', '--org', 'mill', '--role', 'owner', stdin='correct horse battery staple\n')
        key, ana = h.key('mill', 'operator'), h.sign_in('ana@mill.example', 'correct horse battery staple')
        one = ask(h, key, 'Please schedule a meeting with the accountant tomorrow at 2pm.')
        ok(readings(h, one) == [['tomorrow at 2pm', '01 14:00', '00:30', 'clear', 't']], 'a day and a time, reckoned from when it was written', readings(h, one))
        page = h.get('/intake/' + one, ana)
        ok('tomorrow at 2pm' in page.text and 'Put it in my calendar' in page.text and re.search(r'Europe/Madrid, UTC\+[12]<', page.text), 'the request shows it with its zone')
        fields = dict(re.findall(r'name="(title|day|from|until|zone|people|guests)" value="([^"]*)"', page.text))
        answer = h.form('/intake/' + one, '/calendar', fields, ana)
        ok(answer.status == 303 and '/calendar/' in answer.headers['Location'], 'one click puts it in the calendar', answer.status, answer.text[-300:])
        ok('It is in the calendar' in h.get('/intake/' + one, ana).text, 'and the request says so')
        two = ask(h, key, 'Could we book a meeting tomorrow at 2pm or on a call at 7 tomorrow?')
        ok([r[3] for r in readings(h, two)] == ['clear', 'am_or_pm'], 'two times, the second in doubt', readings(h, two))
        page = h.get('/intake/' + two, ana).text
        ok('You are taken then' in page and 'Morning or evening?' in page, 'what is taken and what is in doubt is said')
        three = ask(h, key, '¿Podemos agendar una reunión mañana a las 10 y media?', 'Reunión: schedule a meeting')
        ok(readings(h, three)[:1] == [['mañana a las 10 y media', '01 10:30', '00:30', 'clear', 't']], 'in Spanish', readings(h, three))
        five = ask(h, key, 'Please schedule a meeting tomorrow at 10 London time.')
        ok(readings(h, five) == [['tomorrow at 10 London time', '01 11:00', '00:30', 'clear', 't']], 'ten in London is eleven in Madrid', readings(h, five))
        ok('11:00' in h.get('/intake/' + five, ana).text, 'and the request shows the hour of the house')
        six = ask(h, key, 'Please schedule a meeting tomorrow at 10 Springfield time.')
        ok([r[3] for r in readings(h, six)] == ['which_zone'] and 'In which time zone?' in h.get('/intake/' + six, ana).text, 'a zone nobody knows is asked for', readings(h, six))
        four = ask(h, key, 'The printer is broken, please help with this problem.', 'Printer')
        ok(readings(h, four) == [] and 'id="meeting"' not in h.get('/intake/' + four, ana).text, 'who asks for no meeting is not read for one')
    done()


main()
