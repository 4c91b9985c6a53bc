-- How each person is told (NTF): in the app, by mail, by text message, as he chose for each kind; not in his quiet hours, unless it is urgent;
-- or gathered in one mail an hour or a day. What went out on which way, and what became of it, is a row.

alter table notification_kinds add column urgent boolean not null default false, -- passes quiet hours and digests
	add column by_mail boolean not null default false,                             -- of who has not chosen
	add column template text not null default 'notify';                            -- templates/mail/NAME, message note.sms.NAME
insert into notification_kinds values ('mention', 145) on conflict do nothing;
update notification_kinds set urgent = kind in ('escalated', 'sla_breach', 'sla_escalation'),
	by_mail = kind in ('event_reminder', 'task_reminder', 'sla_breach', 'sla_escalation'),
	template = case kind when 'needs_review' then 'notify-review' when 'needs_approval' then 'approval-waiting' when 'event_reminder' then 'note-reminder'
		when 'task_reminder' then 'note-reminder' when 'sla_warning' then 'note-warning' when 'sla_breach' then 'note-breach' when 'sla_escalation' then 'note-breach'
		when 'task_late' then 'note-breach' when 'assigned' then 'note-assigned' when 'task_assigned' then 'note-assigned' when 'mention' then 'note-mention' else 'notify' end;

-- Who wants a kind only on other ways has a notification all the same: what went out hangs on it.
alter table notifications add column shown boolean not null default true;
alter table notification_preferences add column sms boolean not null default false;

create table notification_settings (
	org_id uuid not null,
	user_id uuid not null,
	phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
	phone_proved_at timestamptz, -- the code that was sent to it came back
	phone_code text,
	phone_tries smallint not null default 0,
	phone_sent_at timestamptz,
	quiet_from time,
	quiet_until time,
	digest text not null default 'off' check (digest in ('off', 'hourly', 'daily')),
	digest_hour smallint not null default 8 check (digest_hour between 0 and 23),
	digest_at timestamptz, -- when what was gathered goes out; null: nothing was
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, user_id),
	check ((quiet_from is null) = (quiet_until is null)),
	foreign key (org_id, user_id) references memberships (org_id, user_id) on delete cascade
);
create index notification_settings_digest on notification_settings (digest_at) where digest_at is not null;
select fl_tenant_table('notification_settings');

create table notification_deliveries (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	notification_id uuid not null,
	user_id uuid not null,
	channel text not null check (channel in ('email', 'sms')),
	state text not null check (state in ('waiting', 'digest', 'handed', 'skipped')), -- handed: email_messages or sms_messages say the rest
	reason text check (reason in ('quiet', 'off', 'read', 'limit', 'stopped')),      -- why it waits, or was skipped
	due_at timestamptz not null default now(),
	email_id uuid,
	sms_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, notification_id) references notifications (org_id, id) on delete cascade
);
create index notification_deliveries_note on notification_deliveries (org_id, notification_id);
create index notification_deliveries_digest on notification_deliveries (org_id, user_id, id) where state = 'digest';
select fl_tenant_table('notification_deliveries');

-- A person's own zone, else the organisation's. People are of the platform, so a tenant cannot look for itself.
create function note_zone(p_user uuid) returns text language plpgsql stable as $$
begin
	return coalesce((select u.zone from public.users u join public.memberships m on m.user_id = u.id and m.org_id = public.fl_org() where u.id = p_user),
		(select o.zone from public.organizations o where o.id = public.fl_org()), 'UTC');
end
$$;
select fl_definer_function('note_zone(uuid)');

-- When the quiet hours that hold at p_at are over; null: none hold. They are the hands of the wall clock, also over a clock change.
create function note_quiet_until(s notification_settings, p_at timestamptz) returns timestamptz language plpgsql stable as $$
declare
	v_zone text;
	v_now timestamp;
	v_over boolean := s.quiet_from > s.quiet_until; -- over midnight
begin
	if s.quiet_from is null or s.quiet_from = s.quiet_until then
		return null;
	end if;
	v_zone := note_zone(s.user_id);
	v_now := p_at at time zone v_zone;
	if v_over and v_now::time < s.quiet_from and v_now::time >= s.quiet_until or not v_over and (v_now::time < s.quiet_from or v_now::time >= s.quiet_until) then
		return null;
	end if;
	return nullif(greatest((v_now::date + case when v_over and v_now::time >= s.quiet_from then 1 else 0 end + s.quiet_until) at time zone v_zone, p_at), p_at);
