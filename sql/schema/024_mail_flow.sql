-- Mail out and in (INT-02, NTF-01, NTF-06; promises 20, 21).

-- Mail on its way out: one row, one job. The Message-ID is made here, so that a second attempt is the same mail. Automatic mail goes to one address
-- at most 5 times a day (100 to members), never to an address of ours; null: not sent. Without SMTP_HOST the job leaves it held.
create function mail_queue(p_to_email text, p_to_name text, p_locale text, p_template text, p_data jsonb, p_intake uuid, p_in_reply_to text, p_references text,
		p_automatic boolean) returns uuid language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_to text := lower(p_to_email);
	v_id uuid := public.fl_uuid();
	v_most int;
begin
	if p_automatic then
		if exists (select from public.mailboxes b where b.org_id = v_org and b.address = v_to) then
			return null;
		end if;
		v_most := case when exists (select from public.memberships m where m.org_id = v_org and m.email = v_to) then 100 else 5 end;
		perform pg_advisory_xact_lock(hashtext('mail_queue'), hashtext(v_org::text || v_to));
		if (select count(*) from (select from public.email_messages e where e.org_id = v_org and e.to_email = v_to and e.automatic
				and e.created_at > now() - interval '1 day' limit v_most) x) >= v_most then
			return null;
		end if;
	end if;
	insert into public.email_messages (org_id, id, to_email, to_name, locale, template, data, intake_id, number, message_id, in_reply_to, reference_ids,
			automatic)
		select v_org, v_id, v_to, left(regexp_replace(coalesce(p_to_name, ''), '[[:cntrl:]]+', ' ', 'g'), 200), coalesce(p_locale, o.default_language), p_template,
			coalesce(p_data, '{}'), p_intake, (select r.number from public.intake_requests r where r.org_id = v_org and r.id = p_intake), '<' || v_id || '@' || coalesce(split_part(b.address, '@', 2), o.slug || '.invalid') || '>', p_in_reply_to, p_references,
			p_automatic
		from public.organizations o left join lateral (select m.address from public.mailboxes m where m.org_id = o.id and m.active order by m.created_at limit 1) b
			on true where o.id = v_org;
	perform public.fl_enqueue('email', 'email.send', jsonb_build_object('email_id', v_id));
	return v_id;
end
$$;

-- The mailbox answers of a request go back to: where it came in, else the oldest.
create function mail_box_of(p_intake uuid) returns uuid language plpgsql stable as $$
begin
	return coalesce(
		(select w.mailbox_id from mail_raw w join mailboxes b on b.org_id = w.org_id and b.id = w.mailbox_id and b.active
			where w.org_id = fl_org() and w.intake_id = p_intake order by w.created_at limit 1),
		(select b.id from mailboxes b where b.org_id = fl_org() and b.active order by b.created_at limit 1));
end
$$;

-- What became of a mail. Keys in links live only until the mail is out.
create function mail_sent(p_id uuid, p_state text, p_error text) returns void language plpgsql as $$
begin
	update email_messages set state = p_state, error = p_error, sent_at = case when p_state = 'sent' then now() end, updated_at = now(),
			data = case when p_state = 'sent' then data - 'status_key' else data end
		where org_id = fl_org() and id = p_id and state <> 'sent';
	if p_state = 'failed' and found then
		perform fl_audit('email.failed', 'email', p_id, jsonb_build_object('error', left(p_error, 300)));
		perform fl_notify(null, 'mail_failed', 'email', p_id, '{}');
	end if;
end
$$;

-- Held and failed mail goes again: one, or all (null).
create function mail_send_again(p_id uuid) returns table (done bigint) language plpgsql as $$
declare
	v_id uuid;
	v_done bigint := 0;
begin
	for v_id in update email_messages set state = 'queued', error = null, updated_at = now()
			where org_id = fl_org() and state in ('held', 'failed') and (p_id is null or id = p_id) returning id loop
		perform fl_enqueue('email', 'email.send', jsonb_build_object('email_id', v_id));
		v_done := v_done + 1;
	end loop;
	if v_done > 0 then
		perform fl_audit('email.send_again', 'email', p_id, jsonb_build_object('mails', v_done));
		return query select v_done;
	end if;
