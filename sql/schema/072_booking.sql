-- Booking by strangers (BKG-01, 02, 04; ux 1.5): a time is held for five minutes, confirmed, moved, cancelled. The exclusion constraint of
-- calendar_claims decides a race; who loses it is shown what is free.

-- Opens the door of a booking to whoever has its key.
create function booking_door(p_hash bytea, p_booking uuid) returns void language plpgsql as $$
begin
	insert into public.principals (token_hash, org_id, kind, subject_id, role, rights, org_name, zone, locale)
		select p_hash, o.id, 'link', p_booking, 'link', public.fl_rights('link'), o.name, o.zone, o.default_language from public.organizations o where o.id = public.fl_org();
end
$$;
select fl_definer_function('booking_door(bytea, uuid)');

-- Claims a time for a booking: the first host that still has it, of those with the fewest bookings when they take turns. FL409 when nobody has.
create function booking_claim(p_booking uuid, p_at timestamptz, p_hold timestamptz) returns void language plpgsql as $$
declare
	b bookings;
	p booking_pages;
	s record;
	v_host uuid;
	v_thing uuid;
begin
	select * into b from bookings x where x.org_id = fl_org() and x.id = p_booking for update;
	select * into p from booking_pages x where x.org_id = fl_org() and x.id = b.page_id;
	delete from calendar_claims c where c.org_id = fl_org() and c.hold_until < now();
	select * into s from booking_slots(p.id, (p_at at time zone p.zone)::date, (p_at at time zone p.zone)::date, p_booking) x where x.starts_at = p_at;
	if s.starts_at is null then
		perform fl_fail('FL409', 'wrong.slot_taken', 'start');
	end if;
	delete from calendar_claims c where c.org_id = fl_org() and (c.booking_id = p_booking or c.event_id = b.event_id);
	for v_host in select h from unnest(s.host_ids) h order by case when p.mode = 'round_robin' then (select count(*) from bookings k where k.org_id = fl_org()
			and k.page_id = p.id and k.id <> p_booking and k.state <> 'CANCELLED' and h = any (k.host_ids) and k.starts_at > now() - interval '30 days') end, h loop
		foreach v_thing in array case when cardinality(s.resource_ids) = 0 then array[null::uuid] else s.resource_ids end loop
			begin
				insert into calendar_claims (org_id, party_id, during, booking_id, hold_until)
					select fl_org(), x, tstzrange(s.starts_at, s.ends_at), p_booking, p_hold
						from unnest(case when p.mode = 'all_of' then s.host_ids else array[v_host] end || array_remove(array[v_thing], null)) x;
				update bookings x set starts_at = s.starts_at, ends_at = s.ends_at, hold_until = p_hold, resource_id = v_thing, updated_at = now(),
						host_ids = case when p.mode = 'all_of' then s.host_ids else array[v_host] end where x.org_id = fl_org() and x.id = p_booking;
				return;
			exception when exclusion_violation then
				null; -- somebody was faster; the next one may have it
			end;
		end loop;
	end loop;
	perform fl_fail('FL409', 'wrong.slot_taken', 'start');
end
$$;

create function booking_hold(p_start timestamptz, p_zone text, p_locale text, p_address text) returns table (visit_key text) language plpgsql as $$
declare
	p booking_pages;
	v_id uuid := fl_uuid();
begin
	select * into p from booking_pages b where b.org_id = fl_org() and b.id = nullif(current_setting('app.subject_id', true), '')::uuid and b.active;
	if p.id is null then
		return;
	end if;
	if p_start is null then
		perform fl_fail('FL409', 'wrong.slot_taken', 'start');
	end if;
	visit_key := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
	-- One who only holds must not close the page for the others.
	if (select count(*) from bookings b where b.org_id = fl_org() and b.page_id = p.id and b.state = 'HELD' and b.hold_until > now()) >= 50 then
		perform fl_fail('FL429', 'error.too_many');
	end if;
	insert into bookings (org_id, id, page_id, starts_at, ends_at, hold_until, host_ids, zone, locale, visit_hash)
		values (fl_org(), v_id, p.id, p_start, p_start + make_interval(mins => p.minutes), now() + interval '5 minutes', '{}',
			case when calendar_is_zone(p_zone) then p_zone else p.zone end, p_locale, sha256(convert_to(visit_key, 'UTF8')));
	perform booking_claim(v_id, p_start, now() + interval '5 minutes');
	perform booking_door(sha256(convert_to(visit_key, 'UTF8')), v_id);
	return next;
