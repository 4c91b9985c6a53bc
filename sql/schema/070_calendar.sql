-- Calendars (SCH-07, 09, 11, 14; promise 23): events, their occurrences, and who or what they take. Nobody is taken twice: an exclusion constraint says so.

create extension if not exists btree_gist;

select fl_grant('calendar.read', 'owner admin operator pm member viewer agent');
select fl_grant('calendar.manage', 'owner admin operator pm member agent');
select fl_grant('calendar.feed', 'link');

create table resources (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 120),
	kind text not null default 'room' check (kind in ('room', 'equipment', 'other')),
	active boolean not null default true,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, name)
);
select fl_tenant_table('resources');

create table calendar_events (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	owner_id uuid,
	uid text not null, -- RFC 5545, 3.8.4.7
	sequence int not null default 0,
	title text not null check (length(title) between 1 and 300),
	note text not null default '',
	place text not null default '',
	zone text not null,
	starts_local timestamp not null,
	ends_local timestamp not null check (ends_local > starts_local),
	all_day boolean not null default false,
	busy boolean not null default true,
	rule text, -- RRULE value, null: once
	rule_dates timestamp[] not null default '{}', -- what the rule gives up to the horizon, in local time
	added timestamp[] not null default '{}', -- RDATE
	left_out timestamp[] not null default '{}', -- EXDATE
	status text not null default 'CONFIRMED' check (status in ('TENTATIVE', 'CONFIRMED', 'CANCELLED')),
	intake_id uuid,
	task_id uuid,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, uid)
);
select fl_tenant_table('calendar_events');

-- One occurrence that is not as its series says (RECURRENCE-ID).
create table calendar_changes (
	org_id uuid not null,
	event_id uuid not null,
	original_local timestamp not null,
	starts_local timestamp not null,
	ends_local timestamp not null check (ends_local > starts_local),
	primary key (org_id, event_id, original_local),
	foreign key (org_id, event_id) references calendar_events (org_id, id)
);
select fl_tenant_table('calendar_changes');

create table calendar_occurrences (
	org_id uuid not null,
	event_id uuid not null,
	original_local timestamp not null,
	starts_at timestamptz not null,
	ends_at timestamptz not null,
	primary key (org_id, event_id, original_local),
	foreign key (org_id, event_id) references calendar_events (org_id, id)
);
create index calendar_occurrences_at on calendar_occurrences (org_id, starts_at);
select fl_tenant_table('calendar_occurrences');

create table calendar_parties (
	org_id uuid not null,
	event_id uuid not null,
	party_id uuid not null, -- a person of the organisation or a resource
	kind text not null check (kind in ('person', 'resource')),
	primary key (org_id, event_id, party_id),
	foreign key (org_id, event_id) references calendar_events (org_id, id)
);
create index calendar_parties_party on calendar_parties (org_id, party_id);
select fl_tenant_table('calendar_parties');

create table calendar_guests (
	org_id uuid not null,
	event_id uuid not null,
	email text not null check (email = lower(email)),
	name text not null default '',
	answer text not null default 'NEEDS-ACTION' check (answer in ('NEEDS-ACTION', 'ACCEPTED', 'DECLINED', 'TENTATIVE')),
	primary key (org_id, event_id, email),
	foreign key (org_id, event_id) references calendar_events (org_id, id)
);
select fl_tenant_table('calendar_guests');

-- The time an event or a held booking takes of a person or resource.
create table calendar_claims (
	org_id uuid not null references organizations,
	party_id uuid not null,
	during tstzrange not null check (not isempty(during)),
	event_id uuid,
	booking_id uuid,
	hold_until timestamptz,
	check ((event_id is null) <> (booking_id is null)),
	exclude using gist (org_id with =, party_id with =, during with &&)
);
create index calendar_claims_event on calendar_claims (org_id, event_id) where event_id is not null;
create index calendar_claims_booking on calendar_claims (org_id, booking_id) where booking_id is not null;
select fl_tenant_table('calendar_claims');

-- The key of a person's feed: only its hash opens the door, the key is shown once.
create table calendar_feeds (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	token_hash bytea not null,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, user_id)
);
select fl_tenant_table('calendar_feeds');

-- The reader's zone.
create function calendar_zone() returns text language plpgsql stable as $$
begin
	return coalesce((select u.zone from public.users u where u.id = public.fl_user()), (select o.zone from public.organizations o where o.id = public.fl_org()), 'UTC');
end
$$;
select fl_definer_function('calendar_zone()');

create function calendar_is_zone(p_zone text) returns boolean language sql stable as $$
	select exists (select from pg_timezone_names where name = p_zone)
