-- A time that was asked for may be several: "Thursday or Friday morning", "mornings next week", "any day next week except Monday". Free times are sought in all
-- of them at once, and a day that was left out is never offered, also when nothing is free in what was named.
drop function schedule_times(jsonb, text);
drop function schedule_aim_span(booking_pages, bookings, record, schedule_aim, timestamptz[]);

-- The time of day.
create function schedule_clock(p_at timestamptz, p_zone text) returns interval language sql stable as $$
	select (p_at at time zone p_zone) - date_trunc('day', p_at at time zone p_zone)
$$;

create function schedule_left_out(p_at timestamptz, p_zone text, p_days int) returns boolean language sql stable as $$
	select p_days >> (extract(isodow from p_at at time zone p_zone)::int - 1) & 1 = 1
$$;

-- The times of what was understood as instants. exact: a start; else a span in which to look, from from_clock to until_clock on each of its days but those of
-- left_out (weekdays, bit 0 Monday).
create function schedule_times(u jsonb, p_zone text) returns table (n bigint, starts_at timestamptz, ends_at timestamptz, exact boolean, has_day boolean, doubt text, minutes int,
		from_clock interval, until_clock interval, left_out int) language sql stable as $$
	select x.n, x.s, x.e, (x.v ->> 'exact')::boolean, (x.v ->> 'has_day')::boolean, x.v ->> 'doubt',
		case when (x.v ->> 'has_end')::boolean then least(greatest((extract(epoch from x.e - x.s) / 60)::int, 5), 480) end,
		case when x.e - x.s >= interval '1 day' and not (x.v ->> 'exact')::boolean and (x.v ->> 'each_day') is null then interval '0' else c.at end,
		case when (x.v ->> 'each_day')::boolean then c.until when x.e - x.s >= interval '1 day' then interval '1 day' else c.at + (x.e - x.s) end,
		coalesce((x.v ->> 'not_days')::int, 0)
	from (select t.n, t.v, schedule_instant(t.v, 'start', p_zone), schedule_instant(t.v, 'end', p_zone)
		from jsonb_array_elements(u -> 'times') with ordinality t(v, n)) x(n, v, s, e),
		lateral (select schedule_clock(x.s, p_zone), schedule_clock(x.e - interval '1 second', p_zone) + interval '1 second') c(at, until)
	order by x.n
$$;

-- Up to three of these times, which are in order.
create function schedule_some(p_free timestamptz[], p_near timestamptz) returns timestamptz[] language sql stable as $$
	with f as (select x.at, x.n, cardinality(p_free) as of from unnest(p_free) with ordinality x(at, n)),
		k as (select f.at from f where p_near is not null or f.of <= 3 or f.n in (1, 1 + f.of / 2, f.of)
			order by case when p_near is not null then abs(extract(epoch from f.at - p_near)) end nulls last, f.at limit 3)
	select coalesce(array_agg(k.at order by k.at), '{}') from k
$$;

-- Up to three free times of a span and of hours of the day: the nearest to p_near, else spread over what there is. p_not: not these.
create or replace function schedule_free(p booking_pages, p_minutes int, p_booking uuid, p_from timestamptz, p_to timestamptz, p_near timestamptz, p_clock interval, p_until interval,
		p_not timestamptz[]) returns timestamptz[] language sql stable as $$
	select schedule_some(array(select s.starts_at
			from booking_slots(p.id, (p_from at time zone p.zone)::date, (p_to at time zone p.zone)::date, p_booking, p_minutes) s, lateral (select schedule_clock(s.starts_at, p.zone)) c(clock)
			where s.starts_at >= p_from and s.ends_at <= p_to and c.clock >= coalesce(p_clock, interval '0') and c.clock < coalesce(p_until, interval '1 day')
				and s.starts_at <> all (coalesce(p_not, '{}')) order by s.starts_at), p_near)
$$;

-- Up to three free times of the spans that were named, soon when no day was.
create function schedule_free_within(p booking_pages, p_minutes int, p_booking uuid, u jsonb, p_not timestamptz[]) returns timestamptz[] language sql stable as $$
	with x as materialized (select case when t.has_day then greatest(t.starts_at, now()) else now() end as a, case when t.has_day then t.ends_at else now() + interval '14 days' end as z,
			t.has_day, t.from_clock, t.until_clock, t.left_out from schedule_times(u, p.zone) t where not t.exact),
		s as (select f.starts_at as at, f.ends_at as until, schedule_clock(f.starts_at, p.zone) as clock from (select min(x.a) as a, max(x.z) as z from x) w,
			booking_slots(p.id, (w.a at time zone p.zone)::date, (w.z at time zone p.zone)::date, p_booking, p_minutes) f)
	select schedule_some(array(select s.at from s where s.at <> all (coalesce(p_not, '{}')) and exists (select from x where s.at >= x.a and s.until <= x.z
			and s.clock >= x.from_clock and s.clock + (s.until - s.at) <= x.until_clock and not schedule_left_out(s.at, p.zone, x.left_out)) order by s.at),
		case when not exists (select from x where x.has_day) then now() end)
$$;

