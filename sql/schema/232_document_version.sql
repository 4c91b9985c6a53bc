-- Versions of a document (DOC-10): a new one is a document of its own in the family of the first; old ones stay and can be opened, lists and searches know the newest that
-- was read. And notes pinned to a place on a page.

alter table documents add column family uuid, -- the id of the first; null: there is only one
	add column version int not null default 1 check (version > 0), add column superseded boolean not null default false;
create unique index documents_family on documents (org_id, family, version) where family is not null;

-- The newest that is there to be read counts; passages of the others are no longer found.
create function document_family_settle(p_family uuid) returns void language plpgsql as $$
declare
	v_newest int;
	d record;
begin
	select coalesce(max(x.version) filter (where x.status in ('COMPLETED', 'STORED')), max(x.version)) into v_newest from documents x where x.org_id = fl_org() and x.family = p_family;
	for d in update documents x set superseded = x.version < v_newest, updated_at = now() where x.org_id = fl_org() and x.family = p_family and x.superseded is distinct from (x.version < v_newest)
			returning x.id, x.superseded, x.status loop
		if d.superseded then
			delete from chunks c where c.org_id = fl_org() and c.document_id = d.id;
		elsif d.status = 'COMPLETED' then
			perform document_rechunk(d.id);
		end if;
	end loop;
end
$$;

create function document_family_changed() returns trigger language plpgsql as $$
begin
	perform document_family_settle(coalesce(new.family, old.family));
	return null;
end
$$;
create trigger document_family_in after insert on documents for each row when (new.family is not null) execute function document_family_changed();
create trigger document_family_up after update of status, family on documents for each row when (new.family is not null) execute function document_family_changed();
create trigger document_family_out after delete on documents for each row when (old.family is not null and pg_trigger_depth() = 0) execute function document_family_changed();

-- Keeps a file as the next version of a document: the arguments are those of document_add. Content that is kept already is no new version.
create function document_version_add(p_id uuid, p_name text, p_type text, p_size bigint, p_hash text, p_status text, p_reason text, p_scan text, p_quota_mb bigint)
		returns table (id uuid, version bigint) language plpgsql as $$
#variable_conflict use_column
declare
	d documents;
	a record;
	v_version int;
begin
	select * into d from documents x where x.org_id = fl_org() and x.id = p_id for update;
	if not found then
		return;
	end if;
	if exists (select from documents x where x.org_id = fl_org() and x.hash = p_hash) then
		perform fl_fail('FL409', 'document.wrong.same', 'files');
	end if;
	select * into a from document_add(p_name, p_type, p_size, p_hash, p_status, p_reason, p_scan, p_quota_mb);
	perform pg_advisory_xact_lock(hashtext('document_version'), hashtext(coalesce(d.family, d.id)::text));
	update documents x set family = d.id where x.org_id = fl_org() and x.id = d.id and x.family is null;
	select max(x.version) + 1 into v_version from documents x where x.org_id = fl_org() and x.family = coalesce(d.family, d.id);
	update documents x set family = coalesce(d.family, d.id), version = v_version where x.org_id = fl_org() and x.id = a.id;
	perform fl_audit('document.version', 'document', a.id, jsonb_build_object('of', p_id, 'version', v_version));
	return query select a.id, v_version::bigint;
end
$$;

-- As in 140, and vectors follow; an old version keeps its places for the viewer and has no passages.
create or replace function chunk_save(p_id uuid, p_seen text, p_pages jsonb) returns void language plpgsql as $$
declare
	v_old boolean;
