"""Mail in and out against a real IMAP server and an SMTP sink (INT-02, NTF-01, NTF-03, NTF-04, NTF-06; promises 20, 21). Prints TAP."""
import http.client, os, random, re, shutil, signal, subprocess, sys, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402
from mailhouse import Dovecot, Sink  # noqa: E402

count = failed = 0


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print('ok' if good else 'not ok', count, '-', name, flush=True)
    return good


def letter(subject='Invoice 42', text='I was charged twice.', sender='Bob <bob@x.example>', to='desk@quay.example', ident=None, more=''):
    head = 'From: %s\nTo: %s\nSubject: %s\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n' % (sender, to, subject)
    return head + ('Message-ID: <%s@x.example>\n' % ident if ident else '') + more + '\n' + text + '\n'


class Desk:
    def __init__(self, h, sink, imap):
        self.h, self.sink, self.imap = h, sink, imap
        self.org = h.org('demo', 'Quayside Studio', '--with-pipelines')
        self.ana = h.person('ana@quay.example', org='demo', role='owner')
        answer = h.form('/channels/mail/new', '/channels/mail', {'name': 'Desk', 'address': 'Desk@quay.example', 'imap_url': imap.url, 'imap_user': 'desk',
                                                                 'imap_password': 'secret', 'plus': 'on', 'active': 'on'}, self.ana)
        self.box = answer.headers['Location'].split('/')[3].split('?')[0]

    def one(self, sql):
        return self.h.one(sql)

    def poll(self):
        """Asks until nothing in the mailbox is unread and every mail has its place."""
        self.h.form('/channels/mail/' + self.box, '/channels/mail/%s/poll' % self.box, {}, self.ana)
        self.h.wait(lambda: self.imap.unseen() == 0, 'the mailbox to be read', 15)
        self.h.drained()

    def receive(self, raw, to='desk@quay.example', want=0):
        """raw: text, bytes, or a descriptor to read them from."""
        raw = {'stdin': raw} if isinstance(raw, int) else {'input': raw if isinstance(raw, bytes) else raw.encode()}
        done = subprocess.run([self.h.program('fairlead'), '--config', str(self.h.prefix / 'conf/fairlead.conf'), 'mail', 'receive', '--to', to],
                              capture_output=True, env=self.h.env, **raw)
        if done.returncode != want:
            print('#', done.returncode, done.stderr.decode())
        return done.returncode == want

    def as_app(self, call):
        return self.h.sql("begin; select fl_work('%s', null, null, 'test'); select %s; commit" % (self.org, call), user='fl_app')[-1][0]

    def state(self, ident):
        return self.h.sql("select state, coalesce(reason, '') from mail_raw where dedupe = '<%s@x.example>'" % ident)


def once(d):
    h = d.h
    sealed = d.one("select encode(imap_password, 'escape') from mailboxes")
    ok('secret' not in sealed and d.one("select address from mailboxes") == 'desk@quay.example', 'the password of a mailbox is sealed')
    for _ in range(10):
        d.imap.deliver(letter(ident='first'))
    d.poll()
    ok(d.one('select count(*) from intake_requests') == '1', 'a mail delivered ten times is one request')
    ok(d.one("select channel || ' ' || requester_email || ' ' || subject || ' ' || body from intake_requests") ==
       'email bob@x.example Invoice 42 I was charged twice.', 'it says who asks, and what')
    ok(d.imap.unseen() == 0 and d.one('select count(*) from mail_raw') == '1', 'all ten are marked as seen, one is kept')
    ok(d.one("select count(*) from system_events where type = 'email.received'") == '1', 'email.received is written once')
    acks = [m for m in d.sink.mails() if m['To'] and 'bob@x.example' in m['To']]
    body = acks[0].get_body(('plain',)).get_content() if acks else ''
    link = re.search(r'http://[^ ]+(/status/[\w-]+)', body)
    ok(len(acks) == 1 and acks[0]['Auto-Submitted'] == 'auto-replied' and acks[0]['In-Reply-To'] == '<first@x.example>',
       'the sender gets one confirmation, marked as automatic')
    ok('Invoice' not in body and 'charged' not in body, 'nothing of what he wrote is in it')
    ok(bool(link) and h.get(link.group(1)).status == 200, 'its link shows the request')
    ok(d.one("select count(*) from email_messages where data ? 'status_key'") == '0', 'the key of the link is not kept')
    d.sink.clear()
    return acks[0]


