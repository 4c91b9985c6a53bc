-- Reminders of events (SCH-15): the usual ones for the people of each occurrence of the next eight days, made when it is saved, and by an hourly sweep
-- as the days come near.

insert into notification_kinds values ('event_reminder', 96), ('booking', 97);
insert into notification_subjects values ('event', '/calendar', true);

create function calendar_remind(p_org uuid, p_id uuid) returns bigint language sql as $$
	select count(public.fl_remind_before(p.party_id, 'event_reminder', 'event', e.id, o.starts_at, jsonb_build_object('subject', e.title)) is null)
	from public.calendar_events e join public.calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id
		join public.calendar_parties p on p.org_id = e.org_id and p.event_id = e.id and p.kind = 'person'
	where e.org_id = p_org and (p_id is null or e.id = p_id) and not e.all_day and o.starts_at > now() and o.starts_at < now() + interval '8 days'
$$;

create function calendar_remind_changed() returns trigger language plpgsql as $$
begin
	perform public.fl_remind_withdraw('event', new.id), public.calendar_remind(new.org_id, new.id);
	return null;
end
$$;
create constraint trigger remind after insert or update on calendar_events deferrable initially deferred for each row execute function calendar_remind_changed();

create function calendar_remind_sweep() returns bigint language plpgsql as $$
declare
	v_org uuid;
	v_done bigint := 0;
begin
	for v_org in select distinct o.org_id from public.calendar_occurrences o where o.starts_at between now() and now() + interval '8 days' loop
		perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
		v_done := v_done + public.calendar_remind(v_org, null);
	end loop;
	return v_done;
end
$$;
select fl_definer_function('calendar_remind_sweep()', 'fl_sweep');
