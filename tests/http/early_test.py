"""A request whose work follows is seen by the workers before it lies on disk, and answered after. A standby that never comes stands for the disk: commits wait for it,
those that wait for nothing do not."""
import os, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, Poll  # noqa: E402
from tap import done, ok  # noqa: E402

BODY = {'subject': 'Invoice 2291', 'body': 'My card was charged twice for one invoice, please refund the payment.'}


def withhold(h, standby):
    h.sql("alter system set synchronous_standby_names = '%s'" % standby)
    h.sql('select pg_reload_conf()')


def waits(h):
    """Whether a commit waits now: one is tried, which a server that has not read its configuration yet lets through."""
    with Poll(h) as poll, subprocess.Popen(['psql', '-qAtX', '-h', h.run, '-U', 'fl_super', '-c', "select pg_logical_emit_message(true, '', '')", 'fairlead'],
                                           stdout=subprocess.DEVNULL, env={**h.env, 'PGAPPNAME': 'probe'}) as probe:
        while probe.poll() is None:
            if poll.one("select count(*) from pg_stat_activity where application_name = 'probe' and wait_event = 'SyncRep'") == '1':
                probe.kill()
                return True
    return False


def post(h, key):
    return h.api('POST', '/intake', key, BODY, {'Idempotency-Key': 'one'})


with House.temporary(programs=('web', 'worker')) as h:
    h.org('quay', 'Quayside', '--with-pipelines')
    key = h.key('quay', 'service')
    h.api('POST', '/intake', key, {'subject': 'The first', 'body': BODY['body']})
    h.drained()
    withhold(h, 'nobody')
    h.wait(lambda: waits(h), 'commits to wait')
    said = []

    def seen():
        said.append(post(h, key).status)
        return h.one("select count(*) from intake_requests where subject = '%s'" % BODY['subject']) == '1'
    h.wait(seen, 'the request to be seen')
    h.wait(lambda: h.one("select count(*) from jobs where kind = 'intake.route' and state = 'queued'") == '0', 'a worker to take it')  # and, if this looks late, to have given it up
    ok(True, 'what does not lie on disk yet is seen, and a worker takes it')
    said.append(post(h, key).status)
    ok(set(said) <= {503, 409} and said[-1] == 503, 'nobody is told so meanwhile, nor who asks again with the same key', said)
    withhold(h, '')
    last = []

    def taken():
        last.append(post(h, key))
        return last[-1].status not in (503, 409)
    h.wait(taken, 'an answer')
    ok(last[-1].status == 202 and h.sql("select id from intake_requests where subject = '%s'" % BODY['subject']) == [[last[-1].json['id']]],
       'then it is accepted, once', (last[-1].status, last[-1].text[:300]))
    h.drained()
    ok(h.one("select count(*) from agent_decisions where intake_id = '%s'" % last[-1].json['id']) == '1', 'and decided')
done()
