-- A copy elsewhere speaks for its person only: an event that belongs to somebody else is neither changed nor called off by the calendar of one who takes part in it (SCH-13, X-27).

insert into notification_kinds values ('calendar_theirs', 105);

-- Whether what this person's calendar elsewhere says of the event counts here: it is theirs, or nobody's and nobody else is in it.
create function sync_owns(e calendar_events, p_user uuid) returns boolean language plpgsql stable as $$
begin
	if e.owner_id is not null then
		return e.owner_id = p_user;
	end if;
	return not exists (select from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.kind = 'person' and p.party_id <> p_user);
end
$$;

-- Whether f, which came from there with its changed dates, says what e does. Moments count, as some servers write zones anew; a day is no moment.
create function sync_says(e calendar_events, f calendar_events, p_events jsonb) returns boolean language plpgsql stable as $$
declare
	v_zone text := case when f.all_day then e.zone else f.zone end;
begin
	return (e.title, e.note, e.place, e.all_day, e.rule, e.status, e.starts_local at time zone e.zone, e.ends_local at time zone e.zone) is not distinct from
			(f.title, f.note, f.place, f.all_day, f.rule, f.status, f.starts_local at time zone v_zone, f.ends_local at time zone v_zone)
		and array(select t at time zone e.zone from unnest(e.added) t order by 1) = array(select t at time zone v_zone from unnest(f.added) t order by 1)
		and array(select distinct t at time zone e.zone from unnest(e.left_out) t order by 1) = array(select distinct t at time zone v_zone
			from (select unnest(f.left_out) as t union select x.original_local from calendar_ical_changes(p_events, f) x where x.gone) k order by 1)
		and not exists (select x.original_local at time zone v_zone, x.starts_local at time zone v_zone, x.ends_local at time zone v_zone from calendar_ical_changes(p_events, f) x where not x.gone
			except select x.original_local at time zone e.zone, x.starts_local at time zone e.zone, x.ends_local at time zone e.zone
				from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id);
end
$$;

-- What is to go there: events of its person that are new or changed here, and those that are over, as deletions. What came from another calendar of the same person is not sent on.
create or replace function sync_outgoing(p_id uuid) returns table (event_id uuid, act text, href text, etag text, version int, ics text) language sql stable as $$
	select e.id, case when e.status = 'CANCELLED' or p.party_id is null then 'delete' else 'put' end, c.href, c.etag, e.version,
		case when e.status <> 'CANCELLED' and p.party_id is not null then calendar_ics_series(e.id, null) end
	from calendar_links l join calendar_events e on e.org_id = l.org_id left join calendar_copies c on c.org_id = l.org_id and c.link_id = l.id and c.event_id = e.id
		left join calendar_parties p on p.org_id = l.org_id and p.event_id = e.id and p.party_id = l.user_id
	where l.org_id = (select fl_org()) and l.id = p_id and (c.href is null and p.party_id is not null and e.status <> 'CANCELLED'
			and exists (select from calendar_occurrences o where o.org_id = e.org_id and o.event_id = e.id and o.ends_at > now())
			and not exists (select from calendar_copies k join calendar_links m on m.org_id = k.org_id and m.id = k.link_id
				where k.org_id = e.org_id and k.event_id = e.id and m.user_id = l.user_id) or c.href is not null and c.version <> e.version)
	order by e.updated_at limit 200
$$;

alter table calendar_copies add column righted int; -- version of somebody else's event that was last sent over what was there

-- The copy of somebody else's event differs: it is put right by the next run, and its person is told. Once for each version of the event, as a server may never
-- store what it is sent. While a change from here is on its way there, it is only known.
create function sync_not_theirs(l calendar_links, p_href text, p_etag text, e calendar_events) returns void language plpgsql as $$
begin
	insert into calendar_copies as c (org_id, link_id, href, etag, event_id, version, righted) values (l.org_id, l.id, p_href, p_etag, e.id, 0, e.version)
		on conflict (org_id, link_id, href) do update set etag = excluded.etag, version = 0, righted = excluded.righted where c.version = e.version and c.righted is distinct from e.version;
	if not found then
		update calendar_copies c set etag = p_etag where c.org_id = l.org_id and c.link_id = l.id and c.href = p_href;
		return;
	end if;
	perform fl_audit('calendar.theirs', 'event', e.id, jsonb_build_object('link_id', l.id, 'kept', 'ours'));
	perform fl_notify(l.user_id, 'calendar_theirs', 'event', e.id, jsonb_build_object('subject', e.title));
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
	if e.id is not null and not sync_owns(e, l.user_id) then
		if sync_says(e, f, p_cal -> 'events') then
			insert into calendar_copies (org_id, link_id, href, etag, event_id, version) values (l.org_id, l.id, p_href, p_etag, e.id, e.version)
				on conflict (org_id, link_id, href) do update set etag = excluded.etag;
		else
			perform sync_not_theirs(l, p_href, p_etag, e);
		end if;
		return false;
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

