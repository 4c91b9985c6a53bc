-- A calendar draws the times that calendars elsewhere call taken: busy and no more, as that is all we are told.

-- Of the person looked for, else of who looks; those that an event here takes already are left out. All day: as the reader's zone has it.
create function calendar_outside(p_from timestamptz, p_until timestamptz, p_who uuid) returns table (party uuid, starts_at timestamptz, ends_at timestamptz, all_day boolean)
	language plpgsql stable as $$
declare
	v_zone text := public.calendar_zone();
	v_party uuid := coalesce(p_who, public.fl_user());
	v_here tstzmultirange;
begin
	v_here := coalesce((select range_agg(c.during) from public.calendar_claims c
		where c.org_id = public.fl_org() and c.party_id = v_party and c.hold_until is null and c.during && tstzrange(p_from, p_until)), '{}');
	return query select v_party, lower(s.during), upper(s.during), (lower(s.during) at time zone v_zone)::time = '00:00' and (upper(s.during) at time zone v_zone)::time = '00:00'
		from (select unnest(range_agg(b.during)) as during from public.calendar_busy b
			where b.org_id = public.fl_org() and b.party_id = v_party and b.during && tstzrange(p_from, p_until)) s
		where not v_here @> s.during;
end
$$;

create or replace function calendar_hours(p_day date, p_who uuid, out first_hour int, out last_hour int) language plpgsql stable as $$
declare
	v_zone text := public.calendar_zone();
	v_from timestamptz := public.calendar_first('week', p_day)::timestamp at time zone v_zone;
	v_until timestamptz := (public.calendar_first('week', p_day) + interval '7 days') at time zone v_zone;
begin
	select coalesce(least(min(extract(hour from x.a)), 8), 8), coalesce(greatest(max(case when x.b::date > x.a::date then 23 else extract(hour from x.b) end), 17), 17)
	into first_hour, last_hour
	from (select o.starts_at, o.ends_at from public.calendar_occurrences o join public.calendar_events e on e.org_id = o.org_id and e.id = o.event_id
			where o.org_id = (select public.fl_org()) and not e.all_day and o.starts_at >= v_from and o.starts_at < v_until
				and (p_who is null or exists (select from public.calendar_parties p where p.org_id = o.org_id and p.event_id = o.event_id and p.party_id = p_who))
			union all select t.starts_at, t.ends_at from public.calendar_outside(v_from, v_until, p_who) t where not t.all_day and t.starts_at >= v_from) o,
		lateral (select o.starts_at at time zone v_zone as a, greatest(o.ends_at - interval '1 microsecond', o.starts_at) at time zone v_zone as b) x;
end
$$;

drop function calendar_boxes(text, date, uuid);
drop function calendar_window(text, date, uuid);

