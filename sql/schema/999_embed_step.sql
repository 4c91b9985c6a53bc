-- A batch of passages costs the same however long its document is: each goes on from the last passage of the one before, and keeps what it was asked for alone. All passages are looked
-- through again only when the end was reached. (A document of 6,400 passages took 64 batches, each of which joined all passages with all vectors.)

drop function embed_save(uuid, text, bigint, jsonb, bytea);
drop function embed_wanted(uuid, text, bigint);

create function embed_wanted(p_document uuid, p_model text, p_after uuid, p_limit bigint) returns table (id uuid, hash bytea, body text) language sql stable as $$
	with a as (select o.page, o.from_char, o.to_char from chunks o where o.org_id = fl_org() and o.id = p_after and o.document_id = p_document union all select 0, 0, 0 limit 1)
	select c.id, c.hash, case when not exists (select from embeddings e where (e.org_id, e.model, e.hash) = (c.org_id, p_model, c.hash)) then c.body end
	from chunks c where c.org_id = fl_org() and c.document_id = p_document
		and (c.page, c.from_char, c.to_char) > ((select page from a), (select from_char from a), (select to_char from a))
		and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model) order by c.page, c.from_char, c.to_char limit p_limit
$$;

create function embed_save(p_document uuid, p_model text, p_dims bigint, p_hashes jsonb, p_vectors bytea, p_chunks jsonb) returns void language plpgsql as $$
declare
	v_seq bigint;
	v_last uuid := (p_chunks ->> -1)::uuid;
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_document for no key update;
	if not found then
		return;
	end if;
	if p_dims > 0 then
		insert into vector_stores (org_id, model, dims) values (fl_org(), p_model, p_dims) on conflict (org_id, model) do nothing;
		-- the model changed its length under the same name: what it made before cannot be compared
		update vector_stores s set dims = p_dims, generation = s.generation + 1, updated_at = now() where s.org_id = fl_org() and s.model = p_model and s.dims <> p_dims;
		if found then
			delete from embeddings e where e.org_id = fl_org() and e.model = p_model;
			delete from vector_log l where l.org_id = fl_org() and l.model = p_model;
		end if;
		insert into embeddings (org_id, model, hash, dims, vector)
			select fl_org(), p_model, decode(h.v, 'hex'), p_dims, substr(p_vectors, ((h.n - 1) * p_dims * 4 + 1)::int, (p_dims * 4)::int)
				from jsonb_array_elements_text(p_hashes) with ordinality h(v, n) order by h.v
			on conflict (org_id, model, hash) do nothing;
	end if;
	update vector_stores s set last = s.last + 1, updated_at = now() where s.org_id = fl_org() and s.model = p_model returning s.last into v_seq;
	insert into vector_log (org_id, model, seq, chunk_id)
		select fl_org(), p_model, v_seq, c.id from chunks c where c.org_id = fl_org() and c.id = any (array(select v::uuid from jsonb_array_elements_text(p_chunks) v)) and c.document_id = p_document
			and exists (select from embeddings e where e.org_id = c.org_id and e.model = p_model and e.hash = c.hash)
			and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model);
	if exists (select from embed_wanted(p_document, p_model, v_last, 1)) then
		perform fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', p_document, 'after', v_last), 6);
	elsif exists (select from embed_wanted(p_document, p_model, null, 1)) then -- one before it that came, or lost its vector, meanwhile
		perform fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', p_document), 6);
	else
		update documents set embedded_at = now() where org_id = fl_org() and id = p_document;
		perform fl_enqueue('document-embedding', 'vector.sync', '{}', 6, now() + interval '1 second', 'sync');
	end if;
end
$$;

-- By the ids of the passages and nothing else, so that each is found by its key: joined with what the statement took out, the log was read once a passage (1,480 passages: 25 s).
-- Stores are held in the order of their models, as everywhere.
create or replace function vector_forget() returns trigger language plpgsql as $$
declare
	v_org uuid;
	v_ids uuid[];
	v_models text[];
begin
	for v_org in select distinct c.org_id from changed c order by 1 loop
		v_ids := array(select c.id from changed c where c.org_id = v_org);
		v_models := array(select distinct l.model from public.vector_log l where l.org_id = v_org and l.chunk_id = any (v_ids) and not l.gone);
		perform from public.vector_stores v where v.org_id = v_org and v.model = any (v_models) order by v.model for no key update;
		update public.vector_stores v set last = v.last + 1, updated_at = now() where v.org_id = v_org and v.model = any (v_models);
		update public.vector_log l set gone = true, seq = v.last, created_at = now() from public.vector_stores v
			where l.org_id = v_org and l.chunk_id = any (v_ids) and not l.gone and v.org_id = v_org and v.model = l.model;
	end loop;
	return null;
end
$$;
select fl_definer_function('vector_forget()');
