-- "Tuesday", when a week of December was offered, is the one of that week; "45 minutes on Thursday morning" is a length in a stretch; a number that is on no list is asked about.

create function schedule_of_week(v jsonb, p_first date, p_last date) returns jsonb language sql stable as $$
	select case when (v ->> 'weekday')::boolean and p_last - p_first < 7 and d.day >= current_date
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
			from jsonb_array_elements(u -> 'times') with ordinality y(said, n), lateral (select schedule_of_week(said, p_first, p_last)) x(v),
				lateral (select date_trunc('day', (v ->> 'start')::timestamp)) d(day)), case
		when b.id is not null and u ? 'shift_s' then jsonb_build_array(jsonb_build_object('start', s.at, 'end', s.at + interval '30 minutes', 'zone', p.zone, 'timed', true, 'exact', true,
			'has_day', true, 'has_end', false, 'doubt', 'clear', 'phrase', '')) end, '[]'))
	from (select coalesce(schedule_clock(b.starts_at, p.zone), p_wished)) k(clock), (select (b.starts_at + make_interval(secs => (u ->> 'shift_s')::float8)) at time zone p.zone) s(at)
$$;

create or replace function schedule_aim_of(t schedule_talks, p booking_pages, b bookings, u jsonb) returns schedule_aim language plpgsql stable as $$
declare
	a schedule_aim;
	x record;
	v_act text := u ->> 'act';
	v_meant timestamptz[] := schedule_meant(t, p, u);
	v_times int := jsonb_array_length(u -> 'times');
	v_asks boolean := ((u ->> 'asks')::boolean or t.turns > 0 or v_act = 'move') and not (t.turns = 0 and b.id is null and v_act = 'move');
	v_clock interval := coalesce(schedule_clock(b.starts_at, p.zone), schedule_wished(t.intake_id));
begin
	a := row(null, null, null, '{}', coalesce(t.minutes, case when b.id is not null then booking_minutes(b) end, p.minutes), 0.95, t.wish_day);
	a.minutes := coalesce((select least(greatest(l.minutes, 5), 480) from (select max((v ->> 'minutes')::int) from jsonb_array_elements(u -> 'times') v) l(minutes) where l.minutes is not null), a.minutes);
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
		-- "afternoons only" fits one of those that were shown, and others that were not
		a.confidence := case when not u ? 'choice' and v_act <> 'yes' and v_times > 0 and (select bool_and((v ->> 'of_offer')::boolean and not (v ->> 'exact')::boolean)
			from jsonb_array_elements(u -> 'times') v) then 0.7 else 0.97 end;
		if not schedule_is_free(p, a.minutes, b.id, a.slot) then
			a.act := 'offer';
			a.say := 'taken';
			a.offers := schedule_free(p, a.minutes, b.id, now(), a.slot + interval '21 days', a.slot, null, null, null);
			a.slot := null;
		end if;
	elsif cardinality(v_meant) > 1 then
		a.slot := case when v_times > 0 and t.asked in ('mismatch', 'impossible') then schedule_kept_hour(p, b.id, a.minutes, v_clock, v_meant, u) end;
		if a.slot is null then
			a.act := 'ask';
			a.say := 'which';
			a.offers := v_meant;
		end if;
	elsif v_times > 0 then
		a.slot := case when v_act <> 'no' or b.id is not null then schedule_kept_hour(p, b.id, a.minutes, v_clock, '{}', u) end;
		if a.slot is not null and a.slot is distinct from b.starts_at then
			a.wish_day := (a.slot at time zone p.zone)::date;
			a.confidence := 0.7;
			return a;
		end if;
		a.slot := null;
		for x in select * from schedule_times(u, p.zone) s order by (s.exact and s.doubt = 'clear') desc, s.n loop
			if not x.has_day and x.doubt = 'past' and a.wish_day is not null then
				x.doubt := 'clear'; -- the hour of another day
			end if;
			a := case when x.exact then schedule_aim_exact(p, b, x, a, v_asks)
				else schedule_aim_spans(p, b, u, a, case when v_act = 'no' then t.offered end) end;
			exit when a.slot is not null or x.doubt <> 'clear' or not x.exact;
		end loop;
		if a.slot is not null and u ? 'choice' then
			a.confidence := least(a.confidence, 0.7); -- "3" of two that are shown may be an hour, or one of a list before
		end if;
		if not x.exact and x.doubt in ('mismatch', 'impossible') and a.say = 'free' then
			a.say := x.doubt;
		elsif a.say = 'am_or_pm' and cardinality(a.offers) = 0 then
			-- neither of them is free: there is nothing to choose
			a.act := 'offer';
			a.say := 'taken';
			a.offers := schedule_free(p, a.minutes, b.id, now(), greatest(x.starts_at, now()) + interval '21 days', x.starts_at, null, null, null);
		end if;
	elsif b.id is not null and v_act not in ('move', 'no') then
		-- a question that is no answer to ours is for a person
		a.act := case when (u ->> 'question')::boolean and v_act = 'none' then 'person' else 'quiet' end;
	elsif b.id is not null and v_act = 'no' then
		a.act := 'ask';
		a.say := 'change';
	else
		a.act := case when t.turns = 0 or v_act in ('no', 'move') then 'offer' else 'ask' end;
		a.say := case when v_act = 'no' then 'others' when t.turns = 0 or v_act = 'move' then 'when' else 'unclear' end;
		a.offers := case when a.say = 'unclear' then array(select o.at from unnest(t.offered) o(at) where schedule_is_free(p, a.minutes, b.id, o.at) order by o.at) else '{}' end;
		if cardinality(a.offers) = 0 then
			a.offers := schedule_free(p, a.minutes, b.id, now(), now() + interval '8 days', null, null, null, t.offered);
		end if;
	end if;
	return a;
end
$$;
