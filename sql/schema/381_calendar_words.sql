-- What recurs is said in words, by the reader's catalogue (format `repeat`), in mails too.

-- When an event is, in its own zone; its rule is said beside it.
create or replace function calendar_when(e calendar_events) returns text language sql stable as $$
	select case when e.all_day then e.starts_local::date::text else booking_when(e.starts_local at time zone e.zone, e.ends_local at time zone e.zone, e.zone) end
$$;

create or replace function calendar_tell(e calendar_events, p_email text, p_method text) returns void language plpgsql as $$
begin
	perform mail_queue(p_email, '', null, case p_method when 'CANCEL' then 'event-off' else 'event' end, jsonb_build_object('subject', e.title, 'body', calendar_when(e), 'rule', e.rule,
		'note', concat_ws(E'\n\n', nullif(e.place, ''), nullif(e.note, '')),
		'author', coalesce((select m.name from memberships m where m.org_id = e.org_id and m.user_id = e.owner_id), ''), 'ics', calendar_ics_series(e.id, p_method)), null, null, null, false);
end
$$;

-- The day a rule ends with; null when it has none, or when there is no such day, as calendars elsewhere may say.
create function calendar_until(p_rule text) returns date language plpgsql immutable as $$
begin
	return substring(p_rule from ';UNTIL=([0-9]{8})$')::date;
exception when datetime_field_overflow or invalid_datetime_format then
	return null;
end
$$;

-- The choice of the form that a rule is, without its end; rule when it is none of them.
create function calendar_repeat(p_rule text) returns text language sql immutable as $$
	select case case when calendar_until(p_rule) is null then p_rule else regexp_replace(p_rule, ';UNTIL=[0-9]{8}$', '') end
		when 'FREQ=DAILY' then 'daily' when 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR' then 'workdays' when 'FREQ=WEEKLY' then 'weekly' when 'FREQ=WEEKLY;INTERVAL=2' then 'biweekly'
		when 'FREQ=MONTHLY' then 'monthly' when 'FREQ=YEARLY' then 'yearly' else case when p_rule is null then 'never' else 'rule' end end
$$;
