-- What workers do to jobs: claim, finish, fail, release, renew, promote, recover. All cross tenants, so all are definer functions.

-- How many of p_want jobs a queue with a limit may begin now; counts them.
create function fl_job_allowance(p_queue text, p_want int, p_limit int, p_window_s int) returns int language plpgsql as $$
declare
	w record;
	v_take int;
begin
	insert into public.queue_windows (queue, began_at, used) values (p_queue, now(), 0) on conflict do nothing;
	select began_at, used into w from public.queue_windows where queue = p_queue for update;
	if w.began_at + make_interval(secs => p_window_s) <= clock_timestamp() then
		w.used := 0;
		w.began_at := clock_timestamp();
	end if;
	v_take := least(p_want, greatest(p_limit - w.used, 0));
	update public.queue_windows set began_at = w.began_at, used = w.used + v_take where queue = p_queue;
	return v_take;
end
$$;

-- One of the places of a queue, held by this session until its next claim or its end; false when all are taken.
create function fl_job_place(p_queue text, p_places int) returns boolean language plpgsql as $$
declare
	v_class int := hashtext('fl_queue:' || p_queue);
	v_first int := floor(random() * p_places);
begin
	for i in 0 .. p_places - 1 loop
		if pg_try_advisory_lock(v_class, (v_first + i) % p_places) then
			return true;
		end if;
	end loop;
	return false;
end
$$;

-- Takes up to p_most due jobs of one queue: lowest priority number first, then the organisations after p_after in turn. The plans
-- are pinned: one made while the table was empty would scan it whole for ever.
create function fl_job_take(p_queue text, p_most int, p_after uuid, p_lease_s float8,
	p_worker text) returns setof public.jobs language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
	v_priority smallint := 0;
	v_taken int := 0;
	v_from uuid;
	j public.jobs;
begin
	loop
		select priority into v_priority from public.jobs where state = 'queued' and queue = p_queue and priority > v_priority
			order by priority limit 1;
		exit when not found;
		-- two ways round: what comes after the cursor, then from the start up to it
		for turn in 1 .. 2 loop
			v_from := case turn when 1 then p_after else '00000000-0000-0000-0000-000000000000' end;
			for j in
				update public.jobs u set state = 'active', fence = ('x' || encode(substring(uuid_send(gen_random_uuid()) from 9),
					'hex'))::bit(64)::bigint,
						worker = p_worker, lease_until = now() + make_interval(secs => p_lease_s), started_at = clock_timestamp(), renewed_at = null,
						runs = u.runs + 1, updated_at = now()
					where u.ctid = any (array(
						select c.ctid from public.jobs c
						where c.state = 'queued' and c.queue = p_queue and c.priority = v_priority and c.org_id > v_from
							and (turn = 1 or c.org_id <= p_after)
						order by c.queue, c.priority, c.org_id, c.id limit p_most - v_taken for update skip locked))
					returning u.*
			loop
				v_taken := v_taken + 1;
				return next j;
			end loop;
			exit when v_taken >= p_most;
		end loop;
		exit when v_taken >= p_most;
	end loop;
end
$$;

-- Claims for one worker process: gives back the place it held, then takes up to p_most jobs of the first of its queues that has
-- work, is not paused and has a place and an allowance left. p_lazy lets the claim commit asynchronously: for kinds without an
-- effect elsewhere a lost claim costs nothing, since the fence refuses its finish.
create function fl_job_claim(p_queues text[], p_most int, p_after uuid, p_lease_s float8, p_worker text, p_lazy boolean)
	returns setof public.jobs language plpgsql as $$
declare
	q record;
	v_most int;
