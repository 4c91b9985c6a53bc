-- A meeting that is moved by message gets the length it is told with; who asks for a meeting while he has one is asked before it is moved (SCH-04, SCH-06; ORC-11).
-- Who books by text message is known by his number, all people who are booked are told, and what comes in is acknowledged on every way (SCH-03).

insert into event_aliases values ('schedule.triggered', 'reminder.due');

-- As in 160; every one of the hosts is told.
create or replace function booking_confirm(p_name text, p_email text, p_note text, p_key text) returns table (id uuid) language plpgsql as $$
declare
	b bookings := booking_mine();
	p booking_pages;
	v_event uuid := fl_uuid();
begin
	if b.id is null then
		return;
	elsif b.state = 'CANCELLED' then
		perform fl_fail('FL409', 'wrong.booking_over', 'name');
	elsif b.state = 'CONFIRMED' then
		return query select b.id;
		return;
	end if;
	select * into p from booking_pages x where x.org_id = fl_org() and x.id = b.page_id;
	if b.hold_until < now() then
		perform booking_claim(b.id, b.starts_at, now() + interval '1 minute');
	end if;
	update bookings x set state = 'CONFIRMED', hold_until = null, name = p_name, email = lower(p_email), note = p_note, event_id = v_event, updated_at = now()
		where x.org_id = fl_org() and x.id = b.id returning * into b;
	insert into calendar_events (org_id, id, owner_id, uid, title, note, place, zone, starts_local, ends_local)
		values (fl_org(), v_event, b.host_ids[1], v_event || '@fairlead', left(p.name || ', ' || p_name, 300), coalesce(p_note, ''), p.place, p.zone,
			b.starts_at at time zone p.zone, b.ends_at at time zone p.zone);
	insert into calendar_parties (org_id, event_id, party_id, kind) select fl_org(), v_event, h, 'person' from unnest(b.host_ids) h
		union all select fl_org(), v_event, b.resource_id, 'resource' where b.resource_id is not null;
	insert into calendar_guests (org_id, event_id, email, name, answer) select fl_org(), v_event, lower(p_email), p_name, 'ACCEPTED' where p_email is not null;
	delete from calendar_claims c where c.org_id = fl_org() and c.booking_id = b.id;
	perform calendar_occur(v_event);
	perform fl_audit('booking.confirm', 'booking', b.id);
	perform fl_emit('booking.confirmed', jsonb_build_object('booking_id', b.id, 'event_id', v_event));
	perform fl_notify(h, 'booking', 'event', v_event, jsonb_build_object('subject', left(p.name || ', ' || p_name, 300))) from unnest(b.host_ids) h;
	perform booking_tell(b, 'visit', p_key, calendar_ics(array[v_event], '-infinity', 'REQUEST'));
	return query select b.id;
end
$$;

-- Takes a booking at a time for who asks. FL409 when somebody was faster.
create or replace function schedule_book(p booking_pages, p_at timestamptz, p_minutes int, r intake_requests, p_language text) returns uuid language plpgsql as $$
declare
	v_id uuid := fl_uuid();
	v_was text := current_setting('app.subject_id', true);
	v_name text := coalesce(nullif(r.requester_name, ''), r.requester_email, r.requester_phone, 'REQ-' || r.number);
	v_phone text := regexp_replace(coalesce(r.requester_phone, ''), '[ ().-]', '', 'g');
begin
	insert into bookings (org_id, id, page_id, starts_at, ends_at, hold_until, host_ids, zone, locale, visit_hash, phone)
		values (fl_org(), v_id, p.id, p_at, p_at + make_interval(mins => p_minutes), now() + interval '1 minute', '{}', p.zone, p_language, sha256(uuid_send(gen_random_uuid())),
			case when (r.channel = 'sms' or r.requester_email is null) and v_phone ~ '^\+[1-9][0-9]{6,14}$' then v_phone end);
	perform booking_claim(v_id, p_at, now() + interval '1 minute');
	perform set_config('app.subject_id', v_id::text, true);
	perform booking_confirm(v_name, r.requester_email, left(r.subject, 300), null);
	perform set_config('app.subject_id', coalesce(v_was, ''), true);
	update calendar_events e set intake_id = r.id from bookings b where b.org_id = fl_org() and b.id = v_id and e.org_id = b.org_id and e.id = b.event_id;
	return v_id;
