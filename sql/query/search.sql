-- name: search_ask
-- why: what was asked, as it is shown above the results
-- in: q text
-- out: q text, asked bool
select coalesce($1, ''), search_query(coalesce($1, '')) is not null

-- name: search_intake
-- why: requests that hold all the words, newest first
-- in: q text, after uuid, limit int
-- out: id uuid, number int, subject text, subject_marks jsonb, excerpt text, excerpt_marks jsonb, requester text, status text, created_at timestamptz, cursor text
select f.id, f.number, f.subject, search_marks_of(f.subject, $1), f.excerpt, search_marks_of(f.excerpt, $1), f.requester, f.status, f.created_at, f.id::text
from search_intake(coalesce($1, ''), $2, $3) f

-- name: search_contacts
-- why: people whose name, address or company holds all the words
-- in: q text
-- out: id uuid, name text, name_marks jsonb, email text, company text
select c.id, c.name, search_marks_of(c.name, $1), c.email, c.company from search_contacts(coalesce($1, ''), 10) c

-- name: search_pipelines
-- why: pipelines whose name or description holds all the words
-- in: q text
-- out: id uuid, name text, name_marks jsonb, description text
select p.id, p.name, search_marks_of(p.name, $1), p.description from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null
	and search_words(p.name || ' ' || p.description) @@ search_query(coalesce($1, '')) order by p.name, p.id limit 10

-- name: sweep_search
-- why: new requests and changed contacts become findable
-- out: done int
select sweep_search() as done

-- name: search_passages
-- why: passages of documents that answer, best first
-- in: q text
-- out: id uuid, document_id uuid, name text, page int, heading text, quote text, quote_marks jsonb, from_char int, to_char int, score float
select p.id, p.document_id, p.name, p.page::bigint, p.heading, p.quote, p.quote_marks, p.from_char::bigint, p.to_char::bigint, p.score
from passage_find(coalesce($1::text, ''), '{}', null, 10) p

-- name: search_tasks
-- why: tasks whose title holds all the words, newest first
-- in: q text
-- out: id uuid, title text, title_marks jsonb, status text
select t.id, t.title, search_marks_of(t.title, $1), t.status from search_tasks(coalesce($1, ''), 10) t

-- name: search_documents
-- why: documents whose name holds all the words, newest first
-- in: q text
-- out: id uuid, name text, name_marks jsonb, created_at timestamptz
select d.id, d.name, search_marks_of(d.name, $1), d.created_at from search_documents(coalesce($1, ''), 10) d