end
$$;

-- When the next digest of a person goes out, seen from p_at: the next full hour or his hour of the day, after his quiet hours.
create function note_digest_at(s notification_settings, p_at timestamptz) returns timestamptz language plpgsql stable as $$
declare
	v_zone text := note_zone(s.user_id);
	v_at timestamptz;
begin
	if s.digest = 'hourly' then
		v_at := date_trunc('hour', p_at) + interval '1 hour';
	else
		v_at := ((p_at at time zone v_zone)::date + make_time(s.digest_hour, 0, 0)) at time zone v_zone;
		if v_at <= p_at then
			v_at := ((p_at at time zone v_zone)::date + 1 + make_time(s.digest_hour, 0, 0)) at time zone v_zone;
		end if;
	end if;
	return coalesce(note_quiet_until(s, v_at), v_at);
end
$$;

-- What a mail about a notification shows.
create function note_shows(n notifications) returns jsonb language sql stable as $$
	select jsonb_strip_nulls(jsonb_build_object('number', n.detail -> 'number', 'subject', coalesce(n.detail ->> 'subject', ''), 'path', note_path(n.subject_kind, n.subject_id),
		'kind', n.kind, 'when', n.detail -> 'due_at', 'late', n.detail -> 'late', 'author', n.detail -> 'author', 'body', n.detail -> 'body', 'user_id', n.user_id))
$$;

-- Hands one delivery over to mail or to text messages, once; p_text is the text message, in the person's language. What the person said meanwhile counts.
create function note_deliver(p_id uuid, p_text text) returns void language plpgsql as $$
declare
	d notification_deliveries;
	n notifications;
	r record;
	v_id uuid;
	v_why text;
begin
	select * into d from notification_deliveries x where x.org_id = fl_org() and x.id = p_id and x.state = 'waiting' for update;
	if d.id is null then
		return;
	end if;
	select * into n from notifications x where x.org_id = d.org_id and x.id = d.notification_id;
	select m.email, m.name, k.template, s.phone, s.phone_proved_at, case d.channel when 'email' then coalesce(p.email, k.by_mail) else coalesce(p.sms, false) end as wanted into r
		from memberships m join notification_kinds k on k.kind = n.kind left join notification_preferences p on p.org_id = m.org_id and p.user_id = m.user_id and p.kind = n.kind
			left join notification_settings s on s.org_id = m.org_id and s.user_id = m.user_id where m.org_id = d.org_id and m.user_id = d.user_id;
	if not coalesce(r.wanted, false) or d.channel = 'sms' and r.phone_proved_at is null then
		v_why := 'off';
	elsif d.reason = 'quiet' and n.shown and n.read_at is not null then
		v_why := 'read';
	elsif d.channel = 'email' then
		v_id := mail_queue(r.email, r.name, note_locale(d.user_id), r.template, note_shows(n), null, null, null, true);
		v_why := case when v_id is null then 'limit' end;
	elsif exists (select from sms_stops t where t.org_id = d.org_id and t.peer = r.phone) then
		v_why := 'stopped';
	else
		v_id := fl_sms(r.phone, p_text, 'note:' || d.id);
	end if;
	update notification_deliveries x set state = case when v_why is null then 'handed' else 'skipped' end, reason = v_why, updated_at = now(),
			email_id = case when d.channel = 'email' then v_id end, sms_id = case when d.channel = 'sms' then v_id end
		where x.org_id = d.org_id and x.id = d.id;
end
$$;

-- One way of one notification: now, after the quiet hours, or with the next digest.
create function note_send(n notifications, p_channel text, s notification_settings, p_urgent boolean) returns void language plpgsql as $$
declare
	v_id uuid := fl_uuid();
	v_until timestamptz;
