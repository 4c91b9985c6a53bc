-- Calendars elsewhere (SCH-09, SCH-13): what they say is busy counts in the search for free times. A person's own; pulled every quarter of an hour.

create table calendar_links (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	kind text not null check (kind in ('ics')),
	name text not null check (length(name) between 1 and 120),
	place text not null,   -- scheme and host: the rest of an address may be a key
	secret bytea not null, -- sealed: the address
	state text not null default 'new' check (state in ('new', 'ok', 'waiting', 'failed', 'refused', 'denied', 'gone')),
	error text,
	etag text,
	last_run_at timestamptz,
	last_ok_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index calendar_links_user on calendar_links (org_id, user_id);
select fl_tenant_table('calendar_links');
select fl_sealed_column('calendar_links', 'secret', 'calendar link');

-- When its person is busy by a calendar elsewhere.
create table calendar_busy (
	org_id uuid not null,
	link_id uuid not null,
	party_id uuid not null,
	during tstzrange not null check (not isempty(during)),
	foreign key (org_id, link_id) references calendar_links (org_id, id) on delete cascade
);
create index calendar_busy_party on calendar_busy using gist (org_id, party_id, during);
create index calendar_busy_link on calendar_busy (org_id, link_id);
select fl_tenant_table('calendar_busy');

insert into notification_kinds values ('calendar_link', 103);
insert into notification_subjects values ('calendar_link', '/calendar/links', false);

-- What came of a run that brought nothing. Its person is told when a calendar that was there no longer is.
create function sync_failed(p_id uuid, p_state text, p_error text) returns void language plpgsql as $$
declare
	l calendar_links;
begin
	select * into l from calendar_links x where x.org_id = fl_org() and x.id = p_id for update;
	update calendar_links x set state = p_state, error = left(p_error, 300), last_run_at = now(), updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	if l.state in ('new', 'ok', 'waiting') and p_state not in ('ok', 'waiting') then
		perform fl_notify(l.user_id, 'calendar_link', 'calendar_link', p_id, jsonb_build_object('subject', l.name));
	end if;
end
$$;

create function sync_unchanged(p_id uuid) returns void language sql as $$
	update calendar_links x set state = 'ok', error = null, last_run_at = now(), last_ok_at = now(), updated_at = now() where x.org_id = (select fl_org()) and x.id = p_id
$$;

-- A time of the reader by zones already looked up, {"TZID": name}.
create function calendar_ical_when(t jsonb, p_zones jsonb, p_zone text) returns timestamptz language sql stable as $$
	select (t ->> 'at')::timestamp at time zone coalesce(p_zones ->> coalesce(t ->> 'zone', ''), p_zone)
$$;

-- What is busy by a calendar: events that are neither cancelled nor free, each date of a series but those left out or changed, and the periods of free/busy
-- answers; from yesterday to a year ahead. p_dates: {"index of the event from 0": ["local date", ...]}.
create function sync_busy_of(p_cal jsonb, p_dates jsonb, p_zone text) returns table (during tstzrange) language plpgsql stable as $$
declare
	v_zones jsonb := (select jsonb_object_agg(z, case when z = 'UTC' then 'UTC' else coalesce(calendar_zone_of(z), p_zone) end)
		from (select distinct x #>> '{}' as z from jsonb_path_query(p_cal, '$.**.zone') x where x #>> '{}' <> '') k);
begin
	return query with e as (select x.v, x.n - 1 as i, calendar_ical_when(x.v -> 'start', v_zones, p_zone) as s, coalesce(v_zones ->> coalesce(x.v #>> '{start,zone}', ''), p_zone) as zone
				from jsonb_array_elements(p_cal -> 'events') with ordinality x(v, n)
				where x.v ? 'start' and coalesce(x.v ->> 'status', '') <> 'CANCELLED' and not (x.v ->> 'free')::boolean),
			l as (select e.*, greatest(coalesce(calendar_ical_when(e.v -> 'end', v_zones, p_zone) - e.s, make_interval(secs => (e.v ->> 'duration_s')::float8),
				case when (e.v ->> 'all_day')::boolean then interval '1 day' else interval '0' end), interval '0') as length from e),
			o as (select l.s, l.length from l where not l.v ? 'rule'
				union all select d.at, l.length from l, lateral (select (x::timestamp at time zone l.zone) as at from jsonb_array_elements_text(coalesce(p_dates -> l.i::text, '[]')) x) d
					where l.v ? 'rule' and not exists (select from jsonb_array_elements(l.v -> 'except') x where calendar_ical_when(x, v_zones, p_zone) = d.at)
						and not exists (select from jsonb_array_elements(p_cal -> 'events') c where c ->> 'uid' = l.v ->> 'uid' and calendar_ical_when(c -> 'recurrence', v_zones, p_zone) = d.at)
				union all select calendar_ical_when(x, v_zones, p_zone), l.length from l, jsonb_array_elements(l.v -> 'also') x
				union all select calendar_ical_when(b -> 'start', v_zones, p_zone), coalesce(calendar_ical_when(b -> 'end', v_zones, p_zone) - calendar_ical_when(b -> 'start', v_zones, p_zone),
					make_interval(secs => (b ->> 'duration_s')::float8)) from jsonb_array_elements(p_cal -> 'busy') b)
		select tstzrange(o.s, o.s + o.length) from o where o.length > interval '0' and o.s < now() + interval '400 days' and o.s + o.length > now() - interval '1 day' order by o.s limit 10000;
end
$$;

create function sync_busy_keep(p_id uuid, p_etag text, p_cal jsonb, p_dates jsonb) returns void language plpgsql as $$
declare
	l calendar_links;
begin
	select * into l from calendar_links x where x.org_id = fl_org() and x.id = p_id for update;
	if l.id is null then
		return;
	end if;
	delete from calendar_busy b where b.org_id = l.org_id and b.link_id = p_id;
	insert into calendar_busy (org_id, link_id, party_id, during) select l.org_id, p_id, l.user_id, k.during
		from sync_busy_of(p_cal, p_dates, coalesce((select u.zone from sync_zone(l.user_id) u(zone)), 'UTC')) k;
	update calendar_links x set etag = p_etag where x.org_id = l.org_id and x.id = p_id;
	perform sync_unchanged(p_id);
end
$$;
create function sync_zone(p_user uuid) returns text language plpgsql stable as $$
begin
	return coalesce((select u.zone from public.users u where u.id = p_user), (select o.zone from public.organizations o where o.id = public.fl_org()));
end
$$;
select fl_definer_function('sync_zone(uuid)');

-- What is taken of a person or resource, widened by the buffer. Holds count while they last, but for the booking that is being moved; calendars elsewhere count.
create or replace function availability_busy(p_party uuid, p_during tstzrange, p_buffer interval, p_booking uuid) returns tstzmultirange language sql stable as $$
	select coalesce(range_agg(tstzrange(lower(t.during) - p_buffer, upper(t.during) + p_buffer)), '{}') from (
		select c.during from calendar_claims c
			where c.org_id = (select fl_org()) and c.party_id = p_party and c.during && p_during and (c.hold_until is null or c.hold_until > now())
				and (p_booking is null or c.booking_id is distinct from p_booking
					and c.event_id is distinct from (select b.event_id from bookings b where b.org_id = (select fl_org()) and b.id = p_booking))
		union all select b.during from calendar_busy b where b.org_id = (select fl_org()) and b.party_id = p_party and b.during && p_during) t
$$;

-- Why a time is not offered: one row for each rule or busy block that takes it away; none when it is offered.
create or replace function booking_why(p_page uuid, p_day date, p_clock text) returns table (reason text, who text, what text) language plpgsql stable as $$
declare
	p booking_pages;
	h record;
	v_at timestamptz;
	v_slot tstzrange;
	v_today date;
begin
	select * into p from booking_pages b where b.org_id = fl_org() and b.id = p_page;
	v_at := (p_day + calendar_clock(coalesce(p_clock, ''))) at time zone p.zone;
	if v_at is null or exists (select from booking_slots(p_page, p_day, p_day) s where s.starts_at = v_at) then
		return;
	end if;
	v_slot := tstzrange(v_at, v_at + make_interval(mins => p.minutes));
	v_today := (now() at time zone p.zone)::date;
	return query select 'inactive', null::text, null::text where not p.active
		union all select 'notice', null, p.notice_minutes || ' min' where v_at < now() + make_interval(mins => p.notice_minutes)
		union all select 'ahead', null, (v_today + p.ahead_days)::text where p_day > v_today + p.ahead_days
		union all select 'full', null, p.most_a_day::text where p.most_a_day <= (select count(*) from bookings b where b.org_id = fl_org() and b.page_id = p_page
			and (b.starts_at at time zone p.zone)::date = p_day and (b.state = 'CONFIRMED' or b.state = 'HELD' and b.hold_until > now()))
		union all select 'no_host', null, null where not exists (select from booking_hosts b where b.org_id = fl_org() and b.page_id = p_page and b.kind = 'person');
	for h in select b.party_id, b.kind, coalesce(m.name, r.name) as name from booking_hosts b left join memberships m on m.org_id = b.org_id and m.user_id = b.party_id
			left join resources r on r.org_id = b.org_id and r.id = b.party_id where b.org_id = fl_org() and b.page_id = p_page order by 2, 3 loop
		return query select 'exception', h.name, coalesce(to_char(make_interval(mins => e.from_minute), 'HH24:MI') || '–' || to_char(make_interval(mins => e.until_minute), 'HH24:MI'), '–')
			from availability_exceptions e where h.kind = 'person' and e.org_id = fl_org() and e.user_id = h.party_id and e.day = p_day
				and not availability_work(h.party_id, p_day, p_day, p.zone) @> v_slot limit 1;
		return query select 'hours', h.name, null::text where h.kind = 'person' and not availability_work(h.party_id, p_day, p_day, p.zone) @> v_slot
			and not exists (select from availability_exceptions e where e.org_id = fl_org() and e.user_id = h.party_id and e.day = p_day);
		return query select case when c.booking_id is not null then 'held' when c.during && v_slot then 'busy' else 'buffer' end, h.name,
				coalesce(e.title || ', ', '') || to_char(lower(c.during) at time zone p.zone, 'HH24:MI') || '–' || to_char(upper(c.during) at time zone p.zone, 'HH24:MI')
			from calendar_claims c left join calendar_events e on e.org_id = c.org_id and e.id = c.event_id
			where c.org_id = fl_org() and c.party_id = h.party_id and (c.hold_until is null or c.hold_until > now())
				and c.during && tstzrange(lower(v_slot) - make_interval(mins => case h.kind when 'person' then p.buffer_minutes else 0 end),
					upper(v_slot) + make_interval(mins => case h.kind when 'person' then p.buffer_minutes else 0 end));
		return query select 'elsewhere', h.name, l.name || ', ' || to_char(lower(c.during) at time zone p.zone, 'HH24:MI') || '–' || to_char(upper(c.during) at time zone p.zone, 'HH24:MI')
			from calendar_busy c join calendar_links l on l.org_id = c.org_id and l.id = c.link_id where h.kind = 'person' and c.org_id = fl_org() and c.party_id = h.party_id
				and c.during && tstzrange(lower(v_slot) - make_interval(mins => p.buffer_minutes), upper(v_slot) + make_interval(mins => p.buffer_minutes));
	end loop;
	if not found then
		return query select 'step', null::text, p.step_minutes || ' min';
	end if;
end
$$;
