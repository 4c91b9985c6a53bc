-- Tasks as people work with them (TSK): teams, comments, checklists, dependencies, and the one function behind each change. The table of
-- transitions (X-57) is the trigger of 013; a task that waits for others cannot be begun, and goes back to work when they are done.

select fl_grant('task.setup', 'owner admin operator pm');

create table teams (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	rule text not null default 'turn' check (rule in ('turn', 'load')), -- who gets what is given to the team
	last_user_id uuid,                                                  -- whose turn it was
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index teams_name on teams (org_id, lower(name));
select fl_tenant_table('teams');

create table team_members (
	org_id uuid not null,
	team_id uuid not null,
	user_id uuid not null,
	created_at timestamptz not null default now(),
	primary key (org_id, team_id, user_id),
	foreign key (org_id, team_id) references teams (org_id, id) on delete cascade,
	foreign key (org_id, user_id) references memberships (org_id, user_id) on delete cascade
);
select fl_tenant_table('team_members');

alter table tasks add column description text not null default '', add column team_id uuid, add column reviewer_id uuid, add column template_id uuid,
	add column done_at timestamptz, add column created_by uuid,
	add foreign key (org_id, team_id) references teams (org_id, id);
create index tasks_assignee on tasks (org_id, assignee_id, due_at) where status not in ('DONE', 'CANCELLED');
create index tasks_due on tasks (due_at) where status not in ('DONE', 'CANCELLED') and due_at is not null;

create table task_comments (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	task_id uuid not null,
	kind text not null default 'comment' check (kind in ('comment', 'feedback')),
	author_id uuid,
	author_name text not null default '',
	body text not null check (length(body) between 1 and 20000),
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, task_id) references tasks (org_id, id)
);
create index task_comments_task on task_comments (org_id, task_id, id);
select fl_tenant_table('task_comments', 'select, insert');

create table task_checks (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	task_id uuid not null,
	text text not null check (length(text) between 1 and 300),
	done_at timestamptz,
	done_by uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, task_id) references tasks (org_id, id)
);
create index task_checks_task on task_checks (org_id, task_id, id);
select fl_tenant_table('task_checks');

create table task_dependencies (
	org_id uuid not null,
	task_id uuid not null,
	blocker_id uuid not null check (blocker_id <> task_id),
	created_at timestamptz not null default now(),
	primary key (org_id, task_id, blocker_id),
	foreign key (org_id, task_id) references tasks (org_id, id),
	foreign key (org_id, blocker_id) references tasks (org_id, id)
);
create index task_dependencies_blocker on task_dependencies (org_id, blocker_id);
select fl_tenant_table('task_dependencies');

-- The table of transitions has one beginning.
create function task_begins() returns trigger language plpgsql as $$
begin
	if new.status <> 'NEW' then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	return new;
end
$$;
create trigger begins before insert on tasks for each row execute function task_begins();

-- The zone of who acts: his own, else the organisation's. People are of the platform, so a tenant cannot look for itself.
create function fl_zone() returns text language plpgsql stable as $$
begin
	return coalesce((select u.zone from public.users u where u.id = public.fl_user()),
		(select o.zone from public.organizations o where o.id = public.fl_org()), 'UTC');
end
$$;
select fl_definer_function('fl_zone()');

-- What a field of type datetime-local says ("2026-03-31T14:30", in the zone of who acts), or a time with its offset (RFC 3339). Null for none.
create function fl_local_time(p_text text, p_field text) returns timestamptz language plpgsql stable as $$
begin
	if coalesce(p_text, '') = '' then
		return null;
	end if;
	if p_text !~ '^[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-2][0-9]:?[0-5][0-9])?)?$' then
		perform fl_fail('FL422', 'wrong.malformed', p_field);
	end if;
	begin
		if p_text ~ '(Z|[+-][0-9]{2}:?[0-9]{2})$' and p_text ~ ':' then
			return p_text::timestamptz;
		end if;
		return p_text::timestamp at time zone fl_zone();
	exception when datetime_field_overflow or invalid_datetime_format then
		perform fl_fail('FL422', 'wrong.malformed', p_field);
	end;
end
$$;

create function task_hold(p_id uuid, p_version bigint) returns tasks language plpgsql as $$
declare
	t tasks;