end
$$;

create function booking_mine() returns bookings language plpgsql as $$
declare
	b bookings;
begin
	select * into b from bookings x where x.org_id = fl_org() and x.id = nullif(current_setting('app.subject_id', true), '')::uuid for update;
	return b;
end
$$;

-- "2026-11-24 10:00–10:30 Europe/Lisbon, UTC"
create function booking_when(p_from timestamptz, p_until timestamptz, p_zone text) returns text language sql stable as $$
	select to_char(p_from at time zone p_zone, 'YYYY-MM-DD HH24:MI') || '–' || to_char(p_until at time zone p_zone, 'HH24:MI') || ' ' || p_zone || ', ' || calendar_offset(p_from, p_zone)
$$;

-- A line of iCalendar, escaped and folded at 74 bytes (RFC 5545, 3.1 and 3.3.11).
create function calendar_ics_text(p_text text) returns text language sql immutable as $$
	select replace(replace(replace(replace(regexp_replace(p_text, E'[\\x01-\\x09\\x0b-\\x1f\\x7f]', '', 'g'), '\', '\\'), ';', '\;'), ',', '\,'), E'\n', '\n')
$$;
create function calendar_ics_line(p_line text) returns text language plpgsql immutable as $$
declare
	v_out text := '';
	v_used int := 0;
	v_char text;
begin
	if octet_length(p_line) <= 75 then
		return p_line || E'\r\n';
	end if;
	foreach v_char in array regexp_split_to_array(p_line, '') loop
		if v_used + octet_length(v_char) > 74 then
			v_out := v_out || E'\r\n ';
			v_used := 1;
		end if;
		v_out := v_out || v_char;
		v_used := v_used + octet_length(v_char);
	end loop;
	return v_out || E'\r\n';
end
$$;
create function calendar_ics_time(p_at timestamptz) returns text language sql immutable as $$
	select to_char(p_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')
$$;

-- The events given as VEVENTs, one for each occurrence, in UTC, so that no reader needs our zones. p_private: without titles of others.
create function calendar_ics_events(p_ids uuid[], p_from timestamptz, p_method text) returns text language sql stable as $$
	select coalesce(string_agg(E'BEGIN:VEVENT\r\n' || calendar_ics_line('UID:' || case when e.rule is null and cardinality(e.added) = 0 then e.uid else to_char(o.original_local, 'YYYYMMDD"T"HH24MI-') || e.uid end)
		|| calendar_ics_line('DTSTAMP:' || calendar_ics_time(e.updated_at)) || calendar_ics_line('SEQUENCE:' || e.sequence)
		|| case when e.all_day then calendar_ics_line('DTSTART;VALUE=DATE:' || to_char(o.starts_at at time zone e.zone, 'YYYYMMDD')) || calendar_ics_line('DTEND;VALUE=DATE:' || to_char(o.ends_at at time zone e.zone, 'YYYYMMDD'))
			else calendar_ics_line('DTSTART:' || calendar_ics_time(o.starts_at)) || calendar_ics_line('DTEND:' || calendar_ics_time(o.ends_at)) end
		|| calendar_ics_line('SUMMARY:' || calendar_ics_text(e.title)) || case when e.place <> '' then calendar_ics_line('LOCATION:' || calendar_ics_text(e.place)) else '' end
		|| case when e.note <> '' then calendar_ics_line('DESCRIPTION:' || calendar_ics_text(e.note)) else '' end
		|| case when p_method in ('REQUEST', 'CANCEL') then coalesce((select calendar_ics_line('ORGANIZER:mailto:' || m.email) from memberships m where m.org_id = e.org_id and m.user_id = e.owner_id), '')
			|| coalesce((select string_agg(calendar_ics_line('ATTENDEE;PARTSTAT=' || g.answer || ';RSVP=TRUE:mailto:' || g.email), '' order by g.email) from calendar_guests g where g.org_id = e.org_id and g.event_id = e.id), '') else '' end
		|| calendar_ics_line('STATUS:' || case when p_method = 'CANCEL' then 'CANCELLED' else e.status end)
		|| calendar_ics_line('TRANSP:' || case when e.busy then 'OPAQUE' else 'TRANSPARENT' end) || E'END:VEVENT\r\n', '' order by o.starts_at), '')
	from calendar_events e join calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id where e.org_id = (select fl_org()) and e.id = any (p_ids) and o.ends_at > p_from
$$;
create function calendar_ics(p_ids uuid[], p_from timestamptz, p_method text) returns text language sql stable as $$
	select E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Fairlead//Fairlead 0.1//EN\r\nCALSCALE:GREGORIAN\r\n' || calendar_ics_line('METHOD:' || p_method)
		|| calendar_ics_events(p_ids, p_from, p_method) || E'END:VCALENDAR\r\n'
$$;

-- Tells the visitor by mail, with the calendar attached.
create function booking_tell(p_booking bookings, p_template text, p_key text, p_ics text) returns void language plpgsql as $$
begin
	perform mail_queue(p_booking.email, p_booking.name, p_booking.locale, p_template,
		jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = fl_org() and p.id = p_booking.page_id),
			'body', booking_when(p_booking.starts_at, p_booking.ends_at, p_booking.zone), 'visit_key', p_key, 'ics', p_ics), null, null, null, true);
end
$$;

create function booking_confirm(p_name text, p_email text, p_note text, p_key text) returns table (id uuid) language plpgsql as $$
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
	insert into calendar_guests (org_id, event_id, email, name, answer) values (fl_org(), v_event, lower(p_email), p_name, 'ACCEPTED');
	delete from calendar_claims c where c.org_id = fl_org() and c.booking_id = b.id;
	perform calendar_occur(v_event);
	perform fl_audit('booking.confirm', 'booking', b.id);
	perform fl_emit('booking.confirmed', jsonb_build_object('booking_id', b.id, 'event_id', v_event));
	perform fl_notify(b.host_ids[1], 'booking', 'event', v_event, jsonb_build_object('title', p.name));
	perform booking_tell(b, 'visit', p_key, calendar_ics(array[v_event], '-infinity', 'REQUEST'));
	return query select b.id;
end
$$;

create function booking_cancel(p_key text) returns table (id uuid) language plpgsql as $$
declare
	b bookings := booking_mine();
	v_ics text;
begin
	if b.id is null then
		return;
	elsif b.state <> 'CANCELLED' then
		v_ics := calendar_ics(array[b.event_id], '-infinity', 'CANCEL');
		delete from calendar_claims c where c.org_id = fl_org() and c.booking_id = b.id;
		update bookings x set state = 'CANCELLED', hold_until = null, updated_at = now() where x.org_id = fl_org() and x.id = b.id;
		if b.event_id is not null then
			perform calendar_do(b.event_id, null, 'cancel', null, null, null, null);
			perform booking_tell(b, 'visit-off', p_key, v_ics);
		end if;
		perform fl_audit('booking.cancel', 'booking', b.id);
		perform fl_emit('booking.cancelled', jsonb_build_object('booking_id', b.id));
	end if;
	return query select b.id;
end
$$;

-- Another time for a booking. The old one is given up only when the new one is had.
create function booking_move(p_start timestamptz, p_key text) returns table (id uuid) language plpgsql as $$
declare
	b bookings := booking_mine();
begin
	if b.id is null then
		return;
	elsif b.state = 'CANCELLED' then
		perform fl_fail('FL409', 'wrong.booking_over', 'start');
	end if;
	perform booking_claim(b.id, p_start, case when b.state = 'HELD' then now() + interval '5 minutes' end);
	b := booking_mine();
	if b.state = 'CONFIRMED' then
		update calendar_events e set starts_local = b.starts_at at time zone e.zone, ends_local = b.ends_at at time zone e.zone, owner_id = b.host_ids[1],
			sequence = e.sequence + 1, version = e.version + 1, updated_at = now() where e.org_id = fl_org() and e.id = b.event_id;
		delete from calendar_parties x where x.org_id = fl_org() and x.event_id = b.event_id;
		insert into calendar_parties (org_id, event_id, party_id, kind) select fl_org(), b.event_id, h, 'person' from unnest(b.host_ids) h
			union all select fl_org(), b.event_id, b.resource_id, 'resource' where b.resource_id is not null;
		delete from calendar_claims c where c.org_id = fl_org() and c.booking_id = b.id;
		perform calendar_occur(b.event_id);
		perform fl_audit('booking.move', 'booking', b.id);
		perform fl_emit('calendar.changed', jsonb_build_object('event_id', b.event_id, 'change', 'changed'));
		perform booking_tell(b, 'visit', p_key, calendar_ics(array[b.event_id], '-infinity', 'REQUEST'));
	end if;
	return query select b.id;
end
$$;

-- An instant as our forms write it, null for anything else.
create function booking_instant(p_text text) returns timestamptz language plpgsql stable as $$
begin
	return case when p_text ~ '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:00Z$' then p_text::timestamptz end;
exception when datetime_field_overflow or invalid_datetime_format then
	return null;
end
$$;

-- The free times of up to five days from a day on, in the visitor's zone. The page behind the key, or of the booking behind it.
create function booking_offer(p_day date, p_zone text) returns table (day date, starts_at timestamptz, clock text, zone text, nth bigint) language plpgsql stable rows 100 as $$
declare
	v_subject uuid := nullif(current_setting('app.subject_id', true), '')::uuid;
	b bookings;
	p booking_pages;
	v_zone text;
	v_from date;
begin
	select * into b from bookings x where x.org_id = fl_org() and x.id = v_subject;
	select * into p from booking_pages x where x.org_id = fl_org() and x.id = coalesce(b.page_id, v_subject) and x.active;
	v_zone := case when calendar_is_zone(p_zone) then p_zone else coalesce(b.zone, p.zone) end;
	v_from := coalesce(p_day, (now() at time zone p.zone)::date);
	return query select x.* from (select (s.starts_at at time zone v_zone)::date, s.starts_at, to_char(s.starts_at at time zone v_zone, 'HH24:MI'), v_zone,
			dense_rank() over (order by (s.starts_at at time zone v_zone)::date)
		from booking_slots(p.id, v_from, v_from + 60, b.id) s) x(day, at, clock, zone, nth) where x.nth <= 5 order by x.at;
end
$$;

-- Keys in links, and calendars with them, live only until the mail is out.
create or replace function mail_sent(p_id uuid, p_state text, p_error text) returns void language plpgsql as $$
begin
	update email_messages set state = p_state, error = p_error, sent_at = case when p_state = 'sent' then now() end, updated_at = now(),
			data = case when p_state = 'sent' then data - 'status_key' - 'visit_key' - 'ics' - case when template = 'invite' then 'path' else '' end
			else data end
		where org_id = fl_org() and id = p_id and state <> 'sent';
	if p_state = 'failed' and found then
		perform fl_audit('email.failed', 'email', p_id, jsonb_build_object('error', left(p_error, 300)));
		perform fl_notify(null, 'mail_failed', 'email', p_id, '{}');
	end if;
end
$$;

-- A person's feed: a new key ends the old one.
create function calendar_feed_new() returns table (feed_key text) language plpgsql as $$
declare
	v_id uuid := fl_uuid();
begin
	if fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed');
	end if;
	feed_key := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
	perform calendar_feed_shut(f.token_hash) from calendar_feeds f where f.org_id = fl_org() and f.user_id = fl_user();
	delete from calendar_feeds f where f.org_id = fl_org() and f.user_id = fl_user();
	insert into calendar_feeds (org_id, id, user_id, token_hash) values (fl_org(), v_id, fl_user(), sha256(convert_to(feed_key, 'UTF8')));
	perform booking_door(sha256(convert_to(feed_key, 'UTF8')), v_id);
	perform fl_audit('calendar.feed', 'feed', v_id);
	return next;
end
$$;
create function calendar_feed_shut(p_hash bytea) returns void language plpgsql as $$
begin
	delete from public.principals where token_hash = p_hash and org_id = public.fl_org() and kind = 'link';
end
$$;
select fl_definer_function('calendar_feed_shut(bytea)');
