-- An event may be for a task (SCH-18: one task, several events), which is named when the event is made.
create index calendar_events_task on calendar_events (org_id, task_id) where task_id is not null;

create function calendar_of_task(p_event uuid, p_task uuid) returns boolean language plpgsql as $$
begin
	if p_task is null then
		return false;
	elsif not exists (select from tasks t where t.org_id = fl_org() and t.id = p_task) then
		perform fl_fail('FL422', 'wrong.choice', 'task');
	end if;
	update calendar_events e set task_id = p_task where e.org_id = fl_org() and e.id = p_event and e.task_id is distinct from p_task;
	return found;
end
$$;
