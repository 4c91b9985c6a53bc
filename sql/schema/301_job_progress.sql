-- Progress of a job to an address its caller gave (QUE-08): the header X-Progress-Url of a request stands for its transaction, like a trace; the jobs made in it
-- keep it and hand it on to the jobs they make. Each step and the end is a job of its own, hook.progress, which has none.
alter table jobs add progress_url text default nullif(current_setting('app.progress_url', true), '') check (length(progress_url) <= 500);

create function job_tell(p_job jobs, p_state text, p_done int, p_total int, p_text text) returns void language plpgsql as $$
begin
	insert into public.jobs (org_id, queue, kind, payload, request_id, trace_id, progress_url) values (p_job.org_id, 'automation', 'hook.progress',
		jsonb_build_object('url', p_job.progress_url, 'body', jsonb_build_object('type', 'job.progress', 'job_id', p_job.id, 'queue', p_job.queue, 'kind', p_job.kind, 'state', p_state,
			'done', p_done, 'total', p_total, 'text', p_text, 'request_id', p_job.request_id, 'at', clock_timestamp())), p_job.request_id, p_job.trace_id, null);
end
$$;
select fl_definer_function('job_tell(jobs, text, int, int, text)');

-- What became of it stands in the history by now; a job that went with its organisation has none.
create function job_told() returns trigger language plpgsql as $$
begin
	perform public.job_tell(old, h.state, old.progress_done, old.progress_total, null) from public.job_history h where h.org_id = old.org_id and h.id = old.id;
	return null;
end
$$;
create trigger jobs_told after delete on jobs for each row when (old.progress_url is not null) execute function job_told();

-- How far a job is (173), also to the address of its caller.
create or replace function fl_job_progress(p_worker text, p_id uuid, p_done int, p_total int, p_text text) returns void language plpgsql as $$
declare
	j public.jobs;
begin
	update public.jobs set progress_done = p_done, progress_total = p_total, progress_text = left(p_text, 200), updated_at = now()
		where id = p_id and worker = p_worker and state = 'active' and (progress_done, progress_total, progress_text) is distinct from (p_done, p_total, left(p_text, 200))
		returning * into j;
	if j.progress_url is not null then
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
