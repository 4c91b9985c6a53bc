-- Invitations by mail (RFC 5546, 6047): guests of an event are asked, told of changes and cancelled; what they answer is kept; invitations of others become
-- tentative events.

alter table calendar_events add column organizer text; -- address of who made it elsewhere; null: made here
create index calendar_events_live on calendar_events (org_id, id) where rule is not null and status <> 'CANCELLED';

-- Who was told what last. A row without its guest means that he must be told it is off.
create table calendar_told (
	org_id uuid not null,
	event_id uuid not null,
	email text not null,
	sequence int not null,
	starts_local timestamp not null,
	primary key (org_id, event_id, email),
	foreign key (org_id, event_id) references calendar_events (org_id, id)
);
select fl_tenant_table('calendar_told');

-- --- an event as one series ---

-- Names of zones as other programs write them; null when we know none such. Those of Windows are in CLDR, windowsZones.xml.
create function calendar_zone_of(p_name text) returns text language sql stable as $$
	select coalesce((select z.name from pg_timezone_names z where z.name = p_name limit 1),
		(select z.name from pg_timezone_names z where z.name = substring(p_name from '([A-Za-z_]+/[A-Za-z_/]+)$') limit 1),
		(select w.zone from (values ('GMT Standard Time', 'Europe/London'), ('Greenwich Standard Time', 'Atlantic/Reykjavik'), ('W. Europe Standard Time', 'Europe/Berlin'),
			('Romance Standard Time', 'Europe/Paris'), ('Central Europe Standard Time', 'Europe/Budapest'), ('Central European Standard Time', 'Europe/Warsaw'),
			('E. Europe Standard Time', 'Europe/Chisinau'), ('FLE Standard Time', 'Europe/Kiev'), ('GTB Standard Time', 'Europe/Bucharest'), ('Turkey Standard Time', 'Europe/Istanbul'),
			('Russian Standard Time', 'Europe/Moscow'), ('Israel Standard Time', 'Asia/Jerusalem'), ('South Africa Standard Time', 'Africa/Johannesburg'),
			('Arabian Standard Time', 'Asia/Dubai'), ('India Standard Time', 'Asia/Kolkata'), ('SE Asia Standard Time', 'Asia/Bangkok'), ('China Standard Time', 'Asia/Shanghai'),
			('Singapore Standard Time', 'Asia/Singapore'), ('Tokyo Standard Time', 'Asia/Tokyo'), ('Korea Standard Time', 'Asia/Seoul'), ('AUS Eastern Standard Time', 'Australia/Sydney'),
			('New Zealand Standard Time', 'Pacific/Auckland'), ('Eastern Standard Time', 'America/New_York'), ('Central Standard Time', 'America/Chicago'),
			('Mountain Standard Time', 'America/Denver'), ('US Mountain Standard Time', 'America/Phoenix'), ('Pacific Standard Time', 'America/Los_Angeles'),
			('Alaskan Standard Time', 'America/Anchorage'), ('Hawaiian Standard Time', 'Pacific/Honolulu'), ('Atlantic Standard Time', 'America/Halifax'),
			('Argentina Standard Time', 'America/Buenos_Aires'), ('E. South America Standard Time', 'America/Sao_Paulo'), ('SA Pacific Standard Time', 'America/Bogota'),
			('Central Standard Time (Mexico)', 'America/Mexico_City'), ('Pacific SA Standard Time', 'America/Santiago')) w(name, zone) where w.name = p_name))
$$;

-- A time of the reader (reader/ical.h) as an instant, floating ones in p_zone; null for a day that does not exist or a zone nobody knows.
create function calendar_ical_at(t jsonb, p_zone text) returns timestamptz language plpgsql stable as $$
declare
	v_zone text := case when coalesce(t ->> 'zone', '') = '' then p_zone when t ->> 'zone' = 'UTC' then 'UTC' else calendar_zone_of(t ->> 'zone') end;
begin
	return (t ->> 'at')::timestamp at time zone v_zone;
exception when datetime_field_overflow or invalid_datetime_format or invalid_parameter_value then
	return null;
end
$$;

