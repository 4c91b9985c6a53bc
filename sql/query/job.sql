-- name: job_claim
-- why: jobs for one worker process, of the first of its queues that has work; by priority, then in turn from the cursor on, which stands at the last
-- in: queues text, most int, after uuid, lease_s float, worker text, lazy bool
-- out: org_id uuid, id uuid, user_id uuid, queue text, kind text, payload jsonb, attempt int, run int, kills int, errors int
-- out: suspect bool,
-- out: fence int, created_at timestamptz, request_id text, trace_id text, progress_url text
select org_id, id, user_id, queue, kind, payload, (errors + 1)::bigint as attempt, runs::bigint as run, kills::bigint,
	errors::bigint, suspect,
	fence, created_at, request_id, trace_id, progress_url
from fl_job_claim($1::text[], $2::int, $3, $4, $5, $6) order by priority, org_id <= $3, org_id, id

-- name: job_claim_more
-- why: more jobs like one that the process holds; the columns are those of job_claim
-- in: org uuid, id uuid, most int, lease_s float, worker text
-- out: org_id uuid, id uuid, user_id uuid, queue text, kind text, payload jsonb, attempt int, run int, kills int, errors int
-- out: suspect bool,
-- out: fence int, created_at timestamptz, request_id text, trace_id text, progress_url text
select org_id, id, user_id, queue, kind, payload, (errors + 1)::bigint as attempt, runs::bigint as run, kills::bigint,
	errors::bigint, suspect,
	fence, created_at, request_id, trace_id, progress_url
from fl_job_claim_more($1, $2, $3::int, $4, $5) order by id

-- name: job_work
-- why: the tenant and the person a job works for, and what it hands on, for the statements that follow in its transaction
-- in: org uuid, user uuid, job uuid, request text, trace text, progress text
select fl_work($1, $2, $3, $4), set_config('app.trace_id', $5, true), set_config('app.progress_url', $6, true)

-- name: cause
-- why: what the jobs made in this transaction keep of their cause: its trace, and where to tell how far they are
-- in: trace text, progress text
select set_config('app.trace_id', $1, true), set_config('app.progress_url', $2, true)

-- name: job_finish
-- why: jobs done, in the transaction of what they did
-- in: orgs text, ids text, fences text
select fl_job_finish($1::uuid[], $2::uuid[], $3::bigint[])

-- name: job_fail
-- why: a run that failed: again later, or dead
-- in: org uuid, id uuid, fence int, rc text, error text, final bool, after_s float, max int
select fl_job_fail($1, $2, $3, $4, $5, $6, $7, $8::int)

-- name: job_wait
-- why: a run that found no room on a disk: again later, and not counted
-- in: org uuid, id uuid, fence int, error text
select fl_job_wait($1, $2, $3, $4)

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
-- in: worker text, current uuid, outcome text, signal int, error text, handed text
-- out: queue text
select queue from fl_job_release($1, $2, $3, $4::int, $5, $6::uuid[]) as queue

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
-- why: how far a long job is; its id when it is to stop
-- in: worker text, id uuid, done int, total int, said text
-- out: stop uuid
select fl_job_progress($1, $2, $3::int, $4::int, $5) as stop

-- name: job_queues
-- why: the queues of a worker process
-- in: classes text
-- out: name text
select name from queues where class = any($1::text[]) order by name

-- name: job_enqueue
-- why: one job of the current tenant, from C
-- in: queue text, kind text, payload jsonb, priority int, run_at timestamptz, dedupe text
-- out: id uuid
select fl_enqueue($1, $2, $3, $4::int, $5, $6) as id

-- name: job_totals
-- why: the counters on top of the jobs page; what is done today is told by the time within the ids, and to a hundred thousand
-- out: done_today int, dead int, active int, waiting int, retrying int, scheduled int, oldest_s float, old bool, paused int
select (select count(*) from (select from job_history h where h.org_id = (select fl_org()) and h.state = 'completed'
		and h.id >= (lpad(to_hex((extract(epoch from date_trunc('day', now())) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid limit 100000) x) as done_today, coalesce(sum(dead), 0)::bigint as dead, coalesce(sum(active),
	0)::bigint as active,
	coalesce(sum(waiting), 0)::bigint as waiting, coalesce(sum(retrying), 0)::bigint as retrying, coalesce(sum(scheduled),
		0)::bigint as scheduled,
	coalesce(max(oldest_s), 0) as oldest_s, coalesce(bool_or(slow), false) as old, count(*) filter (where paused) as paused
from job_queues(false)

-- name: job_list
-- why: jobs newest first, finished or not
-- in: queue text, kind text, state text, text text, after text, limit int
-- out: id uuid, org_name text, queue text, kind text, state text, priority int, attempt int, max_attempts int, kills int, error text,
-- out: created_at timestamptz, run_at timestamptz, finished_at timestamptz, ms float, archived bool, thing_kind text, thing text, path text, cursor text
select l.id, l.org_name, l.queue, l.kind, l.state, l.priority::bigint, l.attempt::bigint, l.max_attempts::bigint, l.kills::bigint, l.error,
	l.created_at, l.run_at, l.finished_at, l.ms,
	l.archived, t.kind, thing_name(t.kind, t.id), thing_path(t.kind, t.id), l.cursor
from job_lines(false, $1, $2, $3, $4, $5, $6::int) l left join lateral job_thing(l.id) t on true order by l.id desc

-- name: job_show
-- why: one job, whole
-- in: id uuid
-- out: id uuid, org_id uuid, org_name text, queue text, kind text, state text, priority int, runs int, errors int, kills int
-- out: max_attempts int,
-- out: replays int, payload text, error text, signal int, fingerprint text, worker text, request_id text, created_at timestamptz,
-- out: run_at timestamptz, started_at timestamptz, finished_at timestamptz, archived_at timestamptz, purged bool, progress_done int,
-- out: progress_total int, progress_text text, may_retry bool, may_cancel bool, thing_kind text, thing text, path text
select j.id, j.org_id, j.org_name, j.queue, j.kind, j.state, j.priority::bigint, j.runs::bigint, j.errors::bigint, j.kills::bigint,
	j.max_attempts::bigint, j.replays::bigint,
	j.payload, j.error, j.signal::bigint, j.fingerprint, j.worker, j.request_id, j.created_at, j.run_at, j.started_at, j.finished_at, j.archived_at, j.purged,
	j.progress_done::bigint, j.progress_total::bigint, j.progress_text, j.may_retry, j.may_cancel, t.kind, thing_name(t.kind, t.id), thing_path(t.kind, t.id)
from job_show(false, $1) j left join lateral job_thing(j.id) t on true

-- name: job_tries
-- why: every run of a job with its outcome
-- in: id uuid
-- out: run int, outcome text, error text, rc text, signal int, worker text, started_at timestamptz, ended_at timestamptz, ms float
select run::bigint, outcome, error, rc, signal::bigint, worker, started_at, ended_at, ms from job_tries(false, $1)

-- name: job_retry
-- why: a job runs again with the same input
-- in: id uuid
-- out: id uuid
select id from job_retry(false, $1) as id where id is not null

-- name: job_cancel
-- why: a job is not to run, or what it does is not to count
-- in: id uuid
-- out: id uuid
select id from job_cancel(false, $1) as id where id is not null
