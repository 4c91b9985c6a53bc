-- A job that runs and whose work nobody wants any more is told so when it next says how far it is. It ends by itself and writes down what it cost.
alter table jobs add column stop_at timestamptz;

create function fl_job_stop(p_queue text, p_dedupe text) returns void language plpgsql as $$
begin
	update public.jobs set stop_at = now() where org_id = public.fl_org() and queue = p_queue and dedupe = p_dedupe and state = 'active';
end
$$;

-- As in 322; answers the job when it is to stop.
drop function fl_job_progress(text, uuid, int, int, text);
create function fl_job_progress(p_worker text, p_id uuid, p_done int, p_total int, p_text text) returns uuid language plpgsql as $$
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
	return (select x.id from public.jobs x where x.id = p_id and x.worker = p_worker and x.state = 'active' and x.stop_at is not null);
end
$$;
select fl_definer_function('fl_job_progress(text, uuid, int, int, text)'), fl_definer_function('fl_job_stop(text, text)');

create or replace function chat_stop(p_turn uuid) returns table (id uuid, conversation_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	t chat_turns := chat_turn_mine(p_turn);
begin
	if t.id is null then
		return;
	end if;
	update chat_turns x set status = 'DONE', kind = 'stopped', updated_at = now() where x.org_id = fl_org() and x.id = t.id and x.status = 'WAITING';
	delete from llm_reservations r where r.org_id = fl_org() and r.intake_id = t.id;
	perform fl_job_stop('chat', 'answer:' || t.id);
	return query select t.id, t.conversation_id;
end
$$;
