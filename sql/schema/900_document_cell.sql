-- Cells of tables are put right as fields are (DOC-09): each knows where its text stands on the page, what people did to it is kept, its words and the search follow. A table
-- somebody touched stays, whatever is found later, and nothing is put over it.

alter table document_tables
	-- of each row, the heads first (none: []), its cells as [word_from, word_to, x, y, w, h], null where the text stands nowhere; the words are null when they do not follow each other
	add column places jsonb not null default '[]',
	add column touched_at timestamptz; -- a person put one of its cells right, or said that it is

create table document_cell_changes (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	table_id uuid not null,
	cell_row int not null, -- 0: the heads
	cell_column int not null, -- from 1
	act text not null check (act in ('confirm', 'change')),
	old_value text not null,
	new_value text,
	user_id uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, table_id) references document_tables on delete cascade
);
create index document_cell_changes_table on document_cell_changes (org_id, table_id);
select fl_tenant_table('document_cell_changes', 'select, insert, delete');

create function document_table_open(p_table uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.document_tables t where t.org_id = public.fl_org() and t.id = p_table);
end
$$;
select fl_scope_table('document_cell_changes', 'public.document_table_open(table_id)');

-- Everywhere words of a page say what one of p_values says (n is its number, from 1), letters and digits counting alone; words [from, to], 41 at most.
create function document_words_places(p_id uuid, p_page int, p_values text[]) returns table (n int, word_from int, word_to int) language plpgsql stable as $$
declare
	v_words text[] := array(select document_bare(o.v ->> 5) from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page order by o.n);
	v_wanted jsonb; -- numbers by what is wanted
	v_begins jsonb; -- the first one, two and three letters of all
	v_longest int;
	v_have text;
begin
	select jsonb_object_agg(w.bare, w.ns), jsonb_object_agg(left(w.bare, 1), 1) || jsonb_object_agg(left(w.bare, 2), 1) || jsonb_object_agg(left(w.bare, 3), 1), max(length(w.bare))
		into v_wanted, v_begins, v_longest
		from (select b.bare, jsonb_agg(v.n) as ns from unnest(p_values) with ordinality v(value, n), document_bare(v.value) b(bare) where b.bare <> '' group by b.bare) w;
	for i in 1 .. coalesce(array_length(v_words, 1), 0) loop
		continue when v_words[i] = '' or not coalesce(v_begins ? left(v_words[i], 3), false);
		v_have := '';
		for k in i .. least(i + 40, array_length(v_words, 1)) loop
			continue when v_words[k] = '';
			v_have := v_have || v_words[k];
			exit when length(v_have) > v_longest;
			if v_wanted ? v_have then
				return query select x.v::int, i, k from jsonb_array_elements_text(v_wanted -> v_have) x(v);
			end if;
		end loop;
	end loop;
end
$$;

create or replace function document_words_match(p_id uuid, p_page int, p_value text) returns table (word_from int, word_to int) language plpgsql stable as $$
begin
	return query select p.word_from, p.word_to from document_words_places(p_id, p_page, array[p_value]) p order by p.word_from limit 1;
end
$$;

-- Where the cells of a table stand, as document_tables.places. What is said more than once stands where most of its row stands, beneath its column;
-- rows go from top to bottom and cells from left to right.
create function document_table_places(p_id uuid, p_page int, p_columns jsonb, p_rows jsonb) returns jsonb language plpgsql stable as $$
declare
	v_all jsonb := jsonb_build_array(p_columns) || p_rows;
	v_texts text[] := array(select distinct c.v from jsonb_array_elements(v_all) r(v), jsonb_array_elements_text(r.v) c(v));
	v_out jsonb := (select jsonb_agg(coalesce((select jsonb_agg(null::text) from jsonb_array_elements(r.v)), '[]') order by r.n) from jsonb_array_elements(v_all) with ordinality r(v, n));
	v_taken int[] := '{}';
	v_line int := 0;
	v_right int;
	v_row record;
	v_column int;
	v_spot record;
