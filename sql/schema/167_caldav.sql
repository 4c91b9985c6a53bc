-- CalDAV, both ways (SCH-12, SCH-13; RFC 4791, 6578): what changes there changes here, and the other way round. Where both changed, the other side's version
-- stays and its person is told.

alter table calendar_links drop constraint calendar_links_kind_check, drop constraint calendar_links_state_check;
alter table calendar_links add constraint calendar_links_kind_check check (kind in ('ics', 'caldav')),
	add constraint calendar_links_state_check check (state in ('new', 'choose', 'ok', 'waiting', 'failed', 'refused', 'denied', 'gone')),
	add column choices jsonb not null default '[]', -- [{"href", "name"}]: the calendars found at the address
	add column collection text,                     -- href of the one that was chosen
	add column sync_token text not null default '';

-- An event there and its copy here.
create table calendar_copies (
	org_id uuid not null,
	link_id uuid not null,
	href text not null,
	etag text not null,
	event_id uuid not null,
	version int not null, -- of the event when both were the same
	primary key (org_id, link_id, href),
	unique (org_id, link_id, event_id),
	foreign key (org_id, link_id) references calendar_links (org_id, id) on delete cascade,
	foreign key (org_id, event_id) references calendar_events (org_id, id)
);
select fl_tenant_table('calendar_copies');

insert into notification_kinds values ('calendar_clash', 104);

create function sync_ask(l calendar_links, p_priority int) returns void language plpgsql as $$
begin
	perform fl_enqueue('calendar-sync', sync_kind_job(l.kind), jsonb_build_object('link_id', l.id), p_priority, null, 'pull:' || l.id);
end
$$;

create function sync_add(p_kind text, p_name text, p_place text, p_secret bytea) returns table (id uuid) language plpgsql as $$
declare
	l calendar_links;
begin
	if fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed');
	elsif (select count(*) from calendar_links x where x.org_id = fl_org() and x.user_id = fl_user()) >= 20 then
		perform fl_fail('FL422', 'wrong.links_full', 'url');
	end if;
	insert into calendar_links (org_id, user_id, kind, name, place, secret) values (fl_org(), fl_user(), p_kind, p_name, p_place, p_secret) returning * into l;
	perform sync_ask(l, 3);
	perform fl_audit('calendar.link', 'calendar_link', l.id, jsonb_build_object('kind', p_kind, 'place', p_place));
	return query select l.id;
end
$$;

