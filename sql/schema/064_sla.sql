-- Promised times (SLA): policies, business hours, clocks. A clock is computed from what happened (the request, its messages, closing, opening
-- again), never from when somebody looked: a sweep that stood still changes only when an alert is seen.

select fl_grant('sla.manage', 'owner admin operator');

create table sla_policies (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	pipeline_id uuid,  -- null: any
	contact_id uuid,   -- a client's own policy; null: any
	priority_max smallint check (priority_max between 1 and 9), -- for this priority and more urgent ones; null: any
	first_min int check (first_min between 1 and 527040),       -- minutes of business time; null: not promised
	next_min int check (next_min between 1 and 527040),
	resolve_min int check (resolve_min between 1 and 527040),
	warn_pct smallint not null default 80 check (warn_pct between 1 and 99),
	escalate_min int check (escalate_min between 1 and 100000), -- after the breach; null: not
	escalate_user_id uuid,                                      -- to whom; null: all operators again
	zone text not null default 'UTC',
	holidays date[] not null default '{}',
	active boolean not null default true,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, pipeline_id) references pipelines (org_id, id),
	foreign key (org_id, contact_id) references contacts (org_id, id)
);
select fl_tenant_table('sla_policies');

-- Business hours: several periods a day, 1 Monday to 7 Sunday. A policy without any counts day and night.
create table sla_hours (
	org_id uuid not null,
	policy_id uuid not null,
	weekday smallint not null check (weekday between 1 and 7),
	opens time not null,
	closes time not null check (closes > opens), -- 24:00 is the day's end
	primary key (org_id, policy_id, weekday, opens),
	foreign key (org_id, policy_id) references sla_policies (org_id, id)
);
select fl_tenant_table('sla_hours');

create table sla_clocks (
	org_id uuid not null,
	intake_id uuid not null,
	kind text not null check (kind in ('first', 'next', 'resolve')),
	policy_id uuid not null,
	state text not null check (state in ('running', 'paused', 'stopped')),
	reason text not null check (reason in ('runs', 'waits_requester', 'answered', 'closed')),
	started_at timestamptz not null,
	changed_at timestamptz not null, -- the event that brought it where it stands
	target_s int not null,
	used_s int not null,             -- business time used up to changed_at
	due_at timestamptz,              -- running: when it is used up
	breached_at timestamptz,         -- when it was, whoever looked when
	next_at timestamptz,             -- when the sweep has something to do with it
	updated_at timestamptz not null default now(),
	primary key (org_id, intake_id, kind),
	foreign key (org_id, policy_id) references sla_policies (org_id, id)
);
create index sla_clocks_next on sla_clocks (next_at) where next_at is not null;
select fl_tenant_table('sla_clocks');

-- What was told, once a clock, deadline and level.
create table sla_alerts (
	org_id uuid not null,
	subject_id uuid not null, -- request or task
	kind text not null check (kind in ('first', 'next', 'resolve', 'task')),
	level text not null check (level in ('warning', 'breach', 'escalation')),
	due_at timestamptz not null,
	seen_at timestamptz not null default now(),
	primary key (org_id, subject_id, kind, level, due_at)
);
select fl_tenant_table('sla_alerts', 'select, insert');

-- The periods of business of a policy from p_from on, at most p_days days. Each local wall-clock time becomes its own instant, so a day with a
-- clock change is an hour shorter or longer, as the hands on the wall say.
create function sla_periods(p_policy uuid, p_from timestamptz, p_days int) returns table (opens timestamptz, closes timestamptz) language plpgsql stable as $$
declare
	p sla_policies;
	d date;
begin
	select * into p from sla_policies x where x.org_id = fl_org() and x.id = p_policy;
	d := (p_from at time zone p.zone)::date;
	for i in 0 .. p_days - 1 loop
		if d + i <> all (p.holidays) then
			return query select greatest((d + i + h.opens) at time zone p.zone, p_from), (d + i + h.closes) at time zone p.zone from sla_hours h
				where h.org_id = p.org_id and h.policy_id = p.id and h.weekday = extract(isodow from d + i) and (d + i + h.closes) at time zone p.zone > p_from order by h.opens;
		end if;
	end loop;
