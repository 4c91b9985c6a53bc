-- Fields of documents (DOC-09): dates, amounts, numbers, addresses, e-mails and telephones with the place where they stand. Found by rules or by a model, put right by
-- people; what a person did to one stays, with its history, whatever is found later, and tells how well fields are found.

create table document_fields (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	document_id uuid not null,
	page int not null check (page > 0),
	kind text not null check (kind in ('date', 'amount', 'iban', 'tax_id', 'number', 'email', 'phone', 'address', 'other')),
	label text not null default '',
	value text not null check (length(value) between 1 and 500),
	normal text not null default '', -- app/document/field.h
	checks boolean,                  -- whether its check digits are right; null: it has none
	confidence float8 not null check (confidence between 0 and 1),
	source text not null check (source in ('rule', 'model', 'person')),
	model text,
	from_char int,                   -- in the page's text, [from, to)
	to_char int,
	word_from int,                   -- its words, counted from 1, [from, to]; null: no place is known
	word_to int,
	x int, y int, w int, h int,      -- in pixels of the page's picture
	touched_at timestamptz,          -- a person said it is right, changed it, took it out or put it in
	touched_by uuid,
	removed boolean not null default false,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, document_id) references documents on delete cascade
);
create index document_fields_document on document_fields (org_id, document_id, page);
select fl_tenant_table('document_fields');

create table document_field_changes (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	field_id uuid not null,
	act text not null check (act in ('confirm', 'change', 'remove', 'add')),
	old_value text,
	new_value text,
	user_id uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, field_id) references document_fields on delete cascade
);
create index document_field_changes_field on document_field_changes (org_id, field_id);
select fl_tenant_table('document_field_changes', 'select, insert, delete');

create function document_field_open(p_field uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.document_fields f where f.org_id = public.fl_org() and f.id = p_field);
end
$$;
select fl_scope_table('document_fields', 'public.document_open(document_id)'), fl_scope_table('document_field_changes', 'public.document_field_open(field_id)');

alter table documents add column fields_at timestamptz; -- when they were last looked for

-- Where words [from, to] of a page stand, and how sure the reader was of the least of them.
create function document_words_box(p_id uuid, p_page int, p_from int, p_to int) returns table (x int, y int, w int, h int, sure float8) language sql stable as $$
	select min(b.x), min(b.y), max(b.x + b.w) - min(b.x), max(b.y + b.h) - min(b.y), min(b.sure) / 100.0
	from (select (o.v ->> 0)::int as x, (o.v ->> 1)::int as y, (o.v ->> 2)::int as w, (o.v ->> 3)::int as h, (o.v ->> 4)::float8 as sure
		from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page and o.n between p_from and p_to) b
$$;

create function document_fields_again(p_id uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('document-processing', 'document.field', jsonb_build_object('document_id', p_id), 6, null, 'field:' || p_id);
end
$$;

-- Makes passages and fields of a document anew, after its text changed.
create or replace function document_rechunk(p_id uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id), 4, null, 'chunk:' || p_id);
	perform document_fields_again(p_id);
end
$$;

create function document_field_rows(p_fields jsonb) returns table (page int, kind text, label text, value text, normal text, checks boolean, sure float8,
		from_char int, to_char int, word_from int, word_to int) language sql immutable as $$
	select n.page, n.kind, coalesce(n.label, ''), left(n.value, 500), coalesce(n.normal, ''), n.checks, n.sure, n.from_char, n.to_char, n.word_from, n.word_to
	from jsonb_to_recordset(p_fields) n(page int, kind text, label text, value text, normal text, checks boolean, sure float8, from_char int, to_char int, word_from int, word_to int)
$$;

-- Whether two fields of a page lie over each other: by their words, which keep their numbers when they are put right, else by their place in the text.
create function document_fields_meet(a document_fields, p_from int, p_to int, p_word_from int, p_word_to int) returns boolean language sql immutable as $$
	select coalesce(case when a.word_from is not null and p_word_from is not null then a.word_from <= p_word_to and a.word_to >= p_word_from
		else a.from_char < p_to and a.to_char > p_from end, false)
$$;

