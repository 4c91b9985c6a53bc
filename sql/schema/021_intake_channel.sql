-- Forms and webhook sources as their owners edit them.

-- A key for an address: 122 random bits.
create function channel_key() returns text language plpgsql volatile as $$
begin
	return translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_');
end
$$;

-- Opens or shuts the door of a public key: its principal follows the form or source it belongs to.
create function channel_door(p_kind text, p_key text, p_subject uuid, p_open boolean) returns void language plpgsql as $$
begin
	delete from public.principals where token_hash = sha256(convert_to(p_key, 'UTF8')) and org_id = public.fl_org();
	if p_open then
		insert into public.principals (token_hash, org_id, kind, subject_id, role, rights, org_name, zone, locale)
			select sha256(convert_to(p_key, 'UTF8')), o.id, p_kind, p_subject, p_kind, public.fl_rights(p_kind), o.name, o.zone, o.default_language
				from public.organizations o where o.id = public.fl_org();
	end if;
end
$$;
select fl_definer_function('channel_door(text, text, uuid, boolean)');

-- A new form asks for a name, an address and what it is about.
create function form_add(p_name text, p_title text, p_intro text, p_thanks text, p_pipeline uuid) returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
begin
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline and p.archived_at is null) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	insert into intake_forms (org_id, name, title, intro, thanks, pipeline_id, public_key, fields)
		values (fl_org(), p_name, coalesce(p_title, p_name), coalesce(p_intro, ''), coalesce(p_thanks, ''), p_pipeline, channel_key(), form_first_fields()) returning * into f;
	perform channel_door('form', f.public_key, f.id, true);
	perform fl_audit('form.add', 'form', f.id, jsonb_build_object('name', p_name));
	return query select f.id;
end
$$;

-- In the organisation's language.
create function form_first_fields() returns jsonb language plpgsql stable as $$
begin
	if (select default_language from organizations where id = fl_org()) = 'es' then
		return '[{"name":"name","label":"Su nombre","kind":"name","required":false},{"name":"email","label":"Su correo electrónico","kind":"email","required":true},
			{"name":"message","label":"¿Qué ha pasado?","kind":"long","required":true}]';
	end if;
	return '[{"name":"name","label":"Your name","kind":"name","required":false},{"name":"email","label":"Your e-mail address","kind":"email","required":true},
		{"name":"message","label":"What happened?","kind":"long","required":true}]';
end
$$;

-- Locks a form and holds it against the version the person saw.
create function form_hold(p_id uuid, p_version bigint) returns intake_forms language plpgsql as $$
declare
	f intake_forms;
begin
	select * into f from intake_forms where org_id = fl_org() and id = p_id for update;
	if f.id is not null and p_version is not null and f.version <> p_version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	end if;
	return f;
end
$$;

create function form_set(p_id uuid, p_version bigint, p_name text, p_title text, p_intro text, p_thanks text, p_pipeline uuid) returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
begin
	f := form_hold(p_id, p_version);
	if f.id is null then
		return;
	end if;
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline and p.archived_at is null) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	update intake_forms x set name = p_name, title = coalesce(p_title, p_name), intro = coalesce(p_intro, ''), thanks = coalesce(p_thanks, ''), pipeline_id = p_pipeline,
		version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_audit('form.change', 'form', p_id, jsonb_build_object('name', p_name));
	return query select p_id;
end
$$;

create function form_fields_keep(p_id uuid, p_fields jsonb, p_what text, p_name text) returns table (id uuid) language plpgsql as $$
begin
	update intake_forms x set fields = coalesce(p_fields, '[]'), version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_audit('form.' || p_what, 'form', p_id, jsonb_build_object('field', p_name));
	return query select p_id;
end
$$;