begin
	select d.superseded into v_old from documents d where d.org_id = fl_org() and d.id = p_id for update;
	if not found then
		return;
	end if;
	if p_seen is distinct from (select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id) then
		perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id), 4);
		return;
	end if;
	delete from chunks c where c.org_id = fl_org() and c.document_id = p_id and (v_old or not exists (select from chunk_rows(p_pages) n
		where (n.page, n.from_char, n.to_char, n.hash, n.heading) = (c.page, c.from_char, c.to_char, c.hash, c.heading)));
	insert into chunks (org_id, document_id, page, from_char, to_char, word_from, word_to, heading, body, hash, found)
		select fl_org(), p_id, n.page, n.from_char, n.to_char, n.word_from, n.word_to, n.heading, n.body, n.hash, document_words(n.body) from chunk_rows(p_pages) n where not v_old
		on conflict (org_id, document_id, page, from_char, to_char) do nothing;
	insert into page_places (org_id, document_id, page, places)
		select fl_org(), p_id, (g.p ->> 'page')::int, array(select v::int from jsonb_array_elements_text(g.p -> 'places') v) from jsonb_array_elements(p_pages) g(p)
		on conflict (org_id, document_id, page) do update set places = excluded.places;
	update documents set chunked_at = now(), embedded_at = null, updated_at = now() where org_id = fl_org() and id = p_id;
	perform fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', p_id), 6, null, 'embed:' || p_id);
end
$$;

-- As in 050, among the newest.
create or replace function document_find(p_ask text, p_limit bigint) returns table (document_id uuid, name text, page int, body text) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
begin
	if v_org is null or v_ask is null or not public.fl_can('document.read') then
		return;
	end if;
	if position('"' in p_ask) > 0 then
		v_ask := websearch_to_tsquery('simple', public.search_plain(p_ask));
	else
		v_ask := v_ask || websearch_to_tsquery('english', p_ask) || websearch_to_tsquery('spanish', p_ask);
	end if;
	return query select d.id, d.name, g.page, g.body from public.document_pages g join public.documents d on d.org_id = g.org_id and d.id = g.document_id and not d.superseded
		where g.org_id = v_org and g.found @@ v_ask order by ts_rank_cd(g.found, v_ask) desc, g.document_id, g.page limit p_limit;
end
$$;
select fl_definer_function('document_find(text, bigint)');

-- Documents whose name holds all the words, among the newest versions.
create function search_documents(p_ask text, p_limit bigint) returns table (id uuid, name text, created_at timestamptz) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
begin
	if v_org is null or v_ask is null or not public.fl_can('document.read') then
		return;
	end if;
	return query select d.id, d.name, d.created_at from public.documents d where d.org_id = v_org and not d.superseded and public.search_words(d.name) @@ v_ask order by d.id desc limit p_limit;
end
$$;
select fl_definer_function('search_documents(text, bigint)');

create table document_notes (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	document_id uuid not null,
	page int not null check (page > 0),
	x int, y int, -- the place in pixels of the page's picture; null: the page as a whole
	body text not null check (length(body) between 1 and 2000),
	user_id uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, document_id) references documents on delete cascade
);
create index document_notes_document on document_notes (org_id, document_id, page);
select fl_tenant_table('document_notes', 'select, insert, delete');
select fl_scope_table('document_notes', 'public.document_open(document_id)');

-- p_word: the word it stands at; without one p_x and p_y, or the page as a whole.
create function document_note_add(p_id uuid, p_page bigint, p_word bigint, p_x bigint, p_y bigint, p_body text) returns table (id uuid, page bigint, note_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_note uuid;
begin
	insert into document_notes (org_id, document_id, page, x, y, body, user_id)
		select fl_org(), p_id, g.page, coalesce(b.x, case when p_x is not null then least(p_x, g.width) end), coalesce(b.y, case when p_y is not null then least(p_y, g.height) end), p_body, fl_user()
		from document_pages g left join lateral document_words_box(p_id, g.page, p_word::int, p_word::int) b on p_word is not null
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page
		returning document_notes.id into v_note;
	if v_note is not null then
		perform fl_audit('document.note', 'document', p_id, jsonb_build_object('note', v_note, 'page', p_page));
		return query select p_id, p_page, v_note;
	end if;
end
$$;

create function document_note_remove(p_id uuid, p_note uuid) returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	v_page bigint;
begin
	delete from document_notes n where n.org_id = fl_org() and n.document_id = p_id and n.id = p_note returning n.page into v_page;
	if v_page is not null then
		perform fl_audit('document.note.remove', 'document', p_id, jsonb_build_object('note', p_note, 'page', v_page));
		return query select p_id, v_page;
	end if;
end
$$;