def threads(d, ack):
    number = d.one('select number from intake_requests')
    request = d.one('select id from intake_requests')
    d.imap.deliver(letter('Re: anything', 'By references.', ident='r1', sender='Colleague <eve@x.example>', more='References: <zzz@x.example> %s\n' % ack['Message-ID']))
    d.imap.deliver(letter('Re: anything', 'By the first mail.', ident='r2', more='In-Reply-To: <first@x.example>\n'))
    d.imap.deliver(letter('anything', 'By the signed address.', ident='r3', to=ack['Reply-To'], sender='Eve <eve@x.example>'))
    d.imap.deliver(letter('Re: [REQ-%s]' % number, 'By the number.', ident='r4'))
    d.poll()
    words = {row[0] for row in d.h.sql("select body from intake_messages where direction = 'in' and intake_id = '%s'" % request)}
    ok(words == {'By references.', 'By the first mail.', 'By the signed address.', 'By the number.'}, 'answers find their request four ways')
    ok(re.search(r'href="https?://[^"%]+"', ack.get_body(('html',)).get_content()), 'the link in it can be followed')
    forged = re.sub(r'\.[0-9a-f]{20}@', '.' + '0' * 20 + '@', ack['Reply-To'])
    d.imap.deliver(letter('Re: [REQ-%s]' % number, 'I am not Bob.', ident='f1', sender='mallory@y.example'))
    d.imap.deliver(letter('hello', 'Forged address.', ident='f2', to=forged, sender='mallory@y.example'))
    d.poll()
    ok(d.one("select count(*) from intake_messages where direction = 'in'") == '4' and d.one('select count(*) from intake_requests') == '3',
       "a stranger's number in the subject and a false signature open requests of their own")
    page = '/intake/' + request
    version = d.one("select version from intake_requests where id = '%s'" % request)
    d.sink.clear()
    answer = d.h.form(page, page + '/reply', {'text': 'We look into it.', 'version': version}, d.ana)
    d.h.drained()
    mails = d.sink.mails()
    ok(answer.status == 303 and len(mails) == 1 and mails[0]['In-Reply-To'] == '<first@x.example>' and mails[0]['Auto-Submitted'] is None and
       'We look into it.' in mails[0].get_body(('plain',)).get_content() and '> I was charged twice.' in mails[0].get_body(('plain',)).get_content(),
       "a person's answer goes out in the thread, with the request quoted")
    ok('<p' in mails[0].get_body(('html',)).get_content(), 'as text and as HTML')
    d.imap.deliver(letter('Re: x', 'Thank you.', ident='r5', more='In-Reply-To: %s\n' % mails[0]['Message-ID']))
    d.poll()
    ok(d.one("select count(*) from intake_messages where direction = 'in' and body = 'Thank you.' and intake_id = '%s'" % request) == '1',
       'and the answer to it comes back to the request')


