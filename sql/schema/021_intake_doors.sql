-- The way in: one function for every door, the public form, the submitter's status page, signed webhooks.

-- The hot path (design rule 11): only inserts, one call. Quarantined requests wait for a person and make no job. The status key is
-- 244 random bits; only its hash stays. Rights are those of role 'link' as fl_rights gives them. Event, audit, job and counter are
-- written here as fl_emit, fl_audit, fl_enqueue and fl_count would (111 against 159 us a call in one transaction).
create function intake_create(p_channel text, p_subject text, p_body text, p_name text, p_email text, p_phone text, p_fields jsonb, p_form uuid, p_source uuid,
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
	if p_pipeline is not null and not exists (select from public.pipelines p where p.org_id = v_org and p.id = p_pipeline) then
		perform public.fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	id := public.fl_uuid();
	status := case when p_quarantine is null then 'NEW' else 'QUARANTINED' end;
	status_key := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
	v_hash := sha256(convert_to(status_key, 'UTF8'));
	v_payload := jsonb_build_object('intake_id', id, 'channel', p_channel);
	select x.name, x.zone, x.default_language, (x.settings ->> 'first_answer_min')::int as minutes into o from public.organizations x where x.id = v_org;
	insert into public.intake_requests as r (org_id, id, channel, status, subject, body, fields, requester_name, requester_email, requester_phone, form_id, source_id,
			pipeline_id, message_id, quarantine_reason, locale, due_at, status_hash)
		values (v_org, intake_create.id, p_channel, intake_create.status, p_subject, coalesce(p_body, ''), coalesce(p_fields, '{}'), p_name, lower(p_email), p_phone, p_form,
			p_source, p_pipeline, p_message_id, p_quarantine, coalesce(p_locale, o.default_language), now() + make_interval(mins => coalesce(o.minutes, 240)), v_hash)
		returning r.number into number;
	insert into public.principals (token_hash, org_id, kind, subject_id, role, rights, org_name, zone, locale)
		values (v_hash, v_org, 'link', intake_create.id, 'link', ' status.read status.write ', o.name, o.zone, o.default_language);
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

-- The name under which a status is counted; null for those nobody counts.
create function intake_counter(p_status text) returns text language sql immutable as $$
	select case when p_status in ('CLOSED', 'REJECTED') then 'intake.closed' when p_status = 'QUARANTINED' then 'intake.quarantined' else 'intake.open' end
$$;

-- Counters follow the status, whoever changes it: intake.open, .quarantined, .closed, and of the open ones .approval and .review.
create function intake_recount() returns trigger language plpgsql as $$
begin
	if intake_counter(old.status) <> intake_counter(new.status) then
		perform fl_count(intake_counter(old.status), -1), fl_count(intake_counter(new.status), 1);
	end if;
	if old.status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		perform fl_count(case old.status when 'NEEDS_APPROVAL' then 'intake.approval' else 'intake.review' end, -1);
	end if;
	if new.status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		perform fl_count(case new.status when 'NEEDS_APPROVAL' then 'intake.approval' else 'intake.review' end, 1);
	end if;
	return null;
end
$$;
create trigger recount after update of status on intake_requests for each row when (old.status <> new.status) execute function intake_recount();

-- --- the public form ---

-- What is wrong with what was sent, against the form's own definition: one row a wrong field, with its message key.
create function form_wrong(p_fields jsonb, p_values jsonb) returns table (name text, wrong text) language plpgsql stable as $$
declare
	f record;
	v text;
	v_wrong text;
begin
	for f in select * from jsonb_to_recordset(p_fields) x(name text, kind text, required boolean, choices jsonb) loop
		v := btrim(coalesce(p_values ->> f.name, ''), E' \t\r\n');
		if v = '' then
			v_wrong := case when f.required then 'wrong.required' end;
		elsif length(v) > (case f.kind when 'long' then 20000 else 200 end) then
			v_wrong := 'wrong.too_long';
		elsif v ~ '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' or (f.kind <> 'long' and v ~ '[\t\r\n]') then
			v_wrong := 'wrong.control';
		else
			v_wrong := case f.kind
				when 'email' then case when v !~ '^[^@[:space:]<>()\[\]\\,;:"]{1,64}@[^@[:space:]<>()\[\]\\,;:".-][^@[:space:]<>()\[\]\\,;:"]*\.[^@[:space:]<>()\[\]\\,;:".]*[^@[:space:]<>()\[\]\\,;:".-]$' then 'wrong.email' end
				when 'phone' then case when v !~ '^[+]?[0-9 ()./-]+$' or length(regexp_replace(v, '[^0-9]', '', 'g')) not between 5 and 15 then 'wrong.phone' end
				when 'number' then case when v !~ '^-?[0-9]{1,15}([.][0-9]{1,6})?$' then 'wrong.number' end
				when 'date' then case when not form_is_date(v) then 'wrong.date' end
				when 'choice' then case when not coalesce(f.choices, '[]') ? v then 'wrong.choice' end
			end;
		end if;
		if v_wrong is not null then
			name := f.name;
			wrong := v_wrong;
			return next;
		end if;
	end loop;
	-- A name the form does not have.
	for name in select k from jsonb_object_keys(coalesce(p_values, '{}')) k where not p_fields @> jsonb_build_array(jsonb_build_object('name', k)) limit 10 loop
		wrong := 'wrong.unknown';
		return next;
	end loop;
end
$$;

-- A day that exists, as year-month-day.
create function form_is_date(p_text text) returns boolean language plpgsql immutable as $$
declare
	v_month date;
begin
	if p_text !~ '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' then
		return false;
	end if;
	v_month := make_date(left(p_text, 4)::int, substr(p_text, 6, 2)::int, 1);
	return right(p_text, 2)::int <= extract(day from v_month + interval '1 month - 1 day');
end
$$;

-- An address as it is kept: a hash that means nothing outside this organisation.
create function form_address(p_address text) returns bytea language plpgsql stable as $$
begin
	return substring(sha256(convert_to(fl_org()::text || coalesce(p_address, ''), 'UTF8')) for 16);
end
$$;

-- What an address is asked after two of its requests were quarantined within the hour: the same sum all day.
create function form_question(p_form uuid, p_address text) returns table (a int, b int) language plpgsql stable as $$
declare
	v_hash bigint := hashtextextended(p_form::text || coalesce(p_address, '') || current_date::text, 0) & 1023;
begin
	if (select count(*) from form_visits v where v.org_id = fl_org() and v.form_id = p_form and v.address_hash = form_address(p_address)
			and v.at > now() - interval '1 hour' and v.quarantined) >= 2 then
		return query select 2 + (v_hash % 8)::int, 2 + (v_hash / 8 % 8)::int;
	end if;
end
$$;

-- Why a request is put aside, null when it is welcome. p_age: seconds since the form was opened, -1 without a token (a copied
-- snippet has none), -2 for a false one.
create function form_suspicion(p_form uuid, p_address text, p_age bigint, p_trap text, p_text text) returns text language plpgsql stable as $$
declare
	v_links int := (length(p_text) - length(regexp_replace(p_text, 'https?://|www[.]', '', 'gi'))) / 4;
begin
	return case when coalesce(p_trap, '') <> '' then 'bait'
		when p_age = -2 then 'token'
		when p_age between 0 and 2 then 'fast'
		when v_links > 8 or (v_links > 3 and p_age = -1) then 'links'
		when (select count(*) from (select from form_visits v where v.org_id = fl_org() and v.form_id = p_form
			and v.address_hash = form_address(p_address) and v.at > now() - interval '1 hour' limit 20) x) >= 20 then 'flood' end;
end
$$;

-- The parts of a request that came through a form: who, what, and everything else under its label.
create function form_read(p_fields jsonb, p_values jsonb, p_form_name text, out subject text, out body text, out who text, out email text, out phone text)
	language plpgsql immutable as $$
declare
	f record;
	v text;
	v_long text := '';
	v_rest text := '';
begin
	for f in select * from jsonb_to_recordset(p_fields) x(name text, label text, kind text) loop
		v := btrim(replace(coalesce(p_values ->> f.name, ''), E'\r', ''), E' \t\n');
		continue when v = '';
		if f.kind = 'long' then
			v_long := v_long || case v_long when '' then '' else E'\n\n' end || v;
		elsif f.kind = 'name' and who is null then
			who := v;
		elsif f.kind = 'email' and email is null then
			email := lower(v);
		elsif f.kind = 'phone' and phone is null then
			phone := v;
		else
			subject := coalesce(subject, case f.kind when 'text' then v end);
			v_rest := v_rest || case v_rest when '' then '' else E'\n' end || f.label || ': ' || v;
		end if;
	end loop;
	body := v_long || case when v_long <> '' and v_rest <> '' then E'\n\n' else '' end || v_rest;
	subject := coalesce(subject, nullif(btrim(split_part(v_long, E'\n', 1)), ''), p_form_name);
	-- A long first line ends at its first sentence, else at a word.
	if length(subject) > 80 then
		subject := coalesce(substring(subject from '^(.{12,79}?[.!?])\s'), substring(subject from '^(.{20,78})\s') || '…', left(subject, 79) || '…');
	end if;
end
$$;

-- A request through the form that asks. All that is wrong is told at once: FL422 with {"field.NAME": message key} in DETAIL.
create function form_submit(p_values jsonb, p_trap text, p_answer text, p_age bigint, p_address text, p_locale text)
	returns table (id uuid, number bigint, status text, status_key text) language plpgsql as $$
declare
	f intake_forms;
	r record;
	q record;
	v_wrong jsonb;
	v_why text;
begin
	select * into f from intake_forms x where x.org_id = fl_org() and x.id = nullif(current_setting('app.subject_id', true), '')::uuid and x.active;
	if f.id is null then
		return;
	end if;
	select jsonb_object_agg('field.' || w.name, w.wrong) into v_wrong from form_wrong(f.fields, p_values) w;
	select * into q from form_question(f.id, p_address);
	if q.a is not null and btrim(coalesce(p_answer, '')) <> (q.a + q.b)::text then
		v_wrong := coalesce(v_wrong, '{}') || '{"answer": "wrong.answer"}';
	end if;
	if v_wrong is not null then
		perform fl_fail('FL422', 'wrong.several', v_wrong::text);
	end if;
	select * into r from form_read(f.fields, p_values, f.name);
	v_why := form_suspicion(f.id, p_address, p_age, p_trap, r.subject || ' ' || r.body);
	-- Who answered the question is a person, if a quick one.
	if q.a is not null and v_why in ('fast', 'flood') then
		v_why := null;
	end if;
	insert into form_visits (org_id, form_id, address_hash, quarantined) values (fl_org(), f.id, form_address(p_address), v_why is not null);
	return query select c.* from intake_create('form', r.subject, r.body, r.who, r.email, r.phone, jsonb_strip_nulls(coalesce(p_values, '{}')), f.id, null,
		f.pipeline_id, null, v_why, p_locale) c;
end
$$;

create function form_visits_forget() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	delete from public.form_visits where at < now() - interval '1 day';
	get diagnostics v_done = row_count;
	return v_done;
end
$$;
select fl_definer_function('form_visits_forget()', 'fl_sweep');

-- --- what the submitter does by his link ---

-- A word of the requester's: by his link, or a mail that answers. Opens a closed request again.
create function intake_message_in(p_intake uuid, p_name text, p_body text, p_message_id text) returns uuid language plpgsql as $$
declare
	r intake_requests;
	v_id uuid;
begin
	select * into r from intake_requests where org_id = fl_org() and id = p_intake for update;
	if r.id is null then
		return null;
	end if;
	insert into intake_messages (org_id, intake_id, direction, author_name, body, message_id)
		values (fl_org(), p_intake, 'in', coalesce(nullif(p_name, ''), r.requester_name, r.requester_email, ''), p_body, p_message_id) returning id into v_id;
	update intake_requests set version = version + 1, updated_at = now(), closed_at = null,
			status = case when status = 'CLOSED' then case when pipeline_id is null then 'NEEDS_REVIEW' else 'ASSIGNED' end else status end
		where org_id = fl_org() and id = p_intake;
	perform fl_audit('intake.message_in', 'intake', p_intake, jsonb_build_object('message_id', v_id));
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', p_intake, 'change', 'message'));
	if r.assignee_id is not null then
		perform fl_notify(r.assignee_id, 'message', 'intake', p_intake, jsonb_build_object('number', r.number));
	end if;
	return v_id;
end
$$;

create function status_add(p_body text) returns table (id uuid) language plpgsql as $$
declare
	v_intake uuid := nullif(current_setting('app.subject_id', true), '')::uuid;
begin
	if (select count(*) from intake_messages m where m.org_id = fl_org() and m.intake_id = v_intake and m.direction = 'in' and m.created_at > now() - interval '1 hour') >= 10 then
		perform fl_fail('FL429', 'error.too_many');
	end if;
	return query select m from intake_message_in(v_intake, null, p_body, null) m where m is not null;
end
$$;

create function status_withdraw() returns table (id uuid) language plpgsql as $$
begin
	return query select c.id from intake_close(nullif(current_setting('app.subject_id', true), '')::uuid, null, 'withdrawn') c;
end
$$;
