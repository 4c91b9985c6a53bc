-- Passages: the text of documents in pieces of about a thousand characters, with their place on the page, found by their words (RAG-01, 02, 13; X-16, X-17).

alter table documents
	add column chunk_preset text not null default 'document' check (chunk_preset in ('document', 'knowledge')),
	add column chunk_strategy text not null default 'fixed' check (chunk_strategy in ('fixed', 'paragraph', 'semantic')),
	add column chunked_at timestamptz;

create table chunks (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	collection text not null default 'documents',
	document_id uuid not null,
	page int not null check (page > 0),
	from_char int not null check (from_char >= 0), -- in the page's text
	to_char int not null,
	word_from int, -- in the page's words; null: it has none
	word_to int,
	heading text not null default '',
	body text not null,
	hash bytea not null, -- SHA-256 of the body: what embeddings are kept by
	found tsvector not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, document_id, page, from_char, to_char),
	foreign key (org_id, document_id, page) references document_pages on delete cascade,
	check (to_char > from_char)
);
create index chunks_found on chunks using gin (found);
select fl_tenant_table('chunks');

-- Where each word of a page begins in its text, so that a quote leads to its rectangles.
create table page_places (
	org_id uuid not null references organizations,
	document_id uuid not null,
	page int not null,
	places int[] not null,
	primary key (org_id, document_id, page),
	foreign key (org_id, document_id, page) references document_pages on delete cascade
);
select fl_tenant_table('page_places');

-- In how many passages of an organisation a word stands: rare words weigh more (Spärck Jones 1972).
create table chunk_words (
	org_id uuid not null references organizations,
	word text not null,
	chunks bigint not null,
	primary key (org_id, word)
) with (fillfactor = 80);
select fl_tenant_table('chunk_words', 'select, insert, update');

-- How many passages an organisation has.
create table chunk_sums (
	org_id uuid primary key references organizations,
	chunks bigint not null,
	bytes bigint not null
);
select fl_tenant_table('chunk_sums', 'select, insert, update');

-- Adds to the counts of words what a statement put in or took out. The rows are taken in the order of the words, so that two never wait for each other.
create function chunk_count() returns trigger language plpgsql as $$
declare
	v_sign int := case tg_op when 'INSERT' then 1 else -1 end;
	v_org uuid;
begin
	for v_org in select distinct org_id from changed loop
		insert into public.chunk_sums as s (org_id, chunks, bytes)
			select v_org, v_sign * count(*), v_sign * sum(octet_length(c.body)) from changed c where c.org_id = v_org
			on conflict (org_id) do update set chunks = s.chunks + excluded.chunks, bytes = s.bytes + excluded.bytes;
		insert into public.chunk_words as w (org_id, word, chunks)
			select v_org, l.word, v_sign * count(*) from changed c, unnest(tsvector_to_array(c.found)) l(word)
				where c.org_id = v_org and length(l.word) <= 100 group by l.word order by l.word
			on conflict (org_id, word) do update set chunks = w.chunks + excluded.chunks;
	end loop;
	return null;
end
$$;
select fl_definer_function('chunk_count()');
create trigger chunk_count_in after insert on chunks referencing new table as changed for each statement execute function chunk_count();
create trigger chunk_count_out after delete on chunks referencing old table as changed for each statement execute function chunk_count();

-- Makes the passages of a document anew: after its text was corrected, or its rules changed.
create function document_rechunk(p_id uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id), 4, null, 'chunk:' || p_id);
end
$$;

create function chunk_rows(p_pages jsonb) returns table (page int, from_char int, to_char int, word_from int, word_to int, heading text, body text, hash bytea)
		language sql immutable as $$
	select (g.p ->> 'page')::int, c."from", c."to", c.word_from, c.word_to, coalesce(c.heading, ''), c.body, sha256(convert_to(c.body, 'UTF8'))
	from jsonb_array_elements(p_pages) g(p),
		jsonb_to_recordset(g.p -> 'chunks') c("from" int, "to" int, word_from int, word_to int, heading text, body text)
$$;

-- Keeps what the job made: passages that are as before stay, with their ids; the others go or come. p_seen: the state of the pages it read; when they
-- changed meanwhile, it is made again.
create function chunk_save(p_id uuid, p_seen text, p_pages jsonb) returns void language plpgsql as $$
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	if not found then
		return;
	end if;
	if p_seen is distinct from (select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id) then
		perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id), 4);
		return;
	end if;
	delete from chunks c where c.org_id = fl_org() and c.document_id = p_id and not exists (select from chunk_rows(p_pages) n
		where (n.page, n.from_char, n.to_char, n.hash, n.heading) = (c.page, c.from_char, c.to_char, c.hash, c.heading));
	insert into chunks (org_id, document_id, page, from_char, to_char, word_from, word_to, heading, body, hash, found)
		select fl_org(), p_id, n.page, n.from_char, n.to_char, n.word_from, n.word_to, n.heading, n.body, n.hash, document_words(n.body) from chunk_rows(p_pages) n
		on conflict (org_id, document_id, page, from_char, to_char) do nothing;
	insert into page_places (org_id, document_id, page, places)
		select fl_org(), p_id, (g.p ->> 'page')::int, array(select v::int from jsonb_array_elements_text(g.p -> 'places') v) from jsonb_array_elements(p_pages) g(p)
		on conflict (org_id, document_id, page) do update set places = excluded.places;
	update documents set chunked_at = now(), updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;

