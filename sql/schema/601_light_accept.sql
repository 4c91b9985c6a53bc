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
	l record;
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
			select o.id, r.id, r.number, p_channel, r.status, p_subject, coalesce(p_body, ''), coalesce(p_fields, '{}'), p_name, lower(p_email), p_phone, p_form,
				p_source, p_pipeline, case when current_setting('app.scope', true) = 'scopes' then v_user end, p_message_id, p_quarantine,
				coalesce(p_locale, o.default_language), now() + make_interval(mins => coalesce((o.settings ->> 'first_answer_min')::int, 240)),
				sha256(convert_to(r.status_key, 'UTF8'))
			from (values (0)) one left join public.organizations o on o.id = v_org -- one that is just erased refuses by its null
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
	select true into v_told from public.event_listeners e where e.type = 'intake.created';
	if v_told then
		for l in select e.queue, e.kind from public.event_listeners e where e.type = 'intake.created' loop
			perform public.fl_enqueue(l.queue, l.kind, v_payload || jsonb_build_object('event_id', r.id));
		end loop;
	end if;
	return r;
end
$$;
select fl_definer_function('intake_create(text, text, text, text, text, text, jsonb, uuid, uuid, uuid, text, text, text)');
