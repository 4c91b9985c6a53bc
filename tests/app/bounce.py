"""Mail that comes back (RFC 3464) through a real IMAP server: known by its Message-ID, shown where it belongs; addresses that do not exist get no more. Prints TAP."""
import json, os, re, sys, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from mailhouse import Dovecot, Sink  # noqa: E402
from tap import done, ok  # noqa: E402


def report(of, address, status, action='failed', headers_only=True, ident='b'):
    returned = ('text/rfc822-headers\n\nSubject: Re\nMessage-ID: %s\n' if headers_only else 'message/rfc822\n\nFrom: a@b.example\nSubject: Re\nMessage-ID: %s\n\nwhole\n') % of
    return ('Return-Path: <>\nFrom: Mail Delivery <mailer-daemon@mx.example>\nTo: desk@quay.example\nSubject: Undelivered mail\nMessage-ID: <%s@mx.example>\nMIME-Version: 1.0\n'
            'Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status;\n boundary="=b"\n\n--=b\nContent-Type: text/plain\n\nIt could not be delivered.\n'
            '--=b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\nArrival-Date: Sat, 21 Nov 2026 10:00:00 +0000\n\nFinal-Recipient: rfc822; %s\n'
            'Action: %s\nStatus: %s\nDiagnostic-Code: smtp; 550 %s\n said the server\n\n--=b\nContent-Type: %s\n--=b--\n') % (ident, address, action, status, status, returned)


class Desk:
    def __init__(self, h, sink, imap):
        self.h, self.sink, self.imap = h, sink, imap
        h.org('aa', 'House aa', '--with-pipelines')
        self.boss = h.person('boss@quay.example', org='aa')
        self.box = h.form('/channels/mail/new', '/channels/mail', {'name': 'Desk', 'address': 'desk@quay.example', 'imap_url': imap.url, 'imap_user': 'desk', 'imap_password': 'secret',
                                                                  'active': 'on'}, self.boss).headers['Location'].split('/')[3].split('?')[0]
        self.key = h.key('aa', 'owner')
        self.n = 0

    def asks(self, email):
        """A request by this address that is answered; the answer's row and Message-ID."""
        self.n += 1
        intake = self.h.api('POST', '/intake', self.key, {'subject': 'Offer %d' % self.n, 'body': 'Please make an offer.', 'name': 'Kim', 'email': email},
                            {'Idempotency-Key': 'ask%d' % self.n}).json['id']
        self.h.drained()
        self.answer(intake, 'With pleasure.')
        return intake, *self.h.sql("select id, message_id from email_messages where intake_id = '%s' and template = 'reply'" % intake)[0]

    def answer(self, intake, text):
        self.h.form('/intake/' + intake, '/intake/%s/reply' % intake, {'text': text}, self.boss)
        self.h.drained()

    def comes_back(self, raw):
        self.imap.deliver(raw)
        self.h.form('/channels/mail/' + self.box, '/channels/mail/%s/poll' % self.box, {}, self.boss)
        self.h.wait(lambda: self.imap.unseen() == 0, 'the mailbox to be read', 15)
        self.h.drained()

    def state(self, mail):
        return self.h.one("select state from email_messages where id = '%s'" % mail)