-- Adds a field, or changes the one named. A field keeps its name, so that what was sent before keeps its meaning.
create function form_field_set(p_id uuid, p_version bigint, p_name text, p_label text, p_hint text, p_kind text, p_required boolean, p_choices text)
	returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
	v_name text := p_name;
	v_base text := left(coalesce(nullif(btrim(regexp_replace(lower(p_label), '[^a-z0-9]+', '_', 'g'), '_'), ''), 'field'), 30);
	v_choices jsonb;
	v_field jsonb;
begin
	f := form_hold(p_id, p_version);
	if f.id is null then
		return;
	end if;
	if p_kind = 'choice' then
		select jsonb_agg(c order by n) into v_choices from (select left(btrim(c), 100) as c, min(n) as n
			from regexp_split_to_table(coalesce(p_choices, ''), E'\n') with ordinality x(c, n) where btrim(c) <> '' group by 1) y;
		if v_choices is null or jsonb_array_length(v_choices) not between 2 and 50 then
			perform fl_fail('FL422', 'wrong.choices', 'choices');
		end if;
	end if;
	if v_name is null and jsonb_array_length(f.fields) >= 30 then
		perform fl_fail('FL422', 'wrong.fields_full', 'label');
	end if;
	if v_name is null then
		v_name := v_base;
		for i in 2 .. 31 loop
			exit when not f.fields @> jsonb_build_array(jsonb_build_object('name', v_name));
			v_name := v_base || '_' || i;
		end loop;
	end if;
	v_field := jsonb_strip_nulls(jsonb_build_object('name', v_name, 'label', p_label, 'hint', p_hint, 'kind', p_kind, 'required', p_required,
		'choices', case p_kind when 'choice' then v_choices end));
	return query select k.id from form_fields_keep(p_id, case when p_name is null then f.fields || v_field
		else (select jsonb_agg(case when x ->> 'name' = p_name then v_field else x end order by i) from jsonb_array_elements(f.fields) with ordinality e(x, i)) end,
		'field_set', v_name) k;
end
$$;

create function form_field_remove(p_id uuid, p_version bigint, p_name text) returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
begin
	f := form_hold(p_id, p_version);
	if f.id is null then
		return;
	end if;
	return query select k.id from form_fields_keep(p_id, (select jsonb_agg(x order by i) from jsonb_array_elements(f.fields) with ordinality e(x, i) where x ->> 'name' <> p_name),
		'field_remove', p_name) k;
end
$$;

-- One place up or down; at the edge it stays.
create function form_field_move(p_id uuid, p_version bigint, p_name text, p_where text) returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
begin
	f := form_hold(p_id, p_version);
	if f.id is null then
		return;
	end if;
	return query select k.id from form_fields_keep(p_id, (select jsonb_agg(x order by case when x ->> 'name' = p_name then i + (case p_where when 'up' then -1.5 else 1.5 end) else i end)
		from jsonb_array_elements(f.fields) with ordinality e(x, i)), 'field_move', p_name) k;
end
$$;

create function form_switch(p_id uuid, p_active boolean) returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
begin
	update intake_forms x set active = p_active, version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = p_id returning * into f;
	if f.id is not null then
		perform channel_door('form', f.public_key, f.id, p_active);
		perform fl_audit(case when p_active then 'form.open' else 'form.shut' end, 'form', f.id);
		return query select f.id;
	end if;
end
$$;

-- --- webhooks in ---

create function webhook_add(p_name text, p_scheme text, p_secret bytea, p_mapping jsonb) returns table (id uuid) language plpgsql as $$
declare
	s webhook_sources;
begin
	insert into webhook_sources (org_id, name, public_key, scheme, secret, mapping) values (fl_org(), p_name, channel_key(), p_scheme, p_secret, p_mapping) returning * into s;
	perform channel_door('webhook', s.public_key, s.id, true);
	perform fl_audit('webhook.add', 'webhook', s.id, jsonb_build_object('name', p_name, 'scheme', p_scheme));
	return query select s.id;
end
$$;

