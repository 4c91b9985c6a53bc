-- An event says in which environment it happened, and carries the trace of who asked (EVT-03, W3C Trace Context): until here its request's id stood for both.

-- What every event says of where it comes from. `fairlead migrate` makes it anew when FAIRLEAD_ENV changes, so that no event looks it up.
create function fl_event_meta() returns jsonb language plpgsql stable as $$ begin return '{"source": "fairlead"}'; end $$;

create function event_environment_set(p_environment text) returns void language plpgsql as $$
begin
	if fl_event_meta() ->> 'environment' is distinct from p_environment then
		execute format('create or replace function fl_event_meta() returns jsonb language plpgsql stable as $f$ begin return %L; end $f$',
			jsonb_build_object('source', 'fairlead', 'environment', p_environment));
	end if;
end
$$;

alter table system_events alter meta set default fl_event_meta(),
	alter trace_id set default coalesce(nullif(current_setting('app.trace_id', true), ''), current_setting('app.request_id', true), '');

-- As in 305, with these two left to their defaults.
create or replace function fl_emit(p_type text, p_payload jsonb, p_dedupe text default null, p_correlation text default null) returns uuid language plpgsql as $$
declare
	t record;
	l record;
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
		for l in select queue, kind from event_listeners where type = p_type loop
			perform fl_enqueue(l.queue, l.kind, p_payload || jsonb_build_object('event_id', v_id));
		end loop;
	end if;
	return v_id;
end
$$;

-- As in 310, the same.
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
