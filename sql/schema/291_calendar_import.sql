-- Calendars from a file (SCH-14; RFC 5545): what came is read in the cage, shown with what becomes of each event, and taken when its person says so.

-- An event of the reader (reader/ical.h) as ours; null when it has no time of its own or one that cannot be.
create function calendar_ical_event(v jsonb, p_home text) returns calendar_events language plpgsql stable as $$
declare
	f calendar_events;
	v_start timestamptz;
	v_end timestamptz;
begin
	f.zone := coalesce(calendar_zone_of(nullif(v #>> '{start,zone}', 'UTC')), p_home);
	v_start := calendar_ical_at(v -> 'start', f.zone);
	v_end := coalesce(calendar_ical_at(v -> 'end', f.zone), v_start + make_interval(secs => coalesce((v ->> 'duration_s')::float8, case when (v ->> 'all_day')::boolean then 86400 else 3600 end)));
	if v_start is null or v_end <= v_start or v_end - v_start > interval '90 days' then
		return null;
	end if;
	f.uid := v ->> 'uid';
	f.title := left(coalesce(nullif(v ->> 'summary', ''), '…'), 300);
	f.note := left(coalesce(v ->> 'description', ''), 5000);
	f.place := left(coalesce(v ->> 'location', ''), 300);
	f.starts_local := v_start at time zone f.zone;
	f.ends_local := v_end at time zone f.zone;
	f.all_day := (v ->> 'all_day')::boolean;
	f.busy := not (v ->> 'free')::boolean;
	f.rule := left(nullif(v ->> 'rule', ''), 300);
	f.left_out := array(select calendar_ical_at(t, f.zone) at time zone f.zone from jsonb_array_elements(v -> 'except') t where calendar_ical_at(t, f.zone) is not null order by 1);
	f.added := array(select calendar_ical_at(t, f.zone) at time zone f.zone from jsonb_array_elements(v -> 'also') t where calendar_ical_at(t, f.zone) is not null order by 1);
	f.status := case v ->> 'status' when 'CANCELLED' then 'CANCELLED' when 'TENTATIVE' then 'TENTATIVE' else 'CONFIRMED' end;
	f.organizer := nullif(v ->> 'organizer', '');
	return f;
end
$$;

-- The dates of a series that are not as it says (RECURRENCE-ID); gone: left out.
create function calendar_ical_changes(p_events jsonb, f calendar_events) returns table (original_local timestamp, starts_local timestamp, ends_local timestamp, gone boolean)
	language sql stable as $$
	select k.o at time zone f.zone, k.s at time zone f.zone, k.f at time zone f.zone, k.gone from (select calendar_ical_at(x -> 'recurrence', f.zone) as o, calendar_ical_at(x -> 'start', f.zone) as s,
			coalesce(calendar_ical_at(x -> 'end', f.zone), calendar_ical_at(x -> 'start', f.zone) + (f.ends_local - f.starts_local)) as f, coalesce(x ->> 'status', '') = 'CANCELLED' as gone
		from jsonb_array_elements(p_events) x where x ? 'recurrence') k where k.o is not null and (k.gone or k.f > k.s)
$$;

-- Whether two versions of an event say the same.
create function calendar_says(e calendar_events, f calendar_events) returns boolean language sql immutable as $$
	select (f.title, f.note, f.place, f.zone, f.starts_local, f.ends_local, f.all_day, f.rule, f.left_out, f.added, f.status) is not distinct from
		(e.title, e.note, e.place, e.zone, e.starts_local, e.ends_local, e.all_day, e.rule, e.left_out, e.added, e.status)
$$;

-- Keeps what came as the event e, which is null when it is new, with the dates of its series that differ. f.sequence and f.rule_dates null: as by a change of ours, and made by
-- the job of series. FL409 when somebody is taken.
create function calendar_ical_keep(e calendar_events, f calendar_events, p_events jsonb, p_user uuid, p_always boolean) returns calendar_events language plpgsql as $$
begin
	f.left_out := array(select distinct t from (select unnest(f.left_out) as t union select c.original_local from calendar_ical_changes(p_events, f) c where c.gone) k order by t);
	if e.id is null then
		insert into calendar_events (org_id, owner_id, uid, sequence, title, note, place, zone, starts_local, ends_local, all_day, busy, rule, rule_dates, left_out, added, status, organizer)
			values (fl_org(), p_user, f.uid, coalesce(f.sequence, 0), f.title, f.note, f.place, f.zone, f.starts_local, f.ends_local, f.all_day, f.busy, f.rule, coalesce(f.rule_dates, '{}'), f.left_out, f.added,
				f.status, f.organizer) returning * into e;
		insert into calendar_parties (org_id, event_id, party_id, kind) values (e.org_id, e.id, p_user, 'person');
	elsif p_always or not calendar_says(e, f) then
		update calendar_events x set title = f.title, note = f.note, place = f.place, zone = f.zone, starts_local = f.starts_local, ends_local = f.ends_local, all_day = f.all_day, busy = f.busy,
				rule_dates = case when cardinality(f.rule_dates) > 0 then f.rule_dates when x.rule is distinct from f.rule or x.starts_local <> f.starts_local then '{}' else x.rule_dates end, rule = f.rule,
				left_out = f.left_out, added = f.added, status = f.status, sequence = coalesce(f.sequence, x.sequence + 1), version = x.version + 1, updated_at = now()
			where x.org_id = e.org_id and x.id = e.id returning * into e;
	end if;
	delete from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id;
	insert into calendar_changes (org_id, event_id, original_local, starts_local, ends_local)
		select e.org_id, e.id, c.original_local, c.starts_local, c.ends_local from calendar_ical_changes(p_events, f) c where not c.gone on conflict do nothing;
	perform calendar_occur(e.id);
	return e;
end
$$;

-- One event from there. Answers whether both sides had changed it. Its times in zones nobody knows are taken as its person's.
create or replace function sync_import(l calendar_links, p_href text, p_etag text, p_cal jsonb) returns boolean language plpgsql as $$
declare
	v jsonb := (select x from jsonb_array_elements(p_cal -> 'events') x where not x ? 'recurrence' limit 1);
	f calendar_events := calendar_ical_event(v, sync_zone(l.user_id));
	c calendar_copies;
	e calendar_events;
	v_clash boolean;
begin
	if f.zone is null or coalesce(f.uid, '') = '' or length(f.uid) > 255 then
		return false;
	end if;
	select * into c from calendar_copies x where x.org_id = l.org_id and x.link_id = l.id and x.href = p_href for update;
	select * into e from calendar_events x where x.org_id = l.org_id and (x.id = c.event_id or c.event_id is null and x.uid = f.uid) for update;
	if e.id is not null and c.event_id is null and not exists (select from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.party_id = l.user_id) then
		return false; -- another person's event of this name
	end if;
	v_clash := c.event_id is not null and e.version <> c.version;
	begin
		e := calendar_ical_keep(e, f, p_cal -> 'events', l.user_id, v_clash);
	exception when sqlstate 'FL409' then
		f.busy := false; -- taken here already: it is shown, and takes no second time
		e := calendar_ical_keep(e, f, p_cal -> 'events', l.user_id, true);
	end;
	insert into calendar_copies (org_id, link_id, href, etag, event_id, version) values (l.org_id, l.id, p_href, p_etag, e.id, e.version)
		on conflict (org_id, link_id, href) do update set etag = excluded.etag, version = excluded.version;
	return v_clash;
end
$$;

-- --- a file ---

create table calendar_imports (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	name text not null,
	state text not null default 'READING' check (state in ('READING', 'READY', 'FAILED', 'TAKING', 'DONE')),
	raw text, -- until it is read
	wrong text, -- last part of a message key: why it could not be read
	more boolean not null default false, -- it holds more events than are taken of one file
	clashes text not null default 'skip' check (clashes in ('skip', 'free')),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index calendar_imports_user on calendar_imports (org_id, user_id, id);
select fl_tenant_table('calendar_imports');

-- An event of a file, with the changed dates of its series, and what becomes of it: new, changed (a later SEQUENCE, or the same with other words), same, older,
-- cancelled (and not here), foreign (an event here its person has no part in), lone (a changed date without its series), broken (wrong says why).
create table calendar_import_rows (
	org_id uuid not null,
	import_id uuid not null,
	n int not null,
	uid text not null,
	events jsonb not null,
	rule_dates timestamp[] not null default '{}',
	spans tstzmultirange not null default '{}',
	title text not null default '',
	starts_at timestamptz,
	ends_at timestamptz,
	all_day boolean not null default false,
	verdict text not null check (verdict in ('new', 'changed', 'same', 'older', 'cancelled', 'foreign', 'lone', 'broken')),
	wrong text,
	clash text, -- what is in its way
	outcome text check (outcome in ('taken', 'free', 'skipped')),
	event_id uuid,
	primary key (org_id, import_id, n),
	foreign key (org_id, import_id) references calendar_imports (org_id, id) on delete cascade
);
select fl_tenant_table('calendar_import_rows');

create function calendar_import_add(p_name text, p_raw text) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid;
begin
	if fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed');
	end if;
	delete from calendar_imports i where i.org_id = fl_org() and i.user_id = fl_user() and i.created_at < now() - interval '30 days';
	insert into calendar_imports as i (org_id, user_id, name, raw) values (fl_org(), fl_user(), left(coalesce(nullif(p_name, ''), 'calendar.ics'), 200), p_raw) returning i.id into v_id;
	perform fl_enqueue('calendar-sync', 'calendar.import', jsonb_build_object('import_id', v_id), 3);
	return query select v_id;
end
$$;

create function calendar_import_failed(p_id uuid, p_wrong text) returns void language sql as $$
	update calendar_imports i set state = 'FAILED', raw = null, wrong = p_wrong, updated_at = now() where i.org_id = (select fl_org()) and i.id = p_id and i.state = 'READING'
$$;

-- When an event is, all its dates together.
create function calendar_import_spans(f calendar_events, p_events jsonb) returns tstzmultirange language sql stable as $$
	select coalesce(range_agg(tstzrange(k.s at time zone f.zone, k.f at time zone f.zone)), '{}') from (
		select d as s, d + (f.ends_local - f.starts_local) as f from unnest(case when f.rule is null then array[f.starts_local] else f.rule_dates end || f.added) d
			where d <> all (f.left_out) and not exists (select from calendar_ical_changes(p_events, f) c where c.original_local = d)
		union all select c.starts_local, c.ends_local from calendar_ical_changes(p_events, f) c where not c.gone) k where (k.f at time zone f.zone) > (k.s at time zone f.zone)
$$;

-- What becomes of one event of a file.
create function calendar_import_judge(p_user uuid, f calendar_events, v jsonb, p_events jsonb, r calendar_import_rows) returns calendar_import_rows language plpgsql stable as $$
declare
	e calendar_events;
begin
	if r.verdict is null and (f.zone is null or length(f.uid) > 255) then
		r.verdict := 'broken';
		r.wrong := case when not v ? 'start' then 'start' when f.zone is null then 'end' else 'uid' end;
		return r;
	end if;
	select * into e from calendar_events x where x.org_id = fl_org() and x.uid = r.uid;
	r.event_id := e.id;
	r.verdict := case when r.verdict is not null then r.verdict
		when v ? 'recurrence' and e.id is not null then 'lone'
		when e.id is null and f.status = 'CANCELLED' then 'cancelled'
		when e.id is null then 'new'
		when e.owner_id is distinct from p_user and not exists (select from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.party_id = p_user and e.organizer is not null) then 'foreign'
		when f.sequence < e.sequence then 'older'
		when calendar_says(e, f) and not exists (select c.original_local, c.starts_local, c.ends_local from calendar_ical_changes(p_events, f) c where not c.gone
				except select x.original_local, x.starts_local, x.ends_local from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id) then 'same'
		else 'changed' end;
	return r;
end
$$;

-- What the reader found; p_dates as recur_all of calendar/recur.h makes it. One row a UID: its latest SEQUENCE and the dates of it that differ. An event without a UID gets one of
-- what it says, so that the same file brings it once.
create function calendar_import_read(p_id uuid, p_cal jsonb, p_dates jsonb) returns void language plpgsql as $$
declare
	i calendar_imports;
	g record;
	r calendar_import_rows;
	f calendar_events;
	v_home text;
	v_n int := 0;
begin
	update calendar_imports x set state = 'READY', raw = null, more = (p_cal ->> 'truncated')::boolean, updated_at = now() where x.org_id = fl_org() and x.id = p_id and x.state = 'READING' returning * into i;
	if i.id is null then
		return;
	end if;
	v_home := sync_zone(i.user_id);
	for g in with x as (select coalesce(nullif(e.v ->> 'uid', ''), md5(e.v::text) || '@import') as uid, e.v, e.n - 1 as n, (e.v ->> 'sequence')::int as sequence from jsonb_array_elements(p_cal -> 'events') with ordinality e(v, n)),
			m as (select distinct on (x.uid) x.* from x order by x.uid, x.v ? 'recurrence', x.sequence desc, x.n desc)
			select m.*, coalesce((select jsonb_agg(x.v order by x.n) from x where x.uid = m.uid and x.v ? 'recurrence'), '[]') as rest from m order by m.n loop
		r := null;
		r.org_id := i.org_id; r.import_id := i.id; r.n := v_n; r.uid := g.uid; r.events := jsonb_build_array(g.v) || case when g.v ? 'recurrence' then '[]' else g.rest end;
		f := calendar_ical_event(g.v, v_home);
		f.uid := g.uid;
		f.sequence := g.sequence;
		f.rule_dates := array(select d::timestamp from jsonb_array_elements_text(coalesce(p_dates -> g.n::text, '[]')) d);
		f.left_out := array(select distinct t from (select unnest(f.left_out) as t union select c.original_local from calendar_ical_changes(r.events, f) c where c.gone) k order by t);
		if p_dates -> 'wrong' @> to_jsonb(g.n) or length(g.v ->> 'rule') > 300 then
			r.verdict := 'broken';
			r.wrong := 'rule';
		end if;
		r := calendar_import_judge(i.user_id, f, g.v, r.events, r);
		r.title := left(coalesce(nullif(g.v ->> 'summary', ''), '…'), 300);
		r.starts_at := f.starts_local at time zone f.zone;
		r.ends_at := f.ends_local at time zone f.zone;
		r.all_day := coalesce(f.all_day, false);
		r.rule_dates := coalesce(f.rule_dates, '{}');
		r.spans := case when r.verdict in ('new', 'changed') and f.busy and f.status <> 'CANCELLED' then calendar_import_spans(f, r.events) else '{}' end;
		r.clash := coalesce((select coalesce(e.title, '…') from calendar_claims c left join calendar_events e on e.org_id = c.org_id and e.id = c.event_id
				where c.org_id = i.org_id and c.party_id = i.user_id and c.during && r.spans and c.event_id is distinct from r.event_id and (c.hold_until is null or c.hold_until > now()) limit 1),
			(select k.title from calendar_import_rows k where k.org_id = i.org_id and k.import_id = i.id and k.spans && r.spans limit 1));
		insert into calendar_import_rows select r.*;
		v_n := v_n + 1;
	end loop;
	if v_n = 0 then
		update calendar_imports x set state = 'FAILED', wrong = 'none' where x.org_id = i.org_id and x.id = p_id;
	end if;
end
$$;

create function calendar_import_take(p_id uuid, p_clashes text) returns table (id uuid) language plpgsql as $$
begin
	update calendar_imports i set state = 'TAKING', clashes = p_clashes, updated_at = now() where i.org_id = fl_org() and i.user_id = fl_user() and i.id = p_id and i.state = 'READY';
	if not found then
		if exists (select from calendar_imports i where i.org_id = fl_org() and i.user_id = fl_user() and i.id = p_id) then
			perform fl_fail('FL409', 'wrong.import_over');
		end if;
		return;
	end if;
	perform fl_enqueue('calendar-sync', 'calendar.import_take', jsonb_build_object('import_id', p_id), 3);
	return query select p_id;
end
$$;

create function calendar_import_one(i calendar_imports, r calendar_import_rows) returns calendar_import_rows language plpgsql as $$
declare
	f calendar_events := calendar_ical_event(r.events -> 0, sync_zone(i.user_id));
	e calendar_events;
begin
	f.uid := r.uid;
	f.sequence := (r.events #>> '{0,sequence}')::int;
	f.rule_dates := r.rule_dates;
	select * into e from calendar_events x where x.org_id = i.org_id and x.uid = r.uid for update;
	-- what came or changed since it was shown is left alone
	if e.id is distinct from r.event_id or e.sequence > f.sequence then
		r.outcome := 'skipped';
		return r;
	end if;
	begin
		e := calendar_ical_keep(e, f, r.events, i.user_id, true);
		r.outcome := 'taken';
	exception when sqlstate 'FL409' then
		r.outcome := 'skipped';
		if i.clashes = 'free' then
			f.busy := false;
			e := calendar_ical_keep(e, f, r.events, i.user_id, true);
			r.outcome := 'free';
		end if;
	end;
	r.event_id := e.id;
	return r;
end
$$;

-- Takes some of a file; the rest is another job.
create function calendar_import_some(p_id uuid) returns void language plpgsql as $$
declare
	i calendar_imports;
	r calendar_import_rows;
begin
	select * into i from calendar_imports x where x.org_id = fl_org() and x.id = p_id and x.state = 'TAKING' for update;
	if i.id is null then
		return;
	end if;
	for r in select * from calendar_import_rows x where x.org_id = i.org_id and x.import_id = p_id and x.outcome is null order by x.n limit 200 loop
		if r.verdict in ('new', 'changed') then
			r := calendar_import_one(i, r);
		else
			r.outcome := 'skipped';
		end if;
		update calendar_import_rows x set outcome = r.outcome, event_id = r.event_id where x.org_id = i.org_id and x.import_id = p_id and x.n = r.n;
		if r.outcome <> 'skipped' then
			perform fl_emit('calendar.changed', jsonb_build_object('event_id', r.event_id, 'change', case r.verdict when 'new' then 'added' else 'changed' end));
		end if;
	end loop;
	if exists (select from calendar_import_rows x where x.org_id = i.org_id and x.import_id = p_id and x.outcome is null) then
		perform fl_enqueue('calendar-sync', 'calendar.import_take', jsonb_build_object('import_id', p_id), 3);
	else
		update calendar_imports x set state = 'DONE', updated_at = now() where x.org_id = i.org_id and x.id = p_id;
		perform fl_audit('calendar.import', 'calendar_import', p_id, (select jsonb_build_object('name', i.name, 'taken', count(*) filter (where x.outcome <> 'skipped'), 'left', count(*) filter (where x.outcome = 'skipped'))
			from calendar_import_rows x where x.org_id = i.org_id and x.import_id = p_id));
	end if;
end
$$;
