"""How people are told: each kind on the ways each chose, quiet hours in their own zone, digests, text messages to a proven number, leaving by the link in
a mail, their own language. By real sweeps, workers, an SMTP sink and an SMS gateway. Prints TAP."""
import os, re, sys

TOP = os.environ['top_srcdir']
sys.path[:0] = [os.path.join(TOP, 'tests', d) for d in ('lib', 'app')]
from house import House  # noqa: E402
from mailhouse import Sink  # noqa: E402
from smsstub import ACCOUNT, LINE, TOKEN, SmsStub  # noqa: E402
from tap import done, ok  # noqa: E402


class Desk:
    def __init__(self, h, sink, sms):
        self.h, self.sink, self.sms = h, sink, sms
        h.org('aa', 'House aa', '--with-pipelines')
        self.org = h.one('select id from organizations')
        self.boss = h.person('boss@aa.example', org='aa')
        self.ana = h.person('ana@aa.example', org='aa', role='member')
        self.uid = h.one("select user_id from memberships where email = 'ana@aa.example'")
        self.key = h.key('aa', 'owner')

    def choose(self, **more):
        return self.h.form('/me/notifications', '/me/notifications', more, self.ana)

    def task(self, title, **more):
        return self.h.api('POST', '/tasks', self.key, {'title': title, 'assignee_id': self.uid, **more}).json['id']

    def quiet_now(self, zone='Pacific/Kiritimati'):
        """Quiet hours that hold now in that zone and end in an hour."""
        self.h.sql("update users set zone = '%s' where email = 'ana@aa.example'" % zone)
        at = lambda minutes: self.h.one("select to_char((now() + interval '%d minutes') at time zone '%s', 'HH24:MI')" % (minutes, zone))
        return {'quiet_from': at(-60), 'quiet_until': at(60)}

    def ways(self, subject):
        return [tuple(r) for r in self.h.sql("select d.channel, d.state, coalesce(d.reason, '') from notification_deliveries d join notifications n on n.id = d.notification_id "
                                             "where n.detail ->> 'subject' = '%s' order by d.id" % subject)]

    def mails(self, subject):
        return [m for m in self.sink.mails() if subject in (m['subject'] or '') or subject in m.get_body(('plain',)).get_content()]

    def came(self, subject, n=1):
        self.h.wait(lambda: len(self.mails(subject)) >= n, 'the mail about ' + subject, 30)
        return self.mails(subject)[-1]


def choices(d):
    d.task('Nothing chosen')
    ok(d.ways('Nothing chosen') == [], 'in the app only, until somebody chooses')
    d.choose(in_app='task_assigned', email=['task_assigned', 'mention', 'task_reminder'])
    d.task('Paint the door')
    m = d.came('Paint the door')
    ok(m['subject'] == 'A task was given to you: Paint the door', 'by mail when chosen', m['subject'])
    ok(m.get_content_type() == 'multipart/alternative' and '/tasks/' in m.get_body(('html',)).get_content(), 'text and HTML, with the way there')
    d.h.sql("update users set preferred_language = 'es' where email = 'ana@aa.example'")
    d.task('Pintar la puerta')
    ok('Se le' in d.came('Pintar la puerta')['subject'] or 'tarea' in d.came('Pintar la puerta')['subject'], 'in the language of who reads it', d.came('Pintar la puerta')['subject'])
    d.h.sql("update users set preferred_language = 'en' where email = 'ana@aa.example'")
    d.choose(in_app='', email=['task_assigned'])
    before = d.h.one("select unread from (select count(*) as unread from notifications where read_at is null and user_id = '%s') x" % d.uid)
    d.task('By mail only')
    d.came('By mail only')
    ok(d.h.one("select count(*) from notifications where read_at is null and user_id = '%s'" % d.uid) == before and 'By mail only' not in d.h.get('/notifications', d.ana).text,
       'only by mail: not under the bell')


