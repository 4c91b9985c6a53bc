-- What people see of the queue and do to it: the pages of src/app/jobs, and `fairlead jobs`.
-- p_all looks across organisations and needs job.admin; else only the caller's own are in reach.

create function job_shown(p_state text, p_renewed timestamptz) returns text language sql immutable as $$
	select case when p_state = 'active'
		and p_renewed is not null then 'processing' when p_state = 'delayed' then 'scheduled' else p_state end
$$;

-- Payloads as pages show them: values of members that sound like a secret are masked.
create function job_masked(p_payload jsonb) returns text language sql immutable as $$
	select regexp_replace(jsonb_pretty(p_payload),
		'("[^"]*(token|secret|passw|authorization|api_?key|cookie)[^"]*": )("([^"\\]|\\.)*"|[-+0-9.eE]+)',
		'\1"***"', 'gi')
$$;

-- The organisations the caller may look into: his own, with p_all every one.
create function job_orgs(p_all boolean) returns setof uuid language plpgsql stable as $$
begin
	if not p_all then
		return query select public.fl_org() where public.fl_org() is not null;
	elsif public.fl_can('job.admin') then
		return query select id from public.organizations;
	else
		perform public.fl_fail('FL403', 'error.not_allowed', 'job.admin');
	end if;
end
$$;

create type job_line as (id uuid, org_id uuid, org_name text, queue text, kind text, state text, priority int, attempt int,
	max_attempts int, kills int,
	error text, fingerprint text, created_at timestamptz, run_at timestamptz, finished_at timestamptz, ms float8,
		archived boolean, cursor text);

create function job_lines(p_all boolean, p_queue text, p_kind text, p_state text, p_text text, p_after text,
	p_limit int) returns setof job_line
	language plpgsql stable as $$
begin
	return query
		select l.id, o.id, o.name, l.queue, l.kind, l.state, l.priority::int, l.attempt::int, l.max_attempts::int, l.kills::int,
			l.error, l.fingerprint,
			l.created_at, l.run_at, l.finished_at, l.ms::float8, l.archived, l.id::text
		from public.job_orgs(p_all) g(id) join public.organizations o on o.id = g.id cross join lateral (
			(select j.id, j.queue, j.kind, public.job_shown(j.state, j.renewed_at) as state, j.priority,
				least(j.errors + 1, j.max_attempts) as attempt, j.max_attempts, j.kills, j.last_error as error, j.fingerprint, j.created_at, j.run_at,
				null::timestamptz as finished_at, null::numeric as ms, false as archived, j.payload
			from public.jobs j where j.org_id = o.id and (p_after is null or j.id < p_after::uuid) and (p_queue is null or j.queue = p_queue)
				and (p_kind is null or j.kind = p_kind) and (p_state is null or public.job_shown(j.state, j.renewed_at) = p_state)
				and (p_text is null or position(lower(p_text) in lower(j.payload::text || ' ' || coalesce(j.last_error, ''))) > 0)
			order by j.id desc limit p_limit)
			union all
			(select h.id, h.queue, h.kind, h.state, h.priority, greatest(least(h.errors + (h.state = 'completed')::int, h.max_attempts),
				1), h.max_attempts,
				h.kills, h.last_error, h.fingerprint, h.created_at, null, h.finished_at, extract(epoch from h.finished_at - h.started_at) * 1000,
				h.archived_at is not null, h.payload
			from public.job_history h where h.org_id = o.id and (p_after is null or h.id < p_after::uuid)
				and (p_queue is null or h.queue = p_queue)
				and (p_kind is null or h.kind = p_kind) and (p_state is null or h.state = p_state)
				and (p_text is null or position(lower(p_text) in lower(coalesce(h.payload::text, '') || ' ' || coalesce(h.last_error, ''))) > 0)
			order by h.id desc limit p_limit)
		) l
		order by l.id desc limit p_limit;
end
$$;

-- One job, wherever it is.
create type job_whole as (id uuid, org_id uuid, org_name text, queue text, kind text, state text, priority int, runs int,
	errors int, kills int,
	max_attempts int, replays int, payload text, error text, signal int, fingerprint text, worker text, request_id text, user_id uuid,
	created_at timestamptz, run_at timestamptz, started_at timestamptz, finished_at timestamptz, archived_at timestamptz, purged boolean,
	progress_done int, progress_total int, progress_text text, may_retry boolean, may_cancel boolean);

