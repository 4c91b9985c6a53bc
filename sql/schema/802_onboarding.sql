-- Onboarding (ROL-14): a plan says which procedures somebody new acknowledges and which blueprint of tasks is made. It begins by itself, once, in the transaction in which a person joins, or is given
-- the role, team or area the plan is for; it ends when all of it is done, when somebody stops it, or when the person leaves.

create table onboarding_plans (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	description text not null default '',
	roles text[] not null default '{}' check (roles <@ '{owner,admin,operator,pm,member,viewer,user}'),
	places text[] not null default '{}',
	template_id uuid,
	by_itself boolean not null default true, -- begins when somebody comes; else by hand only
	owner_id uuid,                           -- hears when somebody is through
	archived_at timestamptz,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, template_id) references task_templates (org_id, id)
);
create unique index onboarding_plans_name on onboarding_plans (org_id, lower(name)) where archived_at is null;
select fl_tenant_table('onboarding_plans', 'select');

create table onboarding_plan_sops (
	org_id uuid not null,
	plan_id uuid not null,
	sop_id uuid not null,
	primary key (org_id, plan_id, sop_id),
	foreign key (org_id, plan_id) references onboarding_plans (org_id, id),
	foreign key (org_id, sop_id) references sops (org_id, id)
);
select fl_tenant_table('onboarding_plan_sops', 'select');

create table onboardings (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	plan_id uuid not null,
	user_id uuid not null,
	name text not null, -- of the person, outlives the membership
	state text not null default 'open' check (state in ('open', 'done', 'stopped', 'left')),
	why text,
	started_by uuid,
	ended_by uuid,
	ended_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, plan_id) references onboarding_plans (org_id, id),
	check ((state = 'open') = (ended_at is null)),
	check (state <> 'stopped' or length(why) > 0)
);
create unique index onboardings_open on onboardings (org_id, user_id, plan_id) where state = 'open';
create index onboardings_user on onboardings (org_id, user_id);
select fl_tenant_table('onboardings', 'select');

create table onboarding_items (
	org_id uuid not null,
	onboarding_id uuid not null,
	n int not null,
	sop_id uuid,
	task_id uuid,
	title text not null,
	done_at timestamptz,
	primary key (org_id, onboarding_id, n),
	foreign key (org_id, onboarding_id) references onboardings (org_id, id) on delete cascade,
	foreign key (org_id, sop_id) references sops (org_id, id),
	foreign key (org_id, task_id) references tasks (org_id, id),
	check ((sop_id is null) <> (task_id is null))
);
create index onboarding_items_task on onboarding_items (org_id, task_id) where task_id is not null;
create index onboarding_items_sop on onboarding_items (org_id, sop_id) where sop_id is not null;
select fl_tenant_table('onboarding_items', 'select');

create function onboarding_transition() returns trigger language plpgsql as $$
begin
	if new.state <> old.state and not (old.state || '>' || new.state = any (array['open>done', 'open>stopped', 'open>left', 'done>open'])) then
		perform fl_fail('FL409', 'error.transition', 'state');
	end if;
	return new;
end
$$;
create trigger transition before update of state on onboardings for each row execute function onboarding_transition();

-- Who sees one: the person, and who may see members, as far as the person is in sight.
create function onboarding_seen(p_user uuid) returns boolean language plpgsql stable as $$
begin
	return p_user = public.fl_user() or current_setting('app.actor', true) = 'job'
		or public.fl_can('member.read') and (public.fl_unscoped() or public.fl_in_scope('people', p_user));
end
$$;
create policy seen on onboardings as restrictive for select to fl_app using (public.onboarding_seen(user_id));
create function onboarding_open(p_id uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.onboardings o where o.org_id = public.fl_org() and o.id = p_id);
end
$$;
create policy seen on onboarding_items as restrictive for select to fl_app using (public.onboarding_open(onboarding_id));

create or replace function onboarding_asks(p_org uuid, p_sop uuid, p_user uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.onboardings o join public.onboarding_items i on i.org_id = o.org_id and i.onboarding_id = o.id
		where o.org_id = p_org and o.user_id = p_user and o.state in ('open', 'done') and i.sop_id = p_sop);
end
$$;
select fl_definer_function('onboarding_asks(uuid, uuid, uuid)', 'fl_definer');

