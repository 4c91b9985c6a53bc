-- Google says when a calendar changed (SCH-13, X-27; developers.google.com/calendar/api/guides/push): a channel a calendar, made anew a day before it ends by the run that
-- every quarter of an hour's sweep asks for. Without one the calendar is looked into each quarter of an hour, as before.

alter table calendar_links add column channel_id uuid unique,
	add column channel_resource text,
	add column channel_until timestamptz,
	add column channel_error text,
	add column channel_tried_at timestamptz;

-- What came of asking for a channel; the one there was stays until there is another.
create function sync_google_channel(p_id uuid, p_channel uuid, p_resource text, p_until timestamptz, p_error text) returns void language sql as $$
	update calendar_links l set channel_id = coalesce(p_channel, l.channel_id), channel_resource = coalesce(p_resource, l.channel_resource),
			channel_until = coalesce(p_until, l.channel_until), channel_error = left(p_error, 300), channel_tried_at = now()
		where l.org_id = (select fl_org()) and l.id = p_id
$$;

-- Something changed in the calendar of that channel, whose token was checked. Nobody is entered: the channel tells the organisation.
create function sync_google_pushed(p_channel uuid) returns table (id uuid) language plpgsql as $$
declare
	l public.calendar_links;
begin
	select k.* into l from public.calendar_links k join public.organizations o on o.id = k.org_id and o.suspended_at is null where k.channel_id = p_channel;
	if l.id is not null then
		perform set_config('app.current_org_id', l.org_id::text, true), set_config('app.actor', 'system', true);
		perform public.sync_again(l);
		return query select l.id;
	end if;
end
$$;
select fl_definer_function('sync_google_pushed(uuid)');

-- Once more when the run that asks for it, or that is under way, is over: it may have looked at what is to go there already.
create or replace function sync_again(l calendar_links) returns void language plpgsql as $$
begin
	perform public.fl_enqueue('calendar-sync', public.sync_kind_job(l.kind), jsonb_build_object('link_id', l.id), 4, null,
		case when exists (select from public.jobs j where j.org_id = l.org_id and j.queue = 'calendar-sync' and j.dedupe = 'again:' || l.id and j.state = 'active') then 'more:' else 'again:' end || l.id);
end
$$;

-- Disconnected: Google's consent is taken back too, and the channel ended.
create or replace function sync_remove(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	l calendar_links;
begin
	delete from calendar_links x where x.org_id = fl_org() and x.user_id = fl_user() and x.id = p_id returning * into l;
	if l.id is not null then
		if l.kind = 'google' then
			perform fl_enqueue('calendar-sync', 'sync.revoke', jsonb_build_object('secret', translate(encode(l.secret, 'base64'), E'\n', ''),
				'channel', l.channel_id, 'resource', l.channel_resource));
		end if;
		perform fl_audit('calendar.unlink', 'calendar_link', p_id);
		return query select l.id;
	end if;
end
$$;
