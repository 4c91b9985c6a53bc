-- What a turn of a talk does: what was understood becomes an aim (book this, offer these, ask that), the aim is carried out and kept as a decision, and
-- job schedule.answer tells the requester.

-- The times of what was understood as instants. exact: a start; else a span in which to look.
create function schedule_times(u jsonb, p_zone text) returns table (n bigint, starts_at timestamptz, ends_at timestamptz, exact boolean, has_day boolean, doubt text, minutes int,
		from_clock interval, until_clock interval) language sql stable as $$
	select x.n, x.s, x.e, (x.v ->> 'exact')::boolean, (x.v ->> 'has_day')::boolean, x.v ->> 'doubt',
		case when (x.v ->> 'has_end')::boolean then least(greatest((extract(epoch from x.e - x.s) / 60)::int, 5), 480) end,
		(x.s at time zone p_zone) - date_trunc('day', x.s at time zone p_zone), case when x.e - x.s >= interval '1 day' then interval '1 day'
			else (x.s at time zone p_zone) - date_trunc('day', x.s at time zone p_zone) + (x.e - x.s) end
	from (select t.n, t.v, case when t.v ? 'offset_min' then ((t.v ->> 'start')::timestamp - make_interval(mins => (t.v ->> 'offset_min')::int)) at time zone 'UTC'
				else (t.v ->> 'start')::timestamp at time zone p_zone end,
			case when t.v ? 'offset_min' then ((t.v ->> 'end')::timestamp - make_interval(mins => (t.v ->> 'offset_min')::int)) at time zone 'UTC'
				else (t.v ->> 'end')::timestamp at time zone p_zone end
		from jsonb_array_elements(u -> 'times') with ordinality t(v, n)) x(n, v, s, e) order by x.n
$$;

-- Up to three free times of a span and of hours of the day: the nearest to p_near, else spread over what there is. p_not: not these.
create function schedule_free(p booking_pages, p_minutes int, p_booking uuid, p_from timestamptz, p_to timestamptz, p_near timestamptz, p_clock interval, p_until interval,
		p_not timestamptz[]) returns timestamptz[] language sql stable as $$
	with f as (select s.starts_at as at, row_number() over (order by s.starts_at) as n, count(*) over () as of
			from booking_slots(p.id, (p_from at time zone p.zone)::date, (p_to at time zone p.zone)::date, p_booking, p_minutes) s,
				lateral (select (s.starts_at at time zone p.zone) - date_trunc('day', s.starts_at at time zone p.zone)) c(clock)
			where s.starts_at >= p_from and s.ends_at <= p_to and c.clock >= coalesce(p_clock, interval '0') and c.clock < coalesce(p_until, interval '1 day')
				and s.starts_at <> all (coalesce(p_not, '{}'))),
		k as (select f.at from f where p_near is not null or f.of <= 3 or f.n in (1, 1 + f.of / 2, f.of)
			order by case when p_near is not null then abs(extract(epoch from f.at - p_near)) end nulls last, f.at limit 3)
	select coalesce(array_agg(k.at order by k.at), '{}') from k
$$;

create function schedule_is_free(p booking_pages, p_minutes int, p_booking uuid, p_at timestamptz) returns boolean language sql stable as $$
	select exists (select from booking_slots(p.id, (p_at at time zone p.zone)::date, (p_at at time zone p.zone)::date, p_booking, p_minutes) s where s.starts_at = p_at)
$$;

create type schedule_aim as (act text, say text, slot timestamptz, offers timestamptz[], minutes int, confidence float8, wish_day date);

