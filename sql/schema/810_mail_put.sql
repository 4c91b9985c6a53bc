-- Mails, and notifications of several people, in sets. A reminder sent by mail cost a backend 2.6 ms: six functions one behind the other, each for one row, a delivery written and then
-- changed, and nine CHECKs read from their texts.

create function email_row_fits(p_state text) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_state in ('queued', 'sent', 'held', 'failed', 'bounced', 'stopped');
end
$$;
alter table email_messages drop constraint email_messages_state_check, add constraint email_messages_fits check (email_row_fits(state)) not valid;
-- requests and jobs write mails: they would all lock the organisation's row
alter table email_messages drop constraint email_messages_org_id_fkey;

create function delivery_row_fits(p_channel text, p_state text, p_reason text) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_channel in ('email', 'sms') and p_state in ('waiting', 'digest', 'handed', 'skipped') and coalesce(p_reason in ('quiet', 'off', 'read', 'limit', 'stopped'), true);
end
$$;
alter table notification_deliveries drop constraint notification_deliveries_channel_check, drop constraint notification_deliveries_state_check,
	drop constraint notification_deliveries_reason_check, add constraint notification_deliveries_fits check (delivery_row_fits(channel, state, reason)) not valid;

create function reminder_row_fits(p_state text) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_state in ('waiting', 'queued', 'sent', 'dropped', 'withdrawn');
end
$$;
alter table reminders drop constraint reminders_state_check, add constraint reminders_fits check (reminder_row_fits(state)) not valid;

-- How many automatic mails one address gets in a day.
create function mail_most(p_is_member boolean, p_template text) returns int language plpgsql immutable as $$
begin
	return case when p_is_member then 100 when p_template in ('meeting', 'meeting-off', 'visit', 'visit-moved', 'visit-off', 'visit-soon') then 20 else 5 end;
end
$$;

-- How many of them have gone in the last day, counted up to p_most.
create function mail_gone(p_to text, p_most int) returns bigint language plpgsql stable as $$
begin
	return (select count(*) from (select from public.email_messages e where e.org_id = public.fl_org() and e.to_email = p_to and e.automatic
		and e.created_at > now() - interval '1 day' limit p_most) x);
end
$$;

-- A mail that is to go; the address in small letters, no locale: the organisation's, no request: the one this transaction works for.
create type mail_new as (id uuid, to_email text, to_name text, locale text, template text, data jsonb, intake_id uuid, in_reply_to text, reference_ids text, automatic boolean, request text);

-- Writes them, each with its job; those to an address that gets no mail are kept as stopped.
create function mail_put(p_all mail_new[]) returns void language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_user uuid := public.fl_user();
	v_request text := coalesce(current_setting('app.request_id', true), '');
begin
	with fresh as materialized (
		select m.*, public.fl_uuid() as job, (select trim(s.status || ' ' || s.reason) from public.mail_stops s where s.org_id = v_org and s.email = m.to_email) as stop
			from unnest(p_all) m
	), jobs as (
		insert into public.jobs (org_id, id, user_id, queue, kind, payload, request_id)
			select v_org, f.job, v_user, 'email', 'email.send', jsonb_build_object('email_id', f.id), coalesce(f.request, v_request) from fresh f where f.stop is null
	)
	insert into public.email_messages (org_id, id, to_email, to_name, locale, template, data, intake_id, number, message_id, in_reply_to, reference_ids, automatic, state, error, job_id)
		select v_org, f.id, f.to_email, left(regexp_replace(coalesce(f.to_name, ''), '[[:cntrl:]]+', ' ', 'g'), 200), coalesce(f.locale, o.default_language), f.template,
				coalesce(f.data, '{}'), f.intake_id, (select r.number from public.intake_requests r where r.org_id = v_org and r.id = f.intake_id),
				'<' || f.id || '@' || coalesce(split_part(b.address, '@', 2), o.slug || '.invalid') || '>', f.in_reply_to, f.reference_ids, f.automatic,
				case when f.stop is null then 'queued' else 'stopped' end, f.stop, case when f.stop is null then f.job end
			from public.organizations o left join lateral (select m.address from public.mailboxes m where m.org_id = o.id and m.active order by m.created_at limit 1) b on true
				cross join fresh f where o.id = v_org;
