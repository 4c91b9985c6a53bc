-- SMS out and in (NTF-02, INT-02). A message out is a row that job sms.send carries to the gateway; what the gateway says of it later is
-- kept with it. Who wrote STOP gets nothing until he writes START.

create table sms_messages (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	direction text not null default 'out' check (direction in ('out', 'in')),
	peer text not null check (peer ~ '^\+[1-9][0-9]{6,14}$'), -- E.164
	body text not null check (length(body) between 1 and 1600),
	state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'held', 'stopped', 'received')),
	provider_id text,
	error text,
	tries int not null default 0,
	dedupe text,
	intake_id uuid,
	sending_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index sms_messages_dedupe on sms_messages (org_id, dedupe) where dedupe is not null;
create unique index sms_messages_in on sms_messages (provider_id) where direction = 'in';
create index sms_messages_provider on sms_messages (provider_id) where direction = 'out' and provider_id is not null;
create index sms_messages_peer on sms_messages (peer, created_at);
create index sms_messages_stuck on sms_messages (org_id, id) where state in ('undelivered', 'failed', 'held');
select fl_tenant_table('sms_messages');

create table sms_stops (
	org_id uuid not null references organizations,
	peer text not null,
	created_at timestamptz not null default now(),
	primary key (org_id, peer)
);
select fl_tenant_table('sms_stops');

-- Numbers an organisation has for itself; without one its messages go out from TWILIO_FROM.
create table sms_lines (
	org_id uuid not null references organizations,
	number text not null check (number ~ '^\+[1-9][0-9]{6,14}$'),
	created_at timestamptz not null default now(),
	primary key (org_id, number)
);
create unique index sms_lines_number on sms_lines (number); -- over all tenants: a number has one owner
select fl_tenant_table('sms_lines');

-- A message on its way; the same dedupe key: the one that is there. FL422 for a number that is none.
create function fl_sms(p_to text, p_body text, p_dedupe text default null, p_intake uuid default null) returns uuid language plpgsql as $$
declare
	v_to text := regexp_replace(p_to, '[ ().-]', '', 'g');
	v_id uuid;
begin
	if v_to !~ '^\+[1-9][0-9]{6,14}$' then
		perform public.fl_fail('FL422', 'wrong.phone', 'to');
	end if;
	insert into public.sms_messages (org_id, peer, body, dedupe, intake_id) values (public.fl_org(), v_to, left(p_body, 1600), p_dedupe, p_intake)
		on conflict (org_id, dedupe) where dedupe is not null do nothing returning id into v_id;
	if v_id is null then
		return (select id from public.sms_messages where org_id = public.fl_org() and dedupe = p_dedupe);
	end if;
	perform public.fl_enqueue('sms', 'sms.send', jsonb_build_object('sms_id', v_id));
	return v_id;
end
$$;

-- Begins a run of sms.send. A job that carries {"to", "body"} instead of a row's id gets a row under its own id. Answers what to do:
-- send, look (an earlier run was cut off while sending: ask the gateway first), or skip.
create function sms_take(p_job uuid, p_id uuid, p_to text, p_body text, p_gateway boolean)
	returns table (id uuid, peer text, body text, act text, line text, since text, known text) language plpgsql as $$
declare
	s sms_messages;
	v_id uuid := coalesce(p_id, p_job);
