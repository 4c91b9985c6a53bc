-- Mail that comes back (NTF-05, NTF-07; RFC 3464): the mail it tells of is known by its Message-ID, which nobody else can guess. An address that
-- does not exist gets no more mail until a person says so.

alter table email_messages drop constraint email_messages_state_check,
	add constraint email_messages_state_check check (state in ('queued', 'sent', 'held', 'failed', 'bounced', 'stopped')), -- stopped: its address gets no mail
	add column tries smallint not null default 0,
	add column job_id uuid,
	add column delayed_at timestamptz; -- a server on the way said that it tries on
drop index email_messages_stuck;
create index email_messages_stuck on email_messages (org_id, id) where state in ('held', 'failed', 'bounced', 'stopped');
create index email_messages_to on email_messages (org_id, to_email, id);

create table mail_stops (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	email text not null,
	status text not null default '', -- enhanced status code (RFC 3463), "5.1.1"
	reason text not null default '',
	email_id uuid, -- the mail that came back
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, email)
);
select fl_tenant_table('mail_stops');

insert into notification_kinds values ('mail_bounced', 89);
insert into notification_subjects values ('mail_stop', '/channels/mail', false) on conflict do nothing;

-- Whether a status says that the address itself is no good, not that its mailbox is full or the mail was disliked.
create function mail_status_hard(p_status text) returns boolean language sql immutable as $$
	select p_status ~ '^5\.(1\.[0-9]+|2\.1|0\.0)$' and p_status not in ('5.1.7', '5.1.8') -- those blame the sender
$$;

-- No more mail to an address; tells a person once.
create function mail_stop(p_email text, p_status text, p_why text, p_mail uuid) returns void language plpgsql as $$
declare
	e email_messages;
	v_owner uuid;
begin
	insert into mail_stops (org_id, email, status, reason, email_id) values (fl_org(), lower(p_email), coalesce(p_status, ''), left(coalesce(p_why, ''), 300), p_mail)
		on conflict do nothing;
	if not found then
		return;
	end if;
	select * into e from email_messages x where x.org_id = fl_org() and x.id = p_mail;
	select r.assignee_id into v_owner from intake_requests r where r.org_id = fl_org() and r.id = e.intake_id;
	perform fl_audit('mail.stop', 'mail_stop', p_mail, jsonb_build_object('email', p_email, 'status', p_status));
	perform fl_notify(v_owner, 'mail_bounced', case when e.intake_id is null then 'mail_stop' else 'intake' end, e.intake_id,
		jsonb_strip_nulls(jsonb_build_object('number', e.number, 'subject', p_email)));
end
$$;

