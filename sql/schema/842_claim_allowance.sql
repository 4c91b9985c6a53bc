-- Of a queue that may begin so many jobs a minute a claim spends as many as wait: a bell whose job somebody else had taken spent what a whole round may hold (840).
create or replace function fl_job_claim(p_queues text[], p_most int, p_after uuid, p_lease_s float8, p_worker text, p_lazy boolean)
	returns setof public.job_claimed language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
	v_none text := pg_advisory_unlock_all();
	v_queues text[] := p_queues;
	v_queue text;
	q record;
	v_rows tid[];
	v_priority smallint;
	v_most int;
	v_more boolean; -- than one round: in turn
begin
	if cardinality(p_queues) > 1 then
		v_queues := array(select n.name from unnest(p_queues) with ordinality n(name, turn)
			where exists (select from public.jobs j where j.state = 'queued' and j.queue = n.name) order by n.turn);
	end if;
	foreach v_queue in array v_queues loop
		select c.concurrency, c.rate_limit, c.rate_window_s into q from public.queues c where c.name = v_queue and c.paused_at is null;
		continue when q.concurrency is null or not public.fl_job_place(v_queue, q.concurrency);
		v_most := p_most;
		if q.rate_limit is not null then
			v_most := public.fl_job_allowance(v_queue, (select count(*) from (select from public.jobs j where j.state = 'queued' and j.queue = v_queue
				order by j.queue, j.priority limit p_most) x)::int, q.rate_limit, q.rate_window_s);
		end if;
		v_rows := '{}';
		v_more := false;
		if not p_lazy then
			v_more := v_most < (select count(*) from (select from public.jobs j where j.state = 'queued' and j.queue = v_queue order by j.queue, j.priority limit v_most + 1) x);
		end if;
		if not v_more then
			v_rows := array(select c.ctid from public.jobs c where c.state = 'queued' and c.queue = v_queue
					and not exists (select from public.organizations o where o.id = c.org_id and o.suspended_at is not null)
				order by c.queue, c.priority, c.org_id, c.id limit v_most for update skip locked);
			v_more := p_lazy and cardinality(v_rows) = v_most;
		end if;
		if v_more then
			v_rows := '{}';
			v_priority := (select min(j.priority) from public.jobs j where j.state = 'queued' and j.queue = v_queue);
			-- two ways round in each priority: what comes after the cursor, then from the start up to it
			while v_priority is not null and cardinality(v_rows) < v_most loop
				v_rows := v_rows || array(select c.ctid from public.jobs c
					where c.state = 'queued' and (c.queue, c.priority, c.org_id) > (v_queue, v_priority, p_after)
						and (c.queue, c.priority, c.org_id) <= (v_queue, v_priority, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
						and not exists (select from public.organizations o where o.id = c.org_id and o.suspended_at is not null)
					order by c.queue, c.priority, c.org_id, c.id limit v_most - cardinality(v_rows) for update skip locked);
				exit when cardinality(v_rows) = v_most;
				v_rows := v_rows || array(select c.ctid from public.jobs c
					where c.state = 'queued' and (c.queue, c.priority, c.org_id) > (v_queue, v_priority, '00000000-0000-0000-0000-000000000000'::uuid)
						and (c.queue, c.priority, c.org_id) <= (v_queue, v_priority, p_after)
						and not exists (select from public.organizations o where o.id = c.org_id and o.suspended_at is not null)
					order by c.queue, c.priority, c.org_id, c.id limit v_most - cardinality(v_rows) for update skip locked);
				select min(j.priority) into v_priority from public.jobs j where j.state = 'queued' and j.queue = v_queue and j.priority > v_priority;
			end loop;
		end if;
		if v_rows <> '{}' then
			v_none := case when p_lazy then set_config('synchronous_commit', 'off', true) end;
			return query update public.jobs u set state = 'active', fence = (random() * 4294967295)::bigint << 32 | (random() * 4294967295)::bigint,
					worker = p_worker, lease_until = now() + make_interval(secs => p_lease_s), started_at = clock_timestamp(), renewed_at = null,
					runs = u.runs + 1, again_at = null, updated_at = now()
				where u.ctid = any (v_rows)
				returning u.org_id, u.id, u.user_id, u.queue, u.kind, u.payload, u.priority::smallint, u.runs, u.errors, u.kills, u.suspect, u.fence, u.created_at, u.request_id,
					u.trace_id::text, u.progress_url;
			return;
		end if;
		v_none := pg_advisory_unlock_all();
	end loop;
end
$$;
select fl_definer_function('fl_job_claim(text[], int, uuid, float8, text, boolean)');
