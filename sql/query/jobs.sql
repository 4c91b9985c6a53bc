-- name: jobs_all_totals
-- why: of all organisations: the counters on top of the jobs page
-- out: done_today int, dead int, active int, waiting int, retrying int, scheduled int, oldest_s float, old bool, paused int
select coalesce(sum(done_today), 0)::bigint as done_today, coalesce(sum(dead), 0)::bigint as dead, coalesce(sum(active),
	0)::bigint as active,
	coalesce(sum(waiting), 0)::bigint as waiting, coalesce(sum(retrying), 0)::bigint as retrying, coalesce(sum(scheduled),
		0)::bigint as scheduled,
	coalesce(max(oldest_s), 0) as oldest_s, coalesce(bool_or(slow), false) as old, count(*) filter (where paused) as paused
from job_queues(true)

-- name: jobs_all_queue_list
-- why: of all organisations: each queue with its size, latency and limits
-- out: name text, dlq text, class text, concurrency int, paused bool, rate_limit int, rate_window_s int, waiting int
-- out: active int, places int,
-- out: retrying int, scheduled int, dead int, archived int, oldest_s float, slow bool, typical_ms float, done_today int, replayed int,
-- out: replayed_well int
select name, dlq, class, concurrency::bigint, paused, rate_limit::bigint, rate_window_s::bigint, waiting, active,
	places::bigint, retrying, scheduled,
	dead, archived, oldest_s, slow, typical_ms, done_today, replayed, replayed_well
from job_queues(true)

-- name: jobs_all_dlq_stats
-- why: of all organisations: dead letters by queue with the success of replays
-- out: stream text, queue text, depth int, archived int, replayed int, replay_success float
select dlq as stream, name as queue, dead as depth, archived, replayed, replayed_well::float8 / nullif(replayed, 0) as replay_success
from job_queues(true) order by dead desc, name

-- name: jobs_all_list
-- why: of all organisations: jobs newest first, finished or not
-- in: queue text, kind text, state text, text text, after text, limit int
-- out: id uuid, org_name text, queue text, kind text, state text, priority int, attempt int, max_attempts int, kills int, error text,
-- out: created_at timestamptz, run_at timestamptz, finished_at timestamptz, ms float, archived bool, cursor text
select id, org_name, queue, kind, state, priority::bigint, attempt::bigint, max_attempts::bigint, kills::bigint, error,
	created_at, run_at, finished_at, ms,
	archived, cursor
from job_lines(true, $1, $2, $3, $4, $5, $6::int)

-- name: jobs_all_show
-- why: of all organisations: one job, whole
-- in: id uuid
-- out: id uuid, org_id uuid, org_name text, queue text, kind text, state text, priority int, runs int, errors int, kills int
-- out: max_attempts int,
-- out: replays int, payload text, error text, signal int, fingerprint text, worker text, request_id text, created_at timestamptz,
-- out: run_at timestamptz, started_at timestamptz, finished_at timestamptz, archived_at timestamptz, purged bool, progress_done int,
-- out: progress_total int, progress_text text, may_retry bool, may_cancel bool
select id, org_id, org_name, queue, kind, state, priority::bigint, runs::bigint, errors::bigint, kills::bigint,
	max_attempts::bigint, replays::bigint,
	payload, error, signal::bigint, fingerprint, worker, request_id, created_at, run_at, started_at, finished_at, archived_at, purged,
	progress_done::bigint, progress_total::bigint, progress_text, may_retry, may_cancel
from job_show(true, $1)

-- name: jobs_all_tries
-- why: of all organisations: every run of a job with its outcome
-- in: id uuid
-- out: run int, outcome text, error text, rc text, signal int, worker text, started_at timestamptz, ended_at timestamptz, ms float
select run::bigint, outcome, error, rc, signal::bigint, worker, started_at, ended_at, ms from job_tries(true, $1)

-- name: jobs_all_causes
-- why: of all organisations: dead letters grouped by the fingerprint of their error
-- in: queue text, fingerprint text, archived bool
-- out: fingerprint text, error text, queue text, kind text, jobs int, orgs int, kills int, first_at timestamptz
-- out: last_at timestamptz, sample_id uuid
select fingerprint, error, queue, kind, jobs, orgs, kills, first_at, last_at, sample_id from job_causes(true, $1, $2, $3)

-- name: jobs_all_retry
-- why: of all organisations: a job runs again with the same input
-- in: id uuid
-- out: id uuid
select id from job_retry(true, $1) as id where id is not null

-- name: jobs_all_cancel
-- why: of all organisations: a job is not to run, or what it does is not to count
-- in: id uuid
-- out: id uuid
select id from job_cancel(true, $1) as id where id is not null

-- name: jobs_all_replay
-- why: of all organisations: all dead letters that match run again, fifty a second
-- in: queue text, fingerprint text
-- out: replayed int
select job_replay(true, $1, $2) as replayed

-- name: jobs_all_archive
-- why: of all organisations: all dead letters that match are put away
-- in: queue text, fingerprint text
-- out: archived int
select job_archive(true, $1, $2) as archived

-- name: job_queue_pause
-- why: nothing more of a queue is begun
-- in: name text
-- out: name text
select name from job_queue_set($1, true, null, null, null) as name

-- name: job_queue_resume
-- why: a paused queue goes on
-- in: name text
-- out: name text
select name from job_queue_set($1, false, null, null, null) as name

-- name: job_queue_limit
-- why: how many of a queue run at once, and how many may begin in a window
-- in: name text, concurrency int, rate_limit text, rate_window_s int
-- out: name text
select name from job_queue_set($1, null, $2::int, $3::int, $4::int) as name

-- name: jobs_all_top_causes
-- why: the commonest causes of dead letters, for the jobs page
-- out: fingerprint text, error text, queue text, kind text, jobs int, orgs int, kills int, first_at timestamptz
-- out: last_at timestamptz, sample_id uuid
select fingerprint, error, queue, kind, jobs, orgs, kills, first_at, last_at, sample_id from job_causes(true, null, null, false) limit 10

-- name: jobs_all_queue
-- why: one queue, for its form
-- in: name text
-- out: name text, class text, concurrency int, rate_limit int, rate_window_s int, paused bool, waiting int, active int
select name, class, concurrency::bigint, rate_limit::bigint, rate_window_s::bigint, paused, waiting, active
	from job_queues(true) where name = $1
