-- A searchable PDF of a scan: the original pages with their words beneath, made when somebody asks for it, and anew when words were put right since.

alter table document_pages add column turn smallint not null default 0 check (turn between 0 and 3); -- quarters clockwise by which the page was turned to stand upright
alter table documents add column archive text check (archive ~ '^[0-9a-f]{64}$'), add column archive_seen text, -- the state of the pages it was made of
	add column archive_state text not null default 'none' check (archive_state in ('none', 'asked', 'made', 'failed'));
create index documents_archive on documents (org_id, archive) where archive is not null;

drop function document_page_read(uuid, bigint, text, bigint, bigint, float8, text, jsonb, text);
create function document_page_read(p_id uuid, p_page bigint, p_source text, p_turn bigint, p_width bigint, p_height bigint, p_confidence float8, p_body text, p_words jsonb,
		p_image text) returns void language plpgsql as $$
declare
	v_all int;
	v_read int;
begin
	-- pages end side by side: the last one must see the others
	select d.pages into v_all from documents d where d.org_id = fl_org() and d.id = p_id and d.status = 'READING' for update;
	if not found then
		return;
	end if;
	insert into document_pages (org_id, document_id, page, source, turn, width, height, confidence, body, words, image, found)
		values (fl_org(), p_id, p_page, p_source, p_turn, p_width, p_height, p_confidence, p_body, p_words, p_image, document_words(p_body))
		on conflict (org_id, document_id, page) do update set source = excluded.source, turn = excluded.turn, width = excluded.width, height = excluded.height,
			confidence = excluded.confidence, body = excluded.body, words = excluded.words, image = excluded.image, found = excluded.found, updated_at = now();
	select count(*) into v_read from document_pages g where g.org_id = fl_org() and g.document_id = p_id;
	update documents set pages_read = v_read, updated_at = now(), status = case when v_read = v_all then 'COMPLETED' else status end,
			confidence = (select avg(g.confidence) from document_pages g where g.org_id = fl_org() and g.document_id = p_id)
		where org_id = fl_org() and id = p_id;
	if v_read = v_all then
		perform fl_emit('document.completed', jsonb_build_object('document_id', p_id));
	end if;
end
$$;

create function document_seen_now(p_id uuid) returns text language sql stable as $$
	select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id
$$;

-- Only what has scanned pages is worth it, and only once for the same words.
create function document_archive_ask(p_id uuid) returns table (id uuid) language plpgsql as $$
#variable_conflict use_column
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id and d.status = 'COMPLETED'
		and exists (select from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.source = 'ocr') for update;
	if not found then
		return;
	end if;
	update documents d set archive_state = 'asked', updated_at = now() where d.org_id = fl_org() and d.id = p_id
		and not (d.archive_state = 'made' and d.archive_seen = document_seen_now(p_id));
	if found then
		perform fl_audit('document.archive', 'document', p_id);
		perform fl_enqueue('document-processing', 'document.archive', jsonb_build_object('document_id', p_id), 6, null, 'archive:' || p_id);
	end if;
	return query select p_id;
end
$$;

create function document_archive_made(p_id uuid, p_hash text, p_seen text) returns void language plpgsql as $$
declare
	v_old text;
begin
	select d.archive into v_old from documents d where d.org_id = fl_org() and d.id = p_id for update;
	update documents d set archive = coalesce(p_hash, d.archive), archive_seen = case when p_hash is null then d.archive_seen else p_seen end,
			archive_state = case when p_hash is null then 'failed' else 'made' end, updated_at = now()
		where d.org_id = fl_org() and d.id = p_id;
	if v_old <> p_hash then
		perform fl_enqueue('document-processing', 'document.remove', jsonb_build_object('hashes', jsonb_build_array(v_old)));
	end if;
end
$$;

-- Gone for good: the row with its pages and all that was made of them, the searchable PDF too. Its files follow by a job, unless another row names them.
create function document_delete(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	d documents;
	v_hashes jsonb;
begin
	select * into d from documents x where x.org_id = fl_org() and x.id = p_id for update;
	if not found then
		return;
	end if;
	select jsonb_agg(distinct h) into v_hashes from (select d.hash as h union select d.archive union select g.image from document_pages g where g.org_id = fl_org() and g.document_id = p_id) x
		where h is not null;
	delete from documents x where x.org_id = fl_org() and x.id = p_id;
	perform fl_count('document.bytes', -d.size_bytes);
	perform fl_audit('document.delete', 'document', p_id, jsonb_build_object('name', d.name, 'hash', d.hash, 'status', d.status));
	perform fl_emit('document.deleted', jsonb_build_object('document_id', p_id));
	perform fl_enqueue('document-processing', 'document.remove', jsonb_build_object('hashes', v_hashes));
	return query select p_id;
end
$$;

create or replace function document_named(p_org uuid, p_hash text, p_limit bigint) returns table (org_id uuid, hash text) language plpgsql stable as $$
begin
	return query select x.org_id, x.hash from (select d.org_id, d.hash from public.documents d union select d.org_id, d.archive from public.documents d where d.archive is not null
			union select g.org_id, g.image from public.document_pages g where g.image is not null) x
		where (x.org_id, x.hash) > (coalesce(p_org, '00000000-0000-0000-0000-000000000000'), coalesce(p_hash, '')) order by x.org_id, x.hash limit p_limit;
end
$$;
select fl_definer_function('document_named(uuid, text, bigint)', 'fl_owner');

create or replace function document_names(p_org uuid, p_hash text) returns table (hash text) language plpgsql stable as $$
begin
	return query select p_hash where exists (select from public.documents d where d.org_id = p_org and d.hash = p_hash)
		or exists (select from public.documents d where d.org_id = p_org and d.archive = p_hash)
		or exists (select from public.document_pages g where g.org_id = p_org and g.image = p_hash);
end
$$;
select fl_definer_function('document_names(uuid, text)', 'fl_owner');

-- Documents that name the contact, with their files and searchable PDFs where no other document has them.
create function privacy_do_documents(o privacy_orders, s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
declare
	v_ids uuid[] := array(select d.id from public.documents d where d.org_id = s.org_id and (public.privacy_hit(d.name, o.words)
		or exists (select from public.document_pages g where g.org_id = d.org_id and g.document_id = d.id and public.privacy_hit(g.body, o.words))) limit 50);
begin
	insert into public.privacy_files (path, order_id) select s.org_id || '/' || h.hash, o.id from (
			select d.hash from public.documents d where d.org_id = s.org_id and d.id = any (v_ids)
			union select d.archive from public.documents d where d.org_id = s.org_id and d.id = any (v_ids) and d.archive is not null
			union select g.image from public.document_pages g where g.org_id = s.org_id and g.document_id = any (v_ids) and g.image is not null
				and not exists (select from public.document_pages k where k.org_id = g.org_id and k.image = g.image and k.document_id <> all (v_ids))) h
		on conflict (path) do update set order_id = o.id;
	delete from public.documents d where d.org_id = s.org_id and d.id = any (v_ids);
	get diagnostics rows = row_count;
	seen := case when rows = 50 then 2000 else rows end;
end
$$;
select fl_definer_function('privacy_do_documents(privacy_orders, privacy_steps)', 'fl_definer');
