"""What the sweeps strike: requests through every door, and jobs. Each target acts as a client would and keeps its own ledger: what it was promised."""
import base64, contextlib, hashlib, hmac, http.client, json, os, re, subprocess, sys, time, urllib.request, uuid

sys.path.append(os.path.join(os.environ['top_srcdir'], 'tests', 'app'))
from document_lib import drawn, parts  # noqa: E402
from strike import Process  # noqa: E402

TOP = os.environ['top_srcdir']
SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
TEXT = 'Our card statement shows an invoice was charged twice. Please return the payment.'
ROUND = int(re.search(r'FL_ROUND_LEAST = (\d+)', open(TOP + '/src/worker/worker.h').read()).group(1))


class World:
    """A house with one process of each class, an organisation with pipelines, a form, a webhook source, a mail server and a model."""

    def __init__(self, h, sink, model):
        self.h, self.sink, self.model, self.saw = h, sink, model, []
        self.org = h.org('quay', 'Quayside', '--with-pipelines')
        self.ana, self.key = h.person('ana@quay.example', 'quay'), h.key('quay')
        self.rules('builtin')
        h.form('/channels/forms/new', '/channels/forms', {'name': 'Door', 'title': 'Door'}, self.ana)
        h.form('/channels/webhooks/new', '/channels/webhooks', {'name': 'Hook', 'scheme': 'standard', 'secret': SECRET, 'map_subject': 'title'}, self.ana)
        self.door = '/f/' + h.one('select public_key from intake_forms')
        self.hook = '/api/v1/webhooks/' + h.one('select public_key from webhook_sources')

        # The learner's first training comes some time after the first request; in a profile its calls would be points that no strike reaches.
        h.api('POST', '/intake', self.key, {'subject': 'The first', 'body': TEXT})
        h.drained()
        h.hurry('learner.train')
        h.drained()

        web, worker = {}, {}
        self.slow, self.web = Process(h, 'web', 0, web), Process(h, 'web', 1, web)
        self.light, self.io = Process(h, 'worker', 0, worker), Process(h, 'worker', 1, worker)

    def rules(self, chain):
        a = self.h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 10000, 'per_hour': 100000, 'tokens_per_window': 100000000,
                                             'chain': chain, 'may_notify': 'on', 'may_escalate': 'on'}, self.ana)
        assert a.status == 303, a.status

    def insist(self, send):
        """What a careful client does: the same again until there is an answer that is not of a fault, and answers that.
        `saw` keeps each status and how long it took."""
        until = time.monotonic() + 120
        while True:
            began = time.monotonic()
            try:
                answer = send()
                self.saw.append((answer.status, time.monotonic() - began))
                if answer.status < 500 and answer.status not in (409, 429):
                    return answer
            except (OSError, http.client.HTTPException) as e:
                self.saw.append((type(e).__name__, time.monotonic() - began))
            if time.monotonic() > until:
                raise AssertionError('no answer for two minutes: %s' % self.saw[-3:])
            time.sleep(0.02)


class Door:
    """A request to the web process. `promised` holds the name of each that got a 2xx or a redirect."""
    role = 'web'

    def __init__(self, world):
        self.w, self.promised, self.refused = world, {}, []

    warm = False  # whether each run begins with a process that has served one before

    def prepare(self, n):
        """Before a run of n points: what the client needs to have."""

    def begin(self, process):
        process.renew()
        if self.warm:
            self.act('warm %s' % uuid.uuid4())
            self.w.h.wait(process.idle, 'the process to be idle again')

    def act(self, name):
        send = self.sender(name)
        answer = self.w.insist(send)
        if answer.status not in (200, 201, 202, 303):
            self.refused.append((name, answer.status, answer.text[:200]))
            return
        self.promised[name] = answer

    def wrong(self):
        """Promises that were not kept: (name, rows)."""
        rows = dict(self.w.h.sql("select %s, count(*) from %s group by 1" % (self.column, self.table)))
        return [(name, rows.get(name, '0')) for name in self.promised if rows.get(name) != '1'] + self.refused

    column, table = 'subject', 'intake_requests'


class Api(Door):
    def sender(self, name):
        key = {'Idempotency-Key': str(uuid.uuid4())}
        return lambda: self.w.h.api('POST', '/intake', self.w.key, {'subject': name, 'body': TEXT}, key)

    def wrong(self):
        ids = dict(self.w.h.sql("select subject, id from intake_requests"))
        return super().wrong() + [(name, 'another id') for name, a in self.promised.items() if a.json['id'] != ids.get(name)]


class Form(Door):
    def prepare(self, n):
        self.tokens = [self.w.h.get(self.w.door).token for _ in range(n)]
        time.sleep(3.1)  # who sends a form sooner is taken for a machine

    def begin(self, process):
        self.w.h.sql('delete from form_visits')  # the abuse guard of an address is not what is tried here
        super().begin(process)

    def sender(self, name):
        body = {'_token': self.tokens.pop(), 'field.name': 'Ana', 'field.email': 'ana@mill.example', 'field.message': name}
        return lambda: self.w.h.post(self.w.door, body)


