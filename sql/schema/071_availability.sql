-- When people can be met (SCH-08, SCH-10): working hours, exceptions, pages that offer times, and the search for free ones.

select fl_grant('availability.manage', 'owner admin operator pm member');
select fl_grant('booking.manage', 'owner admin');
select fl_grant('booking.read', 'owner admin operator pm member viewer');
select fl_grant('booking.ask', 'form');
select fl_grant('booking.attend', 'link');

create table availability_rules (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	weekday int not null check (weekday between 1 and 7), -- ISO: 1 is Monday
	from_minute int not null check (from_minute between 0 and 1439),
	until_minute int not null check (until_minute between 1 and 1440),
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	check (until_minute > from_minute)
);
create index availability_rules_user on availability_rules (org_id, user_id);
select fl_tenant_table('availability_rules');

-- A day that is not as its weekday: without hours nothing is offered.
create table availability_exceptions (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	day date not null,
	from_minute int check (from_minute between 0 and 1439),
	until_minute int check (until_minute between 1 and 1440),
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	check ((from_minute is null) = (until_minute is null) and (from_minute is null or until_minute > from_minute))
);
create index availability_exceptions_user on availability_exceptions (org_id, user_id, day);
select fl_tenant_table('availability_exceptions');

create table booking_pages (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 120),
	intro text not null default '',
	place text not null default '',
	mode text not null default 'one_of' check (mode in ('one_of', 'all_of', 'round_robin')),
	minutes int not null default 30 check (minutes between 5 and 720),
	step_minutes int not null default 30 check (step_minutes between 5 and 720),
	buffer_minutes int not null default 0 check (buffer_minutes between 0 and 240),
	notice_minutes int not null default 240 check (notice_minutes between 0 and 43200),
	ahead_days int not null default 30 check (ahead_days between 1 and 365),
	most_a_day int check (most_a_day between 1 and 100),
	zone text not null,
	public_key text not null,
	active boolean not null default true,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
select fl_tenant_table('booking_pages');

create table booking_hosts (
	org_id uuid not null,
	page_id uuid not null,
	party_id uuid not null,
	kind text not null check (kind in ('person', 'resource')),
	primary key (org_id, page_id, party_id),
	foreign key (org_id, page_id) references booking_pages (org_id, id)
);
select fl_tenant_table('booking_hosts');

create table bookings (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	page_id uuid not null,
	state text not null default 'HELD' check (state in ('HELD', 'CONFIRMED', 'CANCELLED')),
	starts_at timestamptz not null,
	ends_at timestamptz not null check (ends_at > starts_at),
	hold_until timestamptz,
	host_ids uuid[] not null,
	resource_id uuid,
	name text,
	email text,
	note text,
	zone text not null,
	locale text,
	visit_hash bytea not null,
	event_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, page_id) references booking_pages (org_id, id)
);
create index bookings_page on bookings (org_id, page_id, starts_at);
select fl_tenant_table('bookings');

