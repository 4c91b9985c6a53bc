-- While programs are upgraded the old ones emit what they know: the version before the current one is accepted for thirty days more (EVT-06).
alter table event_types add retired_at timestamptz;

create or replace function fl_event_type_set(p_type text, p_version text, p_required text, p_optional text) returns void language plpgsql as $$
begin
	insert into event_types (type, version, required, optional) values (p_type, p_version, array_remove(string_to_array(p_required, ' '), ''),
			array_remove(string_to_array(p_optional, ' '), ''))
		on conflict (type, version) do update set required = excluded.required, optional = excluded.optional;
	update event_types set current = version = p_version, retired_at = case when version <> p_version then coalesce(retired_at, now()) end where type = p_type;
end
$$;

-- The newest version of a type that a payload fits: the current one, else the one before it while that is still taken.
create function event_version(p_type text, p_payload jsonb) returns text language plpgsql stable as $$
declare
	t record;
begin
	for t in select version, required, optional from event_types where type = p_type and (current or retired_at > now() - interval '30 days')
			order by current desc, retired_at desc limit 2 loop
		if p_payload ?& t.required and p_payload - t.required - t.optional = '{}'::jsonb then
			return t.version;
		end if;
	end loop;
	return null;
end
$$;

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
	insert into system_events (org_id, type, actor_type, actor_id, payload_schema, payload, dedupe_key, correlation_id, trace_id, meta)
		values (fl_org(), p_type, coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
			coalesce(fl_user(), nullif(current_setting('app.job_id', true), '')::uuid),
			p_type || '@' || v_version, p_payload, p_dedupe, coalesce(p_correlation, v_request), v_request, '{"source":"fairlead"}')
		on conflict (org_id, type, dedupe_key) where dedupe_key is not null do nothing returning id into v_id;
	if v_id is not null then
		for l in select queue, kind from event_listeners where type = p_type loop
			perform fl_enqueue(l.queue, l.kind, p_payload || jsonb_build_object('event_id', v_id));
		end loop;
	end if;
	return v_id;
end
$$;
