-- As in 291: a file is looked at in parts, and only one's own events are changed.

drop function calendar_import_spans(calendar_events, jsonb);
drop function calendar_import_judge(uuid, calendar_events, jsonb, jsonb, calendar_import_rows);
-- null until it is looked at
alter table calendar_import_rows alter verdict drop not null, drop column spans;

-- Calendars from a file (SCH-14; RFC 5545): what came is read in the cage, shown with what becomes of each event, and taken when its person says so.

-- An event of the reader (reader/ical.h) as ours; null when it has no time of its own or one that cannot be.
create or replace function calendar_ical_event(v jsonb, p_home text) returns calendar_events language plpgsql stable as $$
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
	f.left_out := array(select k.at at time zone f.zone from (select calendar_ical_at(t, f.zone) from jsonb_array_elements(v -> 'except') t offset 0) k(at) where k.at is not null order by 1);
	f.added := array(select k.at at time zone f.zone from (select calendar_ical_at(t, f.zone) from jsonb_array_elements(v -> 'also') t offset 0) k(at) where k.at is not null order by 1);
	f.status := case v ->> 'status' when 'CANCELLED' then 'CANCELLED' when 'TENTATIVE' then 'TENTATIVE' else 'CONFIRMED' end;
	f.organizer := nullif(v ->> 'organizer', '');
	return f;
end
$$;

-- The dates of a series that are not as it says (RECURRENCE-ID); gone: left out.
create or replace function calendar_ical_changes(p_events jsonb, f calendar_events) returns table (original_local timestamp, starts_local timestamp, ends_local timestamp, gone boolean)
	language sql stable as $$
	select k.o at time zone f.zone, k.s at time zone f.zone, k.f at time zone f.zone, k.gone from (select calendar_ical_at(x -> 'recurrence', f.zone) as o, calendar_ical_at(x -> 'start', f.zone) as s,
			coalesce(calendar_ical_at(x -> 'end', f.zone), calendar_ical_at(x -> 'start', f.zone) + (f.ends_local - f.starts_local)) as f, coalesce(x ->> 'status', '') = 'CANCELLED' as gone
		from jsonb_array_elements(p_events) x where x ? 'recurrence' offset 0) k where k.o is not null and (k.gone or k.f > k.s)
$$;

-- When the events of a file are, by day in UTC, while what is in the way of each is looked for.
create table calendar_import_times (
	org_id uuid not null,
	import_id uuid not null,
	day date not null,
	n int not null,
	during tstzrange not null,
	primary key (org_id, import_id, day, n, during),
	foreign key (org_id, import_id) references calendar_imports (org_id, id) on delete cascade
);

select fl_tenant_table('calendar_import_times');

-- When an event is, all its dates together.
create function calendar_import_spans(f calendar_events, p_moved calendar_changes[]) returns tstzmultirange language sql stable as $$
	select coalesce(range_agg(tstzrange(k.s at time zone f.zone, k.f at time zone f.zone)), '{}') from (
		select o.d as s, o.d + (f.ends_local - f.starts_local) as f from (
			select unnest(case when f.rule is null then array[f.starts_local] else f.rule_dates end || f.added) except select unnest(f.left_out) except select c.original_local from unnest(p_moved) c) o(d)
		union all select c.starts_local, c.ends_local from unnest(p_moved) c) k where (k.f at time zone f.zone) > (k.s at time zone f.zone)
$$;

-- The days of times, none of them beyond the 90 days an event may last.
create function calendar_import_days(p_spans tstzmultirange) returns table (day date, during tstzrange) language sql immutable as $$
	select g::date, d from unnest(p_spans) d, generate_series((lower(d) at time zone 'UTC')::date::timestamp, least(upper(d), lower(d) + interval '2160 hours') at time zone 'UTC', interval '1 day') g
$$;