ODD = {
    'broken': ('Content-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n', '--b\nContent-Type: text/plain\n\nhalf a part', 'done'),
    'html': ('Content-Type: text/html\n', '<p>Only <b>HTML</b><script>alert(1)</script></p>', 'done'),
    'empty': ('', '', 'done'),
    'auto': ('Auto-Submitted: auto-replied\n', 'I am away.', 'ignored auto'),
    'list': ('List-Id: <talk.x.example>\nPrecedence: list\n', 'To all.', 'ignored bulk'),
    'bulk': ('Precedence: bulk\n', 'Buy.', 'ignored bulk'),
    'junk': ('Precedence: junk\n', 'Buy.', 'ignored bulk'),
    'bounce': ('Return-Path: <>\n', 'Could not be delivered.', 'ignored bounce'),
    'own': ('', 'A loop.', 'ignored own'),
    'huge': (''.join('X-Filler-%d: %s\n' % (i, 'x' * 900) for i in range(400)), 'Under many headers.', 'done'),
    'nested': ('Content-Type: multipart/mixed; boundary=b0\n', ''.join('--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n' % (i, i + 1) for i in range(200)), 'done'),
    'inject': ('', 'Text.', 'done'),
}


def odd(d):
    d.sink.clear()
    before = int(d.one('select count(*) from mail_raw'))
    for name, (more, text, _) in ODD.items():
        sender = {'own': 'Desk <desk@quay.example>'}.get(name, 'odd-%s@y.example' % name)
        subject = {'inject': '=?utf-8?q?Hello=0D=0ABcc:_victim@z.example=0D=0A=0D=0Abody?='}.get(name, 'Odd ' + name)
        d.receive(letter(subject, text, sender, ident='odd-' + name, more=more))
    d.receive(b'From: e\xe9@y.example\r\nSubject: caf\xe9 \xff\xfe\r\nMessage-ID: <odd-8bit@x.example>\r\n\r\nJ\xe9r\xf4me\r\n')
    d.receive(letter('No id', 'First.', 'noid@y.example'))
    d.receive(letter('No id', 'First.', 'noid@y.example'))
    d.receive(b'From: a@y.example\r\nMessage-ID: <odd-void@x.example>\r\n\r\n')
    d.receive(b'\r\n\r\n')
    d.receive(os.urandom(4000))
    d.h.drained()
    for name, (_, _, want) in ODD.items():
        got = d.state('odd-' + name)
        ok(got and ' '.join(got[0]).strip() == want, '%s mail: %s (%s)' % (name, want, got))
    ok(d.state('odd-8bit')[0][0] == 'done', 'eight-bit mail: done')
    ok(d.one("select count(*) from intake_requests where subject = 'No id'") == '1', 'a mail without Message-ID delivered twice is one request')
    ok(d.state('odd-void') == [['ignored', 'empty']], 'a mail with nothing in it is put aside')
    ok(d.one("select count(*) from mail_raw where state = 'new'") == '0' and int(d.one('select count(*) from mail_raw')) == before + len(ODD) + 5,
       'every mail ended in a named state')
    ok('script' not in d.one("select body from intake_requests where requester_email = 'odd-html@y.example'"), 'markup is no text')
    told = [m for m in d.sink.mails() if any(x in (m['To'] or '') for x in ('auto@', 'list@', 'bulk@', 'junk@', 'bounce@', 'desk@'))]
    ok(not told, 'machines and our own addresses get no answer')
    ok(not any(b'\nBcc:' in raw for raw in d.sink.raw()), 'a line break in a subject makes no header')
    ident = d.one("select id from mail_raw where dedupe = '<odd-auto@x.example>'")
    answer = d.h.form('/channels/mail', '/channels/mail/odd/%s/replay' % ident, {}, d.ana)
    d.h.drained()
    ok(answer.status == 303 and d.state('odd-auto')[0][0] == 'done' and
       d.one("select count(*) from intake_requests where requester_email = 'odd-auto@y.example'") == '1', 'an ignored mail becomes a request by a button')
    ok(not [m for m in d.sink.mails() if 'auto@' in (m['To'] or '')], 'and still is not answered')


