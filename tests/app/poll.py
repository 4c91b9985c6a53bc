"""Polls about a time (ux 1.5): times are proposed, people of the organisation and visitors answer each with yes, if need be or no, and who asked picks one, which
becomes an event with its guests invited. Prints TAP."""
import datetime, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

DAY = datetime.date.today() + datetime.timedelta(days=30)


def propose(h, who, *starts, **more):
    return h.form('/polls/new', '/polls', {'title': 'Board meeting', 'minutes': '45', 'zone': 'Europe/Lisbon', 'named': 'on', 'starts': list(starts), **more}, who)


def options(h, ident):
    return [r[0] for r in h.sql("select id from poll_options where poll_id = '%s' order by starts_at" % ident)]


def says(ids, *answers):
    return {'answers.' + i: a for i, a in zip(ids, answers) if a}


def totals(page):
    return re.findall(r'<td data-label="[^"]*">(\d+ yes, \d+ if need be, \d+ no)', page.text)


def refused(h, ana):
    for starts, words in (((), 'starts-error'), (('2020-01-01T10:00',), 'This time is over'), (('%sT25:00' % DAY,), 'starts-error'), (('2026-02-30T10:00',), 'starts-error')):
        got = propose(h, ana, *starts)
        ok(got.status == 422 and words in got.text and 'value="Board meeting"' in got.text, 'refused, with what was typed', starts, got.status)
    ok(h.one('select count(*) from polls') == '0', 'and nothing is kept')


def answers(h, ident, door, ana, ben):
    ids = options(h, ident)
    ok(h.form('/polls/' + ident, '/polls/%s/answer' % ident, says(ids, 'yes', 'no', 'maybe'), ana).status == 303, 'who asked answers too')
    ok(h.form('/polls/' + ident, '/polls/%s/answer' % ident, says(ids, 'yes', 'yes', 'no'), ben).status == 303
       and h.form('/polls/' + ident, '/polls/%s/answer' % ident, says(ids, 'no', 'yes', 'no'), ben).status == 303, 'a colleague answers, and otherwise')
    page = h.get(door + '?zone=Europe/Madrid')
    ok(page.status == 200 and page.text.count('type="radio"') == 9 and 'Europe/Madrid' in page.text and '11:00–11:45' in page.text and 'UTC+' in page.text, 'a visitor sees the times in a zone with its offset', page.status)
    ok('ben@' not in page.text and 'Ben' in page.text, 'and names, no addresses')
    kim = h.post(door, {'name': 'Kim <1>', 'email': 'Kim@mill.example', **says(ids, 'maybe', 'yes'), '_token': page.token})
    link = kim.headers.get('Location', '').split('?')[0]
    ok(kim.status == 303 and link.startswith('/vote/'), 'and answers without an account', kim.status, kim.text[-300:])
    lee = h.post(door, {'name': 'Lee', **says(ids, 'no', 'maybe', 'yes'), '_token': h.get(door).token})
    ok(lee.status == 303 and lee.headers['Location'].split('?')[0] != link, 'another without an address too')
    ok(totals(h.get('/polls/' + ident, ana)) == ['1 yes, 1 if need be, 2 no', '2 yes, 1 if need be, 1 no', '1 yes, 1 if need be, 2 no'], 'totals in words', totals(h.get('/polls/' + ident, ana)))
    again = h.get(link)
    ok('Kim &lt;1&gt;' in again.text and again.text.count(' checked') == 3 and 'value="kim@mill.example"' in again.text, 'one\'s own link shows what one said')
    ok(h.post(link, {'name': 'Kim', 'email': 'kim@mill.example', **says(ids, 'yes', 'yes', 'no'), '_token': again.token}).status == 303 and totals(h.get(door))[0] == '2 yes, 0 if need be, 2 no', 'and takes another answer')
    ok(h.one("select count(*) from notifications where kind = 'poll_answer' and user_id = (select user_id from memberships where email like 'ana@%')") == '5', 'who asked is told of each answer of others')
    odd = h.post(door, {'name': 'Odd', **says(ids, 'perhaps'), '_token': h.get(door).token})
    strange = h.post(door, {'name': 'Odd', **says(['0190aaaa-0000-7000-8000-000000000000'], 'yes'), '_token': h.get(door).token})
    bad = h.post(door, {'name': 'Odd', 'email': 'nowhere', **says(ids, 'yes', 'maybe'), '_token': h.get(door).token})
    ok((odd.status, strange.status, bad.status) == (422, 422, 422) and bad.text.count(' checked') == 2, 'what is no answer is refused, and nothing typed is lost', odd.status, strange.status, bad.status)
    return ids, link