$$;

-- "UTC", "UTC+1", "UTC-3:30": what a zone is off at an instant.
create function calendar_offset(p_at timestamptz, p_zone text) returns text language sql stable as $$
	select 'UTC' || case when m = 0 then '' else case when m < 0 then '-' else '+' end || abs(m) / 60 || case when abs(m) % 60 <> 0 then ':' || lpad((abs(m) % 60)::text, 2, '0') else '' end end
	from (select (extract(epoch from (p_at at time zone p_zone) - (p_at at time zone 'UTC')) / 60)::int) x(m)
$$;

-- "10:30" as minutes of the day, null for what is no time.
create function calendar_clock(p_text text) returns interval language sql immutable as $$
	select case when p_text ~ '^([01]?[0-9]|2[0-3]):[0-5][0-9]$' then p_text::time - '00:00'::time when p_text = '24:00' then interval '1 day' end
$$;

-- Makes the occurrences of an event and what they claim anew. FL409 when somebody is taken already.
create function calendar_occur(p_id uuid) returns void language plpgsql as $$
declare
	e calendar_events;
begin
	select * into e from calendar_events where org_id = fl_org() and id = p_id;
	delete from calendar_claims where org_id = e.org_id and event_id = p_id;
	delete from calendar_occurrences where org_id = e.org_id and event_id = p_id;
	if e.status = 'CANCELLED' then
		return;
	end if;
	insert into calendar_occurrences (org_id, event_id, original_local, starts_at, ends_at)
		select e.org_id, p_id, d.at, coalesce(c.starts_local, d.at) at time zone e.zone,
			case when c.event_id is not null then c.ends_local at time zone e.zone
				when e.all_day then (d.at + (e.ends_local - e.starts_local)) at time zone e.zone
				else (d.at at time zone e.zone) + greatest((e.ends_local at time zone e.zone) - (e.starts_local at time zone e.zone), interval '1 minute') end
		from (select unnest(array[e.starts_local] || e.rule_dates || e.added) union select original_local from calendar_changes x where x.org_id = e.org_id and x.event_id = p_id) d(at)
			left join calendar_changes c on c.org_id = e.org_id and c.event_id = p_id and c.original_local = d.at
		where d.at <> all (e.left_out);
	if e.busy then
		insert into calendar_claims (org_id, party_id, during, event_id)
			select o.org_id, p.party_id, tstzrange(o.starts_at, o.ends_at), p_id from calendar_occurrences o
				join calendar_parties p on p.org_id = o.org_id and p.event_id = o.event_id where o.org_id = e.org_id and o.event_id = p_id;
	end if;
exception when exclusion_violation then
	-- A hold that nobody used in its time stands in nobody's way.
	if exists (select from calendar_claims where org_id = fl_org() and hold_until < now()) then
		delete from calendar_claims where org_id = fl_org() and hold_until < now();
		perform calendar_occur(p_id);
	else
		perform fl_fail('FL409', 'wrong.calendar_taken', 'people');
	end if;
end
$$;

-- Makes an event (p_id null) or changes one. p_dates: what the rule gives, in local time. p_people and p_resources: ids; p_guests: addresses, one a line.
create function calendar_save(p_id uuid, p_version bigint, p_title text, p_note text, p_place text, p_zone text, p_day date, p_from text, p_last date, p_until text,
		p_all_day boolean, p_rule text, p_dates jsonb, p_people jsonb, p_resources jsonb, p_guests text, p_busy boolean) returns table (id uuid) language plpgsql as $$
declare
	e calendar_events;
	v_org uuid := fl_org();
	v_zone text := coalesce(p_zone, calendar_zone());
	v_start timestamp := p_day + case when p_all_day then interval '0' else calendar_clock(coalesce(p_from, '')) end;
	v_end timestamp := coalesce(p_last, p_day) + case when p_all_day then interval '1 day' else calendar_clock(coalesce(p_until, '')) end;
	v_id uuid := coalesce(p_id, fl_uuid());