end
$$;

-- When p_seconds of business time after p_from are over.
create function sla_add(p_policy uuid, p_from timestamptz, p_seconds float8) returns timestamptz language plpgsql stable as $$
declare
	w record;
	v_left float8 := p_seconds;
	v_from timestamptz := p_from;
begin
	if not exists (select from sla_hours h where h.org_id = fl_org() and h.policy_id = p_policy) then
		return p_from + make_interval(secs => p_seconds);
	end if;
	for round in 1 .. 60 loop
		for w in select * from sla_periods(p_policy, v_from, 31) loop
			if extract(epoch from w.closes - w.opens) >= v_left then
				return w.opens + make_interval(secs => v_left);
			end if;
			v_left := v_left - extract(epoch from w.closes - w.opens);
		end loop;
		v_from := date_trunc('day', (v_from at time zone (select zone from sla_policies where org_id = fl_org() and id = p_policy)) + interval '31 days')
			at time zone (select zone from sla_policies where org_id = fl_org() and id = p_policy);
	end loop;
	return null; -- no business within five years
end
$$;

-- Seconds of business time between two instants.
create function sla_worked(p_policy uuid, p_from timestamptz, p_to timestamptz) returns float8 language plpgsql stable as $$
begin
	if p_to <= p_from then
		return 0;
	end if;
	if not exists (select from sla_hours h where h.org_id = fl_org() and h.policy_id = p_policy) then
		return extract(epoch from p_to - p_from);
	end if;
	return coalesce((select sum(extract(epoch from least(w.closes, p_to) - w.opens)) from sla_periods(p_policy, p_from, (extract(epoch from p_to - p_from) / 86400)::int + 2) w
		where w.opens < p_to), 0);
end
$$;

-- The policy of a request: the client's own before the pipeline's before the priority's before the general one; the newest of equals.
create function sla_policy_of(r intake_requests) returns sla_policies language plpgsql stable as $$
declare
	p sla_policies;
begin
	select * into p from sla_policies x where x.org_id = fl_org() and x.active and (x.contact_id is null or x.contact_id = r.contact_id)
		and (x.pipeline_id is null or x.pipeline_id = r.pipeline_id) and (x.priority_max is null or r.priority <= x.priority_max)
		order by x.contact_id is null, x.pipeline_id is null, coalesce(x.priority_max, 99), x.id desc limit 1;
	return p;
end
$$;

-- What happened to a request, for its clocks, in order.
create function sla_story(r intake_requests) returns table (what text, at timestamptz) language plpgsql stable as $$
begin
	return query select x.w, x.t from (
		select 'open' as w, r.created_at as t, 0 as n
		union all select m.direction, m.created_at, 1 from intake_messages m where m.org_id = r.org_id and m.intake_id = r.id and m.direction in ('in', 'out')
		union all select case l.action when 'intake.reopen' then 'open' else 'close' end, l.at, 2 from audit_log l where l.org_id = r.org_id and l.subject_id = r.id
			and l.action in ('intake.close', 'intake.reject', 'intake.reopen')
	) x order by x.t, x.n;
end
$$;

-- Writes a clock as it stands. It runs from p_since with p_used behind it, or stands (p_state) since then.
create function sla_clock_set(r intake_requests, p sla_policies, p_kind text, p_target_min int, p_started timestamptz, p_state text, p_reason text, p_since timestamptz, p_used float8,
	p_breached timestamptz) returns void language plpgsql as $$