-- Which of the offered times are meant: by number, by "yes" to one, by day and hour. An hour alone may be of the morning or the evening.
create or replace function schedule_meant(t schedule_talks, p booking_pages, u jsonb) returns timestamptz[] language sql stable as $$
	select case when cardinality(t.offered) = 0 or (u ->> 'none')::boolean then '{}'
		when (u ->> 'choice')::int = -1 then t.offered[cardinality(t.offered):]
		when (u ->> 'choice')::int between 1 and cardinality(t.offered) then t.offered[(u ->> 'choice')::int : (u ->> 'choice')::int]
		when jsonb_array_length(u -> 'times') = 0 then case when u ->> 'act' = 'yes' then t.offered else '{}' end
		else coalesce((select array_agg(distinct o.at order by o.at) from unnest(t.offered) o(at), schedule_times(u, p.zone) x, lateral (select schedule_clock(o.at, p.zone)) c(clock)
			where (not x.has_day or (o.at at time zone p.zone)::date between (x.starts_at at time zone p.zone)::date and ((x.ends_at - interval '1 second') at time zone p.zone)::date)
				and not schedule_left_out(o.at, p.zone, x.left_out)
				and case when x.exact then c.clock in (x.from_clock, x.from_clock + interval '12 hours', x.from_clock - interval '12 hours')
					else c.clock >= x.from_clock and c.clock < x.until_clock end), '{}') end
$$;

-- Days or spans were named: what is free in them, else what is free soon after.
create function schedule_aim_spans(p booking_pages, b bookings, u jsonb, a schedule_aim, p_not timestamptz[]) returns schedule_aim language plpgsql stable as $$
declare
	v_from timestamptz;
	v_to timestamptz;
	v_left_out int;
begin
	select greatest(min(x.starts_at), now()), greatest(max(x.ends_at), now()), bit_or(x.left_out) into v_from, v_to, v_left_out from schedule_times(u, p.zone) x where not x.exact;
	a.act := 'offer';
	a.say := 'free';
	a.wish_day := (select (x.starts_at at time zone p.zone)::date from schedule_times(u, p.zone) x where not x.exact order by x.n limit 1);
	a.offers := schedule_free_within(p, a.minutes, b.id, u, p_not);
	if cardinality(a.offers) = 0 then
		a.say := 'full';
		a.offers := schedule_some(array(select s.starts_at from booking_slots(p.id, (v_from at time zone p.zone)::date, (v_to at time zone p.zone)::date + 30, b.id, a.minutes) s
			where s.starts_at >= v_from and s.starts_at <> all (coalesce(p_not, '{}')) and not schedule_left_out(s.starts_at, p.zone, v_left_out) order by s.starts_at), v_from);
	end if;
	return a;
end
$$;

-- What a turn is to do, by what was said and where the talk stands. b: the booking that is spoken of, if any.
create or replace function schedule_aim_of(t schedule_talks, p booking_pages, b bookings, u jsonb) returns schedule_aim language plpgsql stable as $$
declare
	a schedule_aim;
	x record;
	v_act text := u ->> 'act';
	v_meant timestamptz[] := schedule_meant(t, p, u);
	v_times int := jsonb_array_length(u -> 'times');
	v_asks boolean := (u ->> 'asks')::boolean or t.turns > 0 or v_act = 'move';
begin
	a := row(null, null, null, '{}', coalesce(t.minutes, case when b.id is not null then booking_minutes(b) end, p.minutes), 0.95, t.wish_day);
	if v_act = 'person' then
		a.act := 'person';
	elsif t.asked = 'confirm_cancel' and v_act in ('yes', 'cancel') and b.id is not null or v_act = 'cancel' and b.id is not null and t.trusted then
		a.act := 'cancel';
	elsif v_act = 'cancel' and cardinality(v_meant) = 0 then
		a.act := case when b.id is null then 'say' else 'ask' end;
		a.say := case when b.id is null then 'nothing' else 'confirm_cancel' end;
	elsif t.asked = 'confirm_cancel' and v_act = 'no' and v_times = 0 then
		a.act := 'say';
		a.say := 'kept';
	elsif cardinality(v_meant) = 1 then
		a.slot := v_meant[1];
		a.confidence := 0.97;
		if not schedule_is_free(p, a.minutes, b.id, a.slot) then
			a.act := 'offer';
			a.say := 'taken';
			a.offers := schedule_free(p, a.minutes, b.id, now(), a.slot + interval '21 days', a.slot, null, null, null);
			a.slot := null;
		end if;
	elsif cardinality(v_meant) > 1 then
		a.act := 'ask';
		a.say := 'which';
		a.offers := v_meant;
	elsif v_times > 0 then
		for x in select * from schedule_times(u, p.zone) s order by (s.exact and s.doubt = 'clear') desc, s.n loop
			a := case when x.exact then schedule_aim_exact(p, b, x, a, v_asks)
				else schedule_aim_spans(p, b, u, a, case when v_act = 'no' then t.offered end) end;
			exit when a.slot is not null or x.doubt <> 'clear' or not x.exact;
		end loop;
	elsif b.id is not null and v_act not in ('move', 'no') then
		a.act := 'quiet';
	elsif b.id is not null and v_act = 'no' then
		a.act := 'ask';
		a.say := 'change';
	else
		a.act := case when t.turns = 0 or v_act in ('no', 'move') then 'offer' else 'ask' end;
		a.say := case when v_act = 'no' then 'others' when t.turns = 0 or v_act = 'move' then 'when' else 'unclear' end;
		a.offers := schedule_free(p, a.minutes, b.id, now(), now() + interval '8 days', null, null, null, t.offered);
	end if;
	return a;
end
$$;
