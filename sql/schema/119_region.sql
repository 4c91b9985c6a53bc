-- How an organisation and a person write dates (SET-13): the person's choice, else the organisation's, else as the language does.

create function fl_dates(p_user uuid) returns text language plpgsql stable as $$
begin
	return coalesce((select u.date_format from public.memberships m join public.users u on u.id = m.user_id where m.org_id = public.fl_org() and m.user_id = p_user),
		(select o.date_format from public.organizations o where o.id = public.fl_org()), '');
end
$$;
select fl_definer_function('fl_dates(uuid)');

-- As in 036, with the format of dates.
drop function organization_region(text, text, text);
create function organization_region(p_language text, p_zone text, p_currency text, p_dates text) returns table (id uuid) language plpgsql as $$
begin
	if not exists (select from pg_timezone_names z where z.name = p_zone) then
		perform public.fl_fail('FL422', 'wrong.zone', 'zone');
	end if;
	if p_currency !~ '^[A-Z]{3}$' then
		perform public.fl_fail('FL422', 'wrong.currency', 'currency');
	end if;
	update public.organizations o set default_language = p_language, zone = p_zone, currency = p_currency, date_format = p_dates, updated_at = now()
		where o.id = public.fl_org();
	update public.users u set onboarding_step = 'done' where u.id = public.fl_user() and u.onboarding_step = 'region';
	perform public.fl_sessions_refresh(m.user_id) from public.memberships m where m.org_id = public.fl_org();
	update public.principals p set date_format = '' where p.org_id = public.fl_org() and p.kind in ('form', 'link', 'webhook', 'key');
	perform public.fl_audit('org.change', 'organization', public.fl_org(), jsonb_build_object('language', p_language, 'zone', p_zone, 'currency', p_currency, 'dates', p_dates));
	return query select public.fl_org();
end
$$;
select fl_definer_function('organization_region(text, text, text, text)');
