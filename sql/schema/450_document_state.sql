-- The state of a document as it is told (X-26): COMPLETED is one that searches find by words and vectors. The column `status` ends at its last page read, when its text
-- can be seen; where passages and vectors stand is told by chunked_at and embedded_at.
create function document_state(p_status text, p_scan text, p_superseded boolean, p_chunked timestamptz, p_embedded timestamptz) returns text language sql immutable parallel safe as $$
	select case p_status when 'INFECTED' then 'REJECTED' when 'READING' then 'PROCESSING' when 'QUEUED' then case when p_scan = 'none' then 'SCANNING' else 'QUEUED' end
		when 'COMPLETED' then case when p_superseded or p_embedded is not null then 'COMPLETED' when p_chunked is null then 'EXTRACTED' else 'EMBEDDING' end else p_status end
$$;
-- The value of the column that a state is told of.
create function document_state_column(p_state text) returns text language sql immutable parallel safe as $$
	select case p_state when 'REJECTED' then 'INFECTED' when 'PROCESSING' then 'READING' when 'SCANNING' then 'QUEUED' when 'EXTRACTED' then 'COMPLETED' when 'EMBEDDING' then 'COMPLETED'
		else p_state end
$$;

-- How documents of an organisation are cut into passages (RAG-02, X-16), unless one is told otherwise.
alter table chat_settings
	add column chunk_preset text not null default 'document' check (chunk_preset in ('document', 'knowledge')),
	add column chunk_strategy text not null default 'fixed' check (chunk_strategy in ('fixed', 'paragraph', 'semantic'));
create function document_cut_preset() returns text language plpgsql stable as $$
begin
	return coalesce((select s.chunk_preset from public.chat_settings s where s.org_id = public.fl_org()), 'document');
end
$$;
create function document_cut_strategy() returns text language plpgsql stable as $$
begin
	return coalesce((select s.chunk_strategy from public.chat_settings s where s.org_id = public.fl_org()), 'fixed');
end
$$;
alter table documents alter column chunk_preset set default document_cut_preset(), alter column chunk_strategy set default document_cut_strategy();

-- As in 318, and how documents that come from now on are cut; null: as before.
create function chat_set(p_general boolean, p_chain text, p_vision boolean, p_preset text, p_strategy text) returns table (general boolean) language plpgsql as $$
begin
	perform chat_set(p_general, p_chain, p_vision);
	update chat_settings s set chunk_preset = coalesce(p_preset, s.chunk_preset), chunk_strategy = coalesce(p_strategy, s.chunk_strategy) where s.org_id = fl_org();
	return query select p_general;
end
$$;

-- One document is cut otherwise from now on; its passages are made anew.
create function document_cut(p_id uuid, p_preset text, p_strategy text) returns table (id uuid) language plpgsql as $$
begin
	update documents d set chunk_preset = p_preset, chunk_strategy = p_strategy, updated_at = now() where d.org_id = fl_org() and d.id = p_id;
	if found then
		perform fl_audit('document.cut', 'document', p_id, jsonb_build_object('preset', p_preset, 'strategy', p_strategy));
		perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id), 4, null, 'chunk:' || p_id) from documents d
			where d.org_id = fl_org() and d.id = p_id and d.status = 'COMPLETED' and not d.superseded;
		return query select p_id;
	end if;
end
$$;

-- Who may see a document, and what else they may do to it: each member is looked at as he is narrowed.
create function document_readers(p_id uuid) returns table (name text, email text, role text, narrowed boolean, may_change boolean, may_delete boolean) language plpgsql as $$
declare
	d public.documents;
	m record;
	v_rule text;
	v_keys text[] := '{app.scope,app.scope_pipelines,app.scope_clients,app.scope_teams,app.scope_people,app.scope_email}';
	v_kept text[];
begin
	select x.* into d from public.documents x where x.org_id = public.fl_org() and x.id = p_id;
	if d.id is null or not public.fl_can('member.read') then
		return;
	end if;
	v_kept := array(select coalesce(current_setting(k, true), '') from unnest(v_keys) with ordinality u(k, n) order by n);
	for m in select s.name, s.email, s.role, s.user_id, array(select p.permission from public.role_permissions p where p.role = s.role) as rights from public.memberships s
			where s.org_id = d.org_id order by array_position('{owner,admin,operator,pm,member,viewer,user,client}', s.role), s.name, s.user_id limit 500 loop
		continue when not m.rights && '{document.read,portal.read}';
		v_rule := public.scope_rule(d.org_id, m.user_id, m.role);
		if v_rule <> '' then
			perform public.fl_narrow(v_rule, d.org_id, m.user_id);
		else
			perform set_config('app.scope', '', true);
		end if;
		if v_rule = '' or public.document_seen(d.id, d.uploaded_by, d.created_at) then
			return query select m.name, m.email, m.role, v_rule <> '', 'document.manage' = any (m.rights), 'document.delete' = any (m.rights);
		end if;
	end loop;
	perform set_config(k, v, true) from unnest(v_keys, v_kept) u(k, v);
end
$$;
select fl_definer_function('document_readers(uuid)');

-- A field saved as it stands is called right; another value, name or kind puts it right.
create function document_field_save(p_id uuid, p_field uuid, p_kind text, p_label text, p_old text, p_value text, p_normal text, p_checks boolean)
		returns table (id uuid, page bigint) language plpgsql as $$
begin
	if exists (select from document_fields f where f.org_id = fl_org() and f.document_id = p_id and f.id = p_field and f.value = p_value and p_value = p_old and f.kind = p_kind
			and f.label = coalesce(p_label, '')) then
		return query select * from document_field_judge(p_id, p_field, 'confirm');
	else
		return query select * from document_field_correct(p_id, p_field, p_kind, p_label, p_old, p_value, p_normal, p_checks);
	end if;
end
$$;