declare
	v_target float8 := p_target_min * 60;
	v_due timestamptz := case when p_state = 'running' then case when p_used < v_target then sla_add(p.id, p_since, v_target - p_used) else p_breached end end;
	v_warn timestamptz := case when p_state = 'running' and p_used < v_target * p.warn_pct / 100 then sla_add(p.id, p_since, v_target * p.warn_pct / 100 - p_used) else p_since end;
begin
	insert into sla_clocks as c (org_id, intake_id, kind, policy_id, state, reason, started_at, changed_at, target_s, used_s, due_at, breached_at, next_at)
		values (r.org_id, r.id, p_kind, p.id, p_state, p_reason, p_started, p_since, v_target, p_used, v_due, p_breached, case when p_state = 'running' then v_warn when p_breached is not null then p_breached end)
		on conflict (org_id, intake_id, kind) do update set policy_id = excluded.policy_id, state = excluded.state, reason = excluded.reason, started_at = excluded.started_at,
			changed_at = excluded.changed_at, target_s = excluded.target_s, used_s = excluded.used_s, due_at = excluded.due_at, breached_at = excluded.breached_at,
			next_at = excluded.next_at, updated_at = now();
end
$$;

-- Computes the clocks of a request anew from its story. Answers the same whenever and however often it is called.
create function sla_compute(p_intake uuid) returns void language plpgsql as $$
declare
	r intake_requests;
	p sla_policies;
	e record;
	v_first timestamptz;                       -- the first answer, or the end without one
	v_first_why text;
	v_ask timestamptz;                         -- the oldest word of the requester without an answer
	v_ask_start timestamptz;
	v_ask_end timestamptz;
	v_ask_why text;
	v_run timestamptz;                         -- the resolution clock runs since
	v_since timestamptz;
	v_used float8 := 0;
	v_state text := 'running';
	v_why text := 'runs';
	v_broke timestamptz;
begin
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
	p := sla_policy_of(r);
	if r.id is null or r.status = 'QUARANTINED' or p.id is null then
		return;
	end if;
	for e in select * from sla_story(r) loop
		if e.what in ('out', 'close') then
			if v_first is null then
				v_first := e.at;
				v_first_why := case e.what when 'out' then 'answered' else 'closed' end;
			elsif v_ask is not null then
				v_ask_end := e.at;
				v_ask_why := case e.what when 'out' then 'answered' else 'closed' end;
				v_ask := null;
			end if;
			if v_run is not null then
				if v_broke is null and p.resolve_min is not null and v_used + sla_worked(p.id, v_run, e.at) > p.resolve_min * 60 then
					v_broke := sla_add(p.id, v_run, p.resolve_min * 60 - v_used);
				end if;
				v_used := v_used + sla_worked(p.id, v_run, e.at);
				v_run := null;
				v_since := e.at;
			end if;
			v_state := case e.what when 'out' then 'paused' else 'stopped' end;
			v_why := case e.what when 'out' then 'waits_requester' else 'closed' end;
		elsif e.what in ('in', 'open') then
			if e.what = 'in' and v_first is not null and v_ask is null then
				v_ask := e.at;
				v_ask_start := e.at;
				v_ask_end := null;
			end if;
			if v_run is null then
				v_run := e.at;
				v_since := e.at;
			end if;
			v_state := 'running';
			v_why := 'runs';
		end if;
	end loop;
	if p.first_min is not null then
		perform sla_clock_set(r, p, 'first', p.first_min, r.created_at, case when v_first is null then 'running' else 'stopped' end, coalesce(v_first_why, 'runs'),
			coalesce(v_first, r.created_at), case when v_first is null then 0 else sla_worked(p.id, r.created_at, v_first) end,
			case when sla_add(p.id, r.created_at, p.first_min * 60) < coalesce(v_first, now()) then sla_add(p.id, r.created_at, p.first_min * 60) end);
	end if;
	if p.next_min is not null and v_ask_start is not null then
		perform sla_clock_set(r, p, 'next', p.next_min, v_ask_start, case when v_ask_end is null then 'running' else 'stopped' end, case when v_ask_end is null then 'runs' else v_ask_why end,
			coalesce(v_ask_end, v_ask_start), case when v_ask_end is null then 0 else sla_worked(p.id, v_ask_start, v_ask_end) end,
			case when sla_add(p.id, v_ask_start, p.next_min * 60) < coalesce(v_ask_end, now()) then sla_add(p.id, v_ask_start, p.next_min * 60) end);
	end if;
	if p.resolve_min is not null then
		if v_run is not null and v_broke is null and sla_add(p.id, v_run, p.resolve_min * 60 - v_used) < now() then
			v_broke := sla_add(p.id, v_run, p.resolve_min * 60 - v_used);
		end if;
		perform sla_clock_set(r, p, 'resolve', p.resolve_min, r.created_at, v_state, v_why, v_since, v_used, v_broke);
	end if;
	delete from sla_clocks c where c.org_id = r.org_id and c.intake_id = r.id
		and (c.kind = 'first' and p.first_min is null or c.kind = 'next' and (p.next_min is null or v_ask_start is null) or c.kind = 'resolve' and p.resolve_min is null);
	-- the queue orders by what is promised next
	update intake_requests x set due_at = c.due from (select min(k.due_at) as due from sla_clocks k where k.org_id = r.org_id and k.intake_id = r.id and k.state = 'running' and k.kind <> 'resolve') c
		where x.org_id = r.org_id and x.id = r.id and c.due is not null and x.due_at is distinct from c.due;