create function calendar_ics_offset(p_at timestamptz, p_zone text) returns text language sql stable as $$
	select case when m < 0 then '-' else '+' end || lpad((abs(m) / 60)::text, 2, '0') || lpad((abs(m) % 60)::text, 2, '0')
	from (select (extract(epoch from (p_at at time zone p_zone) - (p_at at time zone 'UTC')) / 60)::int) x(m)
$$;

-- The VTIMEZONE of a zone from a year on: each change of its clocks for p_years, found by the hour.
create function calendar_ics_zone(p_zone text, p_from int, p_years int) returns text language sql stable as $$
	with d as (select g.at, calendar_ics_offset(g.at, p_zone) as off, lag(calendar_ics_offset(g.at, p_zone)) over (order by g.at) as was
			from generate_series(make_timestamptz(p_from, 1, 1, 0, 0, 0, 'UTC'), make_timestamptz(p_from + p_years, 1, 1, 0, 0, 0, 'UTC'), interval '1 day') g(at)),
		c as (select h.at, d.was, d.off from d, lateral (select g as at from generate_series(d.at - interval '1 day', d.at, interval '15 minutes') g
			where calendar_ics_offset(g, p_zone) = d.off order by g limit 1) h where d.off <> d.was)
	select E'BEGIN:VTIMEZONE\r\n' || calendar_ics_line('TZID:' || p_zone)
		|| (select E'BEGIN:STANDARD\r\n' || calendar_ics_line('DTSTART:' || p_from || '0101T000000') || calendar_ics_line('TZOFFSETFROM:' || d.off) || calendar_ics_line('TZOFFSETTO:' || d.off)
			|| E'END:STANDARD\r\n' from d order by d.at limit 1)
		|| coalesce(string_agg('BEGIN:' || k.kind || E'\r\n' || calendar_ics_line('DTSTART:' || to_char((c.at at time zone 'UTC') + (case when left(c.was, 1) = '-' then -1 else 1 end
				* make_interval(hours => substr(c.was, 2, 2)::int, mins => substr(c.was, 4, 2)::int)), 'YYYYMMDD"T"HH24MISS'))
			|| calendar_ics_line('TZOFFSETFROM:' || c.was) || calendar_ics_line('TZOFFSETTO:' || c.off) || 'END:' || k.kind || E'\r\n', '' order by c.at), '') || E'END:VTIMEZONE\r\n'
	from (select 1) one left join c on true left join lateral (select case when c.off::int > c.was::int then 'DAYLIGHT' else 'STANDARD' end) k(kind) on true
$$;

create function calendar_ics_local(p_name text, p_at timestamp, e calendar_events) returns text language sql immutable as $$
	select case when e.all_day then calendar_ics_line(p_name || ';VALUE=DATE:' || to_char(p_at, 'YYYYMMDD'))
		else calendar_ics_line(p_name || ';TZID=' || e.zone || ':' || to_char(p_at, 'YYYYMMDD"T"HH24MISS')) end
$$;

-- Where answers to our invitations go: the organisation's mailbox, which we read, else whose event it is.
create function calendar_organizer(e calendar_events) returns text language sql stable as $$
	select coalesce(e.organizer, (select b.address from mailboxes b where b.org_id = e.org_id and b.active order by b.created_at limit 1),
		(select m.email from memberships m where m.org_id = e.org_id and m.user_id = e.owner_id))
$$;

-- What stands in every VEVENT of an event, besides its times. p_method REQUEST and CANCEL name the people; null: of a calendar, not of an invitation.
create function calendar_ics_rest(e calendar_events, p_method text) returns text language sql stable as $$
	select calendar_ics_line('SUMMARY:' || calendar_ics_text(e.title)) || case when e.place <> '' then calendar_ics_line('LOCATION:' || calendar_ics_text(e.place)) else '' end
		|| case when e.note <> '' then calendar_ics_line('DESCRIPTION:' || calendar_ics_text(e.note)) else '' end
		|| case when p_method is not null then calendar_ics_line('ORGANIZER' || coalesce(';CN="' || (select translate(m.name, E'":;,\r\n', '') from memberships m where m.org_id = e.org_id and m.user_id = e.owner_id) || '"', '')
				|| ':mailto:' || calendar_organizer(e))
			|| coalesce((select string_agg(calendar_ics_line('ATTENDEE;PARTSTAT=' || g.answer || ';RSVP=TRUE:mailto:' || g.email), '' order by g.email) from calendar_guests g
				where g.org_id = e.org_id and g.event_id = e.id), '') else '' end
		|| calendar_ics_line('STATUS:' || case when p_method = 'CANCEL' then 'CANCELLED' else e.status end)
		|| calendar_ics_line('TRANSP:' || case when e.busy then 'OPAQUE' else 'TRANSPARENT' end)