def unreadable(d):
    """A reader that reads nothing, beside a worker of its own, for the reader of the build is that of all tests: nothing is lost, and a button reads it again."""
    place = d.h.prefix / 'bin'
    place.mkdir()
    shutil.copy(d.h.program('worker'), place)
    (place / 'fairlead-reader').write_text('#!/bin/sh\ncat >/dev/null\nexit 65\n')
    (place / 'fairlead-reader').chmod(0o755)
    d.h.stop_one('worker')
    d.h.spawn('worker', [place / 'fairlead-worker', '--config', d.h.prefix / 'conf/fairlead.conf'], account=d.h.account)
    d.receive(letter('Unread', 'Keep me.', 'keep@y.example', ident='unread'))
    d.h.drained()
    ok(d.state('unread')[0][0] == 'failed', 'a mail that cannot be read is kept: %s' % d.state('unread'))
    d.h.restart('worker')
    page = d.h.get('/channels/mail', d.ana)
    ok(page.status == 200 and 'Read again' in page.text, 'it is listed')
    ident = d.one("select id from mail_raw where dedupe = '<unread@x.example>'")
    ok(d.one("select count(*) from notifications where kind = 'mail_unread' and subject_id = '%s'" % ident) == '1', 'and told')
    d.h.form('/channels/mail', '/channels/mail/odd/%s/replay' % ident, {}, d.ana)
    d.h.drained()
    ok(d.state('unread')[0][0] == 'done' and d.one("select count(*) from intake_requests where subject = 'Unread'") == '1', 'and read by a button')


def parallel(d):
    argv = [d.h.program('fairlead'), '--config', str(d.h.prefix / 'conf/fairlead.conf'), 'mail', 'receive', '--to', 'desk@quay.example']
    runs = [subprocess.Popen(argv, stdin=subprocess.PIPE, env=d.h.env) for _ in range(10)]
    for run in runs:
        run.stdin.write(letter('At once', ident='parallel').encode())
    for run in runs:
        run.stdin.close()
    ok([run.wait() for run in runs] == [0] * 10, 'ten deliveries at the same time are all taken')
    d.h.drained()
    ok(d.one("select count(*) from intake_requests where subject = 'At once'") == '1', 'as one request')


def children(d):
    return subprocess.run(['ps', '-o', 'pid=', '--ppid', str(d.h.pid('worker'))], capture_output=True, text=True).stdout.split()


def crashes(d):
    """Worker processes are killed while a mailbox is read: nothing is lost, nothing comes twice."""
    killed = 0
    for turn in range(5):
        for n in range(4):
            d.imap.deliver(letter('Crash', 'Turn %d, %d' % (turn, n), 'crash%d@y.example' % turn, ident='crash-%d-%d' % (turn, n)))
        d.h.form('/channels/mail/' + d.box, '/channels/mail/%s/poll' % d.box, {}, d.ana)
        time.sleep(random.random() * 0.08)
        for (worker,) in d.h.sql("select distinct worker from jobs where queue = 'ingest' and state = 'active'"):
            killed += 1
            try:
                os.kill(int(worker.rsplit(':', 1)[1]), signal.SIGKILL)
            except ProcessLookupError:
                pass
        d.h.drained(30)
    d.poll()
    ok(d.one("select count(*) || ' ' || count(distinct body) from intake_requests where subject = 'Crash'") == '20 20',
       'worker processes killed while a mailbox is read (%d of them): twenty mails are twenty requests' % killed)


def live(d):
    c = http.client.HTTPConnection('127.0.0.1', d.h.port, timeout=120)
    c.request('GET', '/live?topics=notes', headers={'Cookie': d.ana, 'Accept': 'text/event-stream'})
    stream = c.getresponse()
    start = time.monotonic()
    d.receive(letter('Please look', 'zzz qqq', 'live@y.example', ident='live'))
    line = b''
    while b'notes' not in line or d.one("select count(*) from notifications n join intake_requests r on r.id = n.subject_id where r.subject = 'Please look'") == '0':
        line = stream.readline()
    took = time.monotonic() - start
    c.close()
    ok(took < 25, 'a mail changes the bell of other browsers before they would ask by themselves: after %.0f ms' % (took * 1000))
    d.h.drained()


