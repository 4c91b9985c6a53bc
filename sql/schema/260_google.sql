-- Google Calendar, both ways (SCH-12, SCH-13). Its events come as Google writes them; a date of a series that differs is an event of its own there.

alter table calendar_links drop constraint calendar_links_kind_check;
alter table calendar_links add constraint calendar_links_kind_check check (kind in ('ics', 'caldav', 'google'));

create function sync_kind_job(p_kind text) returns text language sql immutable as $$
	select case p_kind when 'caldav' then 'sync.dav' when 'google' then 'sync.google' else 'sync.pull' end
$$;

-- The token a code was exchanged for, or one in place of the last.
create function sync_google_token(p_id uuid, p_secret bytea) returns void language plpgsql as $$
declare
	l calendar_links;
begin
	update calendar_links x set secret = p_secret, updated_at = now() where x.org_id = fl_org() and x.id = p_id returning * into l;
	if l.id is not null and l.collection is null then
		perform sync_again(l);
	end if;
end
$$;

-- Disconnected: Google's consent is taken back too.
create function sync_remove(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	l calendar_links;
begin
	delete from calendar_links x where x.org_id = fl_org() and x.user_id = fl_user() and x.id = p_id returning * into l;
	if l.id is not null then
		if l.kind = 'google' then
			perform fl_enqueue('calendar-sync', 'sync.revoke', jsonb_build_object('secret', translate(encode(l.secret, 'base64'), E'\n', '')));
		end if;
		perform fl_audit('calendar.unlink', 'calendar_link', p_id);
		return query select l.id;
	end if;
end
$$;

-- --- out ---

-- A wall-clock time as Google has it: a date, or a time with its zone. The one that does not hold is null, so that a change from one to the other is whole.
create function sync_google_time(p_at timestamp, e calendar_events) returns jsonb language sql immutable as $$
	select case when e.all_day then jsonb_build_object('date', to_char(p_at, 'YYYY-MM-DD'), 'dateTime', null, 'timeZone', null)
		else jsonb_build_object('dateTime', to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS'), 'timeZone', e.zone, 'date', null) end
$$;

-- RRULE, EXDATE and RDATE lines. UNTIL of a timed series is in UTC there (RFC 5545, 3.3.10): the end of the day people mean.
create function sync_google_recurrence(e calendar_events) returns jsonb language sql stable as $$
	with u as (select substring(e.rule from 'UNTIL=([0-9]{8})(?:;|$)') as day),
		k as (select case when e.all_day then ';VALUE=DATE:' else ';TZID=' || e.zone || ':' end as how, case when e.all_day then 'YYYYMMDD' else 'YYYYMMDD"T"HH24MISS' end as form)
	select jsonb_agg(x.line order by x.n) from (
		select 1 as n, 'RRULE:' || case when u.day is null or e.all_day then e.rule
				else replace(e.rule, 'UNTIL=' || u.day, 'UNTIL=' || to_char((u.day::date + 1 - interval '1 second') at time zone e.zone at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')) end as line
			from u where e.rule is not null
		union all select 2, 'EXDATE' || k.how || string_agg(to_char(d, k.form), ',' order by d) from k, unnest(e.left_out) d group by k.how
		union all select 3, 'RDATE' || k.how || string_agg(to_char(d, k.form), ',' order by d) from k, unnest(e.added) d group by k.how) x
$$;

-- What is to go there, each as Google's event resource; own is the id it gets there when it is new (5 to 1024 of a-v and 0-9).
create function sync_google_outgoing(p_id uuid) returns table (event_id uuid, act text, href text, etag text, version int, own text, uid text, body jsonb, moved jsonb) language sql stable as $$
	select o.event_id, o.act, o.href, o.etag, o.version, w.own, e.uid,
		jsonb_build_object('summary', e.title, 'description', e.note, 'location', e.place, 'start', sync_google_time(e.starts_local, e), 'end', sync_google_time(e.ends_local, e),
			'recurrence', sync_google_recurrence(e), 'transparency', case when e.busy then 'opaque' else 'transparent' end, 'status', lower(e.status))
			|| case when o.href is null then jsonb_build_object('id', w.own) else '{}' end,
		coalesce((select jsonb_agg(jsonb_build_object('original', to_char(c.original_local at time zone e.zone at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'body', jsonb_build_object('start', sync_google_time(c.starts_local, e), 'end', sync_google_time(c.ends_local, e))) order by c.original_local)
			from calendar_changes c where c.org_id = e.org_id and c.event_id = e.id and e.rule is not null and c.original_local <> all (e.left_out)), '[]')
	from sync_outgoing(p_id) o join calendar_events e on e.org_id = (select fl_org()) and e.id = o.event_id, lateral (select replace(e.id::text, '-', '') as own) w
$$;

-- --- in ---

-- A time of Google as reader/ical.h writes one: in the zone it names, else in p_home; {"at": null} for what is none.
create function sync_google_when(t jsonb, p_home text) returns jsonb language plpgsql stable as $$
declare
	v_zone text := coalesce(calendar_zone_of(t ->> 'timeZone'), p_home);
begin
	return case when t ? 'date' then jsonb_build_object('at', (t ->> 'date') || 'T00:00:00', 'zone', '')
		else jsonb_build_object('at', to_char((t ->> 'dateTime')::timestamptz at time zone v_zone, 'YYYY-MM-DD"T"HH24:MI:SS'), 'zone', v_zone) end;
exception when datetime_field_overflow or invalid_datetime_format then
	return jsonb_build_object('at', null, 'zone', '');
end
$$;

-- The dates of EXDATE or RDATE lines.
create function sync_google_dates(v jsonb, p_name text) returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(jsonb_build_object('at', substr(d, 1, 4) || '-' || substr(d, 5, 2) || '-' || substr(d, 7, 2) || case when length(d) > 8
				then 'T' || substr(d, 10, 2) || ':' || substr(d, 12, 2) || ':' || substr(d, 14, 2) else 'T00:00:00' end,
			'zone', case when d like '%Z' then 'UTC' else coalesce(substring(line from 'TZID=([^:;]+)'), '') end) order by d), '[]')
	from jsonb_array_elements_text(case jsonb_typeof(v -> 'recurrence') when 'array' then v -> 'recurrence' else '[]' end) line, regexp_split_to_table(split_part(line, ':', 2), ',') d
	where line like p_name || '%' and d ~ '^[0-9]{8}(T[0-9]{6}Z?)?$'
$$;

create function sync_google_cal(v jsonb, p_home text) returns jsonb language sql stable as $$
	select jsonb_build_object('events', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('uid', coalesce(v ->> 'iCalUID', v ->> 'id'), 'start', sync_google_when(v -> 'start', p_home),
		'end', sync_google_when(v -> 'end', p_home), 'all_day', v -> 'start' ? 'date', 'summary', v ->> 'summary', 'description', v ->> 'description', 'location', v ->> 'location',
		'status', upper(v ->> 'status'), 'free', coalesce(v ->> 'transparency', '') = 'transparent',
		'organizer', case when not coalesce((v #>> '{organizer,self}')::boolean, false) then v #>> '{organizer,email}' end,
		'rule', (select substr(line, 7) from jsonb_array_elements_text(case jsonb_typeof(v -> 'recurrence') when 'array' then v -> 'recurrence' else '[]' end) line
			where line like 'RRULE:%' limit 1),
		'except', sync_google_dates(v, 'EXDATE'), 'also', sync_google_dates(v, 'RDATE')))))
$$;

-- Makes the occurrences of what came from elsewhere; what is taken here already is shown, and takes no second time.
create function sync_occur(p_event uuid) returns void language plpgsql as $$
begin
	perform calendar_occur(p_event);
exception when sqlstate 'FL409' then
	update calendar_events x set busy = false where x.org_id = fl_org() and x.id = p_event;
	perform calendar_occur(p_event);
end
$$;

-- Changed on both sides: theirs was kept.
create function sync_clash(l calendar_links, p_href text, p_subject text) returns void language plpgsql as $$
declare
	v_event uuid := (select c.event_id from calendar_copies c where c.org_id = l.org_id and c.link_id = l.id and c.href = p_href);
begin
	perform fl_audit('calendar.clash', 'event', v_event, jsonb_build_object('link_id', l.id, 'kept', 'theirs'));
	perform fl_notify(l.user_id, 'calendar_clash', 'event', v_event, jsonb_build_object('subject', p_subject));
end
$$;

-- One date of a series that is not as the series says, or that is left out. Other dates may have changed here meanwhile: both stay, and ours goes there next.
create function sync_google_date(l calendar_links, c calendar_copies, v jsonb) returns void language plpgsql as $$
declare
	e calendar_events;
	v_home text := sync_zone(l.user_id);
	v_at timestamp;
	v_start timestamp;
	v_end timestamp;
	v_was jsonb;
begin
	select * into e from calendar_events x where x.org_id = l.org_id and x.id = c.event_id for update;
	v_at := calendar_ical_at(sync_google_when(v -> 'originalStartTime', v_home), e.zone) at time zone e.zone;
	v_start := calendar_ical_at(sync_google_when(v -> 'start', v_home), e.zone) at time zone e.zone;
	v_end := calendar_ical_at(sync_google_when(v -> 'end', v_home), e.zone) at time zone e.zone;
	if v_at is null or v ->> 'status' <> 'cancelled' and coalesce(v_end <= v_start, true) then
		return;
	end if;
	v_was := (select jsonb_build_array(v_at = any (e.left_out), x.starts_local, x.ends_local) from (select) one left join calendar_changes x on x.org_id = e.org_id and x.event_id = e.id and x.original_local = v_at);
	delete from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id and x.original_local = v_at;
	e.left_out := array_remove(e.left_out, v_at);
	if v ->> 'status' = 'cancelled' then
		e.left_out := e.left_out || v_at;
	elsif v_start <> v_at or v_end - v_start <> e.ends_local - e.starts_local then
		insert into calendar_changes (org_id, event_id, original_local, starts_local, ends_local) values (e.org_id, e.id, v_at, v_start, v_end);
	end if;
	if v_was is distinct from (select jsonb_build_array(v_at = any (e.left_out), x.starts_local, x.ends_local) from (select) one left join calendar_changes x on x.org_id = e.org_id and x.event_id = e.id and x.original_local = v_at) then
		update calendar_events x set left_out = e.left_out, sequence = x.sequence + 1, version = x.version + 1, updated_at = now() where x.org_id = e.org_id and x.id = e.id;
		perform sync_occur(e.id);
		if e.version = c.version then
			update calendar_copies x set version = e.version + 1 where x.org_id = l.org_id and x.link_id = l.id and x.href = c.href;
		end if;
	end if;
end
$$;

-- One event as Google writes it. A series keeps what is known of its dates, which come by themselves, unless it is another series now.
create function sync_google_take(l calendar_links, v jsonb) returns void language plpgsql as $$
declare
	v_href text := v ->> 'id';
	c calendar_copies;
	s calendar_copies;
	v_uid text;
	v_cal jsonb;
begin
	select * into c from calendar_copies x where x.org_id = l.org_id and x.link_id = l.id and x.href = v_href;
	select * into s from calendar_copies x where x.org_id = l.org_id and x.link_id = l.id and x.href = v ->> 'recurringEventId';
	if s.event_id is not null then
		perform sync_google_date(l, s, v);
	elsif v ->> 'status' = 'cancelled' then
		perform sync_forget(l, v_href);
	else
		-- what was made here is known there by its id, when it was connected before
		select e.uid into v_uid from calendar_events e where e.org_id = l.org_id and v_href ~ '^[0-9a-f]{32}$' and e.id = v_href::uuid;
		v_cal := sync_google_cal(case when v_uid is not null then v || jsonb_build_object('iCalUID', v_uid) when v ? 'recurringEventId' then v - 'iCalUID' else v end, sync_zone(l.user_id));
		if c.event_id is not null and v_cal #> '{events,0}' ? 'rule' then
			v_cal := sync_google_known(c.event_id, v_cal);
		end if;
		if sync_import(l, v_href, v ->> 'etag', v_cal) then
			perform sync_clash(l, v_href, v ->> 'summary');
		end if;
	end if;
end
$$;

create function sync_google_known(p_event uuid, p_cal jsonb) returns jsonb language sql stable as $$
	select case when e.rule is distinct from p_cal #>> '{events,0,rule}' or e.starts_local is distinct from (p_cal #>> '{events,0,start,at}')::timestamp then p_cal
		else jsonb_build_object('events', jsonb_build_array(jsonb_set(p_cal #> '{events,0}', '{except}', coalesce((select jsonb_agg(jsonb_build_object('at', d, 'zone', '') order by d)
				from (select unnest(e.left_out) as d union select calendar_ical_at(x, e.zone) at time zone e.zone from jsonb_array_elements(p_cal #> '{events,0,except}') x) k where d is not null), '[]')))
			|| coalesce((select jsonb_agg(jsonb_build_object('recurrence', jsonb_build_object('at', x.original_local, 'zone', ''), 'start', jsonb_build_object('at', x.starts_local, 'zone', ''),
				'end', jsonb_build_object('at', x.ends_local, 'zone', ''))) from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id), '[]')) end
	from calendar_events e where e.org_id = (select fl_org()) and e.id = p_event
$$;

-- What both kinds of run end with: what was sent is known, what a full look no longer found is gone. r as sync_dav_keep says. Google's looks begin a month back.
create function sync_kept(l calendar_links, r jsonb) returns void language plpgsql as $$
declare
	x record;
begin
	for x in select c.href from calendar_copies c where c.org_id = l.org_id and c.link_id = l.id
			and (coalesce(r -> 'removed', '[]') ? c.href or (r ->> 'full')::boolean and not r -> 'listed' ? c.href and not exists (select from jsonb_array_elements(r -> 'put') p where p ->> 'href' = c.href)
				and (l.kind <> 'google' or exists (select from calendar_occurrences o where o.org_id = c.org_id and o.event_id = c.event_id and o.ends_at > now() - interval '30 days'))) loop
		perform sync_forget(l, x.href);
	end loop;
	insert into calendar_copies (org_id, link_id, href, etag, event_id, version)
		select l.org_id, l.id, v ->> 'href', v ->> 'etag', (v ->> 'event_id')::uuid, (v ->> 'version')::int from jsonb_array_elements(r -> 'put') v
		on conflict (org_id, link_id, href) do update set etag = excluded.etag, version = excluded.version;
	delete from calendar_copies c where c.org_id = l.org_id and c.link_id = l.id and r -> 'deleted' ? c.href;
	update calendar_links k set sync_token = r ->> 'token' where k.org_id = l.org_id and k.id = l.id;
	perform sync_unchanged(l.id);
	if jsonb_array_length(r -> 'changed') > 0 and exists (select from sync_outgoing(l.id)) then
		perform sync_again(l); -- what waited for what changed there
	end if;
end
$$;

create function sync_google_keep(p_id uuid, r jsonb) returns table (done bigint) language plpgsql as $$
declare
	l calendar_links;
	v jsonb;
begin
	done := 0;
	select * into l from calendar_links k where k.org_id = fl_org() and k.id = p_id for update;
	if l.id is not null then
		perform set_config('app.syncing', p_id::text, true);
		for v in select x from jsonb_array_elements(r -> 'changed') x order by x ? 'recurringEventId' loop
			perform sync_google_take(l, v);
			done := done + 1;
		end loop;
		perform sync_kept(l, r);
	end if;
	return next;
end
$$;

-- Keeps a run. r: {"token", "full": bool, "changed": [{"href", "etag", "calendar"}], "listed": [href] (of a full run), "removed": [href],
-- "put": [{"event_id", "href", "etag", "version"}], "deleted": [href]}.
create function sync_dav_keep(p_id uuid, r jsonb) returns table (done bigint) language plpgsql as $$
declare
	l calendar_links;
	x record;
begin
	done := 0;
	select * into l from calendar_links k where k.org_id = fl_org() and k.id = p_id for update;
	if l.id is not null then
		perform set_config('app.syncing', p_id::text, true);
		for x in select v ->> 'href' as href, v ->> 'etag' as etag, v -> 'calendar' as cal from jsonb_array_elements(r -> 'changed') v loop
			if sync_import(l, x.href, x.etag, x.cal) then
				perform sync_clash(l, x.href, x.cal #>> '{events,0,summary}');
			end if;
			done := done + 1;
		end loop;
		perform sync_kept(l, r);
	end if;
	return next;
end
$$;

-- What changes here goes there at once (X-27), but not what came from there.
create or replace function sync_changed() returns trigger language plpgsql as $$
declare
	l calendar_links;
begin
	for l in select k.* from calendar_links k where k.org_id = new.org_id and k.kind in ('caldav', 'google') and k.collection is not null
			and k.id::text <> coalesce(current_setting('app.syncing', true), '')
			and (exists (select from calendar_parties p where p.org_id = new.org_id and p.event_id = new.id and p.party_id = k.user_id)
				or exists (select from calendar_copies c where c.org_id = new.org_id and c.link_id = k.id and c.event_id = new.id)) loop
		perform sync_again(l);
	end loop;
	return null;
end
$$;

-- Once more when the run that asks for it, or that is under way, is over: it may have looked at what is to go there already.
create function sync_again(l calendar_links) returns void language plpgsql as $$
begin
	perform fl_enqueue('calendar-sync', sync_kind_job(l.kind), jsonb_build_object('link_id', l.id), 4, null,
		case when exists (select from jobs j where j.org_id = l.org_id and j.queue = 'calendar-sync' and j.dedupe = 'again:' || l.id and j.state = 'active') then 'more:' else 'again:' end || l.id);
end
$$;