create function job_show(p_all boolean, p_id uuid) returns setof job_whole language plpgsql stable as $$
begin
	return query
		select j.id, j.org_id, o.name, j.queue, j.kind, public.job_shown(j.state, j.renewed_at), j.priority::int, j.runs::int,
			j.errors::int, j.kills::int,
			j.max_attempts::int, j.replays::int, public.job_masked(j.payload), j.last_error, j.last_signal::int, j.fingerprint,
				j.worker, j.request_id,
			j.user_id, j.created_at, j.run_at, j.started_at, null::timestamptz, null::timestamptz, false, j.progress_done, j.progress_total,
			j.progress_text, false, true
		from public.job_orgs(p_all) g(id) join public.organizations o on o.id = g.id join public.jobs j on j.org_id = g.id and j.id = p_id
		union all
		select h.id, h.org_id, o.name, h.queue, h.kind, h.state, h.priority::int, h.runs::int, h.errors::int, h.kills::int, h.max_attempts::int,
			h.replays::int, public.job_masked(h.payload), h.last_error, h.last_signal::int, h.fingerprint, h.worker, h.request_id,
				h.user_id, h.created_at,
			null, h.started_at, h.finished_at, h.archived_at, h.purged_at is not null, null, null, null, h.purged_at is null, false
		from public.job_orgs(p_all) g(id) join public.organizations o on o.id = g.id join public.job_history h on h.org_id = g.id
			and h.id = p_id;
end
$$;

create type job_try as (run int, outcome text, error text, rc text, signal int, worker text, started_at timestamptz,
	ended_at timestamptz, ms float8);

-- Every run of a job, oldest first, the one that completed it last.
create function job_tries(p_all boolean, p_id uuid) returns setof job_try language plpgsql stable as $$
begin
	return query
		select a.run::int, a.outcome, a.error, a.rc, a.signal::int, a.worker, a.started_at, a.ended_at,
			(extract(epoch from a.ended_at - a.started_at) * 1000)::float8
		from public.job_orgs(p_all) g(id) join public.job_attempts a on a.org_id = g.id and a.job_id = p_id
		union all
		select h.runs::int, 'completed', null, null, null, h.worker, h.started_at, h.finished_at,
			(extract(epoch from h.finished_at - h.started_at) * 1000)::float8
		from public.job_orgs(p_all) g(id) join public.job_history h on h.org_id = g.id and h.id = p_id and h.state = 'completed'
		order by 1;
end
$$;

-- The organisation of a job the caller may change; raises 403.
create function job_mine(p_all boolean, p_id uuid) returns uuid language plpgsql stable as $$
declare
	v_org uuid;
begin
	if not public.fl_can(case when p_all then 'job.admin' else 'job.manage' end) then
		perform public.fl_fail('FL403', 'error.not_allowed', 'job.manage');
	end if;
	select g.id into v_org from public.job_orgs(p_all) g(id)
		where exists (select from public.jobs j where j.org_id = g.id and j.id = p_id)
			or exists (select from public.job_history h where h.org_id = g.id and h.id = p_id);
	return v_org;
end
$$;

-- Writes an audit row into the organisation a job is of, whoever asks.
create function job_audit(p_org uuid, p_action text, p_id uuid, p_detail jsonb) returns void language plpgsql as $$
declare
	v_was text := coalesce(current_setting('app.current_org_id', true), '');
begin
	perform set_config('app.current_org_id', p_org::text, true);
	perform public.fl_audit(p_action, 'job', p_id, p_detail);
	perform set_config('app.current_org_id', v_was, true);
end
$$;

-- Takes a dead or cancelled job back into the queue; its attempts stay and the next is one more.
create function job_revive(p_org uuid, p_id uuid, p_run_at timestamptz) returns void language plpgsql as $$
begin
	with back as (
		delete from public.job_history where org_id = p_org and id = p_id and state in ('dead', 'cancelled') and purged_at is null returning *
	)
	insert into public.jobs (org_id, id, user_id, queue, kind, payload, priority, state, run_at, runs, replays, max_attempts,
		last_error, fingerprint,
			request_id, created_at)
		select org_id, id, user_id, queue, kind, payload, priority, case when p_run_at > now() then 'delayed' else 'queued' end, p_run_at, runs,
			replays + 1, max_attempts, last_error, fingerprint, request_id, created_at from back;
end
$$;

-- Runs a job again with the same input: a dead or cancelled one itself, a completed one as a new job. Answers the job to look at.
create function job_retry(p_all boolean, p_id uuid) returns uuid language plpgsql as $$
declare
	v_org uuid := public.job_mine(p_all, p_id);
	h public.job_history;
	v_new uuid := p_id;