def pipe(d):
    ok(d.receive(letter(ident='p0'), to='nobody@quay.example', want=67), 'an address nobody has: 67')
    ok(d.receive(b'', want=65) and d.receive(b'x' * ((25 << 20) + 1), want=65), 'no mail at all, or more than one may have: 65')
    folder = os.open('/', os.O_RDONLY)
    ok(d.receive(folder, want=75), 'what cannot be read is to be sent again: 75')
    os.close(folder)
    for name, address, on in (('Sales', 'desk+sales@quay.example', 'on'), ('Early', 'aa@quay.example', '')):
        d.h.form('/channels/mail/new', '/channels/mail', {'name': name, 'address': address, 'active': on}, d.ana)
    ok(d.receive(letter(ident='p2'), to='Desk+Sales@quay.example') and d.receive(letter(ident='p3'), to='desk+other@quay.example') and d.receive(letter(ident='p4'), to='aa@quay.example', want=67) and
       d.h.sql("select right(r.dedupe, 14), m.name from mail_raw r join mailboxes m on m.id = r.mailbox_id where r.dedupe similar to '<p[23]@%' order by 1") == [['<p2@x.example>', 'Sales'], ['<p3@x.example>', 'Desk']],
       'an address of its own goes before what follows a plus; a mailbox that is off has none')
    d.h.stop_one('postgres')
    ok(d.receive(letter(ident='p1'), want=75), 'without the database the mail server is told to try later: 75')
    d.h.start_postgres()
    ok(d.receive(letter('Later', ident='p1')), 'and then it is taken')
    d.h.drained()
    ok(d.state('p1')[0][0] == 'done', 'and read')


def refused(d):
    d.sink.clear()
    d.sink.script({'RCPT': '550 5.7.1 not wanted here'})
    one = d.as_app("mail_queue('gone@y.example', 'Gone', 'es', 'closed', '{\"number\": 7}', null, null, null, false)")
    d.h.drained()
    ok(d.one("select state || ' ' || (error like '%%not wanted here%%') from email_messages where id = '%s'" % one) == 'failed true' and
       d.one("select count(*) from job_history where state = 'dead' and kind = 'email.send' and last_error like '%not wanted here%'") == '1',
       'a refusal for good is a dead letter with the words of the server')
    d.sink.script({})
    d.h.form('/channels/mail', '/channels/mail/out/%s/send' % one, {}, d.ana)
    d.h.drained()
    mails = d.sink.mails()
    ok(len(mails) == 1 and mails[0]['Subject'] == 'Cerrada: REQ-7', 'it goes again by a button, in the language of who gets it')
    bad = d.as_app("mail_queue('x@y.example', 'X', 'en', 'reply', '{\"number\": 1, \"subject\": \"a\\r\\nBcc: v@z.example\", \"body\": \"b\"}', null, null, null, false)")
    d.h.drained()
    ok(d.one("select state from email_messages where id = '%s'" % bad) == 'failed' and len(d.sink.mails()) == 1, 'a line break in a header is refused')
    d.h.sql("update email_messages set state = 'sent' where state = 'failed'")


def held(d):
    """Without SMTP_HOST mail waits, and the sweep polls all mailboxes."""
    h = d.h
    h.extra['SMTP_HOST'] = ''
    h.write_conf()
    h.restart('worker')
    one = d.as_app("mail_queue('wait@y.example', 'W', 'en', 'closed', '{\"number\": 3}', null, null, null, false)")
    h.drained()
    ok(d.one("select state from email_messages where id = '%s'" % one) == 'held' and 'Send all again' in h.get('/channels/mail', d.ana).text,
       'without a mail server mail is held and listed')
    h.extra['SMTP_HOST'] = '127.0.0.1'
    h.write_conf()
    h.restart('worker')
    h.form('/channels/mail', '/channels/mail/out/send', {}, d.ana)
    h.drained()
    ok(d.one("select state from email_messages where id = '%s'" % one) == 'sent', 'and goes out when there is one')
    d.imap.deliver(letter('By the clock', ident='clock'))
    h.batch('run', 'mail-poll')
    h.wait(lambda: d.imap.unseen() == 0, 'the sweep to read the mailbox', 15)
    h.drained()
    ok(d.state('clock') == [['done', '']], 'the sweep reads the mailboxes')