-- Makes the tasks of a blueprint. p_for: of an onboarding, whose steps without a person, team or agent are the newcomer's, who is told once and not of each; steps of others name him, one who has
-- left gets none, and none stands in a pipeline. As task_template_use of 434 else, which asks this.
create function task_template_make(l task_templates, p_intake uuid, p_start timestamptz, p_for uuid, p_name text) returns uuid[] language plpgsql as $$
declare
	s task_template_steps;
	v_ids uuid[] := '{}';
	v_id uuid;
	v_own boolean;
begin
	for s in select * from task_template_steps x where x.org_id = l.org_id and x.template_id = l.id order by x.n loop
		v_own := p_for is not null and s.assignee_id is null and s.team_id is null and not s.to_agent;
		if p_for is not null and not exists (select from memberships m where m.org_id = l.org_id and m.user_id = s.assignee_id) then
			s.assignee_id := null;
		end if;
		select n.id into v_id from task_new(case when p_for is null or v_own then s.title else left(s.title || ': ' || p_name, 300) end, s.description, s.priority, s.assignee_id, s.team_id, null,
			p_start + make_interval(mins => s.due_min), p_intake, case when p_intake is null and p_for is null then l.pipeline_id end, l.id) n;
		update tasks t set stage_id = l.stage_id where p_intake is null and p_for is null and t.org_id = l.org_id and t.id = v_id and l.stage_id is not null;
		update tasks t set assignee_id = p_for where v_own and t.org_id = l.org_id and t.id = v_id;
		v_ids := v_ids || v_id;
		insert into task_checks (org_id, task_id, text) select l.org_id, v_id, left(trim(c), 300) from string_to_table(s.checklist, E'\n') c where trim(c) <> '';
		if s.after_n is not null then
			insert into task_dependencies (org_id, task_id, blocker_id) values (l.org_id, v_id, v_ids[s.after_n]);
		end if;
		if s.to_agent and agent_on() then
			perform task_give_agent(v_id, null);
		end if;
	end loop;
	return v_ids;
end
$$;

create or replace function task_template_use(p_id uuid, p_intake uuid, p_start timestamptz) returns table (made bigint, first uuid) language plpgsql as $$
declare
	l task_templates;
	v_ids uuid[];
begin
	select * into l from task_templates x where x.org_id = fl_org() and x.id = p_id and x.archived_at is null;
	if l.id is null then
		return;
	end if;
	v_ids := task_template_make(l, p_intake, coalesce(p_start, now()), null, null);
	if v_ids = '{}' then
		perform fl_fail('FL422', 'wrong.no_steps', 'id');
	end if;
	perform fl_audit('task_template.use', 'task_template', p_id, jsonb_strip_nulls(jsonb_build_object('intake_id', p_intake, 'tasks', cardinality(v_ids))));
	return query select cardinality(v_ids)::bigint, v_ids[1];
end
$$;

-- Ends what has nothing left, and opens again what was ended so when a task was taken back.
create function onboarding_settle(p_id uuid) returns void language plpgsql as $$
declare
	o public.onboardings;
	v_left boolean;
begin
	select * into o from public.onboardings x where x.org_id = public.fl_org() and x.id = p_id for no key update;
	v_left := exists (select from public.onboarding_items i where i.org_id = o.org_id and i.onboarding_id = o.id and i.done_at is null);
	if o.state = 'open' and not v_left then
		update public.onboardings x set state = 'done', ended_at = now(), ended_by = public.fl_user(), updated_at = now() where x.org_id = o.org_id and x.id = o.id;
		perform public.fl_audit('onboarding.done', 'onboarding', o.id);
		perform public.fl_emit('onboarding.ended', jsonb_build_object('onboarding_id', o.id, 'user_id', o.user_id, 'state', 'done'));
		perform public.fl_notify(p.owner_id, 'onboarding_done', 'onboarding', o.id, jsonb_build_object('subject', left(p.name || ', ' || o.name, 300)))
			from public.onboarding_plans p where p.org_id = o.org_id and p.id = o.plan_id and p.owner_id <> o.user_id;
	elsif o.state = 'done' and v_left and not exists (select from public.onboardings x where x.org_id = o.org_id and x.user_id = o.user_id and x.plan_id = o.plan_id and x.state = 'open') then
		update public.onboardings x set state = 'open', ended_at = null, ended_by = null, updated_at = now() where x.org_id = o.org_id and x.id = o.id;
		perform public.fl_audit('onboarding.again', 'onboarding', o.id);
	end if;
