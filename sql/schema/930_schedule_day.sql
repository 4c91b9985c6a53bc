-- Whether a weekday of a week that was offered is over is told by the day of the zone the talk is in, not by that of the database's session.

drop function schedule_of_week(jsonb, date, date);

create function schedule_of_week(v jsonb, p_first date, p_last date, p_today date) returns jsonb language sql stable as $$
	select case when (v ->> 'weekday')::boolean and p_last - p_first < 7 and d.day >= p_today
		then v || jsonb_build_object('start', (v ->> 'start')::timestamp + (d.day - s.day) * interval '1 day', 'end', (v ->> 'end')::timestamp + (d.day - s.day) * interval '1 day',
			'doubt', case when v ->> 'doubt' in ('which_day', 'past') then 'clear' else v ->> 'doubt' end) else v end
	from (select (v ->> 'start')::timestamp::date) s(day), lateral (select date_trunc('week', p_first)::date + extract(isodow from s.day)::int - 1) d(day)
$$;

create or replace function schedule_spoken(p booking_pages, b bookings, p_wished interval, p_first date, p_last date, u jsonb) returns jsonb language sql stable as $$
	select u || jsonb_build_object('times', coalesce((select jsonb_agg(case
				when v ->> 'same_time' is not null and k.clock is null then v || jsonb_build_object('start', d.day, 'end', d.day + interval '1 day', 'exact', false, 'timed', false, 'has_end', false)
				when v ->> 'same_time' is not null then v || jsonb_build_object('start', d.day + k.clock, 'end', d.day + k.clock + interval '30 minutes', 'has_end', false)
				when (v ->> 'has_day')::boolean or v ? 'offset_min' or v ? 'named_zone' or p_last - p_first > case when (v ->> 'exact')::boolean then 0 else 6 end then v
				when p_first is not null then v || jsonb_build_object('has_day', true, 'start', p_first + ((v ->> 'start')::timestamp - d.day), 'end', p_last + ((v ->> 'end')::timestamp - d.day),
					'doubt', case when v ->> 'doubt' = 'past' then 'clear' else v ->> 'doubt' end) || case when p_last > p_first then '{"of_offer": true, "each_day": true}' else '{}' end::jsonb
				else v end order by n)
			from jsonb_array_elements(u -> 'times') with ordinality y(said, n), lateral (select schedule_of_week(said, p_first, p_last, (now() at time zone p.zone)::date)) x(v),
				lateral (select date_trunc('day', (v ->> 'start')::timestamp)) d(day)), case
		when b.id is not null and u ? 'shift_s' then jsonb_build_array(jsonb_build_object('start', s.at, 'end', s.at + interval '30 minutes', 'zone', p.zone, 'timed', true, 'exact', true,
			'has_day', true, 'has_end', false, 'doubt', 'clear', 'phrase', '')) end, '[]'))
	from (select coalesce(schedule_clock(b.starts_at, p.zone), p_wished)) k(clock), (select (b.starts_at + make_interval(secs => (u ->> 'shift_s')::float8)) at time zone p.zone) s(at)
$$;
