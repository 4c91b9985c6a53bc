-- Fewer statements and expressions for each request that is taken in: PostgreSQL makes ready anew, in every transaction, each of them and each function in them
-- (docs/architecture.md, "What accepting costs").

-- As in 001; plpgsql, whose expression is made ready once in a transaction, not once for each statement that has the default.
create or replace function fl_uuid() returns uuid language plpgsql volatile parallel safe as $$
begin
	return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		placing substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid;
end
$$;

-- As in 002.
create or replace function fl_claim(p_route text, p_key bytea, p_body bytea) returns void language plpgsql as $$
declare
	v_org uuid := fl_org();
	v_key text := encode(p_key, 'hex');
	r record;
begin
	-- A person without an organisation changes only his own profile, which may be done twice.
	if v_org is null then
		return;
	end if;
	if not pg_try_advisory_xact_lock(hashtextextended(v_org::text || p_route || v_key, 0)) then
		perform fl_fail('FL409', 'error.in_flight');
	end if;
	select i.body_hash, i.result into r from idempotency i where i.org_id = v_org and i.route = p_route and i.key_hash = p_key;
	if found then
		if r.body_hash <> p_body then
			perform fl_fail('FL422', 'error.key_reused');
		end if;
		perform fl_fail('FL208', 'done already', r.result::text);
	end if;
	v_key := concat(set_config('app.claim_route', p_route, true), set_config('app.claim_key', v_key, true), set_config('app.claim_body', encode(p_body, 'hex'), true));
end
$$;

-- As fl_keep of 002, for the statement of an effect itself: of its rows the first is kept.
create function fl_kept(p_result jsonb) returns boolean language plpgsql as $$
begin
	insert into idempotency (org_id, route, key_hash, body_hash, result)
		values (fl_org(), current_setting('app.claim_route'), decode(current_setting('app.claim_key'), 'hex'), decode(current_setting('app.claim_body'), 'hex'), p_result);
	return set_config('app.claim_route', '', true) = '';
end
$$;

-- Tells who waits for an event: a job for each listener, a post for each hook. As the trigger of 311 and fl_emit did; who writes an event calls it.
drop trigger hooks on system_events;
drop function hook_event();
create function event_told(p_event uuid, p_type text, p_payload jsonb) returns void language plpgsql as $$
declare
	l record;
begin
	for l in select e.queue, e.kind, null::uuid as hook from public.event_listeners e where e.type = p_type
			union all (select null, null, h.id from public.hooks h where h.org_id = public.fl_org() and h.active and p_type = any (h.events) order by h.id) loop
		if l.hook is null then
			perform public.fl_enqueue(l.queue, l.kind, p_payload || jsonb_build_object('event_id', p_event));
		else
			perform public.hook_post(public.fl_org(), l.hook, p_type, coalesce(p_payload ->> 'intake_id', p_payload ->> 'task_id', p_payload ->> 'booking_id', p_payload ->> 'item_id',
				p_payload ->> 'document_id', p_payload ->> 'subject_id', p_payload ->> 'event_id', p_event::text)::uuid, p_payload);
		end if;
	end loop;
end
$$;

-- As in 350.
create or replace function fl_emit(p_type text, p_payload jsonb, p_dedupe text default null, p_correlation text default null) returns uuid language plpgsql as $$
declare
	t record;
	v_id uuid;
	v_version text;
	v_request text := coalesce(current_setting('app.request_id', true), '');
begin
	select version, required, optional into t from event_types where type = p_type and current;
	if not found then
		raise exception 'unknown event type %', p_type using errcode = 'invalid_parameter_value';
	end if;
	v_version := t.version;
	if not p_payload ?& t.required or p_payload - t.required - t.optional <> '{}'::jsonb then
		v_version := event_version(p_type, p_payload);
		if v_version is null then
			raise exception 'payload of % does not fit %@%: %', p_type, p_type, t.version, p_payload using errcode = 'invalid_parameter_value';
		end if;
	end if;
	insert into system_events (org_id, type, actor_type, actor_id, payload_schema, payload, dedupe_key, correlation_id)
		values (fl_org(), p_type, coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
			coalesce(fl_user(), nullif(current_setting('app.job_id', true), '')::uuid),
			p_type || '@' || v_version, p_payload, p_dedupe, coalesce(p_correlation, v_request))
		on conflict (org_id, type, dedupe_key) where dedupe_key is not null do nothing returning id into v_id;
	if v_id is not null then
		perform event_told(v_id, p_type, p_payload);
	end if;
	return v_id;
