-- A job that found a disk without room goes on when there is some: no error is counted, and the next try comes after a quarter of the
-- time since its first run; not since it was made, which may be long before it was due (a reminder).
create function fl_job_wait(p_org uuid, p_id uuid, p_fence bigint, p_error text)
	returns void language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
	v_since timestamptz := (select min(a.started_at) from public.job_attempts a where a.org_id = p_org and a.job_id = p_id);
	j public.jobs;
begin
	update public.jobs set state = 'retry', fence = null, worker = null, lease_until = null, last_error = left(p_error, 2000),
			fingerprint = public.fl_fingerprint(kind, p_error), updated_at = now(),
			run_at = clock_timestamp() + greatest((clock_timestamp() - coalesce(v_since, started_at)) / 4, interval '30 s'),
			progress_done = null, progress_total = null, progress_text = null
		where org_id = p_org and id = p_id and fence = p_fence returning * into j;
	if not found then
		perform public.fl_fail('FL409', 'error.job_lost');
	end if;
	insert into public.job_attempts (org_id, job_id, run, outcome, error, rc, started_at, ended_at)
		values (p_org, p_id, j.runs, 'failed', j.last_error, 'later', j.started_at, clock_timestamp()) on conflict do nothing;
end
$$;
select fl_definer_function('fl_job_wait(uuid, uuid, bigint, text)');
