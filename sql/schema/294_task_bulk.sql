-- One act on all tasks that match a filter, after a page that says how many they are: one chain of jobs, 200 rows each.

insert into notification_kinds values ('task_bulk', 194);
insert into notification_subjects values ('tasks', '/tasks', false);

-- p_filter: {"view", "status", "priority", "assignee_id", "team_id", "pipeline_id"} as the list has them; by id, after one and up to another.
create function task_matching(p_filter jsonb, p_after uuid, p_upto uuid) returns setof tasks language sql stable as $$
	select t.* from tasks t where t.org_id = (select fl_org()) and t.id > p_after and t.id <= p_upto
		and case p_filter ->> 'view' when 'all' then true when 'over' then t.status in ('DONE', 'CANCELLED') else t.status not in ('DONE', 'CANCELLED') end
		and case p_filter ->> 'view' when 'mine' then t.assignee_id = (select fl_user()) when 'unassigned' then t.assignee_id is null when 'review' then t.status = 'NEEDS_REVIEW'
			when 'late' then t.due_at < now() else true end
		and coalesce(t.status = p_filter ->> 'status', true) and coalesce(t.priority = nullif((p_filter ->> 'priority')::int, 0), true)
		and coalesce(t.assignee_id = (p_filter ->> 'assignee_id')::uuid, true) and coalesce(t.team_id = (p_filter ->> 'team_id')::uuid, true)
		and coalesce(t.pipeline_id = (p_filter ->> 'pipeline_id')::uuid, true)
$$;

create function task_filter(p_view text, p_status text, p_priority bigint, p_assignee uuid, p_team uuid, p_pipeline uuid) returns jsonb language sql immutable as $$
	select jsonb_build_object('view', p_view, 'status', p_status, 'priority', p_priority, 'assignee_id', p_assignee, 'team_id', p_team, 'pipeline_id', p_pipeline)
$$;

-- Begins it. p_count: how many they were on the page that asked; 409 when they are others in number by now.
create function task_bulk_all(p_filter jsonb, p_act text, p_assignee uuid, p_team uuid, p_count bigint) returns table (done bigint) language plpgsql as $$
declare
	v_upto uuid;
begin
	if p_act = 'assign' and (p_assignee is null) = (p_team is null) then
		perform fl_fail('FL422', 'wrong.assign_what', 'to_assignee_id');
	elsif p_act = 'assign' and not exists (select from memberships m where m.org_id = fl_org() and m.user_id = p_assignee union all select from teams g where g.org_id = fl_org() and g.id = p_team) then
		perform fl_fail('FL422', 'wrong.assign_what', 'to_assignee_id');
	end if;
	select count(*), max(t.id::text)::uuid into done, v_upto from task_matching(p_filter, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff') t;
	if done <> p_count then
		perform fl_fail('FL409', 'wrong.count_changed', 'count');
	elsif done > 0 then
		perform fl_enqueue('events', 'task.bulk', jsonb_build_object('filter', p_filter, 'act', p_act, 'assignee_id', p_assignee, 'team_id', p_team, 'upto', v_upto,
			'after', '00000000-0000-0000-0000-000000000000', 'done', 0));
		perform fl_audit('task.bulk', 'tasks', null, jsonb_build_object('act', p_act, 'filter', jsonb_strip_nulls(p_filter), 'tasks', done));
	end if;
	return next;
end
$$;

-- Two hundred of them, then a job for the rest; who asked is told at the end.
create function task_bulk_some(p jsonb) returns void language plpgsql as $$
declare
	v_ids uuid[] := array(select t.id from task_matching(p -> 'filter', (p ->> 'after')::uuid, (p ->> 'upto')::uuid) t order by t.id limit 200);
	v_done bigint := (p ->> 'done')::bigint;
begin
	v_done := v_done + task_bulk(p ->> 'act', to_jsonb(v_ids), (p ->> 'assignee_id')::uuid, (p ->> 'team_id')::uuid);
	if cardinality(v_ids) = 200 then
		perform fl_enqueue('events', 'task.bulk', p || jsonb_build_object('after', v_ids[200], 'done', v_done));
	elsif fl_user() is not null then
		perform fl_notify(fl_user(), 'task_bulk', 'tasks', null, jsonb_build_object('subject', v_done));
	end if;
end
$$;