-- Keeps what the rules found, in place of what they found before; a field that is as before keeps its id. What a person touched stays, and nothing is put over it.
-- p_seen: the state of the pages that were looked at; when they changed meanwhile, it is done again.
create function document_fields_found(p_id uuid, p_seen text, p_fields jsonb) returns void language plpgsql as $$
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	if not found then
		return;
	end if;
	if p_seen is distinct from (select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id) then
		perform document_fields_again(p_id);
		return;
	end if;
	delete from document_fields f where f.org_id = fl_org() and f.document_id = p_id and f.source = 'rule' and f.touched_at is null and not exists (select from document_field_rows(p_fields) n
		where (n.page, n.kind, n.value, n.normal, n.from_char) = (f.page, f.kind, f.value, f.normal, f.from_char));
	insert into document_fields (org_id, document_id, page, kind, label, value, normal, checks, confidence, source, from_char, to_char, word_from, word_to, x, y, w, h)
		select fl_org(), p_id, n.page, n.kind, n.label, n.value, n.normal, n.checks, n.sure * coalesce(b.sure, 1), 'rule', n.from_char, n.to_char, n.word_from, n.word_to, b.x, b.y, b.w, b.h
		from document_field_rows(p_fields) n left join lateral document_words_box(p_id, n.page, n.word_from, n.word_to) b on true
		where not exists (select from document_fields f where f.org_id = fl_org() and f.document_id = p_id and f.page = n.page and ((f.source = 'rule' and f.touched_at is null
				and (n.kind, n.value, n.normal, n.from_char) = (f.kind, f.value, f.normal, f.from_char))
			or (f.touched_at is not null and document_fields_meet(f, n.from_char, n.to_char, n.word_from, n.word_to))));
	delete from document_fields f using document_fields r where f.org_id = fl_org() and f.document_id = p_id and f.source = 'model' and f.touched_at is null
		and r.org_id = f.org_id and r.document_id = f.document_id and r.source = 'rule' and r.page = f.page and r.kind = f.kind
		and document_fields_meet(f, r.from_char, r.to_char, r.word_from, r.word_to);
	update documents set fields_at = now(), updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;

-- The words of a page that say what p_value says, letters and digits counting alone; the first place. No row: nowhere.
create function document_words_match(p_id uuid, p_page int, p_value text) returns table (word_from int, word_to int) language plpgsql stable as $$
declare
	v_want text := regexp_replace(lower(p_value), '[^[:alnum:]]', '', 'g');
	v_words text[] := array(select regexp_replace(lower(o.v ->> 5), '[^[:alnum:]]', '', 'g') from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page order by o.n);
	v_have text;
begin
	if v_want = '' then
		return;
	end if;
	for i in 1 .. coalesce(array_length(v_words, 1), 0) loop
		v_have := '';
		for k in i .. least(i + 40, array_length(v_words, 1)) loop
			exit when v_words[i] = '';
			v_have := v_have || v_words[k];
			if v_have = v_want then
				return query select i, k;
				return;
			end if;
			exit when left(v_want, length(v_have)) <> v_have;
		end loop;
	end loop;
end
$$;

-- A field was looked at by a person: p_old is its value as seen.
create function document_field_touch(p_id uuid, p_field uuid, p_old text) returns document_fields language plpgsql as $$
declare
	f document_fields;
begin
	-- in the order of document_fields_found and document_correct
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	select * into f from document_fields x where x.org_id = fl_org() and x.document_id = p_id and x.id = p_field for update;
	if f.id is not null and f.value is distinct from coalesce(p_old, f.value) then
		perform fl_fail('FL409', 'wrong.stale', 'value');
	end if;
	return f;
end
$$;

create function document_field_note(f document_fields, p_act text, p_new text) returns void language plpgsql as $$
begin
	insert into document_field_changes (org_id, field_id, act, old_value, new_value, user_id)
		values (fl_org(), f.id, p_act, case when p_act <> 'add' then f.value end, p_new, fl_user());
	perform fl_audit('document.field.' || p_act, 'document', f.document_id, jsonb_strip_nulls(jsonb_build_object('field', f.id, 'kind', f.kind, 'old', case when p_act <> 'add' then f.value end,
		'new', p_new)));
end
$$;

