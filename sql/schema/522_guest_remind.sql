-- SCH-15, SCH-16: a visitor of a booking page may leave a number and is then reminded by text message too; the guests of an event are reminded by mail, those who
-- were invited and did not decline.

create index bookings_event on bookings (org_id, event_id) where event_id is not null;

create function visit_confirm(p_name text, p_email text, p_phone text, p_note text, p_key text) returns table (id uuid) language plpgsql as $$
declare
	v_phone text := nullif(regexp_replace(coalesce(p_phone, ''), '[ ()./-]', '', 'g'), '');
begin
	if v_phone !~ '^\+[1-9][0-9]{6,14}$' then
		perform fl_fail('FL422', 'wrong.phone', 'phone');
	end if;
	update bookings b set phone = v_phone where b.org_id = fl_org() and b.id = nullif(current_setting('app.subject_id', true), '')::uuid and b.state = 'HELD' and v_phone is not null;
	return query select c.id from booking_confirm(p_name, p_email, p_note, p_key) c;
end
$$;

-- As in 430; who left both an address and a number gets both.
create or replace function booking_reminded(r reminders) returns void language plpgsql as $$
declare
	b bookings;
	v_key text := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
begin
	select * into b from bookings x where x.org_id = r.org_id and x.id = r.subject_id and x.state = 'CONFIRMED';
	-- On a page anybody may leave anybody's number: four messages a day to each. Who booked by text message has shown that the number is his.
	if b.phone is not null and (b.email is null or (select count(*) from sms_messages m where m.org_id = r.org_id and m.peer = b.phone and m.direction = 'out' and m.created_at > now() - interval '1 day') < 4) then
		perform fl_enqueue('sms', 'sms.say', jsonb_build_object('reminder_id', r.id), 3);
	end if;
	if b.email is not null then
		perform booking_door(sha256(convert_to(v_key, 'UTF8')), b.id);
		perform mail_queue(b.email, b.name, b.locale, 'visit-soon', jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = b.org_id and p.id = b.page_id),
			'body', booking_when(b.starts_at, b.ends_at, b.zone), 'visit_key', v_key, 'late', r.late), null, null, null, true);
	end if;
end
$$;

-- The guests of an event that is ours. Who comes by a booking has reminders of that.
create function calendar_guests_reminded(r reminders) returns void language plpgsql as $$
begin
	perform mail_queue(g.email, g.name, null, 'visit-soon', jsonb_build_object('subject', e.title, 'body', booking_when(r.due_at, o.ends_at, e.zone), 'late', r.late,
			'author', coalesce((select m.name from memberships m where m.org_id = e.org_id and m.user_id = e.owner_id), '')), null, null, null, true)
		from calendar_events e join calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id and o.starts_at = r.due_at
			join calendar_guests g on g.org_id = e.org_id and g.event_id = e.id and g.answer <> 'DECLINED'
			join calendar_told t on t.org_id = e.org_id and t.event_id = e.id and t.email = g.email
		where e.org_id = r.org_id and e.id = r.subject_id and e.status <> 'CANCELLED';
end
$$;

-- Reminders of two days of a series may fall on one moment: the guests are then told of the nearer one.
create or replace function calendar_remind(p_org uuid, p_id uuid) returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	select count(public.fl_remind_before(p.party_id, 'event_reminder', 'event', e.id, o.starts_at, jsonb_build_object('subject', e.title)) is null) into v_done
		from public.calendar_events e join public.calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id
			join public.calendar_parties p on p.org_id = e.org_id and p.event_id = e.id and p.kind = 'person'
		where e.org_id = p_org and (p_id is null or e.id = p_id) and not e.all_day and o.starts_at > now() and o.starts_at < now() + interval '8 days';
	insert into public.reminders as r (org_id, kind, subject_kind, subject_id, at, due_at)
		select e.org_id, 'guests', 'event', e.id, o.starts_at - make_interval(mins => m) as at, min(o.starts_at)
		from public.calendar_events e join public.calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id, public.fl_remind_minutes() m
		where e.org_id = p_org and (p_id is null or e.id = p_id) and not e.all_day and e.organizer is null and e.status <> 'CANCELLED'
			and o.starts_at < now() + interval '8 days' and o.starts_at - make_interval(mins => m) > now()
			and exists (select from public.calendar_guests g where g.org_id = e.org_id and g.event_id = e.id)
			and not exists (select from public.bookings b where b.org_id = e.org_id and b.event_id = e.id)
		group by e.org_id, e.id, at
		on conflict (org_id, subject_id, at) where user_id is null do update set due_at = excluded.due_at, updated_at = now(),
			state = case when r.state = 'withdrawn' then 'waiting' else r.state end;
	return v_done;
end
$$;

create or replace function remind_fire(p_id uuid) returns void language plpgsql as $$
declare
	r reminders;
begin
	select * into r from reminders x where x.org_id = fl_org() and x.id = p_id for update;
	if r.state is distinct from 'queued' then
		return;
	end if;
	if r.due_at < now() then
		update reminders x set state = 'dropped', updated_at = now() where x.org_id = fl_org() and x.id = p_id;
		return;
	end if;
	update reminders x set state = 'sent', late = now() > r.at + interval '1 minute', sent_at = now(), updated_at = now() where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	if r.user_id is not null then
		perform fl_notify(r.user_id, r.kind, r.subject_kind, r.subject_id, r.detail || jsonb_build_object('late', r.late, 'due_at', r.due_at,
			'urgent', r.due_at is null or r.due_at < now() + interval '2 hours'));
	elsif r.subject_kind = 'event' then
		perform calendar_guests_reminded(r);
	else
		perform booking_reminded(r);
	end if;
	perform fl_emit('reminder.due', jsonb_strip_nulls(jsonb_build_object('reminder_id', r.id, 'subject_kind', r.subject_kind, 'subject_id', r.subject_id, 'user_id', r.user_id, 'late', r.late)));
end
$$;
