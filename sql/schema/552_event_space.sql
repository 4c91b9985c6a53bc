-- Names of events are also known with a namespace before them, as ns.intake.created.v1 (EVT-07, X-13).
create or replace function event_name(p_name text) returns text language plpgsql stable as $$
declare
	v_name text := regexp_replace(replace(lower(p_name), ':', '.'), '[.]v[0-9]+$', '');
	v_bare text := regexp_replace(v_name, '^[a-z0-9_]+[.](?=[^.]+[.])', '');
begin
	return coalesce((select a.type from public.event_aliases a where a.alias = v_name), (select t.type from public.event_types t where t.type = v_name limit 1),
		(select a.type from public.event_aliases a where a.alias = v_bare), (select t.type from public.event_types t where t.type = v_bare limit 1), v_name);
end
$$;