begin
	if p_id is not null then
		select * into e from calendar_events x where x.org_id = v_org and x.id = p_id for update;
		if e.id is null then
			return;
		elsif p_version is not null and e.version <> p_version then
			perform fl_fail('FL409', 'wrong.stale', 'version');
		end if;
	end if;
	if not calendar_is_zone(v_zone) then
		perform fl_fail('FL422', 'wrong.zone', 'zone');
	elsif v_start is null then
		perform fl_fail('FL422', 'wrong.clock', 'from');
	elsif v_end is null then
		perform fl_fail('FL422', 'wrong.clock', 'until');
	elsif v_end <= v_start then
		perform fl_fail('FL422', 'wrong.ends_first', case when p_all_day then 'last_day' else 'until' end);
	elsif v_end - v_start > interval '90 days' then
		perform fl_fail('FL422', 'wrong.too_far', 'last_day');
	end if;
	insert into calendar_events as x (org_id, id, owner_id, uid, title, note, place, zone, starts_local, ends_local, all_day, busy, rule, rule_dates)
		values (v_org, v_id, fl_user(), v_id || '@fairlead', p_title, coalesce(p_note, ''), coalesce(p_place, ''), v_zone, v_start, v_end, coalesce(p_all_day, false),
			coalesce(p_busy, true), p_rule, array(select d::timestamp from jsonb_array_elements_text(coalesce(p_dates, '[]')) d))
		on conflict on constraint calendar_events_pkey do update set title = excluded.title, note = excluded.note, place = excluded.place, zone = excluded.zone,
			starts_local = excluded.starts_local, ends_local = excluded.ends_local, all_day = excluded.all_day, busy = excluded.busy, rule = excluded.rule,
			rule_dates = excluded.rule_dates, sequence = x.sequence + 1, version = x.version + 1, updated_at = now();
	perform calendar_parties_set(v_id, p_people, p_resources, p_guests);
	perform calendar_occur(v_id);
	perform fl_audit(case when p_id is null then 'calendar.add' else 'calendar.change' end, 'event', v_id, jsonb_build_object('title', p_title));
	perform fl_emit('calendar.changed', jsonb_build_object('event_id', v_id, 'change', case when p_id is null then 'added' else 'changed' end));
	return query select v_id;
end
$$;

create function calendar_parties_set(p_id uuid, p_people jsonb, p_resources jsonb, p_guests text) returns void language plpgsql as $$
declare
	v_org uuid := fl_org();
	v_guest text;
begin
	delete from calendar_parties where org_id = v_org and event_id = p_id;
	insert into calendar_parties (org_id, event_id, party_id, kind)
		select v_org, p_id, m.user_id, 'person' from memberships m where m.org_id = v_org and coalesce(p_people, '[]') ? m.user_id::text
		union all select v_org, p_id, r.id, 'resource' from resources r where r.org_id = v_org and coalesce(p_resources, '[]') ? r.id::text;
	if (select count(*) from calendar_parties where org_id = v_org and event_id = p_id) < jsonb_array_length(coalesce(p_people, '[]')) + jsonb_array_length(coalesce(p_resources, '[]')) then
		perform fl_fail('FL422', 'wrong.choice', 'people');
	end if;
	for v_guest in select lower(btrim(g, E' \t\r<>')) from regexp_split_to_table(coalesce(p_guests, ''), E'[\n,;]') g where btrim(g) <> '' limit 100 loop
		if v_guest !~ '^[^@[:space:]<>]{1,64}@[^@[:space:]<>]+\.[^@[:space:]<>.]+$' then
			perform fl_fail('FL422', 'wrong.guests', 'guests');
		end if;
		insert into calendar_guests (org_id, event_id, email) values (v_org, p_id, v_guest) on conflict do nothing;
	end loop;
	delete from calendar_guests where org_id = v_org and event_id = p_id
		and email not in (select lower(btrim(g, E' \t\r<>')) from regexp_split_to_table(coalesce(p_guests, ''), E'[\n,;]') g);
end
$$;

-- Does one thing to an event: cancel it, leave out or add an occurrence, or move one.
create function calendar_do(p_id uuid, p_version bigint, p_what text, p_at text, p_day date, p_from text, p_until text) returns table (id uuid) language plpgsql as $$
declare
	e calendar_events;
	v_at timestamp;
	v_start timestamp := p_day + calendar_clock(coalesce(p_from, ''));
	v_end timestamp := p_day + calendar_clock(coalesce(p_until, ''));
