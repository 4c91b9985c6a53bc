-- Sweeps: what fairlead-batch does by the clock, once however many machines call. The programs' cards name them and their intervals; this
-- table keeps when each ran.

create table sweeps (
	name text primary key,
	every_s int not null check (every_s between 10 and 31 * 86400),
	skip_missed boolean not null default false, -- a late tick waits for the next one; else it runs once at once
	paused_at timestamptz,
	next_at timestamptz not null default now(),
	last_started timestamptz,
	last_finished timestamptz,
	last_done bigint,
	last_error text,
	runs bigint not null default 0
);
grant select on sweeps to fl_app, fl_sweep;
grant select, insert, update, delete on sweeps to fl_definer;

-- Makes the row of a sweep the program knows. An interval changed by hand stays.
create function sweep_declare(p_name text, p_every_s int, p_skip boolean) returns void language plpgsql as $$
begin
	insert into public.sweeps (name, every_s, skip_missed) values (p_name, p_every_s, p_skip)
		on conflict (name) do update set skip_missed = excluded.skip_missed where sweeps.skip_missed <> excluded.skip_missed;
end
$$;

-- Begins a tick: true for exactly one caller, who keeps the session lock until sweep_end. The ticks lie on multiples of the interval
-- since
-- 1970, so that machines agree on them. p_force runs it now whatever the clock says.
create function sweep_begin(p_name text, p_force boolean) returns boolean language plpgsql as $$
declare
	s public.sweeps;
	v_now timestamptz := clock_timestamp();
	v_tick timestamptz;
begin
	if not pg_try_advisory_lock(hashtext('sweep'), hashtext(p_name)) then
		return false;
	end if;
	select * into s from public.sweeps where name = p_name for update;
	if not found or not p_force and (s.paused_at is not null or s.next_at > v_now) then
		perform pg_advisory_unlock(hashtext('sweep'), hashtext(p_name));
		return false;
	end if;
	v_tick := to_timestamp(floor(extract(epoch from v_now) / s.every_s) * s.every_s);
	update public.sweeps set next_at = v_tick + make_interval(secs => every_s) where name = p_name;
	-- a tick is late when its whole interval has passed
	if s.skip_missed and not p_force and s.runs > 0 and s.next_at < v_tick then
		perform pg_advisory_unlock(hashtext('sweep'), hashtext(p_name));
		return false;
	end if;
	update public.sweeps set last_started = v_now, runs = runs + 1 where name = p_name;
	return true;
end
$$;

create function sweep_end(p_name text, p_done bigint, p_error text) returns void language plpgsql as $$
begin
	update public.sweeps set last_finished = clock_timestamp(), last_done = coalesce(p_done, last_done), last_error = p_error
		where name = p_name;
	perform pg_advisory_unlock(hashtext('sweep'), hashtext(p_name));
end
$$;

select fl_definer_function('sweep_declare(text, int, boolean)', 'fl_sweep'), fl_definer_function('sweep_begin(text, boolean)',
	'fl_sweep'),
	fl_definer_function('sweep_end(text, bigint, text)', 'fl_sweep');

-- Sizes and ages of the queues over time: one row a queue and minute, kept a week.
create table queue_samples (
	queue text not null,
	at timestamptz not null,
	waiting int not null,
	active int not null,
	retrying int not null,
	scheduled int not null,
	dead int not null,
	oldest_s float8 not null,
	primary key (queue, at)
);
grant select on queue_samples to fl_app, fl_sweep;
grant select, insert, delete on queue_samples to fl_definer;

-- What was done, by hour: folded from the history before it is trimmed.
create table job_tally (
	hour timestamptz not null,
	queue text not null,
	kind text not null,
	state text not null,
	jobs bigint not null,
	total_ms float8 not null,
	slowest_ms float8 not null,
	primary key (hour, queue, kind, state)
);
grant select on job_tally to fl_app, fl_sweep;
grant select, insert, update, delete on job_tally to fl_definer;
create table job_tally_mark (at timestamptz not null);
insert into job_tally_mark values (now());
grant select, update on job_tally_mark to fl_definer;

create function sweep_job_stats() returns bigint language plpgsql as $$
declare
	v_from timestamptz;
	v_to timestamptz := now() - interval '1 second';
	v_done bigint;
