-- A submitter's link is its request: no row of principals beside each request. Such a row was a seventh of what PostgreSQL does for a new request,
-- and stayed for ever; now fl_enter finds the request by the hash of the key, and the link ends 90 days after the request is closed.

create unique index intake_requests_link on intake_requests (status_hash) where status_hash is not null;
delete from principals p using intake_requests r where p.kind = 'link' and p.token_hash = r.status_hash and p.org_id = r.org_id;

-- Who holds the key of a request's status page. All columns null: nobody.
create function status_principal(p_hash bytea, p_org uuid) returns principals language plpgsql stable as $$
declare
	p public.principals;
begin
	select p_hash, o.id, 'link', r.id, 'link', ' status.read status.write ', '', o.name, o.zone, o.default_language, 'auto', true, false, now(), r.closed_at + interval '90 days',
			case when o.suspended_at is not null then 'error.suspended' end, '', coalesce(o.date_format, ''), coalesce(o.currency, 'EUR'), coalesce(o.logo_key, '')
		into p.token_hash, p.org_id, p.kind, p.subject_id, p.role, p.rights, p.user_name, p.org_name, p.zone, p.locale, p.theme, p.single_keys, p.admin, p.last_seen_at, p.expires_at,
			p.closed, p.scope, p.date_format, p.currency, p.logo
		from public.intake_requests r join public.organizations o on o.id = r.org_id where r.status_hash = p_hash and (p_org is null or r.org_id = p_org);
	return p;
end
$$;
select fl_definer_function('status_principal(bytea, uuid)', 'fl_definer');

-- As in 117, and the links of requests.
create or replace function fl_enter(p_hash bytea, p_org uuid, p_permission text, p_read_only boolean, p_request text) returns principals language plpgsql as $$
declare
	r public.principals;
begin
	if p_org is null then
		select * into r from public.principals where token_hash = p_hash and active;
	else
		select * into r from public.principals where token_hash = p_hash and org_id = p_org;
		if not found and exists (select from public.principals where token_hash = p_hash) then
			perform public.fl_fail('FL403', 'error.not_member');
		end if;
	end if;
	-- The half hour of a visit is over: the administrator is himself again.
	if r.kind = 'support' and r.expires_at < now() then
		perform public.support_end(p_hash);
		select * into r from public.principals where token_hash = p_hash and active;
	end if;
	if r.token_hash is null then
		r := public.status_principal(p_hash, p_org);
	end if;
	if r.token_hash is null or r.expires_at < now() then
		perform public.fl_fail('FL401', 'error.signed_out');
	end if;
	-- Suspended: its people are told, and may leave or go to another organisation; administrators of the platform still administer.
	if r.closed is not null and p_permission is distinct from 'app.use'
			and not (r.admin and exists (select from public.role_permissions where role = 'platform_admin' and permission = p_permission)) then
		perform public.fl_fail('FL403', r.closed);
	end if;
	if p_permission is not null and position(' ' || p_permission || ' ' in r.rights) = 0 then
		perform public.fl_fail('FL403', 'error.not_allowed', p_permission);
	end if;
	if r.last_seen_at < now() - interval '5 minutes' then
		update public.principals set last_seen_at = now(), expires_at = case when kind = 'session' then now() + interval '30 days' else expires_at end
			where token_hash = p_hash and org_id = r.org_id;
		if r.session_id is not null then
			update public.sessions set last_seen_at = now(), expires_at = now() + interval '30 days' where id = r.session_id;
		end if;
	end if;
	perform set_config('app.current_org_id', case when r.org_id = '00000000-0000-0000-0000-000000000000' then '' else r.org_id::text end, true),
		set_config('app.user_id', coalesce(r.user_id::text, ''), true),
		set_config('app.actor', case when r.user_id is null then 'system' else 'user' end, true),
		set_config('app.role', r.role, true),
		set_config('app.rights', r.rights, true),
		set_config('app.subject_id', coalesce(r.subject_id::text, ''), true),
		set_config('app.request_id', p_request, true);
	if r.kind = 'support' then
		perform set_config('app.support', r.subject_id::text, true), set_config('app.support_until', r.expires_at::text, true);
	end if;
	if r.scope <> '' then
		perform public.fl_narrow(r.scope, r.org_id, r.user_id);
	end if;
	if p_read_only then
		perform set_config('transaction_read_only', 'on', true);
	end if;
	return r;
