-- Scheduling by message over several turns (ORC-19, SCH-01 to SCH-06): a request that wants a meeting is a talk, each message of it a turn with one
-- answer. The booking pages of the organisation say whose time may be given away; without one a person books as before.

alter table booking_pages add column by_message boolean not null default true; -- messages that ask for a meeting may book it

create table schedule_talks (
	org_id uuid not null,
	intake_id uuid not null,
	page_id uuid not null,
	state text not null default 'PENDING' check (state in ('PENDING', 'AWAITING_INPUT', 'SCHEDULED', 'CANCELLED', 'NEEDS_REVIEW')),
	task_type text not null default 'SCHEDULE_MEETING' check (task_type in ('SCHEDULE_MEETING', 'MOVE_MEETING', 'CANCEL_MEETING')),
	language text not null default 'en' check (language in ('en', 'es')),
	minutes int check (minutes between 5 and 480), -- null: as the page says
	turns int not null default 0,
	asks int not null default 0, -- answers in a row that only asked
	asked text, -- what the last answer asked
	offered timestamptz[] not null default '{}', -- in its order
	wish_day date, -- the day spoken of, in the page's zone
	booking_id uuid,
	trusted boolean not null default false, -- the booking was made here, or who answers has our mail about it
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, intake_id),
	foreign key (org_id, intake_id) references intake_requests (org_id, id),
	foreign key (org_id, page_id) references booking_pages (org_id, id),
	foreign key (org_id, booking_id) references bookings (org_id, id)
);
select fl_tenant_table('schedule_talks');

create table schedule_turns (
	org_id uuid not null,
	intake_id uuid not null,
	n int not null,
	message_id uuid, -- of intake_messages; null: the request itself
	understood jsonb not null,
	act text not null check (act in ('book', 'move', 'cancel', 'offer', 'ask', 'say', 'quiet', 'person', 'undo')),
	say text, -- message schedule.say.SAY
	slot timestamptz,
	minutes int,
	offers timestamptz[] not null default '{}',
	confidence double precision,
	decision_id uuid,
	answered_at timestamptz,
	created_at timestamptz not null default now(),
	primary key (org_id, intake_id, n),
	foreign key (org_id, intake_id) references schedule_talks (org_id, intake_id)
);
-- One turn a message, whoever reads it twice.
create unique index schedule_turns_message on schedule_turns (org_id, intake_id, message_id) nulls not distinct where act <> 'undo';
create index schedule_turns_decision on schedule_turns (org_id, decision_id) where decision_id is not null;
select fl_tenant_table('schedule_turns');

-- Read what the requester writes next, and what he wrote meanwhile.
create function schedule_read_next(p_intake uuid, p_message uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', p_intake, 'message_id', p_message), 5, null, p_message::text);
end
$$;
create function schedule_heard() returns trigger language plpgsql as $$
begin
	if new.direction = 'in' and exists (select from schedule_talks t where t.org_id = new.org_id and t.intake_id = new.intake_id and t.state <> 'NEEDS_REVIEW') then
		perform schedule_read_next(new.intake_id, new.id);
	elsif new.direction = 'out' and new.author_id is not null then
		-- a person answers: he goes on with it
		update schedule_talks t set state = 'NEEDS_REVIEW', updated_at = now() where t.org_id = new.org_id and t.intake_id = new.intake_id and t.state = 'AWAITING_INPUT';
	end if;
	return null;
end
$$;
create trigger schedule_heard after insert on intake_messages for each row execute function schedule_heard();

-- The page a text asks for: the one whose name or people it names by the most words, else the oldest.
create function schedule_page(p_text text) returns uuid language sql stable as $$
	select p.id from booking_pages p, lateral (select count(*) as n from (select distinct lower(x) from regexp_split_to_table(p.name || ' ' || coalesce((select string_agg(m.name, ' ')
			from booking_hosts h join memberships m on m.org_id = h.org_id and m.user_id = h.party_id where h.org_id = p.org_id and h.page_id = p.id), ''), '[^[:alnum:]]+') x
			where length(x) > 2) w(word) where lower(p_text) ~ ('\m' || w.word || '\M')) k
	where p.org_id = (select fl_org()) and p.active and p.by_message order by k.n desc, p.created_at, p.id limit 1
$$;

-- --- free times of any length ---

drop function booking_slots(uuid, date, date, uuid);
-- The free times of a page between two days of its zone: when, which people have it, which resource. p_booking: its own time counts as free. p_minutes: how
-- long, null for the page's own length.
create function booking_slots(p_page uuid, p_from date, p_to date, p_booking uuid default null, p_minutes int default null)
	returns table (starts_at timestamptz, ends_at timestamptz, host_ids uuid[], resource_ids uuid[]) language sql stable rows 200 as $$
	with p as materialized (select b.*, make_interval(mins => coalesce(p_minutes, b.minutes)) as length, greatest(p_from, (now() at time zone b.zone)::date) as a,
				least(p_to, (now() at time zone b.zone)::date + b.ahead_days) as z
			from booking_pages b where b.org_id = (select fl_org()) and b.id = p_page and b.active),
		span as (select tstzrange((p.a - 1)::timestamp at time zone p.zone, (p.z + 2)::timestamp at time zone p.zone) as during from p where p.z >= p.a),
		host as materialized (select h.party_id, availability_work(h.party_id, p.a, p.z, p.zone) as work,
				availability_busy(h.party_id, span.during, make_interval(mins => p.buffer_minutes), p_booking) as busy
			from p, span, booking_hosts h where h.org_id = p.org_id and h.page_id = p.id and h.kind = 'person'),
		thing as materialized (select h.party_id, availability_busy(h.party_id, span.during, interval '0', p_booking) as busy
			from p, span, booking_hosts h where h.org_id = p.org_id and h.page_id = p.id and h.kind = 'resource'),
		free as materialized (select host.party_id, host.work - host.busy as hours from host),
		start as (select distinct g.at from host, p, unnest(host.work) w,
			lateral generate_series(lower(w), upper(w) - p.length, make_interval(mins => p.step_minutes)) g(at)
			where g.at >= now() + make_interval(mins => p.notice_minutes)),
		taken as (select (b.starts_at at time zone p.zone)::date as day, count(*) as n from p join bookings b on b.org_id = p.org_id and b.page_id = p.id
			where b.starts_at > now() - interval '1 day' and (b.state = 'CONFIRMED' or b.state = 'HELD' and b.hold_until > now()) and b.id is distinct from p_booking group by 1),
		slot as (select s.at, s.at + p.length as until, p.mode,
				array(select f.party_id from free f where f.hours @> tstzrange(s.at, s.at + p.length) order by f.party_id) as hosts,
				array(select t.party_id from thing t where not t.busy && tstzrange(s.at, s.at + p.length) order by t.party_id) as things
			from start s, p where p.most_a_day is null
				or coalesce((select k.n from taken k where k.day = (s.at at time zone p.zone)::date), 0) < p.most_a_day)
	select at, until, hosts, things from slot
	where cardinality(hosts) >= case mode when 'all_of' then (select count(*) from host) else 1 end and cardinality(hosts) > 0
		and (cardinality(things) > 0 or not exists (select from thing)) order by at
$$;

-- How long a booking is, in minutes.
create function booking_minutes(b bookings) returns int language sql immutable as $$
	select (extract(epoch from b.ends_at - b.starts_at) / 60)::int
$$;

-- Claims a time for a booking: the first host that still has it, of those with the fewest bookings when they take turns. FL409 when nobody has.
create or replace function booking_claim(p_booking uuid, p_at timestamptz, p_hold timestamptz) returns void language plpgsql as $$
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
	select * into s from booking_slots(p.id, (p_at at time zone p.zone)::date, (p_at at time zone p.zone)::date, p_booking, booking_minutes(b)) x where x.starts_at = p_at;
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

-- The free times of up to five days from a day on, in the visitor's zone. The page behind the key, or of the booking behind it.
create or replace function booking_offer(p_day date, p_zone text) returns table (day date, starts_at timestamptz, clock text, zone text, nth bigint) language plpgsql stable rows 100 as $$
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
		from booking_slots(p.id, v_from, v_from + 60, b.id, case when b.id is not null then booking_minutes(b) end) s) x(day, at, clock, zone, nth) where x.nth <= 5 order by x.at;
