-- What each request and each job asks before anything else, with fewer statements (instructions of a backend under callgrind).

-- As in 364, with what door_check asks: whether the address is blocked, and whether this session may be used from it. door_check stays for programs of the
-- release before this one, which still serve while a release is put in.
drop function fl_enter(bytea, uuid, text, boolean, text);
create function fl_enter(p_hash bytea, p_org uuid, p_permission text, p_read_only boolean, p_request text, p_address text default null, p_strict boolean default false)
	returns principals language plpgsql as $$
declare
	r public.principals;
	v_address inet := nullif(p_address, '')::inet;
	v_networks cidr[];
	v_set text;
begin
	if v_address is not null and exists (select from public.blocked_addresses b where b.network >>= v_address and b.until > now()) then
		perform public.fl_fail('FL403', 'error.blocked');
	end if;
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
	if v_address is not null and r.session_id is not null then
		select s.networks into v_networks from public.sessions s where s.id = r.session_id;
		if v_networks is null or v_address <<= v_networks[1] then
			null;
		elsif p_strict then
			perform public.fl_fail('FL401', 'error.other_network');
		elsif not (v_address <<= any (v_networks)) then
			perform public.session_seen(r.session_id, v_address, p_request);
		end if;
	end if;
	-- Suspended: its people are told, and may leave or go to another organisation; administrators of the platform still administer.
	if r.closed is not null and p_permission is distinct from 'app.use' then
		if not (r.admin and exists (select from public.role_permissions where role = 'platform_admin' and permission = p_permission)) then
			perform public.fl_fail('FL403', r.closed);
		end if;
	end if;
	if p_permission is not null and position(' ' || p_permission || ' ' in r.rights) = 0 then
		perform public.fl_fail('FL403', case when r.org_id = '00000000-0000-0000-0000-000000000000' and not r.admin
				and not exists (select from public.role_permissions x where x.role = 'platform_admin' and x.permission = p_permission) then 'error.no_org' else 'error.not_allowed' end,
			p_permission);
	end if;
	if r.last_seen_at < now() - interval '5 minutes' then
		update public.principals set last_seen_at = now(), expires_at = case when kind = 'session' then now() + interval '30 days' else expires_at end
			where token_hash = p_hash and org_id = r.org_id;
		if r.session_id is not null then
			update public.sessions set last_seen_at = now(), expires_at = now() + interval '30 days' where id = r.session_id;
		end if;
	end if;
	-- one expression, which needs no executor of its own
	v_set := concat(set_config('app.current_org_id', case when r.org_id = '00000000-0000-0000-0000-000000000000' then '' else r.org_id::text end, true),
		set_config('app.user_id', coalesce(r.user_id::text, ''), true),
		set_config('app.actor', case when r.user_id is null then 'system' else 'user' end, true),
		set_config('app.role', r.role, true),
		set_config('app.rights', r.rights, true),
		set_config('app.subject_id', coalesce(r.subject_id::text, ''), true),
		set_config('app.request_id', p_request, true));
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
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text, text, boolean)');

-- As in 001.
create or replace function fl_work(p_org uuid, p_user uuid, p_job uuid, p_request text) returns void language plpgsql as $$
declare
	v_role text := 'agent';
	-- set by the job before this one in the same transaction; what a role may do does not change within it
	v_before text := case when current_setting('app.actor', true) = 'job' then current_setting('app.role', true) end;
	v_rights text := coalesce(current_setting('app.rights', true), '');
	v_set text;
begin
	if p_user is not null then
		select role into v_role from public.memberships where org_id = p_org and user_id = p_user;
		v_role := coalesce(v_role, 'none');
	end if;
	if v_role = 'none' then
		v_rights := '';
	elsif v_role is distinct from v_before or v_rights = '' then
		v_rights := public.fl_rights(v_role);
	end if;
	v_set := concat(set_config('app.current_org_id', p_org::text, true),
		set_config('app.user_id', coalesce(p_user::text, ''), true),
		set_config('app.actor', 'job', true),
		set_config('app.role', v_role, true),
		set_config('app.rights', v_rights, true),
		set_config('app.subject_id', '', true),
		set_config('app.job_id', coalesce(p_job::text, ''), true),
		set_config('app.request_id', p_request, true));
end
$$;
select fl_definer_function('fl_work(uuid, uuid, uuid, text)', 'fl_app, fl_sweep');

-- As in 350; what somebody with scopes takes in is his: no other function makes requests, and a trigger's WHEN is read anew by each.
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
			pipeline_id, assignee_id, message_id, quarantine_reason, locale, due_at, status_hash)
		values (v_org, intake_create.id, p_channel, intake_create.status, p_subject, coalesce(p_body, ''), coalesce(p_fields, '{}'), p_name, lower(p_email), p_phone, p_form,
			p_source, p_pipeline, case when current_setting('app.scope', true) = 'scopes' then v_user end, p_message_id, p_quarantine,
			coalesce(p_locale, o.default_language), now() + make_interval(mins => coalesce(o.minutes, 240)), v_hash)
		returning r.number into number;
	insert into public.system_events (org_id, id, type, actor_type, actor_id, payload_schema, payload, correlation_id)
		values (v_org, v_event, 'intake.created', v_actor, v_actor_id, 'intake.created@1.0', v_payload, v_request);
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
drop trigger own on intake_requests;
drop function intake_own();

-- Asked once for a statement, not for each of a board's cards.
alter policy scope on pipeline_items using ((select fl_unscoped()) or item_seen(pipeline_id, intake_id, owner_id, created_at));
