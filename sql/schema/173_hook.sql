-- Alerts that leave the house (NTF-07, QUE-08, promise 15): a chat, a pager or a program of somebody's own hears of chosen events. A trigger on the
-- events writes one post for each hook in the transaction of the change, numbered for each subject: the number is taken under a lock held until the
-- commit, so numbers are in the order of commits. A job brings each post; signed, tried again, and visible with what was answered.

create table hooks (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	url text not null check (url ~ '^https?://[^[:space:][:cntrl:]]+$' and length(url) <= 500),
	form text not null default 'json' check (form in ('json', 'chat', 'pager')),
	secret bytea, -- sealed: signs the json form (Standard Webhooks), or is the pager's routing key
	events text[] not null default '{}',
	active boolean not null default true,
	failing boolean not null default false, -- told to a person; until one arrives again
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index hooks_name on hooks (org_id, lower(name));
select fl_tenant_table('hooks');
select fl_sealed_column('hooks', 'secret', 'hook');

create table hook_marks (
	org_id uuid not null,
	hook_id uuid not null,
	subject_id uuid not null,
	seq bigint not null,
	primary key (org_id, hook_id, subject_id),
	foreign key (org_id, hook_id) references hooks (org_id, id) on delete cascade
);
select fl_tenant_table('hook_marks');

create table hook_posts (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	hook_id uuid not null,
	type text not null,
	subject_id uuid not null,
	seq bigint not null,
	payload jsonb not null,
	state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
	tries smallint not null default 0,
	status int, -- of the last answer
	error text,
	sent_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, hook_id, subject_id, seq),
	foreign key (org_id, hook_id) references hooks (org_id, id) on delete cascade
);
create index hook_posts_hook on hook_posts (org_id, hook_id, id);
select fl_tenant_table('hook_posts');

insert into notification_kinds values ('hook_failed', 91);
insert into notification_subjects values ('hook', '/channels/hooks', true);

-- What may be chosen, in the order people see it.
create function hook_kinds() returns table (type text, n bigint) language sql immutable as $$
	select k, n from unnest(array['sla.breached', 'task.sla_breached', 'intake.created', 'intake.updated', 'decision.completed', 'task.created', 'task.status_changed', 'task.completed',
		'pipeline.stage_changed', 'calendar.changed', 'booking.confirmed', 'booking.cancelled', 'reminder.due', 'document.completed', 'job.progress']) with ordinality x(k, n)
$$;

-- One post of one hook.
create function hook_post(p_org uuid, p_hook uuid, p_type text, p_subject uuid, p_payload jsonb) returns uuid language plpgsql as $$
declare
	v_seq bigint;
	v_id uuid := public.fl_uuid();
begin
	insert into public.hook_marks as m (org_id, hook_id, subject_id, seq) values (p_org, p_hook, p_subject, 1)
		on conflict (org_id, hook_id, subject_id) do update set seq = m.seq + 1 returning m.seq into v_seq;
	insert into public.hook_posts (org_id, id, hook_id, type, subject_id, seq, payload) values (p_org, v_id, p_hook, p_type, p_subject, v_seq, p_payload);
	perform public.fl_enqueue('automation', 'hook.post', jsonb_build_object('post_id', v_id));
	return v_id;
end
$$;

create function hook_event() returns trigger language plpgsql as $$
begin
	perform public.hook_post(h.org_id, h.id, new.type, coalesce(new.payload ->> 'intake_id', new.payload ->> 'task_id', new.payload ->> 'booking_id', new.payload ->> 'item_id',
			new.payload ->> 'document_id', new.payload ->> 'subject_id', new.payload ->> 'event_id', new.id::text)::uuid, new.payload)
		from public.hooks h where h.org_id = new.org_id and h.active and new.type = any (h.events) order by h.id;
	return null;
end
$$;
create trigger hooks after insert on system_events for each row when (new.type in ('sla.breached', 'task.sla_breached', 'intake.created', 'intake.updated', 'decision.completed',
	'task.created', 'task.status_changed', 'task.completed', 'pipeline.stage_changed', 'calendar.changed', 'booking.confirmed', 'booking.cancelled', 'reminder.due',
	'document.completed')) execute function hook_event();

