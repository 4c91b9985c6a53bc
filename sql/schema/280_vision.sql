-- What stands on a page as a model sees it, and tables (DOC-09): fields come to lie beside those the rules found, with their place where the page says the same words; what it does not
-- say is kept, unplaced and doubted. Tables are found by rules from where words stand, or by the model.

insert into queues (name, alias, class, concurrency) values ('document-vision', null, 'io', 2);

create table document_visions (
	org_id uuid not null references organizations,
	document_id uuid not null,
	page int not null check (page > 0),
	image text not null, -- hash of the picture that was looked at
	status text not null check (status in ('ASKED', 'SEEN', 'FAILED')),
	note text check (note in ('budget', 'away', 'wrong', 'no_key')), -- why it was not seen, or not yet
	tries int not null default 0,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, document_id, page),
	foreign key (org_id, document_id) references documents on delete cascade
);
select fl_tenant_table('document_visions');

create table document_tables (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	document_id uuid not null,
	page int not null check (page > 0),
	n int not null, -- its number on the page, from 1
	source text not null check (source in ('rule', 'model')),
	model text,
	title text not null default '',
	columns jsonb not null default '[]', -- texts; empty: it has no heads
	rows jsonb not null,                 -- arrays of texts
	confidence float8 not null check (confidence between 0 and 1), -- of a model's: the share of its cells that the page says too
	x int, y int, w int, h int,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, document_id) references documents on delete cascade
);
create index document_tables_document on document_tables (org_id, document_id, page, n);
select fl_tenant_table('document_tables');
select fl_scope_table(t, 'public.document_open(document_id)') from unnest('{document_visions,document_tables}'::text[]) t;

-- Letters and digits alone.
create function document_bare(p_text text) returns text language sql immutable parallel safe as $$
	select regexp_replace(lower(p_text), '[^[:alnum:]]', '', 'g')
$$;

-- Has a model look at the pages of a document that have a picture it did not see: the first thirty.
create function document_vision_ask(p_id uuid) returns void language plpgsql as $$
declare
	g record;
begin
	for g in select p.page, p.image from document_pages p where p.org_id = fl_org() and p.document_id = p_id and p.image is not null and p.page <= 30
			and not exists (select from document_visions v where v.org_id = p.org_id and v.document_id = p.document_id and v.page = p.page and v.image = p.image) order by p.page loop
		insert into document_visions as v (org_id, document_id, page, image, status) values (fl_org(), p_id, g.page, g.image, 'ASKED')
			on conflict (org_id, document_id, page) do update set image = excluded.image, status = 'ASKED', note = null, tries = 0, updated_at = now();
		perform fl_enqueue('document-vision', 'document.vision', jsonb_build_object('document_id', p_id, 'page', g.page), 7);
	end loop;
end
$$;

-- A page that is to be looked at, and whether tokens could be set aside for it. No row: there is nothing to look at any more.
create function document_vision_load(p_id uuid, p_page bigint) returns table (image text, body text, lang text, purpose_id uuid, reserved boolean) language plpgsql as $$
declare
	v_key uuid := md5(p_id || ':' || p_page)::uuid;
begin
	return query select g.image, g.body, o.default_language, v_key,
			llm_reserve(v_key, 6000, coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000))
		from document_visions v join document_pages g on g.org_id = v.org_id and g.document_id = v.document_id and g.page = v.page and g.image = v.image
			join organizations o on o.id = v.org_id
		where v.org_id = fl_org() and v.document_id = p_id and v.page = p_page and v.status = 'ASKED';
end
$$;

-- No model looked. p_later: it is asked again, after a while or when there are tokens again; five times at most.
create function document_vision_failed(p_id uuid, p_page bigint, p_note text, p_later boolean) returns void language plpgsql as $$
declare
	v_tries int;
begin
	update document_visions v set note = p_note, tries = v.tries + 1, status = case when p_later and v.tries < 4 then 'ASKED' else 'FAILED' end, updated_at = now()
		where v.org_id = fl_org() and v.document_id = p_id and v.page = p_page and v.status = 'ASKED' returning v.tries into v_tries;
	if p_later and v_tries < 5 then
		perform fl_enqueue('document-vision', 'document.vision', jsonb_build_object('document_id', p_id, 'page', p_page), 7,
			case when p_note = 'budget' then (select w.ends from llm_window() w) else now() + make_interval(mins => (2 ^ v_tries)::int) end);
	end if;
end
$$;

-- The fields a model saw on a page, in place of those it saw before. What a person touched stays and nothing is put over it; where the rules found one of that kind it stands.
create function document_vision_fields(p_id uuid, p_page int, p_model text, p_fields jsonb) returns void language plpgsql as $$
declare
	n record;