end
$$;

-- p_minutes: how long it is then; null: as it was.
drop function schedule_move(uuid, timestamptz);
create function schedule_move(p_booking uuid, p_at timestamptz, p_minutes int) returns void language plpgsql as $$
declare
	v_was text := current_setting('app.subject_id', true);
begin
	update bookings b set ends_at = b.starts_at + make_interval(mins => p_minutes) where b.org_id = fl_org() and b.id = p_booking and p_minutes is not null;
	perform set_config('app.subject_id', p_booking::text, true);
	perform booking_move(p_at, null);
	perform set_config('app.subject_id', coalesce(v_was, ''), true);
end
$$;

-- The coming booking of who asks, when the talk has none: found by his address, or by his number where the message came from it, so it is asked about before it is touched.
create or replace function schedule_booking(t schedule_talks, r intake_requests) returns bookings language sql stable as $$
	select b from bookings b where b.org_id = (select fl_org()) and b.state = 'CONFIRMED' and b.ends_at > now()
		and case when t.booking_id is not null then b.id = t.booking_id else b.email = r.requester_email or r.channel = 'sms' and b.phone = r.requester_phone end order by b.starts_at limit 1
$$;

-- As in 161; "yes" to several is asked about, not passed over.
create or replace function schedule_meant(t schedule_talks, p booking_pages, u jsonb) returns timestamptz[] language sql stable as $$
	select case when cardinality(t.offered) = 0 or (u ->> 'none')::boolean then '{}'
		when (u ->> 'choice')::int = -1 then t.offered[cardinality(t.offered):]
		when (u ->> 'choice')::int between 1 and cardinality(t.offered) then t.offered[(u ->> 'choice')::int : (u ->> 'choice')::int]
		when jsonb_array_length(u -> 'times') = 0 then case when u ->> 'act' = 'yes' then t.offered else '{}' end
		else coalesce((select array_agg(distinct o.at order by o.at) from unnest(t.offered) o(at), schedule_times(u, p.zone) x,
				lateral (select (o.at at time zone p.zone) - date_trunc('day', o.at at time zone p.zone)) c(clock)
			where (not x.has_day or (o.at at time zone p.zone)::date between (x.starts_at at time zone p.zone)::date and ((x.ends_at - interval '1 second') at time zone p.zone)::date)
				and case when x.exact then c.clock in (x.from_clock, x.from_clock + interval '12 hours', x.from_clock - interval '12 hours')
					else c.clock >= x.from_clock and c.clock < x.until_clock end), '{}') end
$$;

-- Does what the aim says. Answers the turn it became; a booking somebody else got first becomes an offer.
create or replace function schedule_do(t schedule_talks, p booking_pages, b bookings, r intake_requests, u jsonb, a schedule_aim, p_n int, p_message uuid) returns void language plpgsql as $$
declare
	v_auto float8 := coalesce((select x.auto_threshold from orchestration_agents x where x.org_id = fl_org() and x.active), 0.85);
	v_args jsonb;
	v_inverse jsonb;
	v_decision uuid;
