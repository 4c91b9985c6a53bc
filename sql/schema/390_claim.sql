-- A claim is one function instead of three: each call of a set-returning function with settings of its own costs a table of results, a change of user and four
-- settings set and set back. All that waits in a queue is taken at once where it is no more than one round; only what is more is taken in turn.
alter table jobs add again_at timestamptz; -- what was wished while it ran, see 400
drop function fl_job_take(text, int, uuid, float8, text);
create or replace function fl_job_claim(p_queues text[], p_most int, p_after uuid, p_lease_s float8, p_worker text, p_lazy boolean)
	returns setof public.jobs language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
	q record;
	v_rows tid[];
	v_priority smallint;
	v_most int;
begin
	perform pg_advisory_unlock_all();
	for q in select c.name, c.concurrency, c.rate_limit, c.rate_window_s, w.waiting, w.priority from unnest(p_queues) with ordinality n(name, turn)
			join public.queues c on c.name = n.name and c.paused_at is null
			cross join lateral (select count(*) as waiting, min(x.priority) as priority
				from (select j.priority from public.jobs j where j.state = 'queued' and j.queue = c.name order by j.queue, j.priority limit p_most + 1) x) w
			where w.waiting > 0 order by n.turn loop
		continue when not public.fl_job_place(q.name, q.concurrency);
		v_most := case when q.rate_limit is null then p_most else public.fl_job_allowance(q.name, p_most, q.rate_limit, q.rate_window_s) end;
		v_rows := '{}';
		if q.waiting <= v_most then
			v_rows := array(select c.ctid from public.jobs c where c.state = 'queued' and c.queue = q.name
				and not exists (select from public.organizations o where o.id = c.org_id and o.suspended_at is not null)
				order by c.queue, c.priority, c.org_id, c.id limit v_most for update skip locked);
		else
			v_priority := q.priority;
			-- two ways round in each priority: what comes after the cursor, then from the start up to it
			while v_priority is not null and cardinality(v_rows) < v_most loop
				v_rows := v_rows || array(select c.ctid from public.jobs c
					where c.state = 'queued' and (c.queue, c.priority, c.org_id) > (q.name, v_priority, p_after)
						and (c.queue, c.priority, c.org_id) <= (q.name, v_priority, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
						and not exists (select from public.organizations o where o.id = c.org_id and o.suspended_at is not null)
					order by c.queue, c.priority, c.org_id, c.id limit v_most - cardinality(v_rows) for update skip locked);
				exit when cardinality(v_rows) = v_most;
				v_rows := v_rows || array(select c.ctid from public.jobs c
					where c.state = 'queued' and (c.queue, c.priority, c.org_id) > (q.name, v_priority, '00000000-0000-0000-0000-000000000000'::uuid)
						and (c.queue, c.priority, c.org_id) <= (q.name, v_priority, p_after)
						and not exists (select from public.organizations o where o.id = c.org_id and o.suspended_at is not null)
					order by c.queue, c.priority, c.org_id, c.id limit v_most - cardinality(v_rows) for update skip locked);
				select min(j.priority) into v_priority from public.jobs j where j.state = 'queued' and j.queue = q.name and j.priority > v_priority;
			end loop;
		end if;
		if v_rows <> '{}' then
			return query update public.jobs u set state = 'active', fence = (random() * 4294967295)::bigint << 32 | (random() * 4294967295)::bigint,
					worker = p_worker, lease_until = now() + make_interval(secs => p_lease_s), started_at = clock_timestamp(), renewed_at = null,
					runs = u.runs + 1, again_at = null, updated_at = now()
				where u.ctid = any (v_rows) returning u.*;
			if p_lazy then
				perform set_config('synchronous_commit', 'off', true);
			end if;
			return;
		end if;
		perform pg_advisory_unlock_all();
	end loop;
end
$$;
select fl_definer_function('fl_job_claim(text[], int, uuid, float8, text, boolean)');

create domain fl_trace as text check (length(value) = 32);
alter table jobs drop constraint jobs_trace_id_check;
alter table jobs alter trace_id type fl_trace;