-- Which of the offered times are meant: by number, by "yes" to one, by day and hour. An hour alone may be of the morning or the evening.
create function schedule_meant(t schedule_talks, p booking_pages, u jsonb) returns timestamptz[] language sql stable as $$
	select case when cardinality(t.offered) = 0 or (u ->> 'none')::boolean then '{}'
		when (u ->> 'choice')::int = -1 then t.offered[cardinality(t.offered):]
		when (u ->> 'choice')::int between 1 and cardinality(t.offered) then t.offered[(u ->> 'choice')::int : (u ->> 'choice')::int]
		when jsonb_array_length(u -> 'times') = 0 then case when u ->> 'act' = 'yes' and cardinality(t.offered) = 1 then t.offered else '{}' end
		else coalesce((select array_agg(distinct o.at order by o.at) from unnest(t.offered) o(at), schedule_times(u, p.zone) x,
				lateral (select (o.at at time zone p.zone) - date_trunc('day', o.at at time zone p.zone)) c(clock)
			where (not x.has_day or (o.at at time zone p.zone)::date between (x.starts_at at time zone p.zone)::date and ((x.ends_at - interval '1 second') at time zone p.zone)::date)
				and case when x.exact then c.clock in (x.from_clock, x.from_clock + interval '12 hours', x.from_clock - interval '12 hours')
					else c.clock >= x.from_clock and c.clock < x.until_clock end), '{}') end
$$;

-- A day or a span was named: what is free in it, else what is free soon after.
create function schedule_aim_span(p booking_pages, b bookings, x record, a schedule_aim, p_not timestamptz[]) returns schedule_aim language plpgsql stable as $$
begin
	a.act := 'offer';
	a.say := 'free';
	a.wish_day := (x.starts_at at time zone p.zone)::date;
	if x.has_day then
		a.offers := schedule_free(p, a.minutes, b.id, x.starts_at, x.ends_at, null, x.from_clock, x.until_clock, p_not);
	else
		a.offers := schedule_free(p, a.minutes, b.id, now(), now() + interval '14 days', now(), x.from_clock, x.until_clock, p_not);
	end if;
	if cardinality(a.offers) = 0 then
		a.say := 'full';
		a.offers := schedule_free(p, a.minutes, b.id, greatest(x.starts_at, now()), greatest(x.ends_at, now()) + interval '30 days', greatest(x.starts_at, now()), null, null, p_not);
	end if;
	return a;
end
$$;

-- A start was named: it is had, or taken and others are offered, or in doubt and asked about.
create function schedule_aim_exact(p booking_pages, b bookings, x record, a schedule_aim, p_asks boolean) returns schedule_aim language plpgsql stable as $$
declare
	v_at timestamptz := x.starts_at;
begin
	if not x.has_day and a.wish_day is not null then
		v_at := (a.wish_day + x.from_clock) at time zone p.zone;
	end if;
	a.minutes := coalesce(x.minutes, a.minutes);
	a.wish_day := (v_at at time zone p.zone)::date;
	a.confidence := case when x.doubt <> 'clear' or not x.has_day then 0.6 when p_asks then 0.95 else 0.7 end;
	if x.doubt in ('am_or_pm', 'which_day') then
		a.act := 'ask';
		a.say := x.doubt;
		select coalesce(array_agg(c.at order by c.at), '{}') into a.offers from unnest(case x.doubt when 'am_or_pm' then array[v_at, v_at + interval '12 hours', v_at - interval '12 hours']
				else array[v_at, v_at - interval '7 days', v_at + interval '7 days'] end) c(at)
			where c.at > now() and (x.doubt <> 'am_or_pm' or (c.at at time zone p.zone)::date = a.wish_day) and schedule_is_free(p, a.minutes, b.id, c.at);
	elsif x.doubt <> 'clear' or v_at < now() then
		a.act := 'ask';
		a.say := case when x.doubt = 'clear' then 'past' else x.doubt end;
		a.offers := schedule_free(p, a.minutes, b.id, greatest(v_at, now()), greatest(v_at, now()) + interval '14 days', greatest(v_at, now()), null, null, null);
	elsif schedule_is_free(p, a.minutes, b.id, v_at) then
		a.slot := v_at;
	else
		a.act := 'offer';
		a.say := 'taken';
		a.offers := schedule_free(p, a.minutes, b.id, now(), greatest(v_at, now()) + interval '21 days', v_at, null, null, null);
	end if;
	return a;
end
$$;

-- What a turn is to do, by what was said and where the talk stands. b: the booking that is spoken of, if any.
create function schedule_aim_of(t schedule_talks, p booking_pages, b bookings, u jsonb) returns schedule_aim language plpgsql stable as $$
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
				else schedule_aim_span(p, b, x, a, case when v_act = 'no' then t.offered end) end;
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

