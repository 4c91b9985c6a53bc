-- A missed promise climbs a chain: each further step so much business time after the breach, to a person or to all operators. What no policy promises
-- any more has no clock, and a changed policy reaches every open request, by jobs of queue sla-monitor.

create table sla_escalations (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	policy_id uuid not null,
	after_min int not null check (after_min between 1 and 100000), -- business time after the breach
	user_id uuid,                                                  -- to whom; null, or no member any more: all operators
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, policy_id, after_min),
	foreign key (org_id, policy_id) references sla_policies (org_id, id)
);
select fl_tenant_table('sla_escalations');
alter table sla_alerts add column step int not null default 0; -- of the chain: its after_min
alter table sla_alerts drop constraint sla_alerts_pkey, add primary key (org_id, subject_id, kind, level, step, due_at);
-- the pages that show all clocks
create index sla_clocks_due on sla_clocks (org_id, due_at, intake_id, kind) where state = 'running';
create index sla_clocks_paused on sla_clocks (org_id, changed_at, intake_id, kind) where state = 'paused';
create index sla_clocks_missed on sla_clocks (org_id, breached_at, intake_id, kind) where breached_at is not null;

-- The whole chain of a policy: its own first step, then the further ones.
create function sla_chain(p_policy uuid) returns table (after_min int, user_id uuid) language sql stable as $$
	select x.after_min, x.user_id from (
		select p.escalate_min as after_min, p.escalate_user_id as user_id from public.sla_policies p where p.org_id = public.fl_org() and p.id = p_policy and p.escalate_min is not null
		union all select e.after_min, e.user_id from public.sla_escalations e where e.org_id = public.fl_org() and e.policy_id = p_policy) x order by x.after_min
$$;

create function sla_escalation_add(p_policy uuid, p_after bigint, p_user uuid) returns table (id uuid) language plpgsql as $$
begin
	perform from sla_policies p where p.org_id = fl_org() and p.id = p_policy for update;
	if not found then
		return;
	end if;
	if exists (select from sla_chain(p_policy) c where c.after_min = p_after) then
		perform fl_fail('FL422', 'wrong.taken', 'after_min');
	end if;
	if (select count(*) from sla_chain(p_policy)) >= 9 then
		perform fl_fail('FL422', 'wrong.range', 'after_min');
	end if;
	insert into sla_escalations (org_id, policy_id, after_min, user_id) values (fl_org(), p_policy, p_after, task_person(p_user, 'user_id'));
	perform fl_audit('sla_policy.escalation_add', 'sla_policy', p_policy, jsonb_strip_nulls(jsonb_build_object('after_min', p_after, 'user_id', p_user)));
	perform sla_wake(p_policy);
	return query select p_policy;
end
$$;

create function sla_escalation_remove(p_policy uuid, p_step uuid) returns table (id uuid) language plpgsql as $$
begin
	delete from sla_escalations e where e.org_id = fl_org() and e.policy_id = p_policy and e.id = p_step;
	if found then
		perform fl_audit('sla_policy.escalation_remove', 'sla_policy', p_policy);
		return query select p_policy;
	end if;
end
$$;

-- The sweep looks again at what a policy has missed: its chain has changed.
create function sla_wake(p_policy uuid) returns void language sql as $$
	update sla_clocks c set next_at = now() where c.org_id = fl_org() and c.policy_id = p_policy and c.state = 'running' and c.breached_at is not null
$$;

-- Operators, and who has it when he is none of them.
create function sla_notify(p_assignee uuid, p_kind text, p_subject_kind text, p_subject uuid, p_detail jsonb) returns void language plpgsql as $$
begin
	perform public.fl_notify(null, p_kind, p_subject_kind, p_subject, p_detail);
	if p_assignee is not null and not exists (select from public.memberships m join public.role_permissions x on x.role = m.role and x.permission = 'notify.receive'
			where m.org_id = public.fl_org() and m.user_id = p_assignee) then
		perform public.fl_notify(p_assignee, p_kind, p_subject_kind, p_subject, p_detail);
	end if;
end
$$;

-- Tells a level once a clock and deadline; p_step and p_user of an escalation.
drop function sla_tell(sla_clocks, text, timestamptz);
create function sla_tell(c sla_clocks, p_level text, p_due timestamptz, p_step int, p_user uuid) returns boolean language plpgsql as $$
declare
	r record;
	v_detail jsonb;
begin
	insert into public.sla_alerts (org_id, subject_id, kind, level, step, due_at) values (c.org_id, c.intake_id, c.kind, p_level, p_step, p_due) on conflict do nothing;
	if not found then
		return false;
	end if;
	select i.number, i.subject, i.assignee_id into r from public.intake_requests i where i.org_id = c.org_id and i.id = c.intake_id;
	v_detail := jsonb_build_object('number', r.number, 'subject', r.subject, 'clock', c.kind);
	if p_level = 'warning' and r.assignee_id is not null then
		perform public.fl_notify(r.assignee_id, 'sla_warning', 'intake', c.intake_id, v_detail);
	elsif p_level = 'escalation' then
		perform public.fl_notify((select m.user_id from public.memberships m where m.org_id = c.org_id and m.user_id = p_user), 'sla_escalation', 'intake', c.intake_id, v_detail);
	else
		perform public.sla_notify(case when p_level = 'breach' then r.assignee_id end, 'sla_' || p_level, 'intake', c.intake_id, v_detail);
	end if;
	perform public.fl_audit('sla.' || p_level, 'intake', c.intake_id, jsonb_strip_nulls(jsonb_build_object('clock', c.kind, 'due_at', p_due, 'after_min', nullif(p_step, 0), 'user_id', p_user)));
	if p_level = 'breach' then
		perform public.fl_emit('sla.breached', jsonb_build_object('intake_id', c.intake_id, 'clock', c.kind, 'due_at', p_due));
	end if;
	return true;
