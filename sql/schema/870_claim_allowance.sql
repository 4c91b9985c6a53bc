-- Of a queue that may begin so many jobs a minute a round takes as many as wait for it, not as many as it may hold: a process that held 32 mails once used 32 up for each that
-- came alone.
create or replace function fl_job_claim_more(p_org uuid, p_id uuid, p_most int, p_lease_s float8, p_worker text) returns setof public.jobs language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
	v_queue text;
	v_priority smallint;
	v_limit int;
	v_window int;
	v_rows tid[];
begin
	select j.queue, j.priority, q.rate_limit, q.rate_window_s into v_queue, v_priority, v_limit, v_window
		from public.jobs j join public.queues q on q.name = j.queue and q.paused_at is null where j.org_id = p_org and j.id = p_id and j.state = 'active' and j.worker = p_worker;
	v_rows := array(select c.ctid from public.jobs c where c.state = 'queued' and c.queue = v_queue and c.priority = v_priority and c.org_id = p_org
		and not c.suspect and c.kills = 0 order by c.queue, c.priority, c.org_id, c.id limit p_most for update skip locked);
	if v_limit is not null and v_rows <> '{}' then
		v_rows := v_rows[1:public.fl_job_allowance(v_queue, cardinality(v_rows), v_limit, v_window)];
	end if;
	return query update public.jobs u set state = 'active', fence = (random() * 4294967295)::bigint << 32 | (random() * 4294967295)::bigint,
			worker = p_worker, lease_until = now() + make_interval(secs => p_lease_s), started_at = clock_timestamp(), renewed_at = null,
			runs = u.runs + 1, again_at = null, updated_at = now()
		where u.ctid = any (v_rows) returning u.*;
end
$$;
select fl_definer_function('fl_job_claim_more(uuid, uuid, int, float8, text)');