begin
	if a.slot is not null and b.id is not null and b.starts_at = a.slot and a.minutes = booking_minutes(b) then
		a.act := 'say';
		a.say := 'same';
	elsif a.slot is not null and (a.confidence < v_auto or b.id is not null and (not t.trusted or (u ->> 'asks')::boolean and u ->> 'act' = 'none' and t.state = 'SCHEDULED')) then
		a.act := 'ask';
		a.say := case when b.id is null then 'confirm' else 'confirm_move' end;
		a.offers := array[a.slot];
	elsif a.slot is not null then
		a.act := case when b.id is null then 'book' else 'move' end;
	end if;
	if a.act in ('ask', 'offer') and t.asks >= 3 then
		a.act := 'person';
	end if;
	begin
		if a.act = 'book' then
			t.booking_id := schedule_book(p, a.slot, a.minutes, r, t.language);
		elsif a.act = 'move' then
			perform schedule_move(b.id, a.slot, a.minutes);
			t.booking_id := b.id;
		elsif a.act = 'cancel' then
			perform schedule_cancel(b.id);
			t.booking_id := b.id;
		end if;
	exception when sqlstate 'FL409' then
		a.act := 'offer';
		a.say := 'taken';
		a.offers := schedule_free(p, a.minutes, b.id, now(), coalesce(a.slot, now()) + interval '21 days', a.slot, null, null, null);
	end;
	if a.act in ('book', 'move', 'cancel') then
		a.say := case a.act when 'book' then 'booked' when 'move' then 'moved' else 'cancelled' end;
		v_args := jsonb_strip_nulls(jsonb_build_object('booking_id', t.booking_id, 'starts_at', coalesce(a.slot, b.starts_at), 'minutes', a.minutes, 'page', p.name));
		v_inverse := jsonb_strip_nulls(jsonb_build_object('booking_id', t.booking_id, 'starts_at', b.starts_at, 'minutes', case when b.id is not null then booking_minutes(b) end));
		v_decision := schedule_decide(r, u, 'AUTO_EXECUTED', a.confidence,
			case a.act when 'book' then 'CREATE_EVENT' when 'move' then 'UPDATE_EVENT' else 'CANCEL_EVENT' end, v_args, v_inverse);
	elsif a.act in ('offer', 'ask') then
		v_decision := schedule_decide(r, u, 'PROPOSED', least(a.confidence, 0.8), 'OFFER_TIMES', jsonb_build_object('times', to_jsonb(a.offers), 'asks', a.say), null);
	elsif a.act = 'person' then
		a.say := 'person';
		v_decision := schedule_decide(r, u, 'REJECTED', 0, 'ESCALATE', jsonb_build_object('text', 'scheduling'), null);
		perform fl_notify(r.assignee_id, 'schedule_person', 'intake', r.id, jsonb_build_object('number', r.number, 'subject', r.subject));
	end if;
	insert into schedule_turns (org_id, intake_id, n, message_id, understood, act, say, slot, minutes, offers, confidence, decision_id)
		values (fl_org(), r.id, p_n, p_message, u, a.act, a.say, coalesce(a.slot, case when a.act = 'cancel' or a.say = 'confirm_cancel' then b.starts_at end), a.minutes, a.offers,
			a.confidence, v_decision);
	update schedule_talks x set turns = p_n, booking_id = coalesce(t.booking_id, b.id, x.booking_id), offered = a.offers, asked = a.say, wish_day = a.wish_day,
			trusted = true, minutes = case when a.minutes <> p.minutes then a.minutes end, language = t.language, updated_at = now(),
			asks = case when a.act in ('offer', 'ask') then x.asks + 1 when a.act in ('book', 'move', 'cancel') then 0 else x.asks end,
			task_type = case when a.act = 'move' or b.id is not null and a.act in ('offer', 'ask') then 'MOVE_MEETING' when a.act = 'cancel' or a.say = 'confirm_cancel' then 'CANCEL_MEETING'
				when b.id is null then 'SCHEDULE_MEETING' else x.task_type end,
			state = case a.act when 'offer' then 'AWAITING_INPUT' when 'ask' then 'AWAITING_INPUT' when 'person' then 'NEEDS_REVIEW' when 'cancel' then 'CANCELLED' when 'book' then 'SCHEDULED'
				when 'move' then 'SCHEDULED' else case when b.id is not null then 'SCHEDULED' else x.state end end
		where x.org_id = fl_org() and x.intake_id = r.id;
	if a.act <> 'quiet' then
		perform fl_enqueue('scheduling-agent', 'schedule.answer', jsonb_build_object('intake_id', r.id, 'n', p_n), 4, null, r.id || '.' || p_n);
	end if;
