-- A turn is carried out and answered (SCH-03 to SCH-06, ORC-11).

insert into notification_kinds values ('schedule_person', 98), ('schedule_booked', 99);

-- The coming booking of who asks, when the talk has none: found by his address, so it is asked about before it is touched.
create function schedule_booking(t schedule_talks, r intake_requests) returns bookings language sql stable as $$
	select b from bookings b where b.org_id = (select fl_org()) and b.state = 'CONFIRMED' and b.ends_at > now()
		and case when t.booking_id is not null then b.id = t.booking_id else b.email = r.requester_email end order by b.starts_at limit 1
$$;

-- Does what the aim says. Answers the turn it became; a booking somebody else got first becomes an offer.
create function schedule_do(t schedule_talks, p booking_pages, b bookings, r intake_requests, u jsonb, a schedule_aim, p_n int, p_message uuid) returns void language plpgsql as $$
declare
	v_auto float8 := coalesce((select x.auto_threshold from orchestration_agents x where x.org_id = fl_org() and x.active), 0.85);
	v_args jsonb;
	v_inverse jsonb;
	v_decision uuid;
begin
	if a.slot is not null and b.id is not null and b.starts_at = a.slot then
		a.act := 'say';
		a.say := 'same';
	elsif a.slot is not null and (a.confidence < v_auto or b.id is not null and not t.trusted) then
		a.act := 'ask';
		a.say := 'confirm';
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
			perform schedule_move(b.id, a.slot);
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
		v_inverse := jsonb_strip_nulls(jsonb_build_object('booking_id', t.booking_id, 'starts_at', b.starts_at));
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

-- One message of a talk, once. p_seen: how many turns there were when it was read; read again when there are more by now. Answers the turn, 0 for none.
create function schedule_turn(p_intake uuid, p_message uuid, p_seen bigint, u jsonb) returns table (done bigint) language plpgsql as $$
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
	if t.intake_id is null then
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
	if t.booking_id is not null or u ->> 'act' in ('cancel', 'move') then
		b := schedule_booking(t, r);
	end if;
	perform schedule_do(t, p, b, r, u, schedule_aim_of(t, p, b, u), t.turns + 1, p_message);
	for m in select x.id from intake_messages x where p_message is null and x.org_id = fl_org() and x.intake_id = p_intake and x.direction = 'in' order by x.created_at loop
		perform schedule_read_next(p_intake, m);
	end loop;
	done := t.turns + 1;
	return next;
end
$$;

-- Sends the answer of a turn, once: kept in the conversation, mailed in its thread with the calendar attached, or texted.
create function schedule_say(p_intake uuid, p_n bigint, p_text text) returns table (done bigint) language plpgsql as $$
declare
	r intake_requests;
	t schedule_talks;
	s schedule_turns;
	b bookings;
	v_last text;
	v_mail uuid;
	v_key text;
	v_ics text;
begin
	done := 0;
	select * into t from schedule_talks x where x.org_id = fl_org() and x.intake_id = p_intake for update;
	select * into s from schedule_turns x where x.org_id = fl_org() and x.intake_id = p_intake and x.n = p_n and x.answered_at is null;
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
	if s.n is null then
		return next;
		return;
	end if;
	update schedule_turns x set answered_at = now() where x.org_id = fl_org() and x.intake_id = p_intake and x.n = p_n;
	if s.act in ('book', 'move', 'cancel', 'undo') then
		select * into b from bookings x where x.org_id = fl_org() and x.id = t.booking_id and x.event_id is not null;
		v_ics := calendar_ics(array[b.event_id], '-infinity', case when b.state = 'CANCELLED' then 'CANCEL' else 'REQUEST' end);
		if b.state = 'CONFIRMED' then
			v_key := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
			perform booking_door(sha256(convert_to(v_key, 'UTF8')), b.id);
		end if;
	end if;
	if r.channel = 'sms' and r.requester_phone is not null then
		perform fl_sms(r.requester_phone, p_text, 'schedule.' || p_intake || '.' || p_n, p_intake);
	elsif r.requester_email is not null then
		v_last := coalesce((select m.message_id from intake_messages m where m.org_id = fl_org() and m.id = s.message_id), r.message_id);
		v_mail := mail_queue(r.requester_email, coalesce(r.requester_name, ''), t.language, case when b.state = 'CANCELLED' then 'meeting-off' else 'meeting' end,
			jsonb_strip_nulls(jsonb_build_object('number', r.number, 'subject', r.subject, 'body', p_text, 'visit_key', v_key, 'ics', nullif(v_ics, ''))), p_intake, v_last,
			left(concat_ws(' ', r.message_id, (select string_agg(x.id, ' ' order by x.at) from (select m.message_id as id, m.created_at as at from intake_messages m
				where m.org_id = fl_org() and m.intake_id = p_intake and m.message_id is not null and m.message_id <> v_last order by m.created_at desc limit 8) x), nullif(v_last, r.message_id)), 900), true);
	end if;
	insert into intake_messages (org_id, intake_id, direction, author_name, body, email_id, message_id)
		values (fl_org(), p_intake, 'out', 'Fairlead', p_text, v_mail, (select e.message_id from email_messages e where e.org_id = fl_org() and e.id = v_mail));
	update intake_requests x set answered_at = coalesce(x.answered_at, now()), version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = p_intake;
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', p_intake, 'change', 'message'));
	if s.act in ('book', 'move', 'cancel') and r.assignee_id is not null and r.assignee_id <> all (coalesce(b.host_ids, '{}')) then
		perform fl_notify(r.assignee_id, 'schedule_booked', 'intake', p_intake, jsonb_build_object('number', r.number, 'subject', r.subject));
	end if;
	done := 1;
	return next;