end
$$;

create or replace function mail_queue(p_to_email text, p_to_name text, p_locale text, p_template text, p_data jsonb, p_intake uuid, p_in_reply_to text, p_references text,
		p_automatic boolean) returns uuid language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_to text := lower(p_to_email);
	v_id uuid := public.fl_uuid();
	v_member boolean;
	v_most int;
begin
	if p_automatic then
		if exists (select from public.mailboxes b where b.org_id = v_org and b.address = v_to) then
			return null;
		end if;
		v_member := exists (select from public.memberships m where m.org_id = v_org and m.email = v_to);
		v_most := public.mail_most(v_member, p_template);
		-- the limit for strangers, who may be programs that answer, is exact; people of the organisation do not wait for each other
		if not v_member then
			perform pg_advisory_xact_lock(hashtext('mail_queue'), hashtext(v_org::text || v_to));
		end if;
		if public.mail_gone(v_to, v_most) >= v_most then
			return null;
		end if;
	end if;
	perform public.mail_put(array[row(v_id, v_to, p_to_name, p_locale, p_template, p_data, p_intake, p_in_reply_to, p_references, p_automatic, null)::public.mail_new]);
	return v_id;
end
$$;

-- Mails about notifications that go out at once.
create function note_mail_all(p_all note_outward[]) returns void language plpgsql as $$
declare
	v_org uuid := fl_org();
	v_mails mail_new[];
begin
	with way as materialized (
		select o.n, o.id as note_id, o.user_id, o.request, fl_uuid() as id, fl_uuid() as mail_id, m.email, m.name, note_locale(o.user_id) as locale, k.template,
				jsonb_strip_nulls(jsonb_build_object('number', t.detail -> 'number', 'subject', coalesce(t.detail ->> 'subject', ''), 'kind', t.kind, 'when', t.detail -> 'due_at',
					'late', t.detail -> 'late', 'author', t.detail -> 'author', 'body', t.detail -> 'body', 'user_id', o.user_id,
					'path', coalesce(s.path || case when s.with_id then '/' || t.subject_id else '' end, '/notifications'))) as data
			from unnest(p_all) with ordinality o(id, user_id, email, sms, urgent, request, n)
				cross join lateral (select x.* from notifications x where x.org_id = v_org and x.id = o.id offset 0) t
				join memberships m on m.org_id = v_org and m.user_id = o.user_id
				join notification_kinds k on k.kind = t.kind left join notification_subjects s on s.subject_kind = t.subject_kind
	), free as materialized (
		select a.email, case when exists (select from mailboxes b where b.org_id = v_org and b.address = a.email) then 0
				else mail_most(true, null) - mail_gone(a.email, mail_most(true, null)) end as n
			from (select distinct w.email from way w) a
	), fits as materialized (
		select w.*, row_number() over (partition by w.email order by w.n) <= f.n as goes from way w join free f on f.email = w.email
	), told as (
		insert into notification_deliveries (org_id, id, notification_id, user_id, channel, state, reason, email_id)
			select v_org, f.id, f.note_id, f.user_id, 'email', case when f.goes then 'handed' else 'skipped' end, case when not f.goes then 'limit' end,
					case when f.goes then f.mail_id end
				from fits f
	)
	select array_agg(row(f.mail_id, f.email, f.name, f.locale, f.template, f.data, null, null, null, true, f.request)::mail_new order by f.n) filter (where f.goes)
		into v_mails from fits f;
	if v_mails is not null then
		perform mail_put(v_mails);
	end if;
end
$$;

-- Mail that nothing holds back goes out together; what waits for an hour of its person, and text messages, one by one.
create or replace function note_send_all(p_all note_outward[]) returns void language plpgsql as $$
declare
	v_now note_outward[];
	v_rest note_outward[];
	o note_outward;
	n notifications;
	s notification_settings;
