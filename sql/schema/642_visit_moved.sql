-- Who moves a booking is told that it is moved, not that it is booked.
create or replace function booking_move(p_start timestamptz, p_key text) returns table (id uuid) language plpgsql as $$
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
		perform booking_tell(b, 'visit-moved', p_key, calendar_ics(array[b.event_id], '-infinity', 'REQUEST'));
	end if;
	return query select b.id;
end
$$;

create or replace function booking_own_move(p_id uuid, p_start timestamptz) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid := (select k.id from booking_own_pick(p_id) k);
	b bookings;
begin
	if v_id is null then
		return;
	end if;
	perform booking_move(p_start, null);
	b := booking_mine();
	perform mail_queue(b.email, b.name, b.locale, 'visit-moved', jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = b.org_id and p.id = b.page_id),
			'body', booking_when(b.starts_at, b.ends_at, b.zone), 'path', '/me/bookings', 'ics', calendar_ics(array[b.event_id], '-infinity', 'REQUEST')), null, null, null, true);
	return query select v_id;
end
$$;

-- As before; a moved booking is told to a stranger as often as one that is made.
create or replace function mail_queue(p_to_email text, p_to_name text, p_locale text, p_template text, p_data jsonb, p_intake uuid, p_in_reply_to text, p_references text,
		p_automatic boolean) returns uuid language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_to text := lower(p_to_email);
	v_id uuid := public.fl_uuid();
	v_job uuid;
	v_most int;
	v_stop text;
begin
	if p_automatic then
		if exists (select from public.mailboxes b where b.org_id = v_org and b.address = v_to) then
			return null;
		end if;
		v_most := case when exists (select from public.memberships m where m.org_id = v_org and m.email = v_to) then 100 when p_template in ('meeting', 'meeting-off', 'visit', 'visit-moved', 'visit-off', 'visit-soon') then 20 else 5 end;
		-- the limit for strangers, who may be programs that answer, is exact; people of the organisation do not wait for each other
		if v_most < 100 then
			perform pg_advisory_xact_lock(hashtext('mail_queue'), hashtext(v_org::text || v_to));
		end if;
		if (select count(*) from (select from public.email_messages e where e.org_id = v_org and e.to_email = v_to and e.automatic
				and e.created_at > now() - interval '1 day' limit v_most) x) >= v_most then
			return null;
		end if;
	end if;
	select trim(s.status || ' ' || s.reason) into v_stop from public.mail_stops s where s.org_id = v_org and s.email = v_to;
	if v_stop is null then
		v_job := public.fl_enqueue('email', 'email.send', jsonb_build_object('email_id', v_id));
	end if;
	insert into public.email_messages (org_id, id, to_email, to_name, locale, template, data, intake_id, number, message_id, in_reply_to, reference_ids,
			automatic, state, error, job_id)
		select v_org, v_id, v_to, left(regexp_replace(coalesce(p_to_name, ''), '[[:cntrl:]]+', ' ', 'g'), 200), coalesce(p_locale, o.default_language), p_template,
			coalesce(p_data, '{}'), p_intake, (select r.number from public.intake_requests r where r.org_id = v_org and r.id = p_intake), '<' || v_id || '@' || coalesce(split_part(b.address, '@', 2), o.slug || '.invalid') || '>', p_in_reply_to, p_references,
			p_automatic, case when v_job is null then 'stopped' else 'queued' end, v_stop, v_job
		from public.organizations o left join lateral (select m.address from public.mailboxes m where m.org_id = o.id and m.active order by m.created_at limit 1) b
			on true where o.id = v_org;
	return v_id;
end
$$;

-- As before; a cancellation is newer than what it cancels (RFC 5546, 2.1.4).
create or replace function calendar_ics_events(p_ids uuid[], p_from timestamptz, p_method text) returns text language sql stable as $$
	select coalesce(string_agg(E'BEGIN:VEVENT\r\n' || calendar_ics_line('UID:' || case when e.rule is null and cardinality(e.added) = 0 then e.uid else to_char(o.original_local, 'YYYYMMDD"T"HH24MI-') || e.uid end)
		|| calendar_ics_line('DTSTAMP:' || calendar_ics_time(case when p_method = 'CANCEL' then now() else e.updated_at end))
		|| calendar_ics_line('SEQUENCE:' || e.sequence + (p_method = 'CANCEL')::int)
		|| case when e.all_day then calendar_ics_line('DTSTART;VALUE=DATE:' || to_char(o.starts_at at time zone e.zone, 'YYYYMMDD')) || calendar_ics_line('DTEND;VALUE=DATE:' || to_char(o.ends_at at time zone e.zone, 'YYYYMMDD'))
			else calendar_ics_line('DTSTART:' || calendar_ics_time(o.starts_at)) || calendar_ics_line('DTEND:' || calendar_ics_time(o.ends_at)) end
		|| calendar_ics_line('SUMMARY:' || calendar_ics_text(e.title)) || case when e.place <> '' then calendar_ics_line('LOCATION:' || calendar_ics_text(e.place)) else '' end
		|| case when e.note <> '' then calendar_ics_line('DESCRIPTION:' || calendar_ics_text(e.note)) else '' end
		|| case when p_method in ('REQUEST', 'CANCEL') then coalesce(calendar_ics_line('ORGANIZER:mailto:' || calendar_organizer(e)), '')
			|| coalesce((select string_agg(calendar_ics_line('ATTENDEE;PARTSTAT=' || g.answer || ';RSVP=TRUE:mailto:' || g.email), '' order by g.email) from calendar_guests g where g.org_id = e.org_id and g.event_id = e.id), '') else '' end
		|| calendar_ics_line('STATUS:' || case when p_method = 'CANCEL' then 'CANCELLED' else e.status end)
		|| calendar_ics_line('TRANSP:' || case when e.busy then 'OPAQUE' else 'TRANSPARENT' end) || E'END:VEVENT\r\n', '' order by o.starts_at), '')
	from calendar_events e join calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id where e.org_id = (select fl_org()) and e.id = any (p_ids) and o.ends_at > p_from
$$;