begin
	perform pg_advisory_unlock_all();
	for q in select c.name, c.concurrency, c.rate_limit, c.rate_window_s
		from unnest(p_queues) with ordinality u(name, n) join public.queues c on c.name = u.name
		where c.paused_at is null and exists (select from public.jobs j where j.state = 'queued' and j.queue = u.name) order by u.n
	loop
		if not public.fl_job_place(q.name, q.concurrency) then
			continue;
		end if;
		v_most := p_most;
		if q.rate_limit is not null then
			v_most := public.fl_job_allowance(q.name, p_most, q.rate_limit, q.rate_window_s);
		end if;
		if v_most > 0 then
			return query select * from public.fl_job_take(q.name, v_most, p_after, p_lease_s, p_worker);
			if found then
				if p_lazy then
					perform set_config('synchronous_commit', 'off', true);
				end if;
				return;
			end if;
		end if;
		perform pg_advisory_unlock_all();
	end loop;
end
$$;

-- Completes jobs: moves them to the history. FL409, and so nothing of the transaction, when one of them is not ours any more.
create function fl_job_finish(p_orgs uuid[], p_ids uuid[], p_fences bigint[]) returns void language plpgsql
	set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
	v_done int;
begin
	with over as (
		delete from public.jobs j using unnest(p_orgs, p_ids, p_fences) f(org_id, id, fence)
			where j.org_id = f.org_id and j.id = f.id and j.fence = f.fence
			returning j.*
	)
	insert into public.job_history (org_id, id, user_id, queue, kind, payload, priority, state, runs, errors, kills, replays,
		max_attempts, worker,
			last_error, last_signal, fingerprint, request_id, created_at, started_at, finished_at)
		select org_id, id, user_id, queue, kind, payload, priority, 'completed', runs, errors, kills, replays, max_attempts, worker,
			last_error, last_signal, fingerprint, request_id, created_at, started_at, clock_timestamp() from over;
	get diagnostics v_done = row_count;
	if v_done <> cardinality(p_ids) then
		perform public.fl_fail('FL409', 'error.job_lost');
	end if;
end
$$;

-- Errors of one cause have one fingerprint: numbers, ids and quoted values are left out.
create function fl_fingerprint(p_kind text, p_error text) returns text language sql immutable as $$
	select substr(md5(p_kind || ':' || regexp_replace(p_error, '[0-9a-f]{8}-[0-9a-f-]{27}|"[^"]*"|[0-9]+', '#', 'gi')), 1, 12)
$$;

-- Moves an unfinished job to the history as dead or cancelled.
create function fl_job_bury(p_org uuid, p_id uuid, p_state text) returns void language plpgsql as $$
begin
	with over as (
		delete from public.jobs where org_id = p_org and id = p_id returning *
	)
	insert into public.job_history (org_id, id, user_id, queue, kind, payload, priority, state, runs, errors, kills, replays,
		max_attempts, worker,
			last_error, last_signal, fingerprint, request_id, created_at, started_at, finished_at)
		select org_id, id, user_id, queue, kind, payload, priority, p_state, runs, errors, kills, replays, max_attempts, worker,
			last_error, last_signal, fingerprint, request_id, created_at, started_at, clock_timestamp() from over;
end
$$;

-- The wait before the next try after p_errors failures: 2 s doubling, at most an hour, within a fifth either way (X-20).
create function fl_job_backoff(p_errors int) returns interval language sql volatile as $$
	select make_interval(secs => least(2 * 2 ^ least(p_errors - 1, 20), 3600) * (0.8 + 0.4 * random()))
$$;

-- A run that failed: back after a while, or dead when p_final. FL409 when the job is not ours any more.
create function fl_job_fail(p_org uuid, p_id uuid, p_fence bigint, p_rc text, p_error text, p_final boolean, p_after_s float8, p_max int)
	returns void language plpgsql as $$
declare
	j public.jobs;
	v_error text := left(coalesce(nullif(p_error, ''), p_rc), 2000);