begin
	for v_row in with words as materialized (
			select o.n::int as n, (o.v ->> 0)::int as x, (o.v ->> 1)::int as y, (o.v ->> 2)::int as w, (o.v ->> 3)::int as h from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
			where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page
		), lines as materialized ( -- a line ends where no word's middle lies within a third of a letter of the one above
			select s.n, sum(s.ends::int) over (order by s.middle, s.n)::int as line
			from (select w.n, w.y + w.h / 2.0 as middle, coalesce(w.y + w.h / 2.0 - lag(w.y + w.h / 2.0) over (order by w.y + w.h / 2.0, w.n) > h.letter / 3.0, true) as ends
				from words w, (select percentile_disc(0.5) within group (order by w.h) as letter from words w) h) s
		), places as materialized (
			select v_texts[p.n] as said, p.word_from, p.word_to, min(w.x) as x, min(w.y) as y, max(w.x + w.w) - min(w.x) as w, max(w.y + w.h) - min(w.y) as h, min(l.line) as line
			from (select p.*, row_number() over (partition by p.n order by p.word_from) as k from document_words_places(p_id, p_page, v_texts) p) p
				cross join lateral generate_series(p.word_from, p.word_to) i(n) join words w on w.n = i.n join lines l on l.n = i.n
			where p.k <= 1000 group by p.n, p.word_from, p.word_to
		), cells as materialized (
			select o.n::int - 1 as at_row, c.n::int - 1 as at_column, p.line, p.word_from, p.word_to, p.x, p.y, p.w, p.h
			from jsonb_array_elements(v_all) with ordinality o(v, n) cross join lateral jsonb_array_elements_text(o.v) with ordinality c(v, n) join places p on p.said = c.v
		), columns as materialized ( -- their middles, by what is said but once
			select u.at_column, percentile_disc(0.5) within group (order by u.x + u.w / 2) as middle
			from (select c.*, count(*) over (partition by c.at_row, c.at_column) as spots from cells c) u where u.spots = 1 group by u.at_column
		), best as materialized (
			select v.at_row, array_agg(v.line) as lines
			from (select c.at_row, c.line, rank() over (partition by c.at_row order by count(distinct c.at_column) desc) as place from cells c group by c.at_row, c.line) v where v.place = 1 group by v.at_row
		)
		select c.at_row, b.lines, jsonb_agg(to_jsonb(c) || jsonb_build_object('off', abs(c.x + c.w / 2 - k.middle))) as spots, array_agg(distinct c.at_column) as columns
		from cells c join best b on b.at_row = c.at_row left join columns k on k.at_column = c.at_column
		where exists (select from unnest(b.lines) l where abs(l - c.line) <= 3) group by c.at_row, b.lines order by c.at_row loop
		v_line := coalesce((select min(l) from unnest(v_row.lines) l where l > v_line), (select min(l) from unnest(v_row.lines) l));
		v_right := -1;
		foreach v_column in array v_row.columns loop
			select * into v_spot from jsonb_to_recordset(v_row.spots) s(at_column int, line int, word_from int, word_to int, x int, y int, w int, h int, off int)
				where s.at_column = v_column and abs(s.line - v_line) <= 3 and not s.word_from = any(v_taken) order by abs(s.line - v_line), s.off, s.x <= v_right, s.x limit 1;
			if found then
				v_out := jsonb_set(v_out, array[v_row.at_row::text, v_column::text], jsonb_build_array(v_spot.word_from, v_spot.word_to, v_spot.x, v_spot.y, v_spot.w, v_spot.h));
				v_taken := v_taken || array(select generate_series(v_spot.word_from, v_spot.word_to));
				v_right := case when v_spot.line = v_line then v_spot.x else v_right end;
			end if;
		end loop;
	end loop;
	return v_out;
end
$$;

-- Where a table stands: about all of its cells.
create function document_places_box(p_places jsonb) returns table (x int, y int, w int, h int) language sql immutable as $$
	select min(c.x), min(c.y), max(c.x + c.w) - min(c.x), max(c.y + c.h) - min(c.y)
	from (select (c.v ->> 2)::int as x, (c.v ->> 3)::int as y, (c.v ->> 4)::int as w, (c.v ->> 5)::int as h
		from jsonb_array_elements(p_places) r(v), jsonb_array_elements(r.v) c(v) where jsonb_typeof(c.v) = 'array') c
