-- The queue. A job is a row of its tenant; claiming, finishing and failing cross tenants and go through definer functions.
-- docs/architecture.md, "Jobs", tells the life of a job; src/worker/run.c walks it.
--
-- States as people and the API see them (requirements, state machines 1): Queued = queued, delayed; Active = active; Processing =
-- active and seen alive by its supervisor; Retry = retry; Completed, Dead, Cancelled = rows of job_history; Failed = a row of
-- job_attempts.

create table queues (
	name text primary key check (name ~ '^[a-z][a-z0-9-]{1,40}$'),
	alias text unique,
	class text not null check (class in ('light', 'io')), -- which pool of worker processes serves it (QUE-21)
	concurrency smallint not null check (concurrency between 1 and 100), -- batches executing at once over all machines (X-56)
	paused_at timestamptz,
	rate_limit int check (rate_limit > 0), -- jobs begun in rate_window_s; null: no limit (QUE-09)
	rate_window_s int not null default 60 check (rate_window_s between 1 and 86400),
	dlq text generated always as (name || ':dlq') stored, -- X-23
	updated_at timestamptz not null default now()
);
insert into queues (name, alias, class, concurrency) values
	('document-processing', null, 'io', 3),
	('document-embedding', null, 'io', 2),
	('intake-routing', null, 'light', 5),
	('calendar-sync', null, 'io', 2),
	('scheduling-reminders', null, 'light', 5),
	('sla-monitor', null, 'light', 2),
	('scheduling-agent', null, 'io', 3),
	('ingest', null, 'io', 2),
	('email', null, 'io', 5),
	('sms', null, 'io', 2),
	('automation', 'n8n', 'io', 5),
	('events', null, 'light', 2),
	('sync', null, 'light', 2),
	('intake-decision', null, 'io', 5);
grant select on queues to fl_app, fl_sweep;
grant select, update on queues to fl_definer;

-- Jobs begun in the current window of a limited queue. Only queues with a limit have a row here.
create table queue_windows (
	queue text primary key references queues,
	began_at timestamptz not null,
	used int not null
);
grant select, insert, update on queue_windows to fl_definer;

-- Unfinished jobs only, so the table stays small. No foreign keys: each would lock a row that all enqueuers share.
create table jobs (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	user_id uuid,
	queue text not null,
	kind text not null,
	payload jsonb not null default '{}',
	priority smallint not null default 5 check (priority between 1 and 9), -- 1 urgent, 5 normal, 9 low (X-22)
	state text not null default 'queued' check (state in ('queued', 'delayed', 'retry', 'active')),
	run_at timestamptz not null default now(),
	dedupe text,
	runs smallint not null default 0,   -- times it was begun; the number of the present run
	errors smallint not null default 0, -- attempts that failed
	kills smallint not null default 0,  -- times its process died of it; three quarantine it
	suspect boolean not null default false, -- a process died while it held this job among others: runs alone next time
	replays smallint not null default 0,
	max_attempts smallint not null default 3 check (max_attempts between 1 and 50),
	fence bigint,
	lease_until timestamptz,
	worker text,
	started_at timestamptz,
	renewed_at timestamptz,
	progress_done int,
	progress_total int,
	progress_text text,
	last_error text,
	last_signal smallint,
	fingerprint text,
	request_id text not null default '',
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	check ((state = 'active') = (fence is not null and worker is not null and lease_until is not null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index jobs_turn on jobs (queue, priority, org_id, id) where state = 'queued';
create index jobs_due on jobs (run_at) where state in ('delayed', 'retry');
create index jobs_held on jobs (worker) where state = 'active';
create unique index jobs_dedupe on jobs (org_id, queue, dedupe) where dedupe is not null;
select fl_tenant_table('jobs', 'select, insert');

-- What is over: completed (100 kept a queue and organisation), dead (24 h here, archived 30 days, then payload purged), cancelled.
create table job_history (
	org_id uuid not null,
	id uuid not null,
	user_id uuid,
	queue text not null,
	kind text not null,
	payload jsonb,
	priority smallint not null,
	state text not null check (state in ('completed', 'dead', 'cancelled')),
	runs smallint not null,
	errors smallint not null,
	kills smallint not null,
	replays smallint not null,
	max_attempts smallint not null,
	worker text,
	last_error text,
	last_signal smallint,
	fingerprint text,
	request_id text not null,
	created_at timestamptz not null,
	started_at timestamptz,
	finished_at timestamptz not null default now(),
	archived_at timestamptz,
	purged_at timestamptz,
	primary key (org_id, id)
);
create index job_history_kept on job_history (org_id, queue, id) where state = 'completed';
create index job_history_dead on job_history (finished_at) where state = 'dead';
create index job_history_time on job_history using brin (finished_at) with (pages_per_range = 16);
select fl_tenant_table('job_history', 'select');

-- Every run that did not end well. The run that completed a job is its row in job_history.
create table job_attempts (
	org_id uuid not null,
	job_id uuid not null,
	run smallint not null,
	outcome text not null check (outcome in ('failed', 'killed', 'timeout', 'lost', 'returned')),
	error text,
	rc text,
	signal smallint,
	worker text,
	started_at timestamptz,
	ended_at timestamptz not null default now(),
	primary key (org_id, job_id, run)
);
select fl_tenant_table('job_attempts', 'select');

select fl_grant('job.read', 'owner admin operator'), fl_grant('job.manage', 'owner admin operator'), fl_grant('job.admin',
	'platform_admin');

-- A job of the current tenant. One plain insert; a due time makes it delayed. With a dedupe key the unfinished job that has it
-- already is answered.
create function fl_enqueue(p_queue text, p_kind text, p_payload jsonb, p_priority int default 5,
	p_run_at timestamptz default null, p_dedupe text default null)
	returns uuid language plpgsql as $$
declare
	v_queue text;
	v_id uuid;
begin
	select name into v_queue from public.queues where name = p_queue;
	if not found then
		select name into v_queue from public.queues where alias = p_queue;
		if not found then
			raise exception 'unknown queue %', p_queue using errcode = 'invalid_parameter_value';
		end if;
	end if;
	insert into public.jobs (org_id, user_id, queue, kind, payload, priority, state, run_at, dedupe, request_id)
		values (public.fl_org(), public.fl_user(), v_queue, p_kind, p_payload, p_priority,
			case when p_run_at > now() then 'delayed' else 'queued' end,
			coalesce(p_run_at, now()), p_dedupe, coalesce(current_setting('app.request_id', true), ''))
		on conflict (org_id, queue, dedupe) where dedupe is not null do nothing
		returning id into v_id;
	if v_id is null then
		select id into v_id from public.jobs where org_id = public.fl_org() and queue = v_queue and dedupe = p_dedupe;
	end if;
	return v_id;
end
$$;