begin
	select * into t from tasks where org_id = fl_org() and id = p_id for update;
	if t.id is not null and p_version is not null and t.version <> p_version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	end if;
	return t;
end
$$;

-- What a notification about a task carries.
create function task_tell(p_user uuid, p_kind text, t tasks) returns void language plpgsql as $$
begin
	if p_user is not null and p_user is distinct from fl_user() then
		perform fl_notify(p_user, p_kind, 'task', t.id, jsonb_build_object('subject', t.title));
	end if;
end
$$;

-- Whom a team's next task goes to: by turn the one after the last, by load the one with the fewest open tasks. Null: the team is empty.
create function team_next(p_team uuid) returns uuid language plpgsql as $$
declare
	g teams;
	v_user uuid;
begin
	select * into g from teams where org_id = fl_org() and id = p_team for update;
	if g.id is null then
		perform fl_fail('FL422', 'wrong.choice', 'team_id');
	end if;
	select m.user_id into v_user from team_members m where m.org_id = fl_org() and m.team_id = p_team
		order by case when g.rule = 'load' then (select count(*) from tasks t where t.org_id = m.org_id and t.assignee_id = m.user_id
				and t.status not in ('DONE', 'CANCELLED')) else 0 end,
			m.user_id <= coalesce(g.last_user_id, '00000000-0000-0000-0000-000000000000'), m.user_id limit 1;
	update teams set last_user_id = v_user, updated_at = now() where org_id = fl_org() and id = p_team and v_user is not null;
	return v_user;
end
$$;

create function task_person(p_user uuid, p_field text) returns uuid language plpgsql stable as $$
begin
	if p_user is not null and not exists (select from memberships m where m.org_id = fl_org() and m.user_id = p_user) then
		perform fl_fail('FL422', 'wrong.choice', p_field);
	end if;
	return p_user;
end
$$;

-- A new task by a person, or by a template's step. A team without a named person gives it to one of its own.
create function task_new(p_title text, p_description text, p_priority bigint, p_assignee uuid, p_team uuid, p_reviewer uuid, p_due timestamptz, p_intake uuid,
	p_pipeline uuid, p_template uuid default null) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks;
	v_pipeline uuid := p_pipeline;
	v_stage uuid;
	v_user uuid := coalesce(task_person(p_assignee, 'assignee_id'), case when p_team is not null then team_next(p_team) end);
begin
	if p_intake is not null then
		select coalesce(v_pipeline, r.pipeline_id) into v_pipeline from intake_requests r where r.org_id = fl_org() and r.id = p_intake;
		if not found then
			perform fl_fail('FL422', 'wrong.choice', 'intake_id');
		end if;
	end if;
	if v_pipeline is not null then
		select s.id into v_stage from pipelines p join pipeline_stages s on s.org_id = p.org_id and s.pipeline_id = p.id
			left join pipeline_items i on i.org_id = s.org_id and i.stage_id = s.id and i.intake_id = p_intake and i.archived_at is null
			where p.org_id = fl_org() and p.id = v_pipeline order by i.id is null, s.position, s.id limit 1;
		if not found then
			perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
		end if;
	end if;
	insert into tasks as n (org_id, title, description, priority, assignee_id, team_id, reviewer_id, due_at, intake_id, pipeline_id, stage_id, template_id, created_by)
		values (fl_org(), p_title, coalesce(p_description, ''), coalesce(p_priority, 5), v_user, p_team, task_person(p_reviewer, 'reviewer_id'), p_due, p_intake,
			v_pipeline, v_stage, p_template, fl_user()) returning n.* into t;
	perform fl_audit('task.create', 'task', t.id, jsonb_strip_nulls(jsonb_build_object('assignee_id', v_user, 'template_id', p_template)));
	perform fl_emit('task.created', jsonb_build_object('task_id', t.id));
	perform task_tell(v_user, 'task_assigned', t);
	return query select t.id, t.version::bigint;
end
$$;

-- How many unfinished tasks one waits for.
create function task_waits(p_task uuid) returns bigint language plpgsql stable as $$
begin
	return (select count(*) from task_dependencies d join tasks b on b.org_id = d.org_id and b.id = d.blocker_id
		where d.org_id = fl_org() and d.task_id = p_task and b.status not in ('DONE', 'CANCELLED'));