end
$$;
select fl_definer_function('onboarding_settle(uuid)', 'fl_definer');

-- A procedure was acknowledged by one, or fell away for all.
create function onboarding_read(p_sop uuid, p_user uuid) returns void language plpgsql as $$
declare
	v_id uuid;
begin
	for v_id in update public.onboarding_items i set done_at = now() from public.onboardings o where i.org_id = public.fl_org() and i.sop_id = p_sop and i.done_at is null
			and o.org_id = i.org_id and o.id = i.onboarding_id and o.state = 'open' and (p_user is null or o.user_id = p_user) returning o.id loop
		perform public.onboarding_settle(v_id);
	end loop;
end
$$;
-- A new version of it is to be acknowledged anew.
create function onboarding_again(p_sop uuid) returns void language plpgsql as $$
begin
	update public.onboarding_items i set done_at = null from public.onboardings o where i.org_id = public.fl_org() and i.sop_id = p_sop and i.done_at is not null
		and o.org_id = i.org_id and o.id = i.onboarding_id and o.state = 'open';
end
$$;
select fl_definer_function('onboarding_read(uuid, uuid)', 'fl_definer'), fl_definer_function('onboarding_again(uuid)', 'fl_definer');

-- A task of one was finished, or taken back.
create function onboarding_task() returns trigger language plpgsql as $$
declare
	v_id uuid;
begin
	if (new.status in ('DONE', 'CANCELLED')) is distinct from (old.status in ('DONE', 'CANCELLED')) then
		update public.onboarding_items i set done_at = case when new.status in ('DONE', 'CANCELLED') then now() end from public.onboardings o
			where i.org_id = new.org_id and i.task_id = new.id and o.org_id = i.org_id and o.id = i.onboarding_id and o.state in ('open', 'done') returning o.id into v_id;
		if v_id is not null then
			perform public.onboarding_settle(v_id);
		end if;
	end if;
	return null;
end
$$;
select fl_definer_function('onboarding_task()', 'fl_definer');
create trigger onboarding after update of status on tasks for each row execute function onboarding_task();

-- Begins a plan for somebody. Null when it runs already, or when there is nothing in it.
create function onboarding_begin(p onboarding_plans, p_user uuid) returns uuid language plpgsql as $$
declare
	l public.task_templates;
	m public.memberships;
	v_id uuid;
	v_n int := 0;
	v_tasks uuid[];
begin
	select * into m from public.memberships x where x.org_id = p.org_id and x.user_id = p_user;
	insert into public.onboardings (org_id, plan_id, user_id, name, started_by) values (p.org_id, p.id, p_user, m.name, public.fl_user())
		on conflict (org_id, user_id, plan_id) where state = 'open' do nothing returning id into v_id;
	if v_id is null then
		return null;
	end if;
	insert into public.onboarding_items (org_id, onboarding_id, n, sop_id, title, done_at)
		select p.org_id, v_id, row_number() over (order by v.title, s.id), s.id, v.title, (select max(a.created_at) from public.sop_acknowledgements a
				where a.org_id = s.org_id and a.sop_id = s.id and a.user_id = p_user and a.n >= s.asks)
			from public.onboarding_plan_sops x join public.sops s on s.org_id = x.org_id and s.id = x.sop_id and s.state = 'published'
				join public.sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
			where x.org_id = p.org_id and x.plan_id = p.id;
	get diagnostics v_n = row_count;
	select * into l from public.task_templates x where x.org_id = p.org_id and x.id = p.template_id and x.archived_at is null;
	if l.id is not null then
		v_tasks := public.task_template_make(l, null, now(), p_user, m.name);
		insert into public.onboarding_items (org_id, onboarding_id, n, task_id, title)
			select p.org_id, v_id, v_n + u.n, t.id, t.title from unnest(v_tasks) with ordinality u(id, n) join public.tasks t on t.org_id = p.org_id and t.id = u.id;
	end if;
	if v_n = 0 and coalesce(v_tasks, '{}') = '{}' then
		delete from public.onboardings o where o.org_id = p.org_id and o.id = v_id;
		return null;
	end if;
	perform public.fl_audit('onboarding.start', 'onboarding', v_id, jsonb_build_object('plan', p.name, 'user_id', p_user));
	perform public.fl_emit('onboarding.started', jsonb_build_object('onboarding_id', v_id, 'user_id', p_user));
	if p_user is distinct from public.fl_user() then
		perform public.fl_notify(p_user, 'onboarding_begun', 'onboarding', v_id, jsonb_build_object('subject', p.name));
	end if;
	perform public.onboarding_settle(v_id);
	return v_id;
