-- Who booked a time is reminded of it as the people of the house are (SCH-15, SCH-16): by mail, or by text message who booked by one. What the house writes by
-- text message on its own account is worded by job sms.say.

alter table bookings add column phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'); -- of who booked by text message
alter table reminders alter column user_id drop not null; -- null: who booked
create unique index reminders_visit on reminders (org_id, subject_id, at) where user_id is null;

-- How many minutes before: organizations.settings.reminder_min, by default 24 h and 1 h.
create function fl_remind_minutes() returns setof int language plpgsql stable as $$
begin
	return query select distinct m::int from public.organizations o, jsonb_array_elements_text(case when jsonb_typeof(o.settings -> 'reminder_min') = 'array'
			then o.settings -> 'reminder_min' else '[1440, 60]' end) m
		where o.id = public.fl_org() and m ~ '^[0-9]{1,6}$';
end
$$;

create or replace function fl_remind_before(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_due timestamptz, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	perform public.fl_remind(p_user, p_kind, p_subject_kind, p_subject, p_due - make_interval(mins => m), p_detail || jsonb_build_object('due_at', p_due), p_due)
		from public.fl_remind_minutes() m;
end
$$;

-- A booking that is confirmed, moved or cancelled: its reminders are those of its time.
create function booking_remind() returns trigger language plpgsql as $$
begin
	perform fl_remind_withdraw('booking', new.id);
	if new.state = 'CONFIRMED' and coalesce(new.email, new.phone) is not null then
		insert into reminders as r (org_id, kind, subject_kind, subject_id, at, due_at)
			select new.org_id, 'visit', 'booking', new.id, new.starts_at - make_interval(mins => m), new.starts_at from fl_remind_minutes() m
				where new.starts_at - make_interval(mins => m) > now()
			on conflict (org_id, subject_id, at) where user_id is null do update set due_at = excluded.due_at, updated_at = now(),
				state = case when r.state = 'withdrawn' then 'waiting' else r.state end;
	end if;
	return null;
end
$$;
create trigger remind after update on bookings for each row when (new.state <> 'HELD' and (new.state, new.starts_at) is distinct from (old.state, old.starts_at))
	execute function booking_remind();

-- Reminds who booked. The way to the booking gets a key of its own, as only its hash is kept.
create function booking_reminded(r reminders) returns void language plpgsql as $$
declare
	b bookings;
	v_key text := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
begin
	select * into b from bookings x where x.org_id = r.org_id and x.id = r.subject_id and x.state = 'CONFIRMED';
	if b.phone is not null then
		perform fl_enqueue('sms', 'sms.say', jsonb_build_object('reminder_id', r.id), 3);
	elsif b.email is not null then
		perform booking_door(sha256(convert_to(v_key, 'UTF8')), b.id);
		perform mail_queue(b.email, b.name, b.locale, 'visit-soon', jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = b.org_id and p.id = b.page_id),
			'body', booking_when(b.starts_at, b.ends_at, b.zone), 'visit_key', v_key, 'late', r.late), null, null, null, true);
	end if;
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
	if r.user_id is null then
		perform booking_reminded(r);
	else
		perform fl_notify(r.user_id, r.kind, r.subject_kind, r.subject_id, r.detail || jsonb_build_object('late', r.late, 'due_at', r.due_at,
			'urgent', r.due_at is null or r.due_at < now() + interval '2 hours'));
	end if;
	perform fl_emit('reminder.due', jsonb_strip_nulls(jsonb_build_object('reminder_id', r.id, 'subject_kind', r.subject_kind, 'subject_id', r.subject_id, 'user_id', r.user_id, 'late', r.late)));
end
$$;

-- What job sms.say is to say, of a reminder or of a request that has come and was not answered yet; no row: nothing any more. message: a key of the catalogue; heard: what the person wrote.
create function sms_words(p_reminder uuid, p_intake uuid) returns table (peer text, locale text, message text, number bigint, page text, at_time text, late boolean, org_name text, intake_id uuid,
		heard text)
	language plpgsql stable as $$
begin
	if p_reminder is not null then
		return query select b.phone, coalesce(b.locale, o.default_language), 'sms.say.visit', null::bigint, p.name, booking_when(b.starts_at, b.ends_at, b.zone), r.late, o.name,
				(select e.intake_id from calendar_events e where e.org_id = b.org_id and e.id = b.event_id), ''
			from reminders r join bookings b on b.org_id = r.org_id and b.id = r.subject_id join booking_pages p on p.org_id = b.org_id and p.id = b.page_id
				join organizations o on o.id = r.org_id
			where r.org_id = fl_org() and r.id = p_reminder and b.state = 'CONFIRMED' and b.starts_at > now() and b.phone is not null;
	else
		return query select r.requester_phone, coalesce(r.locale, o.default_language), 'sms.say.received', r.number::bigint, null::text, null::text, false, o.name, r.id, r.body
			from intake_requests r join organizations o on o.id = r.org_id where r.org_id = fl_org() and r.id = p_intake and r.requester_phone is not null
				and r.answered_at is null;
	end if;
end
$$;

-- "We have it": to who wrote by text message, as form and mail have it (175). settings.acknowledge = "off" switches it off.
create function sms_acknowledge(p_intake uuid) returns void language plpgsql as $$
begin
	if (select o.settings ->> 'acknowledge' from public.organizations o where o.id = public.fl_org()) is distinct from 'off' then
		perform public.fl_enqueue('sms', 'sms.say', jsonb_build_object('intake_id', p_intake), 4);
	end if;
end
$$;

-- As in 292; who books, moves and cancels is told of each.
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
		v_most := case when exists (select from public.memberships m where m.org_id = v_org and m.email = v_to) then 100 when p_template in ('meeting', 'meeting-off', 'visit', 'visit-off', 'visit-soon') then 20 else 5 end;
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