begin
	if v_org is null then
		return null;
	end if;
	select * into h from public.job_history where org_id = v_org and id = p_id for update;
	if not found or h.purged_at is not null then
		perform public.fl_fail('FL409', 'jobs.not_over');
	end if;
	if h.state = 'completed' then
		insert into public.jobs (org_id, user_id, queue, kind, payload, priority, max_attempts, request_id)
			values (v_org, h.user_id, h.queue, h.kind, h.payload, h.priority, h.max_attempts, h.request_id) returning id into v_new;
	else
		perform public.job_revive(v_org, p_id, now());
	end if;
	perform public.job_audit(v_org, 'job.retry', p_id, jsonb_build_object('job', v_new));
	return v_new;
end
$$;

-- Cancels a job. One that runs loses its fence: what it still does is not written.
create function job_cancel(p_all boolean, p_id uuid) returns uuid language plpgsql as $$
declare
	v_org uuid := public.job_mine(p_all, p_id);
begin
	if v_org is null then
		return null;
	end if;
	perform from public.jobs where org_id = v_org and id = p_id for update;
	if not found then
		perform public.fl_fail('FL409', 'jobs.over_already');
	end if;
	perform public.fl_job_bury(v_org, p_id, 'cancelled');
	perform public.job_audit(v_org, 'job.cancel', p_id, '{}');
	return p_id;
end
$$;

-- Runs all dead letters again that match, oldest first, fifty a second (QUE-12). Answers how many.
create function job_replay(p_all boolean, p_queue text, p_fingerprint text) returns bigint language plpgsql as $$
declare
	d record;
	v_n bigint := 0;
begin
	if not public.fl_can(case when p_all then 'job.admin' else 'job.manage' end) then
		perform public.fl_fail('FL403', 'error.not_allowed', 'job.manage');
	end if;
	for d in select h.org_id, h.id from public.job_history h where h.state = 'dead' and h.purged_at is null
			and h.org_id in (select public.job_orgs(p_all)) and (p_queue is null or h.queue = p_queue)
			and (p_fingerprint is null or h.fingerprint = p_fingerprint) and (p_fingerprint is not null or h.archived_at is null)
		order by h.finished_at limit 10000 for update skip locked
	loop
		perform public.job_revive(d.org_id, d.id, now() + make_interval(secs => v_n / 50));
		perform public.job_audit(d.org_id, 'job.retry', d.id, '{"bulk":true}');
		v_n := v_n + 1;
	end loop;
	return v_n;
end
$$;

-- Archives all dead letters that match, before their day is over.
create function job_archive(p_all boolean, p_queue text, p_fingerprint text) returns bigint language plpgsql as $$
declare
	v_n bigint;
begin
	if not public.fl_can(case when p_all then 'job.admin' else 'job.manage' end) then
		perform public.fl_fail('FL403', 'error.not_allowed', 'job.manage');
	end if;
	update public.job_history h set archived_at = now() where h.state = 'dead' and h.archived_at is null
		and h.org_id in (select public.job_orgs(p_all)) and (p_queue is null or h.queue = p_queue)
		and (p_fingerprint is null or h.fingerprint = p_fingerprint);
	get diagnostics v_n = row_count;
	return v_n;
end
$$;

-- Dead letters by cause.
create type job_cause as (fingerprint text, error text, queue text, kind text, jobs bigint, orgs bigint, kills bigint,
	first_at timestamptz,
	last_at timestamptz, sample_id uuid);
create function job_causes(p_all boolean, p_queue text, p_fingerprint text,
	p_archived boolean) returns setof job_cause language plpgsql stable as $$
begin
	return query select h.fingerprint, max(h.last_error), h.queue, h.kind, count(*), count(distinct h.org_id),
		sum(h.kills)::bigint, min(h.finished_at),
			max(h.finished_at), (array_agg(h.id order by h.finished_at desc))[1]
		from public.job_history h where h.state = 'dead' and (h.archived_at is not null) = p_archived
			and h.org_id in (select public.job_orgs(p_all))
			and (p_queue is null or h.queue = p_queue) and (p_fingerprint is null or h.fingerprint = p_fingerprint)
		group by h.fingerprint, h.queue, h.kind order by count(*) desc, max(h.finished_at) desc limit 100;
end
$$;