$$;

-- An event with its whole series, for invitations and calendars elsewhere: one UID, its rule, what is left out and added, and what differs.
create function calendar_ics_series(p_id uuid, p_method text) returns text language sql stable as $$
	select E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Fairlead//Fairlead 0.1//EN\r\nCALSCALE:GREGORIAN\r\n' || case when p_method is not null then calendar_ics_line('METHOD:' || p_method) else '' end
		|| case when e.all_day then '' else calendar_ics_zone(e.zone, extract(year from e.starts_local)::int, case when e.rule is null then 1 else 4 end) end
		|| E'BEGIN:VEVENT\r\n' || h.head || calendar_ics_local('DTSTART', e.starts_local, e) || calendar_ics_local('DTEND', e.ends_local, e)
		|| case when e.rule is not null then calendar_ics_line('RRULE:' || e.rule) else '' end
		|| coalesce((select string_agg(calendar_ics_local('EXDATE', x, e), '' order by x) from unnest(e.left_out) x), '')
		|| coalesce((select string_agg(calendar_ics_local('RDATE', x, e), '' order by x) from unnest(e.added) x), '')
		|| calendar_ics_rest(e, p_method) || E'END:VEVENT\r\n'
		|| coalesce((select string_agg(E'BEGIN:VEVENT\r\n' || h.head || calendar_ics_local('RECURRENCE-ID', c.original_local, e) || calendar_ics_local('DTSTART', c.starts_local, e)
				|| calendar_ics_local('DTEND', c.ends_local, e) || calendar_ics_rest(e, p_method) || E'END:VEVENT\r\n', '' order by c.original_local)
			from calendar_changes c where c.org_id = e.org_id and c.event_id = e.id and c.original_local <> all (e.left_out)), '') || E'END:VCALENDAR\r\n'
	from calendar_events e, lateral (select calendar_ics_line('UID:' || e.uid) || calendar_ics_line('DTSTAMP:' || calendar_ics_time(e.updated_at)) || calendar_ics_line('SEQUENCE:' || e.sequence)) h(head)
	where e.org_id = (select fl_org()) and e.id = p_id
$$;

-- --- out: REQUEST and CANCEL ---

-- When an event is, in words, in its own zone.
create function calendar_when(e calendar_events) returns text language sql stable as $$
	select case when e.all_day then e.starts_local::date::text else booking_when(e.starts_local at time zone e.zone, e.ends_local at time zone e.zone, e.zone) end
		|| case when e.rule is not null then ' (' || e.rule || ')' else '' end
$$;

create function calendar_tell(e calendar_events, p_email text, p_method text) returns void language plpgsql as $$
begin
	perform mail_queue(p_email, '', null, case p_method when 'CANCEL' then 'event-off' else 'event' end, jsonb_build_object('subject', e.title,
		'body', calendar_when(e) || case when e.place <> '' then E'\n' || e.place else '' end || case when e.note <> '' then E'\n\n' || e.note else '' end,
		'author', coalesce((select m.name from memberships m where m.org_id = e.org_id and m.user_id = e.owner_id), ''), 'ics', calendar_ics_series(e.id, p_method)), null, null, null, false);
end
$$;

-- Tells the guests of an event what they do not know yet: all that changed in one transaction is one mail. Events of bookings are told by the booking, those
-- of others by their organizer, past ones by nobody.
create function calendar_invite() returns trigger language plpgsql as $$
declare
	e calendar_events;
	v jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
	g record;