end
$$;

-- The one way a status changes.
create function task_move(t tasks, p_to text, p_why text) returns tasks language plpgsql as $$
declare
	n tasks;
	w tasks;
begin
	if p_to = 'IN_PROGRESS' and task_waits(t.id) > 0 then
		perform fl_fail('FL409', 'wrong.waits', 'status');
	end if;
	update tasks x set status = p_to, done_at = case when p_to in ('DONE', 'CANCELLED') then now() end, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = t.id returning x.* into n;
	perform fl_audit('task.step', 'task', t.id, jsonb_strip_nulls(jsonb_build_object('from', t.status, 'to', p_to, 'why', p_why)));
	perform fl_emit('task.status_changed', jsonb_build_object('task_id', t.id, 'from', t.status, 'to', p_to));
	if p_to = 'NEEDS_REVIEW' then
		if n.reviewer_id is null then
			perform fl_notify(null, 'task_review', 'task', n.id, jsonb_build_object('subject', n.title));
		else
			perform task_tell(n.reviewer_id, 'task_review', n);
		end if;
	end if;
	if p_to in ('DONE', 'CANCELLED') then
		if p_to = 'DONE' then
			perform fl_emit('task.completed', jsonb_build_object('task_id', t.id));
		end if;
		for w in select o.* from task_dependencies d join tasks o on o.org_id = d.org_id and o.id = d.task_id
				where d.org_id = fl_org() and d.blocker_id = t.id and o.status in ('NEW', 'BLOCKED') order by o.id for update of o loop
			continue when task_waits(w.id) > 0;
			if w.status = 'BLOCKED' then
				w := task_move(w, 'IN_PROGRESS', 'unblocked');
			end if;
			perform task_tell(w.assignee_id, 'task_unblocked', w);
		end loop;
	end if;
	return n;
end
$$;

-- A step by a person. From review back to work needs what is to be done better; cancelling what is blocked or in review goes through work (X-57).
create function task_step(p_id uuid, p_version bigint, p_to text, p_feedback text) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
begin
	if t.id is null then
		return;
	end if;
	if t.status = p_to then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	if t.status = 'NEEDS_REVIEW' and p_to = 'IN_PROGRESS' then
		if coalesce(p_feedback, '') = '' then
			perform fl_fail('FL422', 'wrong.feedback', 'feedback');
		end if;
	end if;
	if coalesce(p_feedback, '') <> '' then
		perform task_say(t, case when t.status = 'NEEDS_REVIEW' then 'feedback' else 'comment' end, p_feedback);
	end if;
	t := task_move(t, p_to, nullif(left(p_feedback, 200), ''));
	if p_to = 'IN_PROGRESS' and p_feedback <> '' then
		perform task_tell(t.assignee_id, 'task_feedback', t);
	end if;
	return query select t.id, t.version::bigint;
end
$$;

create function task_say(t tasks, p_kind text, p_body text) returns void language plpgsql as $$
begin
	insert into task_comments (org_id, task_id, kind, author_id, author_name, body) values (fl_org(), t.id, p_kind, fl_user(),
		coalesce((select m.name from memberships m where m.org_id = fl_org() and m.user_id = fl_user()), ''), p_body);
end
$$;

create function task_comment(p_id uuid, p_body text) returns table (id uuid) language plpgsql as $$
declare
	t tasks := task_hold(p_id, null);
begin
	if t.id is not null then
		perform task_say(t, 'comment', p_body);
		perform task_tell(t.assignee_id, 'task_comment', t);
		perform fl_audit('task.comment', 'task', t.id);
		return query select t.id;
	end if;
end
$$;

create function task_set(p_id uuid, p_version bigint, p_title text, p_description text, p_priority bigint, p_reviewer uuid, p_due timestamptz)
	returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
	n tasks;
begin
	if t.id is null then
		return;
	end if;
	update tasks x set title = p_title, description = coalesce(p_description, ''), priority = coalesce(p_priority, 5), reviewer_id = task_person(p_reviewer, 'reviewer_id'),
			due_at = p_due, version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = t.id returning x.* into n;
	perform fl_audit('task.change', 'task', t.id, jsonb_strip_nulls(jsonb_build_object('title', case when n.title <> t.title then n.title end,
		'priority', case when n.priority <> t.priority then n.priority end, 'due_at', case when n.due_at is distinct from t.due_at then n.due_at end)));
	return query select n.id, n.version::bigint;