-- Each queue as it is now.
create type job_queue as (name text, dlq text, class text, concurrency int, paused boolean, rate_limit int, rate_window_s int,
	waiting bigint,
	active bigint, places int, retrying bigint, scheduled bigint, dead bigint, archived bigint, oldest_s float8, slow boolean,
		typical_ms float8, done_today bigint,
	replayed bigint, replayed_well bigint);
create function job_queues(p_all boolean) returns setof job_queue language plpgsql stable as $$
begin
	return query
		select q.name, q.dlq, q.class, q.concurrency::int, q.paused_at is not null, q.rate_limit, q.rate_window_s,
			coalesce(j.waiting, 0), coalesce(j.active, 0), coalesce(j.places, 0)::int, coalesce(j.retrying, 0), coalesce(j.scheduled,
				0), coalesce(d.dead, 0),
			coalesce(d.archived, 0), coalesce(j.oldest_s, 0)::float8, coalesce(j.oldest_s, 0) > 10, t.typical_ms, coalesce(t.done, 0)::bigint,
			coalesce(d.replayed, 0), coalesce(d.replayed_well, 0)
		from public.queues q
		left join (select u.queue, count(*) filter (where u.state = 'queued') as waiting, count(*) filter (where u.state = 'active') as active,
				count(distinct u.worker) filter (where u.state = 'active') as places, count(*) filter (where u.state = 'retry') as retrying,
				count(*) filter (where u.state = 'delayed') as scheduled,
				extract(epoch from now() - min(u.run_at) filter (where u.state = 'queued')) as oldest_s
			from public.jobs u where u.org_id in (select public.job_orgs(p_all)) group by u.queue) j on j.queue = q.name
		left join (select h.queue, count(*) filter (where h.state = 'dead' and h.archived_at is null) as dead,
				count(*) filter (where h.state = 'dead' and h.archived_at is not null) as archived, count(*) filter (where h.replays > 0) as replayed,
				count(*) filter (where h.replays > 0 and h.state = 'completed') as replayed_well
			from public.job_history h where (h.state = 'dead' or h.replays > 0) and h.org_id in (select public.job_orgs(p_all)) group by h.queue) d
			on d.queue = q.name
		left join (select y.queue, sum(y.total_ms) / nullif(sum(y.jobs), 0) as typical_ms, sum(y.jobs) as done from public.job_tally y
			where y.state = 'completed' and y.hour >= date_trunc('day', now()) group by y.queue) t on t.queue = q.name
		order by coalesce(j.waiting, 0) + coalesce(j.active, 0) desc, q.name;
end
$$;

-- Pauses, resumes and limits a queue, for the whole platform. Answers its name, no row when there is none.
create function job_queue_set(p_name text, p_paused boolean, p_concurrency int, p_rate_limit int, p_rate_window_s int) returns setof text
	language plpgsql as $$
declare
	v_name text;
begin
	if not public.fl_can('job.admin') then
		perform public.fl_fail('FL403', 'error.not_allowed', 'job.admin');
	end if;
	update public.queues set paused_at = case when p_paused then coalesce(paused_at, now()) when p_paused is null then paused_at end,
			concurrency = coalesce(p_concurrency, concurrency), rate_limit = case when p_concurrency is null then rate_limit else p_rate_limit end,
			rate_window_s = coalesce(p_rate_window_s, rate_window_s), updated_at = now()
		where name = p_name or alias = p_name returning name into v_name;
	if v_name is not null then
		if public.fl_org() is not null then
			perform public.fl_audit('queue.change', 'queue', null,
				jsonb_strip_nulls(jsonb_build_object('queue', v_name, 'paused', p_paused, 'concurrency', p_concurrency, 'rate_limit', p_rate_limit)));
		end if;
		return next v_name;
	end if;
end
$$;

select fl_definer_function(f) from unnest(array['job_lines(boolean, text, text, text, text, text, int)',
	'job_show(boolean, uuid)', 'job_tries(boolean, uuid)',
	'job_retry(boolean, uuid)', 'job_cancel(boolean, uuid)', 'job_replay(boolean, text, text)', 'job_archive(boolean, text, text)',
	'job_causes(boolean, text, text, boolean)', 'job_queues(boolean)', 'job_queue_set(text, boolean, int, int, int)']) f;
-- only called by the functions above
revoke execute on function job_mine(boolean, uuid), job_audit(uuid, text, uuid, jsonb), job_revive(uuid, uuid, timestamptz) from public;
grant execute on function job_mine(boolean, uuid), job_audit(uuid, text, uuid, jsonb), job_revive(uuid, uuid, timestamptz) to fl_definer;