end
$$;
select fl_definer_function('onboarding_begin(onboarding_plans, uuid)', 'fl_definer');

-- What a person gets by joining (p_was and p_place null), by another role than p_was, or by being put in a place: plans that are for that, unless one like it ran before; and
-- procedures. Any door may have done it, so the organisation is the row's.
create function member_follow(p_org uuid, p_user uuid, p_was text, p_place text) returns void language plpgsql as $$
declare
	v_before text := coalesce(current_setting('app.current_org_id', true), '');
	v_role text;
	v_sops uuid[];
	v_users uuid[];
	v_began uuid[] := '{}';
	p public.onboarding_plans;
begin
	select m.role into v_role from public.memberships m where m.org_id = p_org and m.user_id = p_user;
	if v_role is null or coalesce(current_setting('app.erasing', true), '') = p_org::text then
		return;
	end if;
	perform set_config('app.current_org_id', p_org::text, true);
	perform pg_advisory_xact_lock(hashtext('sop_settle'), hashtext(p_org::text));
	for p in select * from public.onboarding_plans x where x.org_id = p_org and x.by_itself and x.archived_at is null
			and case when p_place is not null then array[p_place, public.place_area(p_org, p_place)] && x.places when p_was is not null then x.roles <> '{}' and p_was <> all (x.roles) else true end
			and public.member_fits(p_org, p_user, v_role, x.roles, x.places)
			and coalesce((select o.state from public.onboardings o where o.org_id = p_org and o.plan_id = x.id and o.user_id = p_user order by o.id desc limit 1), 'left') = 'left' order by x.id loop
		v_began := v_began || public.onboarding_begin(p, p_user);
	end loop;
	select array_agg(n.sop_id), array_agg(n.user_id) into v_sops, v_users from public.sop_settle(null, p_user) n
		where not exists (select from public.onboarding_items i where i.org_id = p_org and i.onboarding_id = any (v_began) and i.sop_id = n.sop_id);
	perform public.sop_ask(v_sops, v_users);
	perform set_config('app.current_org_id', v_before, true);
end
$$;
select fl_definer_function('member_follow(uuid, uuid, text, text)', 'fl_definer');

create function member_came() returns trigger language plpgsql as $$
begin
	perform public.member_follow(new.org_id, new.user_id, case when tg_op = 'UPDATE' then old.role end, null);
	return null;
end
$$;
create function member_team() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' then
		perform public.member_follow(new.org_id, new.user_id, '', 'team.' || new.team_id);
	else
		perform public.member_follow(old.org_id, old.user_id, '', '');
	end if;
	return null;
end
$$;
create function member_scope() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' then
		perform public.member_follow(new.org_id, new.user_id, '', new.scope);
	else
		perform public.member_follow(old.org_id, old.user_id, '', '');
	end if;
	return null;
end
$$;
-- Who leaves, or is removed, has nothing left to do: what is open of it closes, with its tasks.
create function onboarding_close(p_id uuid, p_state text, p_why text) returns void language plpgsql as $$
declare
	o public.onboardings;
	v_task uuid;
begin
	update public.onboardings x set state = p_state, why = p_why, ended_at = now(), ended_by = public.fl_user(), updated_at = now()
		where x.org_id = public.fl_org() and x.id = p_id returning x.* into o;
	perform public.fl_audit(case p_state when 'left' then 'onboarding.left' else 'onboarding.stopped' end, 'onboarding', o.id, jsonb_strip_nulls(jsonb_build_object('why', p_why)));
	perform public.fl_emit('onboarding.ended', jsonb_build_object('onboarding_id', o.id, 'user_id', o.user_id, 'state', p_state));
	for v_task in select t.id from public.onboarding_items i join public.tasks t on t.org_id = i.org_id and t.id = i.task_id
			where i.org_id = o.org_id and i.onboarding_id = o.id and t.status not in ('DONE', 'CANCELLED') order by t.id loop
		-- one may have gone with another, which it waited for
		perform public.task_drop(t.id, null, p_why) from public.tasks t where t.org_id = o.org_id and t.id = v_task and t.status not in ('DONE', 'CANCELLED');
	end loop;