-- Gone there: cancelled here. Who only took part in it takes part no longer, and its owner is told.
create or replace function sync_forget(l calendar_links, p_href text) returns void language plpgsql as $$
declare
	e calendar_events;
begin
	delete from calendar_copies c where c.org_id = l.org_id and c.link_id = l.id and c.href = p_href returning c.event_id into e.id;
	select * into e from calendar_events x where x.org_id = l.org_id and x.id = e.id and x.status <> 'CANCELLED' for update;
	if e.id is null then
		return;
	elsif sync_owns(e, l.user_id) then
		update calendar_events x set status = 'CANCELLED', sequence = x.sequence + 1, version = x.version + 1, updated_at = now() where x.org_id = e.org_id and x.id = e.id;
		perform fl_audit('calendar.cancel', 'event', e.id, jsonb_build_object('link_id', l.id));
	else
		delete from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.party_id = l.user_id;
		if not found then
			return; -- taken out of it here before
		end if;
		perform fl_audit('calendar.leave', 'event', e.id, jsonb_build_object('link_id', l.id));
		if e.owner_id is not null then
			perform fl_notify(e.owner_id, 'event_answer', 'event', e.id, jsonb_build_object('subject', e.title,
				'text', (select m.name from memberships m where m.org_id = l.org_id and m.user_id = l.user_id) || ': declined'));
		end if;
	end if;
	perform calendar_occur(e.id);
end
$$;

-- One date of a series that is not as the series says, or that is left out. Other dates may have changed here meanwhile: both stay, and ours goes there next.
create or replace function sync_google_date(l calendar_links, c calendar_copies, v jsonb) returns void language plpgsql as $$
declare
	e calendar_events;
	v_home text := sync_zone(l.user_id);
	v_at timestamp;
	v_start timestamp;
	v_end timestamp;
	v_was jsonb;
	v_is jsonb;
begin
	select * into e from calendar_events x where x.org_id = l.org_id and x.id = c.event_id for update;
	v_at := calendar_ical_at(sync_google_when(v -> 'originalStartTime', v_home), e.zone) at time zone e.zone;
	v_start := calendar_ical_at(sync_google_when(v -> 'start', v_home), e.zone) at time zone e.zone;
	v_end := calendar_ical_at(sync_google_when(v -> 'end', v_home), e.zone) at time zone e.zone;
	if v_at is null or v ->> 'status' <> 'cancelled' and coalesce(v_end <= v_start, true) then
		return;
	end if;
	v_was := (select jsonb_build_array(v_at = any (e.left_out), x.starts_local, x.ends_local) from (select) one left join calendar_changes x on x.org_id = e.org_id and x.event_id = e.id and x.original_local = v_at);
	v_is := jsonb_build_array(v ->> 'status' = 'cancelled') || case when v ->> 'status' <> 'cancelled' and (v_start <> v_at or v_end - v_start <> e.ends_local - e.starts_local)
		then jsonb_build_array(v_start, v_end) else '[null, null]' end;
	if v_was is not distinct from v_is then
		return;
	elsif not sync_owns(e, l.user_id) then
		if v ->> 'status' <> 'cancelled' then
			perform sync_not_theirs(l, c.href, c.etag, e); -- a date they do not come to is theirs to leave out there
		end if;
		return;
	end if;
	delete from calendar_changes x where x.org_id = e.org_id and x.event_id = e.id and x.original_local = v_at;
	e.left_out := array_remove(e.left_out, v_at);
	if v ->> 'status' = 'cancelled' then
		e.left_out := e.left_out || v_at;
	elsif v_is ->> 1 is not null then
		insert into calendar_changes (org_id, event_id, original_local, starts_local, ends_local) values (e.org_id, e.id, v_at, v_start, v_end);
	end if;
	update calendar_events x set left_out = e.left_out, sequence = x.sequence + 1, version = x.version + 1, updated_at = now() where x.org_id = e.org_id and x.id = e.id;
	perform sync_occur(e.id);
	if e.version = c.version then
		update calendar_copies x set version = e.version + 1 where x.org_id = l.org_id and x.link_id = l.id and x.href = c.href;
	end if;
end
$$;
