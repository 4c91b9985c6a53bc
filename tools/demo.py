#!/usr/bin/python3
"""What ./quickstart starts: a private house with mail around it, a demo organisation, and requests by every door.

usage: demo.py --prefix DIR --build DIR --port N [--no-demo]
The requests enter by public form, JSON API, signed webhook and e-mail, as anybody's would. A second run starts what was stopped and leaves the data."""
import argparse, base64, email.message, email.utils, hashlib, hmac, json, os, pathlib, pwd, re, secrets, subprocess, sys, time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / 'tests' / 'lib'))
from house import House, HouseError, free_port  # noqa: E402
from mailhouse import CONF  # noqa: E402

PEOPLE = (('lead@quayside.example', 'Front desk lead', 'owner', True), ('billing@quayside.example', 'Billing colleague', 'operator', False),
          ('viewer@quayside.example', 'New colleague', 'viewer', False))
DESK = 'desk@quayside.example'


class DemoHouse(House):
    """A house with a mailbox (dovecot) and a mail server that keeps what it is given (PREFIX/mail)."""

    def __init__(self, prefix, build, port):
        super().__init__(prefix, build, port)
        ports = self.prefix / 'conf' / 'mail-ports'
        self.imap_port, self.smtp_port = map(int, ports.read_text().split()) if ports.exists() else (free_port(), free_port())
        (self.prefix / 'conf').mkdir(parents=True, exist_ok=True)
        ports.write_text('%d %d\n' % (self.imap_port, self.smtp_port))
        self.extra = {'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': str(self.smtp_port), 'SMTP_SECURE': 'none', 'SMTP_FROM_NAME': 'Quayside Studio',
                      'SMTP_FROM_EMAIL': DESK, 'OUTSIDE_ALLOW': '127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d' % (self.port, self.imap_port, self.smtp_port)}

    def start(self, programs=('web', 'worker')):
        (self.prefix / 'run').mkdir(parents=True, exist_ok=True)
        (self.prefix / 'log').mkdir(exist_ok=True)
        self.start_mail()
        return super().start(programs)

    def start_mail(self):
        folder, root = self.prefix / 'imap', os.geteuid() == 0
        owner = pwd.getpwnam('mail') if root else pwd.getpwuid(os.geteuid())
        user, group = ('dovecot', 'dovecot') if root else (owner.pw_name, str(owner.pw_gid))
        for name in ('', 'box', 'box/cur', 'box/new', 'box/tmp'):
            path = folder / name
            path.mkdir(mode=0o755 if name == '' else 0o700, exist_ok=True)
            if root and name:
                os.chown(path, owner.pw_uid, owner.pw_gid)
        (folder / 'conf').write_text(CONF % {'dir': folder, 'uid': owner.pw_uid, 'gid': owner.pw_gid, 'user': user, 'group': group, 'port': self.imap_port})
        (self.prefix / 'mail').mkdir(exist_ok=True)
        self.box, self.box_owner = folder / 'box', owner
        if not self.pid('imap'):
            self.spawn('imap', ['/usr/sbin/dovecot', '-F', '-c', str(folder / 'conf')])
        if not self.pid('smtp'):
            (self.run / 'smtp.port').unlink(missing_ok=True)
            self.spawn('smtp', [str(TOP / 'tests/stub/smtp.py'), '--port-file', str(self.run / 'smtp.port'), '--dir', str(self.prefix / 'mail'), '--port',
                                str(self.smtp_port)])
            self.wait((self.run / 'smtp.port').exists, 'the mail server')

    def deliver(self, message):
        """Puts a mail into the desk's mailbox, as its mail server would."""
        path = self.box / 'tmp' / ('%d.demo' % time.time_ns())
        path.write_bytes(message.as_bytes())
        if os.geteuid() == 0:
            os.chown(path, self.box_owner.pw_uid, self.box_owner.pw_gid)
        path.rename(self.box / 'new' / path.name)


def people(h):
    """The organisation and its people; answers the lead's session."""
    lines = ['The demo people of Fairlead at http://127.0.0.1:%d/' % h.port, '']
    h.fairlead('org', 'add', 'quayside', 'Quayside Studio', '--zone', 'Europe/Lisbon', '--with-pipelines')
    for address, name, role, admin in PEOPLE:
        password = secrets.token_urlsafe(12)
        h.fairlead('user', 'add', address, name, '--org', 'quayside', '--role', role, *(['--admin'] if admin else []), stdin=password + '\n')
        lines.append('%-28s %-20s %s%s' % (address, password, role, ', administrator of the platform' if admin else ''))
    path = h.prefix / 'demo.txt'
    path.touch(mode=0o600)
    path.write_text('\n'.join(lines) + '\n')
    cases = (TOP / 'tests/data/requests/agency-train.tsv').read_text()
    print('  ' + h.fairlead('cases', 'import', 'quayside', stdin=cases) + ' for the learner: past requests of the studio')
    return lines[2].split()[1]


