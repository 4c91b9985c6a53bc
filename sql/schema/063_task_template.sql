-- Blueprints of tasks (TSK-03): steps with due dates relative to the start, each made into a task; a step may wait for an earlier one.

create table task_templates (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	description text not null default '',
	pipeline_id uuid, -- a request that reaches it gets these tasks; null: only by hand
	archived_at timestamptz,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, pipeline_id) references pipelines (org_id, id)
);
create unique index task_templates_name on task_templates (org_id, lower(name)) where archived_at is null;
create index task_templates_pipeline on task_templates (org_id, pipeline_id) where pipeline_id is not null and archived_at is null;
select fl_tenant_table('task_templates');

create table task_template_steps (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	template_id uuid not null,
	n int not null,
	title text not null check (length(title) between 1 and 300),
	description text not null default '',
	priority smallint not null default 5 check (priority between 1 and 9),
	due_min int check (due_min between 0 and 527040), -- minutes after the start
	after_n int,                                      -- the earlier step it waits for
	assignee_id uuid,
	team_id uuid,
	checklist text not null default '',               -- a point a line
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, template_id, n) deferrable,
	check (after_n < n),
	foreign key (org_id, template_id) references task_templates (org_id, id),
	foreign key (org_id, team_id) references teams (org_id, id)
);
select fl_tenant_table('task_template_steps');
alter table tasks add foreign key (org_id, template_id) references task_templates (org_id, id);
-- A request gets a blueprint's tasks by itself once.
create table task_template_uses (
	org_id uuid not null,
	template_id uuid not null,
	intake_id uuid not null,
	created_at timestamptz not null default now(),
	primary key (org_id, template_id, intake_id),
	foreign key (org_id, template_id) references task_templates (org_id, id)
);
select fl_tenant_table('task_template_uses', 'select, insert');

create function task_template_save(p_id uuid, p_version bigint, p_name text, p_description text, p_pipeline uuid, p_archived boolean) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid := p_id;
	l task_templates;
begin
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	if not coalesce(p_archived, false) and exists (select from task_templates x where x.org_id = fl_org() and lower(x.name) = lower(p_name) and x.archived_at is null
			and x.id is distinct from p_id) then
		perform fl_fail('FL422', 'wrong.taken', 'name');
	end if;
	if p_id is null then
		insert into task_templates as x (org_id, name, description, pipeline_id) values (fl_org(), p_name, coalesce(p_description, ''), p_pipeline) returning x.id into v_id;
	else
		select * into l from task_templates x where x.org_id = fl_org() and x.id = p_id for update;
		if l.id is null then
			return;
		end if;
		if p_version is not null and p_version <> l.version then
			perform fl_fail('FL409', 'wrong.stale', 'version');
		end if;
		update task_templates x set name = p_name, description = coalesce(p_description, ''), pipeline_id = p_pipeline, version = x.version + 1, updated_at = now(),
				archived_at = case when p_archived then coalesce(x.archived_at, now()) end where x.org_id = fl_org() and x.id = p_id;
	end if;
	perform fl_audit('task_template.save', 'task_template', v_id, jsonb_build_object('name', p_name));
	return query select v_id;
end
$$;

create function task_template_step_add(p_id uuid, p_title text, p_description text, p_priority bigint, p_due_min bigint, p_after bigint, p_assignee uuid, p_team uuid, p_checklist text)
	returns table (id uuid) language plpgsql as $$
declare
	v_n int;