begin
	if p_id is null then
		if coalesce(p_to, '') !~ '^\+[1-9][0-9]{6,14}$' or coalesce(p_body, '') = '' then
			return;
		end if;
		insert into sms_messages (org_id, id, peer, body) values (fl_org(), p_job, p_to, left(p_body, 1600)) on conflict do nothing;
	end if;
	select * into s from sms_messages x where x.org_id = fl_org() and x.id = v_id and x.direction = 'out' for update;
	if s.id is null then
		return;
	end if;
	if s.state in ('queued', 'sending') and exists (select from sms_stops t where t.org_id = fl_org() and t.peer = s.peer) then
		update sms_messages x set state = 'stopped', updated_at = now() where x.org_id = fl_org() and x.id = v_id;
		s.state := 'stopped';
	elsif s.state = 'queued' and not p_gateway then
		update sms_messages x set state = 'held', updated_at = now() where x.org_id = fl_org() and x.id = v_id;
		s.state := 'held';
	elsif s.state = 'queued' then
		update sms_messages x set state = 'sending', tries = tries + 1, sending_at = coalesce(x.sending_at, now()), updated_at = now() where x.org_id = fl_org() and x.id = v_id;
	end if;
	return query select s.id, s.peer, s.body, case s.state when 'queued' then 'send' when 'sending' then 'look' else 'skip' end,
		(select l.number from sms_lines l where l.org_id = fl_org() order by l.created_at limit 1), to_char(coalesce(s.sending_at, now()) at time zone 'UTC', 'YYYY-MM-DD'),
		coalesce((select string_agg(k.provider_id, ' ') from sms_messages k where k.org_id = fl_org() and k.peer = s.peer and k.provider_id is not null
			and k.created_at > now() - interval '3 days'), '');
end
$$;

-- What came of a run: sent with the gateway's id; queued again before a retry; failed or stopped for good.
create function sms_done(p_id uuid, p_state text, p_provider text, p_error text) returns void language plpgsql as $$
declare
	s sms_messages;
begin
	update sms_messages x set state = p_state, provider_id = coalesce(p_provider, x.provider_id), error = p_error, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id and x.state in ('queued', 'sending') returning x.* into s;
	if s.id is not null and p_state = 'stopped' then
		insert into sms_stops (org_id, peer) values (fl_org(), s.peer) on conflict do nothing;
	end if;
	if s.id is not null and p_state = 'failed' then
		perform fl_notify(null, 'sms_failed', 'sms', s.id, jsonb_build_object('subject', s.peer));
	end if;
end
$$;

-- What the gateway tells of a message on its way. A report that overtakes our own note finds it by its number. Answers how many it knew.
create function sms_report(p_provider text, p_status text, p_error text, p_to text) returns bigint language plpgsql as $$
declare
	s public.sms_messages;
	v_state text := case p_status when 'delivered' then 'delivered' when 'undelivered' then 'undelivered' when 'failed' then 'failed' when 'sent' then 'sent' end;
begin
	select * into s from public.sms_messages where provider_id = p_provider and direction = 'out' order by created_at limit 1 for update;
	if s.id is null then
		select * into s from public.sms_messages where peer = p_to and direction = 'out' and state = 'sending' and provider_id is null order by created_at limit 1 for update;
	end if;
	if s.id is null then
		return 0;
	end if;
	perform set_config('app.current_org_id', s.org_id::text, true), set_config('app.actor', 'system', true);
	-- reports may come in any order: what is final stays
	update public.sms_messages set provider_id = p_provider, state = case when v_state is null or s.state in ('delivered', 'undelivered', 'failed', 'stopped') then s.state else v_state end,
			error = coalesce(nullif(p_error, ''), error), updated_at = now() where org_id = s.org_id and id = s.id;
	if v_state in ('undelivered', 'failed') and s.state not in ('undelivered', 'failed') then
		perform public.fl_notify(null, 'sms_failed', 'sms', s.id, jsonb_build_object('subject', s.peer));
	end if;
	return 1;
end
$$;
select fl_definer_function('sms_report(text, text, text, text)');