def mention(d):
    d.choose(in_app=['mention'], email=['mention'])
    d.h.sql("update memberships set name = 'Ana Ruiz' where user_id = '%s'" % d.uid)
    t = d.task('Read the plan')
    d.h.form('/tasks/' + t, '/tasks/%s/comment' % t, {'text': 'Could you look, @Ana Ruiz? Mail ana@aa.example is no mention.'}, d.boss)
    m = d.came('Read the plan')
    ok('mentioned you' in m['subject'] and 'Could you look' in m.get_body(('plain',)).get_content(), 'who is named in a comment is told, with the words', m['subject'])
    d.h.form('/tasks/' + t, '/tasks/%s/comment' % t, {'text': 'write to ana@aa.example or @anabel'}, d.boss)
    ok(d.h.one("select count(*) from notifications where kind = 'mention'") == '1', 'an address and a longer name are none')


def leave(d):
    m = d.came('Read the plan')
    link = m['List-Unsubscribe'].strip('<>')
    path = link[len(d.h.url()):]
    ok(m['List-Unsubscribe-Post'] == 'List-Unsubscribe=One-Click' and path.startswith('/unsubscribe/'), 'a way out that mail programs know (RFC 8058)', link)
    page = d.h.request('GET', path)
    ok(page.status == 200 and 'Somebody mentioned you' in page.text and 'House aa' in page.text, 'the link says what it ends, and ends nothing by itself')
    ok(d.h.one("select email from notification_preferences where kind = 'mention' and user_id = '%s'" % d.uid) == 't', 'a GET changes nothing')
    bad = d.h.request('POST', path[:-1] + ('0' if path[-1] != '0' else '1'), None, 'List-Unsubscribe=One-Click', {'Content-Type': 'application/x-www-form-urlencoded'})
    ok(bad.status == 404, 'a signature that does not hold is nothing')
    done_ = d.h.request('POST', path, None, 'List-Unsubscribe=One-Click', {'Content-Type': 'application/x-www-form-urlencoded'})
    ok(done_.status in (200, 303) and d.h.one("select email from notification_preferences where kind = 'mention' and user_id = '%s'" % d.uid) == 'f', 'one POST by a program, without a cookie, ends it', done_.status)
    ok('any more' in d.h.request('GET', path).text, 'and the page says so')
    other = path.replace('mention', 'task_assigned')
    ok(d.h.request('POST', other, None, 'List-Unsubscribe=One-Click', {'Content-Type': 'application/x-www-form-urlencoded'}).status == 404, 'it is for its own kind only')


