-- A series that Google writes in another zone keeps what is known of its dates: the moment of its start is compared, not what clocks show there, and the dates go
-- along in the zone they were written in.
create or replace function sync_google_known(p_event uuid, p_cal jsonb) returns jsonb language sql stable as $$
	select case when e.rule is distinct from p_cal #>> '{events,0,rule}' or e.starts_local at time zone e.zone is distinct from calendar_ical_at(p_cal #> '{events,0,start}', e.zone) then p_cal
		else jsonb_build_object('events', jsonb_build_array(jsonb_set(p_cal #> '{events,0}', '{except}', coalesce((select jsonb_agg(jsonb_build_object('at', d, 'zone', k.zone) order by d)
				from (select unnest(e.left_out) as d union select calendar_ical_at(x, e.zone) at time zone e.zone from jsonb_array_elements(p_cal #> '{events,0,except}') x) x where d is not null), '[]')))
			|| coalesce((select jsonb_agg(jsonb_build_object('recurrence', jsonb_build_object('at', x.original_local, 'zone', k.zone), 'start', jsonb_build_object('at', x.starts_local, 'zone', k.zone),
				'end', jsonb_build_object('at', x.ends_local, 'zone', k.zone))) from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id), '[]')) end
	from calendar_events e, lateral (select case when e.all_day then '' else e.zone end) k(zone) where e.org_id = (select fl_org()) and e.id = p_event
$$;