begin
	select * into e from calendar_events x where x.org_id = fl_org() and x.id = p_id for update;
	if e.id is null then
		return;
	elsif p_version is not null and e.version <> p_version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	elsif e.status = 'CANCELLED' then
		perform fl_fail('FL409', 'wrong.calendar_over', 'version');
	end if;
	if p_what in ('leave_out', 'move') then
		select o.original_local into v_at from calendar_occurrences o where o.org_id = fl_org() and o.event_id = p_id and to_char(o.original_local, 'YYYY-MM-DD"T"HH24:MI') = p_at;
		if v_at is null then
			perform fl_fail('FL422', 'wrong.choice', 'at');
		end if;
	end if;
	if p_what in ('add', 'move') and (v_start is null or v_end is null or v_end <= v_start) then
		perform fl_fail('FL422', 'wrong.clock', 'from');
	end if;
	if p_what = 'move' or (p_what = 'add' and v_end - v_start <> e.ends_local - e.starts_local) then
		insert into calendar_changes (org_id, event_id, original_local, starts_local, ends_local) values (fl_org(), p_id, coalesce(v_at, v_start), v_start, v_end)
			on conflict (org_id, event_id, original_local) do update set starts_local = excluded.starts_local, ends_local = excluded.ends_local;
	end if;
	update calendar_events x set sequence = x.sequence + 1, version = x.version + 1, updated_at = now(),
			status = case when p_what = 'cancel' then 'CANCELLED' else x.status end,
			left_out = case when p_what = 'leave_out' then x.left_out || v_at else x.left_out end,
			added = case when p_what = 'add' then x.added || v_start else x.added end
		where x.org_id = fl_org() and x.id = p_id;
	perform calendar_occur(p_id);
	perform fl_audit('calendar.' || p_what, 'event', p_id, jsonb_build_object('at', p_at));
	perform fl_emit('calendar.changed', jsonb_build_object('event_id', p_id, 'change', case when p_what = 'cancel' then 'cancelled' else 'changed' end));
	return query select p_id;
end
$$;

create function resource_add(p_name text, p_kind text) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid;
begin
	insert into resources (org_id, name, kind) values (fl_org(), p_name, p_kind) returning resources.id into v_id;
	perform fl_audit('resource.add', 'resource', v_id, jsonb_build_object('name', p_name));
	return query select v_id;
exception when unique_violation then
	perform fl_fail('FL422', 'wrong.resource_taken', 'name');
end
$$;

-- --- what the pages show ---

-- First day of what a view shows, and the first day after it. Weeks begin on Monday.
create function calendar_first(p_view text, p_day date) returns date language sql stable as $$
	select case p_view when 'month' then date_trunc('week', date_trunc('month', d))::date when 'week' then date_trunc('week', d)::date else d::date end
	from (select coalesce(p_day, (now() at time zone calendar_zone())::date)::timestamp) x(d)
$$;
create function calendar_last(p_view text, p_day date) returns date language sql stable as $$
	select case p_view when 'month' then date_trunc('week', date_trunc('month', d) + interval '1 month - 1 day')::date + 7 when 'week' then date_trunc('week', d)::date + 7 else d::date + 30 end
	from (select coalesce(p_day, (now() at time zone calendar_zone())::date)::timestamp) x(d)
$$;

-- What lies in a view, once for each of its days, in the reader's zone.
create function calendar_window(p_view text, p_day date, p_who uuid) returns table (id uuid, original text, title text, place text, starts_at timestamptz, ends_at timestamptz,
		all_day boolean, tentative boolean, day date, hour int, clock text, ends_clock text, zone_offset text, series boolean) language sql stable rows 200 as $$
	with z as materialized (select calendar_zone() as zone, calendar_first(p_view, p_day) as first, calendar_last(p_view, p_day) as last)
	select e.id, to_char(o.original_local, 'YYYY-MM-DD"T"HH24:MI'), e.title, e.place, o.starts_at, o.ends_at, e.all_day, e.status = 'TENTATIVE', g.day::date,
		case when not e.all_day and g.day::date = (o.starts_at at time zone z.zone)::date then extract(hour from o.starts_at at time zone z.zone)::int end,
		to_char(o.starts_at at time zone z.zone, 'HH24:MI'), to_char(o.ends_at at time zone z.zone, 'HH24:MI'), calendar_offset(o.starts_at, z.zone), e.rule is not null
	from z, calendar_occurrences o join calendar_events e on e.org_id = o.org_id and e.id = o.event_id,
		lateral (select case when e.all_day then (o.starts_at at time zone e.zone)::date else (o.starts_at at time zone z.zone)::date end as a,
			case when e.all_day then (o.ends_at at time zone e.zone - interval '1 second')::date else (o.ends_at at time zone z.zone - interval '1 microsecond')::date end as b) s,
		lateral generate_series(greatest(s.a, z.first)::timestamp, least(s.b, z.last - 1)::timestamp, interval '1 day') g(day)
	where o.org_id = (select fl_org()) and o.starts_at < (z.last + 1) at time zone z.zone and o.starts_at > (z.first - 91) at time zone z.zone
		and o.ends_at > (z.first - 1) at time zone z.zone
		and (p_who is null or exists (select from calendar_parties p where p.org_id = o.org_id and p.event_id = o.event_id and p.party_id = p_who))
$$;