def quiet(d):
    d.choose(in_app=['task_assigned'], email=['task_assigned', 'sla_breach'], **d.quiet_now())
    d.task('Not now')
    ok(d.ways('Not now') == [('email', 'waiting', 'quiet')], 'in quiet hours of the person\'s own zone mail waits', d.ways('Not now'))
    until = d.h.one("select round(extract(epoch from due_at - now()) / 60) from notification_deliveries where reason = 'quiet'")
    ok(40 <= int(until) <= 61, 'until they are over', until)
    due, day = d.h.sql("select d, to_char(d at time zone 'Pacific/Kiritimati', 'FMDD Mon YYYY, HH24:MI') from (select date_trunc('minute', now()) + interval '26 hours' as d) x")[0]
    d.h.sql("select set_config('app.current_org_id', '%s', false); select fl_notify('%s', 'sla_breach', 'intake', null, jsonb_build_object('subject', 'Burning', 'number', 7, 'due_at', '%s'::timestamptz))" % (d.org, d.uid, due))
    ok(d.ways('Burning') == [('email', 'handed', '')], 'what is urgent passes', d.ways('Burning'))
    m = d.came('Burning')
    for kind in ('plain', 'html'):
        text = ' '.join(re.sub('<[^>]+>', ' ', m.get_body((kind,)).get_content()).split())
        ok(day + ' (Pacific/Kiritimati)' in text, 'its time by date, for a mail is read on another day, with the zone it is told in, as %s' % kind, text, day)
    over = "update jobs set run_at = now(), state = 'queued' where kind = 'note.deliver' and state = 'delayed'"
    d.h.sql(over)
    d.came('Not now')
    ok(d.ways('Not now') == [('email', 'handed', 'quiet')] or d.ways('Not now') == [('email', 'handed', '')], 'then it goes out')
    d.task('Seen meanwhile')
    d.h.sql("update notifications set read_at = now() where detail ->> 'subject' = 'Seen meanwhile'; " + over)
    d.h.wait(lambda: d.ways('Seen meanwhile') == [('email', 'skipped', 'read')], 'the delivery to be left', 20)
    ok(not d.mails('Seen meanwhile'), 'what was read meanwhile is not sent')
    zones = [("'Europe/Madrid'", '2026-03-29 00:30+00', '02:30', '2026-03-29 01:30+00'), ("'Europe/Madrid'", '2026-10-25 00:30+00', '04:00', '2026-10-25 03:00+00'),
             ("'America/New_York'", '2026-03-08 06:30+00', '03:30', '2026-03-08 07:30+00')]
    for zone, at, until, want in zones:
        d.h.sql("update users set zone = %s where email = 'ana@aa.example'" % zone)
        got = d.h.sql("select set_config('app.current_org_id', '%s', false); select note_quiet_until(s, '%s') = '%s'::timestamptz from (select jsonb_populate_record(null::notification_settings, "
                      "jsonb_build_object('user_id', '%s', 'quiet_from', '22:00', 'quiet_until', '%s')) as s) x" % (d.org, at, want, d.uid, until))[-1][-1]
        ok(got == 't', 'over the clock change in %s quiet ends by the wall clock' % zone)


def order(d):
    """Of a round those that come after the day's limit of mails are left out, whatever way the settings of each are found. Nothing of it is kept."""
    d.h.person('otto@aa.example', org='aa', role='member')
    otto = d.h.one("select user_id from memberships where email = 'otto@aa.example'")
    left = d.h.sql("begin; select set_config('app.current_org_id', '{0}', true); "
                   "insert into notification_preferences (org_id, user_id, kind, in_app, email) select '{0}', '{1}', kind, true, true from notification_kinds; "
                   "insert into email_messages (org_id, to_email, to_name, locale, template, data, message_id, automatic, state) "
                   "select '{0}', 'otto@aa.example', '', 'en', 'note', '{{}}', '<' || n || '@x>', true, 'sent' from generate_series(1, 98) n; "
                   "set local enable_nestloop = off; set local enable_hashjoin = off; "
                   "select fl_notify_each(array_fill('{1}'::uuid, array[4]), array['task_assigned', 'sla_breach', 'mention', 'booking'], array_fill('intake'::text, array[4]), array_fill(null::uuid, array[4]), "
                   "array_fill('{{}}'::jsonb, array[4]), null); "
                   "select string_agg(n.kind, ' ' order by n.kind) from notification_deliveries x join notifications n on n.org_id = x.org_id and n.id = x.notification_id "
                   "where x.user_id = '{1}' and x.reason = 'limit'; rollback".format(d.org, otto))[-1][0]
    ok(left == 'booking mention', 'the notices of a round are in the order in which they were given', left)