$$;

-- The tables of a page by one source, in place of those it found before; one that is as before keeps its id. A model's cell counts when the page says it. What a person
-- touched stays, and nothing is put over it.
create or replace function document_tables_found(p_id uuid, p_page int, p_source text, p_model text, p_tables jsonb) returns void language plpgsql as $$
declare
	v_text text := (select document_bare(string_agg(o.v ->> 5, '' order by o.n)) from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page);
	v_kept uuid[] := '{}';
	v_id uuid;
	n record;
begin
	for n in select o.n, left(coalesce(t.title, ''), 200) as title, t.columns, t.rows, coalesce(t.sure, (select avg((strpos(v_text, document_bare(c.v)) > 0)::int)
				from jsonb_array_elements(t.rows) r(v), jsonb_array_elements_text(r.v) c(v) where document_bare(c.v) <> ''), 0) as sure,
				coalesce(t.places, document_table_places(p_id, p_page, t.columns, t.rows)) as places
			from jsonb_array_elements(p_tables) with ordinality o(v, n), jsonb_to_record(o.v) t(title text, columns jsonb, rows jsonb, places jsonb, sure float8)
			where exists (select from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page) loop
		v_id := null;
		update document_tables t set n = n.n, confidence = n.sure, model = p_model where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.source = p_source and t.touched_at is null
			and (t.title, t.columns, t.rows, t.places) = (n.title, n.columns, n.rows, n.places) and not t.id = any(v_kept) returning t.id into v_id;
		if v_id is null then
			insert into document_tables (org_id, document_id, page, n, source, model, title, columns, rows, confidence, places, x, y, w, h)
				select fl_org(), p_id, p_page, n.n, p_source, p_model, n.title, n.columns, n.rows, n.sure, n.places, b.x, b.y, b.w, b.h from document_places_box(n.places) b
				where not exists (select from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.touched_at is not null
					and coalesce(t.x < b.x + b.w and b.x < t.x + t.w and t.y < b.y + b.h and b.y < t.y + t.h, true))
				returning id into v_id;
		end if;
		if v_id is not null then
			v_kept := v_kept || v_id;
		end if;
	end loop;
	delete from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.source = p_source and t.touched_at is null and not t.id = any(v_kept);
end
$$;

create or replace function document_tables_ruled(p_id uuid, p_seen text, p_pages jsonb) returns void language plpgsql as $$
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	if not found or p_seen is distinct from (select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id) then
		return; -- document_fields_found has it looked at again
	end if;
	delete from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.source = 'rule' and t.touched_at is null
		and not exists (select from jsonb_to_recordset(p_pages) x(page int) where x.page = t.page);
	perform document_tables_found(p_id, x.page, 'rule', null, x.tables) from jsonb_to_recordset(p_pages) x(page int, tables jsonb);
end
$$;

-- The tables of a page that are shown: those a person touched; a model's where at least half of what it says stands on the page, else those of the rules. p_page null: of all pages.
create or replace function document_tables_shown(p_id uuid, p_page bigint) returns setof document_tables language sql stable as $$
	select t.* from document_tables t where t.org_id = (select fl_org()) and t.document_id = p_id and (p_page is null or t.page = p_page)
		and (t.touched_at is not null or t.source = 'model' and t.confidence >= 0.5 or t.source = 'rule' and not exists (select from document_tables m
			where m.org_id = t.org_id and m.document_id = t.document_id and m.page = t.page and m.source = 'model' and (m.confidence >= 0.5 or m.touched_at is not null)))
$$;

-- Its text; null: there is no such cell. Row 0 are the heads, columns count from 1.
create function document_cell_text(t document_tables, p_row int, p_column int) returns text language sql immutable as $$
	select case when p_column < 1 or p_row < 0 then null when p_row = 0 then t.columns ->> (p_column - 1) else t.rows -> (p_row - 1) ->> (p_column - 1) end
$$;