begin
	select * into e from calendar_events x where x.org_id = (v ->> 'org_id')::uuid and x.id = (v ->> tg_argv[0])::uuid;
	if e.id is null or e.organizer is not null or fl_org() is distinct from e.org_id or exists (select from bookings b where b.org_id = e.org_id and b.event_id = e.id)
			or not exists (select from calendar_occurrences o where o.org_id = e.org_id and o.event_id = e.id and o.ends_at > now()) and e.status <> 'CANCELLED' then
		return null;
	end if;
	for g in select t.email from calendar_told t where t.org_id = e.org_id and t.event_id = e.id
			and (e.status = 'CANCELLED' or not exists (select from calendar_guests x where x.org_id = e.org_id and x.event_id = e.id and x.email = t.email)) loop
		delete from calendar_told t where t.org_id = e.org_id and t.event_id = e.id and t.email = g.email;
		perform calendar_tell(e, g.email, 'CANCEL');
	end loop;
	if e.status <> 'CANCELLED' then
		for g in select x.email, t.starts_local from calendar_guests x left join calendar_told t on t.org_id = x.org_id and t.event_id = x.event_id and t.email = x.email
				where x.org_id = e.org_id and x.event_id = e.id and (t.email is null or t.sequence < e.sequence) loop
			insert into calendar_told values (e.org_id, e.id, g.email, e.sequence, e.starts_local)
				on conflict (org_id, event_id, email) do update set sequence = excluded.sequence, starts_local = excluded.starts_local;
			-- another time is another question (RFC 5546, 3.2.2)
			update calendar_guests x set answer = 'NEEDS-ACTION' where x.org_id = e.org_id and x.event_id = e.id and x.email = g.email
				and g.starts_local is distinct from e.starts_local and g.starts_local is not null;
			perform calendar_tell(e, g.email, 'REQUEST');
		end loop;
	end if;
	return null;
end
$$;
create constraint trigger invite after insert or update on calendar_events deferrable initially deferred for each row execute function calendar_invite('id');
create constraint trigger invite after insert or delete on calendar_guests deferrable initially deferred for each row execute function calendar_invite('event_id');

-- --- in ---

-- REPLY: the answer of a guest. Answers what became of it: kept, stranger, old, unknown.
create function itip_reply(p_from text, v jsonb) returns text language plpgsql as $$
declare
	e calendar_events;
	v_answer text := (select upper(x ->> 'answer') from jsonb_array_elements(v -> 'people') x where x ->> 'email' = p_from limit 1);
begin
	select * into e from calendar_events x where x.org_id = fl_org() and x.uid = v ->> 'uid' and x.organizer is null for update;
	if e.id is null then
		return 'unknown';
	elsif v_answer is null or v_answer not in ('ACCEPTED', 'DECLINED', 'TENTATIVE')
			or not exists (select from calendar_guests g where g.org_id = e.org_id and g.event_id = e.id and g.email = p_from) then
		perform fl_audit('itip.refused', 'event', e.id, jsonb_build_object('method', 'REPLY', 'from', p_from, 'why', 'stranger'));
		return 'stranger';
	elsif (v ->> 'sequence')::int < coalesce((select t.sequence from calendar_told t where t.org_id = e.org_id and t.event_id = e.id and t.email = p_from), e.sequence) then
		perform fl_audit('itip.refused', 'event', e.id, jsonb_build_object('method', 'REPLY', 'from', p_from, 'why', 'old', 'sequence', v -> 'sequence'));
		return 'old';
	end if;
	update calendar_guests g set answer = v_answer where g.org_id = e.org_id and g.event_id = e.id and g.email = p_from;
	perform fl_audit('itip.reply', 'event', e.id, jsonb_build_object('from', p_from, 'answer', v_answer));
	if e.owner_id is not null then
		perform fl_notify(e.owner_id, 'event_answer', 'event', e.id, jsonb_build_object('subject', e.title, 'text', p_from || ': ' || lower(v_answer)));
	end if;
	return 'kept';
end
$$;

