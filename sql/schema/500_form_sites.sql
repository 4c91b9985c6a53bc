-- Sites that may show a form in a frame, or send to it (X-52). embed_origins holds origins (RFC 6454) with one space between them; none: any site may show it and
-- post to it as plain HTML, and no script may.

-- What somebody typed, as browsers write origins: lower case, without the port that goes without saying. A path is no origin; a slash at the end is forgiven.
create function form_origins(p_text text) returns text language plpgsql immutable as $$
declare
	v_list text[] := array(select regexp_replace(regexp_replace(regexp_replace(lower(o), '/$', ''), '^(https://[^/]*):443$', '\1'), '^(http://[^/]*):80$', '\1')
		from regexp_split_to_table(coalesce(p_text, ''), '[\s,]+') with ordinality x(o, n) where o <> '' order by n);
begin
	if cardinality(v_list) > 20 or exists (select from unnest(v_list) o where o !~ '^https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$') then
		perform fl_fail('FL422', 'wrong.origins', 'embed_origins');
	end if;
	return array_to_string(v_list, ' ');
end
$$;

drop function form_add(text, text, text, text, uuid);
create function form_add(p_name text, p_title text, p_intro text, p_thanks text, p_pipeline uuid, p_origins text) returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
begin
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline and p.archived_at is null) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	insert into intake_forms (org_id, name, title, intro, thanks, pipeline_id, public_key, fields, embed_origins)
		values (fl_org(), p_name, coalesce(p_title, p_name), coalesce(p_intro, ''), coalesce(p_thanks, ''), p_pipeline, channel_key(), form_first_fields(), form_origins(p_origins))
		returning * into f;
	perform channel_door('form', f.public_key, f.id, true);
	perform fl_audit('form.add', 'form', f.id, jsonb_build_object('name', p_name));
	return query select f.id;
end
$$;

drop function form_set(uuid, bigint, text, text, text, text, uuid);
create function form_set(p_id uuid, p_version bigint, p_name text, p_title text, p_intro text, p_thanks text, p_pipeline uuid, p_origins text)
	returns table (id uuid) language plpgsql as $$
declare
	f intake_forms;
	v_origins text := form_origins(p_origins);
begin
	f := form_hold(p_id, p_version);
	if f.id is null then
		return;
	end if;
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline and p.archived_at is null) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	update intake_forms x set name = p_name, title = coalesce(p_title, p_name), intro = coalesce(p_intro, ''), thanks = coalesce(p_thanks, ''), pipeline_id = p_pipeline,
		embed_origins = v_origins, version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_audit('form.change', 'form', p_id, jsonb_build_object('name', p_name) ||
		case when v_origins <> f.embed_origins then jsonb_build_object('embed_origins', v_origins) else '{}' end);
	return query select p_id;
end
$$;

-- The sites of the form whose page, or whose request's page, is open; no row for requests that came another way.
create function form_sites(p_origin text, p_sends boolean) returns table (sites text, listed boolean) language plpgsql stable as $$
declare
	v_subject uuid := nullif(current_setting('app.subject_id', true), '')::uuid;
	v_sites text;
begin
	select f.embed_origins into v_sites from intake_forms f where f.org_id = fl_org() and f.id = v_subject;
	if v_sites is null then
		select f.embed_origins into v_sites from intake_requests r join intake_forms f on f.org_id = r.org_id and f.id = r.form_id where r.org_id = fl_org() and r.id = v_subject;
	end if;
	if v_sites is null then
		return;
	end if;
	sites := v_sites;
	listed := p_origin = any (string_to_array(v_sites, ' '));
	if p_sends and v_sites <> '' and not listed then
		perform fl_fail('FL403', 'error.form_site');
	end if;
	return next;
end
$$;
