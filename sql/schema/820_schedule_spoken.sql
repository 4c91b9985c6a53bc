-- What is said of what was spoken of: "the same time on Friday", "an hour later", "better Thursday". The hour of the meeting, or the one that was wished for, is kept.

-- The hour that was asked for last, on the clock of the page.
create function schedule_wished(p_intake uuid) returns interval language sql stable as $$
	select (v ->> 'start')::timestamp - date_trunc('day', (v ->> 'start')::timestamp) from schedule_turns s, jsonb_array_elements(s.understood -> 'times') v
		where s.org_id = (select fl_org()) and s.intake_id = p_intake and (v ->> 'exact')::boolean and (v ->> 'same_time') is null and not (v ? 'offset_min' or v ? 'named_zone')
		order by s.n desc limit 1
$$;

-- A message with its "same time" and its "an hour later" turned into times; a day without an hour is left where no hour is known. What is said without a day is of the
-- days that were offered: an hour when they are one, "mornings" and "after 3" when they are of one week.
create function schedule_spoken(p booking_pages, b bookings, p_wished interval, p_first date, p_last date, u jsonb) returns jsonb language sql stable as $$
	select u || jsonb_build_object('times', coalesce((select jsonb_agg(case
				when v ->> 'same_time' is not null and k.clock is null then v || jsonb_build_object('start', d.day, 'end', d.day + interval '1 day', 'exact', false, 'timed', false, 'has_end', false)
				when v ->> 'same_time' is not null then v || jsonb_build_object('start', d.day + k.clock, 'end', d.day + k.clock + interval '30 minutes', 'has_end', false)
				when (v ->> 'has_day')::boolean or v ? 'offset_min' or v ? 'named_zone' or p_last - p_first > case when (v ->> 'exact')::boolean then 0 else 6 end then v
				when p_first is not null then v || jsonb_build_object('has_day', true, 'start', p_first + ((v ->> 'start')::timestamp - d.day), 'end', p_last + ((v ->> 'end')::timestamp - d.day),
					'doubt', case when v ->> 'doubt' = 'past' then 'clear' else v ->> 'doubt' end) || case when p_last > p_first then '{"of_offer": true, "each_day": true}' else '{}' end::jsonb
				else v end order by n)
			from jsonb_array_elements(u -> 'times') with ordinality x(v, n), lateral (select date_trunc('day', (v ->> 'start')::timestamp)) d(day)), case
		when b.id is not null and u ? 'shift_s' then jsonb_build_array(jsonb_build_object('start', s.at, 'end', s.at + interval '30 minutes', 'zone', p.zone, 'timed', true, 'exact', true,
			'has_day', true, 'has_end', false, 'doubt', 'clear', 'phrase', '')) end, '[]'))
	from (select coalesce(schedule_clock(b.starts_at, p.zone), p_wished)) k(clock), (select (b.starts_at + make_interval(secs => (u ->> 'shift_s')::float8)) at time zone p.zone) s(at)
$$;

-- Of several that may be meant the one at the hour that was wished for; of a day without an hour that hour, when it is free.
create function schedule_kept_hour(p booking_pages, p_booking uuid, p_minutes int, p_clock interval, p_meant timestamptz[], u jsonb) returns timestamptz language sql stable as $$
	with day as (select (x.starts_at at time zone p.zone)::date + p_clock as at from schedule_times(u, p.zone) x
			where jsonb_array_length(u -> 'times') = 1 and not x.exact and x.has_day and x.ends_at - x.starts_at between interval '23 hours' and interval '25 hours' and x.doubt = 'clear'),
		fits as (select o.at from unnest(p_meant) o(at) where schedule_clock(o.at, p.zone) = p_clock
			union all select day.at at time zone p.zone from day where cardinality(p_meant) = 0 and day.at at time zone p.zone > now())
	select min(f.at) from fits f where schedule_is_free(p, p_minutes, p_booking, f.at) having count(*) = 1
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

create or replace function schedule_turn(p_intake uuid, p_message uuid, p_seen bigint, u jsonb) returns table (done bigint) language plpgsql as $$
declare
	r intake_requests;
	t schedule_talks;
	p booking_pages;
	b bookings;
	m uuid;
begin
	done := 0;
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake and x.status not in ('QUARANTINED', 'REJECTED') for update;
	select * into t from schedule_talks x where x.org_id = fl_org() and x.intake_id = p_intake;
	if p_message is null then
		perform schedule_keep(p_intake, (select coalesce(jsonb_agg(k.v order by k.n), '[]') from (select e.v, e.n from jsonb_array_elements(u -> 'times') with ordinality e(v, n)
			where (e.v ->> 'has_day')::boolean order by e.n limit 3) k));
	end if;
	if r.id is null or t.state = 'NEEDS_REVIEW'
			or exists (select from schedule_turns x where x.org_id = fl_org() and x.intake_id = p_intake and x.act <> 'undo' and x.message_id is not distinct from p_message) then
		return next;
		return;
	elsif coalesce(t.turns, 0) <> p_seen then
		perform schedule_read_next(p_intake, p_message);
		return next;
		return;
	end if;
	if t.intake_id is null and (u ->> 'told')::boolean and exists (select from agent_decisions d where d.org_id = fl_org() and d.intake_id = p_intake and d.intent = 'SCHEDULING'
			and d.provider = 'builtin') then
		return next; -- a word of a meeting, and no wish for one
		return;
	elsif t.intake_id is null then
		-- what came as a file or from a machine has nobody who could answer
		insert into schedule_talks (org_id, intake_id, page_id) select fl_org(), p_intake, x from schedule_page(r.subject || ' ' || r.body) x
			where x is not null and coalesce(r.requester_email, r.requester_phone) is not null returning * into t;
		if t.intake_id is null then
			return next;
			return;
		end if;
	end if;
	t.language := case when u ->> 'language' in ('en', 'es') then u ->> 'language' when t.turns > 0 then t.language when left(r.locale, 2) = 'es' then 'es' else 'en' end;
	select * into p from booking_pages x where x.org_id = fl_org() and x.id = t.page_id;
	if t.booking_id is not null or u ->> 'act' in ('cancel', 'move') or u ? 'shift_s' then
		b := schedule_booking(t, r);
	end if;
	u := schedule_spoken(p, b, schedule_wished(t.intake_id), d.first, d.last, u) from (select min((o.at at time zone p.zone)::date), max((o.at at time zone p.zone)::date) from unnest(t.offered) o(at)
		where b.id is null and t.state = 'AWAITING_INPUT') d(first, last);
	perform schedule_do(t, p, b, r, u, schedule_aim_of(t, p, b, u), t.turns + 1, p_message);
	for m in select x.id from intake_messages x where p_message is null and x.org_id = fl_org() and x.intake_id = p_intake and x.direction = 'in' order by x.created_at loop
		perform schedule_read_next(p_intake, m);
	end loop;
	done := t.turns + 1;
	return next;
end
$$;