end
$$;

-- Every change of a request's story passes here; taking one in does not (it only inserts), its routing does.
create function sla_follow() returns trigger language plpgsql as $$
begin
	if tg_table_name = 'intake_requests' then
		perform sla_compute(new.id);
	else
		perform sla_compute(new.intake_id);
	end if;
	return null;
end
$$;
-- deferred to the commit: the audit row of closing comes after the change
create constraint trigger sla_follow after update on intake_requests deferrable initially deferred for each row
	when (new.status is distinct from old.status or new.pipeline_id is distinct from old.pipeline_id or new.priority is distinct from old.priority
		or new.contact_id is distinct from old.contact_id or new.closed_at is distinct from old.closed_at) execute function sla_follow();
create constraint trigger sla_follow after insert on intake_messages deferrable initially deferred for each row when (new.direction in ('in', 'out')) execute function sla_follow();

-- --- the sweep ---

insert into notification_kinds values ('sla_warning', 60), ('sla_breach', 61), ('sla_escalation', 62), ('task_late', 96);

create function sla_tell(c sla_clocks, p_level text, p_due timestamptz) returns boolean language plpgsql as $$
declare
	r record;
	v_detail jsonb;
begin
	insert into public.sla_alerts (org_id, subject_id, kind, level, due_at) values (c.org_id, c.intake_id, c.kind, p_level, p_due) on conflict do nothing;
	if not found then
		return false;
	end if;
	select i.number, i.subject, i.assignee_id, p.escalate_user_id into r from public.intake_requests i join public.sla_policies p on p.org_id = i.org_id and p.id = c.policy_id
		where i.org_id = c.org_id and i.id = c.intake_id;
	v_detail := jsonb_build_object('number', r.number, 'subject', r.subject, 'clock', c.kind);
	if p_level = 'warning' and r.assignee_id is not null then
		perform public.fl_notify(r.assignee_id, 'sla_warning', 'intake', c.intake_id, v_detail);
	elsif p_level = 'escalation' then
		perform public.fl_notify(r.escalate_user_id, 'sla_escalation', 'intake', c.intake_id, v_detail);
	else
		perform public.fl_notify(null, 'sla_' || p_level, 'intake', c.intake_id, v_detail);
		if r.assignee_id is not null and not exists (select from public.memberships m join public.role_permissions x on x.role = m.role and x.permission = 'notify.receive'
				where m.org_id = c.org_id and m.user_id = r.assignee_id) then
			perform public.fl_notify(r.assignee_id, 'sla_' || p_level, 'intake', c.intake_id, v_detail);
		end if;
	end if;
	perform public.fl_audit('sla.' || p_level, 'intake', c.intake_id, jsonb_build_object('clock', c.kind, 'due_at', p_due));
	if p_level = 'breach' then
		perform public.fl_emit('sla.breached', jsonb_build_object('intake_id', c.intake_id, 'clock', c.kind, 'due_at', p_due));
	end if;
	return true;
