#!/usr/bin/python3
"""The demo of quickstart: an organisation and its people by the command line, requests by public form, API, signed webhook and e-mail.

    demo.py --prefix DIR --build DIR

What is done is kept in PREFIX/conf/demo.json, so that a second run goes on where the first ended and sends nothing twice.
"""
import argparse, base64, email.message, email.policy, hashlib, hmac, imaplib, json, os, pathlib, secrets, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tests' / 'lib'))
from house import SOURCE, House, HouseError  # noqa: E402

PEOPLE = [('ana@quayside.example', 'Ana Ruiz', 'owner'), ('ben@quayside.example', 'Ben Okafor', 'operator'), ('eva@quayside.example', 'Eva Lind', 'viewer')]
DESK = 'desk@quayside.example'
FORM = [
    {'name': 'Ida Holm', 'email': 'ida@holm-bakery.example', 'message': 'A quote for a new website\n'
     'We run two bakeries and would like a quote for a new website with online ordering. What would it cost, and when could you start?'},
    {'name': 'Tom Reyes', 'email': 'tom@reyes.example', 'message': 'The booking page shows an error\n'
     'Since this morning the booking page does not work: it shows error 500 after I press Continue. Can you help?'},
    {'name': 'Best Prices', 'email': 'deals@spam.example', 'message': 'Buy followers now', 'trap': 'http://spam.example'},
]
API = [
    {'subject': 'Invoice 2291 was charged twice', 'body': 'Our card was charged twice for invoice 2291. Please refund one of the two payments.',
     'name': 'Mina Sato', 'email': 'mina@sato.example'},
    {'subject': "Can we move Thursday's meeting?", 'body': 'Something came up. Could we move the meeting to Friday, any time before noon?',
     'name': 'Joel Brandt', 'email': 'joel@brandt.example'},
    {'subject': 'Hello', 'body': 'I was told to write to you. Who is the right person?', 'name': 'Noor', 'email': 'noor@elm.example'},
]
WEBHOOK = [
    {'subject': 'Refund for order 5512', 'body': 'The parcel came back. I ask for a refund of the payment, invoice attached to the order.',
     'name': 'Lea Fontaine', 'email': 'lea@fontaine.example'},
    {'subject': 'Cannot sign in since the update', 'body': 'After the update I get an error when I sign in. It worked yesterday, please help.',
     'name': 'Sam Carter', 'email': 'sam@carter.example'},
    {'subject': 'Two things', 'body': 'The last bill looks too high, and when can you take new pictures?', 'name': 'Ada Holm', 'email': 'ada@holm.example'},
]
MAIL = [
    ('Pia Moreau <pia@moreau.example>', 'Prices for product photos', 'We have 40 new products. What do your product photos cost, and could you send an offer?'),
    ('Otto Weber <otto@weber.example>', 'Appointment next week', 'I would like to book an appointment next week, preferably Tuesday afternoon. What times are available?'),
    ('Rita Gomes <rita@gomes.example>', 'Meeting about our photo shoot', 'Please schedule a meeting with Ana next Tuesday at 11am.'),
]

PAPERS = [
    ('Harbour Print Works <accounts@harbourprint.example>', 'Letter of 12 November', 'Please see the letter, which we scanned.', 'invoice-scan.pdf'),
    ('Elm & Alder <office@elmalder.example>', 'Our letter', 'What we need is in the attached paper.', 'quote.pdf'),
]

PROCEDURES = [
    ('How we answer a request', '# Before you answer\nRead the whole conversation, also what was attached.\n\n# The answer\n1. Greet the person by name\n2. Answer the question in the first sentence\n'
     '3. Say what happens next, and by when\n\n# Never\n- promise a price that is not on the list\n- forward a mail without saying so', {}),
    ('Refunds', 'A refund needs two people.\n\n1. Find the payment and note its number at the request\n2. Ask the second person to approve it\n3. Pay it back the way it came\n4. Tell the requester the day it arrives',
     {'roles': ['admin', 'operator'], 'due_days': '3'}),
]
FIRST_WEEK = [('Say hello to everybody', '480', None), ('Set up the desk and the accounts', '240', PEOPLE[0][0]), ('Answer a first request with Ana beside you', '2880', None)]


