-- What a calendar page shows. The offset is said as calendar_offset says it, but in place: a call for each of 500 events took a tenth of the page.

create or replace function calendar_window(p_view text, p_day date, p_who uuid) returns table (id uuid, original text, title text, place text, starts_at timestamptz, ends_at timestamptz,
		all_day boolean, tentative boolean, day date, hour int, clock text, ends_clock text, zone_offset text, series boolean) language sql stable rows 200 as $$
	with z as materialized (select calendar_zone() as zone, calendar_first(p_view, p_day) as first, calendar_last(p_view, p_day) as last)
	select e.id, to_char(o.original_local, 'YYYY-MM-DD"T"HH24:MI'), e.title, e.place, o.starts_at, o.ends_at, e.all_day, e.status = 'TENTATIVE', g.day::date,
		case when not e.all_day and g.day::date = (o.starts_at at time zone z.zone)::date then extract(hour from o.starts_at at time zone z.zone)::int end,
		to_char(o.starts_at at time zone z.zone, 'HH24:MI'), to_char(o.ends_at at time zone z.zone, 'HH24:MI'), u.text, e.rule is not null
	from z, calendar_occurrences o join calendar_events e on e.org_id = o.org_id and e.id = o.event_id,
		lateral (select case when e.all_day then (o.starts_at at time zone e.zone)::date else (o.starts_at at time zone z.zone)::date end as a,
			case when e.all_day then (o.ends_at at time zone e.zone - interval '1 second')::date else (o.ends_at at time zone z.zone - interval '1 microsecond')::date end as b) s,
		lateral generate_series(greatest(s.a, z.first)::timestamp, least(s.b, z.last - 1)::timestamp, interval '1 day') g(day),
		lateral (select (extract(epoch from (o.starts_at at time zone z.zone) - (o.starts_at at time zone 'UTC')) / 60)::int as m) n,
		lateral (select case when n.m = 0 then 'UTC' else 'UTC' || case when n.m < 0 then '-' else '+' end || abs(n.m) / 60
			|| case when n.m % 60 <> 0 then ':' || lpad((abs(n.m) % 60)::text, 2, '0') else '' end end as text) u
	where o.org_id = (select fl_org()) and o.starts_at < (z.last + 1) at time zone z.zone and o.starts_at > (z.first - 91) at time zone z.zone
		and o.ends_at > (z.first - 1) at time zone z.zone
		and (p_who is null or exists (select from calendar_parties p where p.org_id = o.org_id and p.event_id = o.event_id and p.party_id = p_who))
$$;
