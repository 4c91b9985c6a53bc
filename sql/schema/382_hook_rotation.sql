-- Promises 18 and 19: two signatures while a secret is changed, and an address that answers 410 hears no more.

alter table hooks add column secret_was bytea, add column secret_was_until timestamptz;
select fl_sealed_column('hooks', 'secret_was', 'hook');
create index hook_posts_waiting on hook_posts (org_id, hook_id) where state = 'waiting';

-- A hook is switched off: what waits for it has failed, and its jobs are cancelled. A post on its way at this moment says itself what became of it.
create function hook_silence(p_hook uuid, p_why text) returns void language plpgsql as $$
declare
	v_posts text[];
begin
	with gone as (
		update public.hook_posts x set state = 'failed', error = p_why, updated_at = now() where x.org_id = public.fl_org() and x.id in (select w.id from public.hook_posts w
			where w.org_id = public.fl_org() and w.hook_id = p_hook and w.state = 'waiting' for update skip locked) returning x.id
	)
	select array_agg(g.id::text) into v_posts from gone g;
	perform public.fl_job_bury(public.fl_org(), x.id, 'cancelled') from (select j.id from public.jobs j
		where j.org_id = public.fl_org() and j.kind = 'hook.post' and j.state <> 'active' and j.payload ->> 'post_id' = any (v_posts) for update skip locked) x;
end
$$;
select fl_definer_function('hook_silence(uuid, text)');

-- What became of a post. A person is told when posts of a hook fail for good, once until one arrives; 410 says
-- that nobody is there any more: the hook is switched off.
create or replace function hook_posted(p_id uuid, p_state text, p_status bigint, p_error text) returns void language plpgsql as $$
declare
	p hook_posts;
	h hooks;
begin
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

-- Makes a hook, or changes one (p_id). A null secret leaves the one it has; the one that signed before another signs along for a day.
create or replace function hook_save(p_id uuid, p_version bigint, p_name text, p_url text, p_form text, p_secret bytea, p_events jsonb, p_active boolean) returns table (id uuid) language plpgsql as $$
declare
	v_events text[] := array(select k.type from hook_kinds() k where coalesce(p_events, '[]') ? k.type order by k.n);
	h hooks;
begin
	if p_id is not null and not exists (select from hooks x where x.org_id = fl_org() and x.id = p_id) then
		return;
	end if;
	if p_url !~ '^https?://[^[:space:][:cntrl:]]+$' then
		perform fl_fail('FL422', 'wrong.hook_url', 'url');
	end if;
	if cardinality(v_events) = 0 then
		perform fl_fail('FL422', 'wrong.hook_events', 'events');
	end if;
	if exists (select from hooks x where x.org_id = fl_org() and lower(x.name) = lower(p_name) and x.id is distinct from p_id) then
		perform fl_fail('FL422', 'wrong.taken', 'name');
	end if;
	if p_id is null then
		h.id := fl_uuid();
	else
		select * into h from hooks x where x.org_id = fl_org() and x.id = p_id for update;
		if p_version is not null and p_version <> h.version then
			perform fl_fail('FL409', 'wrong.stale', 'version');
		end if;
	end if;
	if p_form <> 'chat' and coalesce(p_secret, h.secret) is null then
		perform fl_fail('FL422', 'wrong.required', 'secret');
	end if;
	insert into hooks as x (org_id, id, name, url, form, secret, events, active) values (fl_org(), h.id, p_name, p_url, p_form, p_secret, v_events, coalesce(p_active, true))
		on conflict on constraint hooks_pkey do update set name = excluded.name, url = excluded.url, form = excluded.form, secret = coalesce(excluded.secret, x.secret),
			secret_was = case when excluded.form <> 'json' or x.form <> 'json' then null when excluded.secret is not null then x.secret else x.secret_was end,
			secret_was_until = case when excluded.form <> 'json' or x.form <> 'json' then null when excluded.secret is not null then now() + interval '1 day' else x.secret_was_until end,
			events = excluded.events, active = excluded.active, version = x.version + 1, updated_at = now();
	if h.active and not coalesce(p_active, true) then
		perform hook_silence(h.id, 'switched off');
	end if;
	perform fl_audit('hook.save', 'hook', h.id, jsonb_build_object('name', p_name, 'events', v_events));
	return query select h.id;
end
$$;

