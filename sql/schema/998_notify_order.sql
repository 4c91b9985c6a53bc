-- The notices of a round stand in the order in which they were given, whatever way their settings are found.
create or replace function fl_notify_each(p_users uuid[], p_kinds text[], p_subject_kinds text[], p_subjects uuid[], p_details jsonb[], p_requests text[]) returns void language plpgsql as $$
declare
	v_org uuid := fl_org();
	v_out note_outward[];
begin
	with who as materialized (
		select fl_uuid() as id, x.i, m.user_id, coalesce(c.in_app, true) as in_app, coalesce(c.email, k.by_mail, false) as email, coalesce(c.sms, false) as sms,
				coalesce(k.urgent, false) or coalesce((p_details[x.i] ->> 'urgent')::boolean, false) as urgent
			from generate_subscripts(p_kinds, 1) x(i)
				cross join lateral (select y.user_id from memberships y where y.org_id = v_org and y.user_id = p_users[x.i]
					union all select y.user_id from memberships y join role_permissions r on r.role = y.role and r.permission = 'notify.receive' where p_users[x.i] is null and y.org_id = v_org) m
				left join notification_kinds k on k.kind = p_kinds[x.i]
				left join notification_preferences c on c.org_id = v_org and c.user_id = m.user_id and c.kind = p_kinds[x.i]
			order by x.i, m.user_id
	), told as (
		insert into notifications (org_id, id, user_id, kind, subject_kind, subject_id, detail, shown, read_at)
			select v_org, w.id, w.user_id, p_kinds[w.i], p_subject_kinds[w.i], p_subjects[w.i], coalesce(p_details[w.i] - 'urgent', '{}'),
					w.in_app, case when not w.in_app then now() end
				from who w where w.in_app or w.email or w.sms
	)
	select array_agg(row(w.id, w.user_id, w.email, w.sms, w.urgent, p_requests[w.i])::note_outward) into v_out from who w where w.email or w.sms;
	if v_out is not null then
		perform note_send_all(v_out);
	end if;
end
$$;