end
$$;

-- Warns, notes breaches at the time they happened, climbs the chain; then late tasks. Answers how many alerts it gave.
create or replace function sla_sweep() returns bigint language plpgsql as $$
declare
	c public.sla_clocks;
	t record;
	s record;
	v_org uuid;
	v_policy uuid;
	v_chain boolean;
	v_broke timestamptz;
	v_at timestamptz;
	v_next timestamptz;
	v_done bigint := 0;
begin
	for c in select * from public.sla_clocks k where k.next_at <= now() order by k.next_at limit 20000 for update skip locked loop
		if v_org is distinct from c.org_id then
			v_org := c.org_id;
			v_policy := null;
			perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
		end if;
		if v_policy is distinct from c.policy_id then
			v_policy := c.policy_id;
			v_chain := exists (select from public.sla_chain(v_policy));
		end if;
		v_broke := coalesce(c.breached_at, case when c.state = 'running' and c.due_at <= now() then c.due_at end);
		v_next := null;
		if v_broke is not null then
			v_done := v_done + public.sla_tell(c, 'breach', v_broke, 0, null)::int;
			if c.state = 'running' and v_chain then
				for s in select * from public.sla_chain(v_policy) loop
					v_at := public.sla_add(c.policy_id, v_broke, s.after_min * 60);
					if v_at > now() then
						v_next := v_at;
						exit;
					end if;
					v_done := v_done + public.sla_tell(c, 'escalation', v_broke, s.after_min, s.user_id)::int;
				end loop;
			end if;
		elsif c.state = 'running' then
			v_done := v_done + public.sla_tell(c, 'warning', c.due_at, 0, null)::int;
			v_next := c.due_at;
		end if;
		update public.sla_clocks k set breached_at = v_broke, updated_at = now(), next_at = v_next where k.org_id = c.org_id and k.intake_id = c.intake_id and k.kind = c.kind;
	end loop;
	for t in select x.org_id, x.id, x.title, x.due_at, x.assignee_id from public.tasks x where x.due_at <= now() and x.status not in ('DONE', 'CANCELLED')
			and x.breached_due_at is distinct from x.due_at order by x.due_at limit 20000 for update skip locked loop
		perform set_config('app.current_org_id', t.org_id::text, true), set_config('app.actor', 'system', true);
		insert into public.sla_alerts (org_id, subject_id, kind, level, due_at) values (t.org_id, t.id, 'task', 'breach', t.due_at) on conflict do nothing;
		if found then
			perform public.fl_emit('task.sla_breached', jsonb_build_object('task_id', t.id, 'due_at', t.due_at));
			perform public.sla_notify(t.assignee_id, 'task_late', 'task', t.id, jsonb_build_object('subject', t.title));
			perform public.fl_audit('task.late', 'task', t.id, jsonb_build_object('due_at', t.due_at));
			v_done := v_done + 1;
		end if;
		update public.tasks x set breached_due_at = t.due_at where x.org_id = t.org_id and x.id = t.id;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sla_sweep()', 'fl_sweep');

-- --- a changed policy ---

-- Open requests older than p_after get their clocks anew, 200 at a time; the rest is another job.
create function sla_compute_more(p_after uuid) returns void language plpgsql as $$
declare
	v_id uuid;
	v_n int := 0;
begin
	for v_id in select r.id from intake_requests r where r.org_id = fl_org() and r.id < list_after(p_after::text)
			and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') order by r.id desc limit 200 loop
		perform sla_compute(v_id);
		v_n := v_n + 1;
	end loop;
	if v_n = 200 then
		perform fl_enqueue('sla-monitor', 'sla.compute', jsonb_build_object('after', v_id), 6);
	end if;
end
$$;

-- A request that nothing promises a time for any more has no open clock; what was is kept.
create function sla_forget(p_intake uuid) returns void language sql as $$
	delete from sla_clocks c where c.org_id = fl_org() and c.intake_id = p_intake and c.state <> 'stopped'
$$;

create or replace function sla_compute(p_intake uuid) returns void language plpgsql as $$
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
		perform sla_forget(p_intake);
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

create or replace function sla_policy_save(p_id uuid, p_version bigint, p_name text, p_pipeline uuid, p_contact uuid, p_priority bigint, p_first bigint, p_next bigint, p_resolve bigint, p_warn bigint,
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
	perform sla_compute_more(null);
	return query select v_id;
end
$$;
