-- Series without an end: their dates are kept two years ahead, by a sweep that moves on.

alter table calendar_events add column series_until timestamptz; -- up to when rule_dates is made; null: to be made anew

create function calendar_series_again() returns trigger language plpgsql as $$
begin
	new.series_until := null;
	return new;
end
$$;
create trigger series_again before update of rule, starts_local, zone on calendar_events for each row
	when (old.rule is distinct from new.rule or old.starts_local <> new.starts_local or old.zone <> new.zone) execute function calendar_series_again();

create function calendar_series_due() returns bigint language plpgsql as $$
declare
	e record;
	v_done bigint := 0;
begin
	for e in select x.org_id, x.id from public.calendar_events x where x.rule is not null and x.status <> 'CANCELLED' and coalesce(x.series_until < now() + interval '23 months', true) limit 5000 loop
		perform set_config('app.current_org_id', e.org_id::text, true);
		perform public.fl_enqueue('calendar-sync', 'calendar.series', jsonb_build_object('event_id', e.id), 7, null, 'series:' || e.id);
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('calendar_series_due()', 'fl_sweep');

insert into notification_kinds values ('series_taken', 102);

-- Keeps the dates of a series from p_from on; earlier ones stay as they are. When somebody is taken on one of the new dates, the series stays as it was and its
-- owner is told.
create function calendar_series_keep(p_id uuid, p_version bigint, p_from timestamp, p_dates jsonb) returns table (done bigint) language plpgsql as $$
declare
	e calendar_events;
	v_dates timestamp[] := array(select d::timestamp from jsonb_array_elements_text(p_dates) d where d::timestamp >= p_from);
begin
	select * into e from calendar_events x where x.org_id = fl_org() and x.id = p_id and x.version = p_version and x.rule is not null for update;
	done := 0;
	if e.id is not null then
		begin
			update calendar_events x set series_until = now() + interval '2 years', rule_dates = array(select d from unnest(x.rule_dates) d where d < p_from) || v_dates
				where x.org_id = e.org_id and x.id = p_id;
			if v_dates <> array(select d from unnest(e.rule_dates) d where d >= p_from order by d) then
				perform calendar_occur(p_id);
			end if;
			done := cardinality(v_dates);
		exception when sqlstate 'FL409' then
			update calendar_events x set series_until = now() + interval '2 years' where x.org_id = e.org_id and x.id = p_id;
			perform fl_notify(e.owner_id, 'series_taken', 'event', p_id, jsonb_build_object('subject', e.title));
		end;
	end if;
	return next;
end
$$;

-- A series somebody invites us to has no dates yet.
create function calendar_series_asked() returns trigger language plpgsql as $$
begin
	perform fl_enqueue('calendar-sync', 'calendar.series', jsonb_build_object('event_id', new.id), 5, null, 'series:' || new.id);
	return null;
end
$$;
create trigger series_asked after insert or update of rule, starts_local on calendar_events for each row
	when (new.rule is not null and cardinality(new.rule_dates) = 0) execute function calendar_series_asked();
