-- name: document_page_words
-- why: the words of a document's pages with their boxes, of as many pages as make 24 MB
-- in: id uuid
-- out: page int, words jsonb
select x.page, x.words from (select g.page::bigint, g.words, sum(octet_length(g.words::text)) over (order by g.page) as bytes
	from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1) x where x.bytes <= 24 << 20 order by x.page

-- name: document_tables_ruled
-- why: keeps the tables that rules found
-- in: id uuid, seen text, pages jsonb
select document_tables_ruled($1, $2, $3)

-- name: document_vision_ask
-- why: has a model look at the pages it did not see
-- in: id uuid
select document_vision_ask($1)

-- name: document_vision_load
-- why: a page that a model is to look at
-- in: id uuid, page int
-- out: image text, body text, lang text, purpose_id uuid, reserved bool
select file_key(v.image), v.body, v.lang, v.purpose_id, v.reserved from document_vision_load($1, $2) v

-- name: document_vision_seen
-- why: keeps what a model saw on a page
-- in: id uuid, page int, model text, fields jsonb, tables jsonb
select document_vision_seen($1, $2, $3, $4, $5)

-- name: document_vision_failed
-- why: no model looked at a page
-- in: id uuid, page int, note text, later bool
select document_vision_failed($1, $2, $3, $4)

-- name: document_table_list
-- why: the tables of a page, or of all pages; unseen: cells nobody looked at
-- in: id uuid, page text, find text
-- out: id uuid, page int, n int, source text, model text, title text, columns jsonb, rows jsonb, confidence float, x int, y int, w int, h int, touched_at timestamptz, unseen int, doubted bool
select t.id, t.page::bigint, t.n::bigint, t.source, t.model, t.title, t.columns, t.rows, t.confidence, t.x::bigint, t.y::bigint, t.w::bigint, t.h::bigint, t.touched_at,
	jsonb_array_length(t.columns) + (select coalesce(sum(jsonb_array_length(r.v)), 0) from jsonb_array_elements(t.rows) r(v))
		- (select count(distinct (x.cell_row, x.cell_column)) from document_cell_changes x where x.org_id = (select fl_org()) and x.table_id = t.id),
	t.source = 'model' and t.confidence < 1
from document_tables_shown($1, case when $2::text is not null then document_page_at($1, $2::bigint, $3) end) t order by t.page, t.n, t.id limit 200

-- name: document_table_cells
-- why: their cells, one after the other: opens and closes begin and end a row; row 0 are the heads; doubted: a model's that stands nowhere and nobody looked at
-- in: id uuid, page text, find text
-- out: table_id uuid, row int, column int, text text, head bool, opens bool, closes bool, placed bool, x int, y int, w int, h int, touched_at timestamptz, by text, doubted bool
select t.id, r.n, c.n, c.v, r.n = 0, c.n = 1, c.n = count(*) over (partition by t.id, r.n), p.v is not null, (p.v ->> 2)::bigint, (p.v ->> 3)::bigint, (p.v ->> 4)::bigint, (p.v ->> 5)::bigint,
	k.created_at, m.name, t.source = 'model' and c.v <> '' and p.v is null and k.id is null
from document_tables_shown($1, case when $2::text is not null then document_page_at($1, $2::bigint, $3) end) t cross join lateral (select 0::bigint as n, t.columns as v where jsonb_array_length(t.columns) > 0
		union all select o.n, o.v from jsonb_array_elements(t.rows) with ordinality o(v, n)) r cross join lateral jsonb_array_elements_text(r.v) with ordinality c(v, n)
	cross join lateral (select nullif(t.places -> r.n::int -> (c.n::int - 1), 'null') as v) p
	left join (select distinct on (x.table_id, x.cell_row, x.cell_column) x.* from document_cell_changes x where x.org_id = (select fl_org())
			and x.table_id in (select y.id from document_tables y where y.org_id = (select fl_org()) and y.document_id = $1)
		order by x.table_id, x.cell_row, x.cell_column, x.id desc) k on k.table_id = t.id and k.cell_row = r.n and k.cell_column = c.n
	left join memberships m on m.org_id = (select fl_org()) and m.user_id = k.user_id
order by t.page, t.n, t.id, r.n, c.n limit 20000

-- name: document_cell
-- why: a cell to be put right
-- in: id uuid, table uuid, row text, column text, page int, find text
-- out: table_id uuid, row int, column int, text text, placed bool, x int, y int, w int, h int
select t.id, $3::bigint, $4::bigint, document_cell_text(t, $3::int, $4::int), p.v is not null, (p.v ->> 2)::bigint, (p.v ->> 3)::bigint, (p.v ->> 4)::bigint, (p.v ->> 5)::bigint
from document_tables_shown($1, (select document_page_at($1, $5, $6))) t cross join lateral (select nullif(t.places -> $3::int -> ($4::int - 1), 'null') as v) p
where t.id = $2 and document_cell_text(t, $3::int, $4::int) is not null

-- name: document_cell_correct
-- why: puts a cell right; with next the one after it is shown then
-- effect
-- in: id uuid, table uuid, row int, column int, old text, value text, empty bool, next bool
-- out: id uuid, page int, shows uuid, shows_row int, shows_column int, goes text
select c.id, c.page, n.id, n.row, n.col, case when n.id is null then 'tables' else 'value' end from document_cell_correct($1, $2, $3, $4, $5, $6, $7) c
left join lateral (select t.id, r.n - 1 as row, k.n as col from document_tables t cross join lateral jsonb_array_elements(jsonb_build_array(t.columns) || t.rows) with ordinality r(v, n)
		cross join lateral jsonb_array_elements_text(r.v) with ordinality k(v, n)
	where t.org_id = (select fl_org()) and t.document_id = $1 and t.id = $2 and (r.n - 1, k.n) > ($3, $4) order by r.n, k.n limit 1) n on $8::boolean

-- name: document_table_confirm
-- why: a table is right as it stands
-- effect
-- in: id uuid, table uuid
-- out: id uuid, page int
select * from document_table_confirm($1, $2)