end
$$;

create or replace function schedule_unact(a decision_actions, p_intake uuid) returns void language plpgsql as $$
declare
	t schedule_talks;
	p booking_pages;
	r intake_requests;
	b bookings;
	v_at timestamptz := (a.inverse ->> 'starts_at')::timestamptz;
	v_minutes int;
begin
	select * into t from schedule_talks x where x.org_id = fl_org() and x.intake_id = p_intake for update;
	select * into b from bookings x where x.org_id = fl_org() and x.id = t.booking_id for update;
	if b.id is distinct from (a.inverse ->> 'booking_id')::uuid or (a.type = 'CANCEL_EVENT') <> (b.state = 'CANCELLED')
			or a.type <> 'CANCEL_EVENT' and b.starts_at <> (a.args ->> 'starts_at')::timestamptz then
		perform fl_fail('FL409', 'error.item_moved_on', 'version');
	end if;
	if a.type = 'CREATE_EVENT' then
		perform schedule_cancel(b.id);
	elsif a.type = 'UPDATE_EVENT' then
		perform schedule_move(b.id, v_at, (a.inverse ->> 'minutes')::int);
	else
		select * into p from booking_pages x where x.org_id = fl_org() and x.id = b.page_id;
		select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
		select coalesce(b.name, r.requester_name), b.email, b.phone, case when b.phone is null then r.channel else 'sms' end
			into r.requester_name, r.requester_email, r.requester_phone, r.channel;
		t.booking_id := schedule_book(p, v_at, booking_minutes(b), r, t.language);
	end if;
	select booking_minutes(x) into v_minutes from bookings x where x.org_id = fl_org() and x.id = t.booking_id;
	update schedule_talks x set turns = x.turns + 1, booking_id = t.booking_id, offered = '{}', asked = null, updated_at = now(),
		state = case when a.type = 'CREATE_EVENT' then 'CANCELLED' else 'SCHEDULED' end where x.org_id = fl_org() and x.intake_id = p_intake;
	insert into schedule_turns (org_id, intake_id, n, understood, act, say, slot, minutes) values (fl_org(), p_intake, t.turns + 1, '{}', 'undo',
		case a.type when 'CREATE_EVENT' then 'cancelled' when 'UPDATE_EVENT' then 'moved' else 'booked' end, coalesce(v_at, b.starts_at), v_minutes);
	perform fl_enqueue('scheduling-agent', 'schedule.answer', jsonb_build_object('intake_id', p_intake, 'n', t.turns + 1), 4, null, p_intake || '.' || (t.turns + 1));
	update decision_actions set state = 'undone' where org_id = fl_org() and id = a.id;
end
$$;