create function document_cell_note(t document_tables, p_row int, p_column int, p_act text, p_old text, p_new text) returns void language plpgsql as $$
begin
	insert into document_cell_changes (org_id, table_id, cell_row, cell_column, act, old_value, new_value, user_id) values (fl_org(), t.id, p_row, p_column, p_act, p_old, p_new, fl_user());
	perform fl_audit('document.cell.' || p_act, 'document', t.document_id, jsonb_strip_nulls(jsonb_build_object('table', t.id, 'row', p_row, 'column', p_column, 'old', p_old, 'new', p_new)));
end
$$;

-- Puts down to words [from, to] of a page that they say p_new where they said p_old: the search follows, and it counts for how well pages are read. More words than before: the
-- last box holds the rest; fewer: boxes are left empty. Where they do not say p_old, or their places are not known yet, nothing is done.
create function document_words_put(p_id uuid, p_page int, p_from int, p_to int, p_old text, p_new text) returns void language plpgsql as $$
declare
	v_words text[] := array(select o.v ->> 5 from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page and o.n between p_from and p_to order by o.n);
	v_have text := array_to_string(array_remove(v_words, ''), ' ');
	n int := coalesce(array_length(v_words, 1), 0);
	v_at int := position(p_old in v_have);
	v_new text[];
begin
	if n = 0 or v_at = 0 or p_old = '' or p_new = p_old then
		return;
	end if;
	v_new := regexp_split_to_array(overlay(v_have placing p_new from v_at for length(p_old)), '\s+');
	for i in 1 .. n loop
		perform document_correct(p_id, p_page, p_from + i - 1, v_words[i], case when i < n then coalesce(v_new[i], '') else coalesce(array_to_string(v_new[n:], ' '), '') end);
	end loop;
exception when sqlstate 'FL409' then
	if sqlerrm <> 'document.wrong.soon' then
		raise;
	end if;
end
$$;

create or replace function document_field_correct(p_id uuid, p_field uuid, p_kind text, p_label text, p_old text, p_value text, p_normal text, p_checks boolean)
		returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	f document_fields := document_field_touch(p_id, p_field, p_old);
begin
	if f.id is null then
		return;
	end if;
	perform document_words_put(p_id, f.page, f.word_from, f.word_to, regexp_replace(f.value, '\s+', ' ', 'g'), p_value);
	if f.word_from is null and f.from_char is null then -- it stood nowhere as it was read
		select m.word_from, m.word_to, b.x, b.y, b.w, b.h into f.word_from, f.word_to, f.x, f.y, f.w, f.h
			from document_words_match(p_id, f.page, p_value) m cross join lateral document_words_box(p_id, f.page, m.word_from, m.word_to) b;
	end if;
	perform document_field_note(f, 'change', p_value);
	update document_fields x set kind = p_kind, label = coalesce(p_label, ''), value = p_value, normal = p_normal, checks = p_checks, confidence = 1, removed = false,
			word_from = f.word_from, word_to = f.word_to, x = f.x, y = f.y, w = f.w, h = f.h, touched_at = now(), touched_by = fl_user(), updated_at = now()
		where x.org_id = fl_org() and x.id = f.id;
	return query select p_id, f.page::bigint;
end
$$;

-- Puts a cell right; one that is as it was is called right. That nothing stands there is said (p_empty), not left out.
create function document_cell_correct(p_id uuid, p_table uuid, p_row bigint, p_column bigint, p_old text, p_value text, p_empty boolean)
		returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t document_tables;
	v_row int := p_row;
	v_column int := p_column;
	v_old text;
	v_new text := case when p_empty then '' else regexp_replace(p_value, '\s+', ' ', 'g') end;
	v_place jsonb;