-- Takes a booking at a time for who asks. FL409 when somebody was faster.
create function schedule_book(p booking_pages, p_at timestamptz, p_minutes int, r intake_requests, p_language text) returns uuid language plpgsql as $$
declare
	v_id uuid := fl_uuid();
	v_was text := current_setting('app.subject_id', true);
	v_name text := coalesce(nullif(r.requester_name, ''), r.requester_email, r.requester_phone, 'REQ-' || r.number);
begin
	insert into bookings (org_id, id, page_id, starts_at, ends_at, hold_until, host_ids, zone, locale, visit_hash)
		values (fl_org(), v_id, p.id, p_at, p_at + make_interval(mins => p_minutes), now() + interval '1 minute', '{}', p.zone, p_language, sha256(uuid_send(gen_random_uuid())));
	perform booking_claim(v_id, p_at, now() + interval '1 minute');
	perform set_config('app.subject_id', v_id::text, true);
	perform booking_confirm(v_name, r.requester_email, left(r.subject, 300), null);
	perform set_config('app.subject_id', coalesce(v_was, ''), true);
	update calendar_events e set intake_id = r.id from bookings b where b.org_id = fl_org() and b.id = v_id and e.org_id = b.org_id and e.id = b.event_id;
	return v_id;
end
$$;

create function schedule_move(p_booking uuid, p_at timestamptz) returns void language plpgsql as $$
declare
	v_was text := current_setting('app.subject_id', true);
begin
	perform set_config('app.subject_id', p_booking::text, true);
	perform booking_move(p_at, null);
	perform set_config('app.subject_id', coalesce(v_was, ''), true);
end
$$;

create function schedule_cancel(p_booking uuid) returns void language plpgsql as $$
declare
	v_was text := current_setting('app.subject_id', true);
begin
	perform set_config('app.subject_id', p_booking::text, true);
	perform booking_cancel(null);
	perform set_config('app.subject_id', coalesce(v_was, ''), true);
end
$$;

-- Keeps the turn's decision; its one action is carried out already. Answers its id.
create function schedule_decide(r intake_requests, u jsonb, p_state text, p_confidence float8, p_type text, p_args jsonb, p_inverse jsonb) returns uuid language plpgsql as $$
declare
	a orchestration_agents;
	v_id uuid;
begin
	select * into a from orchestration_agents where org_id = fl_org() and active;
	insert into agent_decisions (org_id, agent_id, agent_version, intake_id, state, provider, model, prompt_version, fallback, input_hash, confidence, stated, auto_threshold, approval_threshold,
			reason, evidence, entities, actions, prompt_tokens, completion_tokens, cost_micro, latency_us)
		values (fl_org(), a.id, a.version, r.id, p_state, coalesce(u ->> 'provider', 'builtin'), coalesce(u ->> 'model', ''), coalesce(u ->> 'prompt_version', ''), u ->> 'fallback',
			sha256(convert_to(coalesce(u ->> 'text', ''), 'UTF8')), p_confidence, (u ->> 'stated')::float8, coalesce(a.auto_threshold, 0.85), coalesce(a.approval_threshold, 0.5),
			left(coalesce(u ->> 'reason', 'scheduling'), 300), coalesce((select jsonb_agg(x -> 'phrase') from jsonb_array_elements(u -> 'times') x), '[]'),
			jsonb_build_object('times', u -> 'times'), jsonb_build_array(jsonb_build_object('type', p_type, 'args', p_args)), coalesce((u ->> 'prompt_tokens')::bigint, 0),
			coalesce((u ->> 'completion_tokens')::bigint, 0), coalesce((u ->> 'cost_micro')::bigint, 0), coalesce((u ->> 'latency_us')::bigint, 0))
		returning id into v_id;
	if p_state = 'AUTO_EXECUTED' then
		perform decision_act_done(v_id, 1, p_type, p_args, p_args, p_inverse);
	end if;
	perform decision_trail(v_id, r.id, p_state, null, jsonb_build_object('action', p_type, 'confidence', p_confidence));
	return v_id;
end
$$;