-- A person says that an address is good after all.
create function mail_stop_lift(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	v_email text;
begin
	delete from mail_stops s where s.org_id = fl_org() and s.id = p_id returning s.email into v_email;
	if found then
		perform fl_audit('mail.stop_lift', 'mail_stop', p_id, jsonb_build_object('email', v_email));
		return query select p_id;
	end if;
end
$$;

-- One mail came back, or is late on its way. Three soft ones to an address within 30 days stop it as a hard one does.
create function mail_came_back(p_id uuid, p_action text, p_status text, p_why text) returns void language plpgsql as $$
declare
	e email_messages;
begin
	if p_action = 'delayed' then
		update email_messages x set delayed_at = now(), error = left(p_why, 300), updated_at = now() where x.org_id = fl_org() and x.id = p_id and x.state = 'sent';
	elsif p_action = 'failed' then
		update email_messages x set state = 'bounced', error = left(trim(coalesce(p_status, '') || ' ' || coalesce(p_why, '')), 300), updated_at = now()
			where x.org_id = fl_org() and x.id = p_id and x.state <> 'bounced' returning * into e;
		if e.id is null then
			return;
		end if;
		perform fl_audit('email.bounced', 'email', p_id, jsonb_build_object('status', p_status));
		if mail_status_hard(p_status) or 3 <= (select count(*) from email_messages x where x.org_id = e.org_id and x.to_email = e.to_email and x.state = 'bounced'
				and x.updated_at > now() - interval '30 days') then
			perform mail_stop(e.to_email, p_status, p_why, e.id);
		end if;
	end if;
end
$$;

-- What a report of delivery says of a mail that came in and that nobody has read yet. True when it was about mail of ours.
create function mail_report(p_mail uuid, p_report jsonb) returns boolean language plpgsql as $$
declare
	e record;
	v_ours boolean := false;
begin
	if jsonb_typeof(p_report -> 'recipients') is distinct from 'array' or not exists (select from mail_raw w where w.org_id = fl_org() and w.id = p_mail and w.state = 'new') then
		return false;
	end if;
	for e in select m.id, r ->> 'action' as action, r ->> 'status' as status, r ->> 'why' as why from email_messages m, jsonb_array_elements(p_report -> 'recipients') r
			where m.org_id = fl_org() and m.message_id = p_report ->> 'of' and m.to_email in (lower(r ->> 'address'), lower(r ->> 'original')) loop
		perform mail_came_back(e.id, lower(e.action), e.status, e.why);
		v_ours := true;
	end loop;
	return v_ours;
end
$$;

-- As in 160, with what is stopped kept and shown in place of being sent.
create or replace function mail_queue(p_to_email text, p_to_name text, p_locale text, p_template text, p_data jsonb, p_intake uuid, p_in_reply_to text, p_references text,
		p_automatic boolean) returns uuid language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_to text := lower(p_to_email);
	v_id uuid := public.fl_uuid();
	v_job uuid;
	v_most int;
	v_stop text;
begin
	if p_automatic then
		if exists (select from public.mailboxes b where b.org_id = v_org and b.address = v_to) then
			return null;
		end if;
		v_most := case when exists (select from public.memberships m where m.org_id = v_org and m.email = v_to) then 100 when p_template in ('meeting', 'meeting-off') then 20 else 5 end;
		perform pg_advisory_xact_lock(hashtext('mail_queue'), hashtext(v_org::text || v_to));
		if (select count(*) from (select from public.email_messages e where e.org_id = v_org and e.to_email = v_to and e.automatic
				and e.created_at > now() - interval '1 day' limit v_most) x) >= v_most then
			return null;
		end if;
	end if;
	select trim(s.status || ' ' || s.reason) into v_stop from public.mail_stops s where s.org_id = v_org and s.email = v_to;
	if v_stop is null then
		v_job := public.fl_enqueue('email', 'email.send', jsonb_build_object('email_id', v_id));
	end if;
	insert into public.email_messages (org_id, id, to_email, to_name, locale, template, data, intake_id, number, message_id, in_reply_to, reference_ids,
			automatic, state, error, job_id)
		select v_org, v_id, v_to, left(regexp_replace(coalesce(p_to_name, ''), '[[:cntrl:]]+', ' ', 'g'), 200), coalesce(p_locale, o.default_language), p_template,
			coalesce(p_data, '{}'), p_intake, (select r.number from public.intake_requests r where r.org_id = v_org and r.id = p_intake), '<' || v_id || '@' || coalesce(split_part(b.address, '@', 2), o.slug || '.invalid') || '>', p_in_reply_to, p_references,
			p_automatic, case when v_job is null then 'stopped' else 'queued' end, v_stop, v_job
		from public.organizations o left join lateral (select m.address from public.mailboxes m where m.org_id = o.id and m.active order by m.created_at limit 1) b
			on true where o.id = v_org;
	return v_id;
end
$$;

-- What became of a mail, and at which try. A server that knows at once that there is nobody stops the address as a report would.
create or replace function mail_sent(p_id uuid, p_state text, p_error text) returns void language plpgsql as $$
declare
	e email_messages;
	v_status text := substring(p_error from '\m5\.[0-9]{1,3}\.[0-9]{1,3}\M');
begin
	update email_messages set state = p_state, error = p_error, sent_at = case when p_state = 'sent' then now() end, updated_at = now(),
			tries = least(32000, 1 + (select count(*) from job_attempts a where a.org_id = fl_org() and a.job_id = nullif(current_setting('app.job_id', true), '')::uuid and a.outcome <> 'returned')
				- case when p_state = 'failed' then 1 else 0 end),
			data = case when p_state = 'sent' then data - 'status_key' - 'visit_key' - 'ics' - case when template = 'invite' then 'path' else '' end
			else data end
		where org_id = fl_org() and id = p_id and state not in ('sent', 'bounced') returning * into e;
	if p_state = 'failed' and e.id is not null then
		perform fl_audit('email.failed', 'email', p_id, jsonb_build_object('error', left(p_error, 300)));
		if mail_status_hard(v_status) then
			perform mail_came_back(p_id, 'failed', v_status, p_error);
		else
			perform fl_notify(null, 'mail_failed', 'email', p_id, '{}');
		end if;
	end if;
end
$$;

create or replace function mail_send_again(p_id uuid) returns table (done bigint) language plpgsql as $$
declare
	e email_messages;
	v_done bigint := 0;
begin
	for e in select * from email_messages x where x.org_id = fl_org() and x.state in ('held', 'failed', 'stopped', 'bounced') and (x.id = p_id or p_id is null and x.state in ('held', 'failed'))
			and not exists (select from mail_stops s where s.org_id = x.org_id and s.email = x.to_email) for update loop
		update email_messages x set state = 'queued', error = null, updated_at = now(), job_id = fl_enqueue('email', 'email.send', jsonb_build_object('email_id', e.id))
			where x.org_id = e.org_id and x.id = e.id;
		v_done := v_done + 1;
	end loop;
	if v_done > 0 then
		perform fl_audit('email.send_again', 'email', p_id, jsonb_build_object('mails', v_done));
		return query select v_done;
	elsif exists (select from email_messages x where x.org_id = fl_org() and x.id = p_id and x.state in ('stopped', 'bounced')) then
		perform fl_fail('FL422', 'wrong.mail_stopped', 'id');
	end if;
end
$$;

-- As in 024; reports of delivery are taken first and ask nobody anything.
create or replace function mail_machine(p_mail jsonb, p_from text) returns text language plpgsql stable as $$
begin
	return case when exists (select from mailboxes b where b.org_id = fl_org() and b.address = regexp_replace(p_from, '[+][^@]*@', '@')) then 'own'
		when (p_mail ->> 'empty_return_path')::boolean or p_mail -> 'report' ->> 'recipients' is not null then 'bounce'
		when (p_mail ->> 'auto_submitted')::boolean then 'auto'
		when (p_mail ->> 'bulk')::boolean then 'bulk' end;
end
$$;