end
$$;

-- --- in ---

-- Keeps a mail as it came, once (promise 20); whoever listens to email.received parses it. Answers its id, null for a repeat.
create function mail_store(p_mailbox uuid, p_dedupe text, p_raw bytea) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	insert into public.mail_raw (org_id, mailbox_id, dedupe, raw) values (public.fl_org(), p_mailbox, p_dedupe, p_raw)
		on conflict (org_id, dedupe) do nothing returning id into v_id;
	if v_id is not null then
		perform public.fl_emit('email.received', jsonb_build_object('mail_id', v_id));
	end if;
	return v_id;
end
$$;

-- The pipe command: the address tells the organisation. No row: nobody has that address.
create function mail_receive(p_to text, p_dedupe text, p_raw bytea) returns table (org_id uuid, mail_id uuid) language plpgsql as $$
declare
	b record;
begin
	select m.org_id, m.id into b from public.mailboxes m join public.organizations o on o.id = m.org_id and o.suspended_at is null
		where m.active and m.address in (lower(p_to), lower(regexp_replace(p_to, '[+][^@]*@', '@')));
	if not found then
		return;
	end if;
	perform set_config('app.current_org_id', b.org_id::text, true), set_config('app.actor', 'system', true);
	return query select b.org_id, public.mail_store(b.id, p_dedupe, p_raw);
end
$$;
select fl_definer_function('mail_receive(text, text, bytea)', 'fl_app, fl_owner');

create function mail_polled(p_mailbox uuid, p_error text) returns void language plpgsql as $$
begin
	update mailboxes set last_polled_at = now(), last_error = p_error where org_id = fl_org() and id = p_mailbox;
end
$$;

-- Mails are marked \Seen only once they are stored: by a job made in the same transaction.
create function mail_stored(p_mailbox uuid, p_uids text, p_more boolean) returns void language plpgsql as $$
begin
	perform mail_polled(p_mailbox, null);
	if p_uids <> '[]' then
		perform fl_enqueue('ingest', 'mail.seen', jsonb_build_object('mailbox_id', p_mailbox, 'uids', p_uids::jsonb, 'more', p_more));
	end if;
end
$$;

create function mail_poll_now(p_mailbox uuid) returns table (id uuid) language plpgsql as $$
begin
	return query select b.id from mailboxes b, fl_enqueue('ingest', 'mail.poll', jsonb_build_object('mailbox_id', b.id), 3, null, 'poll:' || b.id)
		where b.org_id = fl_org() and b.id = p_mailbox and b.active and b.imap_url is not null;
end
$$;

-- The sweep: a poll for each mailbox of each organisation.
create function mail_poll_due() returns bigint language plpgsql as $$
declare
	b record;
	v_done bigint := 0;
begin
	for b in select m.org_id, m.id from public.mailboxes m join public.organizations o on o.id = m.org_id and o.suspended_at is null
			where m.active and m.imap_url is not null loop
		perform set_config('app.current_org_id', b.org_id::text, true);
		perform public.fl_enqueue('ingest', 'mail.poll', jsonb_build_object('mailbox_id', b.id), 5, null, 'poll:' || b.id);
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('mail_poll_due()', 'fl_sweep');

-- The request a mail belongs to. p_number comes from a reply address whose signature held; a number in the subject counts only from the requester.
-- Numbers are looked up among the mails that carried them, so that requests need no index for it.
create function mail_thread(p_number bigint, p_ids text[], p_subject text, p_from text) returns uuid language plpgsql stable as $$
begin
	return coalesce(
		(select e.intake_id from email_messages e where e.org_id = fl_org() and e.number = p_number limit 1),
		(select x.id from (
			select r.id, r.created_at from intake_requests r where r.org_id = fl_org() and r.message_id = any (p_ids)
			union all select m.intake_id, m.created_at from intake_messages m where m.org_id = fl_org() and m.message_id = any (p_ids)
			union all select e.intake_id, e.created_at from email_messages e where e.org_id = fl_org() and e.message_id = any (p_ids) and e.intake_id is not null
		) x order by x.created_at desc limit 1),
		(select r.id from email_messages e join intake_requests r on r.org_id = e.org_id and r.id = e.intake_id and r.requester_email = p_from
			where e.org_id = fl_org() and e.number = substring(p_subject from '\[REQ-([0-9]{1,15})\]')::bigint limit 1));