begin
	update public.jobs set state = 'retry', fence = null, worker = null, lease_until = null, errors = errors + 1, max_attempts = p_max,
			last_error = v_error, fingerprint = public.fl_fingerprint(kind, v_error), updated_at = now(),
			run_at = clock_timestamp() + greatest(public.fl_job_backoff(errors + 1), make_interval(secs => p_after_s)),
			progress_done = null, progress_total = null, progress_text = null
		where org_id = p_org and id = p_id and fence = p_fence returning * into j;
	if not found then
		perform public.fl_fail('FL409', 'error.job_lost');
	end if;
	insert into public.job_attempts (org_id, job_id, run, outcome, error, rc, started_at, ended_at)
		values (p_org, p_id, j.runs, 'failed', v_error, p_rc, j.started_at, clock_timestamp()) on conflict do nothing;
	if p_final then
		perform public.fl_job_bury(p_org, p_id, 'dead');
	end if;
end
$$;

-- Buries a job that killed three times or whose attempts are used up by time-outs, with what is known of its last run.
create function fl_job_quarantine(p_org uuid, p_id uuid, p_fence bigint) returns void language plpgsql as $$
begin
	perform from public.jobs where org_id = p_org and id = p_id and fence = p_fence for update;
	if not found then
		perform public.fl_fail('FL409', 'error.job_lost');
	end if;
	update public.jobs set runs = runs - 1 where org_id = p_org and id = p_id;
	perform public.fl_job_bury(p_org, p_id, 'dead');
end
$$;

-- Takes the jobs of a process that is no more. p_current is the one it was running: it bears the blame. When that is not known and there
-- were several, none is blamed and each runs alone next time. Outcomes: killed and lost count as kills, timeout as an
-- error, returned as nothing. A job with three kills goes to a worker once more, only to be buried; with a fourth it is buried here.
create function fl_job_release(p_worker text, p_current uuid, p_outcome text, p_signal int,
	p_error text) returns setof text language plpgsql as $$
declare
	j public.jobs;
	v_held int;
	v_blamed boolean;
	v_outcome text;
begin
	select count(*) into v_held from public.jobs where state = 'active' and worker = p_worker;
	for j in select * from public.jobs where state = 'active' and worker = p_worker order by org_id, id for update loop
		v_blamed := p_outcome <> 'returned' and (coalesce(j.id = p_current, false) or v_held = 1);
		v_outcome := case when v_blamed then p_outcome else 'returned' end;
		insert into public.job_attempts (org_id, job_id, run, outcome, error, signal, worker, started_at, ended_at)
			values (j.org_id, j.id, j.runs, v_outcome, p_error, nullif(p_signal, 0), j.worker, j.started_at,
				clock_timestamp()) on conflict do nothing;
		update public.jobs set fence = null, lease_until = null, worker = null, updated_at = now(),
				state = case when v_outcome = 'timeout' then 'retry' else 'queued' end,
				run_at = case when v_outcome = 'timeout' then clock_timestamp() + public.fl_job_backoff(errors + 1) else run_at end,
				errors = errors + (v_outcome = 'timeout')::int,
				kills = kills + (v_outcome in ('killed', 'lost'))::int,
				suspect = suspect or (not v_blamed and p_outcome <> 'returned' and p_current is null),
				last_error = case when v_blamed then p_error else last_error end,
				last_signal = case when v_blamed then nullif(p_signal, 0) else last_signal end,
				fingerprint = case when v_blamed then public.fl_fingerprint(kind, p_error) else fingerprint end
			where org_id = j.org_id and id = j.id;
		if v_outcome in ('killed', 'lost') and j.kills >= 3 then
			perform public.fl_job_bury(j.org_id, j.id, 'dead');
		end if;
		return next j.queue;
	end loop;
end
$$;

-- Gives jobs back that were claimed and not begun.
create function fl_job_return(p_orgs uuid[], p_ids uuid[], p_fences bigint[]) returns void language plpgsql as $$
begin
	update public.jobs j set state = 'queued', fence = null, lease_until = null, worker = null, runs = runs - 1, updated_at = now()
		from unnest(p_orgs, p_ids, p_fences) f(org_id, id, fence) where j.org_id = f.org_id and j.id = f.id and j.fence = f.fence;
end
$$;