-- REQUEST of somebody else: a tentative event for those of us who are asked, or its change. A series keeps its rule; its dates are made by the sweep of series.
create function itip_request(p_from text, v jsonb, p_intake uuid) returns text language plpgsql as $$
declare
	e calendar_events;
	v_org uuid := fl_org();
	v_zone text := coalesce(calendar_zone_of(nullif(v #>> '{start,zone}', 'UTC')), (select o.zone from organizations o where o.id = v_org));
	v_start timestamptz := calendar_ical_at(v -> 'start', v_zone);
	v_end timestamptz := coalesce(calendar_ical_at(v -> 'end', v_zone), v_start + make_interval(secs => coalesce((v ->> 'duration_s')::float8, case when (v ->> 'all_day')::boolean then 86400 else 3600 end)));
	v_id uuid;
begin
	if v ->> 'organizer' is distinct from p_from then
		return 'stranger';
	elsif coalesce(v ->> 'uid', '') = '' or length(v ->> 'uid') > 255 or v_start is null or v_end <= v_start or v_end - v_start > interval '90 days' or v ? 'recurrence' then
		return 'unclear';
	end if;
	select * into e from calendar_events x where x.org_id = v_org and x.uid = v ->> 'uid' for update;
	if e.id is not null and e.organizer is distinct from p_from then
		perform fl_audit('itip.refused', 'event', e.id, jsonb_build_object('method', 'REQUEST', 'from', p_from, 'why', 'stranger'));
		return 'stranger';
	elsif e.id is not null and (v ->> 'sequence')::int < e.sequence then
		perform fl_audit('itip.refused', 'event', e.id, jsonb_build_object('method', 'REQUEST', 'from', p_from, 'why', 'old', 'sequence', v -> 'sequence'));
		return 'old';
	end if;
	v_id := coalesce(e.id, fl_uuid());
	insert into calendar_events as x (org_id, id, uid, sequence, title, note, place, zone, starts_local, ends_local, all_day, busy, rule, left_out, status, organizer, intake_id)
		values (v_org, v_id, v ->> 'uid', (v ->> 'sequence')::int, left(coalesce(nullif(v ->> 'summary', ''), p_from), 300), left(coalesce(v ->> 'description', ''), 5000),
			left(coalesce(v ->> 'location', ''), 300), v_zone, v_start at time zone v_zone, v_end at time zone v_zone, (v ->> 'all_day')::boolean, false, left(nullif(v ->> 'rule', ''), 300),
			array(select calendar_ical_at(t, v_zone) at time zone v_zone from jsonb_array_elements(v -> 'except') t where calendar_ical_at(t, v_zone) is not null), 'TENTATIVE', p_from, p_intake)
		on conflict on constraint calendar_events_pkey do update set sequence = excluded.sequence, title = excluded.title, note = excluded.note, place = excluded.place,
			zone = excluded.zone, starts_local = excluded.starts_local, ends_local = excluded.ends_local, all_day = excluded.all_day, rule = excluded.rule, left_out = excluded.left_out,
			rule_dates = '{}', busy = case when x.starts_local = excluded.starts_local then x.busy else false end, version = x.version + 1, updated_at = now(),
			status = case when x.status = 'CONFIRMED' and x.starts_local = excluded.starts_local then 'CONFIRMED' else 'TENTATIVE' end;
	insert into calendar_parties (org_id, event_id, party_id, kind) select v_org, v_id, m.user_id, 'person' from memberships m where m.org_id = v_org
		and exists (select from jsonb_array_elements(v -> 'people') x where x ->> 'email' = m.email) on conflict do nothing;
	perform calendar_occur(v_id);
	perform fl_audit('itip.request', 'event', v_id, jsonb_build_object('from', p_from));
	perform fl_emit('calendar.changed', jsonb_build_object('event_id', v_id, 'change', case when e.id is null then 'added' else 'changed' end));
	perform fl_notify(p.party_id, 'event_invited', 'event', v_id, jsonb_build_object('subject', v ->> 'summary')) from calendar_parties p where p.org_id = v_org and p.event_id = v_id;
	return 'kept';
end
$$;

create function itip_cancel(p_from text, v jsonb) returns text language plpgsql as $$
declare
	e calendar_events;
begin
	select * into e from calendar_events x where x.org_id = fl_org() and x.uid = v ->> 'uid' for update;
	if e.id is null then
		return 'unknown';
	elsif e.organizer is distinct from p_from or (v ->> 'sequence')::int < e.sequence then
		perform fl_audit('itip.refused', 'event', e.id, jsonb_build_object('method', 'CANCEL', 'from', p_from, 'why', case when e.organizer = p_from then 'old' else 'stranger' end));
		return case when e.organizer = p_from then 'old' else 'stranger' end;
	end if;
	update calendar_events x set status = 'CANCELLED', sequence = (v ->> 'sequence')::int, version = x.version + 1, updated_at = now() where x.org_id = e.org_id and x.id = e.id;
	perform calendar_occur(e.id);
	perform fl_audit('itip.cancel', 'event', e.id, jsonb_build_object('from', p_from));
	perform fl_emit('calendar.changed', jsonb_build_object('event_id', e.id, 'change', 'cancelled'));
	return 'kept';
end
$$;

-- What a mail with a calendar in it does; null when it is none for us. Of several events only the first counts (a series with changed dates).
create function itip_take(p_from text, p_cal jsonb, p_intake uuid) returns text language plpgsql as $$
declare
	v jsonb := p_cal #> '{events,0}';
begin
	return case when v is null or p_from is null then null
		when p_cal ->> 'method' = 'REPLY' then itip_reply(p_from, v)
		when p_cal ->> 'method' = 'REQUEST' then itip_request(p_from, v, p_intake)
		when p_cal ->> 'method' = 'CANCEL' then itip_cancel(p_from, v) end;
end
$$;

insert into notification_kinds values ('event_answer', 100), ('event_invited', 101);

-- We answer an invitation: the event is ours to attend or not, and its organizer is told.
create function itip_answer(p_id uuid, p_answer text) returns table (id uuid) language plpgsql as $$
declare
	e calendar_events;
	v_me text := (select m.email from memberships m where m.org_id = fl_org() and m.user_id = fl_user());
	v_ics text;
begin
	select * into e from calendar_events x where x.org_id = fl_org() and x.id = p_id and x.organizer is not null for update;
	if e.id is null then
		return;
	elsif e.status = 'CANCELLED' then
		perform fl_fail('FL409', 'wrong.calendar_over', 'answer');
	end if;
	update calendar_events x set status = case p_answer when 'ACCEPTED' then 'CONFIRMED' else 'TENTATIVE' end, busy = p_answer = 'ACCEPTED', version = x.version + 1, updated_at = now()
		where x.org_id = e.org_id and x.id = p_id;
	if p_answer = 'DECLINED' then
		delete from calendar_parties p where p.org_id = e.org_id and p.event_id = p_id and p.party_id = fl_user();
	else
		insert into calendar_parties (org_id, event_id, party_id, kind) values (e.org_id, p_id, fl_user(), 'person') on conflict do nothing;
	end if;
	perform calendar_occur(p_id);
	v_ics := E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Fairlead//Fairlead 0.1//EN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n' || calendar_ics_line('UID:' || calendar_ics_text(e.uid))
		|| calendar_ics_line('DTSTAMP:' || calendar_ics_time(now())) || calendar_ics_line('SEQUENCE:' || e.sequence) || calendar_ics_line('DTSTART:' || calendar_ics_time(e.starts_local at time zone e.zone))
		|| calendar_ics_line('ORGANIZER:mailto:' || e.organizer) || calendar_ics_line('ATTENDEE;PARTSTAT=' || p_answer || ':mailto:' || v_me) || E'END:VEVENT\r\nEND:VCALENDAR\r\n';
	perform mail_queue(e.organizer, '', null, 'event-reply', jsonb_build_object('subject', e.title, 'body', calendar_when(e), 'author', p_answer, 'ics', v_ics), null, null, null, false);
	perform fl_audit('itip.answer', 'event', p_id, jsonb_build_object('answer', p_answer));
	return query select p_id;
end
$$;

-- A mail that was read finds its place, once: a word in a conversation, a new request, or put aside with its reason. p_forced: a person said it
-- is a request. p_own: the address our mail is sent from, p_from: the sender, null when it has no usable address.
create or replace function mail_take(p_id uuid, p_mail jsonb, p_from text, p_own text, p_number bigint, p_forced boolean) returns void language plpgsql as $$
declare
	w mail_raw;
	r record;
	v_intake uuid;
	v_name text := left(p_mail #>> '{from,name}', 200);
	v_subject text := btrim(p_mail ->> 'subject');
	v_text text := left(btrim(p_mail ->> 'text', E' \r\n\t'), 100000);
	v_message text := coalesce(p_mail ->> 'message_id', '');
	v_reason text;
	v_itip text;
begin
	select * into w from mail_raw where org_id = fl_org() and id = p_id and state = 'new' for update;
	if w.id is null then
		return;
	end if;
	v_reason := case when p_from = lower(p_own) then 'own' else mail_machine(p_mail, p_from) end;
	v_intake := mail_thread(p_number, array(select jsonb_array_elements_text(p_mail -> 'references') union select p_mail ->> 'in_reply_to'), v_subject, p_from);
	if v_reason is null and v_subject = '' and v_text = '' then
		v_reason := 'empty';
	end if;
	-- Answers and cancellations come from programs as well as from people; nobody has to answer them.
	if p_mail #>> '{calendar,method}' in ('REPLY', 'CANCEL') and v_reason is distinct from 'own' and not p_forced then
		v_itip := itip_take(p_from, p_mail -> 'calendar', null);
		if v_itip is not null then
			update mail_raw set state = case when v_itip = 'kept' then 'done' else 'ignored' end, reason = 'itip_' || v_itip, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
			return;
		end if;
	end if;
	if v_reason is not null and not p_forced then
		-- What a machine says about a conversation is kept there as a note: it answers nothing and opens nothing again.
		if v_intake is not null and v_reason <> 'own' and v_text <> '' then
			insert into intake_messages (org_id, intake_id, direction, author_name, body, message_id)
				values (fl_org(), v_intake, 'note', coalesce(nullif(v_name, ''), p_from, ''), v_text, nullif(v_message, ''));
			perform fl_emit('intake.updated', jsonb_build_object('intake_id', v_intake, 'change', 'message'));
		end if;
		update mail_raw set state = 'ignored', reason = v_reason, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
		return;
	end if;
	if v_intake is not null then
		perform intake_message_in(v_intake, coalesce(nullif(v_name, ''), p_from), coalesce(nullif(v_text, ''), v_subject), nullif(v_message, ''));
	else
		select * into r from intake_create('email', coalesce(nullif(left(v_subject, 300), ''), nullif(left(split_part(v_text, E'\n', 1), 120), ''), 'E-mail'), v_text,
			v_name, p_from, null, '{}', null, null, null, nullif(v_message, ''), case when mail_flood(p_from) then 'flood' end, null);
		v_intake := r.id;
		if v_reason is null and p_from is not null and r.status = 'NEW' then
			perform mail_acknowledge(v_intake, r.number, p_from, v_name, nullif(v_message, ''), r.status_key);
		end if;
	end if;
	if p_mail #>> '{calendar,method}' = 'REQUEST' and v_reason is null then
		perform itip_take(p_from, p_mail -> 'calendar', v_intake);
	end if;
	update mail_raw set state = 'done', reason = null, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;

-- The events given as VEVENTs, one for each occurrence, in UTC, so that no reader needs our zones. p_private: without titles of others.
create or replace function calendar_ics_events(p_ids uuid[], p_from timestamptz, p_method text) returns text language sql stable as $$
	select coalesce(string_agg(E'BEGIN:VEVENT\r\n' || calendar_ics_line('UID:' || case when e.rule is null and cardinality(e.added) = 0 then e.uid else to_char(o.original_local, 'YYYYMMDD"T"HH24MI-') || e.uid end)
		|| calendar_ics_line('DTSTAMP:' || calendar_ics_time(e.updated_at)) || calendar_ics_line('SEQUENCE:' || e.sequence)
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