def doors(h, key):
    """A form, a webhook source and a mailbox, made by the API as the pages do it."""
    def make(path, body):
        answer = h.api('POST', path, key, body)
        if answer.status not in (200, 201):
            raise HouseError('POST %s answered %d: %s' % (path, answer.status, answer.text[:400]))
        return answer.json
    form = make('/channels/forms', {'name': 'Contact', 'title': 'Write to Quayside Studio', 'intro': 'Tell us what you need. A computer sorts, people decide.',
                                    'thanks': 'Thank you. You will hear from us.'})['id']
    secret = 'whsec_' + base64.b64encode(secrets.token_bytes(24)).decode()
    source = make('/channels/webhooks', {'name': 'Shop', 'scheme': 'standard', 'secret': secret, 'map_subject': 'data.subject', 'map_body': 'data.message',
                                         'map_name': 'data.customer.name', 'map_email': 'data.customer.email'})['id']
    make('/channels/mail', {'name': 'Desk', 'address': DESK, 'imap_url': 'imap://127.0.0.1:%d/INBOX' % h.imap_port, 'imap_user': 'desk', 'imap_password': 'secret',
                            'active': True})
    return (h.one("select public_key from intake_forms where id = '%s'" % form),
            h.one("select public_key from webhook_sources where id = '%s'" % source), secret)


def by_form(h, public, values, wait_s=4):
    """Fills the public form in by the names of its fields; people take a few seconds for that."""
    page = h.get('/f/' + public)
    names = re.findall(r'name="(field\.[^"]+)"', page.text)
    time.sleep(wait_s)
    body = {name: next((v for k, v in values.items() if k in name), '') for name in dict.fromkeys(names)}
    answer = h.post('/f/' + public, {**body, 'website': '', '_token': page.token})
    if answer.status != 303:
        raise HouseError('the form answered %d' % answer.status)


def by_webhook(h, public, secret, data):
    body = json.dumps({'type': 'order.question', 'data': data})
    ident, stamp = 'msg_' + secrets.token_hex(8), str(int(time.time()))
    mac = hmac.new(base64.b64decode(secret[6:]), ('%s.%s.%s' % (ident, stamp, body)).encode(), hashlib.sha256).digest()
    answer = h.post('/api/webhooks/' + public, body, headers={'Content-Type': 'application/json', 'webhook-id': ident, 'webhook-timestamp': stamp,
                                                             'webhook-signature': 'v1,' + base64.b64encode(mac).decode()})
    if answer.status not in (200, 202):
        raise HouseError('the webhook answered %d: %s' % (answer.status, answer.text[:300]))


def by_mail(h, sender, subject, text):
    m = email.message.EmailMessage()
    m['From'], m['To'], m['Subject'] = sender, DESK, subject
    m['Date'], m['Message-ID'] = email.utils.formatdate(), email.utils.make_msgid(domain='clients.example')
    m.set_content(text)
    h.deliver(m)


def requests(h, key):
    public, source, secret = doors(h, key)
    h.wait(lambda: h.one('select count(*) from learner_models') != '0', 'the learner to have learned', 20)
    print('  Sending requests by form, API, webhook and e-mail')
    by_form(h, public, {'name': 'Bakery owner', 'email': 'owner@millbakery.example', 'subject': 'Invoice charged twice',
                        'message': 'Hello, our card statement shows the same invoice twice. Please refund the second payment to our account.'})
    h.api('POST', '/intake', key, {'subject': 'Quote for a new website', 'body': 'Could you send us a quote for a six page website with an online shop? What are your prices?',
                                   'name': 'Garden shop', 'email': 'hello@gardenshop.example'})
    by_webhook(h, source, secret, {'subject': 'Checkout shows an error', 'message': 'Since this morning customers see an error when they press pay. Please help, it is urgent!',
                                   'customer': {'name': 'Shop monitor', 'email': 'monitor@shop.example'}})
    by_mail(h, 'Ana Sol <ana@solfilms.example>', 'Meeting next week', 'Hello,\n\ncould we meet next Tuesday or Wednesday afternoon to go through the drafts?\n\nAna\n-- \nSol Films')
    by_mail(h, 'Neighbour <neighbour@pier.example>', 'Umbrella', 'I think I left a green umbrella in your hallway on Thursday. Has anybody seen it?\n')
    h.batch('due')
    h.wait(lambda: int(h.one('select count(*) from agent_decisions')) >= 5, 'all five requests to be decided', 40)
    h.drained(30)


def report(h):
    rows = h.sql("select r.number, r.channel, r.subject, r.status, coalesce(p.name, ''), round(coalesce(d.confidence, 0)::numeric, 2), d.reason "
                 "from intake_requests r left join pipelines p on p.org_id = r.org_id and p.id = coalesce(r.pipeline_id, (select x.pipeline_id from agent_decisions x "
                 "where x.org_id = r.org_id and x.id = r.decision_id)) left join agent_decisions d on d.org_id = r.org_id and d.id = r.decision_id order by r.number")
    words = {'ASSIGNED': 'sent by itself to', 'NEEDS_APPROVAL': 'waits for you, proposed for', 'NEEDS_REVIEW': 'not sure, a person decides; nearest'}
    print()
    for number, channel, subject, status, pipeline, confidence, reason in rows:
        print('  REQ-%s  by %-8s %-26s %s %s (%s)%s' % (number, channel, subject[:26], words.get(status, status), pipeline or 'nobody', confidence,
                                                      '; ' + reason[:70] if reason else ''))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--prefix', required=True)
    p.add_argument('--build', required=True)
    p.add_argument('--port', type=int, required=True)
    p.add_argument('--no-demo', action='store_true')
    a = p.parse_args()
    h = House(a.prefix, a.build, a.port) if a.no_demo else DemoHouse(a.prefix, a.build, a.port)
    try:
        h.start()
        if not a.no_demo and not h.one("select 1 from organizations where slug = 'quayside'"):
            people(h)
            requests(h, h.key('quayside', 'owner'))
        if not a.no_demo:
            report(h)
    except (HouseError, subprocess.CalledProcessError) as e:
        print('quickstart: %s\nThe logs are in %s' % (e, h.prefix / 'log'), file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