-- One post of one hook.
create or replace function hook_post(p_org uuid, p_hook uuid, p_type text, p_subject uuid, p_payload jsonb) returns uuid language plpgsql as $$
declare
	v_seq bigint;
	v_id uuid := public.fl_uuid();
begin
	insert into public.hook_marks as m (org_id, hook_id, subject_id, seq) values (p_org, p_hook, p_subject, 1)
		on conflict (org_id, hook_id, subject_id) do update set seq = m.seq + 1 returning m.seq into v_seq;
	insert into public.hook_posts (org_id, id, hook_id, type, subject_id, seq, payload) values (p_org, v_id, p_hook, p_type, p_subject, v_seq, p_payload);
	perform public.fl_enqueue('automation', 'hook.post', jsonb_build_object('post_id', v_id, 'hook_id', p_hook));
	return v_id;
end
$$;

-- One of the two places on the way to a hook, held by this session until its next claim (fl_job_claim gives all locks back) or its end: a slow address takes two
-- processes, no more (promise 19).
create function hook_place(p_hook uuid) returns boolean language plpgsql as $$
declare
	v_class int := hashtext('hook:' || p_hook);
begin
	return pg_try_advisory_lock(v_class, 1) or pg_try_advisory_lock(v_class, 2);
end
$$;

-- Another turn for a post whose hook is busy, when its turn will be: half of those that wait go before it, each as long as the slower of the two on their way has
-- taken so far. A place given back is no attempt.
create function hook_post_later(p_id uuid) returns void language plpgsql as $$
declare
	own jobs;
	v_hook uuid;
	v_waiting float8;
	v_slow_s float8;
begin
	select j.* into strict own from jobs j where j.org_id = fl_org() and j.id = current_setting('app.job_id')::uuid;
	select p.hook_id into v_hook from hook_posts p where p.org_id = own.org_id and p.id = p_id and p.state = 'waiting';
	if v_hook is null then
		return;
	end if;
	select count(*) into v_waiting from (select from hook_posts w where w.org_id = own.org_id and w.hook_id = v_hook and w.state = 'waiting' limit 1000) x;
	select coalesce(extract(epoch from clock_timestamp() - min(j.started_at)), 0) into v_slow_s from jobs j
		where j.org_id = own.org_id and j.state = 'active' and j.kind = 'hook.post' and j.payload ->> 'hook_id' = v_hook::text and j.id <> own.id;
	insert into jobs (org_id, user_id, queue, kind, payload, priority, state, run_at, errors, kills, suspect, request_id)
		values (own.org_id, own.user_id, own.queue, own.kind, own.payload, own.priority, 'delayed',
			clock_timestamp() + make_interval(secs => least(300, greatest(0.5, v_waiting / 2 * v_slow_s)) * (0.7 + 0.6 * random())), own.errors, own.kills, own.suspect, own.request_id);
end
$$;

-- A post made while its hook was being switched off.
create function hook_post_off(p_id uuid) returns void language plpgsql as $$
begin
	update hook_posts x set state = 'failed', error = 'switched off', updated_at = now() from hooks h
		where x.org_id = fl_org() and x.id = p_id and x.state = 'waiting' and h.org_id = x.org_id and h.id = x.hook_id and not h.active;
end
$$;

create or replace function hook_post_again(p_id uuid) returns table (id uuid, hook_id uuid) language plpgsql as $$
declare
	h hooks;
begin
	select k.* into h from hook_posts x join hooks k on k.org_id = x.org_id and k.id = x.hook_id where x.org_id = fl_org() and x.id = p_id and x.state = 'failed' for update of x;
	if h.id is not null and not h.active then
		perform fl_fail('FL409', 'wrong.hook_off', 'id');
	elsif h.id is not null then
		update hook_posts x set state = 'waiting', error = null, updated_at = now() where x.org_id = h.org_id and x.id = p_id;
		perform fl_enqueue('automation', 'hook.post', jsonb_build_object('post_id', p_id, 'hook_id', h.id));
		perform fl_audit('hook.post_again', 'hook_post', p_id);
		return query select p_id, h.id;
	end if;
end
$$;

-- The sweep: posts go after 30 days, the secret before another when it signs no more.
create or replace function hook_forget() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	update public.hooks set secret_was = null, secret_was_until = null where secret_was_until <= now();
	delete from public.hook_posts where created_at < now() - interval '30 days' and state <> 'waiting';
	get diagnostics v_done = row_count;
	return v_done;
end
$$;
select fl_definer_function('hook_forget()', 'fl_sweep');