-- What is in the way of an event at these times: something of its person, or an event before it in the file.
create function calendar_import_clash(i calendar_imports, r calendar_import_rows, p_spans tstzmultirange) returns text language plpgsql as $$
declare
	v_clash text;
	v_before int;
begin
	select coalesce(e.title, '…') into v_clash from calendar_claims c left join calendar_events e on e.org_id = c.org_id and e.id = c.event_id
		where c.org_id = i.org_id and c.party_id = i.user_id and c.during && p_spans and c.event_id is distinct from r.event_id and (c.hold_until is null or c.hold_until > now()) limit 1;
	if v_clash is null then
		select t.n into v_before from calendar_import_days(p_spans) d
			cross join lateral (select t.n from calendar_import_times t where t.org_id = i.org_id and t.import_id = i.id and t.day = d.day and t.during && d.during limit 1) t limit 1;
		select k.title into v_clash from calendar_import_rows k where k.org_id = i.org_id and k.import_id = i.id and k.n = v_before;
	end if;
	insert into calendar_import_times select i.org_id, i.id, d.day, r.n, d.during from calendar_import_days(p_spans) d;
	return v_clash;
end
$$;

-- What becomes of one event of a file.
create function calendar_import_judge(i calendar_imports, r calendar_import_rows) returns calendar_import_rows language plpgsql as $$
declare
	v jsonb := r.events -> 0;
	f calendar_events := calendar_ical_event(v, sync_zone(i.user_id));
	e calendar_events;
	v_moved calendar_changes[];
	v_gone timestamp[];
begin
	f.uid := r.uid;
	f.sequence := (v ->> 'sequence')::int;
	f.rule_dates := r.rule_dates;
	r.starts_at := f.starts_local at time zone f.zone;
	r.ends_at := f.ends_local at time zone f.zone;
	r.all_day := coalesce(f.all_day, false);
	if r.wrong is not null or f.zone is null or length(f.uid) > 255 then
		r.verdict := 'broken';
		r.wrong := coalesce(r.wrong, case when not v ? 'start' then 'start' when f.zone is null then 'end' else 'uid' end);
		return r;
	end if;
	select array_agg(jsonb_populate_record(null::calendar_changes, to_jsonb(c))) filter (where not c.gone), array_agg(c.original_local) filter (where c.gone) into v_moved, v_gone
		from calendar_ical_changes(r.events, f) c;
	f.left_out := array(select unnest(f.left_out) union select unnest(v_gone) order by 1);
	select * into e from calendar_events x where x.org_id = i.org_id and x.uid = r.uid;
	r.event_id := e.id;
	r.verdict := case when v ? 'recurrence' and e.id is not null then 'lone'
		when e.id is null and f.status = 'CANCELLED' then 'cancelled'
		when e.id is null then 'new'
		when e.owner_id is distinct from i.user_id then 'foreign'
		when f.sequence < e.sequence then 'older'
		when calendar_says(e, f) and not exists (select c.original_local, c.starts_local, c.ends_local from unnest(v_moved) c
				except select x.original_local, x.starts_local, x.ends_local from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id) then 'same'
		else 'changed' end;
	if r.verdict in ('new', 'changed') and f.busy and f.status <> 'CANCELLED' then
		r.clash := calendar_import_clash(i, r, calendar_import_spans(f, v_moved));
	end if;
	return r;
end
$$;

-- Looks at some events of a file; the rest is another job.
create function calendar_import_look(i calendar_imports) returns void language plpgsql as $$
declare
	r calendar_import_rows;
begin
	for r in select * from calendar_import_rows x where x.org_id = i.org_id and x.import_id = i.id and x.verdict is null order by x.n limit 200 loop
		r := calendar_import_judge(i, r);
		update calendar_import_rows x set verdict = r.verdict, wrong = r.wrong, event_id = r.event_id, clash = r.clash, starts_at = r.starts_at, ends_at = r.ends_at, all_day = r.all_day
			where x.org_id = i.org_id and x.import_id = i.id and x.n = r.n;
	end loop;
	if exists (select from calendar_import_rows x where x.org_id = i.org_id and x.import_id = i.id and x.verdict is null) then
		perform fl_enqueue('calendar-sync', 'calendar.import_look', jsonb_build_object('import_id', i.id), 3);
	else
		delete from calendar_import_times t where t.org_id = i.org_id and t.import_id = i.id;
		update calendar_imports x set state = 'READY', updated_at = now() where x.org_id = i.org_id and x.id = i.id;
	end if;