begin
	if p_channel = 'email' and not p_urgent and s.digest <> 'off' then
		insert into notification_deliveries (org_id, id, notification_id, user_id, channel, state) values (n.org_id, v_id, n.id, n.user_id, 'email', 'digest');
		update notification_settings x set digest_at = note_digest_at(x, now()) where x.org_id = n.org_id and x.user_id = n.user_id and x.digest_at is null;
		return;
	end if;
	v_until := case when not p_urgent and s.user_id is not null then note_quiet_until(s, now()) end;
	insert into notification_deliveries (org_id, id, notification_id, user_id, channel, state, reason, due_at)
		values (n.org_id, v_id, n.id, n.user_id, p_channel, 'waiting', case when v_until is not null then 'quiet' end, coalesce(v_until, now()));
	if p_channel = 'email' and v_until is null then
		perform note_deliver(v_id, null);
	else
		perform fl_enqueue('scheduling-reminders', 'note.deliver', jsonb_build_object('delivery_id', v_id), case when p_urgent then 2 else 4 end, v_until);
	end if;
end
$$;

-- One row a person: for p_user, or for everyone of the current tenant with notify.receive when it is null; each on the ways he chose. Urgent is
-- what its kind says, or p_detail {"urgent": true}.
create or replace function fl_notify(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
declare
	r record;
	n notifications;
	s notification_settings;
begin
	for r in select m.user_id, coalesce(c.in_app, true) as in_app, coalesce(c.email, k.by_mail, false) as email, coalesce(c.sms, false) as sms,
				coalesce(k.urgent, false) or coalesce((p_detail ->> 'urgent')::boolean, false) as urgent
			from memberships m left join notification_kinds k on k.kind = p_kind
				left join notification_preferences c on c.org_id = m.org_id and c.user_id = m.user_id and c.kind = p_kind
			where m.org_id = fl_org() and (m.user_id = p_user
				or (p_user is null and exists (select from role_permissions x where x.role = m.role and x.permission = 'notify.receive'))) loop
		continue when not (r.in_app or r.email or r.sms);
		insert into notifications (org_id, user_id, kind, subject_kind, subject_id, detail, shown, read_at)
			values (fl_org(), r.user_id, p_kind, p_subject_kind, p_subject, coalesce(p_detail, '{}') - 'urgent', r.in_app, case when not r.in_app then now() end) returning * into n;
		continue when not (r.email or r.sms);
		s := null;
		select * into s from notification_settings x where x.org_id = n.org_id and x.user_id = n.user_id;
		if r.email then
			perform note_send(n, 'email', s, r.urgent);
		end if;
		if r.sms and s.phone_proved_at is not null then
			perform note_send(n, 'sms', s, r.urgent);
		end if;
	end loop;
end
$$;
drop function note_mail(uuid, text, text, uuid, jsonb);

-- The sweep: what was gathered for a person goes out as one mail. The mail and the marks are one transaction.
create function note_digest_sweep() returns bigint language plpgsql as $$
declare
	s public.notification_settings;
	v_items jsonb;
	v_ids uuid[];
	v_email uuid;
	v_done bigint := 0;
begin
	for s in select * from public.notification_settings x where x.digest_at <= now() order by x.digest_at limit 5000 for update skip locked loop
		perform set_config('app.current_org_id', s.org_id::text, true), set_config('app.actor', 'system', true);
		select array_agg(d.id), jsonb_agg(public.note_shows(n) || jsonb_build_object('at', n.created_at) order by n.id) filter (where n.read_at is null or not n.shown) into v_ids, v_items
			from public.notification_deliveries d join public.notifications n on n.org_id = d.org_id and n.id = d.notification_id
			where d.org_id = s.org_id and d.user_id = s.user_id and d.state = 'digest';
		v_email := null;
		if v_items is not null then
			select public.mail_queue(m.email, m.name, public.note_locale(m.user_id), 'digest', jsonb_build_object('number', jsonb_array_length(v_items),
					'items', (select jsonb_agg(i) from (select i from jsonb_array_elements(v_items) i limit 200) x), 'path', '/notifications', 'kind', '*', 'user_id', s.user_id), null, null, null, true)
				into v_email from public.memberships m where m.org_id = s.org_id and m.user_id = s.user_id;
			v_done := v_done + 1;
		end if;
		update public.notification_deliveries d set updated_at = now(), email_id = v_email, state = case when v_email is null or x.gone then 'skipped' else 'handed' end,
				reason = case when x.gone then 'read' when v_email is null then 'limit' end
			from (select e.id, n.shown and n.read_at is not null as gone from public.notification_deliveries e join public.notifications n on n.org_id = e.org_id and n.id = e.notification_id
				where e.org_id = s.org_id and e.id = any (v_ids)) x where d.org_id = s.org_id and d.id = x.id;
		update public.notification_settings x set digest_at = null where x.org_id = s.org_id and x.user_id = s.user_id;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('note_digest_sweep()', 'fl_sweep');

-- --- choosing ---

create function note_settings_row() returns void language sql as $$
	insert into notification_settings (org_id, user_id) values (fl_org(), fl_user()) on conflict do nothing
$$;

drop function note_choose(jsonb, jsonb);
create function note_choose(p_in_app jsonb, p_email jsonb, p_sms jsonb, p_from text, p_until text, p_digest text, p_hour bigint) returns table (done bigint) language plpgsql as $$
declare
	s notification_settings;
begin
	if (coalesce(p_from, '') = '') <> (coalesce(p_until, '') = '') then
		perform fl_fail('FL422', 'wrong.quiet_both', case when coalesce(p_from, '') = '' then 'quiet_from' else 'quiet_until' end);
	end if;
	if coalesce(p_from, '') || ' ' || coalesce(p_until, '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9] ([01][0-9]|2[0-3]):[0-5][0-9])? ?$' then
		perform fl_fail('FL422', 'wrong.malformed', 'quiet_from');
	end if;
	insert into notification_preferences (org_id, user_id, kind, in_app, email, sms)
		select fl_org(), fl_user(), k.kind, coalesce(p_in_app, '[]') ? k.kind, coalesce(p_email, '[]') ? k.kind, coalesce(p_sms, '[]') ? k.kind from note_kinds() k
		on conflict (org_id, user_id, kind) do update set in_app = excluded.in_app, email = excluded.email, sms = excluded.sms, updated_at = now();
	get diagnostics done = row_count;
	perform note_settings_row();
	update notification_settings x set quiet_from = nullif(p_from, '')::time, quiet_until = nullif(p_until, '')::time, digest = coalesce(p_digest, 'off'),
		digest_hour = coalesce(p_hour, 8), updated_at = now() where x.org_id = fl_org() and x.user_id = fl_user() returning * into s;
	-- what is gathered follows the new choice; with digests off it goes out at the next tick
	update notification_settings x set digest_at = case when s.digest = 'off' then now() else note_digest_at(s, now()) end
		where x.org_id = s.org_id and x.user_id = s.user_id and x.digest_at is not null;
	return next;
end
$$;

-- A number counts once the code sent to it came back: nobody has texts sent to a stranger. Three codes an hour, five tries each.
create function note_phone(p_phone text) returns table (done bigint) language plpgsql as $$
declare
	v_phone text := regexp_replace(coalesce(p_phone, ''), '[ ().-]', '', 'g');
	v_code text := lpad((('x' || substr(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex'), 1, 15))::bit(60)::bigint % 1000000)::text, 6, '0');
begin
	perform note_settings_row();
	if v_phone = '' then
		update notification_settings x set phone = null, phone_proved_at = null, phone_code = null, updated_at = now() where x.org_id = fl_org() and x.user_id = fl_user();
		return query select 1::bigint;
		return;
	end if;
	if v_phone !~ '^\+[1-9][0-9]{6,14}$' then
		perform fl_fail('FL422', 'wrong.phone', 'phone');
	end if;
	if (select count(*) from sms_messages m where m.org_id = fl_org() and m.dedupe like 'code:' || fl_user() || ':%' and m.created_at > now() - interval '1 hour') >= 3 then
		perform fl_fail('FL429', 'wrong.phone_often', 'phone');
	end if;
	update notification_settings x set phone = v_phone, phone_proved_at = null, phone_code = v_code, phone_tries = 0, phone_sent_at = now(), updated_at = now()
		where x.org_id = fl_org() and x.user_id = fl_user();
	perform fl_sms(v_phone, v_code || ' · Fairlead', 'code:' || fl_user() || ':' || fl_uuid());
	perform fl_audit('note.phone', 'user', fl_user());
	return query select 1::bigint;
end
$$;
