-- Collections of vectors, one an organisation and model, for the administrators of the platform (RAG-14, RAG-15). One that is missing is made when the first passage gets its vector.

-- What each holds and how much room that takes: texts, vectors in the database (float32) and in a store (the same, int8, and 44 bytes).
create function admin_collections(p_after text, p_limit bigint) returns table (org_id uuid, org_slug text, org_name text, model text, dims bigint, generation bigint, passages bigint, vectors bigint,
		text_bytes bigint, vector_bytes bigint, passage_bytes bigint, copies text, updated_at timestamptz) language sql stable as $$
	select s.org_id, o.slug, o.name, s.model, s.dims::bigint, s.generation, coalesce(c.chunks, 0), v.n, coalesce(c.bytes, 0), v.n * (s.dims * 9 + 44),
		case when c.chunks > 0 then (c.bytes + v.n * (s.dims * 9 + 44)) / c.chunks end,
		(select string_agg(k.store, ', ' order by k.store) from public.vector_copies k where k.org_id = s.org_id and k.model = s.model and k.last = s.last and k.generation = s.generation), s.updated_at
	from public.vector_stores s join public.organizations o on o.id = s.org_id left join public.chunk_sums c on c.org_id = s.org_id,
		lateral (select count(*) as n from public.vector_log l where l.org_id = s.org_id and l.model = s.model and not l.gone) v
	where (s.org_id, s.model) > (coalesce(left(p_after, 36), '00000000-0000-0000-0000-000000000000')::uuid, coalesce(substr(p_after, 38), ''))
	order by s.org_id, s.model limit p_limit
$$;
select fl_definer_function('admin_collections(text, bigint)');

create function admin_collection_org(p_org text) returns uuid language plpgsql as $$
declare
	v_org uuid := (select o.id from public.organizations o where o.slug = lower(p_org));
begin
	if v_org is null then
		perform public.fl_fail('FL422', 'wrong.org_unknown', 'org');
	end if;
	return v_org;
end
$$;
select fl_definer_function('admin_collection_org(text)', 'fl_definer');

-- Looks after a collection now, as the daily sweep does.
create function admin_collection_tend(p_org uuid) returns void language plpgsql as $$
declare
	v_org text := current_setting('app.current_org_id', true);
begin
	perform set_config('app.current_org_id', p_org::text, true);
	perform public.fl_enqueue('document-embedding', 'vector.tend', '{}', 4, null, 'tend');
	perform set_config('app.current_org_id', coalesce(v_org, ''), true);
end
$$;
select fl_definer_function('admin_collection_tend(uuid)', 'fl_definer');

create function admin_collection_create(p_org text, p_model text, p_dims bigint) returns table (org text, model text) language plpgsql as $$
declare
	v_org uuid := public.admin_collection_org(p_org);
begin
	insert into public.vector_stores (org_id, model, dims) values (v_org, p_model, p_dims) on conflict on constraint vector_stores_pkey do nothing;
	if not found then
		perform public.fl_fail('FL422', 'wrong.collection_there', 'model');
	end if;
	perform public.admin_note(v_org, 'collection.create', 'organization', v_org, jsonb_build_object('model', p_model, 'dims', p_dims));
	perform public.admin_collection_tend(v_org);
	return query select lower(p_org), p_model;
end
$$;
select fl_definer_function('admin_collection_create(text, text, bigint)');

-- The next generation: every file and every copy is made anew from the vectors the database keeps.
create function admin_collection_reindex(p_org text, p_model text) returns table (org text, model text) language plpgsql as $$
declare
	v_org uuid := public.admin_collection_org(p_org);
begin
	update public.vector_stores s set generation = s.generation + 1, updated_at = now() where s.org_id = v_org and s.model = p_model;
	if found then
		perform public.admin_note(v_org, 'collection.reindex', 'organization', v_org, jsonb_build_object('model', p_model));
		perform public.admin_collection_tend(v_org);
		return query select lower(p_org), p_model;
	end if;
end
$$;
select fl_definer_function('admin_collection_reindex(text, text)');
