-- Tasks of a blueprint that stands in a pipeline or stage stand there too when no request says otherwise (PIP-01, TSK-03). As in 253 else.
create or replace function task_template_use(p_id uuid, p_intake uuid, p_start timestamptz) returns table (made bigint, first uuid) language plpgsql as $$
declare
	l task_templates;
	s task_template_steps;
	v_ids uuid[] := '{}';
	v_id uuid;
	v_start timestamptz := coalesce(p_start, now());
begin
	select * into l from task_templates x where x.org_id = fl_org() and x.id = p_id and x.archived_at is null;
	if l.id is null then
		return;
	end if;
	for s in select * from task_template_steps x where x.org_id = fl_org() and x.template_id = p_id order by x.n loop
		select n.id into v_id from task_new(s.title, s.description, s.priority, s.assignee_id, s.team_id, null, v_start + make_interval(mins => s.due_min), p_intake, case when p_intake is null then l.pipeline_id end, p_id) n;
		update tasks t set stage_id = l.stage_id where p_intake is null and t.org_id = fl_org() and t.id = v_id and l.stage_id is not null;
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