begin
	delete from document_fields f where f.org_id = fl_org() and f.document_id = p_id and f.page = p_page and f.source = 'model' and f.touched_at is null;
	for n in select x.kind, x.label, x.value, x.normal, x.checks, x.sure, m.word_from, m.word_to, b.x, b.y, b.w, b.h, b.sure as read
			from jsonb_to_recordset(p_fields) x(kind text, label text, value text, normal text, checks boolean, sure float8)
				left join lateral document_words_match(p_id, p_page, x.value) m on true left join lateral document_words_box(p_id, p_page, m.word_from, m.word_to) b on true loop
		continue when exists (select from document_fields f where f.org_id = fl_org() and f.document_id = p_id and f.page = p_page
			and ((n.word_from is not null and (f.touched_at is not null or f.kind = n.kind) and document_fields_meet(f, null, null, n.word_from, n.word_to))
				or (f.kind = n.kind and document_bare(f.normal) = document_bare(n.normal) and (n.word_from is null or f.word_from is null))));
		insert into document_fields (org_id, document_id, page, kind, label, value, normal, checks, confidence, source, model, word_from, word_to, x, y, w, h)
			values (fl_org(), p_id, p_page, n.kind, n.label, n.value, n.normal, n.checks, case when n.word_from is null then least(n.sure, 0.3) else least(n.sure, 0.95) * n.read end,
				'model', p_model, n.word_from, n.word_to, n.x, n.y, n.w, n.h);
	end loop;
end
$$;

-- The tables of a page by one source, in place of those it found before. A model's cell counts when the page says it.
create function document_tables_found(p_id uuid, p_page int, p_source text, p_model text, p_tables jsonb) returns void language plpgsql as $$
declare
	v_text text := (select document_bare(string_agg(o.v ->> 5, '' order by o.n)) from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page);
begin
	delete from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.source = p_source;
	insert into document_tables (org_id, document_id, page, n, source, model, title, columns, rows, confidence, x, y, w, h)
		select fl_org(), p_id, p_page, o.n, p_source, p_model, left(coalesce(t.title, ''), 200), t.columns, t.rows, coalesce(t.sure, (select avg((strpos(v_text, document_bare(c.v)) > 0)::int)
				from jsonb_array_elements(t.rows) r(v), jsonb_array_elements_text(r.v) c(v) where document_bare(c.v) <> ''), 0), t.x, t.y, t.w, t.h
		from jsonb_array_elements(p_tables) with ordinality o(v, n), jsonb_to_record(o.v) t(title text, columns jsonb, rows jsonb, sure float8, x int, y int, w int, h int)
		where exists (select from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page);
end
$$;

-- What a model saw on a page.
create function document_vision_seen(p_id uuid, p_page bigint, p_model text, p_fields jsonb, p_tables jsonb) returns void language plpgsql as $$
begin
	-- in the order of document_fields_found and document_correct
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	update document_visions v set status = 'SEEN', note = null, updated_at = now() where v.org_id = fl_org() and v.document_id = p_id and v.page = p_page and v.status = 'ASKED'
		and exists (select from document_pages g where g.org_id = v.org_id and g.document_id = v.document_id and g.page = v.page and g.image = v.image);
	if not found then
		return;
	end if;
	perform document_vision_fields(p_id, p_page::int, p_model, p_fields);
	perform document_tables_found(p_id, p_page::int, 'model', p_model, p_tables);
	update documents set updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;

-- The tables the rules found on the pages of a document: [{"page": 1, "tables": [...]}], as of document_tables_found.
create function document_tables_ruled(p_id uuid, p_seen text, p_pages jsonb) returns void language plpgsql as $$
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	if not found or p_seen is distinct from (select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id) then
		return; -- document_fields_found has it looked at again
	end if;
	delete from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.source = 'rule';
	perform document_tables_found(p_id, x.page, 'rule', null, x.tables) from jsonb_to_recordset(p_pages) x(page int, tables jsonb);
end
$$;

-- The tables of a page that are shown: a model's where at least half of what it says stands on the page, else those of the rules. p_page null: of all pages.
create function document_tables_shown(p_id uuid, p_page bigint) returns setof document_tables language sql stable as $$
	select t.* from document_tables t where t.org_id = (select fl_org()) and t.document_id = p_id and (p_page is null or t.page = p_page)
		and (t.source = 'model' and t.confidence >= 0.5 or t.source = 'rule' and not exists (select from document_tables m
			where m.org_id = t.org_id and m.document_id = t.document_id and m.page = t.page and m.source = 'model' and m.confidence >= 0.5))
$$;

-- documents that were read before tables were looked for
set role fl_definer;
do $$
declare
	d record;
begin
	for d in select org_id, id from documents where status = 'COMPLETED' loop
		perform set_config('app.current_org_id', d.org_id::text, true);
		perform document_fields_again(d.id);
	end loop;
end
$$;
reset role;
