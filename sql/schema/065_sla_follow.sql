-- Deferred triggers run at the commit: by then a round of jobs or a sweep acts for another organisation, and a sweep's own role has no right to
-- requests. The clocks of a row are reckoned for the row's organisation, by the definer.

create or replace function sla_follow() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
	v_before text := current_setting('app.current_org_id', true);
begin
	perform set_config('app.current_org_id', new.org_id::text, true);
	if tg_table_name = 'intake_requests' then
		perform sla_compute(new.id);
	else
		perform sla_compute(new.intake_id);
	end if;
	perform set_config('app.current_org_id', coalesce(v_before, ''), true);
	return null;
end
$$;
select fl_definer_function('sla_follow()');
