-- Promises 18 and 19: two signatures while a secret is changed, and an address that answers 410 hears no more.

alter table hooks add column secret_was bytea, add column secret_was_until timestamptz;
select fl_sealed_column('hooks', 'secret_was', 'hook');

-- What became of a post. A person is told when posts of a hook fail for good, once until one arrives; 410 says
-- that nobody is there any more: the hook is switched off.
create or replace function hook_posted(p_id uuid, p_state text, p_status bigint, p_error text) returns void language plpgsql as $$
declare
	p hook_posts;
	h hooks;
begin
	update hook_posts x set state = p_state, status = p_status, error = left(p_error, 300), sent_at = case when p_state = 'sent' then now() end, updated_at = now(),
			tries = least(32000, (select count(*) from job_attempts a where a.org_id = fl_org() and a.job_id = nullif(current_setting('app.job_id', true), '')::uuid and a.outcome <> 'returned')
				+ 1)
		where x.org_id = fl_org() and x.id = p_id and x.state <> 'sent' returning * into p;
	if p.id is null then
		return;
	end if;
	if p_state = 'sent' then
		update hooks x set failing = false where x.org_id = p.org_id and x.id = p.hook_id and x.failing;
		return;
	end if;
	update hooks x set active = false, version = x.version + 1, updated_at = now() where x.org_id = p.org_id and x.id = p.hook_id and p_status = 410 and x.active;
	update hooks x set failing = true where x.org_id = p.org_id and x.id = p.hook_id and not x.failing returning * into h;
	if h.id is not null then
		perform fl_notify(null, 'hook_failed', 'hook', h.id, jsonb_build_object('subject', h.name));
	end if;
end
$$;

-- Makes a hook, or changes one (p_id). A null secret leaves the one it has; the one before another signs along for a day.
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
			secret_was = case when excluded.secret is not null then x.secret else x.secret_was end,
			secret_was_until = case when excluded.secret is not null then now() + interval '1 day' else x.secret_was_until end,
			events = excluded.events, active = excluded.active, version = x.version + 1, updated_at = now();
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

-- Whether two posts began their way to this hook before the one whose job this is: a slow address takes two processes, no more (promise 19).
create function hook_is_busy(p_hook uuid) returns boolean language sql stable as $$
	select count(*) > 1 from jobs j join jobs own on own.org_id = j.org_id and own.id = nullif(current_setting('app.job_id', true), '')::uuid
	where j.org_id = fl_org() and j.state = 'active' and j.kind = 'hook.post' and j.payload ->> 'hook_id' = p_hook::text and (j.started_at, j.id) < (own.started_at, own.id)
$$;

-- Another turn for a post whose hook is busy.
create function hook_post_later(p_id uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('automation', 'hook.post', jsonb_build_object('post_id', p.id, 'hook_id', p.hook_id), 5, now() + make_interval(secs => 0.3 + 0.7 * random()))
		from hook_posts p where p.org_id = fl_org() and p.id = p_id and p.state = 'waiting';
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