begin
	perform from task_templates l where l.org_id = fl_org() and l.id = p_id for update;
	if not found then
		return;
	end if;
	v_n := 1 + coalesce((select max(s.n) from task_template_steps s where s.org_id = fl_org() and s.template_id = p_id), 0);
	if v_n > 50 then
		perform fl_fail('FL422', 'wrong.range', 'title');
	end if;
	if nullif(p_after, 0) is not null and p_after >= v_n then
		perform fl_fail('FL422', 'wrong.step_after', 'after_n');
	end if;
	if p_team is not null and not exists (select from teams g where g.org_id = fl_org() and g.id = p_team) then
		perform fl_fail('FL422', 'wrong.choice', 'team_id');
	end if;
	insert into task_template_steps (org_id, template_id, n, title, description, priority, due_min, after_n, assignee_id, team_id, checklist)
		values (fl_org(), p_id, v_n, p_title, coalesce(p_description, ''), coalesce(p_priority, 5), p_due_min, nullif(p_after, 0), task_person(p_assignee, 'assignee_id'), p_team,
			coalesce(p_checklist, ''));
	perform fl_audit('task_template.step_add', 'task_template', p_id, jsonb_build_object('title', p_title));
	return query select p_id;
end
$$;

-- The steps behind it move up; what waited for it waits for what it waited for.
create function task_template_step_remove(p_id uuid, p_step uuid) returns table (id uuid) language plpgsql as $$
declare
	g task_template_steps;
begin
	perform from task_templates l where l.org_id = fl_org() and l.id = p_id for update;
	delete from task_template_steps s where s.org_id = fl_org() and s.template_id = p_id and s.id = p_step returning s.* into g;
	if g.id is null then
		return;
	end if;
	update task_template_steps s set n = s.n - 1, after_n = case when s.after_n = g.n then g.after_n when s.after_n > g.n then s.after_n - 1 else s.after_n end
		where s.org_id = fl_org() and s.template_id = p_id and s.n > g.n;
	perform fl_audit('task_template.step_remove', 'task_template', p_id, jsonb_build_object('title', g.title));
	return query select p_id;
end
$$;

-- Makes the tasks of a blueprint. p_start null: now. Answers how many, and the first.
create function task_template_use(p_id uuid, p_intake uuid, p_start timestamptz) returns table (made bigint, first uuid) language plpgsql as $$
declare
	s task_template_steps;
	v_ids uuid[] := '{}';
	v_id uuid;
	v_start timestamptz := coalesce(p_start, now());
begin
	perform from task_templates l where l.org_id = fl_org() and l.id = p_id and l.archived_at is null;
	if not found then
		return;
	end if;
	for s in select * from task_template_steps x where x.org_id = fl_org() and x.template_id = p_id order by x.n loop
		select n.id into v_id from task_new(s.title, s.description, s.priority, s.assignee_id, s.team_id, null, v_start + make_interval(mins => s.due_min), p_intake, null, p_id) n;
		v_ids := v_ids || v_id;
		insert into task_checks (org_id, task_id, text) select fl_org(), v_id, left(trim(c), 300) from string_to_table(s.checklist, E'\n') c where trim(c) <> '';
		if s.after_n is not null then
			insert into task_dependencies (org_id, task_id, blocker_id) values (fl_org(), v_id, v_ids[s.after_n]);
		end if;
	end loop;
	if v_ids = '{}' then
		perform fl_fail('FL422', 'wrong.no_steps', 'id');
	end if;
	perform fl_audit('task_template.use', 'task_template', p_id, jsonb_strip_nulls(jsonb_build_object('intake_id', p_intake, 'tasks', cardinality(v_ids))));
	return query select cardinality(v_ids)::bigint, v_ids[1];
end
$$;

-- A request that reaches a pipeline gets the tasks of its blueprints.
create function task_template_reach() returns trigger language plpgsql as $$
declare
	v_id uuid;
begin
	for v_id in select l.id from task_templates l where l.org_id = new.org_id and l.pipeline_id = new.pipeline_id and l.archived_at is null
			and exists (select from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id) order by l.id loop
		insert into task_template_uses (org_id, template_id, intake_id) values (new.org_id, v_id, new.id) on conflict do nothing;
		if found then
			perform task_template_use(v_id, new.id, now());
		end if;
	end loop;
	return null;
end
$$;
create trigger task_templates after update of pipeline_id on intake_requests for each row
	when (new.pipeline_id is not null and new.pipeline_id is distinct from old.pipeline_id) execute function task_template_reach();
