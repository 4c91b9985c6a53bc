-- name: job_claim
-- why: jobs for one worker process, of the first of its queues that has work
-- in: queues text, most int, after uuid, lease_s float, worker text, lazy bool
-- out: org_id uuid, id uuid, user_id uuid, queue text, kind text, payload jsonb, attempt int, run int, kills int, errors int, suspect bool,
-- out: fence int, created_at timestamptz, request_id text
select org_id, id, user_id, queue, kind, payload, (errors + 1)::bigint as attempt, runs::bigint as run, kills::bigint, errors::bigint, suspect,
	fence, created_at, request_id
from fl_job_claim($1::text[], $2::int, $3, $4, $5, $6)

-- name: job_work
-- why: the tenant and the person a job works for, for the statements that follow in its transaction
-- in: org uuid, user uuid, job uuid, request text
select fl_work($1, $2, $3, $4)

-- name: job_finish
-- why: jobs done, in the transaction of what they did
-- in: orgs text, ids text, fences text
select fl_job_finish($1::uuid[], $2::uuid[], $3::bigint[])

-- name: job_fail
-- why: a run that failed: again later, or dead
-- in: org uuid, id uuid, fence int, rc text, error text, final bool, after_s float, max int
select fl_job_fail($1, $2, $3, $4, $5, $6, $7, $8::int)

-- name: job_quarantine
-- why: a job that killed its processes or ran out of time too often
-- in: org uuid, id uuid, fence int
select fl_job_quarantine($1, $2, $3)

-- name: job_return
-- why: claimed jobs that were not begun go back, at a stop
-- in: orgs text, ids text, fences text
select fl_job_return($1::uuid[], $2::uuid[], $3::bigint[])

-- name: job_release
-- why: the jobs of a process that is gone run again
-- in: worker text, current uuid, outcome text, signal int, error text
-- out: queue text
select queue from fl_job_release($1, $2, $3, $4::int, $5) as queue

-- name: job_renew
-- why: leases of living processes begin anew
-- in: workers text, lease_s float
-- out: renewed int
select fl_job_renew($1::text[], $2) as renewed

-- name: job_promote
-- why: delayed jobs and retries whose time has come
-- out: queue text
select queue from fl_job_promote() as queue

-- name: job_recover
-- why: jobs of machines that do not answer any more
-- out: queue text
select queue from fl_job_recover() as queue

-- name: job_progress
-- why: how far a long job is
-- in: worker text, id uuid, done int, total int, said text
select fl_job_progress($1, $2, $3::int, $4::int, $5)

-- name: job_queues
-- why: the queues of a class of worker processes
-- in: class text
-- out: name text
select name from queues where class = $1 order by name

-- name: job_enqueue
-- why: one job of the current tenant, from C
-- in: queue text, kind text, payload jsonb, priority int, run_at timestamptz, dedupe text
-- out: id uuid
select fl_enqueue($1, $2, $3, $4::int, $5, $6) as id
