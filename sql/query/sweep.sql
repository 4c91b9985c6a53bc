-- name: sweep_declare
-- why: a sweep this program knows, with the interval of its card
-- in: name text, every_s int, skip bool
select sweep_declare($1, $2::int, $3)

-- name: sweep_begin
-- why: whether this process runs the tick; it alone does
-- in: name text, force bool
-- out: mine bool
select sweep_begin($1, $2) as mine

-- name: sweep_end
-- why: what came of it
-- in: name text, done int, error text
select sweep_end($1, $2, $3)

-- name: sweep_list
-- why: when each sweep ran and is due
-- out: name text, every_s int, every_min int, paused bool, last_started timestamptz, last_finished timestamptz, next_at timestamptz, last_done int,
-- out: last_error text, runs int, took_ms float, late bool
select name, every_s::bigint as every_s, every_s::bigint / 60 as every_min, paused_at is not null as paused, last_started, last_finished, next_at, last_done,
	last_error, runs,
	extract(epoch from last_finished - last_started)::float8 * 1000 as took_ms,
	paused_at is null and next_at < now() - make_interval(secs => 120) as late
from sweeps order by name

-- name: sweep_job_stats
-- why: sizes and ages of the queues, and what was done, for the pages
-- out: done int
select sweep_job_stats() as done

-- name: sweep_job_age
-- why: jobs that waited long move up a class
-- out: done int
select sweep_job_age() as done

-- name: sweep_job_recover
-- why: jobs whose machine is gone run again
-- out: done int
select sweep_job_recover() as done

-- name: sweep_job_retention
-- why: of completed jobs the newest 100 a queue and organisation stay
-- out: done int
select sweep_job_retention() as done

-- name: sweep_dead_letters
-- why: dead letters are archived after a day and lose their payload 30 days later
-- out: done int
select sweep_dead_letters() as done

-- name: sweep_sessions
-- why: expired sessions and other principals go
-- out: done int
select sweep_sessions() as done

-- name: sweep_idempotency
-- why: kept results of requests go after a day
-- out: done int
select sweep_idempotency() as done

-- name: sweep_counters
-- why: counter deltas are added to their counters
-- out: done int
select fl_counters_fold() as done

-- name: sweep_audit_parts
-- why: the months to come have their parts of the audit log
-- out: done int
select audit_parts() as done

-- name: sweep_audit_seal
-- why: audit rows are sealed into their chain
-- out: done int
select fl_audit_seal() as done
