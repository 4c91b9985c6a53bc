-- Vectors of passages (RAG-03 to 05, 09; X-15, X-17). PostgreSQL keeps them; each machine makes a mapped file of them (src/vector), brought up to date by the log.

alter table documents add column embedded_at timestamptz;

-- What a model made of a text: the cache of embeddings, by the text's hash. float32, least byte first.
create table embeddings (
	org_id uuid not null references organizations,
	model text not null check (length(model) between 1 and 95),
	hash bytea not null,
	dims int not null check (dims between 1 and 4096),
	vector bytea not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, model, hash),
	check (octet_length(vector) = dims * 4)
);
select fl_tenant_table('embeddings');
alter table embeddings alter column vector set storage external; -- it does not compress

-- One row an organisation and model. last: number of the newest entry of its log. floor: entries up to it were tidied away; a file that stands below is made anew,
-- as is one of another generation.
create table vector_stores (
	org_id uuid not null references organizations,
	model text not null,
	dims int not null,
	generation bigint not null default 1,
	last bigint not null default 0,
	floor bigint not null default 0,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, model)
);
select fl_tenant_table('vector_stores');

-- What came and went, in the order of its commits: whoever writes here holds the row of vector_stores until then.
create table vector_log (
	org_id uuid not null references organizations,
	model text not null,
	seq bigint not null,
	chunk_id uuid not null,
	gone boolean not null default false,
	created_at timestamptz not null default now(),
	primary key (org_id, model, seq, chunk_id)
);
create unique index vector_log_chunk on vector_log (org_id, chunk_id, model);
select fl_tenant_table('vector_log');

-- Passages that were deleted are logged as gone, for each model that had them.
create function vector_forget() returns trigger language plpgsql as $$
declare
	s record;
begin
	for s in select distinct l.org_id, l.model from changed c join public.vector_log l on l.org_id = c.org_id and l.chunk_id = c.id and not l.gone order by 1, 2 loop
		update public.vector_stores v set last = v.last + 1, updated_at = now() where v.org_id = s.org_id and v.model = s.model;
		update public.vector_log l set gone = true, seq = v.last, created_at = now() from changed c, public.vector_stores v
			where l.org_id = s.org_id and l.model = s.model and l.chunk_id = c.id and c.org_id = s.org_id and v.org_id = s.org_id and v.model = s.model;
	end loop;
	return null;
end
$$;
select fl_definer_function('vector_forget()');
create trigger vector_forget after delete on chunks referencing old table as changed for each statement execute function vector_forget();

-- Passages of a document that have no vector of this model yet; their text is null when the cache knows it.
create function embed_wanted(p_document uuid, p_model text, p_limit bigint) returns table (id uuid, hash bytea, body text) language sql stable as $$
	select c.id, c.hash, case when not exists (select from embeddings e where (e.org_id, e.model, e.hash) = (c.org_id, p_model, c.hash)) then c.body end
	from chunks c where c.org_id = fl_org() and c.document_id = p_document
		and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model) order by c.id limit p_limit
$$;

-- Keeps what the model answered: the vectors of the texts with these hashes (hex), one after the other; p_dims 0: none, the cache had them all. Logs each passage of the document that has one now.
-- More to do makes another job; else the document is embedded.
create function embed_save(p_document uuid, p_model text, p_dims bigint, p_hashes jsonb, p_vectors bytea) returns void language plpgsql as $$
declare
	v_seq bigint;
begin
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
		select fl_org(), p_model, v_seq, c.id from chunks c join embeddings e on e.org_id = c.org_id and e.model = p_model and e.hash = c.hash
			where c.org_id = fl_org() and c.document_id = p_document
				and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model) order by c.id limit 200;
	if exists (select from embed_wanted(p_document, p_model, 1)) then
		perform fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', p_document), 6);
		return;
	end if;
	update documents set embedded_at = now() where org_id = fl_org() and id = p_document;
	perform fl_enqueue('document-embedding', 'vector.sync', '{}', 6, now() + interval '1 second', 'sync');
end
$$;

-- What a file that stands at p_last of p_generation lacks, in at most p_most numbers of the log. One row at least when the store exists: base is where the file must
-- stand for it (0: it has to be begun anew), upto where it stands then.
create function vector_news(p_model text, p_generation bigint, p_last bigint, p_most bigint)
		returns table (dims int, generation bigint, base bigint, upto bigint, behind bigint, chunk_id uuid, document_id uuid, vector bytea) language plpgsql stable as $$
declare
	s vector_stores;
	v_base bigint;
begin
	select * into s from vector_stores v where v.org_id = fl_org() and v.model = p_model;
	if not found then
		return;
	end if;
	v_base := case when p_generation = s.generation and p_last >= s.floor and p_last <= s.last then p_last else 0 end;
	return query select s.dims, s.generation, v_base, least(s.last, v_base + p_most), s.last - least(s.last, v_base + p_most), l.chunk_id, c.document_id, e.vector
		from (select) one left join vector_log l on l.org_id = fl_org() and l.model = p_model and l.seq > v_base and l.seq <= v_base + p_most
		left join chunks c on c.org_id = fl_org() and c.id = l.chunk_id and not l.gone
		left join embeddings e on e.org_id = fl_org() and e.model = p_model and e.hash = c.hash
		order by l.seq, l.chunk_id;
end
$$;

-- Once a day and organisation, and whenever the model changes: documents without vectors of the model are embedded, those read before there were passages are cut,
-- vectors of no passage are forgotten, the log is tidied.
create function vector_tend(p_model text) returns void language plpgsql as $$
declare
	v_gone bigint;
begin
	perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', d.id), 7, null, 'chunk:' || d.id) from (select x.id from documents x
		where x.org_id = fl_org() and x.status = 'COMPLETED' and x.chunked_at is null order by x.id limit 1000) d;
	perform fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', d.document_id), 7, null, 'embed:' || d.document_id)
		from (select distinct c.document_id from chunks c where c.org_id = fl_org()
			and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model) limit 1000) d;
	delete from embeddings e where e.org_id = fl_org() and e.updated_at < now() - interval '1 day' and not exists (select from chunks c where c.org_id = e.org_id and c.hash = e.hash);
	for p_model in select s.model from vector_stores s where s.org_id = fl_org() order by s.model loop
		with tidied as (
			delete from vector_log l where l.org_id = fl_org() and l.model = p_model and l.gone and l.created_at < now() - interval '7 days' returning l.seq
		)
		select max(t.seq) into v_gone from tidied t;
		update vector_stores s set floor = v_gone where s.org_id = fl_org() and s.model = p_model and s.floor < v_gone;
	end loop;
end
$$;
create index chunks_hash on chunks (org_id, hash);

create function sweep_vectors() returns bigint language plpgsql as $$
declare
	v_org uuid;
	v_done bigint := 0;
begin
	for v_org in select o.id from public.organizations o where o.suspended_at is null and exists (select from public.documents d where d.org_id = o.id) order by o.id loop
		perform set_config('app.current_org_id', v_org::text, true);
		perform public.fl_enqueue('document-embedding', 'vector.tend', '{}', 8, null, 'tend');
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sweep_vectors()', 'fl_sweep');
