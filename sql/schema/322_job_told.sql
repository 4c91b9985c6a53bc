-- As in 301; nobody hears of the jobs of the platform itself.

drop trigger jobs_told on jobs;

create trigger jobs_told after delete on jobs for each row when (old.progress_url is not null and old.org_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff') execute function job_told();

-- How far a job is (173), also to the address of its caller.
create or replace function fl_job_progress(p_worker text, p_id uuid, p_done int, p_total int, p_text text) returns void language plpgsql as $$
declare
	j public.jobs;
begin
	update public.jobs set progress_done = p_done, progress_total = p_total, progress_text = left(p_text, 200), updated_at = now()
		where id = p_id and worker = p_worker and state = 'active' and (progress_done, progress_total, progress_text) is distinct from (p_done, p_total, left(p_text, 200))
		returning * into j;
	if j.progress_url is not null and j.org_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff' then
		perform public.job_tell(j, 'active', p_done, p_total, left(p_text, 200));
	end if;
	if j.id is not null and exists (select from public.hooks h where h.org_id = j.org_id and h.active and 'job.progress' = any (h.events)) then
		perform set_config('app.current_org_id', j.org_id::text, true), set_config('app.actor', 'system', true);
		perform public.hook_post(j.org_id, h.id, 'job.progress', j.id, jsonb_build_object('job_id', j.id, 'queue', j.queue, 'kind', j.kind, 'done', p_done, 'total', p_total, 'text', left(p_text, 200)))
			from public.hooks h where h.org_id = j.org_id and h.active and 'job.progress' = any (h.events) order by h.id;
	end if;
end
$$;
select fl_definer_function('fl_job_progress(text, uuid, int, int, text)');