def pick(h, ident, door, link, ids, ana, ben):
    pick = lambda option, who: h.form('/polls/' + ident, '/polls/%s/pick' % ident, {'option': option}, who)  # noqa: E731
    ok(pick(ids[1], ben).status == 403, 'a colleague does not pick')
    h.form('/calendar/new', '/calendar', {'title': 'Dentist', 'day': DAY, 'from': '10:15', 'until': '10:45', 'zone': 'Europe/Lisbon', 'people': h.one("select user_id from memberships where email like 'ana@%'")}, ana)
    taken = pick(ids[0], ana)
    ok(taken.status == 409 and 'already taken' in taken.text, 'a time that is taken meanwhile: told, and the poll stays open', taken.status)
    page = h.get(door)
    got = pick(ids[1], ana)
    event = h.one("select coalesce(event_id::text, '') from polls where id = '%s'" % ident)
    ok(got.status == 303 and event and h.one("select to_char(starts_local, 'YYYY-MM-DD HH24:MI') || ' ' || to_char(ends_local, 'HH24:MI') || ' ' || zone from calendar_events where id = '%s'" % event)
       == '%s 14:00 14:45 Europe/Lisbon' % DAY, 'the picked time is an event', got.status, got.text[-300:])
    ok([r[0] for r in h.sql("select m.name from calendar_parties p join memberships m on m.user_id = p.party_id where p.event_id = '%s' order by 1" % event)] == ['Ana', 'Ben'], 'of who asked and of colleagues who can')
    ok(h.one("select count(*) from email_messages where to_email = 'kim@mill.example' and data ->> 'ics' like '%METHOD:REQUEST%'") == '1' and h.one('select count(*) from email_messages') == '1', 'who left an address is invited')
    late = h.post(door, {'name': 'Late', **says(ids, 'yes'), '_token': page.token})
    ok(late.status == 409 and 'This poll is over' in late.text and 'This time was picked' in h.get(link).text and '14:00–14:45' in h.get(link).text, 'nobody answers any more; all see what was picked', late.status)
    ok(pick(ids[2], ana).status == 409 and h.one('select count(*) from calendar_events') == '2', 'nothing is picked twice')


def alone(h, ana, eva, bea):
    """What is not shown to everybody; that a poll ends without a time; other organisations."""
    ident = propose(h, ana, '%sT10:00' % DAY, '%sT10:00' % DAY, named='').headers['Location'].split('?')[0].rsplit('/', 1)[-1]
    door = '/poll/' + h.one("select public_key from polls where id = '%s'" % ident)
    ids = options(h, ident)
    ok(len(ids) == 1 and h.form('/polls/' + ident, '/polls/%s/times' % ident, {'starts': '%sT11:00' % DAY}, ana).status == 303 and len(options(h, ident)) == 2, 'the same time once; another is added later', len(ids))
    h.post(door, {'name': 'Secret Sam', **says(ids, 'yes'), '_token': h.get(door).token})
    ok('Secret Sam' not in h.get(door).text and 'Secret Sam' in h.get('/polls/' + ident, ana).text, 'answers are shown to whom the poll says')
    said = [(o['yes'], o['maybe'], o['no']) for o in h.get('/api/v1' + door).json['options']]
    ok(said == [(None, None, None)] * 2, 'nor are they counted for the others', said)
    ok(h.get('/polls/' + ident, bea).status == 404 and h.form('/polls/new', '/polls/%s/answer' % ident, says(ids, 'yes'), bea).status == 404, 'not to another organisation')
    ok(h.get('/polls/' + ident, eva).status == 200 and 'type="radio"' not in h.get('/polls/' + ident, eva).text, 'a viewer looks')
    ok(h.form('/polls/' + ident, '/polls/%s/close' % ident, {}, ana).status == 303 and 'ended without a time' in h.get(door).text, 'ended without a time')
    ok(h.get('/poll/' + 'A' * 22).status == 404 and h.get('/vote/' + door.rsplit('/', 1)[-1]).status in (403, 404), 'a guessed key opens nothing, nor one at another door', h.get('/vote/' + door.rsplit('/', 1)[-1]).status)


def gone(h, ana, ben):
    """Whoever asked has left the organisation since; a key is nobody who could ask."""
    ident = propose(h, ben, '%sT16:00' % DAY).headers['Location'].split('?')[0].rsplit('/', 1)[-1]
    h.sql("delete from memberships where email = 'ben@demo.example'")
    got = h.form('/polls/' + ident, '/polls/%s/pick' % ident, {'option': options(h, ident)[0]}, ana)
    people = h.sql("select m.name from polls p join calendar_parties c on c.event_id = p.event_id join memberships m on m.user_id = c.party_id where p.id = '%s'" % ident)
    ok(got.status == 303 and people == [['Ana']], 'who picks stands in for an owner who has left', got.status, people)
    a = h.api('POST', '/polls', h.key('demo'), {'title': 'By key', 'minutes': 30, 'zone': 'UTC', 'starts': ['%sT10:00' % DAY]})
    ok(a.status == 403, 'a key asks nobody: told, not a fault', a.status)


with House.temporary(programs=('web',)) as h:
    h.org('demo', 'Demo', '--zone', 'Europe/Lisbon')
    h.org('bb', 'Other', '--zone', 'Europe/Lisbon')
    ana, ben, eva = h.person('ana@demo.example', org='demo'), h.person('ben@demo.example', org='demo', role='member'), h.person('eva@demo.example', org='demo', role='viewer')
    bea = h.person('bea@bb.example', org='bb')
    refused(h, ana)
    got = propose(h, ana, '%sT10:00' % DAY, '%sT14:00' % DAY, '%sT09:00' % (DAY + datetime.timedelta(days=1)))
    ident = got.headers.get('Location', '').split('?')[0].rsplit('/', 1)[-1]
    ok(got.status == 303 and len(options(h, ident)) == 3 and 'Board meeting' in h.get('/polls', ben).text, 'three times are proposed', got.status, got.text[-300:])
    door = '/poll/' + h.one("select public_key from polls where id = '%s'" % ident)
    ids, link = answers(h, ident, door, ana, ben)
    pick(h, ident, door, link, ids, ana, ben)
    alone(h, ana, eva, bea)
    left = h.sql("begin; delete from poll_votes where user_id = (select user_id from memberships where email like 'ben@%'); select count(*) from poll_answers; rollback; select count(*) from poll_answers")
    ok(int(left[1][0]) - int(left[0][0]) == 3, 'who is erased takes his answers along (privacy_do_leave)', left)
    gone(h, ana, ben)
done()