end
$$;
create function member_left() returns trigger language plpgsql as $$
declare
	v_before text := coalesce(current_setting('app.current_org_id', true), '');
begin
	if coalesce(current_setting('app.erasing', true), '') <> old.org_id::text then
		perform set_config('app.current_org_id', old.org_id::text, true);
		perform public.onboarding_close(o.id, 'left', null) from public.onboardings o where o.org_id = old.org_id and o.user_id = old.user_id and o.state = 'open';
		perform set_config('app.current_org_id', v_before, true);
	end if;
	return null;
end
$$;
select fl_definer_function('member_came()', 'fl_definer'), fl_definer_function('member_team()', 'fl_definer'), fl_definer_function('member_scope()', 'fl_definer'),
	fl_definer_function('onboarding_close(uuid, text, text)', 'fl_definer'), fl_definer_function('member_left()', 'fl_definer');
create trigger follow after insert on memberships for each row execute function member_came();
create trigger follow_role after update of role on memberships for each row when (new.role <> old.role) execute function member_came();
create trigger left_open after delete on memberships for each row execute function member_left();
create trigger follow after insert or delete on team_members for each row execute function member_team();
create trigger follow_plan after insert or delete on scope_grants for each row execute function member_scope();

-- --- by hand ---

create function onboarding_start(p_user uuid, p_plan uuid) returns table (id uuid) language plpgsql as $$
declare
	p public.onboarding_plans;
	v_id uuid;
begin
	if not exists (select from public.memberships m where m.org_id = public.fl_org() and m.user_id = p_user and m.role <> 'client') then
		return;
	end if;
	select * into p from public.onboarding_plans x where x.org_id = public.fl_org() and x.id = p_plan and x.archived_at is null;
	if p.id is null then
		perform public.fl_fail('FL422', 'wrong.choice', 'plan_id');
	end if;
	perform pg_advisory_xact_lock(hashtext('sop_settle'), hashtext(p.org_id::text));
	v_id := public.onboarding_begin(p, p_user);
	if v_id is null then
		perform public.fl_fail('FL409', case when exists (select from public.onboardings o where o.org_id = p.org_id and o.plan_id = p.id and o.user_id = p_user and o.state = 'open')
			then 'wrong.onboarding_runs' else 'wrong.onboarding_empty' end, 'plan_id');
	end if;
	perform public.sop_settle(null, p_user);
	return query select v_id;
end
$$;

create function onboarding_stop(p_id uuid, p_why text) returns table (id uuid) language plpgsql as $$
declare
	o public.onboardings;
begin
	select * into o from public.onboardings x where x.org_id = public.fl_org() and x.id = p_id for no key update;
	if o.id is null then
		return;
	elsif o.state <> 'open' then
		perform public.fl_fail('FL409', 'wrong.onboarding_over', 'why');
	end if;
	perform public.onboarding_close(o.id, 'stopped', p_why);
	perform public.sop_settle(null, o.user_id);
	return query select o.id;
end
$$;

-- A plan as a form has it; p_id null: a new one. What runs goes on as it began.
create function onboarding_plan_save(p_id uuid, p_version bigint, p_name text, p_description text, p_roles jsonb, p_places jsonb, p_template uuid, p_sops jsonb, p_by_itself boolean, p_owner uuid, p_archived boolean)
	returns table (id uuid) language plpgsql as $$
declare
	v_sops uuid[] := array(select s.id from public.sops s where s.org_id = public.fl_org() and s.state <> 'archived' and coalesce(p_sops, '[]') ? s.id::text);
	p public.onboarding_plans;