end
$$;

-- What the reader found; p_dates as recur_all of calendar/recur.h makes it. One row a UID: its latest SEQUENCE and the dates of it that differ. An event without a UID gets one of
-- what it says, so that the same file brings it once.
create or replace function calendar_import_read(p_id uuid, p_cal jsonb, p_dates jsonb) returns void language plpgsql as $$
declare
	i calendar_imports;
	v_wrong int[] := array(select w::int from jsonb_array_elements_text(p_dates -> 'wrong') w);
begin
	update calendar_imports x set raw = null, more = (p_cal ->> 'truncated')::boolean, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id and x.state = 'READING' and x.raw is not null returning * into i;
	if i.id is null then
		return;
	end if;
	insert into calendar_import_rows (org_id, import_id, n, uid, events, rule_dates, title, wrong)
		with x as (select coalesce(nullif(e.v ->> 'uid', ''), md5(e.v::text) || '@import') as uid, e.v, (e.n - 1)::int as n, e.v ? 'recurrence' as one from jsonb_array_elements(p_cal -> 'events') with ordinality e(v, n)),
			o as (select x.*, row_number() over (partition by x.uid order by x.one, (x.v ->> 'sequence')::int desc, x.n desc) as place from x),
			m as (select o.uid, max(o.n) filter (where o.place = 1) as n, bool_and(o.one) as lone, (array_agg(o.v) filter (where o.place = 1))[1] as v,
				jsonb_agg(o.v order by o.n) filter (where o.one) as rest from o group by o.uid)
		select i.org_id, i.id, row_number() over (order by m.n) - 1, m.uid, jsonb_build_array(m.v) || case when m.lone then '[]' else coalesce(m.rest, '[]') end,
			array(select d::timestamp from jsonb_array_elements_text(coalesce(p_dates -> m.n::text, '[]')) d), left(coalesce(nullif(m.v ->> 'summary', ''), '…'), 300),
			case when m.n = any (v_wrong) or length(m.v ->> 'rule') > 300 then 'rule' end
		from m;
	if found then
		perform calendar_import_look(i);
	else
		update calendar_imports x set state = 'FAILED', wrong = 'none' where x.org_id = i.org_id and x.id = p_id;
	end if;
end
$$;

create or replace function calendar_import_one(i calendar_imports, r calendar_import_rows) returns calendar_import_rows language plpgsql as $$
declare
	f calendar_events := calendar_ical_event(r.events -> 0, sync_zone(i.user_id));
	e calendar_events;
begin
	f.uid := r.uid;
	f.sequence := (r.events #>> '{0,sequence}')::int;
	f.rule_dates := r.rule_dates;
	select * into e from calendar_events x where x.org_id = i.org_id and x.uid = r.uid for update;
	-- what came, changed or went to somebody else since it was shown is left alone
	if e.id is distinct from r.event_id or e.sequence > f.sequence or e.id is not null and e.owner_id is distinct from i.user_id then
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

-- Looks at, or takes, some of a file; the rest is another job.
create or replace function calendar_import_some(p_id uuid) returns void language plpgsql as $$
declare
	i calendar_imports;
	r calendar_import_rows;
begin
	select * into i from calendar_imports x where x.org_id = fl_org() and x.id = p_id and (x.state = 'TAKING' or x.state = 'READING' and x.raw is null) for update;
	if i.id is null then
		return;
	elsif i.state = 'READING' then
		perform calendar_import_look(i);
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