-- Changes name, scheme and mapping; a null secret stays as it is.
create function webhook_set(p_id uuid, p_name text, p_scheme text, p_secret bytea, p_mapping jsonb) returns table (id uuid) language plpgsql as $$
begin
	update webhook_sources s set name = p_name, scheme = p_scheme, secret = coalesce(p_secret, s.secret), mapping = p_mapping, updated_at = now()
		where s.org_id = fl_org() and s.id = p_id;
	if found then
		perform fl_audit('webhook.change', 'webhook', p_id, jsonb_build_object('name', p_name, 'secret', p_secret is not null));
		return query select p_id;
	end if;
end
$$;

create function webhook_switch(p_id uuid, p_active boolean) returns table (id uuid) language plpgsql as $$
declare
	s webhook_sources;
begin
	update webhook_sources x set active = p_active, updated_at = now() where x.org_id = fl_org() and x.id = p_id returning * into s;
	if s.id is not null then
		perform channel_door('webhook', s.public_key, s.id, p_active);
		perform fl_audit(case when p_active then 'webhook.open' else 'webhook.shut' end, 'webhook', s.id);
		return query select s.id;
	end if;
end
$$;

-- Claims a provider's id before its body is read: null when it is new, else the request it became (the nil uuid when none).
create function webhook_claim(p_source uuid, p_provider_id text) returns uuid language plpgsql as $$
declare
	v_intake uuid;
begin
	insert into webhook_receipts (org_id, source_id, provider_id) values (fl_org(), p_source, p_provider_id) on conflict do nothing;
	if found then
		return null;
	end if;
	select intake_id into v_intake from webhook_receipts where org_id = fl_org() and source_id = p_source and provider_id = p_provider_id;
	return coalesce(v_intake, '00000000-0000-0000-0000-000000000000');
end
$$;

-- The request a webhook becomes, once its id is claimed.
create function webhook_take(p_source uuid, p_provider_id text, p_subject text, p_body text, p_name text, p_email text, p_phone text)
	returns table (id uuid, number bigint, status text) language plpgsql as $$
declare
	r record;
begin
	select * into r from intake_create('webhook', p_subject, p_body, p_name, p_email, p_phone, '{}', null, p_source, null, null, null, null);
	perform fl_emit('webhook.form_submitted', jsonb_build_object('intake_id', r.id, 'source_id', p_source));
	update webhook_receipts w set intake_id = r.id where w.org_id = fl_org() and w.source_id = p_source and w.provider_id = p_provider_id;
	return query select r.id, r.number, r.status;
end
$$;

-- --- contacts ---

create function contact_has(p_name text, p_email text, p_phone text, p_company text, p_q text) returns boolean language plpgsql immutable as $$
declare
	v_like text := '%' || replace(replace(replace(p_q, '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
	return p_name ilike v_like or p_email ilike v_like or p_phone ilike v_like or p_company ilike v_like;
end
$$;

-- Makes a contact (null id) or changes one; null when there is no such contact. An address belongs to one contact.
create function contact_set(p_id uuid, p_name text, p_email text, p_phone text, p_company text, p_notes text) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	if p_name is null and p_email is null and p_phone is null then
		perform fl_fail('FL422', 'wrong.required', 'name');
	end if;
	if p_email is not null and exists (select from contacts where org_id = fl_org() and email = lower(p_email) and id is distinct from p_id) then
		perform fl_fail('FL422', 'wrong.taken', 'email');
	end if;
	if p_id is null then
		insert into contacts (org_id, name, email, phone, company, notes)
			values (fl_org(), coalesce(p_name, ''), lower(p_email), p_phone, p_company, coalesce(p_notes, '')) returning id into v_id;
	else
		update contacts set name = coalesce(p_name, ''), email = lower(p_email), phone = p_phone, company = p_company, notes = coalesce(p_notes, ''), updated_at = now()
			where org_id = fl_org() and id = p_id returning id into v_id;
	end if;
	if v_id is not null then
		perform fl_audit(case when p_id is null then 'contact.add' else 'contact.change' end, 'contact', v_id);
	end if;
	return v_id;
end
$$;