end
$$;

create type intake_made as (id uuid, number bigint, status text, status_key text);

-- As in 530, all rows by one statement. A request, its event and its job begin with one id, each in a table of its own (the line of the audit takes none that it is given).
drop function intake_create(text, text, text, text, text, text, jsonb, uuid, uuid, uuid, text, text, text);
create function intake_create(p_channel text, p_subject text, p_body text, p_name text, p_email text, p_phone text, p_fields jsonb, p_form uuid, p_source uuid,
		p_pipeline uuid, p_message_id text, p_quarantine text, p_locale text) returns intake_made language plpgsql as $$
declare
	v_org uuid := nullif(current_setting('app.current_org_id', true), '')::uuid;
	v_user uuid := nullif(current_setting('app.user_id', true), '')::uuid;
	v_actor text := coalesce(nullif(current_setting('app.actor', true), ''), 'system');
	v_actor_id uuid := coalesce(v_user, nullif(current_setting('app.job_id', true), '')::uuid);
	v_request text := coalesce(current_setting('app.request_id', true), '');
	v_payload jsonb;
	v_told boolean;
	r public.intake_made;
begin
	-- no foreign key says so: it would lock a row that all requests of a pipeline share
	if p_pipeline is not null then
		if not exists (select from public.pipelines p where p.org_id = v_org and p.id = p_pipeline) then
			perform public.fl_fail('FL422', 'wrong.choice', 'pipeline_id');
		end if;
	end if;
	r.id := public.fl_uuid();
	r.number := nextval('public.intake_number');
	r.status := case when p_quarantine is null then 'NEW' else 'QUARANTINED' end;
	r.status_key := replace(replace(rtrim(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '='), '+', '-'), '/', '_');
	v_payload := jsonb_build_object('intake_id', r.id, 'channel', p_channel);
	with request as (
		insert into public.intake_requests (org_id, id, number, channel, status, subject, body, fields, requester_name, requester_email, requester_phone, form_id, source_id,
				pipeline_id, assignee_id, message_id, quarantine_reason, locale, due_at, status_hash)
			select v_org, r.id, r.number, p_channel, r.status, p_subject, coalesce(p_body, ''), coalesce(p_fields, '{}'), p_name, lower(p_email), p_phone, p_form,
				p_source, p_pipeline, case when current_setting('app.scope', true) = 'scopes' then v_user end, p_message_id, p_quarantine,
				coalesce(p_locale, o.default_language), now() + make_interval(mins => coalesce((o.settings ->> 'first_answer_min')::int, 240)),
				sha256(convert_to(r.status_key, 'UTF8'))
			from public.organizations o where o.id = v_org
	), event as (
		insert into public.system_events (org_id, id, type, actor_type, actor_id, payload_schema, payload, correlation_id)
			values (v_org, r.id, 'intake.created', v_actor, v_actor_id, 'intake.created@1.0', v_payload, v_request)
	), audit as (
		insert into public.audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
			values (v_org, v_actor, v_actor_id, 'intake.create', 'intake', r.id, jsonb_build_object('channel', p_channel, 'status', r.status), v_request)
	), count as (
		insert into public.counter_deltas (org_id, name, delta) values (v_org, case when p_quarantine is null then 'intake.open' else 'intake.quarantined' end, 1)
	), work as (
		insert into public.jobs (org_id, id, user_id, queue, kind, payload, request_id)
			select v_org, r.id, v_user, 'intake-routing', 'intake.route', v_payload, v_request where p_quarantine is null
	)
	select true into v_told from (select from public.event_listeners e where e.type = 'intake.created'
		union all select from public.hooks h where h.org_id = v_org and h.active and 'intake.created' = any (h.events)) l;
	if v_told then
		perform public.event_told(r.id, 'intake.created', v_payload);
	end if;
	return r;
end
$$;
select fl_definer_function('intake_create(text, text, text, text, text, text, jsonb, uuid, uuid, uuid, text, text, text)');