begin
	-- in the order of document_fields_found and document_correct
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	select * into t from document_tables x where x.org_id = fl_org() and x.document_id = p_id and x.id = p_table for update;
	v_old := document_cell_text(t, v_row, v_column);
	if v_old is null then
		return;
	end if;
	if v_new is null then
		perform fl_fail('FL422', 'wrong.required', 'value');
	end if;
	if v_old is distinct from coalesce(p_old, v_old) then
		perform fl_fail('FL409', 'wrong.stale', 'value');
	end if;
	if v_new <> v_old then
		v_place := t.places -> v_row -> (v_column - 1);
		perform document_words_put(p_id, t.page, (v_place ->> 0)::int, (v_place ->> 1)::int, v_old, v_new);
		if v_row = 0 then
			t.columns := jsonb_set(t.columns, array[(v_column - 1)::text], to_jsonb(v_new));
		else
			t.rows := jsonb_set(t.rows, array[(v_row - 1)::text, (v_column - 1)::text], to_jsonb(v_new));
		end if;
		if jsonb_typeof(v_place) = 'null' then -- it stood nowhere as it was read
			t.places := jsonb_set(t.places, array[v_row::text, (v_column - 1)::text], document_table_places(p_id, t.page, t.columns, t.rows) -> v_row -> (v_column - 1));
		end if;
	end if;
	perform document_cell_note(t, v_row, v_column, case when v_new = v_old then 'confirm' else 'change' end, v_old, case when v_new <> v_old then v_new end);
	update document_tables x set columns = t.columns, rows = t.rows, places = t.places, touched_at = now() where x.org_id = fl_org() and x.id = t.id;
	update documents set updated_at = now() where org_id = fl_org() and id = p_id;
	return query select p_id, t.page::bigint;
end
$$;

-- All cells of a table that nobody looked at yet are right as they stand.
create function document_table_confirm(p_id uuid, p_table uuid) returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t document_tables;
	n bigint;
begin
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	select * into t from document_tables x where x.org_id = fl_org() and x.document_id = p_id and x.id = p_table for update;
	if t.id is null then
		return;
	end if;
	insert into document_cell_changes (org_id, table_id, cell_row, cell_column, act, old_value, user_id)
		select fl_org(), t.id, r.n - 1, c.n, 'confirm', c.v, fl_user()
		from jsonb_array_elements(jsonb_build_array(t.columns) || t.rows) with ordinality r(v, n), jsonb_array_elements_text(r.v) with ordinality c(v, n)
		where not exists (select from document_cell_changes x where x.org_id = fl_org() and x.table_id = t.id and x.cell_row = r.n - 1 and x.cell_column = c.n);
	get diagnostics n = row_count;
	perform fl_audit('document.table.confirm', 'document', p_id, jsonb_build_object('table', t.id, 'cells', n));
	update document_tables x set touched_at = now() where x.org_id = fl_org() and x.id = t.id;
	return query select p_id, t.page::bigint;
end
$$;

-- How well fields and cells are found, by what people said of them: of those that were looked at, how many were right as found; and how many were missed.
create or replace function document_field_quality() returns table (month date, kind text, seen bigint, good bigint, missed bigint, share float8) language plpgsql stable as $$
begin
	return query select x.month, x.kind, count(*) filter (where x.found), count(*) filter (where x.found and x.good), count(*) filter (where not x.found),
			count(*) filter (where x.found and x.good)::float8 / nullif(count(*) filter (where x.found), 0)
		from (select date_trunc('month', f.touched_at)::date as month, f.kind, f.source <> 'person' as found,
				not f.removed and not exists (select from document_field_changes c where c.org_id = f.org_id and c.field_id = f.id and c.act = 'change' and c.new_value <> c.old_value) as good
			from document_fields f where f.org_id = fl_org() and f.touched_at is not null
			union all
			select date_trunc('month', max(c.created_at))::date, 'cell', true, bool_and(c.act = 'confirm')
			from document_cell_changes c where c.org_id = fl_org() group by c.table_id, c.cell_row, c.cell_column) x
		group by x.month, x.kind order by x.month desc, x.kind limit 200;
end
$$;

-- tables that were found before their cells had places
set role fl_definer;
do $$
declare
	d record;
begin
	for d in select distinct org_id, document_id from document_tables loop
		perform set_config('app.current_org_id', d.org_id::text, true);
		update document_tables t set places = document_table_places(t.document_id, t.page, t.columns, t.rows) where t.org_id = d.org_id and t.document_id = d.document_id and t.source = 'model';
		update document_tables t set (x, y, w, h) = (select b.x, b.y, b.w, b.h from document_places_box(t.places) b) where t.org_id = d.org_id and t.document_id = d.document_id and t.source = 'model';
		perform document_fields_again(d.document_id);
	end loop;
end
$$;
reset role;