class Demo:
    def __init__(self, house):
        self.h, self.path = house, house.prefix / 'conf' / 'demo.json'
        self.done = json.loads(self.path.read_text()) if self.path.exists() else {}

    def once(self, name, make, *args):
        """What make() answers, now or on an earlier run."""
        if name not in self.done:
            self.done[name] = make(*args)
            with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
                json.dump(self.done, f)
        return self.done[name]

    def teach(self):
        cases = (SOURCE / 'tests/data/requests/agency-train.tsv').read_text()
        self.once('cases', lambda: self.h.fairlead('cases', 'import', 'quayside', stdin=cases))
        House.wait(lambda: self.h.one('select count(*) from learner_models') != '0', 'the studio\'s past requests to be learned from; see log/worker.log', 30)

    def person(self, email, name, role):
        password = '-'.join(secrets.token_hex(2) for _ in range(4))
        self.h.fairlead('user', 'add', email, name, '--org', 'quayside', '--role', role, *(['--admin'] if role == 'owner' else []), stdin=password + '\n')
        return password

    def people(self):
        self.once('org', self.h.org, 'quayside', 'Quayside Studio', '--with-pipelines', '--zone', 'Europe/Lisbon')
        lines = ['%-24s %-20s %s\n' % (email, self.once(email, self.person, email, name, role), name + ', ' + role) for email, name, role in PEOPLE]
        key = self.once('key', self.h.fairlead, 'key', 'add', 'quayside', 'Demo', '--role', 'operator')
        with open(os.open(self.h.prefix / 'demo.txt', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
            f.writelines([self.h.url('/signin') + '\n\n', *lines, '\nAn API key: %s\n' % key])
        self.owner = self.h.sign_in(PEOPLE[0][0], self.done[PEOPLE[0][0]])
        self.key = key

    def posted(self, page, path, body):
        """Posts a form of the site as the owner; answers the id in the address it leads to."""
        answer = self.h.form(page, path, body, self.owner)
        if answer.status != 303:
            raise HouseError('%s answered %d' % (path, answer.status))
        return answer.headers['Location'].split('?')[0].rsplit('/', 1)[1]

    def path_of(self, kind, member, ident):
        url = self.h.api('GET', '/channels/%s/%s' % (kind, ident), self.owner).json[member]['url']
        return url[url.index('/', 8):]

    # --- the doors ---

    def open_doors(self):
        form = self.once('form', self.posted, '/channels/forms/new', '/channels/forms', {
            'name': 'Contact', 'title': 'How can we help?', 'intro': 'Tell us in your own words; we find the right person.',
            'thanks': 'We have it. The first answer comes within four hours.'})
        self.once('secret', lambda: 'whsec_' + base64.b64encode(secrets.token_bytes(24)).decode())
        hook = self.once('webhook', self.posted, '/channels/webhooks/new', '/channels/webhooks',
                         {'name': 'Web shop', 'scheme': 'standard', 'secret': self.done['secret']})
        self.box = self.once('mailbox', self.posted, '/channels/mail/new', '/channels/mail', {
            'name': 'Front desk', 'address': DESK, 'imap_url': 'imap://127.0.0.1:%d/INBOX' % self.h.ports['imap'], 'imap_user': 'desk',
            'imap_password': 'secret', 'plus': 'true', 'active': 'true'})
        me = self.h.one("select id from users where email = '%s'" % PEOPLE[0][0])
        self.once('page', self.posted, '/booking/new', '/booking', {
            'name': 'A talk with Ana', 'intro': 'Half an hour about your project.', 'hosts': me, 'minutes': '30', 'zone': 'Europe/Lisbon'})
        self.form, self.hook = self.path_of('forms', 'sheet', form), self.path_of('webhooks', 'source', hook)

    def joining(self):
        """Two procedures, and a plan of onboarding that Ben goes through."""
        me = dict(self.h.sql("select m.email, m.user_id from memberships m join organizations o on o.id = m.org_id where o.slug = 'quayside'"))
        sops = []
        for title, body, more in PROCEDURES:
            ident = self.posted('/procedures/new', '/procedures', {'title': title, 'body': body, 'must': 'on', **more})
            self.expect(self.h.form('/procedures/%s?v=0' % ident, '/procedures/%s/publish' % ident, {}, self.owner), 'publishing a procedure', 303)
            sops.append(ident)
        blueprint = self.posted('/task-templates', '/task-templates', {'name': 'First week'})
        for title, due, who in FIRST_WEEK:
            self.posted('/task-templates/' + blueprint, '/task-templates/%s/steps' % blueprint, {'title': title, 'due_min': due, **({'assignee_id': me[who]} if who else {})})
        self.posted('/onboarding/plans/new', '/onboarding/plans', {'name': 'First week at the desk', 'description': 'Welcome. Read these, do those, and ask whenever something is unclear.', 'sops': sops,
                                                                    'template_id': blueprint, 'by_itself': 'on'})
        plan = self.h.one("select p.id from onboarding_plans p join organizations o on o.id = p.org_id where o.slug = 'quayside' limit 1")
        return self.posted('/members/' + me[PEOPLE[1][0]], '/members/%s/onboarding' % me[PEOPLE[1][0]], {'plan_id': plan})

    def expect(self, answer, what, *good):
        if answer.status not in good:
            raise HouseError('%s answered %d: %s' % (what, answer.status, answer.text[:300]))
        return True

    def by_form(self):
        pages = [self.h.get(self.form).token for _ in FORM]
        time.sleep(3.2)  # Who fills in a form faster is taken for a machine.
        for token, f in zip(pages, FORM):
            body = {'_token': token, 'website': f.get('trap', ''), **{'field.' + name: f[name] for name in ('name', 'email', 'message')}}
            self.expect(self.h.post(self.form, body), 'the public form', 303)
        return len(FORM)

    def by_api(self):
        for body in API:
            self.expect(self.h.api('POST', '/intake', self.key, body, {'Idempotency-Key': secrets.token_hex(16)}), 'the API', 202)
        return len(API)

    def by_webhook(self):
        secret = base64.b64decode(self.done['secret'][6:])
        for data in WEBHOOK:
            ident, at, body = 'msg_' + secrets.token_hex(8), str(int(time.time())), json.dumps(data)
            sign = base64.b64encode(hmac.digest(secret, ('%s.%s.%s' % (ident, at, body)).encode(), hashlib.sha256)).decode()
            answer = self.h.request('POST', self.hook, None, body, {'Content-Type': 'application/json', 'Accept': 'application/json', 'webhook-id': ident,
                                                                    'webhook-timestamp': at, 'webhook-signature': 'v1,' + sign})
            self.expect(answer, 'the webhook', 202)
        return len(WEBHOOK)

    def by_mail(self):
        with imaplib.IMAP4('127.0.0.1', self.h.ports['imap']) as box:
            box.login('desk', 'secret')
            for sender, subject, body in MAIL:
                mail = 'From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@demo.example>\r\nDate: %s\r\n\r\n%s\r\n' % (
                    sender, DESK, subject, secrets.token_hex(8), time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime()), body)
                box.append('INBOX', None, None, mail.encode())
        self.posted('/channels/mail/' + self.box, '/channels/mail/%s/poll' % self.box, {})
        return len(MAIL)

    def by_paper(self):
        """A scan and a PDF with text, attached to mails that say nothing themselves."""
        with imaplib.IMAP4('127.0.0.1', self.h.ports['imap']) as box:
            box.login('desk', 'secret')
            for sender, subject, body, name in PAPERS:
                mail = email.message.EmailMessage()
                mail['From'], mail['To'], mail['Subject'], mail['Message-ID'] = sender, DESK, subject, '<%s@demo.example>' % secrets.token_hex(8)
                mail.set_content(body)
                mail.add_attachment((SOURCE / 'tests/data/papers' / name).read_bytes(), 'application', 'pdf', filename=name)
                box.append('INBOX', None, None, mail.as_bytes(policy=email.policy.SMTP))
        self.posted('/channels/mail/' + self.box, '/channels/mail/%s/poll' % self.box, {})
        return len(PAPERS)

    def send(self):
        return sum(self.once(name, way) for name, way in (('by_form', self.by_form), ('by_api', self.by_api), ('by_webhook', self.by_webhook),
                                                          ('by_mail', self.by_mail), ('by_paper', self.by_paper)))

    # --- what became of it ---

    def landed(self, count):
        rows = self.h.api('GET', '/intake?limit=200', self.owner).json['items']
        return len(rows) >= count and not any(r['status'] in ('NEW', 'ROUTING') for r in rows) and rows

    def tell(self, count):
        House.wait(lambda: self.landed(count), 'the %d demo requests to be decided; see log/worker.log' % count, 60)
        print('Quayside Studio was taught by %s past requests. Then the demo sent %d:\n' % (self.done['cases'].split()[0], count))
        for row in sorted(self.landed(count), key=lambda r: r['number']):
            show = self.h.api('GET', '/intake/' + row['id'], self.owner).json
            print('  %-8s %-34s %s' % (row['channel'], row['subject'].split('\n')[0][:34], self.why(show)))
        print('\nSpam was put aside, what was not sure waits for a person at %s and %s.' % (self.h.url('/approvals'), self.h.url('/intake')))

    def tell_papers(self):
        for row in (r for r in self.landed(0) if r['subject'] in [p[1] for p in PAPERS]):
            show = self.h.api('GET', '/intake/' + row['id'], self.owner).json
            for p in show['papers']:
                sheet = self.h.api('GET', '/documents/' + p['document_id'], self.owner).json['sheet'][0]
                print('\n%s came by mail: %d page%s read by %s, "%s..."\nIt made REQ-%d go to %s. The page: %s' % (
                    p['name'], p['pages'], '' if p['pages'] == 1 else 's', {'ocr': 'text recognition', 'text': 'its text layer'}[sheet['source']],
                    ' '.join(sheet['body'].split())[:60], row['number'], show['request']['pipeline'] or 'a person', self.h.url('/documents/' + p['document_id'])))

    def meeting(self):
        """The last turn of the talk that began with "schedule a meeting"."""
        row = next(r for r in self.landed(0) if r['subject'] == MAIL[-1][1])
        show = self.h.api('GET', '/intake/' + row['id'], self.owner).json
        return show['talk'] and any(m['kind'] == 'out' for m in show['thread']) and show

    def tell_meeting(self):
        House.wait(self.meeting, 'the meeting to be booked; see log/worker.log', 30)
        show = self.meeting()
        print('\nA mail asked: "%s"\nFairlead answered: "%s"' % (MAIL[-1][2], next(m['body'] for m in show['thread'] if m['kind'] == 'out').split('\n')[0]))
        print('The conversation is at %s, the event at %s.' % (self.h.url('/intake/' + show['request']['id']), self.h.url('/calendar/%s' % show['talk'][-1]['event_id'])))

    def promise(self):
        """A promise short enough to be broken while one looks, and a task whose reminder is due in seconds."""
        contact = self.h.one("select contact_id from intake_requests where requester_email = 'mina@sato.example' limit 1")
        self.posted('/settings/sla', '/settings/sla', {'name': 'Mina Sato: an answer within a minute', 'contact_id': contact, 'first_min': 1, 'zone': 'Europe/Madrid', 'active': 'on'})
        me = self.h.one("select user_id from memberships where email = '%s'" % PEOPLE[0][0])
        due = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 3600 + 8))
        return self.posted('/tasks/new', '/tasks', {'title': 'Call Mina Sato about invoice 2291', 'due': due, 'assignee_id': me})

    def tell_promise(self):
        """Both by the real sweeps; nothing is marked by hand."""
        task = self.once('promise', self.promise)
        self.h.batch('run', 'reminders')
        broken = ("select to_char(c.breached_at at time zone 'Europe/Madrid', 'HH24:MI:SS') || ' ' || c.intake_id from sla_clocks c join intake_requests r on r.org_id = c.org_id and r.id = c.intake_id "
                  "join sla_alerts a on a.org_id = c.org_id and a.subject_id = c.intake_id and a.level = 'breach' where c.kind = 'first' and r.requester_email = 'mina@sato.example'")
        House.wait(lambda: self.h.batch('run', 'sla') is not None and (self.h.one(broken) or time.sleep(2)), 'the promise to be broken and told', 100)
        reminded = "select to_char(sent_at at time zone 'Europe/Madrid', 'HH24:MI:SS') from reminders where subject_id = '%s' and state = 'sent'" % task
        House.wait(lambda: self.h.one(reminded), 'the reminder', 60)
        at, intake = self.h.one(broken).split(' ')
        told = self.h.one("select count(*) from notifications where kind = 'sla_breach' and subject_id = '%s'" % intake)
        print('\nMina Sato was promised an answer within a minute. It was missed at %s in Madrid, and %s people were told: %s' % (at, told, self.h.url('/intake/' + intake)))
        print('The task about her call is due in an hour; its reminder went out at %s: %s' % (self.h.one(reminded), self.h.url('/tasks/' + task)))

    @staticmethod
    def why(show):
        r, decisions = show['request'], show.get('decision') or []
        if r['status'] == 'QUARANTINED':
            return 'put aside: %s' % {'bait': 'it filled in the field no person sees'}.get(r['quarantine_reason'], r['quarantine_reason'])
        if not decisions or decisions[0]['confidence'] is None: # it could not be read
            return r['status'].lower()
        d = decisions[0]
        words = ', '.join('"%s"' % e['phrase'] for e in show.get('evidence', [])[:3])
        because = '%d%% sure%s' % (100 * d['confidence'], ', for it says ' + words if words else '')
        if r['status'] == 'ASSIGNED':
            return '-> %s (%s)' % (r['pipeline'], because)
        place = d['destination'] or 'nobody'
        return 'waits for a person: %s (%s)' % (place + '?' if place != 'nobody' else 'no pipeline fits', because)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--prefix', required=True)
    p.add_argument('--build', required=True)
    a = p.parse_args()
    demo = Demo(House(a.prefix, a.build))
    try:
        demo.people()
        demo.teach()
        demo.open_doors()
        demo.tell(demo.send())
        demo.tell_papers()
        demo.tell_meeting()
        demo.tell_promise()
        print('\nBen is new: %s' % demo.h.url('/onboarding/' + demo.once('joining', demo.joining)))
    except (HouseError, OSError) as e:
        print('demo: %s' % e, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