begin
	if p_id is not null then
		select * into p from public.onboarding_plans x where x.org_id = public.fl_org() and x.id = p_id for no key update;
		if p.id is null then
			return;
		elsif p_version is not null and p.version <> p_version then
			perform public.fl_fail('FL409', 'wrong.stale', 'version');
		end if;
	end if;
	if cardinality(v_sops) < (select count(distinct x) from jsonb_array_elements_text(coalesce(p_sops, '[]')) x where x <> '') then
		perform public.fl_fail('FL422', 'wrong.choice', 'sops');
	elsif p_template is not null and not exists (select from public.task_templates l where l.org_id = public.fl_org() and l.id = p_template) then
		perform public.fl_fail('FL422', 'wrong.choice', 'template_id');
	elsif not coalesce(p_archived, false) and exists (select from public.onboarding_plans x where x.org_id = public.fl_org() and lower(x.name) = lower(p_name) and x.archived_at is null
			and x.id is distinct from p_id) then
		perform public.fl_fail('FL422', 'wrong.taken', 'name');
	elsif p_template is null and v_sops = '{}' then
		perform public.fl_fail('FL422', 'wrong.onboarding_nothing', 'sops');
	end if;
	if p_id is null then
		insert into public.onboarding_plans as x (org_id, name, owner_id) values (public.fl_org(), p_name, public.fl_user()) returning x.* into p;
	end if;
	update public.onboarding_plans x set name = p_name, description = coalesce(p_description, ''), roles = public.sop_roles(p_roles), places = public.sop_places(p_places), template_id = p_template,
			by_itself = p_by_itself, owner_id = case when p_id is null and p_owner is null then x.owner_id when p_owner is distinct from x.owner_id then public.task_person(p_owner, 'owner_id') else p_owner end,
			archived_at = case when p_archived then coalesce(x.archived_at, now()) end, version = x.version + (p_id is not null)::int, updated_at = now()
		where x.org_id = p.org_id and x.id = p.id;
	delete from public.onboarding_plan_sops x where x.org_id = p.org_id and x.plan_id = p.id and x.sop_id <> all (v_sops);
	insert into public.onboarding_plan_sops (org_id, plan_id, sop_id) select p.org_id, p.id, s from unnest(v_sops) s on conflict do nothing;
	perform public.fl_audit(case when p_id is null then 'onboarding_plan.add' else 'onboarding_plan.save' end, 'onboarding_plan', p.id, jsonb_build_object('name', p_name));
	return query select p.id;
end
$$;
select fl_definer_function('onboarding_start(uuid, uuid)'), fl_definer_function('onboarding_stop(uuid, text)'),
	fl_definer_function('onboarding_plan_save(uuid, bigint, text, text, jsonb, jsonb, uuid, jsonb, boolean, uuid, boolean)');

-- How far one is.
create function onboarding_count(o onboardings, out done bigint, out total bigint, out late bigint) language plpgsql stable as $$
begin
	select count(i.done_at), count(*), count(*) filter (where i.done_at is null and coalesce(t.due_at, sop_due(s, r)) < now()) into done, total, late
		from onboarding_items i left join tasks t on t.org_id = i.org_id and t.id = i.task_id left join sops s on s.org_id = i.org_id and s.id = i.sop_id
			left join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = o.user_id
		where i.org_id = o.org_id and i.onboarding_id = o.id;
end
$$;

-- The onboardings of who asks that are under way, how far each is and what is due next of it. Asked by first pages, where mostly there is none.
create function onboarding_own() returns table (id uuid, plan text, done bigint, total bigint, late bigint, next text, next_due timestamptz) language plpgsql stable as $$
begin
	if exists (select from onboardings o where o.org_id = fl_org() and o.user_id = fl_user() and o.state = 'open') then
		return query select o.id, p.name, c.done, c.total, c.late, n.title, n.due from onboardings o join onboarding_plans p on p.org_id = o.org_id and p.id = o.plan_id
			cross join lateral onboarding_count(o) c
			left join lateral (select i.title, coalesce(t.due_at, sop_due(s, r)) as due from onboarding_items i left join tasks t on t.org_id = i.org_id and t.id = i.task_id
					left join sops s on s.org_id = i.org_id and s.id = i.sop_id left join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = o.user_id
				where i.org_id = o.org_id and i.onboarding_id = o.id and i.done_at is null and (i.sop_id is not null or t.assignee_id = o.user_id) order by due nulls last, i.n limit 1) n on true
			where o.org_id = fl_org() and o.user_id = fl_user() and o.state = 'open' order by o.id limit 5;
	end if;
end
$$;