class Hook(Door):
    def sender(self, name):
        body, ident, at = json.dumps({'title': name, 'text': TEXT}).encode(), 'msg_' + uuid.uuid4().hex, int(time.time())
        mac = hmac.new(base64.b64decode(SECRET[6:]), b'%s.%d.' % (ident.encode(), at) + body, hashlib.sha256).digest()
        head = {'Content-Type': 'application/json', 'webhook-id': ident, 'webhook-timestamp': str(at), 'webhook-signature': 'v1,' + base64.b64encode(mac).decode()}
        return lambda: self.w.h.request('POST', self.w.hook, None, body, head)


class Reply(Door):
    """A person's answer: one message and one mail for each."""
    column, table = 'body', 'intake_messages'

    def prepare(self, n):
        h = self.w.h
        ids = [h.api('POST', '/intake', self.w.key, {'subject': 'To answer', 'body': TEXT, 'name': 'Bob', 'email': 'r%d@mill.example' % i}).json['id'] for i in range(n)]
        h.drained(120)
        version = dict(h.sql('select id, version from intake_requests'))
        self.open = [(ident, h.get('/intake/' + ident, self.w.ana).token, version[ident]) for ident in ids]

    def sender(self, name):
        ident, token, version = self.open.pop()
        return lambda: self.w.h.post('/intake/%s/reply' % ident, {'text': name, 'version': version, '_token': token}, self.w.ana)

    def wrong(self):
        rows = dict(self.w.h.sql("select data ->> 'body', count(*) from email_messages where template = 'reply' group by 1"))
        return super().wrong() + [(name, 'mails', rows.get(name)) for name in self.promised if rows.get(name) != '1']


class Page(Door):
    """A page that is read: it is there, whole, or it is not."""
    path = '/dashboard'

    def sender(self, name):
        return lambda: self.w.h.get(self.path, self.w.ana)

    def wrong(self):
        return [(name, 'bytes', len(a.body)) for name, a in self.promised.items() if not a.text.rstrip().endswith('</html>')] + self.refused


def page(path):
    return type('Page', (Page,), {'path': path})


class Job(Door):
    """A job in the worker: asked for by SQL as the program would, rung for, waited for."""

    def ring(self, queue):
        subprocess.run(['redis-cli', '-s', self.w.h.run / 'redis.sock', 'lpush', 'fl:q:' + queue, '1'], check=True, stdout=subprocess.DEVNULL)

    def settled(self):
        self.w.h.drained(60)  # a call that strace lets fail is not seen by the other side: waiting for it ends by its time limit


class Route(Job):
    """The built-in provider's decision on a request that came by the API."""
    role = 'light'

    def post(self, name):
        a = self.w.h.api('POST', '/intake', self.w.key, {'subject': name, 'body': TEXT})
        assert a.status == 202, a.status
        self.promised[name] = a

    def act(self, name):
        self.post(name)
        self.settled()

    def wrong(self):
        rows = dict(self.w.h.sql('select r.subject, count(d.id) from intake_requests r left join agent_decisions d on d.org_id = r.org_id and d.intake_id = r.id group by 1'))
        return super().wrong() + [(name, 'decisions', rows.get(name)) for name in self.promised if rows.get(name) != '1']


class Routes(Route):
    """More of them than a light round holds: its outcomes and the claim of the rest are one transaction. They wait in a paused queue, their bells heard, before anything is struck."""

    def begin(self, process):
        super().begin(process)
        self.w.h.fairlead('jobs', 'pause', 'intake-routing')
        for _ in range(ROUND + 4):
            self.post('one of many %s' % uuid.uuid4())
        self.w.h.wait(process.idle, 'the bells to be heard')

    def act(self, name):
        self.w.h.fairlead('jobs', 'resume', 'intake-routing')
        self.settled()


class Ask(Route):
    """The same by a language model."""
    role = 'io'

    def prepare(self, n):
        self.w.rules('openai,builtin')


class FirstMail(Job):
    """A mail to the SMTP server, which keeps what it took: at least once, and at most twice with the same words when the process died between
    the server's yes and ours."""
    role = 'io'

    def mails(self, name):
        return [name]

    def act(self, name):
        h = self.w.h
        h.sql("begin; select fl_work('%s', null, null, 'test'); select mail_queue('bob@mill.example', 'Bob', 'en', 'reply', jsonb_build_object('number', 7, "
              "'subject', 'S', 'body', x, 'author', 'Ana'), null, null, null, false) from unnest('{%s}'::text[]) x; commit" % (self.w.org, ','.join(self.mails(name))), user='fl_app')
        self.promised.update(dict.fromkeys(self.mails(name)))
        self.ring('email')
        self.settled()

    def wrong(self):
        taken, wrong, self.twice = {}, [], 0
        for raw in self.w.sink.mails():
            text = raw.get_body(('plain',)).get_content()
            taken.setdefault(next((n for n in self.promised if n + '\n' in text or n + '\r\n' in text or text.strip().endswith(n)), None), []).append((raw['Message-ID'], text))
        for name in self.promised:
            got = taken.get(name, [])
            self.twice += len(got) == 2
            if not 1 <= len(got) <= 2 or len(set(got)) != 1:
                wrong.append((name, 'mails', len(got)))
        return wrong