end
$$;

-- Warns, notes breaches at the time they happened, escalates; then late tasks. Answers how many alerts it gave.
create function sla_sweep() returns bigint language plpgsql as $$
declare
	c public.sla_clocks;
	t record;
	v_org uuid;
	v_broke timestamptz;
	v_escalate timestamptz;
	v_done bigint := 0;
begin
	for c in select * from public.sla_clocks k where k.next_at <= now() order by k.next_at limit 20000 for update skip locked loop
		if v_org is distinct from c.org_id then
			v_org := c.org_id;
			perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
		end if;
		v_broke := coalesce(c.breached_at, case when c.state = 'running' and c.due_at <= now() then c.due_at end);
		select v_broke + make_interval(mins => p.escalate_min) into v_escalate from public.sla_policies p where p.org_id = c.org_id and p.id = c.policy_id;
		if v_broke is not null then
			v_done := v_done + public.sla_tell(c, 'breach', v_broke)::int;
			if c.state = 'running' and v_escalate <= now() then
				v_done := v_done + public.sla_tell(c, 'escalation', v_broke)::int;
			end if;
		elsif c.state = 'running' then
			v_done := v_done + public.sla_tell(c, 'warning', c.due_at)::int;
		end if;
		update public.sla_clocks k set breached_at = v_broke, updated_at = now(),
				next_at = case when k.state <> 'running' then null when v_broke is null then k.due_at when v_escalate > now() then v_escalate end
			where k.org_id = c.org_id and k.intake_id = c.intake_id and k.kind = c.kind;
	end loop;
	for t in select x.org_id, x.id, x.title, x.due_at, x.assignee_id from public.tasks x where x.due_at <= now() and x.status not in ('DONE', 'CANCELLED')
			and x.breached_due_at is distinct from x.due_at order by x.due_at limit 20000 for update skip locked loop
		perform set_config('app.current_org_id', t.org_id::text, true), set_config('app.actor', 'system', true);
		insert into public.sla_alerts (org_id, subject_id, kind, level, due_at) values (t.org_id, t.id, 'task', 'breach', t.due_at) on conflict do nothing;
		if found then
			perform public.fl_emit('task.sla_breached', jsonb_build_object('task_id', t.id, 'due_at', t.due_at));
			perform public.fl_notify(null, 'task_late', 'task', t.id, jsonb_build_object('subject', t.title));
			perform public.fl_audit('task.late', 'task', t.id, jsonb_build_object('due_at', t.due_at));
			v_done := v_done + 1;
		end if;
		update public.tasks x set breached_due_at = t.due_at where x.org_id = t.org_id and x.id = t.id;
	end loop;
	return v_done;
end
$$;
alter table tasks add column breached_due_at timestamptz;
drop index tasks_due;
create index tasks_due on tasks (due_at) where status not in ('DONE', 'CANCELLED') and due_at is not null and breached_due_at is distinct from due_at;
select fl_definer_function('sla_sweep()', 'fl_sweep');

-- --- policies ---

-- Makes a policy, or changes one (p_id). p_hours {"1": "09:00-13:00, 14:00-18:00", ...}, p_holidays a day a line. Open requests get their clocks anew.
create function sla_policy_save(p_id uuid, p_version bigint, p_name text, p_pipeline uuid, p_contact uuid, p_priority bigint, p_first bigint, p_next bigint, p_resolve bigint, p_warn bigint,
	p_escalate bigint, p_escalate_user uuid, p_zone text, p_hours jsonb, p_holidays text, p_active boolean) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid := p_id;
	v_days date[] := '{}';
	v_line text;
	v_part text;
	o sla_policies;
	n record;
