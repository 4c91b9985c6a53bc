-- A promise that is nearly missed and one that climbs its chain are events as a missed one is: hooks can hear of them, and a pager of how grave it is.
create or replace function sla_tell(c sla_clocks, p_level text, p_due timestamptz, p_step int, p_user uuid) returns boolean language plpgsql as $$
declare
	r record;
	v_detail jsonb;
begin
	insert into public.sla_alerts (org_id, subject_id, kind, level, step, due_at) values (c.org_id, c.intake_id, c.kind, p_level, p_step, p_due) on conflict do nothing;
	if not found then
		return false;
	end if;
	select i.number, i.subject, i.assignee_id into r from public.intake_requests i where i.org_id = c.org_id and i.id = c.intake_id;
	v_detail := jsonb_build_object('number', r.number, 'subject', r.subject, 'clock', c.kind, 'due_at', p_due);
	if p_level = 'warning' and r.assignee_id is not null then
		perform public.fl_notify(r.assignee_id, 'sla_warning', 'intake', c.intake_id, v_detail);
	elsif p_level = 'escalation' then
		perform public.fl_notify((select m.user_id from public.memberships m where m.org_id = c.org_id and m.user_id = p_user), 'sla_escalation', 'intake', c.intake_id, v_detail);
	else
		perform public.sla_notify(case when p_level = 'breach' then r.assignee_id end, 'sla_' || p_level, 'intake', c.intake_id, v_detail);
	end if;
	perform public.fl_audit('sla.' || p_level, 'intake', c.intake_id, jsonb_strip_nulls(jsonb_build_object('clock', c.kind, 'due_at', p_due, 'after_min', nullif(p_step, 0), 'user_id', p_user)));
	perform public.fl_emit(case p_level when 'warning' then 'sla.warned' when 'breach' then 'sla.breached' else 'sla.escalated' end,
		jsonb_strip_nulls(jsonb_build_object('intake_id', c.intake_id, 'clock', c.kind, 'due_at', p_due, 'after_min', nullif(p_step, 0), 'user_id', p_user)));
	return true;
end
$$;

create or replace function hook_kinds() returns table (type text, n bigint) language sql immutable as $$
	select k, n from unnest(array['sla.warned', 'sla.breached', 'sla.escalated', 'task.sla_breached', 'intake.created', 'intake.updated', 'decision.completed', 'task.created', 'task.status_changed',
		'task.completed', 'pipeline.stage_changed', 'calendar.changed', 'booking.confirmed', 'booking.cancelled', 'reminder.due', 'document.completed', 'job.progress']) with ordinality x(k, n)
$$;

-- The cards' events are written when all files are in; the sweep may come before that.
select fl_event_type_set('sla.warned', '1.0', 'intake_id clock due_at', ''), fl_event_type_set('sla.escalated', '1.0', 'intake_id clock due_at after_min', 'user_id');
