-- A week is drawn to scale: where in its hour an event begins, how long it lasts, and which share of the day's width it has beside what is held at the same time.

create function calendar_hours(p_day date, p_who uuid, out first_hour int, out last_hour int) language plpgsql stable as $$
declare
	v_zone text := public.calendar_zone();
	v_first timestamp := public.calendar_first('week', p_day);
begin
	select coalesce(least(min(extract(hour from x.a)), 8), 8), coalesce(greatest(max(case when x.b::date > x.a::date then 23 else extract(hour from x.b) end), 17), 17)
	into first_hour, last_hour
	from public.calendar_occurrences o join public.calendar_events e on e.org_id = o.org_id and e.id = o.event_id,
		lateral (select o.starts_at at time zone v_zone as a, greatest(o.ends_at - interval '1 microsecond', o.starts_at) at time zone v_zone as b) x
	where o.org_id = (select public.fl_org()) and not e.all_day and o.starts_at >= v_first at time zone v_zone and o.starts_at < (v_first + interval '7 days') at time zone v_zone
		and (p_who is null or exists (select from public.calendar_parties p where p.org_id = o.org_id and p.event_id = o.event_id and p.party_id = p_who));
end
$$;

-- What lies in the cells of a week or a month. Those that overlap, if by way of others, are a knot: its lanes lie side by side, and each takes the first lane that is free. A box is half
-- an hour high at least, so that a short talk can be read; it ends with its day. What has no hour of its own has no knot.
create function calendar_boxes(p_view text, p_day date, p_who uuid) returns table (event_id uuid, cell text, title text, place text, clock text, ends_clock text, tentative boolean,
		starts_at timestamptz, quarter int, hours int, quarters int, lane int, knot int) language plpgsql stable as $$
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
		event_id := w.id; title := w.title; place := w.place; tentative := w.tentative; starts_at := w.starts_at;
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