end
$$;

-- --- undo: what a turn did is put back, and the requester is told ---

create function schedule_unact(a decision_actions, p_intake uuid) returns void language plpgsql as $$
declare
	t schedule_talks;
	p booking_pages;
	r intake_requests;
	b bookings;
	v_at timestamptz := (a.inverse ->> 'starts_at')::timestamptz;
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
		perform schedule_move(b.id, v_at);
	else
		select * into p from booking_pages x where x.org_id = fl_org() and x.id = b.page_id;
		select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
		t.booking_id := schedule_book(p, v_at, booking_minutes(b), r, t.language);
	end if;
	update schedule_talks x set turns = x.turns + 1, booking_id = t.booking_id, offered = '{}', asked = null, updated_at = now(),
		state = case when a.type = 'CREATE_EVENT' then 'CANCELLED' else 'SCHEDULED' end where x.org_id = fl_org() and x.intake_id = p_intake;
	insert into schedule_turns (org_id, intake_id, n, understood, act, say, slot, minutes) values (fl_org(), p_intake, t.turns + 1, '{}', 'undo',
		case a.type when 'CREATE_EVENT' then 'cancelled' when 'UPDATE_EVENT' then 'moved' else 'booked' end, coalesce(v_at, b.starts_at), booking_minutes(b));
	perform fl_enqueue('scheduling-agent', 'schedule.answer', jsonb_build_object('intake_id', p_intake, 'n', t.turns + 1), 4, null, p_intake || '.' || (t.turns + 1));
	update decision_actions set state = 'undone' where org_id = fl_org() and id = a.id;
end
$$;

-- Whether a decision made, moved or cancelled a meeting.
create function decision_of_meeting(p_id uuid) returns boolean language sql stable as $$
	select exists (select from decision_actions x where x.org_id = (select fl_org()) and x.decision_id = p_id and x.type in ('CREATE_EVENT', 'UPDATE_EVENT', 'CANCEL_EVENT'))
$$;

-- Takes back what a decision did, last action first; what cannot be undone (a note that was read) stays and is said so. A meeting is put back without
-- touching where the request lies.
create or replace function decision_undo(p_id uuid) returns table (id uuid, intake_id uuid) language plpgsql as $$
declare
	d agent_decisions;
	a decision_actions;
	v_meeting boolean;
begin
	select * into d from agent_decisions x where x.org_id = fl_org() and x.id = p_id for update;
	if d.id is null then
		return;
	end if;
	v_meeting := decision_of_meeting(p_id);
	perform from intake_requests x where x.org_id = fl_org() and x.id = d.intake_id and (v_meeting or x.decision_id = d.id and x.status = 'ASSIGNED') for update;
	if not found or d.state not in ('AUTO_EXECUTED', 'EXECUTED') then
		perform fl_fail('FL409', 'error.not_undoable', 'state');
	end if;
	for a in select * from decision_actions x where x.org_id = fl_org() and x.decision_id = p_id and x.state = 'done' and x.inverse is not null order by x.n desc loop
		if v_meeting then
			perform schedule_unact(a, d.intake_id);
		else
			perform decision_unact(a, d.intake_id);
		end if;
	end loop;
	update agent_decisions x set state = 'ROLLED_BACK', undone_at = now(), undone_by = fl_user() where x.org_id = fl_org() and x.id = p_id;
	update intake_requests x set status = case when v_meeting then x.status else 'NEEDS_REVIEW' end, version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = d.intake_id;
	perform decision_trail(p_id, d.intake_id, 'ROLLED_BACK', d.pipeline_id);
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', d.intake_id, 'change', 'undone'));
	return query select p_id, d.intake_id;
end
$$;

-- Messages may book on this page, or not.
create function booking_by_message(p_id uuid, p_on boolean) returns table (id uuid) language plpgsql as $$
begin
	return query update booking_pages b set by_message = p_on, version = b.version + 1, updated_at = now() where b.org_id = fl_org() and b.id = p_id returning b.id;
	if found then
		perform fl_audit('booking.by_message', 'booking_page', p_id, jsonb_build_object('on', p_on));
	end if;
end
$$;
