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
-- why: the tables of a page, or of all pages
-- in: id uuid, page text
-- out: id uuid, page int, n int, source text, model text, title text, columns jsonb, rows jsonb, confidence float, x int, y int, w int, h int
select t.id, t.page::bigint, t.n::bigint, t.source, t.model, t.title, t.columns, t.rows, t.confidence, t.x::bigint, t.y::bigint, t.w::bigint, t.h::bigint
from document_tables_shown($1, $2::bigint) t order by t.page, t.n, t.id limit 200

-- name: document_table_cells
-- why: their cells, one after the other: opens and closes begin and end a row
-- in: id uuid, page text
-- out: table_id uuid, text text, head bool, opens bool, closes bool
select t.id, c.v, r.n = 0, c.n = 1, c.n = count(*) over (partition by t.id, r.n)
from document_tables_shown($1, $2::bigint) t cross join lateral (select 0::bigint as n, t.columns as v where jsonb_array_length(t.columns) > 0
		union all select o.n, o.v from jsonb_array_elements(t.rows) with ordinality o(v, n)) r cross join lateral jsonb_array_elements_text(r.v) with ordinality c(v, n)
order by t.page, t.n, t.id, r.n, c.n limit 20000
