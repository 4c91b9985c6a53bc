-- When people are reminded, and whether what comes in is acknowledged, is the organisation's to say (X-28): settings.reminder_min and settings.acknowledge.
create function organization_reminders(p_minutes jsonb, p_acknowledge boolean) returns table (id uuid) language plpgsql as $$
declare
	v_minutes jsonb;
begin
	if exists (select from jsonb_array_elements_text(coalesce(p_minutes, '[]')) m where m !~ '^[0-9]{1,5}$' or m::int not between 1 and 10080) then
		perform public.fl_fail('FL422', 'wrong.choice', 'remind');
	end if;
	select coalesce(jsonb_agg(m order by m desc), '[]') into v_minutes from (select distinct x::int as m from jsonb_array_elements_text(coalesce(p_minutes, '[]')) x) k;
	update public.organizations o set settings = o.settings || jsonb_build_object('reminder_min', v_minutes, 'acknowledge', case when p_acknowledge then 'on' else 'off' end),
		updated_at = now() where o.id = public.fl_org();
	perform public.fl_audit('org.change', 'organization', public.fl_org(), jsonb_build_object('reminder_min', v_minutes, 'acknowledge', p_acknowledge));
	return query select public.fl_org();
end
$$;
select fl_definer_function('organization_reminders(jsonb, boolean)');