-- What happens in a day, a row a day; what is taken elsewhere has no id, and `party` says whose time it takes.
create function calendar_window(p_view text, p_day date, p_who uuid) returns table (id uuid, original text, title text, place text, starts_at timestamptz, ends_at timestamptz,
		all_day boolean, tentative boolean, day date, hour int, clock text, ends_clock text, zone_offset text, series boolean, party uuid) language sql stable rows 200 as $$
	with z as materialized (select calendar_zone() as zone, calendar_first(p_view, p_day) as first, calendar_last(p_view, p_day) as last),
	o as (select e.id, to_char(c.original_local, 'YYYY-MM-DD"T"HH24:MI') as original, e.title, e.place, c.starts_at, c.ends_at, e.all_day, e.status = 'TENTATIVE' as tentative,
			e.rule is not null as series, e.zone, null::uuid as party
		from z, calendar_occurrences c join calendar_events e on e.org_id = c.org_id and e.id = c.event_id
		where c.org_id = (select fl_org()) and c.starts_at < (z.last + 1) at time zone z.zone and c.starts_at > (z.first - 91) at time zone z.zone
			and c.ends_at > (z.first - 1) at time zone z.zone
			and (p_who is null or exists (select from calendar_parties p where p.org_id = c.org_id and p.event_id = c.event_id and p.party_id = p_who))
		union all select null, null, null, null, t.starts_at, t.ends_at, t.all_day, false, false, z.zone, t.party
		from z, calendar_outside(z.first::timestamp at time zone z.zone, z.last::timestamp at time zone z.zone, p_who) t)
	select o.id, o.original, o.title, o.place, o.starts_at, o.ends_at, o.all_day, o.tentative, g.day::date,
		case when not o.all_day and g.day::date = (o.starts_at at time zone z.zone)::date then extract(hour from o.starts_at at time zone z.zone)::int end,
		to_char(o.starts_at at time zone z.zone, 'HH24:MI'), to_char(o.ends_at at time zone z.zone, 'HH24:MI'), u.text, o.series, o.party
	from z, o,
		lateral (select case when o.all_day then (o.starts_at at time zone o.zone)::date else (o.starts_at at time zone z.zone)::date end as a,
			case when o.all_day then (o.ends_at at time zone o.zone - interval '1 second')::date else (o.ends_at at time zone z.zone - interval '1 microsecond')::date end as b) s,
		lateral generate_series(greatest(s.a, z.first)::timestamp, least(s.b, z.last - 1)::timestamp, interval '1 day') g(day),
		lateral (select (extract(epoch from (o.starts_at at time zone z.zone) - (o.starts_at at time zone 'UTC')) / 60)::int as m) n,
		lateral (select case when n.m = 0 then 'UTC' else 'UTC' || case when n.m < 0 then '-' else '+' end || abs(n.m) / 60
			|| case when n.m % 60 <> 0 then ':' || lpad((abs(n.m) % 60)::text, 2, '0') else '' end end as text) u
$$;

create function calendar_boxes(p_view text, p_day date, p_who uuid) returns table (event_id uuid, cell text, title text, place text, clock text, ends_clock text, tentative boolean,
		starts_at timestamptz, quarter int, hours int, quarters int, lane int, knot int, party uuid) language plpgsql stable as $$
declare
	v_zone text := public.calendar_zone();
	v_first date := public.calendar_first(p_view, p_day);
	v_day date;
	v_begin timestamp;
	v_end timestamp;
	v_over timestamp;
	v_ends timestamp[];
	v_long int;
	v_knot int := 0;
	w record;
begin
	for w in select c.*, c.starts_at at time zone v_zone as a, c.ends_at at time zone v_zone as b from public.calendar_window(p_view, p_day, p_who) c
		order by c.day, c.starts_at, c.ends_at desc, c.id loop
		event_id := w.id; party := w.party; title := w.title; place := w.place; tentative := w.tentative; starts_at := w.starts_at;
		clock := case when w.hour is not null then w.clock end;
		ends_clock := w.ends_clock;
		quarter := null; hours := null; quarters := null; lane := null; knot := null;
		if p_view <> 'week' then
			cell := lpad(((w.day - v_first) / 7)::text, 2, '0') || '.' || w.day;
		elsif w.hour is null then
			cell := '-1.' || w.day;
		else
			cell := lpad(w.hour::text, 2, '0') || '.' || w.day;
			v_begin := date_bin('15 minutes', w.a, '2000-01-01');
			v_end := greatest(least(w.b, w.day + interval '1 day'), v_begin + interval '30 minutes');
			if v_day is distinct from w.day or v_begin >= v_over then
				v_day := w.day; v_over := v_end; v_ends := '{}'; v_knot := v_knot + 1;
			end if;
			lane := 1;
			while v_ends[lane] > v_begin loop
				lane := lane + 1;
			end loop;
			v_ends[lane] := v_end;
			v_over := greatest(v_over, v_end);
			v_long := ceil(extract(epoch from v_end - v_begin) / 900);
			quarter := extract(minute from v_begin) / 15; hours := v_long / 4; quarters := v_long % 4; lane := lane - 1; knot := v_knot;
		end if;
		return next;
	end loop;
end
$$;
