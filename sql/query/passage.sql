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
-- why: the text of a document's pages after one and their words, a line each; about a hundred thousand bytes of them, as their document and the counts of the organisation's words are held while they are kept; the number of the last page of all. None of what an agent made: it is no source
-- in: id uuid, after int
-- out: page int, body text, words text, last int
select g.page::bigint, g.body, (select string_agg(o.v ->> 5, E'\n' order by o.n) from jsonb_array_elements(g.words) with ordinality o(v, n)), g.last::bigint
from (select p.page, p.body, p.words, max(p.page) over () as last, sum(octet_length(p.body)) over (order by p.page) - octet_length(p.body) as before
	from document_pages p where p.org_id = (select fl_org()) and p.document_id = $1 and p.page > $2
		and not exists (select from generated_assets a where a.org_id = (select fl_org()) and a.document_id = $1)) g where g.before < 100000 order by g.page

-- name: chunk_save
-- why: keeps the passages of a document
-- in: id uuid, seen text, pages jsonb, after int, upto text, heading text
select chunk_save($1, $2, $3, $4, $5::bigint, $6)

-- name: embed_wanted
-- why: passages of a document that have no vector yet, after one of them; body is null when the cache has it
-- in: id uuid, model text, after text, limit int
-- out: id uuid, hash bytea, body text, hide text
select w.id, w.hash, w.body, llm_hidden() from embed_wanted($1::uuid, $2::text, nullif($3, '')::uuid, $4::bigint) w

-- name: embed_save
-- why: keeps what the model made of the texts of some passages
-- in: id uuid, model text, dims int, hashes jsonb, vectors bytea, chunks jsonb
select embed_save($1::uuid, $2::text, $3::bigint, $4::jsonb, $5::bytea, $6::jsonb)

-- name: embedding_known
-- why: what the model made of this very text before
-- in: model text, hash bytea
-- out: vector bytea
select e.vector from embeddings e where e.org_id = (select fl_org()) and e.model = $1 and e.hash = $2

-- name: embedding_keep
-- why: keeps what the model made of a question
-- in: model text, hash bytea, dims int, vector bytea
insert into embeddings (org_id, model, hash, dims, vector) values (fl_org(), $1, $2, $3::bigint, $4) on conflict do nothing

-- name: passage_documents
-- why: the documents a search is narrowed to, by its filter or by what the asker may see; one row at least
-- in: filter jsonb, limit int
-- out: narrowed bool, id uuid
select n.narrowed, d.id from (select $1::jsonb <> '{}' or not fl_unscoped() as narrowed) n left join lateral passage_documents((select fl_org()), $1::jsonb) d on n.narrowed order by d.id limit $2

-- name: passages_asked
-- why: what was asked, shown again; by_meaning: vectors were searched too; away: the store of vectors did not answer
-- in: q text, kind text, since date, until date, document uuid, pipeline uuid, contact uuid, by_meaning bool, away bool
-- out: q text, asked bool, kind text, since date, until date, document uuid, document_name text, pipeline uuid, pipeline_name text, contact uuid, contact_name text, by_meaning bool,
-- out: away bool, narrowed bool, passages int
select coalesce($1, ''), coalesce($1, '') ~ '[[:alnum:]]', $2::text, $3::date, $4::date, d.id, d.name, p.id, p.name, c.id, c.name, $8::boolean, $9::boolean,
	num_nonnulls($2::text, $3::date, $4::date, d.id, p.id, c.id) > 0, coalesce((select s.chunks from chunk_sums s where s.org_id = (select fl_org())), 0)
from (select) one left join documents d on d.org_id = (select fl_org()) and d.id = $5
	left join pipelines p on p.org_id = (select fl_org()) and p.id = $6 left join contacts c on c.org_id = (select fl_org()) and c.id = $7 and fl_can('contact.read')

-- name: passages_pipelines
-- why: the pipelines to choose from
-- out: id uuid, name text
select p.id, p.name from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null order by p.name, p.id

-- name: question_ask
-- why: a question the model has not seen becomes a vector; id is the job's
-- effect
-- in: q text
-- out: id uuid
select fl_enqueue('document-embedding', 'question.embed', jsonb_build_object('q', $1::text), 2, null, 'question:' || md5($1::text)) where $1::text <> ''
