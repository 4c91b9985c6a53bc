"""Mails that leave in rounds: each once, also when one of them is refused, when the server has no time, and when the process dies between the server's yes and our record. Prints TAP."""
import collections, os, signal, subprocess, sys

TOP = os.environ['top_srcdir']
sys.path[:0] = [os.path.join(TOP, 'tests', d) for d in ('lib', 'app')]
from house import House, Lock  # noqa: E402
from mailhouse import Sink  # noqa: E402
from tap import done, ok  # noqa: E402


class Desk:
    def __init__(self, h, sink):
        self.h, self.sink = h, sink
        h.org('aa', 'House aa', '--with-pipelines')
        self.org = h.one('select id from organizations')

    def queue(self, word, n, also=''):
        """n mails that say WORD-1 to WORD-n; the worker hears of them when all are there."""
        self.h.sql("begin; select fl_work('%s', null, null, 'test'); select mail_queue('p' || i || '@mill.example', 'P', 'en', 'reply', jsonb_build_object('number', i, 'subject', 'S', "
                   "'body', '%s-' || i || '.', 'author', 'Ana'), null, null, null, false) from generate_series(1, %d) i; %s commit" % (self.org, word, n, also), user='fl_app')

    def states(self, word):
        return collections.Counter(dict((s, int(n)) for s, n in self.h.sql("select state, count(*) from email_messages where data ->> 'body' like '%s-%%' group by 1" % word)))

    def came(self, word):
        """How often each mail of that word came, by the words in it."""
        texts = [m.get_body(('plain',)).get_content() for m in self.sink.mails()]
        return collections.Counter(w.rstrip('.') for t in texts for w in t.split() if w.startswith(word + '-'))

    def gone(self, word, n):
        self.h.wait(lambda: self.states(word) == {'sent': n}, 'all of %s to be marked' % word, 120)
        self.h.drained(120)


def many(d):
    d.h.stop_one('worker')
    d.queue('many', 60)
    d.h.start_program('worker')
    d.gone('many', 60)
    ok(d.came('many') == {'many-%d' % i: 1 for i in range(1, 61)}, 'sixty mails: each came once', d.came('many'))
    ok(d.h.one("select count(*) from email_messages where data ->> 'body' like 'many-%' and tries = 1 and sent_at is not null") == '60', 'each is marked, with its one attempt')


def limited(d):
    """What a queue may begin in a while is spent on the mails that wait, not on the room a round has for them; and when it is over a round takes no more."""
    d.h.stop_one('worker')
    d.queue('limited', 9)
    more = "select count(*) from held g, fl_job_claim_more(g.org_id, g.id, %d, 60, 'hand'); select used from queue_windows where queue = 'email';"
    said = d.h.sql("begin; update queues set rate_limit = 9, rate_window_s = 86400 where name = 'email'; delete from queue_windows where queue = 'email'; "
                   "create temp table held on commit drop as select * from fl_job_claim('{email}', 1, '00000000-0000-0000-0000-000000000000', 60, 'hand', false); "
                   + more % 3 + "update jobs set state = 'delayed' where kind = 'email.send' and state = 'queued' and id in (select id from jobs where state = 'queued' and kind = 'email.send' limit 2);"
                   + more % 31 + "update jobs set state = 'queued' where kind = 'email.send' and state = 'delayed'; update queues set rate_limit = 8 where name = 'email';" + more % 31 + "rollback")
    ok([r[0] for r in said] == ['3', '4', '3', '7', '1', '8'], 'a round spends of a limit what it takes, and takes what it leaves', said)
    d.h.start_program('worker')
    d.gone('limited', 9)