end
$$;

-- To a person, to a team (which picks one), or to nobody.
create function task_assign(p_id uuid, p_version bigint, p_assignee uuid, p_team uuid) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
	v_user uuid;
begin
	if t.id is null then
		return;
	end if;
	v_user := coalesce(task_person(p_assignee, 'assignee_id'), case when p_team is not null then team_next(p_team) end);
	update tasks x set assignee_id = v_user, team_id = coalesce(p_team, case when v_user is not null then x.team_id end), version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = t.id returning x.* into t;
	perform fl_audit('task.assign', 'task', t.id, jsonb_strip_nulls(jsonb_build_object('assignee_id', v_user, 'team_id', p_team)));
	perform task_tell(v_user, 'task_assigned', t);
	return query select t.id, t.version::bigint;
end
$$;

-- --- checklist and dependencies ---

create function task_check_add(p_id uuid, p_text text) returns table (id uuid) language plpgsql as $$
begin
	if (task_hold(p_id, null)).id is not null then
		insert into task_checks (org_id, task_id, text) values (fl_org(), p_id, p_text);
		perform fl_audit('task.check_add', 'task', p_id, jsonb_build_object('text', p_text));
		return query select p_id;
	end if;
end
$$;

-- Ticks a point, or takes the tick off.
create function task_check(p_id uuid, p_check uuid, p_done boolean) returns table (id uuid) language plpgsql as $$
begin
	update task_checks c set done_at = case when p_done then coalesce(c.done_at, now()) end, done_by = case when p_done then fl_user() end
		where c.org_id = fl_org() and c.task_id = p_id and c.id = p_check;
	if found then
		perform fl_audit('task.check', 'task', p_id, jsonb_build_object('done', p_done));
		return query select p_id;
	end if;
end
$$;

-- One task waits for another. A circle would never end, so none is let in; work that has begun stops until the other is done.
create function task_depend(p_id uuid, p_blocker uuid) returns table (id uuid) language plpgsql as $$
declare
	t tasks;
begin
	perform pg_advisory_xact_lock(hashtext('task_depend'), hashtext(fl_org()::text));
	t := task_hold(p_id, null);
	if t.id is null then
		return;
	end if;
	if not exists (select from tasks b where b.org_id = fl_org() and b.id = p_blocker) then
		perform fl_fail('FL422', 'wrong.choice', 'blocker_id');
	end if;
	if p_blocker = p_id or exists (with recursive up(task) as (select p_blocker union select d.blocker_id from task_dependencies d join up on d.task_id = up.task
			where d.org_id = fl_org()) select from up where task = p_id) then
		perform fl_fail('FL422', 'wrong.circle', 'blocker_id');
	end if;
	insert into task_dependencies (org_id, task_id, blocker_id) values (fl_org(), p_id, p_blocker) on conflict do nothing;
	perform fl_audit('task.depend', 'task', p_id, jsonb_build_object('blocker_id', p_blocker));
	if t.status = 'IN_PROGRESS' and task_waits(p_id) > 0 then
		perform task_move(t, 'BLOCKED', 'waits');
	end if;
	return query select p_id;
end
$$;

create function task_free(p_id uuid, p_blocker uuid) returns table (id uuid) language plpgsql as $$
declare
	t tasks := task_hold(p_id, null);
begin
	delete from task_dependencies d where d.org_id = fl_org() and d.task_id = p_id and d.blocker_id = p_blocker;
	if found then
		perform fl_audit('task.free', 'task', p_id, jsonb_build_object('blocker_id', p_blocker));
		if t.status = 'BLOCKED' and task_waits(p_id) = 0 then
			perform task_move(t, 'IN_PROGRESS', 'unblocked');
		end if;
		return query select p_id;
	end if;
end
$$;

-- --- many at once; teams ---

-- One act on those ticked. Tasks the act does not fit are passed over; answers how many changed.
create function task_bulk(p_act text, p_ids jsonb, p_assignee uuid, p_team uuid) returns bigint language plpgsql as $$
declare
	t tasks;
	v_done bigint := 0;
