-- name: passage_find
-- why: passages of documents that answer a question, best first; near: what the vectors found
-- in: q text, filter jsonb, near jsonb, k int
-- out: id uuid, document_id uuid, name text, page int, heading text, body text, quote text, quote_marks jsonb, from_char int, to_char int, score float,
-- out: by_text bool, by_vector bool
select p.id, p.document_id, p.name, p.page::bigint, p.heading, p.body, p.quote, p.quote_marks, p.from_char::bigint, p.to_char::bigint, p.score, p.by_text, p.by_vector
from passage_find(coalesce($1::text, ''), coalesce($2::jsonb, '{}'), $3::jsonb, least($4::bigint, 50)) p

-- name: chunk_rules
-- why: how a document is cut into passages, and the state of its text
-- in: id uuid
-- out: preset text, strategy text, seen text
select d.chunk_preset, d.chunk_strategy, (select max(g.updated_at)::text from document_pages g where g.org_id = (select fl_org()) and g.document_id = d.id)
from documents d where d.org_id = (select fl_org()) and d.id = $1

-- name: chunk_pages
-- why: the text of a document's pages and their words, a line each
-- in: id uuid
-- out: page int, body text, words text
select g.page::bigint, g.body, (select string_agg(o.v ->> 5, E'\n' order by o.n) from jsonb_array_elements(g.words) with ordinality o(v, n))
from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1 order by g.page

-- name: chunk_save
-- why: keeps the passages of a document
-- in: id uuid, seen text, pages jsonb
select chunk_save($1, $2, $3)