create function sync_now(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	return query select l.id from calendar_links l, sync_ask(l, 3) where l.org_id = fl_org() and l.user_id = fl_user() and l.id = p_id;
end
$$;

-- Every quarter of an hour (X-27). A calendar that is gone or shut is tried once a day.
create function sync_due() returns bigint language plpgsql as $$
declare
	l record;
	v_done bigint := 0;
begin
	for l in select x.org_id, x.id, x.kind from public.calendar_links x join public.organizations o on o.id = x.org_id and o.suspended_at is null
			where coalesce(x.last_run_at < now() - case when x.state in ('gone', 'denied', 'refused') then interval '1 day' else interval '14 minutes' end, true) limit 10000 loop
		perform set_config('app.current_org_id', l.org_id::text, true);
		perform public.fl_enqueue('calendar-sync', public.sync_kind_job(l.kind), jsonb_build_object('link_id', l.id), 5, null, 'pull:' || l.id);
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sync_due()', 'fl_sweep');

-- The calendars there; the only one is taken.
create function sync_found(p_id uuid, p_choices jsonb) returns void language plpgsql as $$
declare
	l calendar_links;
begin
	update calendar_links x set choices = p_choices, collection = case when jsonb_array_length(p_choices) = 1 then p_choices #>> '{0,href}' end, last_run_at = now(),
			error = case jsonb_array_length(p_choices) when 0 then 'there is no calendar at this address' end,
			state = case jsonb_array_length(p_choices) when 0 then 'failed' when 1 then 'new' else 'choose' end, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id and x.collection is null returning * into l;
	if l.collection is not null then
		perform sync_again(l);
	end if;
end
$$;
create function sync_choose(p_id uuid, p_href text) returns table (id uuid) language plpgsql as $$
declare
	l calendar_links;
begin
	update calendar_links x set collection = p_href, state = 'new', sync_token = '', updated_at = now() where x.org_id = fl_org() and x.user_id = fl_user() and x.id = p_id and x.collection is null
		and x.choices @> jsonb_build_array(jsonb_build_object('href', p_href)) returning * into l;
	if l.id is not null then
		perform sync_ask(l, 3);
		perform fl_audit('calendar.choose', 'calendar_link', p_id, jsonb_build_object('href', p_href));
		return query select l.id;
	end if;
end
$$;

-- What is to go there: events of its person that are new or changed here, and those that are over, as deletions.
create function sync_outgoing(p_id uuid) returns table (event_id uuid, act text, href text, etag text, version int, ics text) language sql stable as $$
	select e.id, case when e.status = 'CANCELLED' or p.party_id is null then 'delete' else 'put' end, c.href, c.etag, e.version,
		case when e.status <> 'CANCELLED' and p.party_id is not null then calendar_ics_series(e.id, null) end
	from calendar_links l join calendar_events e on e.org_id = l.org_id left join calendar_copies c on c.org_id = l.org_id and c.link_id = l.id and c.event_id = e.id
		left join calendar_parties p on p.org_id = l.org_id and p.event_id = e.id and p.party_id = l.user_id
	where l.org_id = (select fl_org()) and l.id = p_id and (c.href is null and p.party_id is not null and e.status <> 'CANCELLED'
			and exists (select from calendar_occurrences o where o.org_id = e.org_id and o.event_id = e.id and o.ends_at > now())
			and not exists (select from calendar_copies k where k.org_id = e.org_id and k.event_id = e.id) or c.href is not null and c.version <> e.version)
	order by e.updated_at limit 200
$$;

-- One event from there. Answers whether both sides had changed it. Its times in zones nobody knows are taken as its person's.
create function sync_import(l calendar_links, p_href text, p_etag text, p_cal jsonb) returns boolean language plpgsql as $$
declare
	v jsonb := (select x from jsonb_array_elements(p_cal -> 'events') x where not x ? 'recurrence' limit 1);
	v_home text := sync_zone(l.user_id);
	v_zone text;
	v_start timestamptz;
	v_end timestamptz;
	c calendar_copies;
	e calendar_events;
	f calendar_events;
	v_clash boolean := false;
begin
	v_zone := coalesce(calendar_zone_of(nullif(v #>> '{start,zone}', 'UTC')), v_home);
	v_start := calendar_ical_at(v -> 'start', v_zone);
	v_end := coalesce(calendar_ical_at(v -> 'end', v_zone), v_start + make_interval(secs => coalesce((v ->> 'duration_s')::float8, case when (v ->> 'all_day')::boolean then 86400 else 3600 end)));
	if v is null or coalesce(v ->> 'uid', '') = '' or length(v ->> 'uid') > 255 or v_start is null or v_end <= v_start or v_end - v_start > interval '90 days' then
		return false;
	end if;
	select * into c from calendar_copies x where x.org_id = l.org_id and x.link_id = l.id and x.href = p_href for update;
	select * into e from calendar_events x where x.org_id = l.org_id and (x.id = c.event_id or c.event_id is null and x.uid = v ->> 'uid') for update;
	if e.id is not null and c.event_id is null and not exists (select from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.party_id = l.user_id) then
		return false; -- another person's event of this name
	end if;
	v_clash := c.event_id is not null and e.version <> c.version;
	f := e;
	f.org_id := l.org_id;
	f.id := coalesce(e.id, fl_uuid());
	f.title := left(coalesce(nullif(v ->> 'summary', ''), '…'), 300);
	f.note := left(coalesce(v ->> 'description', ''), 5000);
	f.place := left(coalesce(v ->> 'location', ''), 300);
	f.zone := v_zone;
	f.starts_local := v_start at time zone v_zone;
	f.ends_local := v_end at time zone v_zone;
	f.all_day := (v ->> 'all_day')::boolean;
	f.busy := not (v ->> 'free')::boolean;
	f.rule := left(nullif(v ->> 'rule', ''), 300);
	f.left_out := array(select calendar_ical_at(t, v_zone) at time zone v_zone from jsonb_array_elements(v -> 'except') t where calendar_ical_at(t, v_zone) is not null order by 1);
	f.added := array(select calendar_ical_at(t, v_zone) at time zone v_zone from jsonb_array_elements(v -> 'also') t where calendar_ical_at(t, v_zone) is not null order by 1);
	f.status := case v ->> 'status' when 'CANCELLED' then 'CANCELLED' when 'TENTATIVE' then 'TENTATIVE' else 'CONFIRMED' end;
	if e.id is null then
		insert into calendar_events (org_id, id, owner_id, uid, title, note, place, zone, starts_local, ends_local, all_day, busy, rule, left_out, added, status, organizer)
			values (l.org_id, f.id, l.user_id, v ->> 'uid', f.title, f.note, f.place, f.zone, f.starts_local, f.ends_local, f.all_day, f.busy, f.rule, f.left_out, f.added, f.status,
				nullif(v ->> 'organizer', '')) returning * into e;
		insert into calendar_parties (org_id, event_id, party_id, kind) values (l.org_id, f.id, l.user_id, 'person');
	elsif (f.title, f.note, f.place, f.zone, f.starts_local, f.ends_local, f.all_day, f.rule, f.left_out, f.added, f.status) is distinct from
			(e.title, e.note, e.place, e.zone, e.starts_local, e.ends_local, e.all_day, e.rule, e.left_out, e.added, e.status) or v_clash then
		update calendar_events x set title = f.title, note = f.note, place = f.place, zone = f.zone, starts_local = f.starts_local, ends_local = f.ends_local, all_day = f.all_day, busy = f.busy,
				rule_dates = case when x.rule is distinct from f.rule or x.starts_local <> f.starts_local then '{}' else x.rule_dates end, rule = f.rule,
				left_out = f.left_out, added = f.added, status = f.status, sequence = x.sequence + 1, version = x.version + 1, updated_at = now()
			where x.org_id = l.org_id and x.id = f.id returning * into e;
	end if;
	delete from calendar_changes x where x.org_id = l.org_id and x.event_id = e.id;
	insert into calendar_changes (org_id, event_id, original_local, starts_local, ends_local)
		select l.org_id, e.id, k.o at time zone v_zone, k.s at time zone v_zone, k.f at time zone v_zone from (select calendar_ical_at(x -> 'recurrence', v_zone), calendar_ical_at(x -> 'start', v_zone),
			coalesce(calendar_ical_at(x -> 'end', v_zone), calendar_ical_at(x -> 'start', v_zone) + (v_end - v_start)) from jsonb_array_elements(p_cal -> 'events') x where x ? 'recurrence') k(o, s, f)
		where k.o is not null and k.f > k.s on conflict do nothing;
	begin
		perform calendar_occur(e.id);
	exception when sqlstate 'FL409' then
		-- taken here already: it is shown, and takes no second time
		update calendar_events x set busy = false where x.org_id = l.org_id and x.id = e.id;
		perform calendar_occur(e.id);
	end;
	insert into calendar_copies (org_id, link_id, href, etag, event_id, version) values (l.org_id, l.id, p_href, p_etag, e.id, e.version)
		on conflict (org_id, link_id, href) do update set etag = excluded.etag, version = excluded.version;
	return v_clash;
end
$$;

-- Gone there: cancelled here.
create function sync_forget(l calendar_links, p_href text) returns void language plpgsql as $$
declare
	v_event uuid;
begin
	delete from calendar_copies c where c.org_id = l.org_id and c.link_id = l.id and c.href = p_href returning c.event_id into v_event;
	update calendar_events e set status = 'CANCELLED', sequence = e.sequence + 1, version = e.version + 1, updated_at = now() where e.org_id = l.org_id and e.id = v_event and e.status <> 'CANCELLED';
	if found then
		perform calendar_occur(v_event);
		perform fl_audit('calendar.cancel', 'event', v_event, jsonb_build_object('link_id', l.id));
	end if;
end
$$;

-- What changes here goes there at once (X-27), but not what came from there.
create function sync_changed() returns trigger language plpgsql as $$
declare
	l calendar_links;
begin
	for l in select k.* from calendar_links k where k.org_id = new.org_id and k.kind = 'caldav' and k.collection is not null and k.id::text <> coalesce(current_setting('app.syncing', true), '')
			and (exists (select from calendar_parties p where p.org_id = new.org_id and p.event_id = new.id and p.party_id = k.user_id)
				or exists (select from calendar_copies c where c.org_id = new.org_id and c.link_id = k.id and c.event_id = new.id)) loop
		perform sync_again(l);
	end loop;
	return null;
end
$$;
create constraint trigger sync_changed after insert or update on calendar_events deferrable initially deferred for each row execute function sync_changed();

-- Names of zones as other programs write them; null when we know none such. Asked for each event of a calendar, so the view of all zones (20 ms) is not read.
create or replace function calendar_zone_of(p_name text) returns text language plpgsql stable as $$
declare
	v_name text := case when p_name ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}$' or p_name in ('UTC', 'GMT') then p_name else substring(p_name from '([A-Za-z_]+/[A-Za-z_]+)$') end;
begin
	if v_name is not null then
		begin
			perform now() at time zone v_name;
			return v_name;
		exception when invalid_parameter_value then
			null;
		end;
	end if;
	return (select w.zone from (values ('GMT Standard Time', 'Europe/London'), ('Greenwich Standard Time', 'Atlantic/Reykjavik'), ('W. Europe Standard Time', 'Europe/Berlin'),
			('Romance Standard Time', 'Europe/Paris'), ('Central Europe Standard Time', 'Europe/Budapest'), ('Central European Standard Time', 'Europe/Warsaw'),
			('E. Europe Standard Time', 'Europe/Chisinau'), ('FLE Standard Time', 'Europe/Kiev'), ('GTB Standard Time', 'Europe/Bucharest'), ('Turkey Standard Time', 'Europe/Istanbul'),
			('Russian Standard Time', 'Europe/Moscow'), ('Israel Standard Time', 'Asia/Jerusalem'), ('South Africa Standard Time', 'Africa/Johannesburg'),
			('Arabian Standard Time', 'Asia/Dubai'), ('India Standard Time', 'Asia/Kolkata'), ('SE Asia Standard Time', 'Asia/Bangkok'), ('China Standard Time', 'Asia/Shanghai'),
			('Singapore Standard Time', 'Asia/Singapore'), ('Tokyo Standard Time', 'Asia/Tokyo'), ('Korea Standard Time', 'Asia/Seoul'), ('AUS Eastern Standard Time', 'Australia/Sydney'),
			('New Zealand Standard Time', 'Pacific/Auckland'), ('Eastern Standard Time', 'America/New_York'), ('Central Standard Time', 'America/Chicago'),
			('Mountain Standard Time', 'America/Denver'), ('US Mountain Standard Time', 'America/Phoenix'), ('Pacific Standard Time', 'America/Los_Angeles'),
			('Alaskan Standard Time', 'America/Anchorage'), ('Hawaiian Standard Time', 'Pacific/Honolulu'), ('Atlantic Standard Time', 'America/Halifax'),
			('Argentina Standard Time', 'America/Buenos_Aires'), ('E. South America Standard Time', 'America/Sao_Paulo'), ('SA Pacific Standard Time', 'America/Bogota'),
			('Central Standard Time (Mexico)', 'America/Mexico_City'), ('Pacific SA Standard Time', 'America/Santiago')) w(name, zone) where w.name = p_name);
end
$$;
