-- A collection of vectors as a file and back (RAG-14): what the model made of each passage's text, by the text's hash. `fairlead collection` reads and writes it.

create function collection_org(p_org text) returns uuid language plpgsql as $$
declare
	v_org uuid := (select o.id from public.organizations o where o.slug = p_org);
begin
	if v_org is null then
		perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
	end if;
	perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
	return v_org;
end
$$;
select fl_definer_function('collection_org(text)', 'fl_definer');

-- The next vectors of passages after that hash, as hex.
create function collection_page(p_org text, p_model text, p_after text, p_limit bigint) returns table (hash text, vector text, dims bigint) language plpgsql as $$
declare
	v_org uuid := public.collection_org(p_org);
begin
	return query select encode(e.hash, 'hex'), encode(e.vector, 'hex'), e.dims::bigint from public.embeddings e
		where e.org_id = v_org and e.model = p_model and e.hash > decode(coalesce(p_after, ''), 'hex') and exists (select from public.chunks c where c.org_id = v_org and c.hash = e.hash)
		order by e.hash limit p_limit;
end
$$;
select fl_definer_function('collection_page(text, text, text, bigint)', 'fl_owner');

-- Takes vectors back: [["hash", "vector"], ...] in hex. Nothing is compared with them before collection_restored.
create function collection_put(p_org text, p_model text, p_dims bigint, p_vectors jsonb) returns bigint language plpgsql as $$
declare
	v_org uuid := public.collection_org(p_org);
	v_dims int := (select s.dims from public.vector_stores s where s.org_id = v_org and s.model = p_model);
	v_n bigint;
begin
	if v_dims is not null and v_dims <> p_dims then
		perform public.fl_fail('FL422', 'the collection holds vectors of ' || v_dims || ' numbers, the snapshot of ' || p_dims);
	end if;
	insert into public.embeddings as e (org_id, model, hash, dims, vector)
		select v_org, p_model, decode(v.v ->> 0, 'hex'), p_dims, decode(v.v ->> 1, 'hex') from jsonb_array_elements(p_vectors) v(v)
		on conflict (org_id, model, hash) do update set dims = excluded.dims, vector = excluded.vector, updated_at = now();
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
select fl_definer_function('collection_put(text, text, bigint, jsonb)', 'fl_owner');

-- All are back: passages that have none take theirs from them, and every file and copy is made anew. Answers how many passages have one now.
create function collection_restored(p_org text, p_model text, p_dims bigint) returns bigint language plpgsql as $$
declare
	v_org uuid := public.collection_org(p_org);
	v_seq bigint;
begin
	insert into public.vector_stores (org_id, model, dims) values (v_org, p_model, p_dims) on conflict do nothing;
	update public.vector_stores s set last = s.last + 1, generation = s.generation + 1, updated_at = now() where s.org_id = v_org and s.model = p_model returning s.last into v_seq;
	insert into public.vector_log (org_id, model, seq, chunk_id)
		select v_org, p_model, v_seq, c.id from public.chunks c join public.embeddings e on e.org_id = v_org and e.model = p_model and e.hash = c.hash
			where c.org_id = v_org and not exists (select from public.vector_log l where l.org_id = v_org and l.chunk_id = c.id and l.model = p_model);
	perform public.fl_audit('collection.restore', 'organization', v_org, jsonb_build_object('model', p_model));
	perform public.admin_collection_tend(v_org);
	return (select count(*) from public.vector_log l where l.org_id = v_org and l.model = p_model and not l.gone);
end
$$;
select fl_definer_function('collection_restored(text, text, bigint)', 'fl_owner');