-- The supervisor's look at its living processes: their leases begin anew.
create function fl_job_renew(p_workers text[], p_lease_s float8) returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	with held as (
		select org_id, id from public.jobs where state = 'active' and worker = any (p_workers) for update skip locked
	)
	update public.jobs j set lease_until = now() + make_interval(secs => p_lease_s), renewed_at = now()
		from held where j.org_id = held.org_id and j.id = held.id;
	get diagnostics v_done = row_count;
	return v_done;
end
$$;

-- How far a long job is (QUE-08).
create function fl_job_progress(p_worker text, p_id uuid, p_done int, p_total int, p_text text) returns void language plpgsql as $$
begin
	update public.jobs set progress_done = p_done, progress_total = p_total, progress_text = left(p_text, 200), updated_at = now()
		where state = 'active' and worker = p_worker and id = p_id;
end
$$;

-- Delayed jobs and retries whose time has come. Answers the queues to ring.
create function fl_job_promote() returns setof text language plpgsql as $$
begin
	return query with due as (
		select org_id, id from public.jobs where state in ('delayed', 'retry') and run_at <= clock_timestamp()
			order by run_at limit 1000 for update skip locked
	), promoted as (
		update public.jobs j set state = 'queued', updated_at = now() from due where j.org_id = due.org_id and j.id = due.id returning j.queue
	)
	select distinct queue from promoted;
end
$$;

-- Jobs whose lease ran out: their machine is gone or frozen. Answers the queues to ring.
create function fl_job_recover() returns setof text language plpgsql as $$
declare
	w text;
begin
	for w in select distinct worker from public.jobs where state = 'active' and lease_until < clock_timestamp() loop
		if pg_try_advisory_xact_lock(hashtext('fl_job_recover'), hashtext(w)) then
			return query select * from public.fl_job_release(w, null, 'lost', 0, 'the machine that ran it did not answer');
		end if;
	end loop;
end
$$;

-- Their plans are pinned too: chosen for a table that happened to be full or empty they would walk its dead rows for ever.
-- (Measured: an unpinned probe in fl_job_claim took 40,000 jobs/s down to 2,000 once 60,000 jobs had gone through.)
do $$
declare
	f text;
begin
	foreach f in array array['fl_job_claim(text[], int, uuid, float8, text, boolean)', 'fl_job_release(text, uuid, text, int, text)',
		'fl_job_renew(text[], float8)', 'fl_job_promote()', 'fl_job_recover()', 'fl_job_progress(text, uuid, int, int, text)',
		'fl_job_fail(uuid, uuid, bigint, text, text, boolean, float8, int)', 'fl_job_bury(uuid, uuid, text)'] loop
		execute format('alter function %s set enable_seqscan = off', f);
		execute format('alter function %s set plan_cache_mode = force_generic_plan', f);
	end loop;
end
$$;

select fl_definer_function('fl_job_allowance(text, int, int, int)'), fl_definer_function('fl_job_take(text, int, uuid, float8, text)'),
	fl_definer_function('fl_job_claim(text[], int, uuid, float8, text, boolean)'),
		fl_definer_function('fl_job_finish(uuid[], uuid[], bigint[])'),
	fl_definer_function('fl_job_bury(uuid, uuid, text)'),
		fl_definer_function('fl_job_fail(uuid, uuid, bigint, text, text, boolean, float8, int)'),
	fl_definer_function('fl_job_quarantine(uuid, uuid, bigint)'), fl_definer_function('fl_job_release(text, uuid, text, int, text)'),
	fl_definer_function('fl_job_return(uuid[], uuid[], bigint[])'), fl_definer_function('fl_job_renew(text[], float8)'),
	fl_definer_function('fl_job_progress(text, uuid, int, int, text)'), fl_definer_function('fl_job_promote()'),
	fl_definer_function('fl_job_recover()', 'fl_app, fl_sweep');
-- only called by the functions above
revoke execute on function fl_job_allowance(text, int, int, int), fl_job_take(text, int, uuid, float8, text), fl_job_bury(uuid,
	uuid, text) from fl_app;
