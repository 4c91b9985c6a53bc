-- A time may be by the clock of a place that was named ("10:00 London time", named_zone) or by an offset (offset_min): it is an instant before it is a time
-- of the house. A time without a day is the next such, also where it was named.
alter table schedule_readings drop constraint schedule_readings_doubt_check,
	add constraint schedule_readings_doubt_check check (doubt in ('clear', 'am_or_pm', 'which_day', 'which_zone', 'past', 'mismatch', 'impossible'));

-- Start or end (p_key) of one time that was read.
create function schedule_instant(v jsonb, p_key text, p_zone text) returns timestamptz language sql stable as $$
	select t.at + case when not (v ->> 'has_day')::boolean and (v ? 'named_zone' or v ? 'offset_min') then
			case when t.starts < now() then interval '1 day' when t.starts >= now() + interval '1 day' then interval '-1 day' else interval '0' end else interval '0' end
	from (select case when v ? 'offset_min' then ((v ->> p_key)::timestamp - make_interval(mins => (v ->> 'offset_min')::int)) at time zone 'UTC'
				else (v ->> p_key)::timestamp at time zone coalesce(v ->> 'named_zone', p_zone) end,
			case when v ? 'offset_min' then ((v ->> 'start')::timestamp - make_interval(mins => (v ->> 'offset_min')::int)) at time zone 'UTC'
				else (v ->> 'start')::timestamp at time zone coalesce(v ->> 'named_zone', p_zone) end) t(at, starts)
$$;

create or replace function schedule_times(u jsonb, p_zone text) returns table (n bigint, starts_at timestamptz, ends_at timestamptz, exact boolean, has_day boolean, doubt text, minutes int,
		from_clock interval, until_clock interval) language sql stable as $$
	select x.n, x.s, x.e, (x.v ->> 'exact')::boolean, (x.v ->> 'has_day')::boolean, x.v ->> 'doubt',
		case when (x.v ->> 'has_end')::boolean then least(greatest((extract(epoch from x.e - x.s) / 60)::int, 5), 480) end,
		(x.s at time zone p_zone) - date_trunc('day', x.s at time zone p_zone), case when x.e - x.s >= interval '1 day' then interval '1 day'
			else (x.s at time zone p_zone) - date_trunc('day', x.s at time zone p_zone) + (x.e - x.s) end
	from (select t.n, t.v, schedule_instant(t.v, 'start', p_zone), schedule_instant(t.v, 'end', p_zone)
		from jsonb_array_elements(u -> 'times') with ordinality t(v, n)) x(n, v, s, e) order by x.n
$$;

create or replace function schedule_keep(p_intake uuid, p_readings jsonb) returns table (done bigint) language plpgsql as $$
begin
	delete from schedule_readings s where s.org_id = fl_org() and s.intake_id = p_intake;
	insert into schedule_readings (org_id, intake_id, n, phrase, starts_local, ends_local, zone, timed, doubt)
		select fl_org(), p_intake, r.n, r.v ->> 'phrase', schedule_instant(r.v, 'start', r.v ->> 'zone') at time zone (r.v ->> 'zone'),
			schedule_instant(r.v, 'end', r.v ->> 'zone') at time zone (r.v ->> 'zone'), r.v ->> 'zone', (r.v ->> 'timed')::boolean, r.v ->> 'doubt'
		from jsonb_array_elements(p_readings) with ordinality r(v, n)
		where exists (select from intake_requests i where i.org_id = fl_org() and i.id = p_intake);
	get diagnostics done = row_count;
	return next;
end
$$;