-- How far a job is, as the supervisor notes it (003), and to the hooks that asked for it.
create or replace function fl_job_progress(p_worker text, p_id uuid, p_done int, p_total int, p_text text) returns void language plpgsql as $$
declare
	j record;
begin
	update public.jobs set progress_done = p_done, progress_total = p_total, progress_text = left(p_text, 200), updated_at = now()
		where id = p_id and worker = p_worker and state = 'active' and (progress_done, progress_total, progress_text) is distinct from (p_done, p_total, left(p_text, 200))
		returning org_id, id, queue, kind into j;
	if j.id is not null and exists (select from public.hooks h where h.org_id = j.org_id and h.active and 'job.progress' = any (h.events)) then
		perform set_config('app.current_org_id', j.org_id::text, true), set_config('app.actor', 'system', true);
		perform public.hook_post(j.org_id, h.id, 'job.progress', j.id, jsonb_build_object('job_id', j.id, 'queue', j.queue, 'kind', j.kind, 'done', p_done, 'total', p_total, 'text', left(p_text, 200)))
			from public.hooks h where h.org_id = j.org_id and h.active and 'job.progress' = any (h.events) order by h.id;
	end if;
end
$$;
select fl_definer_function('fl_job_progress(text, uuid, int, int, text)');

-- What became of a post. A person is told when posts of a hook fail for good, once until one arrives.
create function hook_posted(p_id uuid, p_state text, p_status bigint, p_error text) returns void language plpgsql as $$
declare
	p hook_posts;
	h hooks;
begin
	update hook_posts x set state = p_state, status = p_status, error = left(p_error, 300), sent_at = case when p_state = 'sent' then now() end, updated_at = now(),
			tries = least(32000, (select count(*) from job_attempts a where a.org_id = fl_org() and a.job_id = nullif(current_setting('app.job_id', true), '')::uuid and a.outcome <> 'returned')
				+ (p_state = 'sent')::int)
		where x.org_id = fl_org() and x.id = p_id and x.state <> 'sent' returning * into p;
	if p.id is null then
		return;
	end if;
	if p_state = 'sent' then
		update hooks x set failing = false where x.org_id = p.org_id and x.id = p.hook_id and x.failing;
		return;
	end if;
	update hooks x set failing = true where x.org_id = p.org_id and x.id = p.hook_id and not x.failing returning * into h;
	if h.id is not null then
		perform fl_notify(null, 'hook_failed', 'hook', h.id, jsonb_build_object('subject', h.name));
	end if;
end
$$;

-- Makes a hook, or changes one (p_id). A null secret leaves the one it has.
create function hook_save(p_id uuid, p_version bigint, p_name text, p_url text, p_form text, p_secret bytea, p_events jsonb, p_active boolean) returns table (id uuid) language plpgsql as $$
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
			events = excluded.events, active = excluded.active, version = x.version + 1, updated_at = now();
	perform fl_audit('hook.save', 'hook', h.id, jsonb_build_object('name', p_name, 'events', v_events));
	return query select h.id;
end
$$;

-- A post that says hello.
create function hook_try(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	return query select p_id from (select hook_post(h.org_id, h.id, 'hook.test', h.id, '{}') from hooks h where h.org_id = fl_org() and h.id = p_id) x;
end
$$;

create function hook_post_again(p_id uuid) returns table (id uuid, hook_id uuid) language plpgsql as $$
begin
	return query update hook_posts x set state = 'waiting', error = null, updated_at = now() where x.org_id = fl_org() and x.id = p_id and x.state = 'failed' returning x.id, x.hook_id;
	if found then
		perform fl_enqueue('automation', 'hook.post', jsonb_build_object('post_id', p_id));
		perform fl_audit('hook.post_again', 'hook_post', p_id);
	end if;
end
$$;

-- The sweep: posts go after 30 days.
create function hook_forget() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	delete from public.hook_posts where created_at < now() - interval '30 days' and state <> 'waiting';
	get diagnostics v_done = row_count;
	return v_done;
end
$$;
select fl_definer_function('hook_forget()', 'fl_sweep');