-- The hours of a person between two days, in the page's zone; who wrote none works from nine to five on weekdays. Local hours become instants
-- day by day, so that nine stays nine when the clocks change.
create function availability_work(p_user uuid, p_from date, p_to date, p_zone text) returns tstzmultirange language sql stable as $$
	with d as (select g::date as day from generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') g),
		x as (select e.day, e.from_minute, e.until_minute from availability_exceptions e where e.org_id = (select fl_org()) and e.user_id = p_user and e.day between p_from and p_to),
		r as (select u.weekday, u.from_minute, u.until_minute from availability_rules u where u.org_id = (select fl_org()) and u.user_id = p_user
			union all select w, 540, 1020 from generate_series(1, 5) w
				where not exists (select from availability_rules u where u.org_id = (select fl_org()) and u.user_id = p_user)),
		h as (select x.day, x.from_minute, x.until_minute from x where x.from_minute is not null
			union all select d.day, r.from_minute, r.until_minute from d join r on r.weekday = extract(isodow from d.day) where not exists (select from x where x.day = d.day))
	select coalesce(range_agg(tstzrange(a, b)) filter (where b > a), '{}') from (select (h.day + make_interval(mins => h.from_minute)) at time zone p_zone as a,
		(h.day + make_interval(mins => h.until_minute)) at time zone p_zone as b from h) y
$$;

-- What is taken of a person or resource, widened by the buffer. Holds count while they last, but for the booking that is being moved.
create function availability_busy(p_party uuid, p_during tstzrange, p_buffer interval, p_booking uuid) returns tstzmultirange language sql stable as $$
	select coalesce(range_agg(tstzrange(lower(c.during) - p_buffer, upper(c.during) + p_buffer)), '{}') from calendar_claims c
	where c.org_id = (select fl_org()) and c.party_id = p_party and c.during && p_during and (c.hold_until is null or c.hold_until > now())
		and (p_booking is null or c.booking_id is distinct from p_booking
			and c.event_id is distinct from (select b.event_id from bookings b where b.org_id = (select fl_org()) and b.id = p_booking))
$$;

-- The free times of a page between two days of its zone: when, which people have it, which resource. p_booking: its own time counts as free.
create function booking_slots(p_page uuid, p_from date, p_to date, p_booking uuid default null)
	returns table (starts_at timestamptz, ends_at timestamptz, host_ids uuid[], resource_ids uuid[]) language sql stable rows 200 as $$
	with p as materialized (select b.*, greatest(p_from, (now() at time zone b.zone)::date) as a, least(p_to, (now() at time zone b.zone)::date + b.ahead_days) as z
			from booking_pages b where b.org_id = (select fl_org()) and b.id = p_page and b.active),
		span as (select tstzrange((p.a - 1)::timestamp at time zone p.zone, (p.z + 2)::timestamp at time zone p.zone) as during from p where p.z >= p.a),
		host as materialized (select h.party_id, availability_work(h.party_id, p.a, p.z, p.zone) as work,
				availability_busy(h.party_id, span.during, make_interval(mins => p.buffer_minutes), p_booking) as busy
			from p, span, booking_hosts h where h.org_id = p.org_id and h.page_id = p.id and h.kind = 'person'),
		thing as materialized (select h.party_id, availability_busy(h.party_id, span.during, interval '0', p_booking) as busy
			from p, span, booking_hosts h where h.org_id = p.org_id and h.page_id = p.id and h.kind = 'resource'),
		free as materialized (select host.party_id, host.work - host.busy as hours from host),
		start as (select distinct g.at from host, p, unnest(host.work) w,
			lateral generate_series(lower(w), upper(w) - make_interval(mins => p.minutes), make_interval(mins => p.step_minutes)) g(at)
			where g.at >= now() + make_interval(mins => p.notice_minutes)),
		taken as (select (b.starts_at at time zone p.zone)::date as day, count(*) as n from p join bookings b on b.org_id = p.org_id and b.page_id = p.id
			where b.starts_at > now() - interval '1 day' and (b.state = 'CONFIRMED' or b.state = 'HELD' and b.hold_until > now()) and b.id is distinct from p_booking group by 1),
		slot as (select s.at, s.at + make_interval(mins => p.minutes) as until, p.mode,
				array(select f.party_id from free f where f.hours @> tstzrange(s.at, s.at + make_interval(mins => p.minutes)) order by f.party_id) as hosts,
				array(select t.party_id from thing t where not t.busy && tstzrange(s.at, s.at + make_interval(mins => p.minutes)) order by t.party_id) as things
			from start s, p left join taken t on false where p.most_a_day is null
				or coalesce((select k.n from taken k where k.day = (s.at at time zone p.zone)::date), 0) < p.most_a_day)
	select at, until, hosts, things from slot
	where cardinality(hosts) >= case mode when 'all_of' then (select count(*) from host) else 1 end and cardinality(hosts) > 0
		and (cardinality(things) > 0 or not exists (select from thing)) order by at
$$;

-- Why a time is not offered: one row for each rule or busy block that takes it away; none when it is offered.
create function booking_why(p_page uuid, p_day date, p_clock text) returns table (reason text, who text, what text) language plpgsql stable as $$
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
	end loop;
	if not found then
		return query select 'step', null::text, p.step_minutes || ' min';
	end if;
end
$$;

-- --- what people set ---

create function availability_add(p_weekday bigint, p_day date, p_from text, p_until text, p_closed boolean) returns table (id uuid) language plpgsql as $$
declare
	v_from int := extract(epoch from calendar_clock(coalesce(p_from, '')))::int / 60;
	v_until int := extract(epoch from calendar_clock(coalesce(p_until, '')))::int / 60;
	v_id uuid;
begin
	if fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed');
	elsif p_day is not null and p_closed then
		v_from := null;
		v_until := null;
	elsif v_from is null or v_until is null or v_until <= v_from then
		perform fl_fail('FL422', 'wrong.clock', 'from');
	end if;
	if (select count(*) from availability_rules r where r.org_id = fl_org() and r.user_id = fl_user())
			+ (select count(*) from availability_exceptions x where x.org_id = fl_org() and x.user_id = fl_user() and x.day >= current_date) >= 200 then
		perform fl_fail('FL422', 'wrong.hours_full', 'from');
	end if;
	if p_day is not null then
		insert into availability_exceptions (org_id, user_id, day, from_minute, until_minute) values (fl_org(), fl_user(), p_day, v_from, v_until) returning availability_exceptions.id into v_id;
	else
		insert into availability_rules (org_id, user_id, weekday, from_minute, until_minute) values (fl_org(), fl_user(), coalesce(p_weekday, 1)::int, v_from, v_until)
			returning availability_rules.id into v_id;
	end if;
	perform fl_audit('availability.add', 'availability', v_id);
	return query select v_id;
end
$$;

create function availability_remove(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	delete from availability_rules r where r.org_id = fl_org() and r.user_id = fl_user() and r.id = p_id;
	if not found then
		delete from availability_exceptions x where x.org_id = fl_org() and x.user_id = fl_user() and x.id = p_id;
	end if;
	if found then
		perform fl_audit('availability.remove', 'availability', p_id);
		return query select p_id;
	end if;
end
$$;

create function booking_page_save(p_id uuid, p_version bigint, p_name text, p_intro text, p_place text, p_mode text, p_minutes bigint, p_step bigint, p_buffer bigint, p_notice bigint,
		p_ahead bigint, p_most bigint, p_zone text, p_active boolean, p_hosts jsonb, p_resources jsonb) returns table (id uuid) language plpgsql as $$
declare
	b booking_pages;
begin
	if p_id is not null then
		select * into b from booking_pages x where x.org_id = fl_org() and x.id = p_id for update;
		if b.id is null then
			return;
		elsif p_version is not null and b.version <> p_version then
			perform fl_fail('FL409', 'wrong.stale', 'version');
		end if;
	end if;
	if p_zone is not null and not calendar_is_zone(p_zone) then
		perform fl_fail('FL422', 'wrong.zone', 'zone');
	elsif not exists (select from memberships m where m.org_id = fl_org() and coalesce(p_hosts, '[]') ? m.user_id::text) then
		perform fl_fail('FL422', 'wrong.no_host', 'hosts');
	end if;
	insert into booking_pages as x (org_id, id, name, intro, place, mode, minutes, step_minutes, buffer_minutes, notice_minutes, ahead_days, most_a_day, zone, public_key, active)
		values (fl_org(), coalesce(p_id, fl_uuid()), p_name, coalesce(p_intro, ''), coalesce(p_place, ''), p_mode, p_minutes, p_step, p_buffer, p_notice, p_ahead, p_most,
			coalesce(p_zone, (select o.zone from organizations o where o.id = fl_org())), channel_key(), p_id is null or p_active)
		on conflict on constraint booking_pages_pkey do update set name = excluded.name, intro = excluded.intro, place = excluded.place, mode = excluded.mode,
			minutes = excluded.minutes, step_minutes = excluded.step_minutes, buffer_minutes = excluded.buffer_minutes, notice_minutes = excluded.notice_minutes,
			ahead_days = excluded.ahead_days, most_a_day = excluded.most_a_day, zone = excluded.zone, active = excluded.active, version = x.version + 1, updated_at = now()
		returning * into b;
	delete from booking_hosts h where h.org_id = fl_org() and h.page_id = b.id;
	insert into booking_hosts (org_id, page_id, party_id, kind)
		select fl_org(), b.id, m.user_id, 'person' from memberships m where m.org_id = fl_org() and p_hosts ? m.user_id::text
		union all select fl_org(), b.id, r.id, 'resource' from resources r where r.org_id = fl_org() and coalesce(p_resources, '[]') ? r.id::text;
	perform channel_door('form', b.public_key, b.id, b.active);
	perform fl_audit(case when p_id is null then 'booking_page.add' else 'booking_page.change' end, 'booking_page', b.id, jsonb_build_object('name', p_name));
	return query select b.id;
end
$$;