end
$$;
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text)');

-- As in 021, but that the link is the request's own.
create or replace function intake_create(p_channel text, p_subject text, p_body text, p_name text, p_email text, p_phone text, p_fields jsonb, p_form uuid, p_source uuid,
		p_pipeline uuid, p_message_id text, p_quarantine text, p_locale text)
	returns table (id uuid, number bigint, status text, status_key text) language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_user uuid := public.fl_user();
	v_actor text := coalesce(nullif(current_setting('app.actor', true), ''), 'system');
	v_actor_id uuid := coalesce(v_user, nullif(current_setting('app.job_id', true), '')::uuid);
	v_request text := coalesce(current_setting('app.request_id', true), '');
	v_hash bytea;
	v_event uuid := public.fl_uuid();
	v_payload jsonb;
	o record;
	l record;
begin
	-- no foreign key says so: it would lock a row that all requests of a pipeline share
	if p_pipeline is not null then
		if not exists (select from public.pipelines p where p.org_id = v_org and p.id = p_pipeline) then
			perform public.fl_fail('FL422', 'wrong.choice', 'pipeline_id');
		end if;
	end if;
	id := public.fl_uuid();
	status := case when p_quarantine is null then 'NEW' else 'QUARANTINED' end;
	status_key := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
	v_hash := sha256(convert_to(status_key, 'UTF8'));
	v_payload := jsonb_build_object('intake_id', id, 'channel', p_channel);
	select x.default_language, (x.settings ->> 'first_answer_min')::int as minutes into o from public.organizations x where x.id = v_org;
	insert into public.intake_requests as r (org_id, id, channel, status, subject, body, fields, requester_name, requester_email, requester_phone, form_id, source_id,
			pipeline_id, message_id, quarantine_reason, locale, due_at, status_hash)
		values (v_org, intake_create.id, p_channel, intake_create.status, p_subject, coalesce(p_body, ''), coalesce(p_fields, '{}'), p_name, lower(p_email), p_phone, p_form,
			p_source, p_pipeline, p_message_id, p_quarantine, coalesce(p_locale, o.default_language), now() + make_interval(mins => coalesce(o.minutes, 240)), v_hash)
		returning r.number into number;
	insert into public.system_events (org_id, id, type, actor_type, actor_id, payload_schema, payload, correlation_id, trace_id, meta)
		values (v_org, v_event, 'intake.created', v_actor, v_actor_id, 'intake.created@1.0', v_payload, v_request, v_request, '{"source":"fairlead"}');
	for l in select e.queue, e.kind from public.event_listeners e where e.type = 'intake.created' loop
		perform public.fl_enqueue(l.queue, l.kind, v_payload || jsonb_build_object('event_id', v_event));
	end loop;
	insert into public.audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
		values (v_org, v_actor, v_actor_id, 'intake.create', 'intake', intake_create.id, jsonb_build_object('channel', p_channel, 'status', intake_create.status), v_request);
	insert into public.counter_deltas (org_id, name, delta) values (v_org, case when p_quarantine is null then 'intake.open' else 'intake.quarantined' end, 1);
	if p_quarantine is null then
		insert into public.jobs (org_id, user_id, queue, kind, payload, request_id)
			values (v_org, v_user, 'intake-routing', 'intake.route', jsonb_build_object('intake_id', intake_create.id), v_request);
	end if;
	return next;
end
$$;
select fl_definer_function('intake_create(text, text, text, text, text, text, jsonb, uuid, uuid, uuid, text, text, text)');

create or replace function intake_set(p_id uuid, p_version bigint, p_from text[], p_status text, p_change text, p_detail jsonb default '{}')
	returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
begin
	r := intake_hold(p_id, p_version);
	if r.id is null then
		return;
	end if;
	if not r.status = any (p_from) then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	update intake_requests x set status = p_status, closed_at = case when p_status in ('CLOSED', 'REJECTED') then now() end, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	perform intake_trail(p_id, p_change, p_detail);
	return query select r.id, r.version;
end
$$;
drop function intake_link_ends(bytea, timestamptz);
