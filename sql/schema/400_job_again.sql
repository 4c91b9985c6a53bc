-- A wish whose key is taken by a job that runs already would be lost: the job has read what it works on. It is noted at that job and becomes a job of its own
-- when the job is over, so that two of one key never run beside each other. A job that has not begun will see everything: its row is locked until the wish is
-- committed, and a claim passes over locked rows. The lock is shared, or people who ask at once would wait for each other. What a job wishes of itself is what
-- it is doing; a sweep wishes again at its next tick.

-- The unfinished job of a key; null: ask again, it has begun or ended meanwhile.
create function fl_job_again(p_queue text, p_dedupe text, p_run_at timestamptz) returns uuid language plpgsql as $$
declare
	v_self text := coalesce(current_setting('app.job_id', true), '');
	v_id uuid;
begin
	if session_user = 'fl_sweep' then
		select j.id into v_id from public.jobs j where j.org_id = public.fl_org() and j.queue = p_queue and j.dedupe = p_dedupe;
		return v_id;
	end if;
	update public.jobs j set again_at = coalesce(p_run_at, now())
		where j.org_id = public.fl_org() and j.queue = p_queue and j.dedupe = p_dedupe and j.state = 'active' and j.id::text <> v_self
			and (j.again_at is null or j.again_at > coalesce(p_run_at, now()))
		returning j.id into v_id;
	if v_id is null then
		select j.id into v_id from public.jobs j where j.org_id = public.fl_org() and j.queue = p_queue and j.dedupe = p_dedupe
			and (j.state <> 'active' or j.again_at is not null or j.id::text = v_self) for share;
	end if;
	return v_id;
end
$$;

create or replace function fl_enqueue(p_queue text, p_kind text, p_payload jsonb, p_priority int default 5,
	p_run_at timestamptz default null, p_dedupe text default null)
	returns uuid language plpgsql as $$
declare
	v_queue text;
	v_id uuid;
begin
	select name into v_queue from public.queues where name = p_queue;
	if not found then
		select name into v_queue from public.queues where alias = p_queue;
		if not found then
			raise exception 'unknown queue %', p_queue using errcode = 'invalid_parameter_value';
		end if;
	end if;
	loop
		insert into public.jobs (org_id, user_id, queue, kind, payload, priority, state, run_at, dedupe, request_id)
			values (public.fl_org(), public.fl_user(), v_queue, p_kind, p_payload, p_priority,
				case when p_run_at > now() then 'delayed' else 'queued' end,
				coalesce(p_run_at, now()), p_dedupe, coalesce(current_setting('app.request_id', true), ''))
			on conflict (org_id, queue, dedupe) where dedupe is not null do nothing
			returning id into v_id;
		exit when v_id is not null;
		v_id := public.fl_job_again(v_queue, p_dedupe, p_run_at);
		exit when v_id is not null;
	end loop;
	return v_id;
end
$$;

-- As jobs_told: after the statement that wrote the history; a job that went with its organisation, or was cancelled, is not done again.
create function job_again() returns trigger language plpgsql as $$
begin
	insert into public.jobs (org_id, user_id, queue, kind, payload, priority, state, run_at, dedupe, max_attempts, request_id, trace_id, progress_url)
		select old.org_id, old.user_id, old.queue, old.kind, old.payload, old.priority, case when old.again_at > clock_timestamp() then 'delayed' else 'queued' end,
			old.again_at, old.dedupe, old.max_attempts, old.request_id, old.trace_id, null
		from public.job_history h where h.org_id = old.org_id and h.id = old.id and h.state <> 'cancelled'
		on conflict (org_id, queue, dedupe) where dedupe is not null do nothing;
	return null;
end
$$;
create trigger jobs_again after delete on jobs for each row when (old.again_at is not null) execute function job_again();

select fl_definer_function('fl_job_again(text, text, timestamptz)', 'fl_app, fl_owner, fl_sweep'), fl_definer_function('job_again()');

-- As in 023, without a second key for what came while a model was made.
drop function learner_keep(bytea, int, timestamptz);
create function learner_keep(p_bytes bytea, p_cases int) returns bigint language plpgsql as $$
declare
	v_version bigint := coalesce((select max(version) from learner_models where org_id = fl_org()), 0) + 1;
begin
	insert into learner_models (org_id, version, bytes, cases) values (fl_org(), v_version, p_bytes, p_cases);
	delete from learner_models where org_id = fl_org() and version <= v_version - 5;
	perform fl_audit('learner.train', 'learner', null, jsonb_build_object('version', v_version, 'cases', p_cases));
	return v_version;
end
$$;