def flood(d):
    for n in range(23):
        if n == 20:
            d.h.drained()  # several processes read at once: each counts what the others have committed
        d.receive(letter('Flood', 'Number %d' % n, 'flood@y.example', ident='flood-%d' % n))
    d.h.drained(40)
    ok(d.one("select count(*) from intake_requests where requester_email = 'flood@y.example' and status = 'QUARANTINED'") == '3' and
       d.one("select count(*) from email_messages where to_email = 'flood@y.example'") == '5', 'after twenty an hour a sender waits in quarantine, answered five times')


def daily(d):
    got = [d.as_app("coalesce(mail_queue('often@y.example', '', 'en', 'closed', '{\"number\": 1}', null, null, null, true)::text, 'none')") for _ in range(8)]
    ok(sum(x != 'none' for x in got) == 5, 'automatic mail goes to one address five times a day')
    d.h.drained()


def killed(d):
    """The worker is killed between the server's 250 and the mark."""
    h = d.h
    d.sink.clear()
    d.sink.script({'END': 'hang'})
    one = d.as_app("mail_queue('twice@y.example', 'T', 'en', 'closed', '{\"number\": 9}', null, null, null, false)")
    h.wait(lambda: len(d.sink.raw()) == 1, 'the sink to take the mail')
    def kill():
        holder = d.one("select worker from jobs where kind = 'email.send' and state = 'active'").rsplit(':', 1)[1]
        os.kill(int(holder), signal.SIGKILL)

    holder = d.one("select worker from jobs where kind = 'email.send' and state = 'active'").rsplit(':', 1)[1]
    ok(holder in children(d), 'a process of the worker holds the job')
    kill()
    d.sink.script({})
    h.wait(lambda: d.one("select state from email_messages where id = '%s'" % one) == 'sent', 'the second attempt', 15)
    h.drained()
    ids = [m['Message-ID'] for m in d.sink.mails()]
    ok(len(ids) == 2 and len(set(ids)) == 1, 'killed between sending and marking: sent twice, with one Message-ID (%d)' % len(ids))
    d.sink.clear()
    d.sink.script({'END': 'hang'})
    one = d.as_app("mail_queue('twice@y.example', 'T', 'en', 'closed', '{\"number\": 10}', null, null, null, false)")
    for n in (1, 2):
        h.wait(lambda: len(d.sink.raw()) == n, 'the sink to take the mail', 15)
        kill()
    d.sink.script({})
    h.wait(lambda: d.one("select state from email_messages where id = '%s'" % one) == 'failed', 'the third attempt', 20)
    ok(len(d.sink.raw()) == 2 and 'may have arrived' in d.one("select error from email_messages where id = '%s'" % one), 'killed twice: a person decides')
    h.sql("update email_messages set state = 'sent' where state = 'failed'")


