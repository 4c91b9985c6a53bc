-- A note of the agent says what it has to say where it is read: in the list and in the mail. Taken back, it goes from those who have not read it yet.

create or replace function act_notify(p_decision uuid, p_n int, p_args jsonb, r intake_requests) returns void language plpgsql as $$
begin
	perform fl_notify(null, 'agent_note', 'intake', r.id, jsonb_build_object('number', r.number, 'subject', r.subject, 'body', p_args ->> 'text'));
	perform decision_act_done(p_decision, p_n, 'SEND_NOTIFICATION', p_args, '{}', jsonb_build_object('unread', true));
end
$$;

create or replace function act_escalate(p_decision uuid, p_n int, p_args jsonb, r intake_requests) returns void language plpgsql as $$
begin
	update intake_requests set priority = least(priority, 2), version = version + 1, updated_at = now() where org_id = fl_org() and id = r.id;
	perform fl_notify(null, 'escalated', 'intake', r.id, jsonb_build_object('number', r.number, 'subject', r.subject, 'body', p_args ->> 'text'));
	perform decision_act_done(p_decision, p_n, 'ESCALATE', p_args, '{}', jsonb_build_object('priority', r.priority));
end
$$;

-- The notes of an action were written in its transaction: they have its time.
create or replace function decision_unact(a decision_actions, p_intake uuid) returns void language plpgsql as $$
declare
	i pipeline_items;
	v_before uuid := (a.inverse ->> 'pipeline_id')::uuid;
begin
	if a.type = 'ASSIGN_PIPELINE' then
		select * into i from pipeline_items where org_id = fl_org() and id = (a.result ->> 'item_id')::uuid and archived_at is null for update;
		if i.id is null or i.version <> (a.result ->> 'item_version')::int then
			perform fl_fail('FL409', 'error.item_moved_on', 'version');
		end if;
		perform task_cancel((a.result ->> 'task_id')::uuid);
		delete from leads where org_id = fl_org() and id = (a.result ->> 'lead_id')::uuid and status = 'New';
		if a.inverse ->> 'item_id' is null then
			perform item_remove(i.id);
		elsif v_before is distinct from i.pipeline_id then
			perform item_add(v_before, p_intake, i.number, i.title, i.priority, false);
		end if;
		update intake_requests set pipeline_id = v_before, item_id = (a.inverse ->> 'item_id')::uuid, priority = (a.inverse ->> 'priority')::int,
			assignee_id = (a.inverse ->> 'assignee_id')::uuid where org_id = fl_org() and id = p_intake;
	elsif a.type = 'ESCALATE' then
		update intake_requests set priority = (a.inverse ->> 'priority')::int where org_id = fl_org() and id = p_intake;
	end if;
	if a.type in ('SEND_NOTIFICATION', 'ESCALATE') then
		delete from notifications where org_id = fl_org() and subject_kind = 'intake' and subject_id = p_intake and read_at is null and created_at = a.created_at
			and kind = case a.type when 'ESCALATE' then 'escalated' else 'agent_note' end;
	end if;
	update decision_actions set state = 'undone' where org_id = fl_org() and id = a.id;
end
$$;
