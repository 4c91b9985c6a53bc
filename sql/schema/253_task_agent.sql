-- A step of a blueprint may be the agent's (TSK-03, TSK-05), and whoever may work on a task may cancel it wherever it stands (X-57).

alter table task_template_steps add column to_agent boolean not null default false,
	add check (not to_agent or assignee_id is null and team_id is null);

create function task_template_step_add(p_id uuid, p_title text, p_description text, p_priority bigint, p_due_min bigint, p_after bigint, p_assignee uuid, p_team uuid, p_checklist text,
	p_agent boolean) returns table (id uuid) language plpgsql as $$
begin
	if p_agent and (p_assignee is not null or p_team is not null) then
		perform fl_fail('FL422', 'wrong.agent_alone', 'to_agent');
	end if;
	return query select a.id from task_template_step_add(p_id, p_title, p_description, p_priority, p_due_min, p_after, p_assignee, p_team, p_checklist) a;
	if p_agent then
		update task_template_steps s set to_agent = true where s.org_id = fl_org() and s.template_id = p_id
			and s.n = (select max(l.n) from task_template_steps l where l.org_id = s.org_id and l.template_id = s.template_id);
	end if;
end
$$;

-- Makes the tasks of a blueprint. p_start null: now. Answers how many, and the first. While the agent is switched off its steps are nobody's.
create or replace function task_template_use(p_id uuid, p_intake uuid, p_start timestamptz) returns table (made bigint, first uuid) language plpgsql as $$
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
		if s.to_agent and agent_on() then
			perform task_give_agent(v_id, null);
		end if;
	end loop;
	if v_ids = '{}' then
		perform fl_fail('FL422', 'wrong.no_steps', 'id');
	end if;
	perform fl_audit('task_template.use', 'task_template', p_id, jsonb_strip_nulls(jsonb_build_object('intake_id', p_intake, 'tasks', cardinality(v_ids))));
	return query select cardinality(v_ids)::bigint, v_ids[1];
end
$$;

-- What is blocked or in review goes through work, as the table of transitions has it; both steps are told.
create or replace function task_cancel(p_task uuid) returns void language plpgsql as $$
declare
	t tasks := task_hold(p_task, null);
	v_from text := t.status;
begin
	if v_from in ('BLOCKED', 'NEEDS_REVIEW') then
		update tasks x set status = 'IN_PROGRESS', version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = p_task returning x.* into t;
		perform fl_audit('task.step', 'task', t.id, jsonb_build_object('from', v_from, 'to', 'IN_PROGRESS', 'why', 'cancel'));
		perform fl_emit('task.status_changed', jsonb_build_object('task_id', t.id, 'from', v_from, 'to', 'IN_PROGRESS'));
	end if;
	if t.status in ('NEW', 'IN_PROGRESS') then
		perform task_move(t, 'CANCELLED', null);
	end if;
end
$$;

create function task_drop(p_id uuid, p_version bigint, p_why text) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
begin
	if t.id is null then
		return;
	elsif t.status in ('DONE', 'CANCELLED') then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	if coalesce(p_why, '') <> '' then
		perform task_say(t, 'comment', p_why);
	end if;
	perform task_cancel(p_id);
	return query select x.id, x.version::bigint from tasks x where x.org_id = fl_org() and x.id = p_id;
end
$$;