def refused(d):
    d.h.stop_one('worker')
    d.queue('mixed', 12, "update email_messages set to_email = 'no address' where data ->> 'body' = 'mixed-7.';")
    d.h.start_program('worker')
    d.h.wait(lambda: d.states('mixed') == {'sent': 11, 'failed': 1}, 'the end of twelve mails', 120)
    ok(d.came('mixed') == {'mixed-%d' % i: 1 for i in range(1, 13) if i != 7}, 'one that cannot go holds back no other', d.came('mixed'))
    ok(d.h.one("select tries from email_messages where state = 'failed'") == '1', 'and says that it was tried')
    d.sink.script({'END': '451 4.3.0 try later'})
    d.queue('later', 12)
    d.h.wait(lambda: int(d.h.one("select count(*) from jobs where kind = 'email.send' and errors > 0")) == 12, 'each to be put off on its own account', 120)
    d.sink.script({})
    ok(d.h.one("select count(*) from jobs where kind = 'email.send' and state <> 'active' and runs > errors") == '0', 'what was given back unsent counts no attempt')
    d.h.hurry('email.send')
    d.gone('later', 12)
    ok(d.came('later') == {'later-%d' % i: 1 for i in range(1, 13)}, 'a server that has no time: all come once it has', d.came('later'))


def killed(d):
    """The last mail of a round cannot be marked while somebody holds its row; by then the server has all of them."""
    d.h.stop_one('worker')
    d.queue('killed', 31)
    last = d.h.one("select payload ->> 'email_id' from jobs where kind = 'email.send' order by id desc limit 1")
    holder = subprocess.Popen(['psql', '-qAt', '-h', str(d.h.run), '-U', 'fl_super', 'fairlead'], env=d.h.env, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdin.write("begin; select 1 from email_messages where id = '%s' for update;\n" % last)
    holder.stdout.readline()
    d.h.start_program('worker')
    stuck = "select pid from pg_stat_activity where usename = 'fl_app' and wait_event_type = 'Lock' and query like '%mail_sent%'"
    d.h.wait(lambda: d.h.one(stuck), 'the last round to be sent and not written down', 120)
    unmarked = d.states('killed')['queued']
    ok(d.came('killed') == {'killed-%d' % i: 1 for i in range(1, 32)} and unmarked, 'the server has all mails, %d of them are not marked' % unmarked)
    for child in open('/proc/%d/task/%d/children' % ((d.h.pid('worker'),) * 2)).read().split():
        os.kill(int(child), signal.SIGKILL)
    d.h.sql("select pg_terminate_backend(pid) from (%s) x" % stuck)
    holder.communicate('rollback;\n')
    d.gone('killed', 31)
    ok(d.came('killed') == {'killed-%d' % i: 1 for i in range(1, 32)}, 'a process killed then: none is sent again', d.came('killed'))
    ok(d.h.one("select count(*) from job_attempts where right(error, 48) = 'handed over ' || job_id") == str(unmarked), 'the attempt of each says that it was handed over')


def unmarked(d):
    """A mail that the server has and whose row somebody holds for longer than a statement waits: the save fails, and what is tried again is not the sending."""
    d.h.stop_one('worker')
    d.queue('unmarked', 3)
    held = Lock(d.h, "select 1 from email_messages where data ->> 'body' = 'unmarked-2.' for update")
    d.h.start_program('worker')
    d.h.wait(lambda: d.h.one("select count(*) from jobs where kind = 'email.send' and state = 'retry' and errors = 1") == '1', 'the save of one to fail', 120)
    held.release()
    d.h.hurry('email.send')
    d.gone('unmarked', 3)
    ok(d.came('unmarked') == {'unmarked-%d' % i: 1 for i in range(1, 4)}, 'a mail that went and could not be marked in time: it is marked later, and not sent again', d.came('unmarked'))


sink = Sink()
try:
    with House.temporary(conf={'SMTP_HOST': '127.0.0.1', 'SMTP_PORT': sink.port, 'SMTP_SECURE': 'none', 'SMTP_FROM_EMAIL': 'desk@aa.example', 'WORKER_IO_PROCESSES': '1',
                               'OUTSIDE_ALLOW': '127.0.0.1:%d' % sink.port}) as h:
        d = Desk(h, sink)
        for part in (many, limited, refused, killed, unmarked):
            part(d)
finally:
    sink.close()
done()