begin
	select at into v_from from public.job_tally_mark for update;
	insert into public.job_tally as t (hour, queue, kind, state, jobs, total_ms, slowest_ms)
		select date_trunc('hour', finished_at), queue, kind, state, count(*), sum(ms), max(ms)
		from (select finished_at, queue, kind, state, coalesce(extract(epoch from finished_at - started_at) * 1000, 0)::float8 as ms
			from public.job_history where finished_at > v_from and finished_at <= v_to) h
		group by 1, 2, 3, 4
		on conflict (hour, queue, kind, state) do update set jobs = t.jobs + excluded.jobs, total_ms = t.total_ms + excluded.total_ms,
			slowest_ms = greatest(t.slowest_ms, excluded.slowest_ms);
	get diagnostics v_done = row_count;
	update public.job_tally_mark set at = v_to;
	insert into public.queue_samples (queue, at, waiting, active, retrying, scheduled, dead, oldest_s)
		select q.name, date_trunc('minute', now()), count(j.*) filter (where j.state = 'queued'), count(j.*) filter (where j.state = 'active'),
			count(j.*) filter (where j.state = 'retry'), count(j.*) filter (where j.state = 'delayed'),
			(select count(*) from public.job_history h where h.queue = q.name and h.state = 'dead' and h.archived_at is null),
			coalesce(extract(epoch from now() - min(j.run_at) filter (where j.state = 'queued')), 0)
		from public.queues q left join public.jobs j on j.queue = q.name group by q.name
		on conflict do nothing;
	delete from public.queue_samples where at < now() - interval '7 days';
	delete from public.job_tally where hour < now() - interval '180 days';
	return v_done;
end
$$;

-- Raises a class each ten minutes of waiting, so that low ones get their turn under constant load. At most to 2: 1 stays for the urgent.
create function sweep_job_age() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	with old as (
		select org_id, id from public.jobs where state = 'queued' and priority > 2 and updated_at < now() - interval '10 minutes'
			order by run_at limit 5000 for update skip locked
	)
	update public.jobs j set priority = j.priority - 1, updated_at = now() from old where j.org_id = old.org_id and j.id = old.id;
	get diagnostics v_done = row_count;
	return v_done;
end
$$;

create function sweep_job_recover() returns bigint language plpgsql as $$
begin
	return (select count(*) from public.fl_job_recover());
end
$$;

-- Keeps the newest 100 completed jobs of each queue and organisation (QUE-06); at most 20,000 go in one sweep.
create function sweep_job_retention() returns bigint language plpgsql as $$
declare
	r record;
	v_last uuid;
	v_gone bigint;
	v_done bigint := 0;
begin
	for r in select o.id as org_id, q.name as queue from public.organizations o, public.queues q loop
		select id into v_last from public.job_history where org_id = r.org_id and queue = r.queue and state = 'completed'
			and finished_at < (select at from public.job_tally_mark) order by id desc offset 100 limit 1;
		continue when not found;
		delete from public.job_history where ctid = any (array(select ctid from public.job_history
			where org_id = r.org_id and queue = r.queue and state = 'completed' and id <= v_last limit 20000 - v_done));
		get diagnostics v_gone = row_count;
		delete from public.job_attempts a where a.org_id = r.org_id and a.job_id <= v_last
			and not exists (select from public.job_history h where h.org_id = a.org_id and h.id = a.job_id)
			and not exists (select from public.jobs j where j.org_id = a.org_id and j.id = a.job_id);
		v_done := v_done + v_gone;
		exit when v_done >= 20000;
	end loop;
	return v_done;
end
$$;

-- Dead letters untouched for a day are archived; 30 days later payload and attempts go, one summary row stays (X-21).
create function sweep_dead_letters() returns bigint language plpgsql as $$
declare
	v_archived bigint;
	v_purged bigint;
begin
	update public.job_history set archived_at = now() where state = 'dead' and archived_at is null
		and finished_at < now() - interval '24 hours';
	get diagnostics v_archived = row_count;
	with purged as (
		update public.job_history set purged_at = now(), payload = null where state = 'dead' and purged_at is null
			and archived_at < now() - interval '30 days'
			returning org_id, id
	)
	delete from public.job_attempts a using purged p where a.org_id = p.org_id and a.job_id = p.id;
	get diagnostics v_purged = row_count;
	return v_archived + v_purged;
end
$$;

create function sweep_sessions() returns bigint language plpgsql as $$
declare
	v_sessions bigint;
	v_principals bigint;
begin
	delete from public.sessions where expires_at < now();
	get diagnostics v_sessions = row_count;
	delete from public.principals where expires_at < now();
	get diagnostics v_principals = row_count;
	return v_sessions + v_principals;
end
$$;

create function sweep_idempotency() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	delete from public.idempotency where created_at < now() - interval '24 hours';
	get diagnostics v_done = row_count;
	return v_done;
end
$$;

select fl_definer_function('sweep_job_stats()', 'fl_sweep'), fl_definer_function('sweep_job_age()', 'fl_sweep'),
	fl_definer_function('sweep_job_recover()', 'fl_sweep'), fl_definer_function('sweep_job_retention()', 'fl_sweep'),
	fl_definer_function('sweep_dead_letters()', 'fl_sweep'), fl_definer_function('sweep_sessions()', 'fl_sweep'),
	fl_definer_function('sweep_idempotency()', 'fl_sweep');