-- A message that came in, once a gateway's id. It belongs to the organisation whose line it came to, else to the one that wrote last to its
-- sender, else to the only one there is. STOP and START (and their kin) change what may be sent; anything else is a word in the sender's
-- open conversation or a new request.
create function sms_receive(p_to text, p_from text, p_body text, p_provider text) returns table (org_id uuid, sms_id uuid, said text) language plpgsql as $$
declare
	v_org uuid := coalesce((select l.org_id from public.sms_lines l where l.number = p_to),
		(select m.org_id from public.sms_messages m where m.peer = p_from and m.direction = 'out' order by m.created_at desc limit 1),
		(select min(o.id::text)::uuid from public.organizations o where o.suspended_at is null having count(*) = 1));
	v_word text := upper(regexp_replace(p_body, '[^[:alpha:]]', '', 'g'));
	v_said text := case when v_word in ('STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'BAJA', 'PARAR') then 'stop' when v_word in ('START', 'YES', 'UNSTOP', 'ALTA') then 'start' else 'text' end;
	v_id uuid;
	v_intake uuid;
	r record;
begin
	if v_org is null or p_from !~ '^\+[1-9][0-9]{6,14}$' or coalesce(p_body, '') = '' then
		return;
	end if;
	perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
	if v_word = 'YES' and not exists (select from public.sms_stops t where t.org_id = v_org and t.peer = p_from) then
		v_said := 'text';
	end if;
	insert into public.sms_messages (org_id, direction, peer, body, state, provider_id) values (v_org, 'in', p_from, left(p_body, 1600), 'received', p_provider)
		on conflict (provider_id) where direction = 'in' do nothing returning sms_messages.id into v_id;
	if v_id is null then
		return query select v_org, null::uuid, 'again';
		return;
	end if;
	if v_said = 'stop' then
		-- one number may speak for several organisations: the sender means all of them
		insert into public.sms_stops (org_id, peer) select v_org, p_from union select m.org_id, p_from from public.sms_messages m where m.peer = p_from and m.direction = 'out'
			on conflict do nothing;
		perform public.fl_audit('sms.stop', 'sms', v_id, jsonb_build_object('peer', p_from));
	elsif v_said = 'start' then
		delete from public.sms_stops t where t.peer = p_from;
		perform public.fl_audit('sms.start', 'sms', v_id, jsonb_build_object('peer', p_from));
	else
		select i.id into v_intake from public.intake_requests i where i.org_id = v_org and i.requester_phone = p_from and i.channel = 'sms'
			and i.status not in ('CLOSED', 'REJECTED', 'QUARANTINED') order by i.created_at desc limit 1;
		if v_intake is not null then
			perform public.intake_message_in(v_intake, p_from, p_body, null);
		else
			select * into r from public.intake_create('sms', left(split_part(p_body, E'\n', 1), 120), p_body, null, null, p_from, '{}', null, null, null, null, null, null);
			v_intake := r.id;
		end if;
		update public.sms_messages m set intake_id = v_intake where m.org_id = v_org and m.id = v_id;
		perform public.fl_emit('sms.received', jsonb_build_object('sms_id', v_id, 'intake_id', v_intake));
	end if;
	return query select v_org, v_id, v_said;
end
$$;
select fl_definer_function('sms_receive(text, text, text, text)');

-- Sends a held, failed or undelivered message again; null: all of them.
create function sms_again(p_id uuid) returns table (done bigint) language plpgsql as $$
declare
	v_id uuid;
	v_done bigint := 0;
begin
	for v_id in update sms_messages s set state = 'queued', error = null, provider_id = null, sending_at = null, updated_at = now()
			where s.org_id = fl_org() and s.direction = 'out' and s.state in ('held', 'failed', 'undelivered') and (p_id is null or s.id = p_id) returning s.id loop
		perform fl_enqueue('sms', 'sms.send', jsonb_build_object('sms_id', v_id));
		v_done := v_done + 1;
	end loop;
	if v_done > 0 then
		perform fl_audit('sms.send_again', 'sms', p_id, jsonb_build_object('messages', v_done));
		return query select v_done;
	end if;
end
$$;

insert into notification_kinds values ('sms_failed', 90);
insert into notification_subjects values ('sms', '/channels/sms', false);
