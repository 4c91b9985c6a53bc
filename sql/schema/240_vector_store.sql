-- Vectors searched outside the files of the machines (X-17): pgvector or Qdrant. Both are copies that follow vector_log, as the files do; each is one for all machines.

-- How far a shared copy is.
create table vector_copies (
	org_id uuid not null references organizations,
	model text not null,
	store text not null check (store in ('pgvector', 'qdrant')),
	dims int not null,
	generation bigint not null,
	last bigint not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, model, store)
);
select fl_tenant_table('vector_copies');

-- Notes that the copy stands at p_upto now, unless it stood elsewhere than at p_base meanwhile, and goes on when there is more.
create function vector_copied(p_model text, p_store text, p_dims bigint, p_generation bigint, p_base bigint, p_upto bigint) returns void language plpgsql as $$
declare
	v_last bigint;
begin
	if p_store = 'pgvector' and not pgvector_ready() then
		return;
	end if;
	select s.last into v_last from vector_stores s where s.org_id = fl_org() and s.model = p_model for update; -- who logs waits, so that nothing slips in between
	insert into vector_copies (org_id, model, store, dims, generation, last) values (fl_org(), p_model, p_store, p_dims, p_generation, p_upto)
		on conflict (org_id, model, store) do update set dims = excluded.dims, generation = excluded.generation, last = excluded.last, updated_at = now()
			where p_base = 0 or vector_copies.generation = p_generation and vector_copies.last = p_base;
	if v_last > p_upto then
		perform fl_enqueue('document-embedding', 'vector.sync', '{}', 6, null, 'sync:' || p_upto);
	end if;
end
$$;

-- The copy is made anew.
create function vector_anew(p_model text, p_store text) returns void language plpgsql as $$
begin
	update vector_copies c set last = -1, updated_at = now() where c.org_id = fl_org() and c.model = p_model and c.store = p_store;
	perform fl_enqueue('document-embedding', 'vector.sync', '{}', 6, null, 'sync:anew');
end
$$;

-- What an organisation that goes leaves in a store elsewhere goes too, by a job of the platform's, since its own jobs go with it; and what a model of another length left.
create function vector_copy_gone() returns trigger language plpgsql as $$
declare
	v_org text := current_setting('app.current_org_id', true);
begin
	perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true);
	perform public.fl_enqueue('document-embedding', 'vector.drop',
		jsonb_build_object('org', old.org_id, 'model', old.model, 'store', old.store, 'dims', old.dims, 'generation', old.generation), 6);
	perform set_config('app.current_org_id', coalesce(v_org, ''), true);
	return null;
end
$$;
select fl_definer_function('vector_copy_gone()', 'fl_definer');
create trigger gone after delete on vector_copies for each row execute function vector_copy_gone();
create trigger outdated after update on vector_copies for each row when (new.generation <> old.generation) execute function vector_copy_gone();

-- Those of some organisations that do not exist any more: their files go from this machine.
create function vector_orgs_gone(p_orgs jsonb) returns table (org text) language plpgsql stable as $$
begin
	return query select x.v from jsonb_array_elements_text(p_orgs) x(v) where not exists (select from public.organizations o where o.id::text = x.v);
end
$$;
select fl_definer_function('vector_orgs_gone(jsonb)');

-- --- pgvector 0.8 or later. Its type is not here when the schema is made, so what names it is built when it is called. ---

-- Makes the table once the extension is there; whether it is ready. Run by the owner (fairlead migrate).
create function pgvector_setup() returns boolean language plpgsql as $$
begin
	if to_regtype('vector') is null then
		return false;
	end if;
	if to_regclass('chunk_vectors') is null then
		execute 'create table chunk_vectors (org_id uuid not null references organizations, model text not null, chunk_id uuid not null, document_id uuid not null, '
			'generation bigint not null, vector vector not null, created_at timestamptz not null default now(), updated_at timestamptz not null default now(), '
			'primary key (org_id, model, chunk_id))';
		perform fl_tenant_table('chunk_vectors');
	end if;
	return true;
end
$$;

create function pgvector_ready() returns boolean language sql stable as $$ select to_regtype('vector') is not null and to_regclass('chunk_vectors') is not null $$;

-- p_puts: [{"id", "document", "vector"}]; vector as text of a real[], null: forget that id. p_base 0: whatever was there is of no use.
create function pgvector_put(p_model text, p_generation bigint, p_base bigint, p_puts jsonb) returns void language plpgsql as $$
begin
	if not pgvector_ready() then
		return;
	end if;
	if p_base = 0 then
		execute 'delete from chunk_vectors where org_id = fl_org() and model = $1' using p_model;
	end if;
	execute 'delete from chunk_vectors v using jsonb_to_recordset($2) p(id uuid, vector text)
		where v.org_id = fl_org() and v.model = $1 and v.chunk_id = p.id and p.vector is null' using p_model, p_puts;
	execute 'insert into chunk_vectors (org_id, model, chunk_id, document_id, generation, vector)
		select fl_org(), $1, p.id, p.document, $2, p.vector::real[]::vector from jsonb_to_recordset($3) p(id uuid, document uuid, vector text) where p.vector is not null
		on conflict (org_id, model, chunk_id) do update set document_id = excluded.document_id, generation = excluded.generation, vector = excluded.vector, updated_at = now()'
		using p_model, p_generation, p_puts;
end
$$;

-- The nearest by cosine, best first. p_vector: text of a real[]; p_documents: a JSON array of ids, null: all.
create function pgvector_near(p_model text, p_dims bigint, p_generation bigint, p_vector text, p_documents jsonb, p_k bigint, p_least float8)
		returns table (id uuid, score float8) language plpgsql stable as $$
begin
	if not pgvector_ready() then
		return;
	end if;
	perform set_config('hnsw.iterative_scan', 'strict_order', true), set_config('ivfflat.iterative_scan', 'relaxed_order', true); -- the index knows no organisations
	return query execute format('select n.chunk_id, n.score from (
		select v.chunk_id, (1 - (v.vector::vector(%1$s) <=> $1::real[]::vector(%1$s)))::float8 as score from chunk_vectors v
			where v.org_id = fl_org() and v.model = $2 and v.generation = $3 and ($4 is null or v.document_id = any (array(select d::uuid from jsonb_array_elements_text($4) d)))
			order by v.vector::vector(%1$s) <=> $1::real[]::vector(%1$s) limit $5
		) n where n.score >= $6 order by n.score desc, n.chunk_id', p_dims) using p_vector, p_model, p_generation, p_documents, p_k, p_least;
end
$$;