class Mail(FirstMail):
    """The same by a process that has read its templates before; three mails, which make a round."""
    warm = True

    def mails(self, name):
        return [name + x for x in 'abc']


class Upload(Door):
    """A file by the API. Judged by its row, and by `fairlead files check` when all files have aged (promise 31): no row without its file; a file without a row goes
    with the nightly `files tidy`."""
    role, ending, column, table = 'slow', '.txt', "regexp_replace(name, '[.]...$', '')", 'documents'

    def data(self, name):
        return ('kept: ' + name).encode()

    def sender(self, name):
        body, head = parts([(name + self.ending, self.data(name))])
        head['Idempotency-Key'] = str(uuid.uuid4())
        return lambda: self.w.h.request('POST', '/api/v1/documents', self.w.key, body, head)

    def aged(self):
        for path in (self.w.h.prefix / 'data/files').glob('*/*'):
            with contextlib.suppress(FileNotFoundError):
                os.utime(path, (time.time() - 8 * 86400,) * 2)

    def files(self, *command):
        done = subprocess.run([self.w.h.program('fairlead'), '--config', str(self.w.h.prefix / 'conf/fairlead.conf'), 'files', *command], capture_output=True, text=True, env=self.w.h.env)
        return done.returncode, done.stdout + done.stderr

    def disagree(self):
        self.aged()
        _, said = self.files('check')
        tidied, _ = self.files('tidy')
        status, left = self.files('check')
        self.loose = said.count('loose ')
        return [(line,) for line in said.splitlines() if line.startswith(('missing', 'changed'))] + ([] if (tidied, status) == (0, 0) else [('after tidying', left)])

    def unread(self):
        return [tuple(row) for row in self.w.h.sql('select %s, status, reason from documents' % self.column) if row[0] in self.promised and row[1] != 'COMPLETED']

    def wrong(self):
        return super().wrong() + self.unread() + self.disagree()


class Read(Upload):
    """The jobs that open a scan, read its page, keep the page's picture, cut passages and find fields."""
    role, ending, scan = 'io', '.png', None

    def data(self, name):
        Read.scan = Read.scan or drawn('scan.png', [['An invoice for the bakery at the harbour']], '-sDEVICE=pnggray', '-r72')
        return Read.scan + name.encode()  # what comes after the end of a PNG counts for nothing but the hash

    def act(self, name):
        a = self.w.insist(self.sender(name))
        assert a.status == 201, a.text
        self.promised[name] = a
        self.w.h.wait(self.rested, 'the document to be read')

    def rested(self):
        """What waits for its next attempt is due at once: a machine without memory is tried again after half a minute."""
        self.w.h.sql("update jobs set run_at = now() where kind like 'document.%' and state = 'retry' and run_at > now()")
        return self.w.h.one("select count(*) from jobs where state in ('queued', 'active', 'retry')") == '0'

    def wrong(self):
        rows = self.w.h.sql("select " + self.column + ", count(distinct g.page), count(distinct c.id), count(c.id) from documents d left join document_pages g on g.org_id = d.org_id and g.document_id = d.id "
                            "left join chunks c on c.org_id = d.org_id and c.document_id = d.id group by 1")
        return super().wrong() + [tuple(row) for row in rows if row[0] in self.promised and row[1:] != ['1', '1', '1']]


class Remove(Read):
    """A deletion: the row goes by the page, its files by a job."""
    ending = '.txt'

    def data(self, name):
        return ('to go: ' + name).encode()

    def act(self, name):
        a = self.w.insist(self.sender(name))
        self.w.h.drained(60)
        self.aged()
        gone = self.w.insist(lambda: self.w.h.api('POST', '/documents/%s/delete' % a.json['id'], self.w.key))
        assert gone.status in (200, 404), gone.status  # after a death between the commit and the answer there is nothing left to delete
        self.w.h.drained(60)
        self.promised[name] = hashlib.sha256(self.data(name)).hexdigest()

    def wrong(self):
        left = {path.name for path in (self.w.h.prefix / 'data/files').glob('*/*')}
        rows = {row[0] for row in self.w.h.sql('select %s from documents' % self.column)}
        return [(name, 'is left') for name, digest in self.promised.items() if digest in left or name in rows] + self.disagree()


class Delete(Remove):
    role = 'web'


DOORS = {'form': Form, 'api': Api, 'webhook': Hook, 'reply': Reply}
PAGES = {path: page(path) for path in ('/dashboard', '/intake', '/pipelines', '/approvals', '/notifications', '/search?q=invoice', '/agent', '/me')}
JOBS = {'route': Route, 'routes': Routes, 'ask': Ask, 'mail': Mail, 'first mail': FirstMail}
PAPERS = {'upload': Upload, 'read': Read, 'remove': Remove, 'delete': Delete}
