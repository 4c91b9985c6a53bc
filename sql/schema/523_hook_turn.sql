-- A post that found its address busy takes another turn as another job: the row its turn before left among the finished jobs goes with it, so that a post leaves one row
-- however long it waits.
create function hook_turn_forget(p_payload jsonb) returns void language plpgsql as $$
begin
	if p_payload ? 'turn' then
		delete from public.job_history h where h.org_id = public.fl_org() and h.id = (p_payload ->> 'turn')::uuid and h.kind = 'hook.post' and h.state = 'completed';
	end if;
end
$$;
select fl_definer_function('hook_turn_forget(jsonb)');

-- As in 382.
create or replace function hook_post_later(p_id uuid) returns void language plpgsql as $$
declare
	own jobs;
	v_hook uuid;
	v_waiting float8;
	v_slow_s float8;
begin
	select j.* into strict own from jobs j where j.org_id = fl_org() and j.id = current_setting('app.job_id')::uuid;
	select p.hook_id into v_hook from hook_posts p where p.org_id = own.org_id and p.id = p_id and p.state = 'waiting';
	perform hook_turn_forget(own.payload);
	if v_hook is null then
		return;
	end if;
	select count(*) into v_waiting from (select from hook_posts w where w.org_id = own.org_id and w.hook_id = v_hook and w.state = 'waiting' limit 1000) x;
	select coalesce(extract(epoch from clock_timestamp() - min(j.started_at)), 0) into v_slow_s from jobs j
		where j.org_id = own.org_id and j.state = 'active' and j.kind = 'hook.post' and j.payload ->> 'hook_id' = v_hook::text and j.id <> own.id;
	insert into jobs (org_id, user_id, queue, kind, payload, priority, state, run_at, errors, kills, suspect, request_id)
		values (own.org_id, own.user_id, own.queue, own.kind, own.payload || jsonb_build_object('turn', own.id), own.priority, 'delayed',
			clock_timestamp() + make_interval(secs => least(300, greatest(0.5, v_waiting / 2 * v_slow_s)) * (0.7 + 0.6 * random())), own.errors, own.kills, own.suspect, own.request_id);
end
$$;

-- As in 382.
create or replace function hook_posted(p_id uuid, p_state text, p_status bigint, p_error text) returns void language plpgsql as $$
declare
	p hook_posts;
	h hooks;
begin
	perform hook_turn_forget((select j.payload from jobs j where j.org_id = fl_org() and j.id = nullif(current_setting('app.job_id', true), '')::uuid));
	update hook_posts x set state = p_state, status = p_status, error = left(p_error, 300), sent_at = case when p_state = 'sent' then now() end, updated_at = now(),
			tries = least(32000, 1 + coalesce((select j.errors + j.kills from jobs j where j.org_id = fl_org() and j.id = nullif(current_setting('app.job_id', true), '')::uuid), 0))
		where x.org_id = fl_org() and x.id = p_id and x.state <> 'sent' returning * into p;
	if p.id is null then
		return;
	end if;
	if p_state = 'sent' then
		update hooks x set failing = false where x.org_id = p.org_id and x.id = p.hook_id and x.failing;
		return;
	end if;
	update hooks x set active = false, version = x.version + 1, updated_at = now() where x.org_id = p.org_id and x.id = p.hook_id and p_status = 410 and x.active;
	if found then
		perform hook_silence(p.hook_id, 'switched off (410)');
	end if;
	update hooks x set failing = true where x.org_id = p.org_id and x.id = p.hook_id and not x.failing returning * into h;
	if h.id is not null then
		perform fl_notify(null, 'hook_failed', 'hook', h.id, jsonb_build_object('subject', h.name));
	end if;
end
$$;
