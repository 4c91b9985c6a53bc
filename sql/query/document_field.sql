-- name: document_texts
-- why: the text of a document's pages and their words, a line each
-- in: id uuid
-- out: page int, body text, words text
select g.page::bigint, g.body, (select string_agg(o.v ->> 5, E'\n' order by o.n) from jsonb_array_elements(g.words) with ordinality o(v, n))
from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1 order by g.page

-- name: document_fields_found
-- why: keeps the fields that rules found
-- in: id uuid, seen text, fields jsonb
select document_fields_found($1, $2, $3)

-- name: document_field_list
-- why: the fields of a page, or of all pages, in their order; those taken out last; stands: in the picture or in the text, so that there is something to show
-- in: id uuid, page text, values jsonb, find text
-- out: field_id uuid, page int, kind text, label text, value text, typed text, normal text, normal_other text, checks text, confidence float, source text, model text, from_char int, to_char int, x int, y int, w int, h int, placed bool, stands bool, touched_at timestamptz, by text, removed bool, doubted bool
select f.id, f.page::bigint, f.kind, f.label, f.value, nullif($3::jsonb ->> f.id::text, f.value), f.normal, nullif(f.normal, case when replace(f.value, ' ', '') = f.normal then f.normal else f.value end), case when f.checks then 'right' when not f.checks then 'wrong' end, f.confidence, f.source, f.model, f.from_char::bigint,
	f.to_char::bigint, f.x::bigint, f.y::bigint, f.w::bigint, f.h::bigint, f.x is not null, f.x is not null or f.from_char is not null, f.touched_at, m.name, f.removed, f.touched_at is null and (f.confidence < 0.7 or f.checks is false)
from document_fields f left join memberships m on m.org_id = f.org_id and m.user_id = f.touched_by
where f.org_id = (select fl_org()) and f.document_id = $1 and ($2::text is null or f.page = (select document_page_at($1, $2::bigint, $4)))
order by f.removed, f.page, coalesce(f.y, 0) / 12, coalesce(f.x, f.from_char, 0), f.id limit 2000

-- name: document_field_one
-- why: a field to be put right, on the page it stands on
-- in: id uuid, field uuid, page int, find text
-- out: field_id uuid, kind text, label text, value text, normal text, checks text, source text, confidence float, x int, y int, w int, h int, placed bool
select f.id, f.kind, f.label, f.value, f.normal, case when f.checks then 'right' when not f.checks then 'wrong' end, f.source, f.confidence, f.x::bigint, f.y::bigint, f.w::bigint, f.h::bigint,
	f.x is not null
from document_fields f where f.org_id = (select fl_org()) and f.document_id = $1 and f.id = $2 and f.page = (select document_page_at($1, $3, $4))

-- name: document_field_history
-- why: what people did to the fields of a document and to the cells of its tables (kind cell; row 0 are the heads), latest first
-- in: id uuid
-- out: field_id uuid, table_id uuid, row int, column int, page int, kind text, act text, old_value text, new_value text, by text, created_at timestamptz
select c.field_id, c.table_id, c.cell_row::bigint, c.cell_column::bigint, c.page::bigint, c.kind, c.act, c.old_value, c.new_value, m.name, c.created_at
from (select x.id, f.id as field_id, null::uuid as table_id, null::int as cell_row, null::int as cell_column, f.page, f.kind, x.act, x.old_value, x.new_value, x.user_id, x.created_at
		from document_field_changes x join document_fields f on f.org_id = x.org_id and f.id = x.field_id where x.org_id = (select fl_org()) and f.document_id = $1
	union all select x.id, null, t.id, x.cell_row, x.cell_column, t.page, 'cell', x.act, x.old_value, x.new_value, x.user_id, x.created_at
		from document_cell_changes x join document_tables t on t.org_id = x.org_id and t.id = x.table_id where x.org_id = (select fl_org()) and t.document_id = $1) c
	left join memberships m on m.org_id = (select fl_org()) and m.user_id = c.user_id
order by c.id desc limit 200

-- name: document_field_kinds
-- why: what fields that are saved together are
-- in: id uuid
-- out: field_id uuid, kind text, label text
select f.id, f.kind, f.label from document_fields f where f.org_id = (select fl_org()) and f.document_id = $1 and not f.removed

-- name: document_fields_saved
-- why: where the one who saved goes on
-- in: id uuid, page int, next bool
-- out: id uuid, shows uuid, shows_page int
select d.id, coalesce(o.id, d.id), case when o.id is null then $2 else 1 end from documents d
left join lateral (select x.id from documents x where x.org_id = (select fl_org()) and x.id < d.id order by x.id desc limit 1) o on $3::boolean
where d.org_id = (select fl_org()) and d.id = $1

-- name: document_field_correct
-- why: puts a field right
-- in: id uuid, field uuid, kind text, label text, old text, value text, normal text, checks text, next bool
-- out: id uuid, page int, shows uuid, shows_page int
select c.id, c.page, coalesce(o.id, c.id), case when o.id is null then c.page else 1 end from document_field_save($1, $2, $3, $4, $5, $6, $7, $8::text::boolean) c
left join lateral (select d.id from documents d where d.org_id = (select fl_org()) and d.id < c.id order by d.id desc limit 1) o on $9::boolean

-- name: document_field_confirm
-- why: a field is right as it stands
-- effect
-- in: id uuid, field uuid
-- out: id uuid, page int
select * from document_field_judge($1, $2, 'confirm')

-- name: document_field_remove
-- why: what was found is no field
-- effect
-- in: id uuid, field uuid
-- out: id uuid, page int
select * from document_field_judge($1, $2, 'remove')

-- name: document_field_add
-- why: a field that was missed
-- in: id uuid, page int, kind text, label text, value text, normal text, checks text
-- out: id uuid, page int, field_id uuid
select * from document_field_add($1, $2, $3, $4, $5, $6, $7::text::boolean)

-- name: document_field_quality
-- why: how well fields are found, by month and kind
-- out: month date, kind text, seen int, good int, missed int, share float
select * from document_field_quality()
