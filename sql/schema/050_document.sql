-- Documents: what people gave us, read page by page (DOC-01 to DOC-14; X-25, X-26). The files lie in DATA_DIR under their hash.

create table documents (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 255),
	type text not null,
	size_bytes bigint not null,
	hash text not null check (hash ~ '^[0-9a-f]{64}$'),
	status text not null check (status in ('QUARANTINED', 'INFECTED', 'QUEUED', 'READING', 'COMPLETED', 'STORED', 'FAILED')),
	scan text not null default 'none' check (scan in ('none', 'off', 'clean', 'infected')),
	reason text check (reason in ('damaged', 'encrypted', 'empty', 'too_large', 'too_many_pages', 'unreadable', 'no_scanner', 'scanner_away', 'infected')),
	finding text, -- the scanner's name for it
	pages int not null default 0,
	pages_read int not null default 0,
	confidence float8,
	uploaded_by uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, hash)
);
select fl_tenant_table('documents');

-- One row a page once it was read. words: [[x, y, w, h, confidence, "text"], ...] in pixels of the picture.
create table document_pages (
	org_id uuid not null references organizations,
	document_id uuid not null,
	page int not null check (page > 0),
	source text not null check (source in ('text', 'ocr')),
	width int not null,
	height int not null,
	confidence float8 not null,
	body text not null,
	words jsonb not null,
	image text check (image ~ '^[0-9a-f]{64}$'),
	found tsvector not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, document_id, page),
	foreign key (org_id, document_id) references documents on delete cascade
);
create index document_pages_found on document_pages using gin (found);
select fl_tenant_table('document_pages');

select fl_grant('document.read', 'owner admin operator pm member viewer agent service');
select fl_grant('document.manage', 'owner admin operator pm member service');

-- Keeps what is known of an uploaded file; the same content a second time in an organisation is the document that is there. p_status: QUEUED,
-- QUARANTINED or STORED.
create function document_add(p_name text, p_type text, p_size bigint, p_hash text, p_status text, p_reason text, p_scan text)
		returns table (id uuid, status text, duplicate boolean) language plpgsql as $$
declare
	v_id uuid;
begin
	insert into documents as d (org_id, name, type, size_bytes, hash, status, reason, scan, uploaded_by)
		values (fl_org(), p_name, p_type, p_size, p_hash, p_status, p_reason, p_scan, fl_user())
		on conflict (org_id, hash) do nothing returning d.id into v_id;
	if v_id is null then
		return query select d.id, d.status, true from documents d where d.org_id = fl_org() and d.hash = p_hash;
		return;
	end if;
	perform fl_audit('document.upload', 'document', v_id, jsonb_build_object('name', p_name, 'type', p_type, 'size', p_size));
	if p_status = 'QUEUED' then
		perform fl_emit('document.uploaded', jsonb_build_object('document_id', v_id));
	end if;
	return query select v_id, p_status, false;
end
$$;

-- Read although no scanner looked at it: the decision of a person, kept in the audit.
create function document_release(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	update documents d set status = 'QUEUED', reason = null, scan = 'off', updated_at = now()
		where d.org_id = fl_org() and d.id = p_id and d.status = 'QUARANTINED';
	if found then
		perform fl_audit('document.release', 'document', p_id);
		perform fl_emit('document.uploaded', jsonb_build_object('document_id', p_id));
		return query select p_id;
	end if;
end
$$;

-- The way ended, well or badly.
create function document_end(p_id uuid, p_status text, p_reason text, p_finding text default null) returns void language plpgsql as $$
begin
	update documents set status = p_status, reason = p_reason, finding = left(p_finding, 200), updated_at = now(),
			scan = case when p_status = 'INFECTED' then 'infected' else scan end
		where org_id = fl_org() and id = p_id and status in ('QUEUED', 'READING');
	if found then
		perform fl_audit('document.' || lower(p_status), 'document', p_id, jsonb_build_object('reason', p_reason));
	end if;
end
$$;

-- A file was opened and has so many pages: each is a job of its own, so that several workers share one scan. Pages read before stay.
create function document_opened(p_id uuid, p_pages bigint, p_scan text) returns void language plpgsql as $$
begin
	update documents set status = 'READING', pages = p_pages, scan = coalesce(p_scan, scan), updated_at = now()
		where org_id = fl_org() and id = p_id and status in ('QUEUED', 'READING');
	if found then
		perform fl_enqueue('document-processing', 'document.page', jsonb_build_object('document_id', p_id, 'page', n), 5, null, p_id || ':' || n)
			from generate_series(1, p_pages) n
			where not exists (select from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = n);
	end if;
end
$$;

-- English, Spanish or unknown, by the little words.
create function document_language(p_text text) returns regconfig language sql immutable parallel safe as $$
	select case when en > es and en > 1 then 'english' when es > en and es > 1 then 'spanish' else 'simple' end::regconfig
	from (select count(*) filter (where w in ('the', 'and', 'of', 'to', 'is', 'in', 'for', 'with', 'this', 'that')) as en,
			count(*) filter (where w in ('el', 'la', 'los', 'las', 'de', 'que', 'y', 'en', 'del', 'por', 'para', 'con')) as es
		from regexp_split_to_table(lower(left(p_text, 20000)), '[^[:alpha:]]+') w) x
$$;

-- Words as they are, found by their beginnings, and as their stems in the text's language.
create function document_words(p_text text) returns tsvector language sql immutable parallel safe as $$
	select public.search_words(left(p_text, 500000)) || to_tsvector(public.document_language(p_text), left(p_text, 500000))
$$;

create function document_page_read(p_id uuid, p_page bigint, p_source text, p_width bigint, p_height bigint, p_confidence float8, p_body text, p_words jsonb,
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
	insert into document_pages (org_id, document_id, page, source, width, height, confidence, body, words, image, found)
		values (fl_org(), p_id, p_page, p_source, p_width, p_height, p_confidence, p_body, p_words, p_image, document_words(p_body))
		on conflict (org_id, document_id, page) do update set source = excluded.source, width = excluded.width, height = excluded.height,
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

-- Reads it again from the file.
create function document_again(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	update documents d set status = 'QUEUED', reason = null, pages = 0, pages_read = 0, updated_at = now()
		where d.org_id = fl_org() and d.id = p_id and d.status in ('FAILED', 'COMPLETED');
	if found then
		delete from document_pages g where g.org_id = fl_org() and g.document_id = p_id;
		perform fl_audit('document.again', 'document', p_id);
		perform fl_emit('document.uploaded', jsonb_build_object('document_id', p_id));
		return query select p_id;
	end if;
end
$$;

-- Pages that hold all the words. Full text is not leakproof: under row-level security it would lose its index, so this runs as the definer and
-- names the organisation itself.
create function document_find(p_ask text, p_limit bigint) returns table (document_id uuid, name text, page int, body text) language plpgsql stable as $$
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
	return query select d.id, d.name, g.page, g.body from public.document_pages g join public.documents d on d.org_id = g.org_id and d.id = g.document_id
		where g.org_id = v_org and g.found @@ v_ask order by ts_rank_cd(g.found, v_ask) desc, g.document_id, g.page limit p_limit;
end
$$;
select fl_definer_function('document_find(text, bigint)');

-- Two or three lines around the first word that was found.
create function document_quote(p_body text, p_marks jsonb) returns text language sql immutable parallel safe as $$
	select regexp_replace(substr(p_body, greatest(1, position(coalesce(p_marks ->> 0, '') in p_body) - 80), 260), '\s+', ' ', 'g')
$$;
