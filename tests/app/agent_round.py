"""What a round of jobs decides at once is for each request what it would be alone (ORC-01, 05, EVT-02). Prints TAP."""
import os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402

BILLING = 'Our card statement shows invoice 2291 was charged twice. Please return the payment.'
count = failed = 0


def ok(good, name, saw=''):
    global count, failed
    count += 1
    failed += not good
    print('ok' if good else 'not ok', count, '-', name, '' if good else '# saw %r' % (saw,), flush=True)


def send(h, subject, body, key):
    answer = h.api('POST', '/intake', key, {'channel': 'api', 'subject': subject, 'body': body, 'name': 'Owner', 'email': 'owner@mill.example'})
    assert answer.status == 202, answer.text
    return answer.json['id']


def together(h):
    keys = []
    for slug in ('demo', 'other'):
        h.org(slug, slug, '--with-pipelines')
        h.person('%s@quay.example' % slug, org=slug)
        keys.append(h.key(slug))
    h.drained()
    h.stop_one('worker')
    sent = [send(h, 'Invoice %d charged twice' % i, BILLING, keys[0]) for i in range(8)]
    meeting = send(h, 'Meeting next week', 'Could we schedule a meeting next Tuesday at ten? I would like to book a call with you.', keys[0])
    sent += [meeting, send(h, 'Another house', BILLING, keys[1])]
    # a second job for the first of them
    h.sql("insert into jobs (org_id, queue, kind, payload) select org_id, queue, kind, payload from jobs where kind = 'intake.route' and payload ->> 'intake_id' = '%s'" % sent[0])
    h.start_program('worker')
    h.drained(120)
    these = "in ('%s')" % "','".join(sent)
    kept = h.sql("select count(*), count(distinct intake_id), count(distinct xmin::text) from agent_decisions where intake_id " + these)[0]
    ok(kept[0] == kept[1] == '10' and int(kept[2]) < 10, 'ten requests, one with two jobs: ten decisions in fewer transactions', kept)
    told = h.sql("""select count(*), count(*) filter (where e.correlation_id = j.request_id and a.request_id = j.request_id and a.actor_id = e.actor_id), count(distinct j.id)
        from system_events e join audit_log a on a.org_id = e.org_id and a.subject_id = (e.payload ->> 'decision_id')::uuid join job_history j on j.org_id = e.org_id and j.id = e.actor_id
        where e.type = 'decision.completed' and j.payload ->> 'intake_id' = e.payload ->> 'intake_id' and e.payload ->> 'intake_id' """ + these)[0]
    ok(told == ['10', '10', '10'], 'event and audit of each name its job and its request', told)
    noted = h.one("select count(distinct subject_id) from notifications where kind in ('needs_approval', 'needs_review') and subject_id " + these)
    waiting = h.one("select count(*) from intake_requests where status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') and id " + these)
    ok(noted == waiting, 'whoever is to look hears of each', (noted, waiting))
    asked = h.sql("select count(*), count(*) filter (where s.request_id = j.request_id) from job_history s join job_history j on j.payload ->> 'intake_id' = s.payload ->> 'intake_id' "
                  "where s.kind = 'schedule.read' and j.kind = 'intake.route' and s.payload ->> 'intake_id' = '%s'" % meeting)[0]
    ok(asked == ['1', '1'], 'the meeting is read for the request that wants it', asked)
    killed = h.one("select count(*) from job_attempts where outcome = 'killed'")
    ok(killed == '0', 'no process died of it', killed)


def main():
    with House.temporary() as h:
        together(h)
    print('1..%d' % count)
    sys.exit(failed > 0)


main()