end
$$;

-- Whether this sender opened twenty requests by mail within the hour. Ids begin with their time (UUIDv7).
create function mail_flood(p_from text) returns boolean language plpgsql stable as $$
declare
	v_since uuid := (lpad(to_hex((extract(epoch from now() - interval '1 hour') * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
begin
	return (select count(*) from (select from intake_requests r where r.org_id = fl_org() and r.id > v_since and r.channel = 'email' and r.requester_email = p_from
		limit 20) x) >= 20;
end
$$;

-- Why a mail must not be answered, null for one that a person wrote (RFC 3834; promise 21).
create function mail_machine(p_mail jsonb, p_from text) returns text language plpgsql stable as $$
begin
	return case when exists (select from mailboxes b where b.org_id = fl_org() and b.address = regexp_replace(p_from, '[+][^@]*@', '@')) then 'own'
		when (p_mail ->> 'empty_return_path')::boolean then 'bounce'
		when (p_mail ->> 'auto_submitted')::boolean then 'auto'
		when (p_mail ->> 'bulk')::boolean then 'bulk' end;
end
$$;

-- A mail that was read finds its place, once: a word in a conversation, a new request, or put aside with its reason. p_forced: a person said it
-- is a request. p_own: the address our mail is sent from, p_from: the sender, null when it has no usable address.
create function mail_take(p_id uuid, p_mail jsonb, p_from text, p_own text, p_number bigint, p_forced boolean) returns void language plpgsql as $$
declare
	w mail_raw;
	r record;
	v_intake uuid;
	v_name text := left(p_mail #>> '{from,name}', 200);
	v_subject text := btrim(p_mail ->> 'subject');
	v_text text := left(btrim(p_mail ->> 'text', E' \r\n\t'), 100000);
	v_message text := coalesce(p_mail ->> 'message_id', '');
	v_reason text;
begin
	select * into w from mail_raw where org_id = fl_org() and id = p_id and state = 'new' for update;
	if w.id is null then
		return;
	end if;
	v_reason := case when p_from = lower(p_own) then 'own' else mail_machine(p_mail, p_from) end;
	v_intake := mail_thread(p_number, array(select jsonb_array_elements_text(p_mail -> 'references') union select p_mail ->> 'in_reply_to'), v_subject, p_from);
	if v_reason is null and v_subject = '' and v_text = '' then
		v_reason := 'empty';
	end if;
	if v_reason is not null and not p_forced then
		-- What a machine says about a conversation is kept there as a note: it answers nothing and opens nothing again.
		if v_intake is not null and v_reason <> 'own' and v_text <> '' then
			insert into intake_messages (org_id, intake_id, direction, author_name, body, message_id)
				values (fl_org(), v_intake, 'note', coalesce(nullif(v_name, ''), p_from, ''), v_text, nullif(v_message, ''));
			perform fl_emit('intake.updated', jsonb_build_object('intake_id', v_intake, 'change', 'message'));
		end if;
		update mail_raw set state = 'ignored', reason = v_reason, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
		return;
	end if;
	if v_intake is not null then
		perform intake_message_in(v_intake, coalesce(nullif(v_name, ''), p_from), coalesce(nullif(v_text, ''), v_subject), nullif(v_message, ''));
	else
		select * into r from intake_create('email', coalesce(nullif(left(v_subject, 300), ''), nullif(left(split_part(v_text, E'\n', 1), 120), ''), 'E-mail'), v_text,
			v_name, p_from, null, '{}', null, null, null, nullif(v_message, ''), case when mail_flood(p_from) then 'flood' end, null);
		v_intake := r.id;
		if v_reason is null and p_from is not null and r.status = 'NEW' then
			perform mail_acknowledge(v_intake, r.number, p_from, v_name, nullif(v_message, ''), r.status_key);
		end if;
	end if;
	update mail_raw set state = 'done', reason = null, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;

-- "We have it", with the link to follow it; nothing of what came in is in it. An organisation switches it off by settings.acknowledge = "off".
create function mail_acknowledge(p_intake uuid, p_number bigint, p_to text, p_name text, p_message_id text, p_key text) returns void language plpgsql as $$
begin
	if (select o.settings ->> 'acknowledge' from organizations o where o.id = fl_org()) is distinct from 'off' then
		perform mail_queue(p_to, '', null, 'received', jsonb_build_object('number', p_number, 'status_key', p_key), p_intake, p_message_id, p_message_id, true);
	end if;
end
$$;

create function mail_unread(p_id uuid, p_why text) returns void language plpgsql as $$
begin
	update mail_raw set state = 'failed', reason = left(p_why, 300), updated_at = now() where org_id = fl_org() and id = p_id and state = 'new';
	if found then
		perform fl_notify(null, 'mail_unread', 'mail', p_id, '{}');
	end if;
end
$$;

-- A failed or ignored mail is read again; an ignored one is then taken whatever sent it.
create function mail_replay(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	v_was text;
begin
	select w.state into v_was from mail_raw w where w.org_id = fl_org() and w.id = p_id and w.state in ('failed', 'ignored') for update;
	if v_was is null then
		return;
	end if;
	update mail_raw w set state = 'new', updated_at = now() where w.org_id = fl_org() and w.id = p_id;
	perform fl_enqueue('ingest', 'mail.parse', jsonb_build_object('mail_id', p_id, 'forced', v_was = 'ignored'));
	perform fl_audit('mail.replay', 'mail', p_id, jsonb_build_object('was', v_was));
	return query select p_id;
end
$$;

create function mail_ignore(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	return query update mail_raw w set state = 'ignored', reason = 'person', updated_at = now()
		where w.org_id = fl_org() and w.id = p_id and w.state = 'failed' returning w.id;
	if found then
		perform fl_audit('mail.ignore', 'mail', p_id);
	end if;
end
$$;

-- Makes or changes a mailbox (p_id null: a new one). A null password leaves the one it has.
create function mailbox_save(p_id uuid, p_name text, p_address text, p_url text, p_user text, p_password bytea, p_plus boolean, p_active boolean)
	returns table (id uuid) language plpgsql as $$
declare
	v_id uuid := coalesce(p_id, fl_uuid());
begin
	if mailbox_taken(p_address, v_id) then
		perform fl_fail('FL422', 'wrong.mailbox_taken', 'address');
	end if;
	if p_url is not null and p_url !~ '^imaps?://[A-Za-z0-9.:\[\]-]+(/[^[:space:][:cntrl:];?#]*)?$' then
		perform fl_fail('FL422', 'wrong.imap_url', 'imap_url');
	end if;
	if p_id is null then
		insert into mailboxes (org_id, id, name, address, imap_url, imap_user, imap_password, plus, active)
			values (fl_org(), v_id, p_name, lower(p_address), p_url, p_user, p_password, p_plus, p_active);
	else
		update mailboxes b set name = p_name, address = lower(p_address), imap_url = p_url, imap_user = p_user, imap_password = coalesce(p_password, b.imap_password),
			plus = p_plus, active = p_active, last_error = null, updated_at = now() where b.org_id = fl_org() and b.id = p_id;
		if not found then
			return;
		end if;
	end if;
	perform fl_audit(case when p_id is null then 'mailbox.add' else 'mailbox.change' end, 'mailbox', v_id, jsonb_build_object('address', lower(p_address)));
	return query select v_id;
end
$$;

-- An address has one owner over all tenants.
create function mailbox_taken(p_address text, p_id uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.mailboxes b where b.address = lower(p_address) and b.id <> p_id);
end
$$;
select fl_definer_function('mailbox_taken(text, uuid)');