-- As in 061; a new request is acknowledged.
create or replace function sms_receive(p_to text, p_from text, p_body text, p_provider text) returns table (org_id uuid, sms_id uuid, said text) language plpgsql as $$
declare
	v_org uuid := coalesce((select l.org_id from public.sms_lines l where l.number = p_to),
		(select m.org_id from public.sms_messages m where m.peer = p_from and m.direction = 'out' order by m.created_at desc limit 1),
		(select min(o.id::text)::uuid from public.organizations o where o.suspended_at is null having count(*) = 1));
	v_word text := upper(regexp_replace(p_body, '[^[:alpha:]]', '', 'g'));
	v_said text := case when v_word in ('STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'BAJA', 'PARAR') then 'stop' when v_word in ('START', 'YES', 'UNSTOP', 'ALTA') then 'start' else 'text' end;
	v_id uuid;
	v_intake uuid;
	r record;
begin
	if v_org is null or p_from !~ '^\+[1-9][0-9]{6,14}$' or coalesce(p_body, '') = '' then
		return;
	end if;
	perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
	if v_word = 'YES' and not exists (select from public.sms_stops t where t.org_id = v_org and t.peer = p_from) then
		v_said := 'text';
	end if;
	insert into public.sms_messages (org_id, direction, peer, body, state, provider_id) values (v_org, 'in', p_from, left(p_body, 1600), 'received', p_provider)
		on conflict (provider_id) where direction = 'in' do nothing returning sms_messages.id into v_id;
	if v_id is null then
		return query select v_org, null::uuid, 'again';
		return;
	end if;
	if v_said = 'stop' then
		-- one number may speak for several organisations: the sender means all of them
		insert into public.sms_stops (org_id, peer) select v_org, p_from union select m.org_id, p_from from public.sms_messages m where m.peer = p_from and m.direction = 'out'
			on conflict do nothing;
		perform public.fl_audit('sms.stop', 'sms', v_id, jsonb_build_object('peer', p_from));
	elsif v_said = 'start' then
		delete from public.sms_stops t where t.peer = p_from;
		perform public.fl_audit('sms.start', 'sms', v_id, jsonb_build_object('peer', p_from));
	else
		select i.id into v_intake from public.intake_requests i where i.org_id = v_org and i.requester_phone = p_from and i.channel = 'sms'
			and i.status not in ('CLOSED', 'REJECTED', 'QUARANTINED') order by i.created_at desc limit 1;
		if v_intake is not null then
			perform public.intake_message_in(v_intake, p_from, p_body, null);
		else
			select * into r from public.intake_create('sms', left(split_part(p_body, E'\n', 1), 120), p_body, null, null, p_from, '{}', null, null, null, null, null, null);
			v_intake := r.id;
			perform public.sms_acknowledge(v_intake);
		end if;
		update public.sms_messages m set intake_id = v_intake where m.org_id = v_org and m.id = v_id;
		perform public.fl_emit('sms.received', jsonb_build_object('sms_id', v_id, 'intake_id', v_intake));
	end if;
	return query select v_org, v_id, v_said;
end
$$;
select fl_definer_function('sms_receive(text, text, text, text)');

-- As in 293; what came by mail or text message is acknowledged there, what came by chat is by this answer.
create or replace function schedule_message(p_channel text, p_subject text, p_text text, p_name text, p_email text, p_phone text, p_intake uuid, p_locale text)
	returns table (id uuid, number bigint, status text) language plpgsql as $$
declare
	r intake_requests;
	t schedule_talks;
	v record;
begin
	if p_intake is null then
		if p_channel = 'sms' and p_phone is null or p_channel = 'email' and p_email is null or coalesce(p_email, p_phone) is null then
			perform fl_fail('FL422', case p_channel when 'sms' then 'wrong.phone_needed' else 'wrong.address_needed' end, case p_channel when 'sms' then 'phone' else 'email' end);
		end if;
		select c.id, c.number, c.status_key into v from intake_create(p_channel, left(coalesce(nullif(p_subject, ''), split_part(btrim(p_text), E'\n', 1)), 120), p_text, p_name, p_email, p_phone, '{}', null, null, null, null, null, p_locale) c;
		r.id := v.id;
		if p_channel = 'sms' then
			perform sms_acknowledge(v.id);
		elsif p_channel = 'email' then
			perform mail_acknowledge(v.id, v.number, p_email, null, null, v.status_key);
		end if;
		perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', r.id), 4, null, r.id::text);
	else
		select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
		if r.id is null then
			return;
		end if;
		perform intake_message_in(r.id, p_name, p_text, null);
	end if;
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = r.id;
	select * into t from schedule_talks x where x.org_id = fl_org() and x.intake_id = r.id;
	return query select r.id, r.number, coalesce(t.state, 'PENDING');
end
$$;