begin
	if p_id is not null and not exists (select from sla_policies x where x.org_id = fl_org() and x.id = p_id) then
		return;
	end if;
	if p_first is null and p_next is null and p_resolve is null then
		perform fl_fail('FL422', 'wrong.sla_nothing', 'first_min');
	end if;
	if not exists (select from pg_timezone_names z where z.name = p_zone) then
		perform fl_fail('FL422', 'wrong.choice', 'zone');
	end if;
	if p_pipeline is not null and not exists (select from pipelines x where x.org_id = fl_org() and x.id = p_pipeline) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	if p_contact is not null and not exists (select from contacts x where x.org_id = fl_org() and x.id = p_contact) then
		perform fl_fail('FL422', 'wrong.choice', 'contact_id');
	end if;
	for v_line in select trim(l) from regexp_split_to_table(coalesce(p_holidays, ''), '[\r\n,]+') l where trim(l) <> '' loop
		begin
			v_days := v_days || v_line::date;
		exception when datetime_field_overflow or invalid_datetime_format then
			perform fl_fail('FL422', 'wrong.date', 'holidays');
		end;
	end loop;
	if p_id is null then
		insert into sla_policies as x (org_id, name) values (fl_org(), p_name) returning x.id into v_id;
	else
		select * into o from sla_policies x where x.org_id = fl_org() and x.id = p_id for update;
		if p_version is not null and p_version <> o.version then
			perform fl_fail('FL409', 'wrong.stale', 'version');
		end if;
	end if;
	update sla_policies x set name = p_name, pipeline_id = p_pipeline, contact_id = p_contact, priority_max = nullif(p_priority, 0), first_min = p_first, next_min = p_next, resolve_min = p_resolve,
			warn_pct = coalesce(p_warn, 80), escalate_min = p_escalate, escalate_user_id = task_person(p_escalate_user, 'escalate_user_id'), zone = p_zone, holidays = v_days,
			active = coalesce(p_active, true), version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = v_id;
	delete from sla_hours h where h.org_id = fl_org() and h.policy_id = v_id;
	for n in select key, value from jsonb_each_text(coalesce(p_hours, '{}')) loop
		for v_part in select trim(t) from regexp_split_to_table(n.value, '[,;]') t where trim(t) <> '' loop
			if n.key !~ '^[1-7]$' or v_part !~ '^([01]?[0-9]|2[0-3]):[0-5][0-9] ?[-–] ?(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$'
					or split_part(translate(v_part, '– ', '-'), '-', 1)::time >= split_part(translate(v_part, '– ', '-'), '-', 2)::time then
				perform fl_fail('FL422', 'wrong.sla_hours', 'hours.' || n.key);
			end if;
			if exists (select from sla_hours h where h.org_id = fl_org() and h.policy_id = v_id and h.weekday = n.key::int
					and (h.opens, h.closes) overlaps (split_part(translate(v_part, '– ', '-'), '-', 1)::time, split_part(translate(v_part, '– ', '-'), '-', 2)::time)) then
				perform fl_fail('FL422', 'wrong.sla_hours', 'hours.' || n.key);
			end if;
			insert into sla_hours (org_id, policy_id, weekday, opens, closes)
				values (fl_org(), v_id, n.key::int, split_part(translate(v_part, '– ', '-'), '-', 1)::time, split_part(translate(v_part, '– ', '-'), '-', 2)::time);
		end loop;
	end loop;
	perform fl_audit('sla_policy.save', 'sla_policy', v_id, jsonb_build_object('name', p_name));
	perform sla_compute(r.id) from intake_requests r where r.org_id = fl_org() and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW')
		order by r.id desc limit 2000;
	return query select v_id;
end
$$;