def digest(d):
    d.h.sql("update users set zone = null where email = 'ana@aa.example'")
    d.choose(in_app=['task_assigned'], email=['task_assigned'], digest='hourly')
    for n in range(3):
        d.task('Gathered %d' % n)
    ok(d.ways('Gathered 2') == [('email', 'digest', '')], 'gathered, not sent')
    ok(d.h.one("select bool_and(s.digest_at = date_trunc('hour', n.created_at) + interval '1 hour') from notification_settings s join notifications n on n.user_id = s.user_id "
               "where s.digest_at is not null and n.detail ->> 'subject' = 'Gathered 0'") == 't', 'until the next full hour')
    d.h.sql("update notifications set read_at = now() where detail ->> 'subject' = 'Gathered 1'; update notification_settings set digest_at = now() where digest_at is not null")
    for _ in range(3):
        d.h.batch('run', 'digests')
    m = d.came('Gathered 0')
    text = m.get_body(('plain',)).get_content()
    ok('Gathered 0' in text and 'Gathered 2' in text and 'Gathered 1' not in text, 'one mail with all that was not read meanwhile', text)
    d.h.drained()
    ok(len(d.mails('Gathered 0')) == 1 and m['subject'].startswith('House aa: 2'), 'once, however often the sweep runs', m['subject'])
    ok(m['List-Unsubscribe'] is not None, 'and it can be left too')
    ok(d.ways('Gathered 1') == [('email', 'skipped', 'read')], 'what was read says so')
    d.task('Before the end')
    d.choose(in_app=['task_assigned'], email=['task_assigned'], digest='off')
    d.h.batch('run', 'digests')
    ok(d.came('Before the end') is not None, 'digests switched off: what was gathered goes out')
    daily = d.h.sql("select set_config('app.current_org_id', '%s', false); select note_digest_at(s, '2026-03-28 12:00+00') from (select jsonb_populate_record(null::notification_settings, "
                    "jsonb_build_object('user_id', '%s', 'digest', 'daily', 'digest_hour', 8)) as s) x" % (d.org, d.uid))[-1][-1]
    ok(daily.startswith('2026-03-29 08:00:00'), 'the daily one at the person\'s hour', daily)


def texts(d):
    d.choose(in_app=['task_assigned'], sms=['task_assigned', 'task_reminder'])
    d.task('Before a number')
    ok(d.ways('Before a number') == [], 'no text message without a proven number')
    d.h.form('/me/notifications', '/me/notifications/phone', {'phone': '+34 600 111 222'}, d.ana)
    d.h.wait(lambda: d.sms.ledger(), 'the code', 20)
    code = re.match(r'[0-9]{6}', d.sms.ledger()[0][1]).group()
    wrong = '000000' if code != '000000' else '111111'
    ok('phone_wrong' in d.h.form('/me/notifications', '/me/notifications/phone/prove', {'code': wrong}, d.ana).headers.get('Location', ''), 'a wrong code proves nothing')
    d.h.form('/me/notifications', '/me/notifications/phone/prove', {'code': code}, d.ana)
    d.task('Call the mill')
    d.h.wait(lambda: any('Call the mill' in body for _, body in d.sms.ledger()), 'the text message', 20)
    ok([(to, body.split(' http')[0]) for to, body in d.sms.ledger() if 'mill' in body] == [('+34600111222', 'Now yours: Call the mill.')], 'as a text message, with the way there', d.sms.ledger())
    d.h.sql("insert into sms_stops (org_id, peer) values ('%s', '+34600111222')" % d.org)
    d.task('After the stop')
    d.h.wait(lambda: d.ways('After the stop') == [('sms', 'skipped', 'stopped')], 'the stop', 20)
    ok(True, 'who wrote STOP gets none, and it shows')


sink, sms = Sink(), SmsStub()
try:
    with House.temporary(conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@aa.example', 'TWILIO_ACCOUNT_SID': ACCOUNT,
                               'TWILIO_AUTH_TOKEN': TOKEN, 'TWILIO_FROM': LINE, 'TWILIO_BASE_URL': 'http://127.0.0.1:%d' % sms.port,
                               'OUTSIDE_ALLOW': '127.0.0.1:%d,127.0.0.1:%d' % (sink.port, sms.port)}) as h:
        d = Desk(h, sink, sms)
        for part in (choices, mention, leave, quiet, order, digest, texts):
            part(d)
finally:
    sink.close()
    sms.close()
done()