begin
	if p_act = 'assign' and p_assignee is null and p_team is null then
		perform fl_fail('FL422', 'wrong.assign_what', 'assignee_id');
	end if;
	for t in select x.* from tasks x where x.org_id = fl_org() and x.id = any (select i::uuid from jsonb_array_elements_text(coalesce(p_ids, '[]')) i
			where i ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') order by x.id for update loop
		continue when t.status in ('DONE', 'CANCELLED') or p_act = 'start' and (t.status <> 'NEW' or task_waits(t.id) > 0) or p_act = 'done' and t.status not in ('IN_PROGRESS', 'NEEDS_REVIEW');
		case p_act
			when 'mine' then perform task_assign(t.id, null, fl_user(), null);
			when 'assign' then perform task_assign(t.id, null, p_assignee, p_team);
			when 'start' then perform task_move(t, 'IN_PROGRESS', null);
			when 'done' then perform task_move(t, 'DONE', null);
			when 'cancel' then perform task_cancel(t.id);
		end case;
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;

create or replace function task_cancel(p_task uuid) returns void language plpgsql as $$
declare
	t tasks := task_hold(p_task, null);
begin
	if t.status in ('BLOCKED', 'NEEDS_REVIEW') then
		update tasks set status = 'IN_PROGRESS', version = version + 1, updated_at = now() where org_id = fl_org() and id = p_task;
		t.status := 'IN_PROGRESS';
	end if;
	if t.status in ('NEW', 'IN_PROGRESS') then
		perform task_move(t, 'CANCELLED', null);
	end if;
end
$$;

-- Makes a team, or changes one (p_id): its name, its rule and who is in it.
create function team_save(p_id uuid, p_name text, p_rule text, p_members jsonb) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid := p_id;
begin
	if exists (select from teams g where g.org_id = fl_org() and lower(g.name) = lower(p_name) and g.id is distinct from p_id) then
		perform fl_fail('FL422', 'wrong.taken', 'name');
	end if;
	if p_id is null then
		insert into teams as g (org_id, name, rule) values (fl_org(), p_name, p_rule) returning g.id into v_id;
	else
		update teams g set name = p_name, rule = p_rule, updated_at = now() where g.org_id = fl_org() and g.id = p_id;
		if not found then
			return;
		end if;
	end if;
	delete from team_members m where m.org_id = fl_org() and m.team_id = v_id and not coalesce(p_members, '[]') ? m.user_id::text;
	insert into team_members (org_id, team_id, user_id) select fl_org(), v_id, m.user_id from memberships m
		where m.org_id = fl_org() and coalesce(p_members, '[]') ? m.user_id::text on conflict do nothing;
	perform fl_audit('team.save', 'team', v_id, jsonb_build_object('name', p_name, 'rule', p_rule));
	return query select v_id;
end
$$;

-- --- what notifications may be about: rows, so that a capability adds its own ---

create table notification_kinds (kind text primary key, n int not null);
grant select on notification_kinds to fl_app, fl_sweep, fl_definer;
insert into notification_kinds select kind, n * 10 from note_kinds();
insert into notification_kinds values ('task_assigned', 100), ('task_review', 110), ('task_feedback', 120), ('task_unblocked', 130), ('task_comment', 140);

create or replace function note_kinds() returns table (kind text, n bigint) language sql stable as $$
	select k.kind, k.n::bigint from public.notification_kinds k
$$;

create table notification_subjects (subject_kind text primary key, path text not null, with_id boolean not null);
grant select on notification_subjects to fl_app, fl_sweep, fl_definer;
insert into notification_subjects values ('intake', '/intake', true), ('decision', '/decisions', true), ('job', '/jobs', true), ('contact', '/contacts', true),
	('mail', '/channels/mail', false), ('email', '/channels/mail', false), ('task', '/tasks', true);

create or replace function note_path(p_subject_kind text, p_subject uuid) returns text language sql stable as $$
	select coalesce((select s.path || case when s.with_id then '/' || p_subject else '' end from public.notification_subjects s where s.subject_kind = p_subject_kind),
		'/notifications')
$$;