begin
	select array_agg(x.o) filter (where x.at_once), array_agg(row((x.o).id, (x.o).user_id, (x.o).email and not x.at_once, x.by_sms, (x.o).urgent, (x.o).request)::note_outward)
				filter (where x.by_sms or (x.o).email and not x.at_once)
			into v_now, v_rest
		from (select row(a.id, a.user_id, a.email, a.sms, a.urgent, a.request)::note_outward as o, a.sms and g.phone_proved_at is not null as by_sms,
					a.email and (a.urgent or g.user_id is null or g.digest = 'off' and g.quiet_from is null) as at_once
				from unnest(p_all) a left join notification_settings g on g.org_id = fl_org() and g.user_id = a.user_id) x;
	if v_now is not null then
		perform note_mail_all(v_now);
	end if;
	foreach o in array coalesce(v_rest, '{}') loop
		select * into n from notifications x where x.org_id = fl_org() and x.id = o.id;
		select * into s from notification_settings x where x.org_id = fl_org() and x.user_id = o.user_id;
		if o.request is not null then
			perform set_config('app.request_id', o.request, true);
		end if;
		if o.email then
			perform note_send(n, 'email', s, o.urgent);
		end if;
		if o.sms then
			perform note_send(n, 'sms', s, o.urgent);
		end if;
	end loop;
end
$$;

-- One notification for each element: for its person, or for everyone with the operator right where that is null.
create function fl_notify_each(p_users uuid[], p_kinds text[], p_subject_kinds text[], p_subjects uuid[], p_details jsonb[], p_requests text[]) returns void language plpgsql as $$
declare
	v_org uuid := fl_org();
	v_out note_outward[];
begin
	with who as materialized (
		select fl_uuid() as id, m.user_id, x.kind, x.subject_kind, x.subject, coalesce(x.detail, '{}') as detail, x.request, coalesce(c.in_app, true) as in_app,
				coalesce(c.email, k.by_mail, false) as email, coalesce(c.sms, false) as sms,
				coalesce(k.urgent, false) or coalesce((x.detail ->> 'urgent')::boolean, false) as urgent
			from unnest(p_users, p_kinds, p_subject_kinds, p_subjects, p_details, p_requests) with ordinality x(person, kind, subject_kind, subject, detail, request, n)
				cross join lateral (select y.user_id from memberships y where y.org_id = v_org and y.user_id = x.person
					union all select y.user_id from memberships y join role_permissions r on r.role = y.role and r.permission = 'notify.receive' where x.person is null and y.org_id = v_org) m
				left join notification_kinds k on k.kind = x.kind
				left join notification_preferences c on c.org_id = v_org and c.user_id = m.user_id and c.kind = x.kind
			order by x.n, m.user_id
	), told as (
		insert into notifications (org_id, id, user_id, kind, subject_kind, subject_id, detail, shown, read_at)
			select v_org, w.id, w.user_id, w.kind, w.subject_kind, w.subject, w.detail - 'urgent', w.in_app, case when not w.in_app then now() end
				from who w where w.in_app or w.email or w.sms
	)
	select array_agg(row(w.id, w.user_id, w.email, w.sms, w.urgent, w.request)::note_outward) into v_out from who w where w.email or w.sms;
	if v_out is not null then
		perform note_send_all(v_out);
	end if;
end
$$;

create or replace function fl_notify(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	perform fl_notify_each(array[p_user], array[p_kind], array[p_subject_kind], array[p_subject], array[p_detail], null);
end
$$;

create or replace function fl_notify_all(p_user uuid, p_kinds text[], p_subject_kind text, p_subjects uuid[], p_details jsonb[], p_requests text[]) returns void language plpgsql as $$
begin
	perform fl_notify_each(array_fill(p_user, array[cardinality(p_kinds)]), p_kinds, array_fill(p_subject_kind, array[cardinality(p_kinds)]), p_subjects, p_details, p_requests);
end
$$;