def run(d):
    h = d.h
    intake, mail, ident = d.asks('kim@mill.example')
    ok(d.state(mail) == 'sent' and h.one("select tries from email_messages where id = '%s'" % mail) == '1', 'an answer is sent, at the first try')
    d.comes_back(report('<someone@else.example>', 'kim@mill.example', '5.1.1', ident='b0'))
    ok(d.state(mail) == 'sent', 'a report about mail that is not ours changes nothing')
    d.comes_back(report(ident, 'other@mill.example', '5.1.1', ident='b1'))
    ok(d.state(mail) == 'sent', 'nor one about another recipient')
    d.comes_back(report(ident, 'kim@mill.example', '4.4.1', 'delayed', ident='b2'))
    ok(d.state(mail) == 'sent' and h.one("select delayed_at is not null from email_messages where id = '%s'" % mail) == 't', 'late on its way: noted')
    d.comes_back(report(ident, 'kim@mill.example', '5.1.1', ident='b3'))
    ok(d.state(mail) == 'bounced' and '5.1.1' in h.one("select error from email_messages where id = '%s'" % mail), 'what came back is marked, with the reason')
    ok(h.one('select count(*) from intake_requests') == '1', 'a report opens no request')
    ok(h.one("select count(*) from intake_messages where direction = 'note' and intake_id = '%s'" % intake) >= '1', 'and stands as a note in the conversation')
    ok(h.one("select count(*) from notifications where kind = 'mail_bounced'") == '1', 'a person is told')
    d.comes_back(report(ident, 'kim@mill.example', '5.1.1', ident='b4'))
    ok(h.one("select count(*) from notifications where kind = 'mail_bounced'") == '1', 'once, however many reports come')
    before = len(d.sink.mails())
    d.answer(intake, 'Are you there?')
    ok(len(d.sink.mails()) == before and h.one("select state from email_messages where template = 'reply' order by id desc limit 1") == 'stopped', 'the address gets no more mail, and the answer says so')
    page = h.get('/channels/mail', d.boss).text
    ok('kim@mill.example' in page and '5.1.1' in page and 'came back' in page, 'both show where mail is managed')
    contact = h.one("select contact_id from intake_requests where id = '%s'" % intake)
    text = h.get('/contacts/' + contact, d.boss).text
    ok('came back' in text and 'stopped for this address' in text, 'and with the contact')
    again = h.one("select id from email_messages where state = 'stopped'")
    ok('/out/%s/send' % again not in page and '/out/send"' not in page and 'Its address gets no mail' in page, 'which does not offer what would be refused')
    said = h.api('POST', '/channels/mail/out/%s/send' % again, d.key)
    ok(said.status == 422 and 'came back' in said.text, 'sending again first needs the address to be good', said.text)
    stop = h.one('select id from mail_stops')
    h.form('/channels/mail', '/channels/mail/stops/%s/lift' % stop, {}, d.boss)
    ok('/out/%s/send' % again in h.get('/channels/mail', d.boss).text, 'then the page offers it')
    ok(h.api('POST', '/channels/mail/out/%s/send' % again, d.key).status in (200, 201), 'a person says that it is')
    h.drained()
    ok(d.state(again) == 'sent' and len(d.sink.mails()) == before + 1, 'then it goes out')
    for n in range(3):
        other, mail, ident = d.asks('full@mill.example')
        d.comes_back(report(ident, 'full@mill.example', '5.2.2', headers_only=False, ident='s%d' % n))
        ok(d.state(mail) == 'bounced' and h.one("select count(*) from mail_stops where email = 'full@mill.example'") == str(int(n == 2)),
           'a full mailbox: %s' % ('after the third it is stopped' if n == 2 else 'marked, not stopped'))
    d.sink.script({'RCPT': '550 5.1.1 no such user'})
    _, mail, _ = d.asks('nobody@mill.example')
    h.wait(lambda: d.state(mail) == 'bounced', 'the refusal', 20)
    ok(h.one("select status from mail_stops where email = 'nobody@mill.example'") == '5.1.1', 'a server that knows at once: the same')
    d.sink.script({})
    envelope = json.loads(sorted(d.sink.dir.glob('*.json'))[-1].read_text())
    ok(envelope['from'] == 'desk@quay.example', 'mail comes back to the mailbox we read', envelope)


def form(d):
    """Who asks through a form and gives an address is told that it arrived, in his language."""
    h = d.h
    made = h.form('/channels/forms/new', '/channels/forms', {'name': 'Door', 'title': 'Ask us'}, d.boss).headers['Location'].split('/')[3].split('?')[0]
    door = '/f/' + h.one("select public_key from intake_forms where id = '%s'" % made)

    def ask(email, language='es'):
        page = h.get(door, None, headers={'Accept-Language': language})
        fields = {'field.subject': 'Canary in a form', 'field.message': 'Words of mine.', 'field.name': 'Pia', 'field.email': email}
        names = set(re.findall(r'name="(field\.[a-z_]+)"', page.text))
        time.sleep(3.2)  # forms sent faster than a person writes are put aside
        body = {k: v for k, v in fields.items() if k in names}
        body.update({n: 'Words of mine.' for n in names - set(body) if n != 'field.phone'})
        return h.post(door, {**body, '_token': page.token}, None, headers={'Accept-Language': language})
    d.sink.clear()
    answer = ask('pia@mill.example')
    h.drained()
    mails = [m for m in d.sink.mails() if 'pia@mill.example' in (m['To'] or '')]
    text = mails[0].get_body(('plain',)).get_content() if mails else ''
    ok(answer.status in (202, 303) and len(mails) == 1 and 'Tenemos su mensaje' in mails[0]['Subject'], 'a confirmation, in the language of who asks', (answer.status, [m['Subject'] for m in mails]))
    link = re.search(r'http://[^ ]+(/status/[A-Za-z0-9_-]+)', text)
    ok(bool(link) and h.get(link.group(1)).status == 200 and 'Canary' not in text and 'Words' not in text, 'with the link to follow it, and nothing of what was written')
    ok(bool(mails) and mails[0]['Auto-Submitted'] == 'auto-generated', 'marked as automatic')
    d.sink.clear()
    ask('desk@quay.example')
    h.drained()
    ok(not d.sink.mails(), 'never to an address of ours')


sink, imap = Sink(), Dovecot()
try:
    with House.temporary(conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@quay.example',
                               'OUTSIDE_ALLOW': '127.0.0.1:%d' % sink.port, 'TENANT_ALLOW': '127.0.0.1:%d' % imap.port}) as h:
        d = Desk(h, sink, imap)
        run(d)
        form(d)
finally:
    sink.close()
    imap.close()
done()