end
$$;

-- Tells the visitor by mail, with the calendar attached. Without a key who acts tells him himself.
create or replace function booking_tell(p_booking bookings, p_template text, p_key text, p_ics text) returns void language plpgsql as $$
begin
	if p_key is null then
		return;
	end if;
	perform mail_queue(p_booking.email, p_booking.name, p_booking.locale, p_template,
		jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = fl_org() and p.id = p_booking.page_id),
			'body', booking_when(p_booking.starts_at, p_booking.ends_at, p_booking.zone), 'visit_key', p_key, 'ics', p_ics), null, null, null, true);
end
$$;

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
	perform fl_notify(b.host_ids[1], 'booking', 'event', v_event, jsonb_build_object('title', p.name));
	perform booking_tell(b, 'visit', p_key, calendar_ics(array[v_event], '-infinity', 'REQUEST'));
	return query select b.id;
end
$$;

-- Mail on its way out: one row, one job. The Message-ID is made here, so that a second attempt is the same mail. Automatic mail goes to one address
-- at most 5 times a day (100 to members, 20 with what is said about a meeting, whose turns are bounded), never to an address of ours; null: not sent. Without SMTP_HOST the job leaves it held.
create or replace function mail_queue(p_to_email text, p_to_name text, p_locale text, p_template text, p_data jsonb, p_intake uuid, p_in_reply_to text, p_references text,
		p_automatic boolean) returns uuid language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_to text := lower(p_to_email);
	v_id uuid := public.fl_uuid();
	v_most int;
begin
	if p_automatic then
		if exists (select from public.mailboxes b where b.org_id = v_org and b.address = v_to) then
			return null;
		end if;
		v_most := case when exists (select from public.memberships m where m.org_id = v_org and m.email = v_to) then 100 when p_template in ('meeting', 'meeting-off') then 20 else 5 end;
		perform pg_advisory_xact_lock(hashtext('mail_queue'), hashtext(v_org::text || v_to));
		if (select count(*) from (select from public.email_messages e where e.org_id = v_org and e.to_email = v_to and e.automatic
				and e.created_at > now() - interval '1 day' limit v_most) x) >= v_most then
			return null;
		end if;
	end if;
	insert into public.email_messages (org_id, id, to_email, to_name, locale, template, data, intake_id, number, message_id, in_reply_to, reference_ids,
			automatic)
		select v_org, v_id, v_to, left(regexp_replace(coalesce(p_to_name, ''), '[[:cntrl:]]+', ' ', 'g'), 200), coalesce(p_locale, o.default_language), p_template,
			coalesce(p_data, '{}'), p_intake, (select r.number from public.intake_requests r where r.org_id = v_org and r.id = p_intake), '<' || v_id || '@' || coalesce(split_part(b.address, '@', 2), o.slug || '.invalid') || '>', p_in_reply_to, p_references,
			p_automatic
		from public.organizations o left join lateral (select m.address from public.mailboxes m where m.org_id = o.id and m.active order by m.created_at limit 1) b
			on true where o.id = v_org;
	perform public.fl_enqueue('email', 'email.send', jsonb_build_object('email_id', v_id));
	return v_id;
end
$$;