def loop(d):
    """Two desks that answer each other over a road that loses every sign of automatic mail."""
    h = d.h
    other = h.org('other', 'Other Desk', '--with-pipelines')
    h.sql("insert into mailboxes (org_id, name, address) values ('%s', 'Other', 'desk@other.example')" % other)
    h.sql("update mailboxes set plus = false")
    d.sink.clear()
    d.receive(letter('Start', 'Hello.', 'desk@other.example', ident='loop'))
    seen = 0
    for turn in range(60):
        h.drained()
        raw = d.sink.raw()
        if seen == len(raw):
            break
        for mail in raw[seen:]:
            text = mail.decode()
            target = re.search(r'^To: .*?([\w.-]+@[\w.-]+)', text, re.M).group(1)
            sender = {'desk@other.example': 'desk@quay.example', 'desk@quay.example': 'desk@other.example'}.get(target)
            if not sender:  # news for a person
                continue
            text = re.sub(r'^(Auto-Submitted|References|In-Reply-To|Reply-To|From|Return-Path|Subject|Message-ID): .*\n', '', text, flags=re.M)
            d.receive('From: <%s>\nMessage-ID: <loop-%d-%d@road.example>\nSubject: turn %d\n' % (sender, turn, seen, turn) + text, to=target)
        seen = len(raw)
    told = [m['To'] for m in d.sink.mails()]
    worst = max(sum(a in t for t in told) for a in ('desk@other.example', 'desk@quay.example'))
    ok(2 <= worst <= 5, 'two desks that answer each other stop after five to one sender (%d, %d mails in all)' % (worst, len(told)))


def notes(d):
    h = d.h
    h.sql("delete from notifications; delete from email_messages")
    d.sink.clear()
    eve = h.person('eve@quay.example', org='demo', role='operator')
    answer = h.form('/me/notifications', '/me/notifications', {'in_app': ['needs_review', 'message'], 'email': ['needs_review']}, eve)
    ok(answer.status == 303, 'what one wants to hear of is chosen')
    d.as_app("fl_notify(null, 'needs_review', 'intake', (select id from intake_requests where org_id = fl_org() limit 1), '{\"number\": 1042, \"subject\": \"A bill\"}')")
    d.as_app("fl_notify(null, 'escalated', 'intake', null, '{\"number\": 1042}')")
    h.drained()
    ok(h.sql("select count(*) from notifications group by user_id order by 1") == [['1'], ['2']], 'everyone who sorts requests is told, as he wants it')
    mails = d.sink.mails()
    ok(len(mails) == 1 and 'eve@quay.example' in mails[0]['To'] and mails[0]['Subject'] == 'REQ-1042 needs a person' and mails[0]['Reply-To'] is None,
       'mail goes to the one who asked for it')
    page = h.get('/notifications', eve)
    ok(page.status == 200 and 'REQ-1042' in page.text and '<span class="badge">1</span>' in page.text, 'the page lists it, the bell counts it')
    ident = re.search(r'name="id" value="([^"]+)"', page.text).group(1)
    ok(h.form('/notifications', '/notifications/read', {'id': ident}, d.ana).status == 404, "another person's cannot be marked")
    h.form('/notifications', '/notifications/read', {'id': ident}, eve)
    h.form('/notifications', '/notifications/read', {}, d.ana)
    ok(d.one('select count(*) from notifications where read_at is null') == '0', 'marked as read, one or all')
    for path in ('/api/v1/notifications', '/api/v1/channels/mail'):
        answer = h.get(path, d.ana, headers={'Accept': 'application/json'})
        ok(answer.status == 200 and 'secret' not in answer.text, path)


def main():
    sink, imap = Sink(), Dovecot()
    try:
        conf = {'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': str(sink.port), 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'noreply@quay.example',
                'OUTSIDE_ALLOW': '127.0.0.1:%d' % sink.port, 'TENANT_ALLOW': '127.0.0.1:%d' % imap.port}
        with House.temporary(conf=conf) as h:
            d = Desk(h, sink, imap)
            ack = once(d)
            threads(d, ack)
            odd(d)
            unreadable(d)
            parallel(d)
            crashes(d)
            live(d)
            refused(d)
            held(d)
            daily(d)
            flood(d)
            killed(d)
            notes(d)
            loop(d)
            pipe(d)
            ok(d.one("select count(*) from jobs where queue in ('email', 'ingest')") == '0', 'nothing is left to do')
    finally:
        sink.close()
        imap.close()
    print('1..%d' % count)
    return failed > 0


sys.exit(main())