-- Puts a field right. Where as many words stand on the page as in the new value, they are put right too: the search follows, and it counts for how well pages are read.
create function document_field_correct(p_id uuid, p_field uuid, p_kind text, p_label text, p_old text, p_value text, p_normal text, p_checks boolean)
		returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	f document_fields := document_field_touch(p_id, p_field, p_old);
	v_old text[];
	v_new text[] := regexp_split_to_array(p_value, '\s+');
	v_word text;
begin
	if f.id is null then
		return;
	end if;
	v_old := regexp_split_to_array(f.value, '\s+');
	if p_value is distinct from f.value and f.word_to - f.word_from + 1 = array_length(v_old, 1) and array_length(v_old, 1) = array_length(v_new, 1) then
		for i in 1 .. array_length(v_old, 1) loop
			select g.words -> (f.word_from + i - 2) ->> 5 into v_word from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = f.page;
			if v_old[i] <> v_new[i] and position(v_old[i] in v_word) > 0 then
				perform document_correct(p_id, f.page, f.word_from + i - 1, v_word, replace(v_word, v_old[i], v_new[i]));
			end if;
		end loop;
	end if;
	perform document_field_note(f, 'change', p_value);
	update document_fields x set kind = p_kind, label = coalesce(p_label, ''), value = p_value, normal = p_normal, checks = p_checks, confidence = 1, removed = false,
			touched_at = now(), touched_by = fl_user(), updated_at = now()
		where x.org_id = fl_org() and x.id = f.id;
	return query select p_id, f.page::bigint;
end
$$;

-- It is right as it stands (p_act confirm, which also brings a removed one back), or no field (remove).
create function document_field_judge(p_id uuid, p_field uuid, p_act text) returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	f document_fields := document_field_touch(p_id, p_field, null);
begin
	if f.id is null then
		return;
	end if;
	perform document_field_note(f, p_act, null);
	update document_fields x set removed = p_act = 'remove', confidence = case when p_act = 'confirm' then 1 else x.confidence end,
			touched_at = now(), touched_by = fl_user(), updated_at = now()
		where x.org_id = fl_org() and x.id = f.id;
	return query select p_id, f.page::bigint;
end
$$;

-- One that was missed. Its place is where the page says so.
create function document_field_add(p_id uuid, p_page bigint, p_kind text, p_label text, p_value text, p_normal text, p_checks boolean)
		returns table (id uuid, page bigint, field_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	f document_fields;
begin
	perform 1 from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page;
	if not found then
		return;
	end if;
	insert into document_fields (org_id, document_id, page, kind, label, value, normal, checks, confidence, source, word_from, word_to, x, y, w, h, touched_at, touched_by)
		select fl_org(), p_id, p_page, p_kind, coalesce(p_label, ''), p_value, p_normal, p_checks, 1, 'person', m.word_from, m.word_to, b.x, b.y, b.w, b.h, now(), fl_user()
		from (select 1) one left join document_words_match(p_id, p_page::int, p_value) m on true left join lateral document_words_box(p_id, p_page::int, m.word_from, m.word_to) b on true
		returning * into f;
	perform document_field_note(f, 'add', p_value);
	return query select p_id, p_page, f.id;
end
$$;

-- How well fields are found, by what people said of them: of those that were looked at, how many were right as found; and how many were missed.
create function document_field_quality() returns table (month date, kind text, seen bigint, good bigint, missed bigint, share float8) language plpgsql stable as $$
begin
	return query select x.month, x.kind, count(*) filter (where x.found), count(*) filter (where x.found and x.good), count(*) filter (where not x.found),
			count(*) filter (where x.found and x.good)::float8 / nullif(count(*) filter (where x.found), 0)
		from (select date_trunc('month', f.touched_at)::date as month, f.kind, f.source <> 'person' as found,
				not f.removed and not exists (select from document_field_changes c where c.org_id = f.org_id and c.field_id = f.id and c.act = 'change' and c.new_value <> c.old_value) as good
			from document_fields f where f.org_id = fl_org() and f.touched_at is not null) x
		group by x.month, x.kind order by x.month desc, x.kind limit 200;
end
$$;

-- documents that were read before fields were looked for
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
